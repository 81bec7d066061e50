"""The tables that pages show, made by the same run that makes the models: small, whatever the shop's size."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import ibis

from dangol.insight.cohorts import cohort_grid
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.repeats import gap_quantiles, max_age, repeat_shares, time_to_second
from dangol.insight.rfm import rfm_grid, rfm_map, rfm_segments
from dangol.rooms.personalization.purchases import rows_here

# A grid of more cohorts than two years' is read by nobody.
COHORTS_SHOWN = 24
Rows = list[dict[str, Any]]
# What the models said of each customer, by model; one that refused is left out.
Scored = Mapping[str, ibis.Table]


def _rows(table: ibis.Table) -> Rows:
    rows: Rows = table.to_pyarrow().to_pylist()
    return rows


def map_cells(days: ibis.Table, scored: Scored, *, as_of: date) -> Rows:
    """Return the 25 cells of recency and frequency: `r`, `f`, `segment`, `customers`, `amount_minor`."""
    if "rfm" not in scored:
        return []
    cells = {(row["r"], row["f"]): row for row in _rows(rfm_map(scored["rfm"]))}
    nobody = {"customers": 0, "amount_minor": 0}
    return [cells.get((one["r"], one["f"]), one | nobody) for one in rfm_grid().to_pylist()]


def segment_shares(days: ibis.Table, scored: Scored, *, as_of: date) -> Rows:
    """Return a row for each RFM segment with somebody in it, as `rfm_segments` does."""
    if "rfm" not in scored:
        return []
    found = rfm_segments(scored["rfm"])
    return _rows(found.order_by(found.segment))


def cohort_months(days: ibis.Table, scored: Scored, *, as_of: date) -> Rows:
    """Return the cells of the last 24 cohorts by month, as `cohort_grid` does; `cohort` is an ISO date."""
    grid = cohort_grid(days, as_of=as_of)
    months = as_of.year * 12 + as_of.month - COHORTS_SHOWN
    first = date(months // 12, months % 12 + 1, 1)
    shown = grid.filter(grid.cohort >= ibis.date(first)).order_by("cohort", "age").to_pyarrow()
    return [row | {"cohort": row["cohort"].isoformat()} for row in shown.to_pylist()]


def repeats(days: ibis.Table, scored: Scored, *, as_of: date) -> Rows:
    """Return how many bought on an n-th day, as `repeat_shares` does, by `nth`."""
    return _rows(repeat_shares(days, as_of=as_of).order_by("nth"))


# By so many days after the first purchase a shop wants to know who has come again.
SECOND_BY = (7, 14, 30, 60, 90, 180, 365)


def second_days(days: ibis.Table, scored: Scored, *, as_of: date) -> Rows:
    """Return the share of customers who have come again by some days, as `time_to_second` does, by `day`.

    No row is of a day that nobody has been known for. None where there are too few customers.
    """
    try:
        rows = rows_here(time_to_second(days, as_of=as_of).order_by("day"))
    except NotEnoughData:
        return []
    oldest = max_age(days, as_of=as_of)
    found = []
    for day in SECOND_BY:
        upto = [row for row in rows if row["day"] <= day]
        if upto and day <= oldest:
            found.append({**upto[-1], "day": day})
    return found


def gap_days(days: ibis.Table, scored: Scored, *, as_of: date) -> Rows:
    """Return after how many days at the latest which part of next purchases came, as `gap_quantiles` does.

    None where there are too few.
    """
    try:
        return rows_here(gap_quantiles(days, as_of=as_of).order_by("quantile"))
    except NotEnoughData:
        return []


def value_by_segment(days: ibis.Table, scored: Scored, *, as_of: date) -> Rows:
    """Return what each RFM segment is worth: a row each where both models told of customers.

    `segment`, `customers`, `value_minor`, `value_low_minor`, `value_high_minor` (sums of the customers'), and
    `purchases` and `alive` (float64, sums). A standard error of a sum is at most the sum of its terms', and
    that is nearly reached, since all come from the same few parameters: the interval is one of 95 % or more.
    """
    if not {"rfm", "lifetime"} <= scored.keys():
        return []
    segments = scored["rfm"].select("customer", "segment")
    joined = segments.join(scored["lifetime"].select(*_VALUED), "customer")
    sums = joined.group_by("segment").agg(
        customers=joined.count(),
        value_minor=joined.value_minor.sum().cast("int64"),
        value_low_minor=joined.value_low_minor.sum().cast("int64"),
        value_high_minor=joined.value_high_minor.sum().cast("int64"),
        purchases=_exact_sum(joined.expected),
        alive=_exact_sum(joined.alive),
    )
    return _rows(sums.order_by("segment"))


def _exact_sum(column: Any) -> Any:
    """Add to nine decimals: of floats, the last digit would hang on which thread added which rows first."""
    return column.cast("decimal(38, 9)").sum().cast("float64")


_VALUED = ["customer", "value_minor", "value_low_minor", "value_high_minor", "expected", "alive"]

REPORTS: Mapping[str, Callable[..., Rows]] = {
    "rfm_map": map_cells,
    "rfm_segments": segment_shares,
    "cohorts": cohort_months,
    "repeats": repeats,
    "second_days": second_days,
    "gap_days": gap_days,
    "value_by_segment": value_by_segment,
}
