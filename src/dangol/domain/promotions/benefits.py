"""What a promotion gives. Money is in minor units, shares in basis points (hundredths of a percent)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

WHOLE = 10_000
MOST_STAMPS = 1_000


@dataclass(frozen=True, slots=True)
class Items:
    """Lines that have any of these: a product, a SKU, a category (and all below it), a tag."""

    products: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Percent:
    """So much of the price off."""

    basis_points: int


@dataclass(frozen=True, slots=True)
class Amount:
    """So much off: off all targeted units together, in proportion to their prices, or off each of them."""

    minor: int
    is_each: bool = False


@dataclass(frozen=True, slots=True)
class NewPrice:
    """Each targeted unit costs so much, if it does not cost less already."""

    minor: int


class By(StrEnum):
    """What the steps of a tiered discount count, of the targeted lines: money or units."""

    AMOUNT = "amount"
    UNITS = "units"


@dataclass(frozen=True, slots=True)
class Step:
    """From `at_least` on, this."""

    at_least: int
    benefit: Percent | Amount | NewPrice


@dataclass(frozen=True, slots=True)
class Tiered:
    """The highest of the steps that is reached; they go up."""

    steps: tuple[Step, ...]
    by: By = By.AMOUNT


class Which(StrEnum):
    """Which of n x k units are the k reduced ones: the cheapest of all, or the cheapest of each n.

    For the second, units stand from the dearest to the cheapest and are counted off in that order.
    """

    CHEAPEST = "cheapest"
    OF_EACH = "of_each"


@dataclass(frozen=True, slots=True)
class NthFree:
    """Of every `nth` units one is free, or reduced; at most so many an order (None: without a limit)."""

    nth: int
    basis_points: int = WHOLE
    most_units: int | None = None
    which: Which = Which.CHEAPEST


@dataclass(frozen=True, slots=True)
class BuyGet:
    """For every `buy_count` units bought of `buy`, `get_count` targeted units are free, or reduced.

    `buy` None: of the targeted ones. No unit counts twice; the cheapest targeted ones are reduced, as many
    rounds as there are units for, at most `most_rounds` an order.
    """

    buy: Items | None
    buy_count: int
    get_count: int
    basis_points: int = WHOLE
    most_rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """So many units of these in a bundle."""

    items: Items
    count: int = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """These together for one price, the dearest first, as often as there are units, at most `most` times."""

    parts: tuple[Part, ...]
    price_minor: int
    most: int | None = None


@dataclass(frozen=True, slots=True)
class FreeShipping:
    """Delivery is free, or reduced, by at most `most_minor`."""

    basis_points: int = WHOLE
    most_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Gift:
    """So many units of a product for nothing."""

    product: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Points:
    """So many points for the cart."""

    points: int


@dataclass(frozen=True, slots=True)
class PointsRate:
    """`points` for each `per_minor` of the targeted lines, rounded once, by the shop's setting."""

    points: int
    per_minor: int


@dataclass(frozen=True, slots=True)
class Multiplier:
    """The points that earning rules give on the targeted lines, times `num` / `den`."""

    num: int
    den: int = 1


@dataclass(frozen=True, slots=True)
class Stamps:
    """So many stamps on a card: for the cart; for each targeted unit; or for each full `per_minor` of them.

    Of one promotion a cart gets at most `MOST_STAMPS`.
    """

    card: str
    count: int = 1
    per_unit: bool = False
    per_minor: int | None = None


@dataclass(frozen=True, slots=True)
class IssueCoupon:
    """A coupon of this kind for later."""

    coupon: str


OffUnits: TypeAlias = Percent | Amount | NewPrice | Tiered | NthFree | BuyGet | Bundle
OffMoney: TypeAlias = OffUnits | FreeShipping
Giving: TypeAlias = Gift | Points | PointsRate | Multiplier | Stamps | IssueCoupon
Benefit: TypeAlias = OffMoney | Giving
