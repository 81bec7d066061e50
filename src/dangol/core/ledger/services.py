"""Moving points: load the wallets, let the rules decide, save.

Everything goes through `apply`, one command or ten thousand. A command that was already carried out
under its key answers with the first transfer; the same key with other content is refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.payloads import Payload
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.ledger import events
from dangol.core.ledger.models import Entry, Lot, PointCurrency, Transfer
from dangol.core.ledger.store import due_customers, find_transfers, load_wallets, save_wallets
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError
from dangol.domain.points import (
    NEVER,
    Account,
    Adjust,
    ClawBack,
    Command,
    Draw,
    Earn,
    GiftIn,
    Kind,
    Movement,
    NothingToReverse,
    Restore,
    Shortfall,
    Spend,
    Wallet,
)


class KeyReused(DomainError):
    """An idempotency key came again with another amount, kind, currency or subject."""

    code = "points.key_reused"


class UnknownCurrency(DomainError):
    """No kind of points has this code."""

    code = "points.unknown_currency"


class UnknownTransfer(DomainError):
    """The transfer to reverse is not this customer's."""

    code = "points.unknown_transfer"


class Order(NamedTuple):
    """A command for one customer's points."""

    customer_id: Id
    command: Command


class Result(NamedTuple):
    """The transfer a command has led to; `repeated` when it was carried out before. `refusal` if it was not."""

    transfer_id: Id | None
    points: int
    repeated: bool = False
    refusal: DomainError | None = None
    lot_id: Id | None = None


_KINDS: Mapping[type, frozenset[str]] = {
    Earn: frozenset({Kind.EARN.value}),
    Spend: frozenset({Kind.SPEND.value}),
    Adjust: frozenset({Kind.ADJUST.value}),
    ClawBack: frozenset({Kind.VOID.value, Kind.CLAW_BACK.value}),
    Restore: frozenset({Kind.RESTORE.value}),
    GiftIn: frozenset({Kind.GIFT_IN.value}),
}
_EVENTS: Mapping[Kind, type[Payload]] = {
    Kind.POST: events.PointsPosted,
    Kind.VOID: events.PointsVoided,
    Kind.SPEND: events.PointsSpent,
    Kind.EXPIRE: events.PointsExpired,
    Kind.CLAW_BACK: events.PointsClawedBack,
    Kind.RESTORE: events.PointsRestored,
    Kind.SETTLE: events.PointsSettled,
    Kind.GIFT_OUT: events.GiftSent,
    Kind.GIFT_IN: events.GiftReceived,
}


def apply(orders: Sequence[Order], currency: str, *, recorded_at: datetime) -> list[Result]:
    """Carry out commands, each customer's in the order given; returns a result for each.

    Must be called inside the write transaction. What became due is done as well: before a command up
    to its instant, and after all of them up to `recorded_at`. A command the rules refuse changes
    nothing and carries its refusal; the others stand.
    """
    require_write_transaction()
    lock_customers(order.customer_id for order in orders)
    known = find_transfers([(order.customer_id, order.command.key) for order in orders])
    named = [(order.customer_id, lot_id) for order in orders for lot_id in _lots_of(order.command)]
    wallets = load_wallets((order.customer_id for order in orders), currency, lot_ids=named)
    results = []
    for customer_id, command in orders:
        earlier = known.get((customer_id, command.key))
        if earlier:
            results.append(_replay(earlier, command, currency))
            continue
        wallet = wallets[customer_id]
        try:
            movement = wallet.apply(command)
        except DomainError as refusal:
            results.append(Result(None, 0, refusal=refusal))
            continue
        known[customer_id, command.key] = (
            movement.id, movement.kind.value, movement.points, movement.subject_id, currency,
        )  # fmt: skip
        results.append(Result(movement.id, movement.points, lot_id=movement.entries[-1].lot_id))
    _finish(wallets, currency, recorded_at)
    return results


def _lots_of(command: Command) -> Iterable[Id]:
    if isinstance(command, ClawBack):
        return (command.lot_id,)
    if isinstance(command, Restore):
        return [draw.lot_id for draw in command.draws]
    return ()


def _replay(earlier: tuple[Id, str, int, Id | None, str], command: Command, currency: str) -> Result:
    transfer_id, kind, points, subject_id, earlier_currency = earlier
    asked = sum(part for part, _ in command.parts) if isinstance(command, GiftIn) else abs(command.points)
    same_points = points == asked or isinstance(command, ClawBack)  # a floor may have taken less
    if (
        kind in _KINDS.get(type(command), {Kind.GIFT_OUT.value})
        and same_points
        and subject_id == command.subject_id
        and earlier_currency == currency
    ):
        return Result(transfer_id, points, repeated=True)
    return Result(None, 0, refusal=KeyReused(key=command.key))


def _finish(wallets: Mapping[Id, Wallet], currency: str, recorded_at: datetime) -> None:
    for wallet in wallets.values():
        wallet.settle(recorded_at)
    moved = save_wallets(wallets, currency, recorded_at=recorded_at)
    lots = {key: wallet.lots for key, wallet in wallets.items()}
    record_batch(
        [
            Draft(customer_id, _payload(movement, currency, lots[customer_id]), movement.at, movement.id)
            for customer_id, movement in moved
        ],
        recorded_at=recorded_at,
    )


def _payload(movement: Movement, currency: str, lots: Mapping[Id, Lot]) -> Payload:
    about = show_id(movement.subject_id) if movement.subject_id else None
    points, reason = movement.points, movement.reason
    if movement.kind is Kind.EARN:
        lot = lots[movement.entries[-1].lot_id or b""]
        return events.PointsEarned(
            currency=currency,
            points=points,
            reason=reason,
            about=about,
            release_at=lot.release_at,
            expires_at=None if lot.expires_at is NEVER else lot.expires_at,
        )
    if movement.kind is Kind.ADJUST:
        taken = movement.entries[0].account is Account.AVAILABLE
        return events.PointsAdjusted(
            currency=currency, points=points, reason=reason, about=about, taken=taken
        )
    return _EVENTS[movement.kind](currency=currency, points=points, reason=reason, about=about)


def settle(customer_ids: Iterable[Id], currency: str, *, as_of: datetime) -> None:
    """Open and lapse what is due by `as_of` for these customers. Inside the write transaction."""
    require_write_transaction()
    wanted = list(customer_ids)
    lock_customers(wanted)
    _finish(load_wallets(wanted, currency), currency, as_of)


def settle_due(*, as_of: datetime, limit: int = 1_000) -> int:
    """Open and lapse what is due by `as_of` for up to `limit` customers; returns how many there were.

    Call it until it returns 0. Being killed at any point costs nothing: each call is one transaction
    and what it did is no longer due.
    """
    with write_transaction():
        due: dict[str, list[Id]] = defaultdict(list)
        for customer_id, currency in due_customers(as_of=as_of, limit=limit):
            due[currency].append(customer_id)
        for currency, customer_ids in due.items():
            settle(customer_ids, currency, as_of=as_of)
    return sum(len(customer_ids) for customer_ids in due.values())


def _one(customer_id: Id, command: Command, currency: str, recorded_at: datetime) -> Result:
    with write_transaction():
        result = apply([Order(customer_id, command)], currency, recorded_at=recorded_at)[0]
        if result.refusal:
            raise result.refusal
    return result


def require_currency(code: str) -> PointCurrency:
    """Return the kind of points called `code`; raises UnknownCurrency."""
    found = PointCurrency.objects.filter(code=code).first()
    if found is None:
        raise UnknownCurrency(currency=code)
    return found


def earn_points(
    customer_id: Id,
    *,
    points: int,
    currency: str,
    key: str,
    at: datetime,
    release_at: datetime | None = None,
    expires_at: datetime | None = None,
    reason: str = "",
    subject_id: Id | None = None,
) -> Result:
    """Give points now or, with a later `release_at`, pending; raises InvalidPoints or KeyReused."""
    require_currency(currency)
    command = Earn(key, at, points, release_at or at, expires_at or NEVER, reason, subject_id)
    return _one(customer_id, command, currency, at)


def spend_points(
    customer_id: Id,
    *,
    points: int,
    currency: str,
    key: str,
    at: datetime,
    reason: str = "",
    subject_id: Id | None = None,
) -> Result:
    """Exchange points, those that lapse soonest first; raises InsufficientPoints, InvalidPoints or KeyReused."""
    require_currency(currency)
    return _one(customer_id, Spend(key, at, points, reason, subject_id), currency, at)


def adjust_points(
    customer_id: Id,
    *,
    points: int,
    currency: str,
    key: str,
    at: datetime,
    reason: str,
    expires_at: datetime | None = None,
) -> Result:
    """Give (positive) or take (negative) points by hand; raises InsufficientPoints, InvalidPoints or KeyReused."""
    require_currency(currency)
    return _one(customer_id, Adjust(key, at, points, reason, expires_at or NEVER), currency, at)


def reverse_transfer(
    customer_id: Id, *, transfer_id: Id, points: int | None, key: str, at: datetime, reason: str = ""
) -> Result:
    """Undo an earning or a spend, in part (`points`) or what is left of it (None).

    An earning is clawed back by the currency's policy where its points are already spent; a spend
    gives back to the lots it came from, with their old expiry. Raises UnknownTransfer,
    NothingToReverse, InvalidPoints or KeyReused.
    """
    with write_transaction():
        lock_customers([customer_id])
        original = Transfer.objects.filter(customer_id=customer_id, id=transfer_id).first()
        if original is None or original.kind not in {Kind.EARN, Kind.SPEND}:
            raise UnknownTransfer(transfer=show_id(transfer_id))
        repeat = find_transfers([(customer_id, key)]).get((customer_id, key))
        if repeat:
            return Result(repeat[0], repeat[2], repeated=True)
        build = _claw_back_of if original.kind == Kind.EARN else _restore_of
        command = build(original, points, key=key, at=at, reason=reason)
        return _one(customer_id, command, original.currency, at)


def _claw_back_of(original: Transfer, points: int | None, *, key: str, at: datetime, reason: str) -> ClawBack:
    lot = Lot.objects.get(customer_id=original.customer_id, transfer_id=original.id)
    if lot.reversed == lot.points:
        raise NothingToReverse(requested=points or lot.points, left=0)
    shortfall = Shortfall(require_currency(original.currency).shortfall)
    return ClawBack(key, at, points or lot.points - lot.reversed, lot.id, shortfall, reason, original.id)


def _restore_of(original: Transfer, points: int | None, *, key: str, at: datetime, reason: str) -> Restore:
    given_back = Transfer.objects.filter(
        customer_id=original.customer_id, reverses_id=original.id
    ).values_list("id", flat=True)
    rows = select_matching(
        Entry,
        ("lot_id", "points", "number"),
        ("customer_id", "transfer_id"),
        [(original.customer_id, one) for one in (original.id, *given_back)],
        where="t.account = %s",
        params=[Account.AVAILABLE.value],
        order_by=("transfer_id", "number"),
    )
    taken: dict[Id, int] = defaultdict(int)
    for lot_id, entry_points, _ in rows:
        taken[lot_id] -= entry_points
    draws = tuple(Draw(lot_id, left) for lot_id, left in taken.items() if left)
    left = sum(draw.points for draw in draws)
    if not left:
        raise NothingToReverse(requested=points or original.points, left=0)
    return Restore(key, at, points or left, original.id, draws, reason, original.id)
