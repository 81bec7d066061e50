"""The clock of a test space: one stored instant, moved forward by whoever tries out what time does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock

from dangol.core.storage.spaces import LIVE, current_space, hold_clock, space_folder
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import SpaceClock
from dangol.domain.errors import DomainError

_MARK_BYTES = 32


class ClockOfTheShop(DomainError):
    """The time of the live space cannot be set."""

    code = "clock.of_the_shop"


class ClockBackwards(DomainError):
    """A test space's clock (`now`) was to be set back (`wanted`)."""

    code = "clock.backwards"


def stored_instant() -> datetime | None:
    """Return the instant at which this space's clock was left; None where nobody has moved it."""
    return SpaceClock.objects.values_list("at", flat=True).first()


class Turn:
    """The turn of whoever brings a test space to an instant; others wait for it, as in other processes.

    It is a file's lock, which goes with its holder: who dies in the middle has not settled the space.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def has_settled(self, at: datetime) -> bool:
        """Say whether all that was due by an instant was done when the clock was last brought there."""
        return os.pread(self._handle, _MARK_BYTES, 0) == _mark(at) and stored_instant() == at

    def note_settled(self, at: datetime) -> None:
        """Note that all that was due by an instant is done."""
        os.pwrite(self._handle, _mark(at), 0)


@contextmanager
def clock_turn() -> Iterator[Turn]:
    """Wait until nobody else brings this space to an instant. Raises ClockOfTheShop."""
    if current_space() == LIVE:
        raise ClockOfTheShop()
    folder = space_folder(current_space())
    handle = os.open(folder / "clock.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        flock(handle, LOCK_EX)
        yield Turn(handle)
    finally:
        os.close(handle)


def _mark(at: datetime) -> bytes:
    return at.astimezone(UTC).isoformat().ljust(_MARK_BYTES).encode()


def move_clock(at: datetime, *, now: datetime) -> None:
    """Let it be `at` in this space from here on. Raises ClockOfTheShop, ClockBackwards before `now`."""
    if current_space() == LIVE:
        raise ClockOfTheShop()
    with write_transaction():
        row = SpaceClock.objects.select_for_update().first()
        latest = max(now, row.at) if row else now
        if at < latest:
            raise ClockBackwards(now=latest.isoformat(), wanted=at.isoformat())
        SpaceClock.objects.update_or_create(id=1, defaults={"at": at})
    hold_clock(at)
