"""Reading orders and returns: one order with all that belongs to it, a constant number of statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.commerce.models import (
    Order,
    OrderDiscount,
    OrderLine,
    OrderMilestone,
    OrderNumber,
    OrderTender,
    Product,
    Return,
    ReturnLine,
)
from dangol.core.people.models import Store
from dangol.core.storage.columns import Model, Row, table
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.reading import Select, matching, read_together
from dangol.core.storage.values import input_params, input_sql
from dangol.domain.errors import NotFound

_LINE = ("number", "quantity_milli", "list_minor", "discount_minor", "net_minor")
_RETURN_LINE = ("number", "quantity_milli", "net_minor", "order_id", "order_line")
_AMOUNT = ("number", "kind", "amount_minor")


class UnknownOrder(NotFound):
    """There is no such order (`order`)."""

    code = "order.unknown"


class OrderFacts(NamedTuple):
    """An order as it was rung up, in minor units of `currency`."""

    customer_id: Id
    id: Id
    source: str
    number: str
    placed_at: datetime
    recorded_at: datetime
    store_id: Id | None
    channel: str
    currency: str
    list_minor: int
    discount_minor: int
    net_minor: int
    earns: bool


class LineFacts(NamedTuple):
    """A line of an order: `product` is the shop's number."""

    number: int
    product: str
    product_name: str
    quantity_milli: int
    list_minor: int
    discount_minor: int
    net_minor: int


class ReturnFacts(NamedTuple):
    """Goods brought back; `order_id` is empty where no one order was found for them."""

    customer_id: Id
    id: Id
    source: str
    number: str
    order_id: Id | None
    returned_at: datetime
    recorded_at: datetime
    currency: str
    net_minor: int


class ReturnLineFacts(NamedTuple):
    """A line of a return, and the order's line it undoes, where that is known."""

    number: int
    product: str
    product_name: str
    quantity_milli: int
    net_minor: int
    order_id: Id | None
    order_line: int | None


class WholeOrder(NamedTuple):
    """An order with its lines, reductions, tenders, returns and store; pairs are a word and minor units.

    `milestones` say how far it has come (domain.milestones), and when, in the order of time.
    """

    facts: OrderFacts
    lines: list[LineFacts]
    discounts: list[tuple[str, int]]
    tenders: list[tuple[str, int]]
    returns: list[ReturnFacts]
    store: str | None
    milestones: dict[str, datetime]


def find_order(reference: str) -> OrderFacts:
    """Return the order our id, or `source:number`, means; raises UnknownOrder."""
    if "\0" in reference:  # PostgreSQL cannot even look for it
        raise UnknownOrder(order=reference)
    source, colon, number = reference.partition(":")
    if colon:
        key = OrderNumber.objects.filter(source=source, number=number).values_list("customer_id", "order_id")
        owner = key.first()
        orders = Order.objects.filter(customer_id=owner[0], id=owner[1]) if owner else Order.objects.none()
    else:
        try:
            orders = Order.objects.filter(id=parse_id(reference))
        except ValueError:
            raise UnknownOrder(order=reference) from None
    row = orders.values_list(*OrderFacts._fields).first()
    if row is None:
        raise UnknownOrder(order=reference)
    return OrderFacts(*row)


class OrderReading:
    """What reads an order with all that belongs to it, in one statement or together with something else."""

    def __init__(self, customer_id: Id, order_id: Id) -> None:
        self._order_id = order_id
        key, own = [(customer_id, order_id)], ("customer_id", "order_id")
        products = _products_of(OrderLine, own, key)
        self.selects: tuple[Select, ...] = (
            matching(Order, OrderFacts._fields, ("customer_id", "id"), key),
            matching(OrderLine, ("product_id", *_LINE), own, key),
            products,
            matching(OrderDiscount, _AMOUNT, own, key),
            matching(OrderTender, _AMOUNT, own, key),
            matching(Return, ReturnFacts._fields, own, key),
            _store_and_milestones_of(key),
        )

    def found(self, *rows: Sequence[Row]) -> WholeOrder:
        """Return the order of the rows that the selects have read; raises UnknownOrder."""
        orders, lines, products, discounts, tenders, returns, more = rows
        if not orders:
            raise UnknownOrder(order=show_id(self._order_id))
        named = {product_id: (number, name) for product_id, number, name in products}
        return WholeOrder(
            OrderFacts(*orders[0]),
            [
                LineFacts(line[1], *named[line[0]], *line[2:])
                for line in sorted(lines, key=lambda line: line[1])
            ],
            [(kind, amount) for _, kind, amount in sorted(discounts)],
            [(kind, amount) for _, kind, amount in sorted(tenders)],
            sorted((ReturnFacts(*one) for one in returns), key=lambda one: (one.returned_at, one.id)),
            more[0][0],
            {milestone: at for _, milestone, at in sorted(more, key=lambda row: row[2]) if milestone},
        )


def read_order(customer_id: Id, order_id: Id) -> WholeOrder:
    """Return an order with all that belongs to it; raises UnknownOrder."""
    reading = OrderReading(customer_id, order_id)
    return reading.found(*read_together(*reading.selects))


def read_return(customer_id: Id, return_id: Id) -> tuple[ReturnFacts, list[ReturnLineFacts]]:
    """Return a return and its lines; raises UnknownOrder."""
    key, own = [(customer_id, return_id)], ("customer_id", "return_id")
    rows, lines, products = read_together(
        matching(Return, ReturnFacts._fields, ("customer_id", "id"), key),
        matching(ReturnLine, ("product_id", *_RETURN_LINE), own, key),
        _products_of(ReturnLine, own, key),
    )
    if not rows:
        raise UnknownOrder(order=show_id(return_id))
    named = {product_id: (number, name) for product_id, number, name in products}
    return ReturnFacts(*rows[0]), [
        ReturnLineFacts(line[1], *named[line[0]], *line[2:])
        for line in sorted(lines, key=lambda line: line[1])
    ]


def _store_and_milestones_of(key: Sequence[Row]) -> Select:
    """Return what reads the number of the store where an order was placed, with each milestone of the order.

    One row where it has come to none. Read together, as a statement of its own would cost every order one.
    """
    own = ("customer_id", "id")
    sql = (
        f"SELECT t.number, m.milestone, m.at FROM {input_sql(Order, own, 'input')}"  # noqa: S608
        f" JOIN {table(Order)} AS o ON o.customer_id = input.customer_id AND o.id = input.id"
        f" LEFT JOIN {table(Store)} AS t ON t.id = o.store_id"
        f" LEFT JOIN {table(OrderMilestone)} AS m ON m.customer_id = o.customer_id AND m.order_id = o.id"
    )
    # The store's number is text as the milestone is.
    names = ("milestone", "milestone", "at")
    return Select(OrderMilestone, names, sql, input_params(Order, own, key), 1)


def _products_of(lines: Model, own: tuple[str, str], key: Sequence[Row]) -> Select:
    """Return what reads the products of these lines."""
    sql = (
        f"SELECT t.id, t.number, t.name FROM {table(Product)} AS t WHERE t.id IN (SELECT l.product_id"  # noqa: S608
        f" FROM {input_sql(lines, own, 'input')} JOIN {table(lines)} AS l"
        f" ON l.{own[0]} = input.{own[0]} AND l.{own[1]} = input.{own[1]})"
    )
    return Select(Product, ("id", "number", "name"), sql, input_params(lines, own, key), 1)
