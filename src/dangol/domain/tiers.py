"""Tiers: what counts towards them, how long they are held, and what happens then.

A member's standing moves up as soon as what counts, in the window that ends now, reaches a level. It is
held until a review; who does not reach the level again by then has a time of grace, and then steps down.
Every move keeps the figures it was decided on.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import add_months, day_of, first_of_anniversary, first_of_period, start_of_day


class Measure(StrEnum):
    """What counts: minor units spent, points earned, orders, visits, or days since joining.

    A visit is a day of the shop's on which something was bought, however often.
    """

    SPEND = "spend"
    POINTS = "points"
    ORDERS = "orders"
    VISITS = "visits"
    TENURE = "tenure"


class Window(StrEnum):
    """Over what time it counts. `window_size` is in days for a rolling one, in months for the next two.

    A joining one is by anniversaries: of each member's own months, counted from the day they joined on; who
    has not joined goes by the calendar.
    """

    ROLLING = "rolling"
    CALENDAR = "calendar"
    JOINING = "joining"
    LIFETIME = "lifetime"


class Downgrade(StrEnum):
    """Where a member goes who no longer reaches their level."""

    QUALIFIED = "qualified"
    ONE_STEP = "one_step"
    NEVER = "never"


class Join(StrEnum):
    """Whether a level takes what is asked of both measures, or either is enough."""

    ALL = "all"
    ANY = "any"


class Level(NamedTuple):
    """A tier; the first one has threshold 0 and everyone is in it.

    What is bought in it earns points that last so many months longer (`extra_months`). Where two things
    count, `also_threshold` is what it asks of the second. Behind a `gate` it is reached, and kept, by those
    only who are in that segment.
    """

    key: str
    threshold: int
    extra_months: int = 0
    also_threshold: int = 0
    gate: str = ""


class Stay(NamedTuple):
    """From when until when, exclusive, somebody was in a segment; None: they are in it."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether they were in it at this instant."""
        return self.since <= at and (self.until is None or at < self.until)


# When somebody was in which segment.
Stays = Mapping[str, Sequence[Stay]]


class TierRules(NamedTuple):
    """A version of a program's tiers, in force from `active_from` (None: ever) until the next one.

    Never edited, only superseded. All versions have the same keys in the same order, so that a standing
    means the same in each; what counts may differ. Where a second thing does (`also`), `join` says whether
    both have to be reached.
    """

    version: int
    levels: tuple[Level, ...]
    measure: Measure
    window: Window
    window_size: int
    zone: ZoneInfo
    grace_days: int = 0
    downgrade: Downgrade = Downgrade.QUALIFIED
    active_from: datetime | None = None
    also: Measure | None = None
    join: Join = Join.ALL

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What counts: one thing, or two."""
        return (self.measure, self.also) if self.also else (self.measure,)

    @property
    def has_gates(self) -> bool:
        """Whether some level is for a segment only."""
        return any(level.gate for level in self.levels)

    @property
    def is_by_days(self) -> bool:
        """Whether days since joining alone make the tier."""
        return set(self.measures) == {Measure.TENURE}

    @property
    def is_unlimited(self) -> bool:
        """Whether all that ever happened counts, so that nothing is reviewed."""
        return self.window is Window.LIFETIME or self.is_by_days

    def asked(self, level: Level) -> tuple[int, ...]:
        """Return what a level asks of each measure, in their order."""
        return (level.threshold, level.also_threshold) if self.also else (level.threshold,)

    @property
    def has_periods(self) -> bool:
        """Whether what counts begins anew with each period."""
        return self.window in (Window.CALENDAR, Window.JOINING)


class Cause(StrEnum):
    """Why a standing moved, or did not."""

    REACHED = "reached"
    KEPT = "kept"
    GRACE = "grace"
    MISSED = "missed"
    GRANTED = "granted"
    MERGED = "merged"
    UNDONE = "undone"


class Standing(NamedTuple):
    """Where a member stands: the level's place, since when, and until when without a review.

    `held_until` is exclusive; None means for good.
    """

    level: int = 0
    since: datetime | None = None
    held_until: datetime | None = None
    in_grace: bool = False


# Where everyone begins.
NOWHERE = Standing()


class TierMove(NamedTuple):
    """A change or a review of a standing, with the figures it was decided on.

    `also_value` and `also_threshold` are of the second measure; None where only one thing counted.
    """

    at: datetime
    from_level: int
    to_level: int
    cause: Cause
    value: int
    threshold: int
    window_from: datetime | None
    held_until: datetime | None
    also_value: int | None = None
    also_threshold: int | None = None


def rules_at(versions: Sequence[TierRules], at: datetime) -> TierRules:
    """Return the version in force at an instant: the last that had begun."""
    if len(versions) == 1:
        return versions[0]
    return [one for one in versions if one.active_from is None or one.active_from <= at][-1]


def level_of(rules: TierRules, counts: Sequence[int], closed: Collection[str] = ()) -> int:
    """Return the place of the highest level that is reached with what counts of each measure.

    Levels behind a gate that is `closed` are reached by nobody.
    """
    return max(
        place
        for place, level in enumerate(rules.levels)
        if place == 0 or (level.gate not in closed and reaches(rules, level, counts))
    )


def reaches(rules: TierRules, level: Level, counts: Sequence[int]) -> bool:
    """Say whether a level is reached with what counts of each measure."""
    enough = [count >= asked for count, asked in zip(counts, rules.asked(level), strict=True)]
    return any(enough) if rules.join is Join.ANY else all(enough)


def _period(rules: TierRules, day: date, joined_on: date | None, ahead: int = 0) -> datetime:
    """Return the first instant of the period that holds `day`, or of the so manieth after it."""
    size = rules.window_size
    if rules.window is Window.JOINING and joined_on is not None:
        first = first_of_anniversary(day, joined_on, size)
        passed = (first.year - joined_on.year) * 12 + first.month - joined_on.month
        return start_of_day(add_months(joined_on, passed + ahead * size), rules.zone)
    return start_of_day(add_months(first_of_period(day, size), ahead * size), rules.zone)


def window_start(rules: TierRules, day: date, joined_on: date | None) -> datetime | None:
    """Return the first instant that counts on `day`; None where everything ever does."""
    if rules.is_unlimited:
        return None
    if rules.window is Window.ROLLING:
        return start_of_day(day - timedelta(days=rules.window_size - 1), rules.zone)
    return _period(rules, day, joined_on)


def counted_from(rules: TierRules, standing: Standing, day: date, joined_on: date | None) -> datetime | None:
    """Return from when on amounts count on `day` for keeping the level held.

    In the grace after a period, what is done counts as if it had been done in that period.
    """
    if standing.in_grace and standing.held_until and rules.has_periods:
        ended_on = day_of(standing.held_until, rules.zone) - timedelta(days=rules.grace_days + 1)
        return _ended_from(rules, ended_on, joined_on)
    return window_start(rules, day, joined_on)


def _ended_from(rules: TierRules, last: date, joined_on: date | None) -> datetime | None:
    """Return from when on amounts count for a level that was held up to and with a day.

    That day ends a period, unless somebody's day of joining has moved, or the rules have: then the whole
    period before counts, and what came since.
    """
    if rules.window is Window.JOINING and not rules.is_unlimited:
        ends = _period(rules, last, joined_on, ahead=1)
        is_whole = ends == start_of_day(last + timedelta(days=1), rules.zone)
        return _period(rules, last, joined_on, ahead=0 if is_whole else -1)
    return window_start(rules, last, joined_on)


def reviewed_from(
    rules: TierRules, standing: Standing, at: datetime, joined_on: date | None
) -> datetime | None:
    """Return from when on amounts count in a review at the first instant of a day.

    A period is reviewed when it is over. A rolling window is the one that ends on that day:
    what lifted a member a whole window ago is no longer in it.
    """
    today = day_of(at, rules.zone)
    if rules.window is Window.ROLLING:
        return window_start(rules, today, joined_on)
    if rules.has_periods and not standing.in_grace:
        return _ended_from(rules, today - timedelta(days=1), joined_on)
    return counted_from(rules, standing, today - timedelta(days=1), joined_on)


def hold_end(rules: TierRules, day: date, joined_on: date | None) -> datetime | None:
    """Return until when, exclusive, a level reached on `day` is held.

    A rolling window's level is held for as long as the window is; that of a window of periods to the end
    of the period after the one it was reached in.
    """
    if rules.is_unlimited:
        return None
    if rules.window is Window.ROLLING:
        return start_of_day(day + timedelta(days=rules.window_size), rules.zone)
    return _period(rules, day, joined_on, ahead=2)


def next_hold_end(rules: TierRules, day: date, joined_on: date | None) -> datetime | None:
    """Return until when, exclusive, a level is held that a review on `day` has left a member in."""
    if not rules.has_periods:
        return hold_end(rules, day, joined_on)
    return _period(rules, day, joined_on, ahead=1)
