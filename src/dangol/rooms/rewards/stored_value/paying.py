"""Paying a sale with gift cards and store credit: looked at, taken, and given back to where it came from.

What a sale has taken is told by its movements: those of kind `paid` that name it, less those that name them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from dangol.core.people.selectors import find_erased
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.stored_value import Holding, Kind, NotEnoughValue, Part, Purse
from dangol.domain.tender import Offered, StoredPaid, StoredReason, StoredRefused, pay_stored
from dangol.rooms.rewards.stored_value.codes import CardRef
from dangol.rooms.rewards.stored_value.models import CardState, GiftCard, ValueAccount, ValueMove
from dangol.rooms.rewards.stored_value.settings import read_settings
from dangol.rooms.rewards.stored_value.store import Held, Note, load_lots, lock_accounts, parts_of, save

CREDIT = "credit"
MOST_CARDS = 10
# So much of a member's credit, or all that pays.
Credit: TypeAlias = int | Literal["most"]


class Wanted(NamedTuple):
    """What is to pay: cards, in this order, and then credit of these people, who are one member."""

    cards: tuple[CardRef, ...] = ()
    credit: Credit = 0
    family: tuple[Id, ...] = ()
    # Nothing is told to them of a card they cannot use but that it is unknown.
    by_shopper: bool = False


class Take(NamedTuple):
    """What one account pays."""

    account_id: Id
    minor: int


class Stored(NamedTuple):
    """What cards and credit pay, why others do not, and from which accounts it is taken.

    `names` are what is shown of each: a card's last characters, and of credit nothing.
    """

    paid: tuple[StoredPaid, ...] = ()
    refused: tuple[StoredRefused, ...] = ()
    names: Mapping[str, str] = {}
    takes: tuple[Take, ...] = ()
    is_discount: bool = False
    # So much credit that at a counter the member is asked.
    is_much_credit: bool = False

    @property
    def minor(self) -> int:
        """All they pay."""
        return sum(one.minor for one in self.paid)


NOTHING = Stored()


class _Account(NamedTuple):
    id: Id
    ref: str
    currency: str
    state: str
    purse: Purse


def look(wanted: Wanted, *, currency: str, payable_minor: int, due_minor: int, at: datetime) -> Stored:
    """Return what cards and credit would pay now. It writes nothing; where none is named it reads nothing."""
    if not wanted.cards and not wanted.credit:
        return NOTHING
    settings = read_settings()
    cards = _cards(wanted.cards)
    owned = _credits(wanted.family, currency) if wanted.credit and wanted.family else []
    offers = [
        _offer_card(ref, cards.get(ref.hash), wanted, place, currency, settings.accepts_cards, at)
        for place, ref in enumerate(wanted.cards)
    ]
    if wanted.credit:
        offers.append(_offer_credit(wanted, owned, at, settings.accepts_credit, settings.most_credit_share))
    found = pay_stored(offers, payable_minor=payable_minor, due_minor=due_minor)
    paid = tuple(one for one in found if isinstance(one, StoredPaid))
    takes = []
    for one in paid:
        if one.ref == CREDIT:
            takes += spread([(own.id, own.purse) for own in owned], one.minor, at)
        else:
            takes.append(Take(cards[one.ref].id, one.minor))
    return Stored(
        paid,
        tuple(one for one in found if isinstance(one, StoredRefused)),
        {ref.hash: ref.tail for ref in wanted.cards},
        tuple(takes),
        settings.is_discount,
        _is_much(paid, settings.confirm_credit_from_minor),
    )


def _is_much(paid: Iterable[StoredPaid], least: int | None) -> bool:
    return least is not None and any(one.ref == CREDIT and one.minor >= least for one in paid)


def _cards(refs: Iterable[CardRef]) -> dict[str, _Account]:
    wanted = sorted({bytes.fromhex(ref.hash) for ref in refs})
    rows = select_matching(GiftCard, ("id", "code_hash", "state"), ("code_hash",), [(one,) for one in wanted])
    accounts = {one.id: one for one in _accounts((row[0],) for row in rows)}
    return {
        bytes(code_hash).hex(): accounts[card_id]._replace(ref=bytes(code_hash).hex(), state=state)
        for card_id, code_hash, state in rows
    }


def _accounts(ids: Iterable[tuple[Id]]) -> list[_Account]:
    rows = select_matching(ValueAccount, ("id", "currency"), ("id",), sorted(ids))
    lots = load_lots(row[0] for row in rows)
    return [
        _Account(account_id, "", currency, "", Purse(lots.get(account_id, ()), make_id=bytes))
        for account_id, currency in rows
    ]


def _credits(family: Sequence[Id], currency: str) -> list[_Account]:
    rows = select_matching(
        ValueAccount,
        ("id",),
        ("customer_id", "currency", "holding"),
        [(one, currency, Holding.CREDIT.value) for one in sorted(family)],
    )
    return _accounts((row[0],) for row in rows)


def _offer_card(
    ref: CardRef,
    card: _Account | None,
    wanted: Wanted,
    place: int,
    currency: str,
    is_accepted: bool,
    at: datetime,
) -> Offered:
    held = card.purse.open_minor(at) if card else 0
    why = _why_not(card, held, currency, at) if is_accepted else StoredReason.NOT_ACCEPTED
    if any(one.hash == ref.hash for one in wanted.cards[:place]):
        why = StoredReason.CARD_TWICE
    elif why is not None and why is not StoredReason.NOT_ACCEPTED and wanted.by_shopper:
        why = StoredReason.UNKNOWN_CARD
    return Offered(ref.hash, held, refused=why)


def _why_not(card: _Account | None, held: int, currency: str, at: datetime) -> StoredReason | None:
    if card is None:
        return StoredReason.UNKNOWN_CARD
    if card.state == CardState.BLOCKED:
        return StoredReason.BLOCKED
    if card.state != CardState.ACTIVE:
        return StoredReason.NOT_ACTIVE
    if card.currency != currency:
        return StoredReason.WRONG_CURRENCY
    if held:
        return None
    has_lapsed = any(lot.lapsed or (lot.left and not lot.is_open(at)) for lot in card.purse.lots.values())
    return StoredReason.LAPSED if has_lapsed else StoredReason.EMPTY


def _offer_credit(
    wanted: Wanted, owned: Sequence[_Account], at: datetime, is_accepted: bool, most_share: int
) -> Offered:
    held = sum(one.purse.open_minor(at) for one in owned)
    why = None
    if not is_accepted:
        why = StoredReason.NOT_ACCEPTED
    elif not wanted.family:
        why = StoredReason.NO_MEMBER
    elif not held:
        why = StoredReason.NO_CREDIT
    amount = None if wanted.credit == "most" else wanted.credit
    return Offered(CREDIT, held, amount, why, most_share)


def spread(owned: Iterable[tuple[Id, Purse]], minor: int, at: datetime) -> list[Take]:
    """Return from which of a member's accounts so much is taken: over all of them, soonest to lapse first."""
    lots = [(lot, account_id) for account_id, purse in owned for lot in purse.in_burn_order(at)]
    taken: Counter[Id] = Counter()
    for lot, account_id in sorted(lots, key=lambda pair: pair[0].burn_order):
        part = min(lot.left, minor)
        minor -= part
        taken[account_id] += part
    return [Take(account_id, part) for account_id, part in sorted(taken.items()) if part]


def take(stored: Stored, *, sale_id: Id, turn: int, customer_id: Id, at: datetime) -> None:
    """Take what cards and credit pay for a sale, all of it. Its customer is locked.

    Raises NotEnoughValue where somebody else was faster; then nothing of it is taken.
    """
    accounts = lock_accounts(one.account_id for one in stored.takes)
    shut = _not_active(accounts)
    for account_id, minor in stored.takes:
        held = accounts[account_id]
        if account_id in shut:
            raise NotEnoughValue(asked=minor, left=0)
        movement = held.purse.draw(Kind.PAID, minor, at, key=f"sale:{sale_id.hex()}:{turn}")
        held.note(movement, Note(customer_id=customer_id, sale_id=sale_id))
    save(accounts.values(), recorded_at=at)


def _not_active(accounts: Mapping[Id, Held]) -> set[Id]:
    """Return the cards that do not pay. Whoever blocks a card locks its account first."""
    cards = [(held.id,) for held in accounts.values() if held.holding is Holding.CARD]
    rows = select_matching(GiftCard, ("id", "state"), ("id",), cards)
    return {card_id for card_id, state in rows if state != CardState.ACTIVE}


class Back(NamedTuple):
    """What was given back to one account.

    Where that is the credit of somebody erased, nothing stays there: `cash_minor` of it, what was paid for
    it, is handed out.
    """

    account_id: Id
    minor: int
    cash_minor: int = 0
    is_erased: bool = False


def give_back(minor: int | None, *, sale_id: Id, turn: int, mark: str, at: datetime) -> list[Back]:
    """Give so much of what a sale was paid with back to where it came from, the last first; None: all of it.

    Each lot has it with its old end; what has lapsed meanwhile lapses again. `mark` names the occasion: told
    again with it, nothing is given twice. Never more than was paid: what is left is all there is.
    """
    key = f"sale:{sale_id.hex()}:{turn}"
    paid = list(
        ValueMove.objects.filter(sale_id=sale_id, kind=Kind.PAID.value, key=key)
        .order_by("-id")
        .values_list("account_id", "id")
    )
    if not paid:
        return []
    accounts = lock_accounts(account_id for account_id, _ in paid)
    owned = [held for held in accounts.values() if held.holding is Holding.CREDIT]
    erased = find_erased({held.customer_id for held in owned if held.customer_id})
    out = _still_out(paid)
    due = sum(sum(own.values()) for own in out.values()) if minor is None else minor
    backs = []
    for account_id, move_id in paid:
        drawn = [Part(lot_id, left) for lot_id, left in out[move_id].items() if left]
        part = min(sum(one.minor for one in drawn), due)
        known = ValueMove.objects.filter(account_id=account_id, key=f"{key}:{mark}").exists()
        if not part or known:
            continue
        due -= part
        held = accounts[account_id]
        movement = held.purse.give_back(part, drawn, at, key=f"{key}:{mark}")
        payer = ValueMove.objects.filter(account_id=account_id, id=move_id)
        who = payer.values_list("customer_id", flat=True).first()
        note = Note(customer_id=who, sale_id=sale_id, of_id=move_id)
        held.note(movement, note)
        if held.customer_id in erased:
            before = len(held.purse.movements)
            cash = held.purse.let_out(movement, at, key=f"{key}:{mark}")
            for one in held.purse.movements[before:]:
                # It is no part of what is back: it names the sale alone.
                held.note(one, note._replace(of_id=None))
            backs.append(Back(account_id, part, cash, is_erased=True))
        else:
            backs.append(Back(account_id, part))
    save(accounts.values(), recorded_at=at)
    return backs


def _still_out(paid: Sequence[tuple[Id, Id]]) -> dict[Id, dict[Id, int]]:
    """Return, by movement and lot in the order drawn, what of it is not back yet."""
    backs: dict[Id, list[Id]] = defaultdict(list)
    rows = ValueMove.objects.filter(
        account_id__in=[one for one, _ in paid], of_id__in=[move_id for _, move_id in paid]
    ).values_list("account_id", "id", "of_id")
    places = list(paid)
    for account_id, move_id, of_id in rows:
        assert of_id is not None, "filtered above"
        backs[of_id].append(move_id)
        places.append((account_id, move_id))
    parts = parts_of(places)
    out = {}
    for _, move_id in paid:
        own: dict[Id, int] = defaultdict(int)
        for one in (move_id, *backs[move_id]):
            for part in parts.get(one, ()):
                own[part.lot_id] -= part.minor
        out[move_id] = dict(own)
    return out
