"""The list of orders: latest first, found by their number, cut into pages along an index."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Min, Q, QuerySet

from dangol.core.commerce.models import Order, OrderNumber, Return
from dangol.core.people.models import Customer
from dangol.core.people.selectors import GUEST, PersonView, names_of, stores_by_id
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.rooms.rewards.models import Accrual
from dangol.web.day_spans import Between
from dangol.web.reads.order_places import before_place, place_of

PAGE = 50
# Sources are tills, shops and files: few. More than so many are not looked through for a number.
MOST_SOURCES = 50
_COLUMNS = (
    "customer_id", "id", "source", "number", "placed_at", "store_id", "channel", "currency", "net_minor",
)  # fmt: skip


class OrderQuery(NamedTuple):
    """Which orders to list: of a number, of a store, of some days, before the one the page before ended with.

    `bound_to` is the store of whoever asks: its orders, and those of none.
    """

    number: str = ""
    store_id: Id | None = None
    placed: Between | None = None
    bound_to: Id | None = None
    after: str = ""


class OrderLine(NamedTuple):
    """An order in the list: `returned_minor` is what came back of it, `points` what it earned in all.

    `points` is None where no program has judged it: a guest's, or one that earns nothing.
    """

    customer_id: Id
    id: Id
    source: str
    number: str
    placed_at: datetime
    store: str
    channel: str
    currency: str
    net_minor: int
    returned_minor: int
    points: int | None
    person: PersonView | None

    @property
    def state(self) -> str:
        """How it stands: empty where nothing came back, else `part` or `whole`."""
        if not self.returned_minor:
            return ""
        return "whole" if self.returned_minor >= self.net_minor else "part"


class OrderPage(NamedTuple):
    """One page of the list; `next_after` is empty on the last one."""

    lines: list[OrderLine]
    next_after: str


def read_order_page(query: OrderQuery, *, limit: int = PAGE) -> OrderPage:
    """Return a page of orders; what it costs does not depend on how many there are."""
    orders = _matching(query)
    before = before_place(query.after)
    if before is not None:
        orders = orders.filter(before)
    rows = list(orders.order_by("-placed_at", "-id").values_list(*_COLUMNS)[: limit + 1])
    next_after = place_of(rows[limit - 1][4], rows[limit - 1][1]) if len(rows) > limit else ""
    return OrderPage(_lines(rows[:limit]), next_after)


def count_buyers(query: OrderQuery) -> int:
    """Return of how many people all orders are that a query matches: it reads them all."""
    return _matching(query).values("customer_id").distinct().count()


def walk_orders(query: OrderQuery, *, size: int = 500) -> Iterator[OrderLine]:
    """Yield all orders a query matches, `size` at a time along the index."""
    while True:
        page = read_order_page(query, limit=size)
        yield from page.lines
        if not page.next_after:
            return
        query = query._replace(after=page.next_after)


def points_of(keys: Sequence[tuple[Id, Id]]) -> dict[Id, int]:
    """Return what each of these (customer, order) pairs was given, less what was taken back."""
    points: dict[Id, int] = {}
    for order_id, judged, not_given in select_matching(
        Accrual, ("order_id", "points", "not_given"), ("customer_id", "order_id"), keys
    ):
        points[order_id] = points.get(order_id, 0) + judged - not_given
    return points


def is_guest(customer_id: Id) -> bool:
    """Say whether an order's customer is a guest, who may still turn out to be a member."""
    return Customer.objects.filter(customer_id=customer_id, kind=GUEST).exists()


def _matching(query: OrderQuery) -> QuerySet[Order]:
    orders = Order.objects.all()
    if query.number:
        orders = orders.filter(id__in=_numbered(query.number))
    if query.store_id:
        orders = orders.filter(store_id=query.store_id)
    if query.bound_to:
        orders = orders.filter(Q(store_id=query.bound_to) | Q(store_id=None))
    if query.placed:
        orders = orders.filter(**query.placed.on("placed_at"))
    return orders


def _numbered(number: str) -> list[Id]:
    """Return the orders that any source calls so, sources found one after the other along their key."""
    sources: list[str] = []
    while len(sources) < MOST_SOURCES:
        later = OrderNumber.objects.filter(source__gt=sources[-1]) if sources else OrderNumber.objects.all()
        source = later.aggregate(first=Min("source"))["first"]
        if source is None:
            break
        sources.append(source)
    keys = [(source, number) for source in sources]
    return [row[0] for row in select_matching(OrderNumber, ("order_id",), ("source", "number"), keys)]


def _lines(rows: Sequence[tuple[Id, Id, str, str, datetime, Id | None, str, str, int]]) -> list[OrderLine]:
    people = names_of({row[0] for row in rows})
    stores = stores_by_id({row[5] for row in rows if row[5]})
    names = {store_id: store.name or store.number for store_id, store in stores.items()}
    points = points_of([(row[0], row[1]) for row in rows])
    returned: dict[Id, int] = {}
    for order_id, net_minor in select_matching(
        Return, ("order_id", "net_minor"), ("customer_id", "order_id"), [(row[0], row[1]) for row in rows]
    ):
        returned[order_id] = returned.get(order_id, 0) + net_minor
    return [
        OrderLine(
            *row[:5],
            names.get(row[5] or b"", ""),
            *row[6:],
            returned.get(row[1], 0),
            points.get(row[1]),
            people.get(row[0]),
        )
        for row in rows
    ]
