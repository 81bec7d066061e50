"""RFM: how recently, how often and for how much each customer bought, in scores, segments and a map.

Ten named segments lie on the grid of recency and frequency, each score from 1 to 5 (5 is best). Money is
scored beside them: who spends much and who comes often are mostly the same.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import ibis
import pyarrow as pa

from dangol.insight.intervals import wilson
from dangol.insight.kinds import as_int64, rounded_mean, whole_sum
from dangol.insight.refusals import BoundsNotRising
from dangol.insight.rollup import until

BEST = 5


class Band(NamedTuple):
    """A segment: its stable name, and the scores of recency and of frequency it holds, both ends included."""

    segment: str
    recency: tuple[int, int]
    frequency: tuple[int, int]


SEGMENTS = (
    Band("champions", (5, 5), (4, 5)),
    Band("loyal", (3, 4), (4, 5)),
    Band("potential_loyalist", (4, 5), (2, 3)),
    Band("new", (5, 5), (1, 1)),
    Band("promising", (4, 4), (1, 1)),
    Band("needs_attention", (3, 3), (3, 3)),
    Band("about_to_sleep", (3, 3), (1, 2)),
    Band("cannot_lose", (1, 2), (5, 5)),
    Band("at_risk", (1, 2), (3, 4)),
    Band("hibernating", (1, 2), (1, 2)),
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Fixed bounds of the scores, four of each that rise.

    A customer scores 5 for recency with at most `recency_days[0]` days since the last purchase, 1 with more
    than the last; 1 for frequency with fewer than `orders[0]` purchases, 5 with `orders[3]` or more; likewise
    for money. Raises BoundsNotRising.
    """

    recency_days: tuple[int, int, int, int]
    orders: tuple[int, int, int, int]
    amount_minor: tuple[int, int, int, int]

    def __post_init__(self) -> None:
        for score in ("recency_days", "orders", "amount_minor"):
            bounds = getattr(self, score)
            if len(bounds) != BEST - 1 or any(a >= b for a, b in pairwise(bounds)):
                raise BoundsNotRising(score=score)


def rfm(customer_days: ibis.Table, *, as_of: date, bounds: Bounds | None = None) -> ibis.Table:
    """Return a row for each customer with a purchase up to `as_of`.

    `customer`, `recency_days` (int64, since the last purchase), `orders` (int64), `amount_minor` (int64),
    `r`, `f` and `m` (int64, 1 to 5) and `segment` (string, of SEGMENTS). Scores are fifths of the customers,
    equal ones divided by the customer's id; with `bounds` they are fixed. Raises ColumnsMissing.
    """
    seen = purchase_sums(customer_days, as_of=as_of)
    if bounds is None:
        scores = {
            "r": ibis.ntile(BEST).over(order_by=[seen.recency_days.desc(), seen.customer]),
            "f": ibis.ntile(BEST).over(order_by=[seen.orders, seen.customer]),
            "m": ibis.ntile(BEST).over(order_by=[seen.amount_minor, seen.customer]),
        }
    else:
        scores = {
            "r": _passed([seen.recency_days <= bound for bound in bounds.recency_days]),
            "f": _passed([seen.orders >= bound for bound in bounds.orders]),
            "m": _passed([seen.amount_minor >= bound for bound in bounds.amount_minor]),
        }
    scored = seen.mutate(**{name: (score + 1).cast("int64") for name, score in scores.items()})
    return scored.mutate(segment=_segment(scored.r, scored.f))


def purchase_sums(customer_days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Return `customer`, `recency_days`, `orders` and `amount_minor` (all int64) of each who ever bought."""
    rows = until(customer_days, as_of)
    bought = ibis.ifelse(rows.orders > 0, rows.day, ibis.null("date"))
    seen = rows.group_by("customer").agg(
        last=bought.max(), orders=whole_sum(rows.orders), amount_minor=whole_sum(rows.amount_minor)
    )
    return seen.filter(seen.orders > 0).select(
        "customer",
        recency_days=ibis.date(as_of).delta(seen["last"], unit="day").cast("int64"),
        orders=seen.orders,
        amount_minor=seen.amount_minor,
    )


def _passed(bounds: list[ibis.Value]) -> ibis.Value:
    """Return how many of the bounds are passed."""
    first, *rest = (bound.cast("int64") for bound in bounds)
    return sum(rest, start=first)


def _segment(r: ibis.Value, f: ibis.Value) -> ibis.Value:
    """Return the segment of two scores."""
    *most, last = SEGMENTS
    return ibis.cases(
        *((r.between(*one.recency) & f.between(*one.frequency), one.segment) for one in most),
        else_=last.segment,
    )


def rfm_grid() -> pa.Table:
    """Return the grid of segments: 25 rows of `r`, `f` (int64) and `segment` (string)."""
    rows = [
        {"r": r, "f": f, "segment": one.segment}
        for one in SEGMENTS
        for r in range(one.recency[0], one.recency[1] + 1)
        for f in range(one.frequency[0], one.frequency[1] + 1)
    ]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["r"], row["f"])))


def rfm_map(scored: ibis.Table) -> ibis.Table:
    """Return the cells of what `rfm` gives: `r`, `f`, `segment`, `customers`, `amount_minor` (int64)."""
    return scored.group_by("r", "f", "segment").agg(
        customers=scored.count(), amount_minor=whole_sum(scored.amount_minor)
    )


def rfm_segments(scored: ibis.Table) -> ibis.Table:
    """Return what `rfm` gives by `segment`.

    `customers` of `of` (int64), `share` with `share_low` and `share_high` (95 %), `amount_minor` and, for
    each customer, `mean_minor` (int64).
    """
    sums = scored.group_by("segment").agg(
        customers=scored.count(), amount_minor=whole_sum(scored.amount_minor)
    )
    counted = sums.mutate(of=as_int64(sums.customers.sum().over()))
    return counted.select(
        "segment",
        "customers",
        "of",
        **wilson(counted.customers, counted.of),
        amount_minor=counted.amount_minor,
        mean_minor=rounded_mean(counted.amount_minor, counted.customers),
    )
