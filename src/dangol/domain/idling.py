"""Points that lapse when nobody has done anything for so many months: each activity begins the months anew.

The last day counts in full, in the shop's zone. What an activity did is undone with it from the instant of
the undoing on, and no sooner: points that were there until then could be spent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import add_months, day_of, next_day, start_of_day


class Activity(StrEnum):
    """What somebody does that keeps their points: buying, earning points (also by an award), using points."""

    PURCHASE = "purchase"
    EARNING = "earning"
    REDEMPTION = "redemption"


class Idle(NamedTuple):
    """After how many months without an activity of these kinds points lapse, by the days of a zone."""

    months: int
    kinds: tuple[str, ...]
    zone: ZoneInfo

    def __str__(self) -> str:
        return f"{self.months}:{','.join(self.kinds)}:{self.zone.key}"

    def lapses_at(self, at: datetime) -> datetime:
        """Return when points lapse, exclusive, after an activity at an instant that stays the last."""
        return start_of_day(next_day(add_months(day_of(at, self.zone), self.months)), self.zone)

    def day_after(self, at: datetime) -> datetime:
        """Return the end, exclusive, of the day that holds an instant."""
        return start_of_day(next_day(day_of(at, self.zone)), self.zone)


@lru_cache(maxsize=1_024)
def read_idle(text: str) -> Idle:
    """Return what `str` has written."""
    months, kinds, zone = text.split(":")
    return Idle(int(months), tuple(kinds.split(",")), ZoneInfo(zone))


class Done(NamedTuple):
    """An activity; `undone_at` is when it was undone, None where it holds."""

    kind: str
    at: datetime
    undone_at: datetime | None = None


def lapse_of(idle: Idle, earned_at: datetime, floor: datetime, done: Sequence[Done]) -> datetime:
    """Return when points that were earned at an instant lapse, by all activities, in whatever order.

    They never lapse before `floor` (the end of the day on which they open).
    """
    own = [one for one in done if one.kind in idle.kinds and one.at >= earned_at]
    marks = sorted(
        [(one.at, False, one) for one in own]
        # Told by two clocks, an undoing may seem to come first: nothing is undone before it was done.
        + [(max(one.undone_at, one.at), True, one) for one in own if one.undone_at is not None],
        key=lambda mark: mark[:2],
    )
    end, live = max(idle.lapses_at(earned_at), floor), list[datetime]()
    for instant, is_undoing, one in marks:
        if instant >= end:
            break
        if is_undoing:
            live.remove(one.at)
            end = max(_chain(idle, earned_at, live), floor, instant)
        else:
            live.append(one.at)
            end = max(end, idle.lapses_at(instant))
    return end


def _chain(idle: Idle, earned_at: datetime, instants: Iterable[datetime]) -> datetime:
    """Return until when activities in time order keep points, each of which has to come in time."""
    end = idle.lapses_at(earned_at)
    for instant in instants:
        if instant >= end:
            break
        end = max(end, idle.lapses_at(instant))
    return end
