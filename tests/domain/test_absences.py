"""Bought while away: it counts, and earns nothing."""

import pytest

from dangol.domain.absences import Absence
from dangol.domain.membership import Act, Member, Zero, judge
from tests.domain.test_membership import DAY, PROGRAM, START, bring_back, buy, told


@pytest.mark.parametrize(
    ("left", "back", "earned"),
    [
        (0, None, [0, 0, 0]),
        (1, None, [100, 0, 0]),
        (1, 2, [100, 0, 150]),  # away from the instant of leaving, a member from the instant of joining
        (3, None, [100, 150, 150]),
        (1, 1, [100, 150, 150]),
    ],
)
def test_judge__bought_while_away__earns_nothing_and_counts_for_tiers(
    left: int, back: int | None, earned: list[int]
) -> None:
    absence = Absence(START + left * DAY, None if back is None else START + back * DAY)
    acts = [buy("a", 0, 10_000), buy("b", 1, 10_000), buy("c", 2, 10_000)]

    judgement = judge(PROGRAM, Member(absences=(absence,)), acts, upto=None)

    assert [accrual.points for accrual in judgement.accruals] == earned
    assert [accrual.zero for accrual in judgement.accruals] == [None if one else Zero.LEFT for one in earned]
    assert [accrual.tier for accrual in judgement.accruals] == ["member", "silver", "silver"]


def test_judge__brought_back_what_was_bought_while_away__takes_nothing_back() -> None:
    absence = Absence(START, START + DAY)
    acts: list[Act] = [buy("a", 0, 10_000), buy("b", 2, 1_000), bring_back("r", 3, 10_000, "a")]

    judgement = judge(PROGRAM, Member(absences=(absence,)), acts, upto=None)

    assert told(judgement) == [("a", "member", 0), ("b", "silver", 15), ("r", "member", 0)]
    assert judgement.accruals[-1].zero is Zero.NOTHING_LEFT
