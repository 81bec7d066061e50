"""What can be wrong with a promotion itself: it is then left out, with this as its reason."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise

from dangol.domain.conditions import needs
from dangol.domain.promotions.benefits import (
    WHOLE,
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    FreeShipping,
    Gift,
    Multiplier,
    NewPrice,
    NthFree,
    Percent,
    Points,
    PointsRate,
    Stamps,
    Tiered,
)
from dangol.domain.promotions.carts import MOST_MINOR
from dangol.domain.promotions.catalog import MOVING
from dangol.domain.promotions.rules import Promotion

# For a cart at once, and for each `per_minor`, so that what a whole cart earns keeps to 64 bits.
MOST_POINTS, MOST_RATE = 10**9, 1_000
# Times how much points are multiplied.
MOST_FACTOR = 1_000
# Gifts of one product, and stamps, for a cart.
MOST_COUNT = 1_000
# What fits which parts of a bundle is asked of each set of them.
MOST_PARTS = 6


class RuleFault(StrEnum):
    """What is wrong."""

    GIVES_NOTHING = "gives_nothing"
    SHARE_OUT_OF_RANGE = "share_out_of_range"
    MONEY_OUT_OF_RANGE = "money_out_of_range"
    COUNT_OUT_OF_RANGE = "count_out_of_range"
    STEPS_NOT_ASCENDING = "steps_not_ascending"
    ENDS_BEFORE_IT_STARTS = "ends_before_it_starts"
    MONEY_WITHOUT_CURRENCY = "money_without_currency"
    RATE_TOO_HIGH = "rate_too_high"
    TOO_MANY_PARTS = "too_many_parts"


def find_fault(promotion: Promotion) -> RuleFault | None:
    """Return the first thing that is wrong with a promotion; None if it can be applied."""
    if not promotion.benefits:
        return RuleFault.GIVES_NOTHING
    start, end = promotion.active_from, promotion.active_to
    if start and end and end <= start:
        return RuleFault.ENDS_BEFORE_IT_STARTS
    for fault, is_wrong in _asked(promotion):
        if is_wrong:
            return fault
    return None


def _asked(promotion: Promotion) -> Iterator[tuple[RuleFault, bool]]:
    minimum, cap = promotion.minimum, promotion.cap_minor
    yield RuleFault.COUNT_OUT_OF_RANGE, minimum.units < 0 or not _is_count(promotion.target.most_units)
    yield RuleFault.MONEY_OUT_OF_RANGE, not 0 <= minimum.minor <= MOST_MINOR
    yield RuleFault.MONEY_OUT_OF_RANGE, cap is not None and not 0 < cap <= MOST_MINOR
    for one in promotion.benefits:
        yield from _of(one)
    names_money = bool(minimum.minor or cap is not None or any(map(_names_money, promotion.benefits)))
    names_money |= promotion.condition is not None and bool(needs(promotion.condition).traits & MOVING)
    yield RuleFault.MONEY_WITHOUT_CURRENCY, names_money and not promotion.currency


def _is_count(count: int | None) -> bool:
    """Say whether a count is one; None is: it is no limit."""
    return count is None or count > 0


def _names_money(benefit: Benefit) -> bool:
    match benefit:
        case Amount() | NewPrice() | Bundle() | PointsRate():
            return True
        case FreeShipping():
            return benefit.most_minor is not None
        case Tiered(steps, by):
            return by == "amount" or any(_names_money(one.benefit) for one in steps)
    return False


def _of(benefit: Benefit) -> Iterator[tuple[RuleFault, bool]]:
    share, money = RuleFault.SHARE_OUT_OF_RANGE, RuleFault.MONEY_OUT_OF_RANGE
    match benefit:
        case Percent(points):
            yield share, not 0 < points <= WHOLE
        case Amount(minor):
            yield money, not 0 < minor <= MOST_MINOR
        case NewPrice(minor):
            yield money, not 0 <= minor <= MOST_MINOR
        case FreeShipping(points, most):
            yield share, not 0 < points <= WHOLE
            yield money, most is not None and not 0 < most <= MOST_MINOR
        case Tiered(steps):
            lows = [step.at_least for step in steps]
            yield RuleFault.GIVES_NOTHING, not steps
            yield RuleFault.STEPS_NOT_ASCENDING, any(low >= high for low, high in pairwise([-1, *lows]))
            for step in steps:
                yield from _of(step.benefit)
        case NthFree() | BuyGet() | Bundle():
            yield from _of_units(benefit)
        case _:
            yield from _of_giving(benefit)


def _of_units(benefit: NthFree | BuyGet | Bundle) -> Iterator[tuple[RuleFault, bool]]:
    count = RuleFault.COUNT_OUT_OF_RANGE
    match benefit:
        case NthFree(nth, points, most):
            yield RuleFault.SHARE_OUT_OF_RANGE, not 0 < points <= WHOLE
            yield count, nth < 2 or not _is_count(most)
        case BuyGet(_, buy, get, points, most):
            yield RuleFault.SHARE_OUT_OF_RANGE, not 0 < points <= WHOLE
            yield count, buy < 1 or get < 1 or not _is_count(most)
        case Bundle(parts, price, most):
            yield RuleFault.GIVES_NOTHING, not parts
            yield RuleFault.TOO_MANY_PARTS, len(parts) > MOST_PARTS
            yield count, any(part.count < 1 for part in parts) or not _is_count(most)
            yield RuleFault.MONEY_OUT_OF_RANGE, not 0 <= price <= MOST_MINOR


def _of_giving(benefit: Benefit) -> Iterator[tuple[RuleFault, bool]]:
    match benefit:
        case Gift(_, count):
            yield RuleFault.COUNT_OUT_OF_RANGE, not 0 < count <= MOST_COUNT
        case Stamps(_, count, per_unit, per):
            yield RuleFault.COUNT_OUT_OF_RANGE, not 0 < count <= MOST_COUNT
            yield RuleFault.COUNT_OUT_OF_RANGE, per is not None and (per_unit or not 0 < per <= MOST_MINOR)
        case Points(points):
            yield RuleFault.COUNT_OUT_OF_RANGE, not 0 < points <= MOST_POINTS
        case PointsRate(points, per):
            yield RuleFault.COUNT_OUT_OF_RANGE, points < 1 or not 0 < per <= MOST_MINOR
            yield RuleFault.RATE_TOO_HIGH, points > MOST_RATE * per
        case Multiplier(num, den):
            yield RuleFault.COUNT_OUT_OF_RANGE, num < 1 or not 0 < den <= MOST_POINTS
            yield RuleFault.RATE_TOO_HIGH, num > MOST_FACTOR * den
