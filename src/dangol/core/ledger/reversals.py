"""Undoing a transfer: what a reversal of an earning or of a spend asks the wallet to do."""

from collections import defaultdict
from datetime import datetime

from dangol.core.ledger.models import Entry, Lot, PointCurrency, Transfer
from dangol.core.ledger.store import Known
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import select_matching
from dangol.domain.errors import NotFound
from dangol.domain.points import Account, ClawBack, Draw, Kind, NothingToReverse, Restore, Shortfall

_REVERSED = (Kind.EARN.value, Kind.SPEND.value, Kind.ADJUST.value)


class UnknownTransfer(NotFound):
    """The transfer to reverse is not this customer's, or is of a kind that is not reversed."""

    code = "points.unknown_transfer"


def plan_reversal(
    customer_id: Id, transfer_id: Id, *, points: int | None, key: str, at: datetime, reason: str
) -> tuple[ClawBack | Restore, str]:
    """Return the command that takes `points` of a transfer back (None: all that is left), and its currency.

    Points given by hand are taken back as earned ones are, points taken by hand are given back as spent ones.
    The customer must be locked. Raises UnknownTransfer or NothingToReverse.
    """
    original = Transfer.objects.filter(customer_id=customer_id, id=transfer_id).first()
    if original is None or original.kind not in _REVERSED:
        raise UnknownTransfer(transfer=show_id(transfer_id))
    lot = Lot.objects.filter(customer_id=customer_id, transfer_id=transfer_id).first()
    command: ClawBack | Restore
    if lot is None:
        command = _restore(original, points, key=key, at=at, reason=reason)
    else:
        command = _claw_back(original, lot, points, key=key, at=at, reason=reason)
    if original.kind == Kind.ADJUST.value:
        command = command._replace(source=Account.ADJUSTED.value)
    return command, original.currency


def takes_all(customer_id: Id, reversal: Known) -> bool:
    """Say whether a reversal took back all that was left of its original: then it is the last, to nothing."""
    own = Transfer.objects.filter(customer_id=customer_id)
    original = own.filter(id=reversal.reverses_id).values_list("points", flat=True).first()
    taken = dict(own.filter(reverses_id=reversal.reverses_id).values_list("id", "points"))
    return sum(taken.values()) == original and reversal.transfer_id == max(taken)


def _claw_back(
    original: Transfer, lot: Lot, points: int | None, *, key: str, at: datetime, reason: str
) -> ClawBack:
    left = lot.points - lot.reversed
    if not left:
        raise NothingToReverse(requested=points or lot.points, left=0)
    policy = Shortfall(PointCurrency.objects.get(code=original.currency).shortfall)
    return ClawBack(key, at, left if points is None else points, lot.id, policy, reason, original.id)


def _restore(original: Transfer, points: int | None, *, key: str, at: datetime, reason: str) -> Restore:
    given_back = Transfer.objects.filter(
        customer_id=original.customer_id, reverses_id=original.id
    ).values_list("id", flat=True)
    rows = select_matching(
        Entry,
        ("lot_id", "points"),
        ("customer_id", "transfer_id"),
        [(original.customer_id, one) for one in (original.id, *given_back)],
        where="t.account = %s",
        params=[Account.AVAILABLE.value],
        order_by=("transfer_id", "number"),
    )
    taken: dict[Id, int] = defaultdict(int)
    for lot_id, entry_points in rows:
        taken[lot_id] -= entry_points
    draws = tuple(Draw(lot_id, left) for lot_id, left in taken.items() if left)
    left = sum(draw.points for draw in draws)
    if not left:
        raise NothingToReverse(requested=points or original.points, left=0)
    return Restore(key, at, left if points is None else points, original.id, draws, reason, original.id)
