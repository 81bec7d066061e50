"""What commerce tells the timeline."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from babel.numbers import get_currency_precision

from dangol.core.events.payloads import Payload, named
from dangol.domain.accrual import SEPARATOR
from dangol.domain.conditions import Kind, Value


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


_KINDS_OF_GOODS: Mapping[str, Kind] = {
    "amount": Kind.NUMBER, "categories": Kind.LIST, "products": Kind.LIST, "currency": Kind.TEXT,
    "source": Kind.TEXT, "number": Kind.TEXT,
}  # fmt: skip


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

    @classmethod
    def property_kinds(cls) -> Mapping[str, Kind]:
        """Return the kinds of what conditions see of it."""
        return {
            **_KINDS_OF_GOODS,
            "store": Kind.TEXT,
            "channel": Kind.TEXT,
            "discount": Kind.NUMBER,
        }

    def properties_seen(self) -> Mapping[str, Value]:
        """Return what conditions see of it: amounts in the currency's own unit, not in minor ones."""
        return {
            "source": self.source,
            "number": self.number,
            "channel": self.channel,
            **({"store": self.store} if self.store else {}),
            "discount": _in_units(self.discount_minor, self.currency),
            **_goods(self.currency, self.net_minor, self.lines),
        }


@named("order.returned")
class OrderReturned(Payload, frozen=True):
    """A customer brought goods back. The event's subject is the return.

    `is_undo`: nobody brought anything: the sale itself was a mistake, or another member's.
    """

    source: str
    number: str
    currency: str
    net_minor: int
    lines: list[ReturnedLine]
    is_guest: bool = False
    is_undo: bool = False

    @classmethod
    def property_kinds(cls) -> Mapping[str, Kind]:
        """Return the kinds of what conditions see of it."""
        return _KINDS_OF_GOODS

    def properties_seen(self) -> Mapping[str, Value]:
        """Return what conditions see of it, as of an order."""
        return {
            "source": self.source,
            "number": self.number,
            **_goods(self.currency, self.net_minor, self.lines),
        }


@named("order.claimed")
class OrderClaimed(OrderPlaced, frozen=True):
    """A member has claimed a guest's order. It tells the order again, for the member, at its own instant.

    To conditions it is an order like any other; the guest, who is in no segment, has it no more.
    """

    @property
    def known_as(self) -> str:
        """What conditions ask for."""
        return OrderPlaced.event

    @classmethod
    def may_be(cls, names: frozenset[str]) -> bool:
        """Say whether one of these names means it."""
        return OrderPlaced.event in names


class _Reached(Payload, frozen=True):
    source: str
    number: str


@named("order.delivered")
class OrderDelivered(_Reached, frozen=True):
    """An order has reached its buyer. The event's subject is the order."""


@named("order.confirmed")
class OrderConfirmed(_Reached, frozen=True):
    """A buyer keeps what was ordered. The event's subject is the order."""


def _goods(currency: str, net_minor: int, lines: Sequence[SoldLine | ReturnedLine]) -> dict[str, Value]:
    paths = [accumulate(line.category.split(SEPARATOR), _below) for line in lines if line.category]
    return {
        "currency": currency,
        "amount": _in_units(net_minor, currency),
        "products": tuple(sorted({line.product for line in lines})),
        # Each path and all above it, so that who asks for "drinks" finds "drinks > tea".
        "categories": tuple(sorted({path for each in paths for path in each})),
    }


def _below(path: str, name: str) -> str:
    return f"{path}{SEPARATOR}{name}"


def _in_units(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-get_currency_precision(currency))
