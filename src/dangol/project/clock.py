"""The one place that reads the clock; views, commands and tasks hand what it says further down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dangol.core.storage.spaces import LIVE, held_instant, hold_clock, in_space
from dangol.core.tasks.clock import stored_instant


def now() -> datetime:
    """Return this instant, in UTC; in a test space whose clock was moved ahead, the one it stands at."""
    real, held = datetime.now(UTC), held_instant()
    return max(real, held) if held else real


def clock_of_space() -> Callable[[], datetime]:
    """Return a clock that other threads can read: it shows what this thread's does, in its space."""
    held = held_instant()
    return now if held is None else lambda: max(datetime.now(UTC), held)


@contextmanager
def space_at_its_time(name: str) -> Iterator[None]:
    """Enter a space, and with it its time. Raises UnknownSpace."""
    with in_space(name):
        if name != LIVE:
            hold_clock(stored_instant())
        yield
