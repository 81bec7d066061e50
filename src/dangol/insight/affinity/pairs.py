"""Pairs: who bought what, on how many days, since when and when last."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
from scipy.sparse import csr_array

from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.refusals import BrokenTable, require_range
from dangol.insight.modeling.tables import DAYS, IDS, NUMBERS, coded, require, whole

HALF_LIFE_DAYS = 90.0
LATELY_DAYS = 30
# One pair in ten thousand days is nothing any more; below a day yesterday is forgotten.
SHORTEST, LONGEST = 1.0, 10_000.0


@dataclass(frozen=True, eq=False)
class Pairs:
    """A row for each customer and item they bought, by customer and then item; all arrays of shape (pairs,).

    `customer` and `item` are places in `customers` and `items` (Arrow arrays, rising). `times` counts the
    days it was bought on, `first` and `last` are the first and last of them (days since 1970), and
    `decayed` is the count in which a day is worth half after each half-life.
    """

    customers: Any
    items: Any
    customer: Whole
    item: Whole
    times: Whole
    first: Whole
    last: Whole
    decayed: Floats
    as_of: date
    half_life_days: float

    @property
    def shape(self) -> tuple[int, int]:
        """How many customers and how many items there are."""
        return len(self.customers), len(self.items)

    @property
    def buyers(self) -> Whole:
        """How many customers bought each item, shape (items,)."""
        return np.bincount(self.item, minlength=len(self.items)).astype(np.int64)

    @property
    def lately(self) -> Whole:
        """How many customers bought each item within the last 30 days, shape (items,)."""
        since = (self.as_of - date(1970, 1, 1)).days - LATELY_DAYS
        return np.bincount(self.item, weights=self.last > since, minlength=len(self.items)).astype(np.int64)

    def matrix(self, values: Any) -> "csr_array[Any, tuple[int, int]]":
        """Return one value a pair as a sparse matrix of customers and items."""
        ends = np.searchsorted(self.customer, np.arange(len(self.customers) + 1))
        return csr_array((values, self.item, ends), shape=self.shape)

    def require_customers(self, needed: int) -> None:
        """Raise NotEnoughData where there are fewer customers."""
        if len(self.customers) < needed:
            raise NotEnoughData(what="customers", found=len(self.customers), needed=needed)


def read_pairs(
    purchases: ibis.Table, *, as_of: date, half_life_days: float = HALF_LIFE_DAYS, fewest_buyers: int = 1
) -> Pairs:
    """Return the pairs of all purchases up to the end of `as_of`; the engine sums, only pairs come into
    memory.

    `purchases` has a row for each line or each day: `customer` and `item` (text, bytes or whole numbers),
    `day` (date), and where there is a `quantity`, rows of 0 or less (returns) do not count. Items with fewer
    than `fewest_buyers` customers are left out. Raises BrokenTable, OutOfRange or NotEnoughData.
    """
    require_range("half_life_days", half_life_days, SHORTEST, LONGEST)
    require_range("fewest_buyers", fewest_buyers, 1, 1_000_000)
    summed = _summed(purchases, as_of, half_life_days)
    if fewest_buyers > 1:
        buyers = summed.group_by("item").agg(buyers=summed.count())
        kept = buyers.filter(buyers.buyers >= fewest_buyers)
        summed = summed.semi_join(kept, "item")
    rows = summed.order_by("customer", "item").to_pyarrow()
    if not len(rows):
        raise NotEnoughData(what="purchases", found=0, needed=1)
    customers, customer = coded(rows["customer"])
    items, item = coded(rows["item"])
    return Pairs(
        customers, items, customer, item, whole(rows["times"]), whole(rows["first"]), whole(rows["last"]),
        # Sums of floats depend on their order, which engines choose: the last digits are let go.
        np.round(rows["decayed"].to_numpy(), 9), as_of, half_life_days,
    )  # fmt: skip


def _summed(purchases: ibis.Table, as_of: date, half_life_days: float) -> ibis.Table:
    """Return the pairs as a table."""
    columns = {"customer": IDS, "item": IDS, "day": DAYS}
    if "quantity" in purchases.columns:
        columns["quantity"] = NUMBERS
    require(purchases, "purchases", columns)
    rows = purchases.filter(purchases.day <= ibis.date(as_of))
    if "quantity" in columns:
        rows = rows.filter(rows.quantity > 0)
    days = rows.select("customer", "item", "day").distinct()
    age = ibis.date(as_of).delta(days.day, unit="day").cast("float64")
    worth = (age * (-np.log(2) / half_life_days)).exp()
    return days.mutate(worth=worth).group_by("customer", "item").agg(
        times=lambda one: one.count(), first=lambda one: one.day.min(), last=lambda one: one.day.max(),
        decayed=lambda one: one.worth.sum(),
    )  # fmt: skip


def known_items(pairs: Pairs, items: Any, name: str) -> Whole:
    """Return the places of given items (any Python values); unknown ones are passed over.

    Raises BrokenTable where they are of another kind than the items.
    """
    places = {value: place for place, value in enumerate(pairs.items.to_pylist())}
    some = next(iter(places))
    if wrong := [one for one in items if type(one) is not type(some)]:
        fault = f"{wrong[0]!r} is of another kind than the items"
        raise BrokenTable(table=name, column="item", fault=fault)
    return np.array(sorted(places[one] for one in items if one in places), np.int64)
