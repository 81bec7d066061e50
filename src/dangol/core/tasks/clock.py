"""The clock of a test space: one stored instant, moved forward by whoever tries out what time does."""

from datetime import datetime

from dangol.core.storage.spaces import LIVE, current_space, hold_clock
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import SpaceClock
from dangol.domain.errors import DomainError


class ClockOfTheShop(DomainError):
    """The time of the live space cannot be set."""

    code = "clock.of_the_shop"


class ClockBackwards(DomainError):
    """A test space's clock (`now`) was to be set back (`wanted`)."""

    code = "clock.backwards"


def stored_instant() -> datetime | None:
    """Return the instant at which this space's clock was left; None where nobody has moved it."""
    return SpaceClock.objects.values_list("at", flat=True).first()


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
