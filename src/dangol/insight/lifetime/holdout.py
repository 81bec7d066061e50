"""The holdout report: a model fitted to what was known on one day, beside what came after it.

It is the report of Fader, Hardie and Lee (Marketing Science 24, 2005): purchases by week, purchases to come
by past ones, and each customer's error.
"""

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pyarrow as pa

from dangol.insight.lifetime.histories import Floats, Histories, Whole
from dangol.insight.lifetime.models import Kind, Model, fit_model
from dangol.insight.lifetime.summaries import KEYS, summarize
from dangol.insight.refusals import SplitNotBefore
from dangol.insight.rollup import purchase_days

# Customers with as many purchases or more stand in one row.
MOST = 7


@dataclass(frozen=True, eq=False)
class Holdout:
    """The report as Ibis tables.

    `totals`, one row: `model`, `customers`, `actual` (int64), `expected`, `error_share`,
    `mean_absolute_error`, `root_mean_square_error`, `correlation` (float64). `by_frequency`: `frequency` (the
    last row all from MOST on), `customers`, `actual_mean`, `expected_mean`. `tracking`: `week` (int64, since
    the first purchase of all), `ends_on` (date), `is_held_out`, `actual` (int64) and `expected`, both from
    the start on.
    """

    totals: ibis.Table
    by_frequency: ibis.Table
    tracking: ibis.Table


def hold_out(customer_days: ibis.Table, *, split: date, as_of: date, kind: Kind = "bg_nbd") -> Holdout:
    """Return how well a model fitted to `split` tells what came until `as_of`.

    Raises ColumnsMissing, SplitNotBefore, NotEnoughData, BrokenHistories or NoMaximum.
    """
    if split >= as_of:
        raise SplitNotBefore(split=split.isoformat(), as_of=as_of.isoformat())
    histories, actual, firsts = _seen(customer_days, split, as_of)
    model = fit_model(histories, kind).model
    expected = model.expected(histories, (as_of - split).days)
    return Holdout(
        ibis.memtable(_totals(kind, histories.weight, actual, expected)),
        ibis.memtable(_by_frequency(histories, actual, expected)),
        ibis.memtable(_tracking(customer_days, model, firsts, split, as_of)),
    )


def _seen(
    customer_days: ibis.Table, split: date, as_of: date
) -> tuple[Histories, Floats, tuple[Whole, Whole]]:
    """Return different histories with what came after, and how many first came on which day (since 1970)."""
    summary = summarize(customer_days, as_of=split)
    rows = purchase_days(customer_days, as_of)
    later = rows.filter(rows.day > ibis.date(split))
    came = later.group_by("customer").agg(came=later.count())
    both = summary.left_join(came, "customer")
    both = both.select(*KEYS, came=both.came.coalesce(0).cast("int64"))
    keys = [*KEYS, "came"]
    found = both.group_by(keys).agg(weight=both.count()).to_pyarrow()
    columns = [found[name].to_numpy().astype(np.int64) for name in (*keys, "weight")]
    order = np.lexsort(columns[3::-1])
    frequency, recency, age, actual, weight = (column[order] for column in columns)
    days, place = np.unique(age, return_inverse=True)
    first = np.datetime64(split, "D").astype(np.int64) - days
    many = np.bincount(place, weight).astype(np.int64)
    return Histories(frequency, recency, age, weight=weight), actual.astype(np.float64), (first, many)


def _totals(kind: Kind, weight: Whole, actual: Floats, expected: Floats) -> pa.Table:
    """Return the one row of sums and errors."""
    customers, away = weight.sum(), expected - actual
    came, told = float(actual @ weight), float(expected @ weight)
    row = {
        "model": kind,
        "customers": int(customers),
        "actual": int(came),
        "expected": told,
        "error_share": told / came - 1 if came else None,
        "mean_absolute_error": float(np.abs(away) @ weight / customers),
        "root_mean_square_error": float(np.sqrt(away**2 @ weight / customers)),
        "correlation": _correlation(weight, actual, expected),
    }
    kinds = {"model": pa.string(), "customers": pa.int64(), "actual": pa.int64()}
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in row])
    return pa.Table.from_pylist([row], schema=schema)


def _correlation(weight: Whole, one: Floats, other: Floats) -> float | None:
    """Return the correlation of two columns; None where one of them is the same for all."""
    (a, both), (_both, b) = np.cov(one, other, fweights=weight)
    return float(both / np.sqrt(a * b)) if a > 0 and b > 0 else None


def _by_frequency(histories: Histories, actual: Floats, expected: Floats) -> pa.Table:
    """Return the means to come by past purchases."""
    place, weight = np.minimum(histories.frequency, MOST), histories.weight
    customers = np.bincount(place, weight, MOST + 1).astype(np.int64)
    there = np.flatnonzero(customers)
    means = (np.bincount(place, weight * column, MOST + 1)[there] for column in (actual, expected))
    actual_mean, expected_mean = (sums / customers[there] for sums in means)
    return pa.table(
        {
            "frequency": there,
            "customers": customers[there],
            "actual_mean": actual_mean,
            "expected_mean": expected_mean,
        }
    )


def _tracking(
    customer_days: ibis.Table, model: Model, firsts: tuple[Whole, Whole], split: date, as_of: date
) -> pa.Table:
    """Return further days with a purchase up to the end of each week, as they came and as a model tells."""
    first, many = firsts
    rows = summarize(customer_days, as_of=split).select("customer", "first_day")
    days = purchase_days(customer_days, as_of)
    again = days.join(rows, "customer")
    again = again.filter(again.day > again.first_day)
    sums = again.group_by("day").agg(times=again.count()).order_by("day").to_pyarrow()
    on = sums["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
    upto = np.concatenate([[0], np.cumsum(sums["times"].to_numpy().astype(np.int64))])
    start, end = int(first.min()), np.datetime64(as_of, "D").astype(np.int64)
    week = np.arange(1, (end - start + 1) // 7 + 1)
    ends = start + week * 7 - 1
    known = np.maximum(ends[:, None] - first[None, :], 0)
    zero = np.zeros(known.size, np.int64)
    new = model.expected(Histories(zero, zero, zero), known.ravel().astype(np.float64))
    return pa.table(
        {
            "week": week,
            "ends_on": pa.array(ends.astype("datetime64[D]")),
            "is_held_out": ends > np.datetime64(split, "D").astype(np.int64),
            "actual": upto[np.searchsorted(on, ends, side="right")],
            "expected": new.reshape(known.shape) @ many,
        }
    )
