"""Reading orders and returns: one order with all that belongs to it, a constant number of statements."""

from datetime import datetime
from typing import NamedTuple

from dangol.core.commerce.models import (
    Order,
    OrderDiscount,
    OrderLine,
    OrderNumber,
    OrderTender,
    Product,
    Return,
    ReturnLine,
)
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.errors import NotFound


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
    """An order with its lines, reductions, tenders and returns; pairs are a word and minor units."""

    facts: OrderFacts
    lines: list[LineFacts]
    discounts: list[tuple[str, int]]
    tenders: list[tuple[str, int]]
    returns: list[ReturnFacts]


def find_order(reference: str) -> OrderFacts:
    """Return the order our id, or `source:number`, means; raises UnknownOrder."""
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


def read_order(customer_id: Id, order_id: Id) -> WholeOrder:
    """Return an order with all that belongs to it; raises UnknownOrder."""
    own = {"customer_id": customer_id, "order_id": order_id}
    row = Order.objects.filter(customer_id=customer_id, id=order_id).values_list(*OrderFacts._fields).first()
    if row is None:
        raise UnknownOrder(order=order_id.hex())
    lines = list(
        OrderLine.objects.filter(**own).order_by("number").values_list(
            "product_id", "number", "quantity_milli", "list_minor", "discount_minor", "net_minor"
        )
    )  # fmt: skip
    products = _products({line[0] for line in lines})
    amounts = [
        list(model.objects.filter(**own).order_by("number").values_list("kind", "amount_minor"))
        for model in (OrderDiscount, OrderTender)
    ]
    returns = Return.objects.filter(**own).order_by("returned_at", "id").values_list(*ReturnFacts._fields)
    return WholeOrder(
        OrderFacts(*row),
        [LineFacts(line[1], *products[line[0]], *line[2:]) for line in lines],
        amounts[0],
        amounts[1],
        [ReturnFacts(*one) for one in returns],
    )


def read_return(customer_id: Id, return_id: Id) -> tuple[ReturnFacts, list[ReturnLineFacts]]:
    """Return a return and its lines; raises UnknownOrder."""
    found = Return.objects.filter(customer_id=customer_id, id=return_id).values_list(*ReturnFacts._fields)
    row = found.first()
    if row is None:
        raise UnknownOrder(order=return_id.hex())
    lines = list(
        ReturnLine.objects.filter(customer_id=customer_id, return_id=return_id).order_by("number")
        .values_list("product_id", "number", "quantity_milli", "net_minor", "order_id", "order_line")
    )  # fmt: skip
    products = _products({line[0] for line in lines})
    return ReturnFacts(*row), [
        ReturnLineFacts(number, *products[product_id], quantity, net, order_id, order_line)
        for product_id, number, quantity, net, order_id, order_line in lines
    ]


def _products(product_ids: set[Id]) -> dict[Id, tuple[str, str]]:
    rows = Product.objects.filter(id__in=product_ids).values_list("id", "number", "name")
    return {product_id: (number, name) for product_id, number, name in rows}
