"""What customers cost and are worth: acquisition, retention, margin and lifetime value side by side.

Costs are known by month, sometimes by segment. What a month's acquisition cost is borne by those who first
bought in it; what its retention cost by those who had bought before. A customer's part is the same as that of
each other who bears it, and is reckoned in fractions, so that the parts make up the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import sqrt
from typing import Any, NamedTuple

import ibis
import pyarrow as pa

from dangol.domain.statistics import Z
from dangol.insight.kinds import as_date, whole_sum
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.refusals import ValuesMissing
from dangol.insight.rollup import require_columns, until

ACQUISITION, RETENTION = "acquisition", "retention"
# Of fewer customers a mean has no interval worth showing.
FEWEST = 30
NO_SEGMENT = "none"
_VALUES = ("value_minor", "value_low_minor", "value_high_minor")


class Cell(NamedTuple):
    """Customers of a segment who first bought in a month."""

    cohort: date
    segment: str


@dataclass(frozen=True, eq=False)
class ValueReport:
    """Both tables have the same columns; money is int64 in minor units, null where there are too few.

    `by_cohort` has the column `cohort` (date: month of first purchase), `by_segment` has `segment` (string).
    Then `customers`, `needed` (how many are needed for intervals; 0 where there are enough),
    `acquisition_minor` and `retention_minor` (costs so far), `acquisition_each_minor`,
    `retention_each_minor`, `margin_each_minor` with `…_low_` and `…_high_` (so far), `to_come_each_minor`
    with `…_low_` and `…_high_` (margin of the value expected), `net_each_minor`: what came and is to come,
    less what it cost. `unassigned_minor` are costs of months that nobody could bear.
    """

    by_cohort: ibis.Table
    by_segment: ibis.Table
    unassigned_minor: int


@dataclass(slots=True)
class _Sums:
    """What customers of a cell, cohort or segment come to together."""

    customers: int = 0
    revenue: int = 0
    squares: float = 0.0
    values: list[int] = field(default_factory=lambda: [0, 0, 0])
    costs: dict[str, Fraction] = field(
        default_factory=lambda: {ACQUISITION: Fraction(0), RETENTION: Fraction(0)}
    )

    def add(self, other: "_Sums") -> None:
        """Take in another."""
        self.customers += other.customers
        self.revenue += other.revenue
        self.squares += other.squares
        self.values = [one + more for one, more in zip(self.values, other.values, strict=True)]
        for kind, cost in other.costs.items():
            self.costs[kind] += cost


def value_report(
    scored: ibis.Table,
    customer_days: ibis.Table,
    costs: ibis.Table,
    *,
    as_of: date,
    margin: Fraction,
    segments: ibis.Table | None = None,
) -> ValueReport:
    """Return what customers cost and are worth, by cohort and by segment.

    `scored` is what `lifetime.scoring.score` gives as of the same day. `costs`: `kind` (`acquisition` or
    `retention`), `month` (a date in it), `amount_minor` (int64, not below 0) and, where it is known,
    `segment` (null: of all). `margin` is the share of revenue that is left after what was sold has been paid.
    `segments`: `customer`, `segment`.

    Raises ColumnsMissing, ValuesMissing, or NotEnoughData of fewer than 30 customers.
    """
    cells = _cells(scored, customer_days, segments, as_of)
    found = sum(cell.customers for cell in cells.values())
    if found < FEWEST:
        raise NotEnoughData(what="customers", found=found, needed=FEWEST)
    unassigned = _assign(cells, _costs(costs, as_of))
    by_cohort, by_segment = _grouped(cells)
    return ValueReport(
        ibis.memtable(_table("cohort", pa.date32(), by_cohort, margin)),
        ibis.memtable(_table("segment", pa.string(), by_segment, margin)),
        _round(unassigned),
    )


def _cells(
    scored: ibis.Table, customer_days: ibis.Table, segments: ibis.Table | None, as_of: date
) -> dict[Cell, _Sums]:
    """Return the sums of the customers of each cohort and segment, by the engine."""
    require_columns(scored, ("customer", "first_day", *_VALUES), name="scored")
    rows = until(customer_days, as_of)
    spent = rows.group_by("customer").agg(revenue=whole_sum(rows.amount_minor))
    joined = scored.select("customer", "first_day", *_VALUES).join(spent, "customer")
    if segments is None:
        joined = joined.mutate(segment=ibis.literal(NO_SEGMENT))
    else:
        joined = _with_segment(joined, segments)
    placed = joined.mutate(cohort=as_date(joined.first_day.truncate("M")))
    revenue = placed.revenue.cast("float64")
    sums = placed.group_by("cohort", "segment").agg(
        customers=placed.count(),
        revenue=whole_sum(placed.revenue),
        squares=(revenue * revenue).sum(),
        **{name: whole_sum(placed[name]) for name in _VALUES},
    )
    return {
        Cell(row["cohort"], row["segment"]): _Sums(
            row["customers"], int(row["revenue"]), row["squares"], [int(row[name]) for name in _VALUES]
        )
        for row in sums.order_by(["cohort", "segment"]).to_pyarrow().to_pylist()
    }


def _with_segment(customers: ibis.Table, segments: ibis.Table) -> ibis.Table:
    """Return customers with their one segment."""
    require_columns(segments, ("customer", "segment"), name="segments")
    times = segments.group_by("customer").agg(times=segments.count())
    if rows := int(times.filter(times.times > 1).count().to_pyarrow().as_py()):
        raise ValuesMissing(table="segments", rows=rows)
    joined = customers.left_join(segments.select("customer", "segment"), "customer")
    named = joined.segment.coalesce(NO_SEGMENT)
    return joined.select(*customers.columns, segment=named)


def _costs(costs: ibis.Table, as_of: date) -> list[dict[str, Any]]:
    """Return the costs of each month and kind up to a day, looked at first."""
    require_columns(costs, ("kind", "month", "amount_minor"), name="costs")
    segment = costs.segment if "segment" in costs.columns else ibis.null("string")
    rows = costs.select("kind", "month", "amount_minor", segment=segment)
    is_sound = rows.kind.isin([ACQUISITION, RETENTION]) & rows.month.notnull() & (rows.amount_minor >= 0)
    if wrong := int(rows.filter(~is_sound.fill_null(False)).count().to_pyarrow().as_py()):
        raise ValuesMissing(table="costs", rows=wrong)
    month = as_date(as_date(rows.month).truncate("M"))
    sums = rows.group_by("kind", "segment", month=month).agg(amount=whole_sum(rows.amount_minor))
    found: list[dict[str, Any]] = sums.filter(sums.month <= ibis.date(as_of)).to_pyarrow().to_pylist()
    return found


def _assign(cells: Mapping[Cell, _Sums], costs: list[dict[str, Any]]) -> Fraction:
    """Lay each cost on the customers who bear it; return what is left over."""
    left_over = Fraction(0)
    for cost in costs:
        bearing = [
            sums
            for cell, sums in cells.items()
            if cost["segment"] in (None, cell.segment)
            and (cell.cohort == cost["month"] if cost["kind"] == ACQUISITION else cell.cohort < cost["month"])
        ]
        customers = sum(sums.customers for sums in bearing)
        if not customers:
            left_over += cost["amount"]
        for sums in bearing:
            sums.costs[cost["kind"]] += Fraction(cost["amount"] * sums.customers, customers)
    return left_over


def _grouped(cells: Mapping[Cell, _Sums]) -> tuple[dict[date, _Sums], dict[str, _Sums]]:
    """Return the sums of each cohort and of each segment."""
    by_cohort: dict[date, _Sums] = {}
    by_segment: dict[str, _Sums] = {}
    for cell, sums in cells.items():
        by_cohort.setdefault(cell.cohort, _Sums()).add(sums)
        by_segment.setdefault(cell.segment, _Sums()).add(sums)
    return by_cohort, by_segment


def _table(name: str, kind: pa.DataType, groups: Mapping[Any, _Sums], margin: Fraction) -> pa.Table:
    """Return a table of groups."""
    rows = [{name: group} | _row(groups[group], margin) for group in sorted(groups)]
    fields = [pa.field(column, kind if column == name else pa.int64()) for column in rows[0]]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _row(sums: _Sums, margin: Fraction) -> dict[str, int | None]:
    """Return what each customer of a group cost and is worth."""
    n = sums.customers
    costs = {kind: cost / n for kind, cost in sums.costs.items()}
    came = sums.revenue * margin / n
    to_come, least, most = (Fraction(value) * margin / n for value in sums.values)
    enough = n >= FEWEST
    # Sums of squares of floats: of customers all alike the difference may fall below 0.
    variance = max(sums.squares - sums.revenue**2 / n, 0.0) / max(n - 1, 1)
    half = Fraction(Z * sqrt(variance / n)) * margin
    return {
        "customers": n,
        "needed": 0 if enough else FEWEST,
        "acquisition_minor": _round(sums.costs[ACQUISITION]),
        "retention_minor": _round(sums.costs[RETENTION]),
        "acquisition_each_minor": _round(costs[ACQUISITION]),
        "retention_each_minor": _round(costs[RETENTION]),
        "margin_each_minor": _round(came),
        "margin_each_low_minor": _round(came - half) if enough else None,
        "margin_each_high_minor": _round(came + half) if enough else None,
        "to_come_each_minor": _round(to_come),
        "to_come_each_low_minor": _round(least) if enough else None,
        "to_come_each_high_minor": _round(most) if enough else None,
        "net_each_minor": _round(came + to_come - sum(costs.values())),
    }


def _round(amount: Fraction) -> int:
    """Return whole minor units, halves up."""
    return (amount + Fraction(1, 2)).__floor__()
