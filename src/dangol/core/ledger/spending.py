"""Points spent by somebody else's hand: much of them only when the member has confirmed it is they."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Sum

from dangol.core.access.members.confirming import require_confirmed
from dangol.core.events.services import lock_customers
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.services import Result, spend_points
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import Kind

# Over what time small ones are added up: many small ones are a large one.
DAY = timedelta(days=1)


class Confirmation(NamedTuple):
    """The code a member has shown, if any, and whether a try at it was begun and is theirs to use."""

    code: str | None = None
    has_tried: bool = False


def spend_confirmed(
    customer_id: Id,
    *,
    points: int,
    currency: str,
    key: str,
    at: datetime,
    reason: str,
    limit: int,
    confirmation: Confirmation,
) -> Result:
    """Exchange points; from `limit` on in a day only with the member's confirmation, which is used up.

    Points of all kinds count together, as they do where staff move them by hand.

    Raises what `spend_points` raises, WrongCode or ConfirmationRequired; then nothing was spent.
    """
    with write_transaction():
        lock_customers([customer_id])
        before = _small_since(customer_id, limit, since=at - DAY)
        made = spend_points(customer_id, points=points, currency=currency, key=key, at=at, reason=reason)
        if not made.repeated and before + points >= limit:
            require_confirmed(
                customer_id, points=points, limit=limit, confirmation=confirmation.code,
                has_tried=confirmation.has_tried, at=at,
            )  # fmt: skip
    return made


def _small_since(customer_id: Id, limit: int, *, since: datetime) -> int:
    """Return what was spent since, of all kinds of points, in parts each too small to be confirmed."""
    spent = Transfer.objects.filter(
        customer_id=customer_id, kind=Kind.SPEND.value, occurred_at__gt=since, points__lt=limit
    )
    return int(spent.aggregate(total=Sum("points"))["total"] or 0)
