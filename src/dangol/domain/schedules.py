"""When periodic work falls due, computed in the shop's own zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Schedule(Protocol):
    """A rule that names the instants at which something falls due."""

    def next_after(self, after: datetime, zone: ZoneInfo) -> datetime:
        """Return the first due instant later than `after`, in UTC."""
        ...

    def latest_until(self, until: datetime, zone: ZoneInfo) -> datetime:
        """Return the last due instant that is not later than `until`, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """At each whole multiple of `interval` since 1970 in UTC, so that a restart does not move it."""

    interval: timedelta

    def next_after(self, after: datetime, zone: ZoneInfo) -> datetime:
        return self.latest_until(after, zone) + self.interval

    def latest_until(self, until: datetime, zone: ZoneInfo) -> datetime:
        return EPOCH + (until - EPOCH) // self.interval * self.interval

    def __str__(self) -> str:
        return f"every {self.interval}"


@dataclass(frozen=True, slots=True)
class Daily:
    """Once each calendar day of the shop, at the wall-clock time `at`.

    On the day the clock is set forward over `at`, it falls due as much later as the clock was moved
    (02:30 at 03:30); on the day the clock is set back over it, the first of the two times counts.
    A day that a zone leaves out altogether has no due instant of its own.
    """

    at: time

    def next_after(self, after: datetime, zone: ZoneInfo) -> datetime:
        day = after.astimezone(zone).date() - timedelta(days=1)
        return next(instant for instant in self._from(day, zone, step=1) if instant > after)

    def latest_until(self, until: datetime, zone: ZoneInfo) -> datetime:
        day = until.astimezone(zone).date() + timedelta(days=1)
        return next(instant for instant in self._from(day, zone, step=-1) if instant <= until)

    def _from(self, day: date, zone: ZoneInfo, *, step: int) -> Iterator[datetime]:
        while True:
            # fold=0 reads a time that comes twice as its first, and one that never comes by the
            # offset before the change, which is later by the gap (PEP 495).
            yield datetime.combine(day, self.at, zone).astimezone(UTC)
            day += timedelta(days=step)

    def __str__(self) -> str:
        return f"daily at {self.at:%H:%M}"
