"""Locking out who guesses: a table of waits, and laws that hold for any row of failures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from dangol.domain.lockouts import (
    FORGOTTEN_AFTER,
    LONGEST_WAIT,
    MOST_FAILURES,
    Tries,
    count_failure,
    is_open,
    take_back,
    wait_after,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def fail(times: int, *, at: datetime = NOON) -> Tries:
    """Return the tries after so many failures in one instant."""
    tries = None
    for _time in range(times):
        tries = count_failure(tries, at=at)
    assert tries is not None
    return tries


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (10, 32), (11, 60), (12, 60), (1_000, 60)],
)
def test_wait_after__failures__grows_to_an_hour(failures: int, minutes: int) -> None:
    assert wait_after(failures) == timedelta(minutes=minutes)


def test_is_open__nobody_has_tried__yes() -> None:
    assert is_open(None, at=NOON)


@pytest.mark.parametrize(("seconds", "opens"), [(0, False), (59, False), (60, True)])
def test_is_open__after_the_fifth_failure__in_a_minute(seconds: int, opens: bool) -> None:
    assert is_open(fail(5), at=NOON + timedelta(seconds=seconds)) is opens


@pytest.mark.parametrize(("minutes", "failures"), [(0, 5), (14, 5), (15, 1), (60, 1)])
def test_count_failure__quiet_for_a_while__begins_anew(minutes: int, failures: int) -> None:
    assert count_failure(fail(4), at=NOON + timedelta(minutes=minutes)).failures == failures


@pytest.mark.parametrize(("minutes", "failures"), [(1, 6), (15, 6), (16, 1)])
def test_count_failure__after_a_wait__is_remembered_for_15_minutes_more(minutes: int, failures: int) -> None:
    # The fifth failure closes for one minute.
    assert count_failure(fail(5), at=NOON + timedelta(minutes=minutes)).failures == failures


def test_take_back__the_fifth_was_right__opens_again() -> None:
    assert is_open(take_back(fail(5)), at=NOON)
    assert not is_open(take_back(fail(6)), at=NOON)


@given(st.lists(st.integers(0, 7_200), max_size=40))
def test_guessing__any_pace__at_most_nine_in_a_quarter_of_an_hour(pauses: list[int]) -> None:
    at, tries, guesses = NOON, None, []
    for pause in pauses:
        at += timedelta(seconds=pause)
        if is_open(tries, at=at):
            guesses.append(at)
            tries = count_failure(tries, at=at)
    for first in guesses:
        # Within the window the first five are free; a sixth must have waited for a minute, a seventh for two…
        free = [one for one in guesses if first <= one < first + FORGOTTEN_AFTER]
        assert len(free) <= MOST_FAILURES + 4


@given(st.integers(1, 100), st.integers(0, 100_000))
def test_count_failure__any__opens_within_an_hour_and_never_before_now(times: int, seconds: int) -> None:
    at = NOON + timedelta(seconds=seconds)

    tries = count_failure(fail(times), at=at)

    assert at <= tries.open_at <= at + LONGEST_WAIT
