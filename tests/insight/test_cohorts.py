"""Cohorts and coming again: a real year as a loop finds it, and what must stand in tables of few."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from dangol.insight.cohorts import Period, cohort_grid, first_days
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.repeats import gap_quantiles, gaps, kaplan_meier, repeat_shares, time_to_second
from tests.insight.journey import AS_OF, Row, customer_days, days_up_to_as_of, rollup_of, rows_of

TODAY = date(2026, 5, 31)


def period_of(day: date, period: Period) -> int:
    """Return the number of a month or week."""
    return day.year * 12 + day.month if period == "month" else (day.toordinal() - 1) // 7


@pytest.mark.parametrize("period", ["month", "week"])
def test_cohort_grid__a_real_year__is_what_a_loop_finds_to_the_unit(period: Period) -> None:
    first: dict[str, date] = {}
    came, amount = defaultdict[tuple[int, int], set[str]](set), Counter[tuple[int, int]]()
    for row in days_up_to_as_of():
        cohort = period_of(first.setdefault(row.customer, row.day), period)
        cell = (cohort, period_of(row.day, period) - cohort)
        came[cell].add(row.customer)
        amount[cell] += row.amount_minor
    sizes = Counter(period_of(day, period) for day in first.values())
    last = period_of(AS_OF, period)

    found = rows_of(cohort_grid(customer_days(), as_of=AS_OF, period=period), "cohort", "age")

    cells = [(cohort, age) for cohort in sorted(sizes) for age in range(last - cohort + 1)]
    assert [(period_of(row["cohort"], period), row["age"]) for row in found] == cells
    assert [row["customers"] for row in found] == [sizes[cohort] for cohort, _age in cells]
    assert [row["retained"] for row in found] == [len(came[cell]) for cell in cells]
    assert [row["amount_minor"] for row in found] == [amount[cell] for cell in cells]
    so_far = [sum(amount[cohort, upto] for upto in range(age + 1)) for cohort, age in cells]
    assert [row["so_far_minor"] for row in found] == so_far
    # 15 October 2017 is a Sunday: its week is over, its month is not.
    complete = [period == "week" or cohort + age < last for cohort, age in cells]
    assert [row["is_complete"] for row in found] == complete
    assert all(row["share_low"] <= row["share"] <= row["share_high"] for row in found)


def test_cohort_grid__nobody_came_back__has_cells_of_nothing_with_an_interval() -> None:
    rollup = rollup_of([Row("a", date(2026, 4, 2), 1, 700), Row("a", date(2026, 5, 3), 0, -200)])

    first, second = rows_of(cohort_grid(rollup, as_of=TODAY), "age")

    assert (first["retained"], first["share"], first["each_minor"]) == (1, 1.0, 700)
    assert (second["retained"], second["share"], second["share_low"]) == (0, 0.0, 0.0)
    # Wilson's upper end of none of one is z² / (1 + z²).
    assert second["share_high"] == pytest.approx(0.79346, abs=1e-5)
    assert (second["amount_minor"], second["so_far_minor"], second["each_minor"]) == (-200, 500, 500)
    assert second["is_complete"]


def test_first_days__weeks__begin_on_monday() -> None:
    rollup = rollup_of([Row("a", date(2026, 5, 31), 1, 1), Row("b", date(2026, 5, 25), 1, 1)])

    found = rows_of(first_days(rollup, as_of=TODAY, period="week"), "customer")

    assert {row["cohort"] for row in found} == {date(2026, 5, 25)}


def test_repeat_shares_and_gaps__a_real_year__are_what_a_loop_finds() -> None:
    days = defaultdict[str, list[date]](list)
    for row in days_up_to_as_of():
        days[row.customer].append(row.day)
    between = Counter((b - a).days for seen in days.values() for a, b in pairwise(seen))
    ordered = sorted(between.elements())

    shares = rows_of(repeat_shares(customer_days(), as_of=AS_OF, most=6), "nth")
    found = {row["days"]: row["times"] for row in rows_of(gaps(customer_days(), as_of=AS_OF), "days")}
    quantiles = rows_of(gap_quantiles(customer_days(), as_of=AS_OF), "quantile")

    reached = [sum(len(seen) >= nth for seen in days.values()) for nth in range(1, 7)]
    assert [(row["nth"], row["customers"], row["of"]) for row in shares] == [
        (nth, reached[nth - 1], reached[nth - 2]) for nth in range(2, 7)
    ]
    assert found == between
    assert [row["days"] for row in quantiles] == [
        next(day for place, day in enumerate(ordered, 1) if place >= row["quantile"] * len(ordered) - 1e-9)
        for row in quantiles
    ]


def test_time_to_second__a_real_year__each_day_s_risk_is_what_a_loop_finds() -> None:
    days = defaultdict[str, list[date]](list)
    for row in days_up_to_as_of():
        days[row.customer].append(row.day)
    waits = [((seen[1] if seen[1:] else AS_OF) - seen[0]).days for seen in days.values()]
    came = Counter((seen[1] - seen[0]).days for seen in days.values() if seen[1:])
    left, shares = 1.0, []
    for day in sorted(came):
        left *= 1 - came[day] / sum(wait >= day for wait in waits)
        shares.append(1 - left)

    found = rows_of(time_to_second(customer_days(), as_of=AS_OF), "day")

    assert {row["day"]: row["came"] for row in found} == came
    assert [row["at_risk"] for row in found] == [sum(wait >= day for wait in waits) for day in sorted(came)]
    assert [row["share"] for row in found] == pytest.approx(shares, rel=1e-12)


def test_kaplan_meier__the_remissions_of_freireich__are_as_published() -> None:
    """Twenty-one patients on 6-MP (Freireich and others, Blood 21, 1963), in every textbook since."""
    day = np.array([6, 7, 9, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 34, 35])
    came = np.array([3, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0])
    leave = np.array([4, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1])

    found = {row["day"]: row for row in kaplan_meier(day, came, leave).to_pylist()}

    assert [round(1 - found[day]["share"], 4) for day in (6, 7, 10, 13, 16, 22, 23)] == [
        0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482,
    ]  # fmt: skip
    # Greenwood's standard errors: .0764 after six weeks, .1346 after twenty-three.
    errors = [(found[day]["share_high"] - found[day]["share"]) / 1.959964 for day in (6, 23)]
    assert errors == pytest.approx([0.0764, 0.1346], abs=1e-4)


def test_time_to_second_and_gaps__of_few__say_how_many_are_needed() -> None:
    rollup = rollup_of([Row(str(one), TODAY - timedelta(one), 1, 1) for one in range(19)])

    for report, what in ((time_to_second, "customers"), (gap_quantiles, "repeat purchases")):
        with pytest.raises(NotEnoughData) as refused:
            report(rollup, as_of=TODAY)

        assert (refused.value.data["what"], refused.value.data["needed"]) == (what, 20)
