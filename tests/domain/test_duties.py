"""When a duty is due, case by case."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.calendars import add_months
from dangol.domain.duties import (
    age_on,
    answer_by,
    is_reported,
    needs_guardian,
    past_months,
    sign_by,
    tell_by,
)

SEOUL = ZoneInfo("Asia/Seoul")


def test_answer_by__ten_days__are_counted_from_the_day_after() -> None:
    assert answer_by(date(2026, 3, 1), SEOUL) == datetime(2026, 3, 11, 15, tzinfo=UTC), "the 11th ends then"


def test_tell_by__a_leak__is_three_days_to_the_minute() -> None:
    known_at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

    assert tell_by(known_at) - known_at == timedelta(hours=72)


@pytest.mark.parametrize(
    ("people", "is_sensitive", "is_attack", "reported"),
    [
        (999, False, False, False),
        (1_000, False, False, True),
        (1, True, False, True),
        (1, False, True, True),
        (None, False, False, True),
    ],
)
def test_is_reported__by_number_kind_and_cause(
    people: int | None, is_sensitive: bool, is_attack: bool, reported: bool
) -> None:
    assert is_reported(people=people, is_sensitive=is_sensitive, is_attack=is_attack) is reported


@pytest.mark.parametrize(
    ("first", "today", "months"),
    [
        (date(2026, 3, 31), date(2026, 3, 31), []),
        (date(2026, 3, 31), date(2026, 4, 1), [date(2026, 3, 1)]),
        (date(2026, 1, 15), date(2026, 4, 30), [date(2026, 3, 1), date(2026, 2, 1), date(2026, 1, 1)]),
    ],
)
def test_past_months__since_the_first_entry__the_latest_first(
    first: date, today: date, months: list[date]
) -> None:
    assert list(past_months(first, today)) == months


def test_past_months__of_years__are_twelve() -> None:
    months = list(past_months(date(2020, 1, 1), date(2026, 3, 5)))

    assert (len(months), months[-1]) == (12, date(2025, 3, 1))


def test_sign_by__the_tenth__is_the_last_day() -> None:
    assert sign_by(date(2026, 2, 1), SEOUL) == datetime(2026, 3, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("birthday", "today", "age", "guardian"),
    [
        (date(2012, 3, 2), date(2026, 3, 1), 13, True),
        (date(2012, 3, 1), date(2026, 3, 1), 14, False),
        (date(2012, 2, 29), date(2026, 2, 28), 13, True),
        (date(2012, 2, 29), date(2026, 3, 1), 14, False),
        (None, date(2026, 3, 1), None, False),
    ],
)
def test_guardian__by_age__until_the_day_of_fourteen(
    birthday: date | None, today: date, age: int | None, guardian: bool
) -> None:
    assert birthday is None or age_on(birthday, today) == age
    assert needs_guardian(birthday, today) is guardian


@given(st.integers(704_000, 737_000).map(date.fromordinal), st.integers(0, 100 * 365))
def test_age__a_day_later__never_falls_and_rises_by_one(birthday: date, days: int) -> None:
    today = birthday + timedelta(days=days)

    assert 0 <= age_on(birthday, today + timedelta(days=1)) - age_on(birthday, today) <= 1
    # Twelve months make a year, but for those of 29 February.
    assert age_on(birthday, add_months(birthday, 12)) == (
        0 if (birthday.month, birthday.day) == (2, 29) else 1
    )
