"""Paying with points: what they are worth, and how many of them a cart takes.

A shop says that so many points are worth so many minor units, from how many on they may be used, in which
steps, and which share of what is to be paid they may pay. A step is always worth whole minor units, so that
nothing is rounded and a return gives back exactly what was paid.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import gcd, lcm
from typing import NamedTuple

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class TenderRule:
    """`points` are worth `minor` minor units; at least `least_points` a sale, in steps of `step_points`.

    They pay at most `most_share` (basis points) of what is to be paid. `is_discount`: what they pay counts as
    taken off, and earns no points; else it is money like any other.
    """

    points: int
    minor: int
    least_points: int = 0
    step_points: int = 1
    most_share: int = WHOLE
    is_discount: bool = False

    @property
    def step(self) -> int:
        """The fewest points that are worth whole minor units and fit the shop's steps."""
        return lcm(self.step_points, self.points // gcd(self.points, self.minor))

    def worth(self, points: int) -> int:
        """Return what points are worth, in minor units, rounded down."""
        return points * self.minor // self.points


class TenderReason(StrEnum):
    """Why points do not pay."""

    NOT_ACCEPTED = "points_not_accepted"
    NO_MEMBER = "no_member"
    TOO_FEW = "too_few_points"
    NOT_IN_STEPS = "not_in_steps"
    MORE_THAN_HELD = "not_enough_points"
    MORE_THAN_SHARE = "more_than_share"


class TenderRefused(NamedTuple):
    """Why points do not pay: `needed` and `found` are points."""

    reason: TenderReason
    needed: int | None = None
    found: int | None = None


class Paid(NamedTuple):
    """Points that pay, and what they are worth in minor units."""

    points: int
    minor: int


def most_points(rule: TenderRule, *, payable_minor: int, held: int) -> int:
    """Return the most points of those held that may pay for this; 0 where fewer than the least would."""
    most_minor = payable_minor * rule.most_share // WHOLE
    by_money = most_minor * rule.points // rule.minor
    most = min(by_money, max(held, 0)) // rule.step * rule.step
    return most if most >= max(rule.least_points, 1) else 0


def pay(rule: TenderRule, points: int, *, payable_minor: int, held: int) -> Paid | TenderRefused:
    """Return what so many points pay, or why they do not."""
    if points < max(rule.least_points, 1):
        return TenderRefused(TenderReason.TOO_FEW, max(rule.least_points, 1), points)
    if points % rule.step:
        return TenderRefused(TenderReason.NOT_IN_STEPS, rule.step, points)
    if points > held:
        return TenderRefused(TenderReason.MORE_THAN_HELD, points, held)
    most = most_points(rule, payable_minor=payable_minor, held=points)
    if points > most:
        return TenderRefused(TenderReason.MORE_THAN_SHARE, points, most)
    return Paid(points, rule.worth(points))
