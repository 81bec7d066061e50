"""Moving points: load the wallets, let the rules decide, save.

Everything goes through `apply`, one command or ten thousand. A command that was already carried out
under its key answers with the first transfer; the same key with other content is refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.services import lock_customers
from dangol.core.ledger.activities import last_marks, undo_activities
from dangol.core.ledger.booking import book
from dangol.core.ledger.idling import is_sliding, realign
from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.reversals import plan_reversal, takes_all
from dangol.core.ledger.store import (
    Known,
    Purses,
    due_customers,
    find_transfers,
    find_with_purses,
    last_owed,
    load_wallets,
)
from dangol.core.storage.gathering import gathered
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import select_matching
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError, NotFound
from dangol.domain.points import (
    NEVER,
    Adjust,
    ClawBack,
    Command,
    Earn,
    Forfeit,
    GiftIn,
    GiftOut,
    Kind,
    MergeIn,
    MergeOut,
    Open,
    Restore,
    Spend,
    Touch,
    Trim,
)
from dangol.domain.wallet import Wallet


class KeyReused(DomainError):
    """An idempotency key came again with another amount, kind, currency, subject or expiry."""

    code = "points.key_reused"


class UnknownCurrency(NotFound):
    """No kind of points has this code."""

    code = "points.unknown_currency"


class SelfGift(DomainError):
    """A member gives points to themselves."""

    code = "points.self_gift"


class Order(NamedTuple):
    """A command for one customer's points, or what moves none by itself: an activity, an opening."""

    customer_id: Id
    command: Command | Touch | Open


class Result(NamedTuple):
    """The transfer a command has led to; `repeated` when it was carried out before. `refusal` if it was not.

    `lot_id` is the lot an earning made; it is empty where the command was carried out before. Of what lots
    waited for, `points` are those it has let open.
    """

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
    Trim: frozenset({Kind.VOID.value, Kind.CLAW_BACK.value}),
    Restore: frozenset({Kind.RESTORE.value}),
    GiftOut: frozenset({Kind.GIFT_OUT.value}),
    GiftIn: frozenset({Kind.GIFT_IN.value}),
    MergeOut: frozenset({Kind.MERGE_OUT.value}),
    MergeIn: frozenset({Kind.MERGE_IN.value}),
    Forfeit: frozenset({Kind.FORFEIT.value}),
}


def apply(
    orders: Sequence[Order],
    currency: str,
    *,
    recorded_at: datetime,
    purses: Purses | None = None,
    are_new: bool = False,
) -> list[Result]:
    """Carry out commands, each customer's in the order given; returns a result for each.

    Must be called inside the write transaction. What became due by a command's instant is done before
    it; what is due later waits for `settle_due`, so that files imported month by month, or in one, are
    settled in the same order. A command the rules refuse changes nothing and carries its refusal; the
    others stand.

    For callers to whom statements count: `purses` are the customers' as read under this lock
    (`store.select_purses`), and `are_new` says that no key can have been used before.
    """
    require_write_transaction()
    lock_customers(order.customer_id for order in orders)
    keys = [(customer_id, one.key) for customer_id, one in orders if not isinstance(one, Touch | Open)]
    named = [(order.customer_id, lot_id) for order in orders for lot_id in _lots_of(order.command)]
    owners, due_by = {order.customer_id for order in orders}, _due_by(orders)
    if purses and purses.reach(due_by):
        known = {} if are_new else find_transfers(keys)
    else:
        known, purses = find_with_purses([] if are_new else keys, owners, currency, due_by=due_by)
    wallets = load_wallets(owners, currency, lot_ids=named, due_by=due_by, purses=purses)
    _know_activities(orders, wallets, currency)
    _know_debts(orders, wallets, currency)
    results = []
    for customer_id, command in orders:
        if isinstance(command, Touch):
            wallets[customer_id].touch(*command)
            results.append(Result(None, 0))
            continue
        if isinstance(command, Open):
            results.append(Result(None, wallets[customer_id].open_early(command)))
            continue
        earlier = known.get((customer_id, command.key))
        if earlier:
            results.append(_replay(earlier, command, currency))
            continue
        try:
            movement = wallets[customer_id].apply(command)
        except DomainError as refusal:
            results.append(Result(None, 0, refusal=refusal))
            continue
        known[customer_id, command.key] = Known(
            movement.id, movement.kind, movement.points, movement.subject_id, currency,
            movement.reverses_id, _expiry_of(command),
        )  # fmt: skip
        results.append(Result(movement.id, movement.points, lot_id=movement.entries[-1].lot_id))
    book(wallets, currency, recorded_at)
    _realign(orders, wallets, currency, recorded_at)
    return results


def _due_by(orders: Sequence[Order]) -> datetime | None:
    """Return by when lots must be due to matter; None where all do: who only earns draws on none.

    So of a regular with three hundred open lots three hundred rows less travel and are decided on.
    """
    if all(isinstance(order.command, Earn) and order.command.idle is None for order in orders):
        return max((order.command.at for order in orders), default=None)
    return None


def _lots_of(command: Command | Touch | Open) -> Iterable[Id]:
    if isinstance(command, ClawBack | Trim):
        above = command.above if isinstance(command, ClawBack) else None
        return (command.lot_id, *(above.lot_ids if above else ()))
    if isinstance(command, Restore):
        return [draw.lot_id for draw in command.draws]
    return ()


def _expiry_of(command: Command) -> datetime | str | None:
    """Return when the lot lapses that an earning or an adjustment makes; one that takes points makes none."""
    if isinstance(command, Earn) and command.idle:
        return str(command.idle)
    if isinstance(command, Earn) or (isinstance(command, Adjust) and command.points > 0):
        return command.expires_at
    return None


def _asks_for(command: Command) -> int | None:
    """Return how many points a command moves; None where the wallet says how many there are to move."""
    if isinstance(command, MergeOut | Forfeit | Trim) or (isinstance(command, ClawBack) and command.above):
        return None
    return abs(command.points)


def _replay(earlier: Known, command: Command, currency: str) -> Result:
    same = (
        earlier.kind in _KINDS[type(command)]
        and _asks_for(command) in (None, earlier.points)
        and earlier.subject_id == command.subject_id
        and earlier.currency == currency
        and earlier.expires_at == _expiry_of(command)
    )
    if same:
        return Result(earlier.transfer_id, earlier.points, repeated=True)
    return Result(None, 0, refusal=KeyReused(key=command.key))


def _know_activities(orders: Sequence[Order], wallets: Mapping[Id, Wallet], currency: str) -> None:
    """Let wallets with points that lapse by inactivity know up to when they are told; no others are read."""
    sliding = {customer_id for customer_id, wallet in wallets.items() if is_sliding(wallet)}
    sliding |= {order.customer_id for order in orders if _slides(order.command)}
    for customer_id, at in last_marks(sorted(sliding), currency).items() if sliding else ():
        wallets[customer_id].known_to = at


def _know_debts(orders: Sequence[Order], wallets: Mapping[Id, Wallet], currency: str) -> None:
    """Let wallets know since when they owe in which something may turn out to have opened before."""
    opening = {customer_id for customer_id, command in orders if isinstance(command, Open)}
    if owing := [one for one in opening if wallets[one].debt]:
        for customer_id, at in last_owed(owing, currency).items():
            wallets[customer_id].owed_since = at


def _realign(
    orders: Sequence[Order], wallets: Mapping[Id, Wallet], currency: str, recorded_at: datetime
) -> None:
    """Tell anew when points lapse of whom something came late, or a use was given back whole."""
    late = {customer_id for customer_id, wallet in wallets.items() if wallet.is_late}
    undone = {
        (customer_id, command.spend_id): command.at
        for customer_id, command in orders
        if customer_id in late
        and isinstance(command, Restore)
        and command.points == sum(draw.points for draw in command.draws)
    }
    if undone:
        undo_activities(undone, currency)
    realign(late, currency, recorded_at=recorded_at)


def _slides(command: Command | Touch | Open) -> bool:
    """Say whether a command moves when points lapse, so that all of them have to be there."""
    return isinstance(command, Touch) or (isinstance(command, Earn) and command.idle is not None)


def settle(customer_ids: Iterable[Id], currency: str, *, as_of: datetime) -> None:
    """Open and lapse what is due by `as_of` for these customers. Inside the write transaction."""
    require_write_transaction()
    wanted = list(customer_ids)
    lock_customers(wanted)
    wallets = load_wallets(wanted, currency, due_by=as_of)
    for wallet in wallets.values():
        wallet.settle(as_of)
    book(wallets, currency, as_of)


def settle_due(*, as_of: datetime, limit: int = 1_000) -> int:
    """Open and lapse what is due by `as_of` for up to `limit` customers; returns how many there were.

    Call it until it returns 0. Being killed at any point costs nothing: each call is one transaction
    and what it did is no longer due. On PostgreSQL several share the work: each takes who is free, and the
    last ones wait for whom the others still have in hand.
    """
    with write_transaction():
        due: dict[str, list[Id]] = defaultdict(list)
        for customer_id, currency in _next_due(as_of, limit):
            due[currency].append(customer_id)
        # All at once, and so in sorted order, though they are settled currency by currency.
        lock_customers(customer_id for customer_ids in due.values() for customer_id in customer_ids)
        for currency, customer_ids in due.items():
            settle(customer_ids, currency, as_of=as_of)
    return sum(len(customer_ids) for customer_ids in due.values())


def _next_due(as_of: datetime, limit: int) -> list[tuple[Id, str]]:
    """Return whose turn it is: who is free first, and once nobody is, who has to be waited for."""
    return due_customers(as_of=as_of, limit=limit, sharing=True) or due_customers(as_of=as_of, limit=limit)


def _one(customer_id: Id, command: Command, currency: str, recorded_at: datetime) -> Result:
    with write_transaction():
        with gathered():
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


def _check_currency(code: str) -> None:
    """Raise UnknownCurrency where there is none, at a quarter of what it costs to fetch it."""
    if not select_matching(PointCurrency, ("code",), ("code",), [(code,)]):
        raise UnknownCurrency(currency=code)


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
    _check_currency(currency)
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
    """Exchange points, soonest to lapse first; raises InsufficientPoints, InvalidPoints or KeyReused."""
    _check_currency(currency)
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
    """Give (positive) or take points by hand; raises InsufficientPoints, InvalidPoints or KeyReused."""
    _check_currency(currency)
    return _one(customer_id, Adjust(key, at, points, reason, expires_at or NEVER), currency, at)


def gift_points(
    giver_id: Id,
    *,
    receiver_id: Id,
    points: int,
    currency: str,
    key: str,
    at: datetime,
    reason: str = "",
) -> Result:
    """Send points to another member, who has them, with their expiry, once the worker has been by.

    Two transfers, each of which touches one customer, meet in the clearing account: the giver's is
    booked here, the receiver's by a consumer of this one's event. Raises SelfGift, InsufficientPoints,
    InvalidPoints or KeyReused.
    """
    if giver_id == receiver_id:
        raise SelfGift()
    _check_currency(currency)
    return _one(giver_id, GiftOut(key, at, points, reason, receiver_id), currency, at)


def reverse_transfer(
    customer_id: Id, *, transfer_id: Id, points: int | None, key: str, at: datetime, reason: str = ""
) -> Result:
    """Undo an earning, a spend or an adjustment, in part (`points`) or what is left of it (None).

    An earning is clawed back by the currency's policy where its points are already spent; a spend
    gives back to the lots it came from, with their old expiry. Raises UnknownTransfer,
    NothingToReverse, InvalidPoints or KeyReused.
    """
    with write_transaction():
        lock_customers([customer_id])
        earlier = find_transfers([(customer_id, key)]).get((customer_id, key))
        if earlier:
            same = takes_all(customer_id, earlier) if points is None else points == earlier.points
            if earlier.reverses_id != transfer_id or not same:
                raise KeyReused(key=key)
            return Result(earlier.transfer_id, earlier.points, repeated=True)
        command, currency = plan_reversal(
            customer_id, transfer_id, points=points, key=key, at=at, reason=reason
        )
        return _one(customer_id, command, currency, at)
