"""Orders and returns as they come in, before they have ids of their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.storage.ids import Id


class LineDraft(NamedTuple):
    """A product of an order. Amounts are for the whole line, in minor units; quantity in thousandths."""

    product_id: Id
    product: str
    category: str
    quantity_milli: int
    list_minor: int
    discount_minor: int
    net_minor: int


class OrderDraft(NamedTuple):
    """An order as the shop tells it. (`source`, `number`) names it for good: a repeat is recognized by it.

    `discounts` and `tenders` are pairs of kind and minor units. `earns` is False for history whose points
    another program has already paid; a guest's order (`is_guest`) earns nothing until it is claimed.
    """

    customer_id: Id
    source: str
    number: str
    placed_at: datetime
    currency: str
    lines: Sequence[LineDraft]
    store_id: Id | None = None
    store: str | None = None
    channel: str = "store"
    discounts: tuple[tuple[str, int], ...] = ()
    tenders: tuple[tuple[str, int], ...] = ()
    earns: bool = True
    is_guest: bool = False


class ReturnLineDraft(NamedTuple):
    """A product brought back: positive thousandths and minor units. `order_line` where the shop knows it."""

    product_id: Id
    product: str
    category: str
    quantity_milli: int
    net_minor: int
    order_line: int | None = None


class ReturnDraft(NamedTuple):
    """A return as the shop tells it; `order_number` is the order it undoes, of the same source, if known.

    `is_guest` says whether the customer is nobody known; None where the teller cannot say, as a till.
    `is_undo` says that nobody brought anything, but that the sale was a mistake.
    """

    customer_id: Id
    source: str
    number: str
    returned_at: datetime
    currency: str
    lines: Sequence[ReturnLineDraft]
    order_number: str | None = None
    is_guest: bool | None = None
    is_undo: bool = False


class ProductDraft(NamedTuple):
    """A product as the shop tells it; `category` is a path joined by " > "."""

    number: str
    name: str = ""
    category: str = ""
    brand: str = ""


class ProductRef(NamedTuple):
    """What an order line needs to know of a product."""

    id: Id
    category: str


class Outcome(NamedTuple):
    """What became of one draft.

    `repeated`: it was already there with the same content. `conflict`: its number is taken by other
    content, so it was refused and nothing was written for it. `is_linked`: whether a return's lines belong
    to one order.
    """

    id: Id
    customer_id: Id
    repeated: bool = False
    conflict: bool = False
    is_linked: bool = False
