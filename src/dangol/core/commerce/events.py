"""What commerce tells the timeline."""

from typing import NamedTuple

from dangol.core.events.payloads import Payload, named


class SoldLine(NamedTuple):
    """A line of an order on the timeline; `product` is the shop's number, `category` the product's path."""

    product: str
    category: str
    quantity_milli: int
    net_minor: int


class ReturnedLine(NamedTuple):
    """A line of a return; `order` (an id as text) and `order_line` say what it undoes, where known."""

    product: str
    category: str
    quantity_milli: int
    net_minor: int
    order: str | None
    order_line: int | None


@named("order.placed")
class OrderPlaced(Payload, frozen=True):
    """A customer bought. The event's subject is the order."""

    source: str
    number: str
    channel: str
    store: str | None
    currency: str
    net_minor: int
    discount_minor: int
    earns: bool
    is_guest: bool
    lines: list[SoldLine]


@named("order.returned")
class OrderReturned(Payload, frozen=True):
    """A customer brought goods back. The event's subject is the return."""

    source: str
    number: str
    currency: str
    net_minor: int
    lines: list[ReturnedLine]
    is_guest: bool = False


@named("order.claimed")
class OrderClaimed(OrderPlaced, frozen=True):
    """A member has claimed a guest's order. It tells the order again, for the member, at its own instant."""
