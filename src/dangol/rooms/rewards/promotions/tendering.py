"""Taking what pays for a sale besides money, and giving points back: points, gift cards, store credit."""

from datetime import datetime

from dangol.core.ledger.services import Order as Move, apply, reverse_transfer
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.domain.points import NothingToReverse, Spend
from dangol.domain.stored_value import NotEnoughValue
from dangol.domain.tender import StoredReason, TenderReason
from dangol.rooms.rewards.promotions import models
from dangol.rooms.rewards.promotions.asking import Answer
from dangol.rooms.rewards.stored_value import paying as stored_value


class TenderNotTaken(DomainError):
    """The points offered do not pay (`reason`); so many are `needed`, so many were `found`."""

    code = "checkout.tender_not_taken"


class StoredValueNotTaken(TenderNotTaken):
    """A gift card (`card`: its last characters) or the credit does not pay (`reason`), in minor units."""

    code = "checkout.stored_value_not_taken"


def take_stored(row: models.Sale, answer: Answer, at: datetime) -> None:
    """Take what cards and credit pay for a sale, or nothing of it; raises StoredValueNotTaken."""
    try:
        stored_value.take(answer.stored, sale_id=row.id, turn=row.turn, customer_id=row.customer_id, at=at)
    except NotEnoughValue as refusal:
        raise StoredValueNotTaken(
            reason=StoredReason.EMPTY.value, needed=refusal.data["asked"], found=refusal.data["left"], card=""
        ) from refusal


def spend_points(row: models.Sale, at: datetime) -> Id | None:
    """Spend the points that pay for a sale; returns the transfer. Raises TenderNotTaken."""
    key = f"sale:{row.id.hex()}:{row.turn}:spend"
    command = Spend(key, at, row.tender_points, "checkout", row.id)
    result = apply([Move(row.customer_id, command)], row.tender_currency, recorded_at=at)[0]
    if result.refusal:
        raise TenderNotTaken(
            reason=TenderReason.MORE_THAN_HELD.value, needed=row.tender_points, found=0
        ) from result.refusal
    return result.transfer_id


def give_back_points(row: models.Sale, points: int | None, *, key: str, at: datetime) -> None:
    """Give points paid back to the lots they came from; None: all that is not back yet."""
    assert row.spend_id is not None, "points were paid"
    try:
        reverse_transfer(
            row.customer_id, transfer_id=row.spend_id, points=points, key=key, at=at, reason="checkout"
        )
    except NothingToReverse as refusal:
        # Somebody has given points back by hand: what is left of them is all there is.
        if points is not None and refusal.data["left"]:
            give_back_points(row, None, key=key, at=at)
