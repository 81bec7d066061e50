"""Points moved by hand: small ones at once, large ones when a second person has approved them."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from dangol.core.access.approvals import (
    ApprovalState,
    ApprovalView,
    Ask,
    find_asked,
    note_request,
    size_since,
)
from dangol.core.access.own_account import require_not_own
from dangol.core.events.services import lock_customers
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.reversals import UnknownTransfer
from dangol.core.ledger.services import Result, adjust_points, require_currency, reverse_transfer
from dangol.core.ledger.store import find_transfers
from dangol.core.people.actors import Actor
from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import MOST_POINTS, Adjust, InvalidPoints
from dangol.domain.wallet import check_command

# One kind for both ways, so that the day's sum counts them together.
KIND = "points.by_hand"
# Over what time small ones are added up: many small ones are a large one.
DAY = timedelta(days=1)
LONGEST_REASON = 200


class ByHand(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wanted: points given (positive) or taken, or a transfer to be reversed with all left of it."""

    currency: str
    points: int = 0
    expires_at: datetime | None = None
    reverses: str = ""


class Outcome(NamedTuple):
    """What became of it: done, by a transfer, or waiting for a second person."""

    approval: ApprovalView
    moved: Result | None = None

    @property
    def waits(self) -> bool:
        """Whether nothing has moved yet."""
        return self.approval.state == ApprovalState.WAITING


def read_by_hand(payload: str) -> ByHand:
    """Return what a request asks for."""
    return msgspec.json.decode(payload, type=ByHand)


def move_by_hand(
    customer_id: Id, wanted: ByHand, *, form: Id, actor: Actor, reason: str, at: datetime, limit: int
) -> Outcome:
    """Move points by hand, or ask for it where it is more than `limit`.

    What the same person has moved alone for this customer in the last 24 hours counts with it. `form` names
    the form this comes from: sent twice it is done once. Raises ReasonMissing, RequestReused, InvalidPoints,
    InsufficientPoints, UnknownCurrency, UnknownTransfer, NothingToReverse or OwnAccount.
    """
    with write_transaction():
        require_not_own([customer_id], actor=actor)
        lock_customers([customer_id])
        size = abs(wanted.points) if not wanted.reverses else _points_of(customer_id, wanted.reverses)
        ask = Ask(form, KIND, customer_id, msgspec.json.encode(wanted).decode(), size, kept_reason(reason))
        if earlier := find_asked(ask, actor=actor):
            return Outcome(earlier, _moved_before(earlier))
        _check(wanted, at)
        before = size_since(customer_id, KIND, actor=actor, since=at - DAY)
        noted = note_request(ask, actor=actor, at=at, waits=before + size > limit)
        moved = carry_out(noted, at) if noted.state == ApprovalState.DIRECT else None
    return Outcome(noted, moved)


def kept_reason(reason: str) -> str:
    """Return the reason as long as a transfer keeps it."""
    return reason.strip()[:LONGEST_REASON]


def _check(wanted: ByHand, at: datetime) -> None:
    """Refuse what could never be carried out before anybody is asked."""
    require_currency(wanted.currency)
    if wanted.reverses:
        return
    if not 0 < abs(wanted.points) <= MOST_POINTS or (wanted.expires_at and wanted.expires_at <= at):
        raise InvalidPoints(points=wanted.points)
    check_command(Adjust("by-hand", at, wanted.points, ""))


def _points_of(customer_id: Id, shown: str) -> int:
    rows = Transfer.objects.filter(customer_id=customer_id, id=parse_id(shown))
    points = rows.values_list("points", flat=True).first()
    if points is None:
        raise UnknownTransfer(transfer=shown)
    return points


def _key(approval: ApprovalView) -> str:
    return f"by-hand:{show_id(approval.id)}"


def _moved_before(approval: ApprovalView) -> Result | None:
    """Return the movement that a request has led to, if it has."""
    owner = resolve_merged([approval.subject_id])[approval.subject_id]
    for one in {approval.subject_id, owner}:
        if known := find_transfers([(one, _key(approval))]).get((one, _key(approval))):
            return Result(known.transfer_id, known.points, repeated=True)
    return None


def carry_out(approval: ApprovalView, at: datetime) -> Result:
    """Move the points a request asks for that may happen, in the caller's write transaction."""
    wanted, key = read_by_hand(approval.payload), _key(approval)
    if wanted.reverses:
        # A transfer stays with the id it was booked under, also where its owner was merged since.
        return reverse_transfer(
            approval.subject_id, transfer_id=parse_id(wanted.reverses), points=None, key=key, at=at,
            reason=approval.reason,
        )  # fmt: skip
    owner = resolve_merged([approval.subject_id])[approval.subject_id]
    return adjust_points(
        owner, points=wanted.points, currency=wanted.currency, key=key, at=at, reason=approval.reason,
        expires_at=wanted.expires_at,
    )  # fmt: skip
