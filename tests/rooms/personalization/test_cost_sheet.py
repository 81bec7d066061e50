"""What customers cost beside what they are worth: worked by hand, and said to be unknown where it is."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from dangol.rooms.personalization.assumptions import Assumptions, Cost
from dangol.rooms.personalization.cost_sheet import CostSheet, cost_sheet
from dangol.rooms.personalization.selectors import ReportView
from tests.core.commerce.shop import MORNING

TODAY = date(2026, 5, 31)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
# As in docs/algorithms/value.md: what was spent to win in January and February, and to keep thereafter.
COSTS = [
    Cost("acquisition", JANUARY, "", 3_000),
    Cost("acquisition", JANUARY, "search", 1_000),
    Cost("acquisition", FEBRUARY, "", 3_000),
    Cost("retention", FEBRUARY, "", 800),
    Cost("retention", MARCH, "", 600),
]
NOBODY_S = [Cost("acquisition", MARCH, "", 70), Cost("retention", JANUARY, "", 30)]
LATER = Cost("retention", date(2026, 6, 1), "", 10**6)


def cell(cohort: date, segment: str, customers: int, *, has_values: bool = True) -> dict[str, Any]:
    """Return a cell of customers who spent 200 or 400 and ten points each, and will spend 1,000."""
    values = [1_000 * customers, 800 * customers, 1_300 * customers] if has_values else [None] * 3
    names = ("value_minor", "value_low_minor", "value_high_minor")
    return {
        "cohort": cohort.isoformat(), "segment": segment, "customers": customers,
        "revenue": 300 * customers, "squares": 100_000.0 * customers, "points": 10 * customers,
        "categories": {"coffee": 100 * customers, "beans": 50 * customers},
        **dict(zip(names, values, strict=True)),
    }  # fmt: skip


def sheet(
    costs: list[Cost],
    *,
    has_values: bool = True,
    margin: Fraction | None = Fraction(1, 4),
    margins: Mapping[str, Fraction] | None = None,
    grid: Mapping[date, list[int]] | None = None,
) -> CostSheet:
    """Return what sixty customers come to: forty of January, twenty of February, fifteen of the club."""
    sizes = [
        (JANUARY, "all", 40),
        (FEBRUARY, "all", 20),
        (JANUARY, "saved:club", 10),
        (FEBRUARY, "saved:club", 5),
    ]
    report = ReportView(TODAY, MORNING, [cell(*one, has_values=has_values) for one in sizes])
    cohorts = [
        {"cohort": cohort.isoformat(), "age": age, "so_far_minor": spent}
        for cohort, own in (grid or {}).items()
        for age, spent in enumerate(own)
    ]
    said = Assumptions(Fraction(1), margin, costs, None, margins or {})
    found = cost_sheet(report, ReportView(TODAY, MORNING, cohorts), said)
    assert found is not None
    return found


def test_cost_sheet__a_quarter__is_what_paper_and_pencil_find() -> None:
    """7,000 to win 60 are 116.67; 1,400 to keep them 23.33; of 75 and 250 of margin that leaves 2.5 times."""
    found = sheet([*COSTS, *NOBODY_S, LATER])

    (row,) = found.quarters
    assert row.quarter == (2026, 1)
    assert (row.customers, row.revenue_minor, row.acquired) == (60, 18_000, 60)
    # The deviation of sixty twos and fours is 100.84, its error 13.02.
    assert (row.margin_minor, row.margin_low_minor, row.margin_high_minor) == (75, 69, 81)
    assert (row.points_minor, row.acquisition_minor, row.retention_minor) == (10, 117, 23)
    assert row.kept_minor == -75, "75 - 10 - 23.33 - 116.67"
    assert (row.to_come_minor, row.to_come_low_minor, row.to_come_high_minor) == (250, 200, 325)
    assert row.worth_minor == 292, "75 - 10 - 23.33 + 250"
    assert (row.ratio, row.ratio_low, row.ratio_high) == (Fraction(5, 2), Fraction(29, 14), Fraction(22, 7))
    assert (row.repaid, row.margin, row.payback_months) == (Fraction(5, 14), Fraction(1, 4), None)
    assert found.whole == row._replace(quarter=None)
    assert found.unassigned_minor == 100


def test_cost_sheet__some_of_each_month__bear_their_part_and_have_no_interval() -> None:
    """Ten of January at 100 and 30, five of February at 150 and 10: the club costs what all do."""
    (club,) = sheet(COSTS).saved

    assert (club.name, club.customers, club.acquisition_minor, club.retention_minor) == ("club", 15, 117, 23)
    assert (club.margin_minor, club.margin_low_minor, club.to_come_low_minor) == (75, None, None)
    assert (club.ratio, club.ratio_low, club.ratio_high) == (Fraction(5, 2), None, None)


def test_cost_sheet__a_month_without_a_cost__is_not_taken_for_free() -> None:
    row = sheet(COSTS[:2]).whole

    assert (row.acquisition_minor, row.acquired) == (100, 40)
    assert row.retention_minor is None


def test_cost_sheet__no_model_or_no_margin__leaves_open_what_it_does_not_know() -> None:
    untold, bare = sheet(COSTS, has_values=False).whole, sheet(COSTS, margin=None).whole

    assert (untold.margin_minor, untold.to_come_minor, untold.worth_minor) == (75, None, None)
    assert (untold.ratio, untold.repaid) == (None, Fraction(5, 14))
    assert (bare.margin_minor, bare.kept_minor, bare.ratio, bare.repaid) == (None, None, None, None)
    assert (bare.acquisition_minor, bare.points_minor) == (117, 10)


def test_cost_sheet__margins_of_categories__are_weighed_by_what_was_bought() -> None:
    """Of 300, a hundred of coffee at 70 %, fifty of beans at 10 %, and the rest at 25: 112.5, or 37.5 %."""
    row = sheet(
        COSTS, margins={"coffee": Fraction(7, 10), "beans": Fraction(1, 10), "tea": Fraction(1)}
    ).whole

    assert row.margin == Fraction(3, 8)
    assert (row.margin_minor, row.to_come_minor) == (113, 375)
    assert sheet(COSTS, margins={"tea": Fraction(1)}).whole.margin == Fraction(1, 4)


def test_cost_sheet__margins_by_month__tell_when_winning_was_paid_back() -> None:
    """January cost 4,000: its quarter of 8,000, 14,000 and 16,000 reaches that in the second month after.

    With February, which cost 3,000 and brought 2,000, the two together are not there in the month after; of
    the second only January is old enough to tell.
    """
    grid = {JANUARY: [8_000, 14_000, 16_000], FEBRUARY: [4_000, 8_000]}

    alone, both = sheet(COSTS[:2], grid=grid).whole, sheet(COSTS, grid=grid).whole
    at_once = sheet(COSTS[:2], grid={JANUARY: [16_000]}).whole
    not_yet = sheet(COSTS[:2], grid={JANUARY: [8_000, 15_999]}).whole

    assert (alone.payback_months, both.payback_months) == (2, 2)
    assert (at_once.payback_months, not_yet.payback_months) == (0, None)
    assert sheet(COSTS, grid=grid).saved[0].payback_months is None
    assert sheet(COSTS, margin=None, grid=grid).whole.payback_months is None
    assert sheet([], grid=grid).whole.payback_months is None


def test_cost_sheet__nobody_has_bought__is_none() -> None:
    assert cost_sheet(ReportView(TODAY, MORNING, []), None, Assumptions(None, None, [])) is None
