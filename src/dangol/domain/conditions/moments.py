"""Time as conditions count it: up to one instant, in the shop's zone, never stepping back.

A window of days, weeks, months or years begins at the same time on the shop's wall clock; one of hours is
exact. As the instant moves on, no window's beginning ever moves back, so that what has left a window stays
out: a day that the month does not have counts as that month's end, a time that the clock skips is the
instant of the change, and while a clock shows an hour for the second time a window's beginning stands still.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dangol.domain.calendars import add_months, day_of, start_of_day
from dangol.domain.conditions.nodes import Between, Last, Span, Window

MICROSECOND = timedelta(microseconds=1)
_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "years": 12}
# By how much a month's end and a change of clocks may at most put an estimate wrong.
_SLACK = timedelta(days=40)
_LEAP_DAY, _DAY_BEFORE = 229, 228


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant conditions are asked at, and the zone whose days count."""

    as_of: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The shop's day: the last one that has begun."""
        return today_of(self.as_of, self.zone)

    def past(self, span: Span | Last) -> datetime:
        """Return where a window of this length that ends now begins (exclusive)."""
        return shifted(self.as_of, self.zone, span.n, span.unit, -1)

    def future(self, span: Span | Last) -> datetime:
        """Return where a window of this length that begins now ends (inclusive)."""
        return shifted(self.as_of, self.zone, span.n, span.unit, 1)

    def bounds(self, window: Window | None) -> tuple[datetime | None, datetime]:
        """Return the window as `after < at ≤ until`; an `after` of None is the beginning of time."""
        match window:
            case Last():
                return self.past(window), self.as_of
            case Between():
                after = None if window.start is None else self.first(window.start) - MICROSECOND
                until = self.as_of if window.end is None else min(self.as_of, self.last(window.end))
                return after, until
        return None, self.as_of

    def first(self, time: date | datetime) -> datetime:
        """Return the first instant of a day; an instant is its own."""
        return time if isinstance(time, datetime) else start_of_day(time, self.zone)

    def last(self, time: date | datetime) -> datetime:
        """Return the last microsecond of a day; an instant is its own."""
        if isinstance(time, datetime):
            return time
        return start_of_day(time + timedelta(days=1), self.zone) - MICROSECOND


def today_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the last day that has begun at an instant: where clocks go back over midnight it stays begun."""
    day = day_of(at, zone)
    following = day + timedelta(days=1)
    return following if start_of_day(following, zone) <= at else day


@lru_cache(maxsize=16_384)
def shifted(at: datetime, zone: ZoneInfo, n: int, unit: str, sign: int) -> datetime:
    """Return the instant n units after (sign 1) or before (sign -1) another; it never falls as `at` rises."""
    if unit == "hours":
        return at + sign * timedelta(hours=n)
    wall = _furthest_wall(at.astimezone(UTC), zone)
    if days := _DAYS.get(unit):
        return instant_of(wall + sign * timedelta(days=n * days), zone)
    years, month = divmod(wall.year * 12 + wall.month - 1 + sign * n * _MONTHS[unit], 12)
    if wall.day > monthrange(years, month + 1)[1]:
        return start_of_day(add_months(date(years, month + 1, 1), 1), zone)
    return instant_of(wall.replace(year=years, month=month + 1), zone)


def shifted_day(day: date, n: int, unit: str, sign: int) -> date:
    """Return the day n days, weeks, months or years after or before; a day a month lacks is its last."""
    if days := _DAYS.get(unit):
        return day + sign * timedelta(days=n * days)
    return add_months(day, sign * n * _MONTHS[unit])


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when the wall clock first shows this time; the instant of the change if it skips it."""
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    # PEP 495: in a gap, fold=0 reads the clock by the offset before the change and fold=1 by the one after.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return first if early >= first else _change_between(early, first, zone)


def _furthest_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the latest time the wall clock has shown so far: in an hour shown twice, that hour's end."""
    local = at.astimezone(zone)
    if not local.fold:
        return local.replace(tzinfo=None)
    before, after = local.replace(fold=0).utcoffset(), local.utcoffset()
    assert before is not None, "a zone knows its offset"
    assert after is not None
    return (_change_between(at - (before - after), at, zone) + before).replace(tzinfo=None)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second at which the offset is that of `after`."""
    offset = after.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def first_reaching(target: datetime, zone: ZoneInfo, span: Span | Last, sign: int) -> datetime:
    """Return the first instant from which shifting by the span leads to `target` or beyond."""

    def reaches(at: datetime) -> bool:
        return shifted(at, zone, span.n, span.unit, sign) >= target

    guess = shifted(target, zone, span.n, span.unit, -sign)
    if reaches(guess) and not reaches(guess - MICROSECOND):
        return guess
    low, high = guess - _SLACK, guess + _SLACK
    while high - low > MICROSECOND:
        middle = low + (high - low) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def first_day_reaching(low: date, high: date, holds: Callable[[date], bool]) -> date:
    """Return the first day at which what never turns false again holds; it does at `high`, not at `low`."""
    while (high - low).days > 1:
        middle = low + (high - low) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def month_day(day: date) -> int:
    """Return a day of the year as month × 100 + day."""
    return day.month * 100 + day.day


def yearly_day(key: int, year: int) -> date:
    """Return when a day of the year is had in a year: 29 February on the 28th in years without one."""
    month, day = divmod(key, 100)
    return date(year, month, min(day, monthrange(year, month)[1]))


@lru_cache(maxsize=4_096)
def anniversaries(today: date, n: int) -> frozenset[int]:
    """Return month × 100 + day of all who have their day on one of n days from today on.

    Those born on 29 February have it on the 28th in years without one.
    """
    found = set()
    for number in range(n):
        day = today + timedelta(days=number)
        found.add(month_day(day))
        if month_day(day) == _DAY_BEFORE and (day + timedelta(days=1)).day == 1:
            found.add(_LEAP_DAY)
    return frozenset(found)
