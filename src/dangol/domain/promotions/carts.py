"""A cart as it comes: lines with what they cost, and what is wrong with those that cannot be counted."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.accrual import SEPARATOR

# A line with more units is split over as many numbers; nobody buys so many of one thing at a till.
MOST_UNITS = 10_000
MOST_CART_UNITS = 100_000
# Of a whole cart, too, so that its sums and products stay far below what a database's 64 bits hold.
MOST_MINOR = 10**12


class Line(NamedTuple):
    """So many units of one product, at a price each in minor units; `key` names the line in its cart.

    `categories` are paths such as `Food > Coffee`. `is_discounted`: its price is already a reduced one.
    `floor_minor`: no promotion may bring a unit below it, where the shop's setting says so.
    """

    key: str
    product: str
    unit_minor: int
    quantity: int = 1
    sku: str = ""
    categories: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    is_discountable: bool = True
    is_discounted: bool = False
    floor_minor: int = 0


class Cart(NamedTuple):
    """What somebody is about to buy: lines in the order they were added, and what delivery costs."""

    currency: str
    lines: tuple[Line, ...]
    shipping_minor: int = 0


class LineFault(StrEnum):
    """Why a line, or the delivery, cannot be counted."""

    SAME_KEY = "same_key"
    NO_QUANTITY = "no_quantity"
    TOO_MANY_UNITS = "too_many_units"
    NEGATIVE_PRICE = "negative_price"
    PRICE_TOO_HIGH = "price_too_high"


class LeftOut(NamedTuple):
    """A line that was not counted, and why. Lines with one key are all left out: none is the right one."""

    key: str
    fault: LineFault


def faulty_lines(lines: Iterable[Line]) -> dict[str, LineFault]:
    """Return the keys of the lines that cannot be counted, with the first reason found.

    In a cart with far too many units, or far too dear, none can: which of them were to be left out would
    hang on their order.
    """
    lines = tuple(lines)
    several = Counter(one.key for one in lines)
    faults = {one.key: fault for one in lines if (fault := _fault(one))}
    if sum(one.quantity for one in lines if one.key not in faults) > MOST_CART_UNITS:
        return {one.key: LineFault.TOO_MANY_UNITS for one in lines}
    if sum(one.unit_minor * one.quantity for one in lines if one.key not in faults) > MOST_MINOR:
        return {one.key: LineFault.PRICE_TOO_HIGH for one in lines}
    return faults | {key: LineFault.SAME_KEY for key, count in several.items() if count > 1}


def delivery_fault(cart: Cart) -> LineFault | None:
    """Return why what delivery costs cannot be counted; None if it can."""
    if cart.shipping_minor < 0:
        return LineFault.NEGATIVE_PRICE
    return LineFault.PRICE_TOO_HIGH if cart.shipping_minor > MOST_MINOR else None


def _fault(line: Line) -> LineFault | None:
    if line.quantity < 1:
        return LineFault.NO_QUANTITY
    if line.quantity > MOST_UNITS:
        return LineFault.TOO_MANY_UNITS
    if line.unit_minor < 0 or line.floor_minor < 0:
        return LineFault.NEGATIVE_PRICE
    return LineFault.PRICE_TOO_HIGH if line.unit_minor * line.quantity > MOST_MINOR else None


def tokens_of(line: Line) -> frozenset[tuple[str, str]]:
    """Return by what a line can be named: its product, its SKU, its categories and all above, its tags.

    By nothing that is empty: a line without a SKU is not one of the SKU without a name.
    """
    names = [
        ("product", line.product),
        ("sku", line.sku),
        *(("category", one) for one in with_all_above(line.categories)),
        *(("tag", one) for one in line.tags),
    ]
    return frozenset(one for one in names if one[1])


def with_all_above(categories: Iterable[str]) -> list[str]:
    """Return category paths with all that contain them: `Food > Coffee` is also `Food`."""
    found: dict[str, None] = {}
    for path in categories:
        parts = path.split(SEPARATOR)
        for depth in range(1, len(parts) + 1):
            found[SEPARATOR.join(parts[:depth])] = None
    return list(found)
