"""What customers cost and are worth: worked by hand, made up of parts, and on CDNOW."""

from datetime import date
from fractions import Fraction
from typing import Any

import ibis
import pyarrow as pa
import pytest

from dangol.domain.errors import DomainError
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.lifetime.scoring import fit_base, score
from dangol.insight.lifetime.summaries import summarize
from dangol.insight.refusals import ColumnsMissing, ValuesMissing
from dangol.insight.rfm import rfm
from dangol.insight.value import ValueReport, value_report
from tests.insight.journey import Row, rollup_of, rows_of
from tests.insight.lifetime.cdnow import SPLIT, cdnow_days

TODAY = date(2026, 5, 31)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
Cost = tuple[str, date, int, str | None]
# Forty first bought in January, twenty in February; every fourth is of the club.
PEOPLE = [(f"{one:02}", JANUARY if one < 40 else FEBRUARY) for one in range(60)]
COSTS: list[Cost] = [
    ("acquisition", JANUARY, 4_000, None),
    ("acquisition", date(2026, 2, 14), 3_000, None),
    ("acquisition", FEBRUARY, 500, "club"),
    ("acquisition", MARCH, 70, None),
    ("retention", JANUARY, 30, None),
    ("retention", FEBRUARY, 800, None),
    ("retention", MARCH, 600, None),
    ("retention", MARCH, 150, "club"),
]
LEFT_OVER = 70 + 30


def costs_of(rows: list[Cost]) -> ibis.Table:
    kinds = [("kind", pa.string()), ("month", pa.date32()), ("amount_minor", pa.int64())]
    schema = pa.schema([*kinds, ("segment", pa.string())])
    return ibis.memtable(
        pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)
    )


def scored() -> ibis.Table:
    """Return each one's value to come: 1,000, between 800 and 1,300."""
    people, first = zip(*PEOPLE, strict=True)
    values = {
        f"value_{name}minor": [value] * 60 for name, value in (("", 1_000), ("low_", 800), ("high_", 1_300))
    }
    return ibis.memtable(pa.table({"customer": people, "first_day": pa.array(first, pa.date32())} | values))


def segments(*more: str) -> ibis.Table:
    club = [*(name for name, _first in PEOPLE[::4]), *more]
    return ibis.memtable(pa.table({"customer": club, "segment": ["club"] * len(club)}))


def report(costs: list[Cost] = COSTS, **options: Any) -> ValueReport:
    # Each spent 200, those of odd numbers 400.
    rollup = rollup_of([Row(name, first, 1, 200 + 200 * (int(name) % 2)) for name, first in PEOPLE])
    given: dict[str, Any] = {"as_of": TODAY, "margin": Fraction(1, 4), "segments": segments()} | options
    return value_report(scored(), rollup, costs_of(costs), **given)


def test_value_report__by_cohort__is_what_paper_and_pencil_find() -> None:
    january, february = rows_of(report().by_cohort, "cohort")

    assert january == {
        "cohort": JANUARY, "customers": 40, "needed": 0,
        "acquisition_minor": 4_000, "acquisition_each_minor": 100,
        # February's 800; two thirds of March's 600; of the club's 150 those of ten members of fifteen.
        "retention_minor": 800 + 400 + 100, "retention_each_minor": 33,
        # A quarter of 300 on average; the deviation of 100 twos and fours is 101.27, its error 16.01.
        "margin_each_minor": 75, "margin_each_low_minor": 67, "margin_each_high_minor": 83,
        "to_come_each_minor": 250, "to_come_each_low_minor": 200, "to_come_each_high_minor": 325,
        # 75 + 250 - 100 - 32.5
        "net_each_minor": 193,
    }  # fmt: skip
    assert (february["customers"], february["needed"]) == (20, 30)
    assert (february["acquisition_each_minor"], february["retention_minor"]) == (175, 250)
    assert february["margin_each_minor"] == 75
    assert february["margin_each_low_minor"] is february["to_come_each_high_minor"] is None


def test_value_report__by_segment__bears_its_own_costs_and_its_part_of_all_others() -> None:
    found = report()
    club, others = rows_of(found.by_segment, "segment")

    assert (club["segment"], club["customers"], others["segment"]) == ("club", 15, "none")
    # Ten of January's forty, five of February's twenty and the club's own.
    assert club["acquisition_minor"] == 1_000 + 750 + 500
    assert club["retention_minor"] == 200 + 150 + 150
    for column, whole in (("acquisition_minor", 7_500), ("retention_minor", 1_550)):
        for table in (found.by_cohort, found.by_segment):
            assert sum(row[column] for row in rows_of(table, "customers")) == whole
    assert found.unassigned_minor == LEFT_OVER
    assert sum(cost[2] for cost in COSTS) == 7_500 + 1_550 + LEFT_OVER


def test_value_report__no_segments__is_one_group() -> None:
    found = report(COSTS[:2], segments=None)

    (all_of_them,) = rows_of(found.by_segment, "segment")
    assert (all_of_them["segment"], all_of_them["customers"], all_of_them["needed"]) == ("none", 60, 0)


def test_value_report__months_to_come__are_not_counted_yet() -> None:
    found = report([("retention", date(2026, 6, 1), 999, None)])

    assert [row["retention_minor"] for row in rows_of(found.by_cohort, "cohort")] == [0, 0]
    assert found.unassigned_minor == 0


@pytest.mark.parametrize(
    ("cost", "options", "refusal"),
    [
        (("acquisition", JANUARY, -1, None), {}, ValuesMissing),
        (("rent", JANUARY, 1, None), {}, ValuesMissing),
        (COSTS[0], {"segments": segments("00")}, ValuesMissing),
        (COSTS[0], {"segments": segments().drop("segment")}, ColumnsMissing),
    ],
)
def test_value_report__tables_that_cannot_be__are_refused(
    cost: Cost, options: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        report([cost], **options)


def test_value_report__few_customers__says_how_many_are_needed() -> None:
    everyone = scored()
    few = everyone.filter(everyone.customer < "05")
    rollup = rollup_of([Row(name, first, 1, 200) for name, first in PEOPLE])

    with pytest.raises(NotEnoughData) as refused:
        value_report(few, rollup, costs_of(COSTS), as_of=TODAY, margin=Fraction(1, 4))

    assert refused.value.data == {"what": "customers", "found": 5, "needed": 30}


def test_value_report__cdnow_by_rfm_segment__champions_are_worth_the_most() -> None:
    summary = summarize(cdnow_days(), as_of=SPLIT)
    worth = score(summary, fit_base(summary, "pareto_nbd"))
    costs = costs_of([("acquisition", date(1997, month, 1), 1_000_000, None) for month in (1, 2, 3)])

    found = value_report(
        worth, cdnow_days(), costs, as_of=SPLIT, margin=Fraction(3, 10),
        segments=rfm(cdnow_days(), as_of=SPLIT).select("customer", "segment"),
    )  # fmt: skip

    rows = rows_of(found.by_segment, "segment")
    assert sum(row["customers"] for row in rows) == 2357
    assert max(rows, key=lambda row: row["to_come_each_minor"])["segment"] == "champions"
    assert all(
        row["to_come_each_low_minor"] <= row["to_come_each_minor"] for row in rows if not row["needed"]
    )
    assert len(rows_of(found.by_cohort, "cohort")) == 3
