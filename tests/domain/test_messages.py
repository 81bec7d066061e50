"""When a message is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from dangol.domain.messages import LONGEST_DELAY, MOST_TRIES, retry_at

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside it


@pytest.mark.parametrize(
    ("tries", "chance", "seconds"),
    [(1, 0, 10), (1, 1, 5), (2, 0, 20), (5, 0, 160), (5, 0.5, 120), (12, 0, 20_480), (13, 0, 21_600)],
)
def test_retry_at__after_so_many_failures__waits_twice_as_long(
    tries: int, chance: float, seconds: int
) -> None:
    assert retry_at(tries, at=NOON, chance=chance, until=None) == NOON + timedelta(seconds=seconds)


def test_retry_at__every_try_failed__gives_up_after_a_day() -> None:
    at, tries = NOON, 0
    while again := retry_at(tries + 1, at=at, chance=0, until=None):
        at, tries = again, tries + 1

    assert tries + 1 == MOST_TRIES
    assert timedelta(hours=17) < at - NOON < timedelta(hours=36)


@given(st.integers(1, MOST_TRIES + 5), INSTANTS, st.floats(0, 1), st.integers(-3_600, 90_000))
def test_retry_at__any_try__comes_later_and_never_too_late(
    tries: int, at: datetime, chance: float, seconds: int
) -> None:
    until = at + timedelta(seconds=seconds)

    again = retry_at(tries, at=at, chance=chance, until=until)

    assert again is None or at < again < until
    assert again is None or again - at <= LONGEST_DELAY
