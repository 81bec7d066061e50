"""From the daily rollup to histories, and from what a model says of histories back to customers.

Customers with the same history are one row for the models. The engine makes them one, so that what leaves it
is some hundred thousand rows of a million customers, and joins what is said of each row to its customers
again.
"""

import datetime
from datetime import date

import ibis
import numpy as np
import pyarrow as pa

from dangol.insight.kinds import whole_sum
from dangol.insight.lifetime.histories import Floats, Histories
from dangol.insight.rollup import purchase_days

KEYS = ("frequency", "recency", "age")


def _min_by(value: int, by: datetime.date) -> int:
    """Return the value of the row with the least `by`: on the engine, never here."""
    raise NotImplementedError


# Ibis' own `argmin` sorts the rows of each customer on DuckDB; both engines have this one.
min_by = ibis.udf.agg.builtin(name="min_by")(_min_by)


def summarize(customer_days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Return each customer's history up to `as_of`.

    `customer`, `first_day` (date), `frequency` (int64, days with a purchase after the first), `recency` and
    `age` (int64, the last such day and `as_of`, in days since the first), `repeat_minor` (int64, what was
    spent on the days after the first), `spend_minor` (float64: that for each of them, 0 of none: a mean for
    the model of spend, not an amount). Raises ColumnsMissing.
    """
    rows = purchase_days(customer_days, as_of)
    seen = rows.group_by("customer").agg(
        days=rows.count(),
        first_day=rows.day.min(),
        last_day=rows.day.max(),
        total=whole_sum(rows.amount_minor),
        first_minor=min_by(rows.amount_minor, rows.day),
    )
    counted = seen.select(
        "customer",
        "first_day",
        frequency=seen.days - 1,
        recency=seen.last_day.delta(seen.first_day, unit="day").cast("int64"),
        age=ibis.date(as_of).delta(seen.first_day, unit="day").cast("int64"),
        repeat_minor=seen.total - seen.first_minor,
    )
    each = counted.repeat_minor / ibis.greatest(counted.frequency, 1)
    return counted.mutate(spend_minor=each.cast("float64"))


def histories_of(summary: ibis.Table, *, days_per_unit: float = 7.0) -> Histories:
    """Return the histories of what `summarize` gives, equal ones made one, in rising order.

    Raises BrokenHistories.
    """
    rows = summary.group_by(list(KEYS)).agg(weight=summary.count()).to_pyarrow()
    columns = [rows[name].to_numpy().astype(np.int64) for name in (*KEYS, "weight")]
    order = np.lexsort(columns[2::-1])
    frequency, recency, age, weight = (column[order] for column in columns)
    return Histories(frequency, recency, age, days_per_unit, weight)


def join_scores(summary: ibis.Table, histories: Histories, scores: dict[str, Floats]) -> ibis.Table:
    """Return `summary` with the columns `scores`, each of shape (rows of `histories`,)."""
    rows = {name: getattr(histories, name) for name in KEYS} | scores
    told = ibis.memtable(pa.table(rows))
    joined = summary.join(told, list(KEYS))
    return joined.select(*summary.columns, *scores)


def repeat_spend(summary: ibis.Table) -> pa.Table:
    """Return `frequency` (int64) and `spend_minor` (float64) of those who came again and spent something.

    In the order of the customers' ids, so that sums over them are the same each time.
    """
    came = summary.filter((summary.frequency > 0) & (summary.repeat_minor > 0))
    return came.order_by("customer").select("frequency", "spend_minor").to_pyarrow()
