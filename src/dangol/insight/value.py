"""What customers cost and are worth: acquisition, retention, margin and lifetime value side by side.

Costs are known by month, sometimes by segment. Who bears them is told in `domain.customer_value`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import ibis
import pyarrow as pa

from dangol.domain.customer_value import (
    ACQUISITION,
    FEWEST,
    RETENTION,
    Cell,
    Cost,
    Sums,
    assign,
    grouped,
    margin_each,
    whole,
)
from dangol.insight.kinds import as_date, whole_sum
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.refusals import ValuesMissing
from dangol.insight.rollup import purchase_days, require_columns, until

NO_SEGMENT = "none"
_VALUES = ("value_minor", "value_low_minor", "value_high_minor")


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
    unassigned = assign(cells, _costs(costs, as_of))
    by_cohort, by_segment = (
        grouped(cells, lambda cell: cell.cohort),
        grouped(cells, lambda cell: cell.segment),
    )
    return ValueReport(
        ibis.memtable(_table("cohort", pa.date32(), by_cohort, margin)),
        ibis.memtable(_table("segment", pa.string(), by_segment, margin)),
        whole(unassigned),
    )


def value_cells(
    customer_days: ibis.Table,
    *,
    as_of: date,
    segments: ibis.Table,
    scored: ibis.Table | None = None,
    spent: ibis.Table | None = None,
) -> ibis.Table:
    """Return what customers come to by the month of their first purchase and by segment; who has none is out.

    Columns: `cohort` (date), `segment`, `customers`, `revenue` (int64, minor units so far), `squares`
    (float64, the sum of each one's squared), `points` (int64) and `value_minor`, `value_low_minor` and
    `value_high_minor` (int64; null without `scored`, which is as in `value_report`). `segments`:
    `customer`, `segment`, of which a customer may have several. `spent`: `customer`, `points`.

    Raises ColumnsMissing.
    """
    require_columns(segments, ("customer", "segment"), name="segments")
    bought = purchase_days(customer_days, as_of)
    first = bought.group_by("customer").agg(first_day=bought.day.min())
    rows = until(customer_days, as_of)
    joined = first.join(rows.group_by("customer").agg(revenue=whole_sum(rows.amount_minor)), "customer")
    if spent is None:
        joined = joined.mutate(points=ibis.literal(0, "int64"))
    else:
        joined = joined.left_join(spent.select("customer", "points"), "customer").drop("customer_right")
        joined = joined.mutate(points=joined.points.coalesce(0))
    if scored is None:
        joined = joined.mutate(**{name: ibis.null("int64") for name in _VALUES})
    else:
        joined = joined.left_join(scored.select("customer", *_VALUES), "customer").drop("customer_right")
    return _summed(joined.join(segments.select("customer", "segment"), "customer"))


def value_categories(
    customer_days: ibis.Table, *, as_of: date, segments: ibis.Table, categories: ibis.Table
) -> ibis.Table:
    """Return what the cells of `value_cells` were spent on.

    Columns: `cohort`, `segment`, `category`, `revenue` (int64, minor units so far).

    `categories`: `customer`, `category`, `amount_minor`, of which a customer and category may have several.
    Raises ColumnsMissing.
    """
    require_columns(segments, ("customer", "segment"), name="segments")
    require_columns(categories, ("customer", "category", "amount_minor"), name="categories")
    bought = purchase_days(customer_days, as_of)
    first = bought.group_by("customer").agg(first_day=bought.day.min())
    each = categories.group_by("customer", "category").agg(amount=whole_sum(categories.amount_minor))
    joined = first.join(each, "customer").join(segments.select("customer", "segment"), "customer")
    placed = joined.mutate(cohort=as_date(joined.first_day.truncate("M")))
    sums = placed.group_by("cohort", "segment", "category").agg(revenue=whole_sum(placed.amount))
    return sums.order_by(["cohort", "segment", "category"])


def _summed(customers: ibis.Table) -> ibis.Table:
    placed = customers.mutate(cohort=as_date(customers.first_day.truncate("M")))
    revenue = placed.revenue.cast("float64")
    sums = placed.group_by("cohort", "segment").agg(
        customers=placed.count(),
        revenue=whole_sum(placed.revenue),
        squares=(revenue * revenue).sum(),
        points=whole_sum(placed.points),
        **{name: whole_sum(placed[name]) for name in _VALUES},
    )
    return sums.order_by(["cohort", "segment"])


def _cells(
    scored: ibis.Table, customer_days: ibis.Table, segments: ibis.Table | None, as_of: date
) -> dict[Cell, Sums]:
    """Return the sums of the customers of each cohort and segment, by the engine."""
    require_columns(scored, ("customer", "first_day", *_VALUES), name="scored")
    rows = until(customer_days, as_of)
    spent = rows.group_by("customer").agg(revenue=whole_sum(rows.amount_minor))
    joined = scored.select("customer", "first_day", *_VALUES).join(spent, "customer")
    if segments is None:
        joined = joined.mutate(segment=ibis.literal(NO_SEGMENT))
    else:
        joined = _with_segment(joined, segments)
    sums = _summed(joined.mutate(points=ibis.literal(0, "int64")))
    return {
        Cell(row["cohort"], row["segment"]): Sums(
            row["customers"], int(row["revenue"]), row["squares"], [int(row[name]) for name in _VALUES]
        )
        for row in sums.to_pyarrow().to_pylist()
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


def _costs(costs: ibis.Table, as_of: date) -> list[Cost]:
    """Return the costs of each month and kind up to a day, looked at first."""
    require_columns(costs, ("kind", "month", "amount_minor"), name="costs")
    segment = costs.segment if "segment" in costs.columns else ibis.null("string")
    rows = costs.select("kind", "month", "amount_minor", segment=segment)
    is_sound = rows.kind.isin([ACQUISITION, RETENTION]) & rows.month.notnull() & (rows.amount_minor >= 0)
    if wrong := int(rows.filter(~is_sound.fill_null(False)).count().to_pyarrow().as_py()):
        raise ValuesMissing(table="costs", rows=wrong)
    month = as_date(as_date(rows.month).truncate("M"))
    sums = rows.group_by("kind", "segment", month=month).agg(amount=whole_sum(rows.amount_minor))
    found = sums.filter(sums.month <= ibis.date(as_of)).to_pyarrow().to_pylist()
    return [Cost(row["kind"], row["month"], row["amount"], row["segment"]) for row in found]


def _table(name: str, kind: pa.DataType, groups: Mapping[Any, Sums], margin: Fraction) -> pa.Table:
    """Return a table of groups."""
    rows = [{name: group} | _row(groups[group], margin) for group in sorted(groups)]
    fields = [pa.field(column, kind if column == name else pa.int64()) for column in rows[0]]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _row(sums: Sums, margin: Fraction) -> dict[str, int | None]:
    """Return what each customer of a group cost and is worth."""
    n = sums.customers
    costs = {kind: cost / n for kind, cost in sums.costs.items()}
    came, half = margin_each(sums, margin)
    to_come, least, most = (Fraction(value) * margin / n for value in sums.values)
    return {
        "customers": n,
        "needed": FEWEST if half is None else 0,
        "acquisition_minor": whole(sums.costs[ACQUISITION]),
        "retention_minor": whole(sums.costs[RETENTION]),
        "acquisition_each_minor": whole(costs[ACQUISITION]),
        "retention_each_minor": whole(costs[RETENTION]),
        "margin_each_minor": whole(came),
        "margin_each_low_minor": None if half is None else whole(came - half),
        "margin_each_high_minor": None if half is None else whole(came + half),
        "to_come_each_minor": whole(to_come),
        "to_come_each_low_minor": None if half is None else whole(least),
        "to_come_each_high_minor": None if half is None else whole(most),
        "net_each_minor": whole(came + to_come - sum(costs.values())),
    }
