"""Locking out who guesses: five failures, then waits that grow.

Failures add up while no more than 15 minutes lie between them. The fifth closes the door for a minute, and
each further one for twice as long, an hour at most. Korea's standard for protecting personal data (개인정보의
안전성 확보조치 기준, 제5조⑥) asks for a limit on failed sign-ins; OWASP ASVS 5.0 (V6.3.1) for one that
throttles instead of shutting an account for good, which anybody could then do to anyone.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

MOST_FAILURES = 5
FORGOTTEN_AFTER = timedelta(minutes=15)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


class Tries(NamedTuple):
    """Failures that still count, the last one's instant, and when the door opens again."""

    failures: int
    last_at: datetime
    open_at: datetime


def wait_after(count: int) -> timedelta:
    """Return how long the door is closed after so many failures; nothing before the fifth."""
    if count < MOST_FAILURES:
        return timedelta()
    # Beyond a few doublings it is the longest wait anyhow.
    return min(FIRST_WAIT * (1 << min(count - MOST_FAILURES, 10)), LONGEST_WAIT)


def is_open(tries: Tries | None, *, at: datetime) -> bool:
    """Say whether another attempt may be made."""
    return tries is None or at >= tries.open_at


def count_failure(tries: Tries | None, *, at: datetime) -> Tries:
    """Return the tries with one more failure; those before a quiet quarter of an hour are forgotten."""
    is_forgotten = tries is None or at >= max(tries.last_at, tries.open_at) + FORGOTTEN_AFTER
    count = 1 if is_forgotten or tries is None else tries.failures + 1
    return Tries(count, at, at + wait_after(count))


def take_back(tries: Tries) -> Tries:
    """Return the tries without the last one, which was no failure."""
    count = tries.failures - 1
    return Tries(count, tries.last_at, tries.last_at + wait_after(count))
