"""What customers cost beside what they brought and will bring: the night's sums, and the shop's costs."""

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
    whole,
)
from dangol.rooms.personalization.assumptions import Assumptions
from dangol.rooms.personalization.models import EVERYBODY, RFM, SAVED
from dangol.rooms.personalization.selectors import ReportView
from dangol.web.formats import format_percent


class CostRow(NamedTuple):
    """A group of customers. All but `revenue_minor` is for each of them; None where it cannot be told.

    `acquisition_minor` is for each of `acquired`, who came in months of which a cost is known. `kept_minor`
    is the margin so far less the costs that are known. `worth_minor` is the margin so far and to come, less
    points and keeping; `ratio` is that to acquisition, `repaid` the same without what is to come.
    """

    name: str
    quarter: tuple[int, int] | None
    customers: int
    revenue_minor: int
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
    ratio: str
    ratio_between: str
    repaid: str


class CostPage(NamedTuple):
    """Everybody, cohorts by the quarter of their first purchase (the newest first), and segments.

    `unassigned_minor` was spent in months in which nobody could bear it.
    """

    whole: CostRow
    quarters: list[CostRow]
    rfm: list[CostRow]
    saved: list[CostRow]
    unassigned_minor: int


class _Group(NamedTuple):
    sums: Sums
    acquired: int
    has_values: bool


def read_costs(report: ReportView, said: Assumptions) -> CostPage | None:
    """Return what the sums of a night come to with what the shop says; None where nobody has bought."""
    everybody = _cells(report.rows, EVERYBODY)
    if not everybody:
        return None
    costs = [Cost(one.kind, one.month, one.amount_minor) for one in said.costs if one.month <= report.as_of]
    left_over = assign(everybody, costs)
    known = {cost.month for cost in costs if cost.kind == ACQUISITION}
    has_values = all(row["value_minor"] is not None for row in report.rows)
    cohorts = {cell.cohort: sums for cell, sums in everybody.items()}

    def told(name: str, cells: Mapping[Cell, Sums], quarter: tuple[int, int] | None = None) -> CostRow:
        (sums,) = grouped(cells, lambda _cell: 0).values()
        acquired = sum(one.customers for cell, one in cells.items() if cell.cohort in known)
        return _row(name, quarter, _Group(sums, acquired, has_values), said)

    names = sorted({row["segment"] for row in report.rows} - {EVERYBODY})
    parts = {
        name: told(name.partition(":")[2], _bearing(_cells(report.rows, name), cohorts)) for name in names
    }
    by_quarter: dict[tuple[int, int], dict[Cell, Sums]] = {}
    for cell, sums in everybody.items():
        by_quarter.setdefault(_quarter(cell.cohort), {})[cell] = sums
    return CostPage(
        told("", everybody),
        [told("", by_quarter[one], one) for one in sorted(by_quarter, reverse=True)],
        [row for name, row in parts.items() if name.startswith(RFM)],
        [row for name, row in parts.items() if name.startswith(SAVED)],
        whole(left_over),
    )


def _quarter(month: date) -> tuple[int, int]:
    return month.year, (month.month + 2) // 3


def _cells(rows: Iterable[Mapping[str, Any]], segment: str) -> dict[Cell, Sums]:
    return {
        Cell(date.fromisoformat(row["cohort"]), segment): Sums(
            row["customers"],
            row["revenue"],
            row["squares"],
            [row[name] or 0 for name in ("value_minor", "value_low_minor", "value_high_minor")],
            row["points"],
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


def _row(name: str, quarter: tuple[int, int] | None, group: _Group, said: Assumptions) -> CostRow:
    sums, acquired, has_values = group
    n = sums.customers
    points = None if said.point_value is None else sums.points * said.point_value / n
    retention = sums.costs[RETENTION] / n
    acquisition = sums.costs[ACQUISITION] / acquired if acquired else None
    empty = CostRow(
        name, quarter, n, sums.revenue, None, None, None, _whole(points), _whole(acquisition), acquired,
        _whole(retention) if any(one.kind == RETENTION for one in said.costs) else None,
        None, None, None, None, None, "", "", "",
    )  # fmt: skip
    if said.margin is None:
        return empty
    margin = said.margin
    came, half = margin_each(sums, margin)
    so_far = came - (points or 0) - retention
    row = empty._replace(
        margin_minor=whole(came),
        margin_low_minor=None if half is None else whole(came - half),
        margin_high_minor=None if half is None else whole(came + half),
        kept_minor=whole(so_far - sums.costs[ACQUISITION] / n),
        repaid=_percent(so_far, acquisition),
    )
    if not has_values:
        return row
    to_come, low, high = (value * margin / n for value in sums.values)
    ratios = [_ratio(so_far + one, acquisition) for one in (low, high)] if half is not None else []
    return row._replace(
        to_come_minor=whole(to_come),
        to_come_low_minor=None if half is None else whole(low),
        to_come_high_minor=None if half is None else whole(high),
        worth_minor=whole(so_far + to_come),
        ratio=_ratio(so_far + to_come, acquisition),
        ratio_between=" – ".join(one for one in ratios if one),
    )


def _whole(amount: Fraction | None) -> int | None:
    return None if amount is None else whole(amount)


def _percent(part: Fraction, of: Fraction | None) -> str:
    """Return a share as it is written; empty where there is nothing to compare with, or nothing has come."""
    if not of or part < 0:
        return ""
    share = part / of
    return format_percent(share.numerator, share.denominator)


def _ratio(part: Fraction, of: Fraction | None) -> str:
    """Return how many times one is the other, to a tenth; empty where that says nothing."""
    if not of or part < 0:
        return ""
    tenths = whole(part / of * 10)
    return f"{tenths // 10:,}.{tenths % 10}"
