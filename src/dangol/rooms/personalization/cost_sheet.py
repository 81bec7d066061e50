"""What customers cost beside what they brought and will bring: the night's sums, and what the shop says."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from dangol.domain.customer_value import (
    ACQUISITION,
    RETENTION,
    Cell,
    Cost,
    Sums,
    assign,
    grouped,
    margin_each,
    mean_margin,
    payback,
    whole,
)
from dangol.rooms.personalization.assumptions import Assumptions
from dangol.rooms.personalization.models import EVERYBODY, RFM, SAVED
from dangol.rooms.personalization.selectors import ReportView

_VALUES = ("value_minor", "value_low_minor", "value_high_minor")


class CostRow(NamedTuple):
    """A group of customers. All but `revenue_minor` is for each of them; None where it cannot be told.

    `margin` is the share of revenue that was left, by what they bought of which category. `acquisition_minor`
    is for each of `acquired`, who came in months of which a cost is known. `kept_minor` is the margin so far
    less the costs that are known. `worth_minor` is the margin so far and to come, less points and keeping;
    `ratio` is that to acquisition with its bounds, `repaid` the same without what is to come.
    `payback_months` is how many months after that of the first purchase the margin alone had brought back
    what winning them cost, as told by those who came early enough; None: not yet, or not known.
    """

    name: str
    quarter: tuple[int, int] | None
    customers: int
    revenue_minor: int
    margin: Fraction | None
    margin_minor: int | None
    margin_low_minor: int | None
    margin_high_minor: int | None
    points_minor: int | None
    acquisition_minor: int | None
    acquired: int
    retention_minor: int | None
    kept_minor: int | None
    to_come_minor: int | None
    to_come_low_minor: int | None
    to_come_high_minor: int | None
    worth_minor: int | None
    ratio: Fraction | None
    ratio_low: Fraction | None
    ratio_high: Fraction | None
    repaid: Fraction | None
    payback_months: int | None


class CostSheet(NamedTuple):
    """Everybody, cohorts by the quarter of their first purchase (the newest first), and segments.

    `unassigned_minor` was spent in months in which nobody could bear it. Saved segments are named by their
    slugs.
    """

    whole: CostRow
    quarters: list[CostRow]
    rfm: list[CostRow]
    saved: list[CostRow]
    unassigned_minor: int


class _Group(NamedTuple):
    name: str
    quarter: tuple[int, int] | None
    sums: Sums
    acquired: int
    has_values: bool


def cost_sheet(report: ReportView, cohorts: ReportView | None, said: Assumptions) -> CostSheet | None:
    """Return what the sums of a night come to with what the shop says; None where nobody has bought.

    `report` are the cells of `value.value_reports`, `cohorts` the grid of `reports.cohort_months`.
    """
    everybody = _cells(report.rows, EVERYBODY)
    if not everybody:
        return None
    costs = [Cost(one.kind, one.month, one.amount_minor) for one in said.costs if one.month <= report.as_of]
    left_over = assign(everybody, costs)
    known = {cost.month for cost in costs if cost.kind == ACQUISITION}
    has_values = all(row["value_minor"] is not None for row in report.rows)
    by_month = {cell.cohort: sums for cell, sums in everybody.items()}
    spent = _spent_by_age(cohorts)

    def told(name: str, cells: Mapping[Cell, Sums], quarter: tuple[int, int] | None = None) -> CostRow:
        (sums,) = grouped(cells, lambda _cell: 0).values()
        acquired = sum(one.customers for cell, one in cells.items() if cell.cohort in known)
        return _row(_Group(name, quarter, sums, acquired, has_values), said)

    def cohort(cells: Mapping[Cell, Sums], quarter: tuple[int, int] | None) -> CostRow:
        row = told("", cells, quarter)
        won = {cell.cohort: sums.costs[ACQUISITION] for cell, sums in cells.items() if cell.cohort in known}
        months = None if row.margin is None else payback(won, spent, row.margin)
        return row._replace(payback_months=months)

    names = sorted({row["segment"] for row in report.rows} - {EVERYBODY})
    parts = {
        name: told(name.partition(":")[2], _bearing(_cells(report.rows, name), by_month)) for name in names
    }
    quarters: dict[tuple[int, int], dict[Cell, Sums]] = {}
    for cell, sums in everybody.items():
        quarters.setdefault(_quarter(cell.cohort), {})[cell] = sums
    return CostSheet(
        cohort(everybody, None),
        [cohort(quarters[one], one) for one in sorted(quarters, reverse=True)],
        [row for name, row in parts.items() if name.startswith(RFM)],
        [row for name, row in parts.items() if name.startswith(SAVED)],
        whole(left_over),
    )


def _quarter(month: date) -> tuple[int, int]:
    return month.year, (month.month + 2) // 3


def _spent_by_age(cohorts: ReportView | None) -> dict[date, list[int]]:
    """Return what each cohort had spent in all by each month after its first."""
    found: dict[date, list[int]] = {}
    for row in sorted(cohorts.rows if cohorts else [], key=lambda row: (row["cohort"], row["age"])):
        found.setdefault(date.fromisoformat(row["cohort"]), []).append(row["so_far_minor"])
    return found


def _cells(rows: Iterable[Mapping[str, Any]], segment: str) -> dict[Cell, Sums]:
    return {
        Cell(date.fromisoformat(row["cohort"]), segment): Sums(
            row["customers"],
            row["revenue"],
            row["squares"],
            [row[name] or 0 for name in _VALUES],
            row["points"],
            # Tables of before categories were told have none.
            categories=dict(row.get("categories", {})),
        )
        for row in rows
        if row["segment"] == segment
    }


def _bearing(cells: Mapping[Cell, Sums], cohorts: Mapping[date, Sums]) -> Mapping[Cell, Sums]:
    """Lay on some of a month's customers their part of what all of that month bear."""
    for cell, sums in cells.items():
        all_of_it = cohorts[cell.cohort]
        for kind, cost in all_of_it.costs.items():
            sums.costs[kind] = cost * sums.customers / all_of_it.customers
    return cells


def _row(group: _Group, said: Assumptions) -> CostRow:
    sums, n = group.sums, group.sums.customers
    points = None if said.point_value is None else sums.points * said.point_value / n
    retention = sums.costs[RETENTION] / n
    acquisition = sums.costs[ACQUISITION] / group.acquired if group.acquired else None
    empty = CostRow(
        group.name, group.quarter, n, sums.revenue, None, None, None, None, _whole(points),
        _whole(acquisition), group.acquired,
        _whole(retention) if any(one.kind == RETENTION for one in said.costs) else None,
        None, None, None, None, None, None, None, None, None, None,
    )  # fmt: skip
    if said.margin is None:
        return empty
    margin = mean_margin(sums, said.margin, said.margins)
    came, half = margin_each(sums, margin)
    so_far = came - (points or 0) - retention
    row = empty._replace(
        margin=margin,
        margin_minor=whole(came),
        margin_low_minor=None if half is None else whole(came - half),
        margin_high_minor=None if half is None else whole(came + half),
        kept_minor=whole(so_far - sums.costs[ACQUISITION] / n),
        repaid=_times(so_far, acquisition),
    )
    if not group.has_values:
        return row
    to_come, low, high = (value * margin / n for value in sums.values)
    return row._replace(
        to_come_minor=whole(to_come),
        to_come_low_minor=None if half is None else whole(low),
        to_come_high_minor=None if half is None else whole(high),
        worth_minor=whole(so_far + to_come),
        ratio=_times(so_far + to_come, acquisition),
        ratio_low=None if half is None else _times(so_far + low, acquisition),
        ratio_high=None if half is None else _times(so_far + high, acquisition),
    )


def _whole(amount: Fraction | None) -> int | None:
    return None if amount is None else whole(amount)


def _times(part: Fraction, of: Fraction | None) -> Fraction | None:
    """Return how many times one is the other; None where that says nothing."""
    return part / of if of and part >= 0 else None
