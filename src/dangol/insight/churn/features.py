"""What is known of a customer at the end of a day, from the daily rollup: nothing later has a part in it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import pyarrow.compute as pc

from dangol.domain.errors import DomainError
from dangol.insight.lifetime.beta_geometric import fit_beta_geometric
from dangol.insight.lifetime.histories import Floats, Histories
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.refusals import require_range
from dangol.insight.modeling.tables import DAYS, IDS, NUMBERS, require, whole

ROLLUP = {"customer": IDS, "day": DAYS, "orders": NUMBERS, "amount_minor": NUMBERS}
ACTIVE_DAYS = 365
LATENESS, ALIVE = "lateness", "alive"


@dataclass(frozen=True, eq=False)
class Known:
    """A row for each customer who bought within the last `active_days` before the end of `as_of`, by
    customer.

    `customers` is an Arrow array; `values` has shape (customers, len(names)), float64 without gaps.
    """

    customers: Any
    names: tuple[str, ...]
    values: Floats
    as_of: date

    def column(self, name: str) -> Floats:
        """Return the values of one feature, shape (customers,)."""
        return self.values[:, self.names.index(name)]


def known_at(
    customer_days: ibis.Table,
    *,
    as_of: date,
    active_days: int = ACTIVE_DAYS,
    categories: ibis.Table | None = None,
    signals: ibis.Table | None = None,
) -> Known:
    """Return the features of each active customer; the engine sums, a row a customer comes into memory.

    `customer_days` is the rollup: `customer`, `day` (date), `orders` and `amount_minor` (whole numbers).
    `categories` (`customer`, `day`, `category`) adds how many different ones they bought within 90 days;
    `signals` (`customer`, `day`, `name`, `value`: visits, points …) adds the sum of each name within 90 days.
    Raises BrokenTable, OutOfRange or NotEnoughData.
    """
    require_range("active_days", active_days, 1, 36_500)
    require(customer_days, "customer_days", ROLLUP)
    table = _summed(customer_days, as_of)
    table = table.filter(table.recency_days < active_days)
    extra: list[str] = []
    for more in (_varied(categories, as_of), *_signaled(signals, as_of)):
        if more is not None:
            name = next(column for column in more.columns if column != "customer")
            table = table.left_join(more, "customer").select(
                *table.columns, **{name: more[name].fill_null(0)}
            )
            extra.append(name)
    rows = table.order_by("customer").to_pyarrow()
    if not len(rows):
        raise NotEnoughData(what="customers", found=0, needed=1)
    columns = _derived(rows) | {name: rows[name].to_numpy().astype(np.float64) for name in extra}
    return Known(
        rows["customer"].combine_chunks(), tuple(columns), np.column_stack(list(columns.values())), as_of
    )


def stayed_away(customer_days: ibis.Table, known: Known, *, until: date) -> Any:
    """Return of each customer whether they bought nothing after `known.as_of`, to the end of `until`."""
    rows = customer_days.filter(
        (customer_days.day > ibis.date(known.as_of)) & (customer_days.day <= ibis.date(until))
    )
    came = rows.filter(rows.orders > 0).select("customer").distinct().to_pyarrow()["customer"]
    gone = pc.invert(pc.is_in(known.customers, value_set=came.combine_chunks()))
    return np.asarray(gone.to_numpy(zero_copy_only=False), np.bool_)


def _summed(customer_days: ibis.Table, as_of: date) -> ibis.Table:
    """Return a row a customer with whole numbers only: sums that are the same on each engine."""
    rows = customer_days.filter(customer_days.day <= ibis.date(as_of))
    rows = rows.mutate(age=ibis.date(as_of).delta(rows.day, unit="day").cast("int64"))
    bought = rows.filter(rows.orders > 0)
    order = ibis.window(group_by="customer", order_by="day")
    bought = bought.mutate(gap=(bought.age.lag().over(order) - bought.age).fill_null(0).cast("int64"))

    def days(within: int, since: int = 0) -> Any:
        return ((bought.age >= since) & (bought.age < within)).cast("int64").sum()

    def amount(within: int, since: int = 0) -> Any:
        return (
            ibis.ifelse((rows.age >= since) & (rows.age < within), rows.amount_minor, 0).sum().cast("int64")
        )

    came = bought.group_by("customer").agg(
        recency_days=bought.age.min(), tenure_days=bought.age.max(), purchase_days=bought.count(),
        gap_squares=(bought.gap * bought.gap).sum(), days_30=days(30), days_90=days(90),
        days_before_90=days(180, 90), orders_90=ibis.ifelse(bought.age < 90, bought.orders, 0).sum(),
    )  # fmt: skip
    spent = rows.group_by("customer").agg(
        amount=rows.amount_minor.sum().cast("int64"), amount_90=amount(90), amount_before_90=amount(180, 90)
    )
    return came.inner_join(spent, "customer").select(*came.columns, "amount", "amount_90", "amount_before_90")


def _varied(categories: ibis.Table | None, as_of: date) -> ibis.Table | None:
    if categories is None:
        return None
    require(categories, "categories", {"customer": IDS, "day": DAYS, "category": IDS})
    rows = _of_90_days(categories, as_of)
    return rows.group_by("customer").agg(categories_90=rows.category.nunique())


def _signaled(signals: ibis.Table | None, as_of: date) -> list[ibis.Table]:
    if signals is None:
        return []
    require(signals, "signals", {"customer": IDS, "day": DAYS, "name": IDS, "value": NUMBERS})
    # The names of what is known by then, too: one that is yet to come must not add a column.
    past = signals.filter(signals.day <= ibis.date(as_of))
    names = past.select("name").distinct().order_by("name").to_pyarrow()["name"].to_pylist()
    rows = _of_90_days(signals, as_of)
    return [
        rows.filter(rows.name == name).group_by("customer").agg(**{f"{name}_90": lambda one: one.value.sum()})
        for name in names
    ]


def _of_90_days(table: ibis.Table, as_of: date) -> ibis.Table:
    age = ibis.date(as_of).delta(table.day, unit="day")
    return table.filter((age >= 0) & (age < 90))


def _derived(rows: Any) -> dict[str, Floats]:
    """Return the features of the sums, without gaps."""
    sums = {name: whole(rows[name]).astype(np.float64) for name in rows.column_names if name in _SUMS}
    recency, tenure, days = sums["recency_days"], sums["tenure_days"], sums["purchase_days"]
    gaps = np.maximum(days - 1, 1)
    mean = (tenure - recency) / gaps
    # Who came once has no interval yet: as long as they are known.
    usual = np.maximum(np.where(days > 1, mean, tenure), 1)
    spread = np.sqrt(np.maximum(sums["gap_squares"] / gaps - mean**2, 0)) / usual
    each = sums["amount"] / days
    trend = (sums["amount_90"] - sums["amount_before_90"]) / np.maximum(each, 1)
    return {
        "recency_days": recency, "tenure_days": tenure, "purchase_days": days, "usual_interval_days": usual,
        "irregularity": spread, LATENESS: recency / usual, "days_30": sums["days_30"],
        "days_90": sums["days_90"], "days_before_90": sums["days_before_90"],
        "orders_90": sums["orders_90"], "amount_a_day": each, "amount_90": sums["amount_90"],
        "amount_trend": trend,
    }  # fmt: skip


_SUMS = {
    "recency_days", "tenure_days", "purchase_days", "gap_squares", "days_30", "days_90", "days_before_90",
    "orders_90", "amount", "amount_90", "amount_before_90",
}  # fmt: skip


def with_alive(known: Known) -> Known:
    """Return the features with `alive`: the probability, by MBG/NBD of these customers, of still being one.

    Never BG/NBD's, which is 1 for every one-time buyer. Raises what fitting raises.
    """
    recency, tenure = known.column("recency_days"), known.column("tenure_days")
    histories = Histories(
        (known.column("purchase_days") - 1).astype(np.int64), (tenure - recency).astype(np.int64),
        tenure.astype(np.int64),
    )  # fmt: skip
    alive = fit_beta_geometric(histories, modified=True).model.alive(histories)
    return Known(known.customers, (*known.names, ALIVE), np.column_stack([known.values, alive]), known.as_of)


def with_alive_where_it_fits(known: Known) -> Known:
    """Return the features with `alive`, or with 1 for everybody where the lifetime model cannot be fitted."""
    try:
        return with_alive(known)
    except DomainError:
        alive = np.ones((len(known.customers), 1))
        return Known(known.customers, (*known.names, ALIVE), np.hstack([known.values, alive]), known.as_of)
