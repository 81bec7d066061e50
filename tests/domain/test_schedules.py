"""When periodic work falls due, over the days on which the clock is moved."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.schedules import Daily, Every
from tests.sizes import SIZE

SEOUL, NEW_YORK, LONDON = (ZoneInfo(key) for key in ("Asia/Seoul", "America/New_York", "Europe/London"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "after", "due"),
    [
        (SEOUL, "00:10", "2026-03-01 15:09", "2026-03-01 15:10"),
        (SEOUL, "00:10", "2026-03-01 15:10", "2026-03-02 15:10"),
        # New York set its clocks forward on 2026-03-08 at 02:00 (EST, -5) to 03:00 (EDT, -4).
        (NEW_YORK, "00:10", "2026-03-08 05:10", "2026-03-09 04:10"),
        (NEW_YORK, "02:30", "2026-03-07 07:30", "2026-03-08 07:30"),
        (NEW_YORK, "02:30", "2026-03-08 07:30", "2026-03-09 06:30"),
        # and back on 2026-11-01 at 02:00 (EDT) to 01:00 (EST): 01:30 comes twice, the first counts.
        (NEW_YORK, "01:30", "2026-10-31 06:00", "2026-11-01 05:30"),
        (NEW_YORK, "01:30", "2026-11-01 05:30", "2026-11-02 06:30"),
        (LONDON, "01:30", "2026-03-29 00:00", "2026-03-29 01:30"),
        (LONDON, "01:30", "2026-10-25 00:00", "2026-10-25 00:30"),
    ],
)
def test_daily__around_a_change_of_clocks__due_once_at_the_wall_clock(
    zone: ZoneInfo, at: str, after: str, due: str
) -> None:
    schedule = Daily(time.fromisoformat(at))

    assert schedule.next_after(utc(after), zone) == utc(due)
    assert schedule.latest_until(utc(due), zone) == utc(due)


@pytest.mark.parametrize(
    "zone", [SEOUL, NEW_YORK, LONDON, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo")]
)
def test_daily__over_two_years__once_each_local_day(zone: ZoneInfo) -> None:
    schedule = Daily(time(0, 10))
    due, days = utc("2025-01-01 12:00"), []

    for _ in range(730):
        due = schedule.next_after(due, zone)
        days.append(due.astimezone(zone).date())

    assert len(set(days)) == 730
    assert days[-1] - days[0] == timedelta(days=729)


@given(
    schedule=st.one_of(
        st.builds(Daily, st.times().map(lambda at: at.replace(microsecond=0))),
        st.builds(Every, st.timedeltas(timedelta(seconds=1), timedelta(days=9))),
    ),
    after=st.integers(946_684_800, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC)),
    zone=st.sampled_from([SEOUL, NEW_YORK, LONDON, ZoneInfo("Pacific/Apia"), ZoneInfo("UTC")]),
)
@settings(max_examples=SIZE.examples, deadline=None)
def test_schedule__any_instant__latest_and_next_leave_no_gap(
    schedule: Daily | Every, after: datetime, zone: ZoneInfo
) -> None:
    following = schedule.next_after(after, zone)

    assert following > after
    assert schedule.latest_until(after, zone) <= after
    assert schedule.latest_until(following, zone) == following
    assert schedule.next_after(schedule.latest_until(after, zone), zone) == following


def test_every__restarted_at_another_second__same_instants() -> None:
    schedule = Every(timedelta(minutes=5))

    assert schedule.next_after(utc("2026-03-01 00:02:13"), SEOUL) == utc("2026-03-01 00:05")
    assert schedule.latest_until(utc("2026-03-01 00:09:59"), SEOUL) == utc("2026-03-01 00:05")
