"""Days, months and years in the shop's zone, over clock changes and leap years."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.calendars import (
    add_months,
    day_of,
    end_of_month,
    first_of_period,
    next_day,
    start_of_day,
)

ZONES = [
    "Asia/Seoul", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "America/Havana",
    "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "America/Toronto", "Asia/Kathmandu",
]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("Asia/Seoul", date(2026, 3, 8), "2026-03-07T15:00:00+00:00"),
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00:00+00:00"),  # the day clocks go forward
        ("America/New_York", date(2026, 3, 9), "2026-03-09T04:00:00+00:00"),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T04:00:00+00:00"),  # the day they go back
        ("America/New_York", date(2026, 11, 2), "2026-11-02T05:00:00+00:00"),
        # Midnight is skipped: the day begins at 01:00, the moment of the change.
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00+00:00"),
        ("Africa/Cairo", date(2024, 4, 26), "2024-04-25T22:00:00+00:00"),
        ("Asia/Beirut", date(2024, 3, 31), "2024-03-30T22:00:00+00:00"),
        # 23:30 was followed by 00:30: the day begins half an hour after a midnight that never was.
        ("America/Toronto", date(1919, 3, 31), "1919-03-31T04:30:00+00:00"),
        # At midnight clocks go back to 23:00: the day begins when they show 00:00 for good.
        ("America/Sao_Paulo", date(2018, 2, 18), "2018-02-18T03:00:00+00:00"),
        # The whole day is skipped: its beginning is the next one's.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00+00:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00+00:00"),
    ],
)
def test_start_of_day__around_clock_changes__first_instant_there_is(
    zone: str, day: date, instant: str
) -> None:
    assert start_of_day(day, ZoneInfo(zone)).isoformat() == instant


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    day=st.dates(date(1995, 1, 1), date(2037, 12, 31)).filter(lambda day: day != date(2011, 12, 30)),
)
def test_start_of_day__any__is_in_the_day_and_the_second_before_is_not(zone: ZoneInfo, day: date) -> None:
    start = start_of_day(day, zone)

    assert start.tzinfo is UTC
    assert day_of(start, zone) == day
    assert day_of(start - timedelta(seconds=1), zone) < day


def test_day_of__same_instant__another_day_in_another_zone() -> None:
    at = datetime(2026, 1, 31, 15, 30, tzinfo=UTC)

    assert day_of(at, ZoneInfo("America/New_York")) == date(2026, 1, 31)
    assert day_of(at, ZoneInfo("Asia/Seoul")) == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 5, 15), 0, date(2026, 5, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_add_months__shorter_months__clamped_to_their_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2025, 2, 28), date(2025, 2, 28)),
        (date(2026, 12, 3), date(2026, 12, 31)),
    ],
)
def test_end_of_month__any_day__last_day(day: date, end: date) -> None:
    assert end_of_month(day) == end
    assert next_day(end).day == 1


@pytest.mark.parametrize(
    ("months", "first"),
    [(1, date(2026, 8, 1)), (3, date(2026, 7, 1)), (6, date(2026, 7, 1)), (12, date(2026, 1, 1))],
)
def test_first_of_period__day_in_august__month_quarter_half_and_year(months: int, first: date) -> None:
    assert first_of_period(date(2026, 8, 31), months) == first
