"""What a promotion gives besides money: effects, with points split over lines and units as money is."""

from collections.abc import Callable, Sequence
from functools import partial

from dangol.domain.accrual import divide
from dangol.domain.promotions.benefits import (
    MOST_STAMPS,
    Benefit,
    Gift,
    IssueCoupon,
    Multiplier,
    Points,
    PointsRate,
    Stamps,
)
from dangol.domain.promotions.effects import (
    CouponIssued,
    Effect,
    GiftGiven,
    LinePart,
    PointsGiven,
    PointsMultiplied,
    Source,
    StampsGiven,
    UnitPart,
)
from dangol.domain.promotions.settings import Base, Settings
from dangol.domain.promotions.tally import Chosen, Taken, spread

# Makes the named tuple of the very tuple: of large carts there are a hundred thousand.
_unit_part: Callable[[tuple[int, int]], UnitPart] = partial(tuple.__new__, UnitPart)


def line_parts(takings: Sequence[Taken]) -> tuple[LinePart, ...]:
    """Return takings by line and unit, in the order of keys and positions; what is nothing is left out."""
    lines: dict[str, list[tuple[int, int]]] = {}
    seen_twice: set[str] = set()
    for state, positions, amounts in takings:
        key, pairs = state.line.key, list(zip(positions, amounts, strict=True))
        if lines.setdefault(key, pairs) is not pairs:
            seen_twice.add(key)
            lines[key] += pairs
    for key in seen_twice:
        lines[key] = _together(lines[key])
    parts = []
    for key, pairs in sorted(lines.items()):
        units = tuple(map(_unit_part, [pair for pair in pairs if pair[1]]))
        if units:
            parts.append(LinePart(key, sum([pair[1] for pair in pairs]), units))
    return tuple(parts)


def _together(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return amounts by position, in their order, where one position may have several."""
    sums: dict[int, int] = {}
    for position, amount in pairs:
        sums[position] = sums.get(position, 0) + amount
    return sorted(sums.items())


def give(benefit: Benefit, source: Source, chosen: Sequence[Chosen], settings: Settings) -> Effect | None:
    """Return what a benefit other than money gives on these units, once all promotions have applied."""
    match benefit:
        case Points(points):
            return _points(source, points, chosen, settings) if points else None
        case PointsRate(points, per_minor):
            whole = divide(_base(chosen, settings) * points, per_minor, settings.points_rounding)
            return _points(source, whole, chosen, settings) if whole else None
        case Multiplier(num, den):
            units = ((one.state.line.key, position) for one in chosen for position in one.positions)
            return PointsMultiplied(source, num, den, tuple(sorted(units)))
        case Gift(product, count):
            return GiftGiven(source, product, count)
        case Stamps():
            return _stamps(source, benefit, chosen, settings)
        case IssueCoupon(coupon):
            return CouponIssued(source, coupon)
    return None


def _base(chosen: Sequence[Chosen], settings: Settings) -> int:
    if settings.points_on is Base.REMAINING:
        return sum([one.left_minor for one in chosen])
    return sum([one.state.unit * len(one.positions) for one in chosen])


def _stamps(
    source: Source, benefit: Stamps, chosen: Sequence[Chosen], settings: Settings
) -> StampsGiven | None:
    """Split stamps over units: each its own, or by what they cost, as points are."""
    base = _base(chosen, settings)
    weights = [one.prices(settings.points_on) if base else [1] * len(one.positions) for one in chosen]
    count = benefit.count
    if benefit.per_unit:
        weights = [[1] * len(one.positions) for one in chosen]
        count *= sum(len(one.positions) for one in chosen)
    elif benefit.per_minor is not None:
        count *= base // benefit.per_minor
    count = min(count, MOST_STAMPS)
    if not count:
        return None
    return StampsGiven(source, benefit.card, count, line_parts(spread(count, chosen, weights)))


def _points(source: Source, points: int, chosen: Sequence[Chosen], settings: Settings) -> PointsGiven:
    """Split points over units by what these cost; over units that all cost nothing, evenly."""
    base = _base(chosen, settings)
    weights = [one.prices(settings.points_on) if base else [1] * len(one.positions) for one in chosen]
    return PointsGiven(source, points, base, line_parts(spread(points, chosen, weights)))
