"""What counted, and when: the sums by which tiers are judged."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime


class History:
    """What counted, when: amounts by instant, summed over any stretch in logarithmic time."""

    __slots__ = ("_instants", "_sums")

    def __init__(self, amounts: Iterable[tuple[datetime, int]] = ()) -> None:
        self._instants: list[datetime] = []
        self._sums: list[int] = [0]
        for at, amount in sorted(amounts):
            self.add(at, amount)

    def add(self, at: datetime, amount: int) -> None:
        """Add an amount; one that is earlier than the last one costs going through those after it.

        It may be: of a customer who was merged into this one, something may be told that is later.
        """
        place = bisect_right(self._instants, at)
        self._instants.insert(place, at)
        self._sums.insert(place + 1, self._sums[place])
        for later in range(place + 1, len(self._sums)):
            self._sums[later] += amount

    def joined_with(self, amounts: Iterable[tuple[datetime, int]]) -> "History":
        """Return a history of these amounts and of its own."""
        steps = zip(self._sums, self._sums[1:], strict=False)
        own = zip(self._instants, (after - before for before, after in steps), strict=True)
        return History([*own, *amounts])

    def total(self, start: datetime | None, end: datetime, *, including_end: bool) -> int:
        """Return the sum from `start` (inclusive; None: ever) to `end`."""
        upto = bisect_right if including_end else bisect_left
        last = self._sums[upto(self._instants, end)]
        return last if start is None else last - self._sums[bisect_left(self._instants, start)]
