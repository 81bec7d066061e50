"""What a promotion gives besides money: effects, with points split over lines and units as money is."""

from collections.abc import Sequence

from dangol.domain.accrual import divide
from dangol.domain.promotions.benefits import (
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
from dangol.domain.promotions.settings import Settings
from dangol.domain.promotions.tally import Chosen, Taken, spread


def line_parts(takings: Sequence[Taken]) -> tuple[LinePart, ...]:
    """Return takings by line and unit, in the order of keys and positions; what is nothing is left out."""
    lines: dict[str, dict[int, int]] = {}
    for state, positions, amounts in takings:
        units = lines.setdefault(state.line.key, {})
        for position, amount in zip(positions, amounts, strict=True):
            if amount:
                units[position] = units.get(position, 0) + amount
    return tuple(
        LinePart(key, sum(units.values()), tuple(UnitPart(*one) for one in sorted(units.items())))
        for key, units in sorted(lines.items())
        if units
    )


def give(benefit: Benefit, source: Source, chosen: Sequence[Chosen], settings: Settings) -> Effect | None:
    """Return what a benefit other than money gives on these units, once all promotions have applied."""
    match benefit:
        case Points(points):
            return _points(source, points, chosen, settings) if points else None
        case PointsRate(points, per_minor):
            base = sum(sum(_bases(one, settings)) for one in chosen)
            whole = divide(base * points, per_minor, settings.points_rounding)
            return _points(source, whole, chosen, settings) if whole else None
        case Multiplier(num, den):
            units = ((one.state.line.key, position) for one in chosen for position in one.positions)
            return PointsMultiplied(source, num, den, tuple(sorted(units)))
        case Gift(product, count):
            return GiftGiven(source, product, count)
        case Stamps(card, count):
            return StampsGiven(source, card, count)
        case IssueCoupon(coupon):
            return CouponIssued(source, coupon)
    return None


def _bases(chosen: Chosen, settings: Settings) -> Sequence[int]:
    return chosen.prices(settings.points_on)


def _points(source: Source, points: int, chosen: Sequence[Chosen], settings: Settings) -> PointsGiven:
    """Split points over units by what these cost; over units that all cost nothing, evenly."""
    bases = [_bases(one, settings) for one in chosen]
    base = sum(map(sum, bases))
    weights = bases if base else [[1] * len(one.positions) for one in chosen]
    takings = spread(points, chosen, weights)
    return PointsGiven(source, points, base, line_parts(takings))
