"""Tiers: what counts towards them, how long they are held, and what happens then.

A member's standing moves up as soon as what counts, in the window that ends now, reaches a level. It is
held until a review; who does not reach the level again by then has a time of grace, and then steps down.
Every move keeps the figures it was decided on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import add_months, day_of, first_of_period, start_of_day


class Measure(StrEnum):
    """What counts: minor units spent, points earned, orders, or days since joining."""

    SPEND = "spend"
    POINTS = "points"
    ORDERS = "orders"
    TENURE = "tenure"


class Window(StrEnum):
    """Over what time it counts. `window_size` is in days for a rolling one, in months for a calendar one."""

    ROLLING = "rolling"
    CALENDAR = "calendar"
    LIFETIME = "lifetime"


class Downgrade(StrEnum):
    """Where a member goes who no longer reaches their level."""

    QUALIFIED = "qualified"
    ONE_STEP = "one_step"
    NEVER = "never"


class Level(NamedTuple):
    """A tier; the first one has threshold 0 and everyone is in it."""

    key: str
    threshold: int


class TierRules(NamedTuple):
    """The tiers of a program. Never edited, only superseded."""

    version: int
    levels: tuple[Level, ...]
    measure: Measure
    window: Window
    window_size: int
    zone: ZoneInfo
    grace_days: int = 0
    downgrade: Downgrade = Downgrade.QUALIFIED


class Cause(StrEnum):
    """Why a standing moved, or did not."""

    REACHED = "reached"
    KEPT = "kept"
    GRACE = "grace"
    MISSED = "missed"
    GRANTED = "granted"


class Standing(NamedTuple):
    """Where a member stands: the level's place, since when, and until when without a review (None: for good)."""

    level: int = 0
    since: datetime | None = None
    held_until: datetime | None = None
    in_grace: bool = False


class TierMove(NamedTuple):
    """A change or a review of a standing, with the figures it was decided on."""

    at: datetime
    from_level: int
    to_level: int
    cause: Cause
    value: int
    threshold: int
    window_from: datetime | None
    held_until: datetime | None


class History:
    """What counted, when: amounts by instant, summed over any stretch in logarithmic time."""

    __slots__ = ("_instants", "_sums")

    def __init__(self, amounts: Iterable[tuple[datetime, int]] = ()) -> None:
        self._instants: list[datetime] = []
        self._sums: list[int] = [0]
        for at, amount in sorted(amounts):
            self.add(at, amount)

    def add(self, at: datetime, amount: int) -> None:
        """Add an amount that is not earlier than the last one."""
        assert not self._instants or at >= self._instants[-1], "amounts come in time order"
        self._instants.append(at)
        self._sums.append(self._sums[-1] + amount)

    def total(self, start: datetime | None, end: datetime, *, including_end: bool) -> int:
        """Return the sum from `start` (inclusive; None: ever) to `end`."""
        upto = bisect_right if including_end else bisect_left
        last = self._sums[upto(self._instants, end)]
        return last if start is None else last - self._sums[bisect_left(self._instants, start)]


def level_of(rules: TierRules, value: int) -> int:
    """Return the place of the highest level whose threshold `value` reaches."""
    return max(place for place, level in enumerate(rules.levels) if value >= level.threshold or place == 0)


def window_start(rules: TierRules, day: date) -> datetime | None:
    """Return the first instant that counts on `day`; None where everything ever does."""
    if rules.window is Window.LIFETIME or rules.measure is Measure.TENURE:
        return None
    if rules.window is Window.ROLLING:
        return start_of_day(day - timedelta(days=rules.window_size - 1), rules.zone)
    return start_of_day(first_of_period(day, rules.window_size), rules.zone)


def hold_end(rules: TierRules, day: date) -> datetime | None:
    """Return until when, exclusive, a level reached or kept on `day` is held.

    A rolling window's level is held for as long as the window is; a calendar one's to the end of the
    period after the one it was reached in.
    """
    if rules.window is Window.LIFETIME or rules.measure is Measure.TENURE:
        return None
    if rules.window is Window.ROLLING:
        return start_of_day(day + timedelta(days=rules.window_size), rules.zone)
    first = first_of_period(day, rules.window_size)
    return start_of_day(add_months(first, 2 * rules.window_size), rules.zone)


def next_hold_end(rules: TierRules, day: date) -> datetime | None:
    """Return until when, exclusive, a level is held that a review on `day` has left a member in."""
    if rules.window is not Window.CALENDAR:
        return hold_end(rules, day)
    first = first_of_period(day, rules.window_size)
    return start_of_day(add_months(first, rules.window_size), rules.zone)


class Climber:
    """One member's way through the tiers: told of amounts in time order, it moves the standing."""

    __slots__ = ("history", "joined_on", "moves", "rules", "standing")

    def __init__(
        self, rules: TierRules, standing: Standing, history: History, *, joined_on: date | None
    ) -> None:
        self.rules = rules
        self.standing = standing
        self.history = history
        self.joined_on = joined_on
        self.moves: list[TierMove] = []

    @property
    def tier(self) -> str:
        """The key of the level held now."""
        return self.rules.levels[self.standing.level].key

    def add(self, at: datetime, amount: int) -> None:
        """Count an amount, after everything that was due before it, and move up where it reaches a level."""
        self.advance(at)
        if self.rules.measure is Measure.TENURE:
            return
        self.history.add(at, amount)
        day = day_of(at, self.rules.zone)
        start = self._counted_from(day)
        value = self.history.total(start, at, including_end=True)
        reached = level_of(self.rules, value)
        if reached > self.standing.level or (self.standing.in_grace and reached == self.standing.level):
            self._move(at, reached, Cause.REACHED, value, start, hold_end(self.rules, day))

    def grant(self, at: datetime, level: int, held_until: datetime | None) -> None:
        """Put the member on a level by hand; it is reviewed when its time is up, like any other."""
        self.advance(at)
        start = self._counted_from(day_of(at, self.rules.zone))
        value = self.history.total(start, at, including_end=True)
        self._move(at, level, Cause.GRANTED, value, start, held_until)

    def advance(self, upto: datetime) -> None:
        """Hold the reviews that fall due by `upto`, in time order, each at its own instant."""
        if self.rules.measure is Measure.TENURE:
            self._advance_tenure(upto)
            return
        while self.standing.held_until is not None and self.standing.held_until <= upto:
            self._review(self.standing.held_until)

    @property
    def next_review_at(self) -> datetime | None:
        """When the standing has to be looked at again even if nothing happens."""
        if self.rules.measure is not Measure.TENURE:
            return self.standing.held_until
        above = self.standing.level + 1
        if self.joined_on is None or above >= len(self.rules.levels):
            return None
        return self._anniversary(above)

    def _counted_from(self, day: date) -> datetime | None:
        """In the grace after a calendar period, what is done counts as if in the period that ended."""
        in_grace, held_until = self.standing.in_grace, self.standing.held_until
        if in_grace and held_until and self.rules.window is Window.CALENDAR:
            ended_on = day_of(held_until, self.rules.zone) - timedelta(days=self.rules.grace_days + 1)
            return window_start(self.rules, ended_on)
        return window_start(self.rules, day)

    def _review(self, at: datetime) -> None:
        rules, standing = self.rules, self.standing
        last_day = day_of(at, rules.zone) - timedelta(days=1)
        start = self._counted_from(last_day)
        value = self.history.total(start, at, including_end=False)
        reached = level_of(rules, value)
        if reached >= standing.level:
            held_until = next_hold_end(rules, day_of(at, rules.zone))
            self._move(at, standing.level, Cause.KEPT, value, start, held_until)
        elif rules.grace_days and not standing.in_grace:
            until = start_of_day(day_of(at, rules.zone) + timedelta(days=rules.grace_days), rules.zone)
            self._move(at, standing.level, Cause.GRACE, value, start, until, in_grace=True)
        else:
            to_level = {
                Downgrade.QUALIFIED: reached,
                Downgrade.ONE_STEP: standing.level - 1,
                Downgrade.NEVER: standing.level,
            }[rules.downgrade]
            held_until = next_hold_end(rules, day_of(at, rules.zone))
            self._move(at, to_level, Cause.MISSED, value, start, held_until)

    def _advance_tenure(self, upto: datetime) -> None:
        while (due := self.next_review_at) is not None and due <= upto:
            level = self.standing.level + 1
            self._move(due, level, Cause.REACHED, self.rules.levels[level].threshold, None, None)

    def _anniversary(self, level: int) -> datetime:
        assert self.joined_on is not None
        days = timedelta(days=self.rules.levels[level].threshold)
        return start_of_day(self.joined_on + days, self.rules.zone)

    def _move(
        self,
        at: datetime,
        to_level: int,
        cause: Cause,
        value: int,
        window_from: datetime | None,
        held_until: datetime | None,
        *,
        in_grace: bool = False,
    ) -> None:
        before = self.standing
        if to_level == 0:
            held_until = None
        since = before.since if to_level == before.level else at
        self.standing = Standing(to_level, since, held_until, in_grace)
        threshold = self.rules.levels[max(to_level, before.level)].threshold
        self.moves.append(
            TierMove(at, before.level, to_level, cause, value, threshold, window_from, held_until)
        )
