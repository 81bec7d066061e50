"""Histories: how often each customer came again, when last, and for how long they are known."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dangol.insight.lifetime.refusals import BrokenHistories, NotEnoughData

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
# Of fewer a model says more about chance than about customers.
FEWEST_CUSTOMERS, FEWEST_REPEATERS = 50, 10


@dataclass(frozen=True, eq=False)
class Histories:
    """One row a customer, all arrays of shape (customers,).

    `frequency` counts the days with a purchase after the first one, `recency` is the last of them and `age`
    the end of what is known, both in days since the first purchase. `weight` says for how many customers a
    row stands. Times are reckoned in units of `days_per_unit` (7: weeks), as are the rates of the models.
    """

    frequency: Whole
    recency: Whole
    age: Whole
    days_per_unit: float = 7.0
    weight: Whole = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        if not len(self.weight):
            object.__setattr__(self, "weight", np.ones(len(self.frequency), np.int64))
        for wrong, fault in (
            (self.frequency < 0, "frequency below 0"),
            (self.recency > self.age, "last purchase after the end of what is known"),
            ((self.frequency == 0) & (self.recency != 0), "a last purchase without one"),
            (self.recency < self.frequency, "more days with a purchase than days"),
        ):
            if wrong.any():
                raise BrokenHistories(rows=int(wrong.sum()), fault=fault)

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return int(self.weight.sum())

    @property
    def last(self) -> Floats:
        """The recency in units."""
        return self.recency / self.days_per_unit

    @property
    def known_for(self) -> Floats:
        """The age in units."""
        return self.age / self.days_per_unit

    def require_enough(self) -> None:
        """Raise NotEnoughData where there are too few customers, or too few who came again."""
        repeaters = int(self.weight[self.frequency > 0].sum())
        for what, found, needed in (
            ("customers", self.customers, FEWEST_CUSTOMERS),
            ("repeaters", repeaters, FEWEST_REPEATERS),
        ):
            if found < needed:
                raise NotEnoughData(what=what, found=found, needed=needed)

    def compressed(self) -> "Histories":
        """Return the same customers with equal rows made one: a million have some hundred thousand."""
        spans = [int(column.max(initial=0)) + 1 for column in (self.recency, self.age)]
        if float(self.frequency.max(initial=0) + 1) * spans[0] * spans[1] >= 2**62:
            return self
        keys = (self.frequency * spans[0] + self.recency) * spans[1] + self.age
        unique, counts = _unique(keys, self.weight)
        rest, age = np.divmod(unique, spans[1])
        frequency, recency = np.divmod(rest, spans[0])
        return Histories(frequency, recency, age, self.days_per_unit, counts)


def _unique(keys: Whole, weight: Whole) -> tuple[Whole, Whole]:
    """Return the different keys, and the sum of the weights of each."""
    if (weight == 1).all():
        # To sort values is several times quicker than to find their order.
        ordered = np.sort(keys)
        ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]])) + 1
        return ordered[ends - 1], np.diff(ends, prepend=0)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[first], np.add.reduceat(weight[order], first)
