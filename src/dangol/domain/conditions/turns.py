"""When the answer about one value may turn as time goes on and nothing else happens."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from dangol.domain.calendars import EARLIEST, start_of_day
from dangol.domain.conditions.kinds import SPANS
from dangol.domain.conditions.moments import (
    Moment,
    anniversaries,
    first_day_reaching,
    first_reaching,
    month_day,
    shifted_day,
    yearly_day,
)
from dangol.domain.conditions.nodes import Op, Span, Test
from dangol.domain.conditions.values import time_of

# A window of 366 days lacks the leap day once in up to eight years.
_LONGEST_WAIT_YEARS = 10
_LAST_YEAR = 9_000


def is_relative(op: Op) -> bool:
    """Return whether the operator's answer hangs on what time it is."""
    return op in SPANS


def has_relative(where: Iterable[Test]) -> bool:
    """Return whether one of the tests hangs on what time it is."""
    return any(is_relative(test.op) for test in where)


def earliest(candidates: Iterable[datetime | None], after: datetime) -> datetime | None:
    """Return the first of the instants that is later than `after`."""
    return min((one for one in candidates if one is not None and one > after), default=None)


def value_turns(found: Any, op: Op, span: Any, moment: Moment) -> datetime | None:
    """Return the first instant later than the moment at which the answer about `found` turns, if ever."""
    if found is None or not is_relative(op) or not isinstance(span, Span) or found.year > _LAST_YEAR:
        return None
    if found.year < EARLIEST.year and op != "anniversary_within":
        return None  # No span reaches so far back; nor does the calendar from its very first day.
    if isinstance(found, datetime):
        return earliest(_instant_turns(found, op, span, moment), moment.as_of)
    days = [day for day in _day_turns(found, op, span, moment.today) if day > moment.today]
    return start_of_day(min(days), moment.zone) if days else None


def property_turns(found: Any, where: Iterable[Test], moment: Moment) -> datetime | None:
    """Return the first instant at which one of an event's tests turns; `found` gives a property by name."""
    turns = (value_turns(time_of(found(test.property)), test.op, test.value, moment) for test in where)
    return earliest(turns, moment.as_of)


def _instant_turns(found: datetime, op: Op, span: Span, moment: Moment) -> Iterator[datetime]:
    if op == "anniversary_within":
        return
    yield found
    # What lies in the past leaves a window behind now; what is to come enters one ahead.
    yield first_reaching(found, moment.zone, span, -1 if op == "within_last" else 1)


def _day_turns(found: date, op: Op, span: Span, today: date) -> Iterator[date]:
    match op:
        case "within_last":
            yield found
            yield _reaching(found, today, lambda day: shifted_day(day, span.n, span.unit, -1) >= found)
        case "within_next":
            yield found + timedelta(days=1)
            yield _reaching(found, today, lambda day: shifted_day(day, span.n, span.unit, 1) > found)
        case "anniversary_within":
            yield from _anniversary_turns(found, span.n, today)


def _reaching(found: date, today: date, holds: Callable[[date], bool]) -> date:
    """Return the first day after today from which on it holds; today if it already does."""
    return today if holds(today) else first_day_reaching(today, _far(found, today), holds)


def _far(found: date, today: date) -> date:
    """Return a day by which any window of at most ten years has passed."""
    return max(found, today) + timedelta(days=11 * 366)


def _anniversary_turns(found: date, n: int, today: date) -> Iterator[date]:
    """Yield the first day on which the yearly day comes within n days or has passed."""
    key = month_day(found)
    now = key in anniversaries(today, n)
    days = [yearly_day(key, today.year + number) for number in range(_LONGEST_WAIT_YEARS)]
    edges = [day - timedelta(days=n - 1) for day in days] + [day + timedelta(days=1) for day in days]
    later = sorted(day for day in edges if day > today)
    yield from islice((day for day in later if (key in anniversaries(day, n)) is not now), 1)
