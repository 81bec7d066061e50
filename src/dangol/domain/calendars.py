"""Days, months and years as a shop lives them: in its own zone, right over clock changes.

A day is a `date`; an instant is an aware `datetime` in UTC. A period that ends on a day ends at the first
instant of the next day in the shop's zone, exclusive: so the last day counts in full.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

# Nothing that is told of happened before: a year in two digits, or none at all, was meant for a later one.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
# From here on a day more, or another zone, may lie beyond the last day there is.
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
# So far the clocks of a till, an app and ours may differ: what is told within it is no slip.
CLOCKS_DIFFER = timedelta(minutes=5)
_STEP = timedelta(minutes=15)
Period = Literal["day", "week", "month", "year"]


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the shop's calendar day at an instant."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=16_384)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day, in UTC.

    Where clocks are put forward over midnight there is no 00:00; the day then begins at the moment of
    the change. Where they are put back over it, the day begins the first time the clock shows 00:00.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    first = midnight.astimezone(UTC)
    # PEP 495: in a gap, fold=0 reads the clock by the offset before the change and fold=1 by the one after.
    early = midnight.replace(fold=1).astimezone(UTC)
    return first if early >= first else _first_instant(day, zone, early, first)


def _first_instant(day: date, zone: ZoneInfo, before: datetime, within: datetime) -> datetime:
    """Return the first second of `day` between an instant before it and one in it or after."""
    low, high = int(before.timestamp()), int(within.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if day_of(datetime.fromtimestamp(middle, UTC), zone) < day:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or that month's last day where it is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def end_of_month(day: date) -> date:
    """Return the last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def first_of_period(day: date, months: int) -> date:
    """Return the first day of the calendar period (1, 3 or 12 months long) that holds `day`."""
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def first_of_anniversary(day: date, anchor: date, months: int) -> date:
    """Return the first day of the stretch of so many months, counted from an anchor, that holds `day`.

    Month ends are clamped by the anchor's own day: of 29 February each 28th, and each 29th there is.
    """
    passed = (day.year - anchor.year) * 12 + day.month - anchor.month
    first = add_months(anchor, passed // months * months)
    return first if first <= day else add_months(anchor, (passed // months - 1) * months)


def start_of_period(period: Period, as_of: datetime, zone: ZoneInfo) -> datetime:
    """Return when the shop's day, week (from Monday), month or year began in which an instant lies."""
    day = day_of(as_of, zone)
    match period:
        case "week":
            day -= timedelta(days=day.weekday())
        case "month":
            day = day.replace(day=1)
        case "year":
            day = date(day.year, 1, 1)
    return start_of_day(day, zone)


def next_day(day: date) -> date:
    """Return the day after."""
    return day + timedelta(days=1)


def stretches(first: date, last: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut the days where the zone's clocks change: yields start, end (exclusive) and offset from UTC."""
    instant, end = start_of_day(first, zone), start_of_day(next_day(last), zone)
    began, offset = instant, _offset(instant, zone)
    while instant < end:
        step = timedelta(days=1) if _offset(instant + timedelta(days=1), zone) == offset else _STEP
        instant = min(instant + step, end)
        if _offset(instant, zone) != offset:
            yield began, instant, offset
            began, offset = instant, _offset(instant, zone)
    if began < end:
        yield began, end, offset


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
