"""What coupons offer to be done: a code handed to a customer."""

from collections.abc import Sequence

from dangol.core.actions.catalog import Action, ActionPayload, ActionResult, Call
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.coupons.batches import UnknownBatch
from dangol.rooms.rewards.coupons.holding import Ask, issue_codes


class IssueCoupon(ActionPayload, frozen=True):
    """Hand a customer one unused code of a batch, which is theirs alone from then on."""

    batch: str


class CouponIssued(ActionResult, frozen=True):
    """The code as it is printed."""

    coupon: str


def issue_coupon(calls: Sequence[Call[IssueCoupon]]) -> list[CouponIssued | DomainError]:
    """Hand out codes: a constant number of statements a batch."""
    answers: dict[Id, CouponIssued | DomainError] = {}
    asks: list[Ask] = []
    for call in calls:
        try:
            asks.append(Ask(parse_id(call.payload.batch), call.customer_id, f"action:{call.key}"))
        except ValueError:
            answers[call.customer_id] = UnknownBatch(batch=call.payload.batch[:60])
    found = issue_codes(asks, at=max(call.at for call in calls))
    for ask, answer in zip(asks, found, strict=True):
        answers[ask.customer_id] = CouponIssued(coupon=answer) if isinstance(answer, str) else answer
    return [answers[call.customer_id] for call in calls]


ISSUE_COUPON = Action("rewards.issue_coupon", IssueCoupon, CouponIssued, issue_coupon)
