"""The reports on purchases, by name: each takes a daily rollup and a day, and gives a table.

One list for whoever goes through all of them, such as the proof that both engines give the same.
"""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Protocol

import ibis

from dangol.insight.cohorts import cohort_grid, first_days
from dangol.insight.lifetime.summaries import summarize
from dangol.insight.repeats import gap_quantiles, gaps, repeat_shares, time_to_second
from dangol.insight.rfm import Bounds, rfm, rfm_map, rfm_segments

BOUNDS = Bounds(
    recency_days=(30, 60, 120, 240), orders=(2, 4, 8, 16), amount_minor=(1_000, 5_000, 20_000, 100_000)
)


class Report(Protocol):
    """A report on purchases up to a day."""

    def __call__(self, customer_days: ibis.Table, *, as_of: date) -> ibis.Table:
        """Return the report."""
        ...


def _map(customer_days: ibis.Table, *, as_of: date) -> ibis.Table:
    return rfm_map(rfm(customer_days, as_of=as_of))


def _segments(customer_days: ibis.Table, *, as_of: date) -> ibis.Table:
    return rfm_segments(rfm(customer_days, as_of=as_of))


ALL_REPORTS: Mapping[str, Report] = {
    "rfm": rfm,
    "rfm_bounds": partial(rfm, bounds=BOUNDS),
    "rfm_map": _map,
    "rfm_segments": _segments,
    "cohorts_by_month": cohort_grid,
    "cohorts_by_week": partial(cohort_grid, period="week"),
    "first_days": first_days,
    "repeat_shares": repeat_shares,
    "time_to_second": time_to_second,
    "gaps": gaps,
    "gap_quantiles": gap_quantiles,
    "histories": summarize,
}
