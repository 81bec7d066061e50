"""The examples beside the settings: each answer of a setting comes out as another number."""

from enum import StrEnum
from typing import Any

import pytest

from dangol.domain.accrual import Rounding
from dangol.domain.promotions.examples import EXAMPLES, work_out
from dangol.domain.promotions.settings import Base, Choice, DeliveryBack, OverBudget, RoundedOn, Settings
from dangol.domain.splitting import Spare


@pytest.mark.parametrize(
    ("name", "value", "numbers"),
    [
        ("spare", Spare.FIRST, (334, 555, 111)),
        ("spare", Spare.LAST, (333, 555, 112)),
        ("spare", Spare.LARGEST_REMAINDER, (333, 556, 111)),
        ("rounding", Rounding.DOWN, (334, 334, 335)),
        ("rounding", Rounding.HALF_UP, (334, 335, 336)),
        ("rounding", Rounding.HALF_EVEN, (334, 334, 336)),
        ("rounding", Rounding.UP, (335, 335, 336)),
        ("rounded_on", RoundedOn.WHOLE, (903,)),
        ("rounded_on", RoundedOn.LINE, (902,)),
        ("rounded_on", RoundedOn.UNIT, (900,)),
        ("percent_of", Base.REMAINING, (2_800,)),
        ("percent_of", Base.INITIAL, (3_000,)),
        ("threshold_on", Base.REMAINING, (2_000,)),
        ("threshold_on", Base.INITIAL, (3_000,)),
        ("points_on", Base.REMAINING, (80,)),
        ("points_on", Base.INITIAL, (100,)),
        ("points_rounding", Rounding.DOWN, (8, 8, 9)),
        ("points_rounding", Rounding.HALF_UP, (8, 9, 10)),
        ("points_rounding", Rounding.HALF_EVEN, (8, 8, 10)),
        ("points_rounding", Rounding.UP, (9, 9, 10)),
        ("floors_hold", True, (3_000,)),
        ("floors_hold", False, (5_000,)),
        ("uses_up_without_effect", True, (1,)),
        ("uses_up_without_effect", False, (0,)),
        ("all_or_nothing", True, (0,)),
        ("all_or_nothing", False, (1_000,)),
        ("over_budget", OverBudget.CUT, (3_000,)),
        ("over_budget", OverBudget.REJECT, (0,)),
        ("most_promotions", None, (3_000,)),
        ("most_promotions", 2, (2_000,)),
        ("most_codes", None, (3_000,)),
        ("most_codes", 1, (1_000,)),
        ("lanes", Choice.PRIORITY, (2_800,)),
        ("lanes", Choice.BEST, (2_000,)),
        ("delivery_back", DeliveryBack.LAST_UNIT, (13_000,)),
        ("delivery_back", DeliveryBack.ASKED, (10_000,)),
        ("delivery_back", DeliveryBack.NEVER, (10_000,)),
    ],
)  # fmt: skip
def test_work_out__an_answer_of_a_setting__its_own_numbers(
    name: str, value: StrEnum | Any, numbers: tuple[int, ...]
) -> None:
    assert work_out(name, value) == numbers


def test_examples__the_settings__each_has_one_but_the_matrix() -> None:
    assert set(Settings.__dataclass_fields__) - {"stacking"} == EXAMPLES
