"""What points are worth in money, and when it becomes revenue: IFRS 15, B39 to B47."""

from fractions import Fraction


def worth(points: int, point_value: Fraction) -> int:
    """Return what points are worth in whole minor units, halves up; `point_value` is what one is worth."""
    return int((points * point_value + Fraction(1, 2)).__floor__())


def allocated_to_points(*, price_minor: int, points: int, expected_spent: int, point_value: Fraction) -> int:
    """Return the part of a purchase's price that is deferred for the points it earned (IFRS 15, B42).

    The price is divided by what each side sells for by itself: the goods for `price_minor`, the points for
    `point_value` each of those `expected_spent`. Of `points` no more can be.
    """
    alone = min(expected_spent, points) * point_value
    return int((price_minor * alone / (price_minor + alone) + Fraction(1, 2)).__floor__())


def recognized(*, allocated_minor: int, spent: int, expected_spent: int) -> int:
    """Return how much of what was deferred is revenue so far: in proportion to what is spent (IFRS 15, B46).

    `spent` points of those `expected_spent` in all, as expected now.
    """
    share = Fraction(min(spent, expected_spent), expected_spent) if expected_spent else Fraction(1)
    return int((allocated_minor * share + Fraction(1, 2)).__floor__())
