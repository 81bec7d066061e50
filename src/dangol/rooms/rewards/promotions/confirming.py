"""Whether the member must say yes before something of theirs is used at a counter, and whether they did."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions import models
from dangol.rooms.rewards.promotions.asking import Answer, Asked
from dangol.rooms.rewards.promotions.checkout import CheckoutContent
from dangol.rooms.rewards.promotions.models import ConfirmationState

# Where the one who pays is not the one who types. In a web shop it is the member themselves who clicks.
COUNTER = "store"


class ConfirmationMissing(DomainError):
    """The member has not said yes yet to what is used of theirs (`state`)."""

    code = "checkout.confirmation_missing"


def needs_confirmation(content: CheckoutContent, asked: Asked, answer: Answer) -> bool:
    """Say whether the member must be asked: others use a coupon, many points or much credit for them."""
    if asked.customer_id is None or asked.by_shopper or asked.channel not in ("", COUNTER):
        return False
    points = answer.tender.paid.points if answer.tender.paid else 0
    least = content.confirm_points_from
    uses_coupon = content.confirm_coupons and bool(answer.evaluation.used_codes)
    return uses_coupon or answer.stored.is_much_credit or (least is not None and points >= least)


def note_need(row: models.Sale, asked: Asked, answer: Answer, *, at: datetime) -> None:
    """Ask the member, where they must be asked. The customer is locked."""
    content = answer.shelf.checkout
    if needs_confirmation(content, asked, answer):
        until = at + timedelta(minutes=content.confirm_minutes)
        models.SaleConfirmation.objects.create(
            customer_id=row.customer_id, sale_id=row.id, turn=row.turn, asked_at=at, asked_until=until
        )


def find_confirmation(row: models.Sale) -> models.SaleConfirmation | None:
    """Return what was asked and said in a sale's present turn; None: nothing needs to be."""
    return models.SaleConfirmation.objects.filter(
        customer_id=row.customer_id, sale_id=row.id, turn=row.turn
    ).first()


def require_confirmed(states: Iterable[str]) -> None:
    """Raise ConfirmationMissing where the member must say yes, and has not (`rows.read_turn`)."""
    for state in states:
        if state != ConfirmationState.CONFIRMED:
            raise ConfirmationMissing(state=state)
