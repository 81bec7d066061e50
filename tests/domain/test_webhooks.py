"""When a webhook is tried again, and when its endpoint is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies

from dangol.domain.webhooks import (
    SCHEDULE,
    Cause,
    EndpointState,
    Recent,
    Standing,
    judge,
    next_try_at,
    read_retry_after,
    rest_until,
)

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACTIVE, FAILING = Standing(EndpointState.ACTIVE), Standing(EndpointState.FAILING, AT - timedelta(days=1))
DISABLED = Standing(EndpointState.DISABLED, AT)
HOUR = timedelta(hours=1)


def test_schedule__all_of_it__is_that_of_the_specification() -> None:
    waits = [next_try_at(tries, at=AT, chance=0.0, asked=None) for tries in range(1, 11)]

    assert [wait - AT for wait in waits if wait] == [
        timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30),
        *[timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)],
    ]  # fmt: skip
    assert waits[-1] is None
    assert sum(SCHEDULE, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@given(strategies.integers(1, 9), strategies.floats(0, 1), strategies.integers(0, 10**7))
def test_next_try_at__any_jitter_and_wish__waits_as_planned_and_at_most_a_tenth_or_the_wish_longer(
    tries: int, chance: float, seconds: int
) -> None:
    asked = timedelta(seconds=seconds)
    due_at = next_try_at(tries, at=AT, chance=chance, asked=asked)

    assert due_at is not None
    wait = due_at - AT
    assert SCHEDULE[tries] <= wait <= max(SCHEDULE[tries] * 1.1, min(asked, timedelta(days=1)))
    assert wait >= min(asked, timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        (None, None), ("", None), ("0", None), ("120", timedelta(seconds=120)), (" 7 ", timedelta(seconds=7)),
        ("-5", None), ("1.5", None), ("soon", None), ("٣", None), ("9" * 400, timedelta(seconds=10**8)),
        ("Mon, 02 Mar 2026 10:00:00 GMT", HOUR), ("Mon, 02 Mar 2026 10:00:00", HOUR),
        ("Mon, 02 Mar 2026 08:00:00 GMT", None), ("Mon, 99 Mar 2026 08:00:00 GMT", None),
    ],
)  # fmt: skip
def test_read_retry_after__seconds_date_or_nonsense__wait_or_nothing(
    text: str | None, wait: timedelta | None
) -> None:
    assert read_retry_after(text, at=AT) == wait


@pytest.mark.parametrize(
    ("status", "asked", "rest"),
    [
        (429, HOUR / 2, HOUR / 2),
        (503, HOUR * 9, HOUR),
        (500, HOUR, None),
        (429, None, None),
        (None, HOUR, None),
    ],
)
def test_rest_until__too_busy__the_whole_endpoint_rests_an_hour_at_most(
    status: int | None, asked: timedelta | None, rest: timedelta | None
) -> None:
    assert rest_until(status, asked, at=AT) == (AT + rest if rest else None)


@pytest.mark.parametrize(
    ("before", "recent", "after", "cause"),
    [
        (ACTIVE, Recent(2, None, AT), ACTIVE, None),
        (ACTIVE, Recent(3, None, AT), Standing(EndpointState.FAILING, AT), Cause.FAILURES),
        (ACTIVE, Recent(3, AT + HOUR, AT), ACTIVE, None),
        (ACTIVE, Recent(0, AT, None), ACTIVE, None),
        (FAILING, Recent(3, AT - HOUR, AT), FAILING, None),
        (FAILING, Recent(0, AT, None), ACTIVE, Cause.RECOVERED),
        (FAILING, Recent(3, AT, AT - HOUR), ACTIVE, Cause.RECOVERED),
        (ACTIVE, Recent(1, None, AT, is_gone=True), Standing(EndpointState.DISABLED), Cause.GONE),
        (DISABLED, Recent(3, None, AT, is_gone=True), DISABLED, None),
        (DISABLED, Recent(0, AT, None), DISABLED, None),
    ],
)
def test_judge__what_came_of_the_latest_tries__state_and_cause(
    before: Standing, recent: Recent, after: Standing, cause: Cause | None
) -> None:
    assert judge(before, recent, at=AT) == (after, cause)


@pytest.mark.parametrize(
    ("days", "state"),
    [(4.9, EndpointState.FAILING), (5, EndpointState.DISABLED), (9, EndpointState.DISABLED)],
)
def test_judge__failing_for_days__given_up_after_five(days: float, state: EndpointState) -> None:
    since = AT - timedelta(days=days)

    judged, cause = judge(Standing(EndpointState.FAILING, since), Recent(1, None, AT), at=AT)

    assert judged == Standing(state, since)
    assert (cause is Cause.EXHAUSTED) == (state is EndpointState.DISABLED)
