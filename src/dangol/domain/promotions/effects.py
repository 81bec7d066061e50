"""What evaluation answers: effects to apply, and for everything else the reason, as data.

An effect names the promotion in its version, and the code that brought it. What takes money off says how
much of it falls on each line and on each unit: that split is to be stored, and a return asks only it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from dangol.domain.conditions import Reason as DecidingLeaf
from dangol.domain.promotions.carts import LeftOut, LineFault
from dangol.domain.promotions.checking import RuleFault


class Source(NamedTuple):
    """Which promotion, in which version, by which code (empty: by itself)."""

    promotion_id: bytes
    version: int
    code: str = ""


class UnitPart(NamedTuple):
    """So much on one unit of a line; units of a line are counted from 0."""

    position: int
    amount: int


class LinePart(NamedTuple):
    """So much on one line, which is the sum over its units."""

    key: str
    amount: int
    units: tuple[UnitPart, ...]


@dataclass(frozen=True, slots=True)
class Discount:
    """Minor units off; `bought` are the units that had to be bought for it and are not reduced by it."""

    source: Source
    kind: str
    amount_minor: int
    lines: tuple[LinePart, ...]
    bought: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ShippingDiscount:
    """Minor units off the delivery."""

    source: Source
    amount_minor: int


@dataclass(frozen=True, slots=True)
class GiftGiven:
    """Units of a product for nothing."""

    source: Source
    product: str
    count: int


@dataclass(frozen=True, slots=True)
class PointsGiven:
    """Points, and on what they are given: what a returned unit takes with it."""

    source: Source
    points: int
    base_minor: int
    lines: tuple[LinePart, ...]


@dataclass(frozen=True, slots=True)
class PointsMultiplied:
    """What earning rules give on these units, by line and position, times num / den."""

    source: Source
    num: int
    den: int
    units: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class StampsGiven:
    """Stamps on a card, and on what they are given: what a returned unit takes with it."""

    source: Source
    card: str
    count: int
    lines: tuple[LinePart, ...] = ()


@dataclass(frozen=True, slots=True)
class CouponIssued:
    """A coupon for later."""

    source: Source
    coupon: str


Effect: TypeAlias = (
    Discount | ShippingDiscount | GiftGiven | PointsGiven | PointsMultiplied | StampsGiven | CouponIssued
)


class Reason(StrEnum):
    """Why a promotion or a code does nothing. Screens put it into words; it is stable."""

    BROKEN_RULE = "broken_rule"
    UNKNOWN_LANE = "unknown_lane"
    WRONG_CURRENCY = "wrong_currency"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    NO_CODE = "no_code"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_PROMOTION = "unknown_promotion"
    CODE_OF_ANOTHER = "code_of_another"
    CODE_NOT_STARTED = "code_not_started"
    CODE_ENDED = "code_ended"
    CODE_GIVEN_TWICE = "code_given_twice"
    OTHER_CODE = "other_code"
    LIMIT_REACHED = "limit_reached"
    BUDGET_EXHAUSTED = "budget_exhausted"
    CONDITION_FALSE = "condition_false"
    NO_TARGET = "no_target"
    MINIMUM_NOT_REACHED = "minimum_not_reached"
    NOT_ENOUGH_UNITS = "not_enough_units"
    EXCLUSIVE_LOST = "exclusive_lost"
    NOT_STACKABLE = "not_stackable"
    NOT_BEST = "not_best"
    TOO_MANY = "too_many"
    NOTHING_TO_DISCOUNT = "nothing_to_discount"
    FLOOR_PRICE = "floor_price"
    ALL_OR_NOTHING = "all_or_nothing"


class Limit(StrEnum):
    """Which limit is reached."""

    USES = "uses"
    CUSTOMER_USES = "customer_uses"
    PERIOD_USES = "period_uses"
    CODE_USES = "code_uses"
    UNITS = "units"


class Rejection(NamedTuple):
    """A promotion, or a code, that does nothing, and why.

    `other`: the promotion it lost to. `needed` and `found`: minor units or units, for a minimum and a
    budget. `leaves`: what decided a condition. `fault`: what is wrong with the rule.
    """

    reason: Reason
    promotion_id: bytes | None = None
    version: int | None = None
    code: str = ""
    other: bytes | None = None
    limit: Limit | None = None
    needed: int | None = None
    found: int | None = None
    leaves: tuple[DecidingLeaf, ...] = ()
    fault: RuleFault | None = None


class PricedLine(NamedTuple):
    """A line with what each unit cost and what it costs after all promotions."""

    key: str
    unit_minor: int
    left_minor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All of it: effects in the order they apply, rejections by promotion, then by code; lines by key.

    `used_codes`: codes that count as used once the order is placed. `delivery_fault`: why the delivery is
    evaluated as one that costs nothing.
    """

    effects: tuple[Effect, ...]
    rejections: tuple[Rejection, ...]
    left_out: tuple[LeftOut, ...]
    lines: tuple[PricedLine, ...]
    shipping_minor: int
    used_codes: tuple[str, ...]
    delivery_fault: LineFault | None = None

    @property
    def net_minor(self) -> int:
        """What the goods cost after all promotions, without delivery."""
        return sum(sum(line.left_minor) for line in self.lines)

    @property
    def discount_minor(self) -> int:
        """What promotions took off the goods."""
        return sum(one.amount_minor for one in self.effects if isinstance(one, Discount))
