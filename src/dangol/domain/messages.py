"""When a message that could not be handed over is tried again, and when it is given up."""

from datetime import datetime, timedelta

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=10), timedelta(hours=6)
# With the delays doubling to six hours, the last try comes about a day after the first.
MOST_TRIES = 15


def retry_at(tries: int, *, at: datetime, chance: float, until: datetime | None) -> datetime | None:
    """Return when to try again after the `tries`-th failure, or None: it is given up.

    10 s, doubled each time, at most six hours; `chance`, from 0 to 1, takes up to half of it off, so that
    what failed together does not come back together ("equal jitter"). What would come after `until` is of
    no use to anybody any more.
    """
    assert tries >= 1, "nothing has failed yet"
    if tries >= MOST_TRIES:
        return None
    doubled: int = 2 ** min(tries - 1, 20)
    due = at + min(FIRST_DELAY * doubled, LONGEST_DELAY) * (1 - chance / 2)
    return None if until is not None and due >= until else due
