"""The stretch of time a page shows, the equally long one before it, and how it is cut into columns."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from dangol.domain.calendars import start_of_day

Value = TypeVar("Value")
LENGTHS = (7, 30, 90)
USUAL = 30
# Up to here each day has a column of its own, beyond it each week.
MOST_DAYS_APART = 7


class Column(NamedTuple):
    """A day or a week of the period; its end is exclusive. One that runs or was cut is not whole."""

    first_day: date
    starts_at: datetime
    ends_at: datetime
    is_whole: bool


class Period(NamedTuple):
    """The last `days` days of the shop up to now, and the same days' worth before; ends are exclusive."""

    days: int
    first_day: date
    last_day: date
    starts_at: datetime
    ends_at: datetime
    before_starts_at: datetime
    before_ends_at: datetime
    columns: tuple[Column, ...]

    @property
    def by_day(self) -> bool:
        """Whether a column is a day; otherwise it is a week that begins on Monday."""
        return self.days <= MOST_DAYS_APART

    def whole(self, values: Sequence[Value]) -> list[Value]:
        """Return what stands in the whole columns: only those can be compared with one another."""
        pairs = zip(self.columns, values, strict=True)
        return [value for column, value in pairs if column.is_whole]


def make_period(days: int, *, at: datetime, zone: ZoneInfo) -> Period:
    """Return the period of `days` days that ends now.

    Today counts as the last day, as far as it has gone, and the period before it ends at the same time
    of day: so like is compared with like. The first week may be cut by the period's start, and the last
    column runs on: neither is whole.
    """
    today = at.astimezone(zone).date()
    first_day = today - timedelta(days=days - 1)
    wall = at.astimezone(zone).replace(tzinfo=None) - timedelta(days=days)
    return Period(
        days,
        first_day,
        today,
        start_of_day(first_day, zone),
        at,
        start_of_day(first_day - timedelta(days=days), zone),
        wall.replace(tzinfo=zone).astimezone(at.tzinfo),
        tuple(_columns(first_day, today, zone, step=1 if days <= MOST_DAYS_APART else 7)),
    )


def end_of_soon(*, at: datetime, zone: ZoneInfo, days: int) -> datetime:
    """Return the end, exclusive, of the day `days` days after today: what ends by then ends within them."""
    return start_of_day(at.astimezone(zone).date() + timedelta(days=days + 1), zone)


def _columns(first_day: date, last_day: date, zone: ZoneInfo, *, step: int) -> list[Column]:
    columns = []
    day = first_day
    while day <= last_day:
        length = step - day.weekday() if step == 7 else 1
        following = day + timedelta(days=length)
        is_whole = length == step and following <= last_day
        columns.append(Column(day, start_of_day(day, zone), start_of_day(following, zone), is_whole))
        day = following
    return columns


def read_days(text: str | None) -> int:
    """Return the length an address asks for; the usual one where it asks for none we offer."""
    return int(text) if text in {str(one) for one in LENGTHS} else USUAL
