"""What became of a promotion: in which sales it was used, by whom, and what it took off."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.rooms.rewards.promotions.models import Redemption, Sale

_OWN = ("customer_id", "sale_id", "at", "version", "code", "minor", "units", "points", "given_back_at")


class UseView(NamedTuple):
    """A promotion used in a sale; `order_id` None: only held so far, or let go again.

    `minor` and `points` are what it took off and gave, of which returns have taken their part.
    `given_back_at`: since then the use counts towards no limit any more.
    """

    customer_id: Id
    sale_id: Id
    at: datetime
    version: int
    code: str
    minor: int
    units: int
    points: int
    given_back_at: datetime | None
    currency: str
    order_id: Id | None
    is_guest: bool


def list_uses(
    promotion_id: Id, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[UseView]:
    """Return a promotion's uses, the latest first, from a place (instant and sale) on. Two statements."""
    found = Redemption.objects.filter(promotion_id=promotion_id)
    if before:
        at, sale_id = before
        found = found.filter(Q(at__lt=at) | Q(at=at, sale_id__lt=sale_id))
    rows = list(found.order_by("-at", "-sale_id").values_list(*_OWN)[:limit])
    keys = sorted({(row[0], row[1]) for row in rows})
    sales = {
        (customer, sale): rest
        for customer, sale, *rest in select_matching(
            Sale, ("customer_id", "id", "currency", "order_id", "is_guest"), ("customer_id", "id"), keys
        )
    }
    return [UseView(*row, *sales[row[0], row[1]]) for row in rows]
