"""Columns that are of the same kind on each engine, in memory and in files.

DuckDB sums int64 in 128 bits, which a Parquet file holds as floats, and makes a timestamp of the first day of
a month; Ibis takes them for int64 and date and leaves out the cast one asks it for. So it is put in here.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops


def as_int64(value: ibis.Value) -> ibis.Value:
    """Return a number as int64, whatever Ibis takes it for."""
    return ops.Cast(value, to=dt.int64).to_expr()


def as_date(value: ibis.Value) -> ibis.Value:
    """Return a day or an instant as a date, whatever Ibis takes it for."""
    return ops.Cast(value, to=dt.date).to_expr()


def whole_sum(column: ibis.Value) -> ibis.Value:
    """Return the sum of whole numbers as int64."""
    return as_int64(column.sum())


def rounded_mean(total: ibis.Value, of: ibis.Value) -> ibis.Value:
    """Return whole minor units (int64) for each of `of`, halves up; null of none. Exact on each engine."""
    n = ibis.ifelse(of > 0, of, 1).cast("int64")
    # Floored by hand: of an amount below 0 the engines' whole division goes toward different sides.
    twice = 2 * total.cast("int64") + n
    rest = ((twice % (2 * n)) + 2 * n) % (2 * n)
    whole = ((twice - rest) / (2 * n)).round().cast("int64")
    return ibis.ifelse(of > 0, whole, ibis.null("int64"))
