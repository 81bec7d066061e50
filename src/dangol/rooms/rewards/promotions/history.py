"""Past orders as carts, with what is known of their customers: read some hundred at a time, oldest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, QuerySet

from dangol.core.commerce.models import Order, OrderLine, Product
from dangol.core.people.merged import absorbed_by, resolve_merged
from dangol.core.people.models import Customer, Store
from dangol.core.people.selectors import CUSTOMER, MEMBER
from dangol.core.segments.own_traits import LAST_ORDER, MEMBERSHIP, ORDER_COUNT
from dangol.core.segments.selectors import segments_of
from dangol.core.segments.subjects import load_subjects
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.conditions import Needs, Subject, Value
from dangol.domain.promotions.carts import Cart, Line
from dangol.domain.promotions.past import PastOrder, past_lines
from dangol.domain.promotions.rules import NOBODY

AT_ONCE = 500
_ORDER = ("customer_id", "id", "placed_at", "channel", "store_id")
# What is told of each order as it stood then; all else a condition asks of a customer is as it stands now.
AS_THEN = frozenset({MEMBERSHIP, ORDER_COUNT, LAST_ORDER, "customer.joined_at", "customer.birthday"})


@dataclass
class _Bought:
    """What a customer has bought before the next of their orders that is read."""

    orders: int = 0
    last_at: datetime | None = None


@dataclass
class History:
    """The orders of a window in one money; `needs` is what the promotion's condition asks of customers."""

    since: datetime
    until: datetime
    currency: str
    zone: ZoneInfo
    needs: Needs | None
    bought: dict[Id, _Bought] = field(default_factory=dict)
    stores: dict[Id, str] = field(default_factory=dict)

    def count(self) -> int:
        """Return how many orders there are."""
        return self._orders().count()

    def _orders(self) -> "QuerySet[Order]":
        return Order.objects.filter(
            placed_at__gte=self.since, placed_at__lt=self.until, currency=self.currency
        )

    def batches(self) -> Iterator[list[tuple[PastOrder, Subject]]]:
        """Yield the orders in the order they came, some hundred at a time, each with its customer."""
        self.stores = dict(Store.objects.values_list("id", "number"))
        orders, behind = self._orders().order_by("placed_at", "id"), Q()
        while rows := list(orders.filter(behind).values_list(*_ORDER)[:AT_ONCE]):
            yield self._read(rows)
            at, last = rows[-1][2], rows[-1][1]
            # The bound by itself: the index is then walked from there, not from the beginning.
            behind = Q(placed_at__gte=at) & (Q(placed_at__gt=at) | Q(id__gt=last))

    def _read(
        self, rows: Sequence[tuple[Id, Id, datetime, str, Id | None]]
    ) -> list[tuple[PastOrder, Subject]]:
        lines = _lines_of([(row[0], row[1]) for row in rows])
        # Who has become part of somebody else is that one now.
        owners = resolve_merged(row[0] for row in rows)
        joined = _joined(list(owners.values()))
        subjects = self._subjects(sorted(joined))
        found = []
        for customer_id, order_id, placed_at, channel, store_id in rows:
            owner = owners[customer_id]
            order = PastOrder(
                owner if owner in joined else None, placed_at,
                Cart(self.currency, tuple(lines.get((customer_id, order_id), ()))), channel,
                self.stores.get(store_id, "") if store_id else "",
            )  # fmt: skip
            found.append((order, self._as_then(subjects, joined, order)))
        return found

    def _subjects(self, customer_ids: Sequence[Id]) -> dict[Id, Subject]:
        if self.needs is None:
            return {}
        self._count_before([one for one in customer_ids if one not in self.bought])
        # Asked about every instant of the window, with what happened up to its end.
        known = load_subjects(customer_ids, self.needs, as_of=self.until, zone=self.zone, first=self.since)
        if not self.needs.segments:
            return dict(known.subjects)
        segments = segments_of(list(customer_ids))
        return {
            one: subject.among(frozenset(slug for slug, _, _ in segments[one]))
            for one, subject in known.subjects.items()
        }

    def _count_before(self, customer_ids: Sequence[Id]) -> None:
        """Read how often customers who are met for the first time have bought before the window."""
        self.bought |= {one: _Bought() for one in customer_ids}
        absorbed = absorbed_by(customer_ids)
        owners = {part: one for one in customer_ids for part in (one, *absorbed.get(one, ()))}
        before = Order.objects.filter(customer_id__in=list(owners), placed_at__lt=self.since)
        rows = before.order_by().values_list("customer_id").annotate(Count("id"), Max("placed_at"))
        for part, count, last_at in rows:
            own = self.bought[owners[part]]
            self.bought[owners[part]] = _Bought(own.orders + count, max(filter(None, (own.last_at, last_at))))

    def _as_then(
        self, subjects: dict[Id, Subject], joined: dict[Id, datetime | None], order: PastOrder
    ) -> Subject:
        """Return what was known of an order's customer then, as far as it can be told."""
        subject = subjects.get(order.customer_id) if order.customer_id else None
        if subject is None or order.customer_id is None:
            return NOBODY
        bought, member_since = self.bought[order.customer_id], joined[order.customer_id]
        traits: dict[str, Value] = {
            **subject.traits, ORDER_COUNT: bought.orders,
            MEMBERSHIP: member_since is not None and member_since <= order.placed_at,
        }  # fmt: skip
        traits.pop(LAST_ORDER, None)
        if bought.last_at is not None:
            traits[LAST_ORDER] = bought.last_at
        bought.orders, bought.last_at = bought.orders + 1, order.placed_at
        return replace(subject, traits=traits)


def _joined(customer_ids: Sequence[Id]) -> dict[Id, datetime | None]:
    """Return those of these who are known, each with when they became a member."""
    keys = [(one,) for one in sorted(set(customer_ids))]
    rows = select_matching(
        Customer, ("customer_id", "kind", "joined_at", "created_at"), ("customer_id",), keys
    )
    return {
        one: (joined_at or created_at) if kind == MEMBER else None
        for one, kind, joined_at, created_at in rows
        if kind in (CUSTOMER, MEMBER)
    }


def _lines_of(keys: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, Id], list[Line]]:
    names = ("customer_id", "order_id", "number", "product_id", "quantity_milli", "list_minor")
    rows = sorted(select_matching(OrderLine, names, ("customer_id", "order_id"), sorted(set(keys))))
    wanted = [(one,) for one in sorted({row[3] for row in rows})]
    products = {
        one[0]: one[1:] for one in select_matching(Product, ("id", "number", "category"), ("id",), wanted)
    }
    found: dict[tuple[Id, Id], list[Line]] = {}
    for customer_id, order_id, number, product_id, quantity, list_minor in rows:
        product, category = products.get(product_id, ("", ""))
        found.setdefault((customer_id, order_id), []).extend(
            past_lines(str(number), product, category, list_minor=list_minor, quantity_milli=quantity)
        )
    return found
