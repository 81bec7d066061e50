"""A sale that is undone counts towards no tier, and never has; goods brought back are another thing."""

import pytest
from hypothesis import given, strategies as st

from dangol.domain.membership import Act, GivenBack, Member, Purchase, in_time_order, judge
from dangol.domain.tiers import Cause, Level, Measure
from tests.domain.test_membership import (
    DAY,
    LEVELS,
    PROGRAM,
    START,
    TIERS,
    acts_of,
    bring_back,
    buy,
    live,
    lives,
    told,
)


@pytest.mark.parametrize(
    ("measure", "thresholds", "value"),
    [(Measure.SPEND, (10_000, 30_000), 5_000), (Measure.POINTS, (100, 300), 50), (Measure.ORDERS, (2, 5), 1)],
)
def test_judge__sale_that_lifted_is_undone__as_if_it_had_never_been(
    measure: Measure, thresholds: tuple[int, int], value: int
) -> None:
    levels = tuple(
        Level(level.key, threshold) for level, threshold in zip(LEVELS, (0, *thresholds), strict=True)
    )
    program = PROGRAM._replace(tier_versions=(TIERS._replace(measure=measure, levels=levels),))
    known: list[Act] = [buy("a", 0, 5_000), buy("wrong", 1, 8_000)]
    before = live(*known, program=program)
    undo = bring_back("u", 2, 8_000, "wrong", is_undo=True)

    after = judge(program, Member(), [*known, undo], upto=None, told_level=before.standing.level)

    assert before.standing.level == 1
    assert (after.standing.level, after.moves) == (0, [])
    assert told(after) == [("a", "member", 50), ("wrong", "member", 80), ("u", "member", -80)]
    assert after.fall is not None
    assert (after.fall.at, after.fall.from_level, after.fall.to_level) == (undo.at, 1, 0)
    assert (after.fall.cause, after.fall.value) == (Cause.UNDONE, value)
    assert after.fall.threshold == thresholds[0]


def test_judge__brought_back_and_not_undone__keeps_the_level_and_nothing_falls() -> None:
    acts: list[Act] = [buy("a", 0, 5_000), buy("b", 1, 8_000), bring_back("r", 2, 8_000, "b")]

    judgement = judge(PROGRAM, Member(), acts, upto=None, told_level=1)

    assert (judgement.standing.level, judgement.fall) == (1, None)


def test_judge__level_is_reached_without_the_sale_undone__nothing_falls() -> None:
    undo = bring_back("u", 2, 12_000, "wrong", is_undo=True)

    judgement = judge(
        PROGRAM, Member(), [buy("wrong", 0, 12_000), buy("a", 1, 10_000), undo], upto=None, told_level=1
    )

    assert (judgement.standing.level, judgement.standing.since) == (1, START + DAY)
    assert judgement.fall is None


@given(lives, st.data())
def test_judge__any_life_with_a_sale_undone__all_else_as_without_it(
    drawn: list[tuple[int, int, int, tuple[int, int] | None]], data: st.DataObject
) -> None:
    acts = acts_of(drawn)
    wrong = data.draw(st.sampled_from([act for act in acts if isinstance(act, Purchase)]))
    others = [
        act for act in acts if not isinstance(act, Purchase | GivenBack) or act.order_id != wrong.order_id
    ]
    last = max(act.at for act in acts)
    undo = GivenBack(b"undo", wrong.order_id, last, wrong.net_minor, wrong.bases, is_undo=True)

    whole = judge(PROGRAM, Member(), in_time_order([*acts, undo]), upto=last + DAY)
    without = judge(PROGRAM, Member(), in_time_order(others), upto=last + DAY)

    assert (whole.standing, whole.moves) == (without.standing, without.moves)
    assert [one for one in whole.accruals if one.order_id != wrong.order_id] == without.accruals
    assert sum(one.points for one in whole.accruals if one.order_id == wrong.order_id) == 0
