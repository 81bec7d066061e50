"""A daily journal of what is owed in points: in points to the last one, and in money by IFRS 15, B39 to B47.

Points are followed by the month they were first earned in. What a day's purchases are paid for is divided
between the goods and the points they earned (B42): the part of the points is deferred. It becomes revenue in
proportion to what is spent of the points that are expected to be (B46), so also what never will be spent is
recognized along with what is, and the rest when nothing is left. A change of what is expected holds from the
day it is said on, for all that is still owed.

The books of a day tie out: opening + deferred + given - returned - revenue = closing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple

from dangol.domain.deferral import allocated_to_points, recognized, worth
from dangol.domain.splitting import Share, split


class Moved(StrEnum):
    """What points did on a day: `moved` is from month to month, as a gift's, and counts in neither sum."""

    ISSUED = "issued"
    RETURNED = "returned"
    SPENT = "spent"
    EXPIRED = "expired"
    MOVED = "moved"


class DayFlow(NamedTuple):
    """Points first earned in a month that moved on a day.

    `month` is twelve times the year, and the months of it before. `points` is how many were issued, returned,
    spent or expired, below zero where more was given back; of those moved, how many came (or, below, went).
    """

    day: date
    month: int
    moved: Moved
    points: int


class Earned(NamedTuple):
    """What a day's purchases that earned points were paid, in minor units, and the points they earned."""

    price_minor: int
    points: int


class Terms(NamedTuple):
    """What holds on a day: a point's worth in minor units, and the share of points that will be spent."""

    point_value: Fraction
    spent_share: Fraction = Fraction(1)


class JournalDay(NamedTuple):
    """A day of the journal. Points first; then minor units, None where no worth of a point is known.

    `deferred` is taken from the day's sales, `given` is the cost of points nobody paid for, `returned` goes
    with what was taken back (`returned_given` of it is cost that was none), and `revenue` is what the day
    recognized (below zero: took back).
    """

    day: date
    opening: int
    issued: int
    returned: int
    spent: int
    expired: int
    closing: int
    opening_minor: int | None = None
    deferred_minor: int | None = None
    given_minor: int | None = None
    returned_minor: int | None = None
    revenue_minor: int | None = None
    closing_minor: int | None = None
    returned_given_minor: int | None = None


_SUMMED = (
    "issued", "returned", "spent", "expired", "deferred_minor", "given_minor", "returned_minor",
    "revenue_minor", "returned_given_minor",
)  # fmt: skip


@dataclass
class _Month:
    """Points first earned in a month, and what is deferred for them."""

    issued: int = 0
    spent: int = 0
    expired: int = 0
    deferred_minor: int = 0
    # Of what is deferred, the cost of points that nobody paid for.
    given_minor: int = 0
    recognized_minor: int = 0

    @property
    def left(self) -> int:
        return self.issued - self.spent - self.expired

    @property
    def owed_minor(self) -> int:
        return self.deferred_minor - self.recognized_minor

    def recognize(self, share: Fraction) -> int:
        """Recognize what is revenue by now; returns the change."""
        to_come = max(_half_up(self.issued * share) - self.spent, 0)
        expected = max(self.spent, 0) + min(max(self.left, 0), to_come)
        so_far = recognized(
            allocated_minor=self.deferred_minor, spent=max(self.spent, 0), expected_spent=expected
        )
        change, self.recognized_minor = so_far - self.recognized_minor, so_far
        return change

    def release(self, points: int) -> tuple[int, int]:
        """Take out what is deferred for points that count as never issued: how much, and of it given."""
        share = (
            min(max(Fraction(points, self.issued), Fraction(0)), Fraction(1))
            if self.issued > 0
            else Fraction(0)
        )
        part, given = _half_up(self.deferred_minor * share), _half_up(self.given_minor * share)
        given = min(given, part)
        self.issued -= points
        self.deferred_minor -= part
        self.given_minor -= given
        return part, given


def journal(
    flows: Iterable[DayFlow],
    earned: Mapping[date, Earned],
    terms_on: Callable[[date], Terms | None],
    *,
    last: date,
) -> list[JournalDay]:
    """Return every day from the first on which points moved to `last`, each with its books.

    `earned` is what purchases were paid by the day, `terms_on` what holds on a day (None: no worth was ever
    said; then the journal is of points alone).
    """
    by_day: dict[date, list[DayFlow]] = defaultdict(list)
    for flow in flows:
        by_day[flow.day].append(flow)
    if not by_day:
        return []
    months: dict[int, _Month] = defaultdict(_Month)
    days: list[JournalDay] = []
    day, points, minor, before = min(by_day), 0, 0, None
    while day <= last:
        terms = terms_on(day)
        own = by_day.get(day, [])
        row = _counted(day, points, own)
        if terms is not None:
            touched = months if terms != before else {flow.month: months[flow.month] for flow in own}
            row = _booked(row, minor, own, months, touched, earned.get(day, Earned(0, 0)), terms)
        days.append(row)
        points, minor, before, day = row.closing, row.closing_minor or 0, terms, day + timedelta(days=1)
    return days


def summed(days: Sequence[JournalDay]) -> JournalDay:
    """Return days that follow one another as one, which has the last one's date; there is at least one."""
    first, last = days[0], days[-1]
    in_money = first.opening_minor is not None and last.closing_minor is not None
    sums: dict[str, Any] = {
        name: sum(getattr(one, name) or 0 for one in days)
        for name in _SUMMED
        if in_money or not name.endswith("_minor")
    }
    return last._replace(opening=first.opening, opening_minor=first.opening_minor, **sums)


def _counted(day: date, opening: int, flows: Iterable[DayFlow]) -> JournalDay:
    sums: dict[Moved, int] = defaultdict(int)
    for flow in flows:
        sums[flow.moved] += flow.points
    issued, returned, spent, expired = (
        sums[one] for one in (Moved.ISSUED, Moved.RETURNED, Moved.SPENT, Moved.EXPIRED)
    )
    closing = opening + issued + sums[Moved.MOVED] - returned - spent - expired
    # What left one month and came to none has left the books, and the other way round.
    moved = sums[Moved.MOVED]
    return JournalDay(
        day, opening, issued + max(moved, 0), returned + max(-moved, 0), spent, expired, closing
    )


def _booked(
    row: JournalDay,
    opening_minor: int,
    flows: list[DayFlow],
    months: Mapping[int, _Month],
    touched: Mapping[int, _Month],
    earned: Earned,
    terms: Terms,
) -> JournalDay:
    deferred, given = _issue(flows, months, earned, terms)
    returned, returned_given = _take_out(flows, months)
    for flow in flows:
        if flow.moved is Moved.SPENT:
            months[flow.month].spent += flow.points
        elif flow.moved is Moved.EXPIRED:
            months[flow.month].expired += flow.points
    revenue = sum(one.recognize(terms.spent_share) for one in touched.values())
    return row._replace(
        opening_minor=opening_minor,
        deferred_minor=deferred,
        given_minor=given,
        returned_minor=returned,
        returned_given_minor=returned_given,
        revenue_minor=revenue,
        closing_minor=opening_minor + deferred + given - returned - revenue,
    )


def _issue(
    flows: Iterable[DayFlow], months: Mapping[int, _Month], earned: Earned, terms: Terms
) -> tuple[int, int]:
    """Add what was issued; returns what is deferred of the day's sales, and the cost of points given free."""
    issued = [flow for flow in flows if flow.moved is Moved.ISSUED]
    all_points = sum(flow.points for flow in issued)
    sold = min(earned.points, all_points)
    deferred = allocated_to_points(
        price_minor=max(earned.price_minor, 0), points=sold,
        expected_spent=_half_up(sold * terms.spent_share), point_value=terms.point_value,
    ) if sold > 0 and earned.price_minor > 0 else 0  # fmt: skip
    free = all_points - (sold if deferred else 0)
    given = worth(_half_up(free * terms.spent_share), terms.point_value)
    weights = {flow.month: flow.points for flow in issued}
    _spread(deferred, 0, weights, months)
    _spread(given, given, weights, months)
    for flow in issued:
        months[flow.month].issued += flow.points
    return deferred, given


def _take_out(flows: Iterable[DayFlow], months: Mapping[int, _Month]) -> tuple[int, int]:
    """Take out what came back and what went from month to month.

    Returns what of it left the books, and the part of that which was the cost of points given.
    """
    back, moved = list[tuple[int, int]](), dict[int, int]()
    for flow in flows:
        if flow.moved is Moved.RETURNED:
            back.append(months[flow.month].release(flow.points))
        elif flow.moved is Moved.MOVED:
            moved[flow.month] = moved.get(flow.month, 0) + flow.points
    moving = [months[month].release(-points) for month, points in moved.items() if points < 0]
    came = {month: points for month, points in moved.items() if points > 0}
    for month, points in came.items():
        months[month].issued += points
    if came:
        _spread(sum(minor for minor, _ in moving), sum(given for _, given in moving), came, months)
    else:
        back += moving
    return sum(minor for minor, _ in back), sum(given for _, given in back)


def _spread(minor: int, given: int, weights: Mapping[int, int], months: Mapping[int, _Month]) -> None:
    """Defer an amount for points of these months in proportion, so much of it as the cost of points given."""
    shares = [Share((f"{month:06}", 0), points, minor) for month, points in weights.items()]
    if minor and shares:
        parts = split(minor, shares)
        costs = split(given, [Share(one.key, part, part) for one, part in zip(shares, parts, strict=True)])
        for month, part, cost in zip(weights, parts, costs, strict=True):
            months[month].deferred_minor += part
            months[month].given_minor += cost


def _half_up(amount: Fraction | int) -> int:
    return int((amount + Fraction(1, 2)).__floor__())
