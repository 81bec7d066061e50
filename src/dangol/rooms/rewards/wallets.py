"""Kinds of points: each program pays one of its own, and a member has a wallet of each."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.services import require_currency
from dangol.core.people.actors import Actor
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.rooms.rewards import models
from dangol.rooms.rewards.checking import InvalidRule, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.programs import Running, UnknownProgram, create_program

LONGEST_NAME = 60
LONGEST_CODE = 12
MOST_PROGRAMS = 20
# What is sold while a program is being made may not know of it yet: it counts from a little later on.
OPENS_AFTER = timedelta(minutes=1)
_CODE = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_CODE - 1}}}")


class UnknownWallet(RefusedValue):
    """No program pays points of this kind (`currency`); `known` are those that are paid."""

    code = "points.unknown_wallet"

    def __init__(self, *, field: str, currency: str, known: Sequence[str]) -> None:
        super().__init__(field=field)
        self.data |= {"currency": currency, "known": list(known)}


class PointsTaken(DomainError):
    """Another program pays points of this kind (`currency`) already: each has its own."""

    code = "rewards.points_taken"


class TooManyPrograms(DomainError):
    """There are as many programs (`most`) as a shop can have."""

    code = "rewards.too_many_programs"


class Wallet(NamedTuple):
    """A kind of points and the program that pays it. Of the shop's first one `is_first`."""

    currency: str
    name: str
    program_id: Id
    program_name: str
    is_first: bool


class ProgramDraft(NamedTuple):
    """A further program as it is to be: what it is called, what it pays, and by which rules."""

    name: str
    points_currency: str
    points_name: str
    rules: Sequence[RuleDraft]
    terms: TermsDraft
    tiers: TiersDraft


def find_wallet(currency: str | None = None, *, field: str = "currency") -> Running:
    """Return the program that pays these points; without a kind, the shop's first one.

    Raises UnknownProgram where the shop has none, and UnknownWallet, which names the kinds there are.
    """
    programs = current_programs()
    if not programs:
        raise UnknownProgram()
    if currency is None:
        return programs[0]
    for running in programs:
        if running.row.points_currency == currency:
            return running
    raise UnknownWallet(
        field=field, currency=currency, known=list(dict.fromkeys(one.row.points_currency for one in programs))
    )


def list_wallets() -> list[Wallet]:
    """Return the kinds of points, the first program's first; empty where there is no program."""
    programs = current_programs()
    names = dict(PointCurrency.objects.values_list("code", "name")) if programs else {}
    wallets: dict[str, Wallet] = {}
    for running in programs:
        code = running.row.points_currency
        wallet = Wallet(code, names.get(code, code), running.id, running.row.name, not wallets)
        wallets.setdefault(code, wallet)
    return list(wallets.values())


def add_program(draft: ProgramDraft, *, actor: Actor, at: datetime) -> Id:
    """Make a further program, which pays a kind of points of its own; returns its id.

    It judges what is bought from a minute after `at` on, in the shop's currency and days. Raises
    InvalidRule, PointsTaken or TooManyPrograms.
    """
    name, points_name = draft.name.strip(), draft.points_name.strip()
    _check_names(name, points_name, draft.points_currency)
    counts_from = at + OPENS_AFTER
    with write_transaction():
        if len(models.Program.objects.select_for_update().values_list("id")) >= MOST_PROGRAMS:
            raise TooManyPrograms(most=MOST_PROGRAMS)
        _, is_new = PointCurrency.objects.get_or_create(
            code=draft.points_currency, defaults={"name": points_name}
        )
        if not is_new:
            raise PointsTaken(field="points_currency", currency=draft.points_currency)
        seller = shop()
        made = create_program(
            name=name, points_currency=draft.points_currency, money_currency=seller.currency,
            zone=seller.zone, rules=[rule._replace(active_from=counts_from) for rule in draft.rules],
            terms=draft.terms, tiers_draft=draft.tiers, recorded_at=at, counts_from=counts_from,
        )  # fmt: skip
        _log(actor, draft.points_currency, at)
    return made


def _check_names(name: str, points_name: str, code: str) -> None:
    for field, text in (("name", name), ("points_name", points_name)):
        if not 0 < len(text) <= LONGEST_NAME or "\x00" in text:
            raise InvalidRule(field=field, problem="name")
    if not _CODE.fullmatch(code):
        raise InvalidRule(field="points_currency", problem="code")


def rename_wallet(currency: str, name: str, *, actor: Actor, at: datetime) -> None:
    """Call a kind of points otherwise; its code stays. Raises UnknownCurrency or InvalidRule."""
    name = name.strip()
    require_currency(currency)
    if not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
        raise InvalidRule(field="name", problem="name")
    with write_transaction():
        PointCurrency.objects.filter(code=currency).update(name=name)
        _log(actor, currency, at)


def _log(actor: Actor, code: str, at: datetime) -> None:
    record_access([AccessDraft(Access.CONFIGURE, actor, code, seen=("program",), people=0)], at=at)
