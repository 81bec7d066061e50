"""The kinds of points as pages show them: which is looked at, and what a member has of each."""

from collections.abc import Sequence
from typing import NamedTuple

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from dangol.core.ledger.selectors import Balance, Expiring, balances_by_kind, next_expiries_by_kind
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.promotions.asking import paying_program
from dangol.rooms.rewards.promotions.kept import current_shelf
from dangol.rooms.rewards.wallets import Wallet, list_wallets

# What of an address names a kind of points; without it the first program's are meant.
FIELD = "wallet"


class Choice(NamedTuple):
    """A kind of points to look at: its code in the address (None: the first), its name, and whether it is."""

    key: str | None
    name: str
    is_chosen: bool


class Looked(NamedTuple):
    """Which points a page is about: the program that pays them, and those there are to choose from.

    `choices` are empty in a shop with one kind: its pages say nothing of kinds. `key` is its code in
    addresses, empty for the first.
    """

    running: Running | None
    choices: list[Choice]
    key: str = ""
    # The shop's first program, whichever is looked at.
    first: Running | None = None

    @property
    def currency(self) -> str:
        """The code of the points; empty where there is no program."""
        return self.running.row.points_currency if self.running else ""

    @property
    def name(self) -> str:
        """What they are called; empty where there is one kind only."""
        return next((one.name for one in self.choices if one.is_chosen), "")

    @property
    def query(self) -> str:
        """What leads to a page about the same points, behind its address."""
        return f"?{FIELD}={self.key}" if self.key else ""


class Held(NamedTuple):
    """What a member has of a kind of points; `key` as in `Choice`. `pays`: a sale can be paid with them."""

    key: str | None
    name: str
    points: int
    pending: int
    soon: Expiring | None
    pays: bool


def choose_wallet(request: HttpRequest) -> Looked:
    """Return which points a page is about by its address, or its form; answers 404 for none there are."""
    wanted = request.GET.get(FIELD) or request.POST.get(FIELD, "")
    programs = current_programs()
    if not wanted and len(programs) < 2:
        first = programs[0] if programs else None
        return Looked(first, [], first=first)
    wallets = list_wallets()
    chosen = next((one for one in wallets if one.currency == wanted), None) if wanted else wallets[0]
    if chosen is None:
        raise Http404
    running = next(one for one in programs if one.id == chosen.program_id)
    choices = [Choice(key_of(one), name_of(one), one is chosen) for one in wallets]
    return Looked(running, choices if len(choices) > 1 else [], key_of(chosen) or "", programs[0])


def key_of(wallet: Wallet) -> str | None:
    """Return what names a kind of points in an address; nothing for the first."""
    return None if wallet.is_first else wallet.currency


def name_of(wallet: Wallet) -> str:
    """Return what a kind of points is called; one that nobody has named is just points."""
    return _("포인트") if wallet.name == wallet.currency else wallet.name


def kind_of(currency: str) -> str:
    """Return what these points are called; nothing in a shop with one kind, where it goes without saying."""
    if len(current_programs()) < 2:
        return ""
    wallets = list_wallets()
    names = {one.currency: name_of(one) for one in wallets} if len(wallets) > 1 else {}
    return names.get(currency, "")


def read_wallets(customer_id: Id, *, all_of: bool = True) -> list[Held]:
    """Return what a member has of each kind; empty in a shop with one.

    Without `all_of` those besides the first are left out of which they have nothing.
    """
    if len(current_programs()) < 2:
        return []
    wallets = list_wallets()
    if len(wallets) < 2:
        return []
    pays, balances, soon = (
        paying_currency(),
        balances_by_kind(customer_id),
        next_expiries_by_kind(customer_id),
    )
    held = [_held(one, balances.get(one.currency), soon.get(one.currency), pays) for one in wallets]
    return [one for one in held if all_of or one.key is None or one.points or one.pending]


def _held(wallet: Wallet, balance: Balance | None, soon: Expiring | None, pays: str) -> Held:
    points, pending = (balance.available, balance.pending) if balance else (0, 0)
    return Held(key_of(wallet), name_of(wallet), points, pending, soon, wallet.currency == pays)


def paying_currency() -> str:
    """Return with which points a sale can be paid; empty for none."""
    running = paying_program(current_shelf().tender)
    return running.row.points_currency if running else ""


def beside(held: Sequence[Held]) -> list[Held]:
    """Return the kinds of points besides the first."""
    return [one for one in held if one.key is not None]
