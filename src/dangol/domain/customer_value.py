"""What customers cost and brought, by the month in which they came and by segment: whole sums, exact parts.

What a month's acquisition cost is borne by those who first bought in it; what its retention cost by those who
had bought before. Each who bears a cost bears the same part, in fractions, so that parts make up the whole.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import sqrt
from typing import NamedTuple, TypeVar

from dangol.domain.statistics import Z

G = TypeVar("G")
ACQUISITION, RETENTION = "acquisition", "retention"
# Of fewer customers a mean has no interval worth showing.
FEWEST = 30


class Cell(NamedTuple):
    """Customers of a segment who first bought in a month (its first day)."""

    cohort: date
    segment: str


class Cost(NamedTuple):
    """What a month cost, by its first day; of a segment alone where one is named."""

    kind: str
    month: date
    amount: int
    segment: str | None = None


@dataclass(slots=True)
class Sums:
    """What customers of a cell, cohort or segment come to together.

    `revenue` with `squares`, the sum of each one's squared; `values`: what they are expected to spend, with
    its bounds; `points` spent; `costs` borne, by kind; `categories`, how much of `revenue` was in which.
    """

    customers: int = 0
    revenue: int = 0
    squares: float = 0.0
    values: list[int] = field(default_factory=lambda: [0, 0, 0])
    points: int = 0
    costs: dict[str, Fraction] = field(
        default_factory=lambda: {ACQUISITION: Fraction(0), RETENTION: Fraction(0)}
    )
    categories: Mapping[str, int] = field(default_factory=dict)

    def add(self, other: "Sums") -> None:
        """Take in another."""
        self.customers += other.customers
        self.revenue += other.revenue
        self.squares += other.squares
        self.values = [one + more for one, more in zip(self.values, other.values, strict=True)]
        self.points += other.points
        for kind, cost in other.costs.items():
            self.costs[kind] += cost
        together = Counter(self.categories)
        together.update(other.categories)
        self.categories = together


def assign(cells: Mapping[Cell, Sums], costs: Iterable[Cost]) -> Fraction:
    """Lay each cost on the customers who bear it; return what is left over, which nobody could bear."""
    left_over = Fraction(0)
    for cost in costs:
        bearing = [
            sums
            for cell, sums in cells.items()
            if cost.segment in (None, cell.segment)
            and (cell.cohort == cost.month if cost.kind == ACQUISITION else cell.cohort < cost.month)
        ]
        customers = sum(sums.customers for sums in bearing)
        if not customers:
            left_over += cost.amount
        for sums in bearing:
            sums.costs[cost.kind] += Fraction(cost.amount * sums.customers, customers)
    return left_over


def grouped(cells: Mapping[Cell, Sums], group_of: Callable[[Cell], G]) -> dict[G, Sums]:
    """Return the sums of each group of cells."""
    found: dict[G, Sums] = {}
    for cell, sums in cells.items():
        found.setdefault(group_of(cell), Sums()).add(sums)
    return found


def margin_each(sums: Sums, margin: Fraction) -> tuple[Fraction, Fraction | None]:
    """Return the margin each brought on average, and half its interval of 95 %: None of fewer than 30."""
    n = sums.customers
    if n < FEWEST:
        return sums.revenue * margin / n, None
    # Sums of squares of floats: of customers all alike the difference may fall below 0.
    variance = max(sums.squares - sums.revenue**2 / n, 0.0) / (n - 1)
    return sums.revenue * margin / n, Fraction(Z * sqrt(variance / n)) * margin


def mean_margin(sums: Sums, margin: Fraction, margins: Mapping[str, Fraction]) -> Fraction:
    """Return the share of revenue that was left, by what was bought of which category.

    `margins` are those of categories, `margin` that of everything else. It lies between the least and the
    most of them; a category of which more came back than was bought has no part in it.
    """
    told = {name: sums.categories[name] for name in margins if sums.categories.get(name, 0) > 0}
    rest = max(sums.revenue - sum(told.values()), 0)
    revenue = rest + sum(told.values())
    if not revenue:
        return margin
    return (rest * margin + sum(amount * margins[name] for name, amount in told.items())) / revenue


def payback(
    won: Mapping[date, Fraction], spent: Mapping[date, Sequence[int]], margin: Fraction
) -> int | None:
    """Return how many months after that of their first purchase cohorts had brought back what they cost.

    `won`: what winning each cohort cost, by its month; `spent`: what it had spent in all by each month after
    its first, 0 and on. Those who are old enough tell of a month, all together. None: not by now, or nobody
    cost anything.
    """
    known = {cohort: cost for cohort, cost in won.items() if cost > 0 and cohort in spent}
    for age in range(max((len(spent[cohort]) for cohort in known), default=0)):
        old_enough = [cohort for cohort in known if len(spent[cohort]) > age]
        brought = sum(spent[cohort][age] for cohort in old_enough) * margin
        if brought >= sum(known[cohort] for cohort in old_enough):
            return age
    return None


def whole(amount: Fraction) -> int:
    """Return whole minor units, halves up."""
    return (amount + Fraction(1, 2)).__floor__()
