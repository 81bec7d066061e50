"""When a webhook is tried again, and when its endpoint is given up.

The schedule is that of Standard Webhooks 1.0.0 ("Retry schedule"); that the clock towards giving up
starts only after several failures, and stops at any success, is what Svix does.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

# The wait before each try: at once, then for about three days.
SCHEDULE = (
    timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
# A wait is prolonged by up to a tenth, so that what failed together does not come back together.
JITTER = 0.1
LONGEST_ASKED = timedelta(hours=24)
LONGEST_REST = timedelta(hours=1)
FAILURES_TO_FAIL, FAILURES_WITHIN = 3, timedelta(hours=24)
GIVEN_UP_AFTER = timedelta(days=5)
GONE = 410
_WAIT_ANSWERS = {429, 503}


class EndpointState(StrEnum):
    """How it stands with an endpoint: nothing is sent to a disabled one."""

    ACTIVE = "active"
    FAILING = "failing"
    DISABLED = "disabled"


class Cause(StrEnum):
    """Why an endpoint's state changed."""

    CREATED = "created"
    FAILURES = "failures"
    RECOVERED = "recovered"
    # It has failed for five days.
    EXHAUSTED = "exhausted"
    # It answered 410: it asks never to be called again.
    GONE = "gone"
    # Somebody here switched it.
    BY_HAND = "by_hand"


class Standing(NamedTuple):
    """An endpoint's state, and since when it has been failing."""

    state: EndpointState
    failing_since: datetime | None = None


class Recent(NamedTuple):
    """What came of the latest tries: failures since the last success, of the last 24 hours, and the ends."""

    failures: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    is_gone: bool = False


def next_try_at(tries: int, *, at: datetime, chance: float, asked: timedelta | None) -> datetime | None:
    """Return when to try again after `tries` failures, the last one at `at`; None when all are used up.

    `chance`, from 0 to 1, is the share of jitter; `asked` the wait that the receiver wished for
    (Retry-After), which prolongs ours up to a day and never shortens it.
    """
    if tries >= len(SCHEDULE):
        return None
    wait = SCHEDULE[tries] * (1 + JITTER * chance)
    return at + max(wait, min(asked, LONGEST_ASKED) if asked else wait)


def read_retry_after(text: str | None, *, at: datetime) -> timedelta | None:
    """Return the wait a Retry-After header asks for, in seconds or as a date (RFC 9110, section 10.2.3).

    None where there is none, or it cannot be read, or it lies in the past.
    """
    if not text:
        return None
    words = text.strip()
    if words.isascii() and words.isdigit():
        return timedelta(seconds=min(int(words[:9]), 10**8)) or None
    try:
        until = parsedate_to_datetime(words)
        wait = until.replace(tzinfo=until.tzinfo or UTC) - at
    except (ValueError, OverflowError):
        return None
    return wait if wait > timedelta(0) else None


def rest_until(status: int | None, asked: timedelta | None, *, at: datetime) -> datetime | None:
    """Return until when nothing at all is sent to an endpoint that answered so: it is too busy for any.

    Only for 429 and 503 with a Retry-After, and for an hour at most.
    """
    if status not in _WAIT_ANSWERS or asked is None:
        return None
    return at + min(asked, LONGEST_REST)


def judge(standing: Standing, recent: Recent, *, at: datetime) -> tuple[Standing, Cause | None]:
    """Return how it stands with an endpoint after its latest tries, and the cause if its state changes."""
    state, since = standing
    if state is EndpointState.DISABLED:
        return standing, None
    if recent.is_gone:
        return Standing(EndpointState.DISABLED, since), Cause.GONE
    if _ended_well(recent):
        if state is EndpointState.FAILING:
            return Standing(EndpointState.ACTIVE), Cause.RECOVERED
        return standing, None
    if state is EndpointState.ACTIVE:
        if recent.failures < FAILURES_TO_FAIL:
            return standing, None
        return Standing(EndpointState.FAILING, at), Cause.FAILURES
    if since is not None and at - since >= GIVEN_UP_AFTER:
        return Standing(EndpointState.DISABLED, since), Cause.EXHAUSTED
    return standing, None


def _ended_well(recent: Recent) -> bool:
    if recent.last_failure_at is None:
        return True
    return recent.last_success_at is not None and recent.last_success_at >= recent.last_failure_at
