"""Coming again: how many ever buy an n-th time, how long a second purchase takes, and the time between two.

Late customers have had less time to come again. So the time to the second purchase is estimated by Kaplan
and Meier, which counts each customer for as long as they are known (Nonparametric Estimation from Incomplete
Observations, Journal of the American Statistical Association 53, 1958), with Greenwood's variance.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import numpy as np
import pyarrow as pa

from dangol.domain.statistics import Z
from dangol.insight.intervals import wilson
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.rollup import purchase_days

FEWEST_CUSTOMERS, FEWEST_GAPS = 20, 20
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def repeat_shares(customer_days: ibis.Table, *, as_of: date, most: int = 10) -> ibis.Table:
    """Return how many bought on an n-th day, for n from 2 to `most`.

    `nth` (int64), `customers` (int64, who did) of `of` (int64, who bought on an (n-1)-th day), `share` with
    `share_low` and `share_high` (Wilson, 95 %). Raises ColumnsMissing.
    """
    rows = purchase_days(customer_days, as_of)
    counted = rows.group_by("customer").agg(days=rows.count())
    some = counted.mutate(days=ibis.least(counted.days, most))
    upto = some.mutate(nth=ibis.range(1, some.days + 1).unnest())
    reached = upto.group_by("nth").agg(customers=upto.count())
    window = ibis.window(order_by=reached.nth)
    pairs = reached.mutate(of=reached.customers.lag().over(window))
    pairs = pairs.filter(pairs.nth >= 2).select("customers", "of", nth=pairs.nth.cast("int64"))
    return pairs.select("nth", "customers", "of", **wilson(pairs.customers, pairs.of))


def time_to_second(customer_days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Return the estimated share who have come again by each day after the first, of days on which some did.

    `day` (int64, since the first purchase), `at_risk` (int64: known so long and not back before), `came`
    (int64), `share` (float64: back by that day) with `share_low` and `share_high` (95 %). Raises
    ColumnsMissing, or NotEnoughData of fewer than 20 customers.
    """
    rows = purchase_days(customer_days, as_of)
    ordered = rows.mutate(nth=ibis.row_number().over(ibis.window(group_by=rows.customer, order_by=rows.day)))
    early = ordered.filter(ordered.nth < 2)
    two = early.group_by("customer").agg(first=early.day.min(), second=early.day.max(), days=early.count())
    waits = two.select(
        came=two.days > 1,
        day=ibis.ifelse(two.days > 1, two.second, ibis.date(as_of)).delta(two["first"], unit="day"),
    )
    sums = waits.group_by("day").agg(came=waits.came.cast("int64").sum(), all=waits.count()).to_pyarrow()
    day, came, leave = (_whole(sums, name) for name in ("day", "came", "all"))
    if leave.sum() < FEWEST_CUSTOMERS:
        raise NotEnoughData(what="customers", found=int(leave.sum()), needed=FEWEST_CUSTOMERS)
    order = np.argsort(day)
    return ibis.memtable(kaplan_meier(day[order], came[order], leave[order]))


def kaplan_meier(day: Whole, came: Whole, leave: Whole) -> pa.Table:
    """Return the columns of `time_to_second` from rising days.

    On each `came` have come, of `leave` who are known no longer or have come, all of shape (days,).
    """
    at_risk = leave.sum() - np.cumsum(leave) + leave
    left = np.maximum(at_risk - came, 0)
    share = np.cumprod(left / at_risk)
    # Where nobody is left Greenwood's sum has no end, and the share is certain as far as these tell.
    terms = np.divide(came, at_risk * left.astype(np.float64), out=np.zeros(len(day)), where=left > 0)
    half: Floats = Z * share * np.sqrt(np.cumsum(terms))
    told = came > 0
    return pa.table(
        {
            "day": day[told],
            "at_risk": at_risk[told],
            "came": came[told],
            "share": (1 - share)[told],
            "share_low": np.clip(1 - share - half, 0, 1)[told],
            "share_high": np.clip(1 - share + half, 0, 1)[told],
        }
    )


def max_age(customer_days: ibis.Table, *, as_of: date) -> int:
    """Return for how many days the earliest customer has been known; 0 where there is nobody."""
    first = purchase_days(customer_days, as_of).day.min().to_pyarrow().as_py()
    return (as_of - first).days if first else 0


def gaps(customer_days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Return how many times so many days lay between two days with a purchase: `days` and `times` (int64)."""
    rows = purchase_days(customer_days, as_of)
    before = rows.day.lag().over(ibis.window(group_by=rows.customer, order_by=rows.day))
    between = rows.select(day=rows.day, before=before)
    between = between.filter(between.before.notnull())
    days = between.select(days=between.day.delta(between.before, unit="day").cast("int64"))
    return days.group_by("days").agg(times=days.count())


def gap_quantiles(
    customer_days: ibis.Table, *, as_of: date, quantiles: Sequence[float] = QUANTILES
) -> ibis.Table:
    """Return after how many days at the latest that share of the customers' next purchases came.

    `quantile` (float64), `days` (int64) and `of` (int64, how many gaps there are). Who does not come again
    has no gap: of all customers more stay away for longer. Raises ColumnsMissing, or NotEnoughData of fewer
    than 20 gaps.
    """
    found = gaps(customer_days, as_of=as_of).to_pyarrow()
    days, times = _whole(found, "days"), _whole(found, "times")
    if times.sum() < FEWEST_GAPS:
        raise NotEnoughData(what="repeat purchases", found=int(times.sum()), needed=FEWEST_GAPS)
    order = np.argsort(days)
    upto = np.cumsum(times[order])
    # A share of 0.1 of 30 is the third, whatever floats make of it.
    place = np.searchsorted(upto, np.ceil(np.array(quantiles) * upto[-1] - 1e-9))
    return ibis.memtable(
        pa.table(
            {
                "quantile": np.array(quantiles, np.float64),
                "days": days[order][place],
                "of": np.full(len(place), upto[-1]),
            }
        )
    )


def _whole(table: pa.Table, name: str) -> Whole:
    """Return a column of whole numbers."""
    column: Whole = table[name].to_numpy().astype(np.int64)
    return column
