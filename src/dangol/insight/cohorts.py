"""Cohorts: who first bought in the same month or week, and how many of them came back in each one after.

A grid holds every cell up to `as_of`, those with nobody too. The last period of each cohort may not be over:
`is_complete` says so, since such a cell is lower than it will be.
"""

from datetime import date
from typing import Literal

import ibis

from dangol.insight.intervals import wilson
from dangol.insight.kinds import as_date, as_int64, rounded_mean, whole_sum
from dangol.insight.rollup import purchase_days, until

Period = Literal["month", "week"]


def cohort_grid(customer_days: ibis.Table, *, as_of: date, period: Period = "month") -> ibis.Table:
    """Return a row for each cohort and age up to `as_of`.

    `cohort` (date: the first day of the period of first purchase; weeks begin on Monday), `age` (int64,
    periods since then), `is_complete`, `customers` (int64, of the cohort), `retained` (int64, who bought in
    that period), `share` with `share_low` and `share_high` (Wilson, 95 %), `amount_minor` (int64, of that
    period, net of returns), `so_far_minor` (int64, of all periods up to it) and `each_minor` (int64: that for
    each customer of the cohort). Raises ColumnsMissing.
    """
    firsts = first_days(customer_days, as_of=as_of, period=period)
    rows = until(customer_days, as_of)
    # What was returned without ever a purchase has no cohort.
    placed = rows.join(firsts, "customer")
    placed = placed.select(
        "customer",
        "cohort",
        age=_age(placed.cohort, _floor(placed.day, period), period),
        bought=(placed.orders > 0),
        amount=placed.amount_minor,
    )
    # A return can come before the purchase it stands beside, from another source.
    placed = placed.filter(placed.age >= 0)
    cells = placed.group_by("cohort", "age").agg(
        retained=ibis.ifelse(placed.bought, placed.customer, ibis.null(placed.customer.type())).nunique(),
        amount=whole_sum(placed.amount),
    )
    sizes = firsts.group_by("cohort").agg(customers=firsts.count())
    grid = sizes.mutate(
        age=ibis.range(0, _age(sizes.cohort, _floor(ibis.date(as_of), period), period) + 1).unnest()
    )
    grid = grid.select("cohort", "customers", age=grid.age.cast("int64"))
    return _told(grid.left_join(cells, ["cohort", "age"]), as_of, period)


def _told(cells: ibis.Table, as_of: date, period: Period) -> ibis.Table:
    """Return the grid with its shares and sums."""
    filled = cells.select(
        "cohort",
        "age",
        "customers",
        retained=cells.retained.coalesce(0).cast("int64"),
        amount_minor=cells.amount.coalesce(0).cast("int64"),
    )
    so_far = filled.amount_minor.sum().over(
        ibis.window(group_by=filled.cohort, order_by=filled.age, preceding=None, following=0)
    )
    summed = filled.mutate(so_far_minor=as_int64(so_far))
    this = _age(summed.cohort, _floor(ibis.date(as_of), period), period)
    is_over = (summed.age < this) | ibis.literal(_ends_on(as_of, period))
    return summed.select(
        "cohort", "age", "customers", "retained",
        **wilson(summed.retained, summed.customers),
        is_complete=is_over,
        amount_minor=summed.amount_minor,
        so_far_minor=summed.so_far_minor,
        each_minor=rounded_mean(summed.so_far_minor, summed.customers),
    )  # fmt: skip


def first_days(customer_days: ibis.Table, *, as_of: date, period: Period = "month") -> ibis.Table:
    """Return `customer`, `first_day` (date) and `cohort` (date) of each who bought up to `as_of`."""
    rows = purchase_days(customer_days, as_of)
    firsts = rows.group_by("customer").agg(first_day=rows.day.min())
    return firsts.mutate(cohort=_floor(firsts.first_day, period))


def _floor(day: ibis.Value, period: Period) -> ibis.Value:
    """Return the first day of the month or week that holds a day."""
    return as_date(day.truncate("M" if period == "month" else "W"))


def _age(cohort: ibis.Value, start: ibis.Value, period: Period) -> ibis.Value:
    """Return how many periods lie between two first days of periods."""
    if period == "week":
        days = start.delta(cohort, unit="day").cast("int64")
        return (days / 7).round().cast("int64")
    months = (start.year() - cohort.year()) * 12 + start.month() - cohort.month()
    return months.cast("int64")


def _ends_on(as_of: date, period: Period) -> bool:
    """Return whether a period ends with this day."""
    after = date.fromordinal(as_of.toordinal() + 1)
    return after.weekday() == 0 if period == "week" else after.day == 1
