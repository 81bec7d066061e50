"""A span of days as filters ask for it: today, this week, the last 30 days, or from one day to another.

It stands in the address by its name (`joined=week`), so that a link is of the week in which it is opened.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.domain.calendars import start_of_day
from dangol.web.formats import format_date, format_range

FIRST_YEAR, LAST_YEAR = 1900, 9000
DAYS = 30


class Quick(StrEnum):
    """What can be chosen; `DAYS` asks for the two days by themselves."""

    ANY = ""
    TODAY = "today"
    WEEK = "week"
    MONTH = "30d"
    DAYS = "days"


CHOICES: Sequence[tuple[Quick, Promise]] = (
    (Quick.ANY, lazy("언제든")),
    (Quick.TODAY, lazy("오늘")),
    (Quick.WEEK, lazy("이번 주")),
    (Quick.MONTH, lazy("지난 30일")),
    (Quick.DAYS, lazy("직접 고르기")),
)


class Between(NamedTuple):
    """A stretch of time; its end is exclusive, and a side without an instant is open."""

    since: datetime | None = None
    until: datetime | None = None

    def on(self, field: str) -> dict[str, datetime]:
        """Return the condition that a field lies in it, as a filter's arguments; a null never does."""
        bounds = {f"{field}__gte": self.since, f"{field}__lt": self.until}
        return {name: at for name, at in bounds.items() if at is not None}


class DaySpan(NamedTuple):
    """A filter's field as a page shows it again: the choice, the days written, and what they come to."""

    name: str
    quick: Quick = Quick.ANY
    first: date | None = None
    last: date | None = None
    between: Between | None = None

    @property
    def choices(self) -> Sequence[tuple[Quick, Promise]]:
        """What can be chosen, with its words."""
        return CHOICES


def span_of(asked: QueryDict, name: str, *, today: date, zone: ZoneInfo) -> DaySpan:
    """Return the span asked for, in days of the shop; two days the wrong way round are turned."""
    chosen = asked.get(name, "")
    quick = Quick(chosen) if chosen in set(Quick) else Quick.ANY
    first, last = _days(quick, asked, name, today)
    if first and last and first > last:
        first, last = last, first
    if first is None and last is None:
        return DaySpan(name, quick)
    since = start_of_day(first, zone) if first else None
    until = start_of_day(last + timedelta(days=1), zone) if last else None
    return DaySpan(name, quick, first, last, Between(since, until))


def span_words(span: DaySpan) -> str:
    """Return a span in words: the choice, or the days."""
    if span.quick is not Quick.DAYS:
        return str(dict(CHOICES)[span.quick])
    if span.first and span.last:
        return format_range(span.first, span.last)
    if span.first:
        return _("{day}부터").format(day=format_date(span.first))
    return _("{day}까지").format(day=format_date(span.last)) if span.last else ""


def _days(quick: Quick, asked: QueryDict, name: str, today: date) -> tuple[date | None, date | None]:
    match quick:
        case Quick.TODAY:
            return today, today
        case Quick.WEEK:
            return today - timedelta(days=today.weekday()), today
        case Quick.MONTH:
            return today - timedelta(days=DAYS - 1), today
        case Quick.DAYS:
            return _day(asked.get(f"{name}_from", "")), _day(asked.get(f"{name}_to", ""))
        case _:
            return None, None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year < LAST_YEAR else None
