"""What customers have bought, as conditions ask it: how often, and when last."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from dangol.core.commerce.models import Order, OrderLine, ReturnLine
from dangol.core.people.merged import absorbed_by
from dangol.core.storage.ids import Id


class Bought(NamedTuple):
    """How many orders somebody has made that did not come back whole, and when the last of them was."""

    orders: int = 0
    last_at: datetime | None = None


def bought_by(customer_ids: Sequence[Id]) -> dict[Id, Bought]:
    """Return what each of these has bought under all ids that are them. Two statements."""
    absorbed = absorbed_by(customer_ids)
    owners = {part: one for one in customer_ids for part in (one, *absorbed.get(one, ()))}
    found = dict.fromkeys(customer_ids, Bought())
    for part, count, last_at in _kept(owners):
        before = found[owners[part]]
        found[owners[part]] = Bought(before.orders + count, max(filter(None, (before.last_at, last_at))))
    return found


def _kept(customer_ids: dict[Id, Id]) -> QuerySet[Order, tuple[Id, int, datetime]]:
    own = Order.objects.filter(customer_id__in=list(customer_ids))
    kept = own.annotate(
        sold=_quantity(OrderLine.objects.all()), back=_quantity(ReturnLine.objects.all())
    ).filter(Q(back=None) | Q(back__lt=F("sold")))
    return kept.order_by().values_list("customer_id").annotate(Count("id"), Max("placed_at"))


def _quantity(lines: "QuerySet[OrderLine] | QuerySet[ReturnLine]") -> Subquery:
    own = lines.filter(customer_id=OuterRef("customer_id"), order_id=OuterRef("id"))
    return Subquery(own.order_by().values("order_id").annotate(all=Sum("quantity_milli")).values("all"))
