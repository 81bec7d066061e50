"""What shops disagree about, each with a name: every answer is as right as the other, and tested.

The defaults are what surprises a customer least: no part of a won is lost, a percentage is of what is still
to be paid, a threshold counts what is really paid, and a code that gave nothing is not used up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.accrual import Rounding
from dangol.domain.splitting import Spare


class Base(StrEnum):
    """Of which price: the one before all promotions, or what earlier ones have left of it."""

    INITIAL = "initial"
    REMAINING = "remaining"


class RoundedOn(StrEnum):
    """What a percentage is rounded on: everything it is off together, each line, or each unit."""

    WHOLE = "whole"
    LINE = "line"
    UNIT = "unit"


class OverBudget(StrEnum):
    """What becomes of a discount larger than the budget that is left: cut to it, or not given."""

    CUT = "cut"
    REJECT = "reject"


class Choice(StrEnum):
    """Which promotions of a lane apply: all in the order of their priority, or the one that gives most.

    Only money competes: what gives points, gifts, stamps or coupons applies beside the best discount.
    """

    PRIORITY = "priority"
    BEST = "best"


class Stacking(StrEnum):
    """With what a category goes together: with all but `never`, with `always` alone, or with all."""

    COMMON = "common"
    NEVER = "never"
    ALWAYS = "always"


class DeliveryBack(StrEnum):
    """When what was paid for the delivery comes back: with the last unit, where it is asked for, or never."""

    LAST_UNIT = "last_unit"
    ASKED = "asked"
    NEVER = "never"


class Lane(NamedTuple):
    """Promotions of one lane compete by its `choice`; lanes apply one after another."""

    key: str
    choice: Choice = Choice.PRIORITY


LANES = (Lane("before"), Lane("main"), Lane("after"))


@dataclass(frozen=True, slots=True)
class Settings:
    """How one shop answers. Counts of None are without a limit; an unnamed category is `common`.

    `floors_hold`: whether a product's floor price binds promotions. `uses_up_without_effect`: whether a
    code is used up that took nothing off. `all_or_nothing`: whether one refused code takes back the others.
    """

    spare: Spare = Spare.LARGEST_REMAINDER
    rounding: Rounding = Rounding.HALF_UP
    rounded_on: RoundedOn = RoundedOn.WHOLE
    percent_of: Base = Base.REMAINING
    threshold_on: Base = Base.REMAINING
    points_on: Base = Base.REMAINING
    points_rounding: Rounding = Rounding.DOWN
    floors_hold: bool = True
    uses_up_without_effect: bool = False
    all_or_nothing: bool = False
    over_budget: OverBudget = OverBudget.CUT
    most_promotions: int | None = None
    most_codes: int | None = None
    lanes: tuple[Lane, ...] = LANES
    stacking: Mapping[str, Stacking] = field(default_factory=dict)
    delivery_back: DeliveryBack = DeliveryBack.ASKED

    def __post_init__(self) -> None:
        """Raise ValueError where two lanes have one key: what is in it would apply twice."""
        keys = [lane.key for lane in self.lanes]
        if len(set(keys)) < len(keys):
            raise ValueError(f"lanes with one key: {', '.join(sorted(keys))}")

    def go_together(self, one: str, other: str) -> bool:
        """Say whether promotions of these categories may apply to one cart."""
        ways = (self.stacking.get(one, Stacking.COMMON), self.stacking.get(other, Stacking.COMMON))
        return Stacking.ALWAYS in ways or Stacking.NEVER not in ways
