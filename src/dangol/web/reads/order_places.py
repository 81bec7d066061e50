"""Where a page of orders goes on, latest first: a place in an address, and the orders before it."""

from datetime import datetime

from django.db.models import Q

from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.web.places import read_instant


def place_of(placed_at: datetime, order_id: Id) -> str:
    """Return the place of an order, for an address."""
    return f"{placed_at.isoformat()}~{show_id(order_id)}"


def before_place(text: str) -> Q | None:
    """Return the condition of the orders before a place; nothing where it makes no sense.

    It begins with a range, along which both databases enter the index however deep the place is.
    """
    instant, _, order_id = text.partition("~")
    try:
        at, last = read_instant(instant), parse_id(order_id)
    except ValueError:
        return None
    return Q(placed_at__lte=at) & (Q(placed_at__lt=at) | Q(id__lt=last))
