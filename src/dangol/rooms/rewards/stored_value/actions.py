"""What stored value offers to be done: credit given to a member."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from dangol.core.actions.catalog import Action, ActionPayload, ActionResult, Call, Instant
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import show_id
from dangol.domain.errors import DomainError
from dangol.domain.stored_value import Kind
from dangol.rooms.rewards.stored_value.credit import put_credit, usual_end
from dangol.rooms.rewards.stored_value.store import Note

MOST_MINOR = 100_000_000


class GiveCredit(ActionPayload, frozen=True):
    """Give a customer store credit, in minor units of the shop's currency.

    It lapses at `expires_at`, exclusive, or as the shop's settings say.
    """

    minor: Annotated[int, Meta(gt=0, le=MOST_MINOR)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    expires_at: Instant | None = None


class CreditGiven(ActionResult, frozen=True):
    """The credit given, and by which movement."""

    minor: int
    currency: str
    expires_at: datetime | None
    move: str


def give_credit_to(calls: Sequence[Call[GiveCredit]]) -> list[CreditGiven | DomainError]:
    """Give credit, one after the other: each is a few statements."""
    currency = shop().currency
    return [_give(call, currency) for call in sorted(calls, key=lambda one: one.customer_id)]


def _give(call: Call[GiveCredit], currency: str) -> CreditGiven | DomainError:
    wanted, end = call.payload, call.payload.expires_at or usual_end(call.at)
    try:
        move_id = put_credit(
            call.customer_id, wanted.minor, currency, kind=Kind.GIVEN, key=f"action:{call.key}",
            note=Note(reason=wanted.reason), at=call.at, expires_at=end,
        )  # fmt: skip
    except DomainError as refusal:
        return refusal
    return CreditGiven(minor=wanted.minor, currency=currency, expires_at=end, move=show_id(move_id))


GIVE_CREDIT = Action("rewards.give_credit", GiveCredit, CreditGiven, give_credit_to)
