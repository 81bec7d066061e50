"""What counted, and when: the sums by which tiers are judged."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dangol.domain.calendars import day_of
from dangol.domain.tiers import Measure

# What counted of each measure, with its instant.
Amounts = Mapping[Measure, Sequence[tuple[datetime, int]]]


class History:
    """What counted, when: amounts by instant, summed over any stretch in logarithmic time.

    With `days_in` each day of that zone counts once: by what came first on it.
    """

    __slots__ = ("_days_in", "_instants", "_sums")

    def __init__(
        self, amounts: Iterable[tuple[datetime, int]] = (), *, days_in: ZoneInfo | None = None
    ) -> None:
        self._days_in = days_in
        self._instants: list[datetime] = []
        self._sums: list[int] = [0]
        for at, amount in sorted(amounts):
            self.add(at, amount)

    def add(self, at: datetime, amount: int) -> None:
        """Add an amount; one that is earlier than the last one costs going through those after it.

        It may be: of a customer who was merged into this one, something may be told that is later.
        """
        place = bisect_right(self._instants, at)
        if self._days_in and (not amount or self._has_day(place, at, self._days_in)):
            return
        self._instants.insert(place, at)
        self._sums.insert(place + 1, self._sums[place])
        for later in range(place + 1, len(self._sums)):
            self._sums[later] += amount

    def _has_day(self, place: int, at: datetime, zone: ZoneInfo) -> bool:
        """Say whether the day of an instant counts already; it does so from its earliest instant on."""
        day = day_of(at, zone)
        if place and day_of(self._instants[place - 1], zone) == day:
            return True
        if place < len(self._instants) and day_of(self._instants[place], zone) == day:
            self._instants[place] = at
            return True
        return False

    def joined_with(self, amounts: Iterable[tuple[datetime, int]]) -> "History":
        """Return a history of these amounts and of its own."""
        return History([*self._amounts(), *amounts], days_in=self._days_in)

    def by_day(self, zone: ZoneInfo) -> "History":
        """Return a history in which each day counts once."""
        return History(self._amounts(), days_in=zone)

    def _amounts(self) -> list[tuple[datetime, int]]:
        steps = zip(self._sums, self._sums[1:], strict=False)
        return list(zip(self._instants, (after - before for before, after in steps), strict=True))

    def total(self, start: datetime | None, end: datetime, *, including_end: bool) -> int:
        """Return the sum from `start` (inclusive; None: ever) to `end`."""
        upto = bisect_right if including_end else bisect_left
        last = self._sums[upto(self._instants, end)]
        return last if start is None else last - self._sums[bisect_left(self._instants, start)]
