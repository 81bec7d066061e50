"""The one place that reads the clock; views, commands and tasks hand what it says further down."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dangol.core.storage.spaces import LIVE, held_instant, hold_clock, in_space
from dangol.core.tasks.clock import stored_instant


def now() -> datetime:
    """Return this instant, in UTC; in a test space whose clock was moved ahead, the one it stands at."""
    real, held = datetime.now(UTC), held_instant()
    return max(real, held) if held else real


@contextmanager
def space_at_its_time(name: str) -> Iterator[None]:
    """Enter a space, and with it its time. Raises UnknownSpace."""
    with in_space(name):
        if name != LIVE:
            hold_clock(stored_instant())
        yield
