"""Points for what members do: whether a deed earns by a rule, how many points, and how often it may.

A deed is an event of the timeline, a birthday or an anniversary. It is judged by when it happened, and
against what the same rule has given for other deeds of the same person, in whatever order they are heard of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import Period, next_day, start_of_day, start_of_period
from dangol.domain.conditions import Condition, Happening, Subject, Value, evaluate
from dangol.domain.conditions.moments import month_day, yearly_day

# What is told later than so long after it happened earns nothing: so old files and clocks put back do not.
LATEST_TOLD = timedelta(days=3)
MOST_POINTS, MOST_TIMES, MOST_HOURS, MOST_UNITS = 10**7, 10**9, 24 * 366, 10**12
PERIODS: tuple[Period, ...] = ("day", "week", "month", "year")


class Trigger(StrEnum):
    """What a rule pays for: an event of the timeline, or a day that comes once a year."""

    EVENT = "event"
    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"


class Why(StrEnum):
    """Why a deed earns nothing. `where`: the event is not as asked; `condition`: the member is not."""

    WHERE = "where"
    NOT_MEMBER = "not_member"
    BEFORE = "before"
    AFTER = "after"
    LATE = "late"
    CONDITION = "condition"
    NO_NUMBER = "no_number"
    NOTHING = "nothing"
    EVER = "ever"
    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    COOLDOWN = "cooldown"
    BUDGET_TIMES = "budget_times"
    BUDGET_POINTS = "budget_points"


class Rate(NamedTuple):
    """So many points for each so many whole units of a number in the event (`property`)."""

    property: str
    points: int
    units: int


class Pays(NamedTuple):
    """What a deed earns: fixed points, points by a number in the event, or both; at most `most`."""

    points: int = 0
    rate: Rate | None = None
    most: int | None = None


class Caps(NamedTuple):
    """How often a member earns by a rule: in the shop's day, week, month, year, for good; None: any number.

    Between two times lie at least `cooldown_hours`.
    """

    day: int | None = None
    week: int | None = None
    month: int | None = None
    year: int | None = None
    ever: int | None = None
    cooldown_hours: int = 0


class Room(NamedTuple):
    """What is left of a rule's budget for all members together; None: no bound."""

    times: int | None = None
    points: int | None = None

    def less(self, points: int) -> "Room":
        """Return what is left after one more time with so many points."""
        times = None if self.times is None else self.times - 1
        return Room(times, None if self.points is None else self.points - points)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in one of its versions; `since`: when its first one was published. Its end is exclusive."""

    pays: Pays
    caps: Caps
    zone: ZoneInfo
    since: datetime
    where: Condition | None = None
    active_from: datetime | None = None
    active_to: datetime | None = None


class Deed(NamedTuple):
    """What somebody did: when it happened, when it was told, and the event's properties.

    `day_began`: of a day of the year when it began; None: it is an event of the timeline.
    """

    event: str
    at: datetime
    told_at: datetime
    properties: Mapping[str, Value]
    id: str
    day_began: datetime | None = None


class Doer(NamedTuple):
    """Whose deed it is: whether they are a member, and whether the rule's condition holds for them."""

    is_member: bool
    fits: bool


class Sum(NamedTuple):
    """The arithmetic: fixed points, the number and what it came to, and the points after the bound."""

    points: int
    fixed: int = 0
    number: Decimal | None = None
    rated: int = 0


class Verdict(NamedTuple):
    """What a deed earns, or why it earns nothing; `again_at`: when the next one may, where that is known."""

    sum: Sum
    why: Why | None = None
    again_at: datetime | None = None


NO_POINTS = Sum(0)


def decide(rule: Rule, deed: Deed, doer: Doer, earlier: Sequence[datetime], room: Room) -> Verdict:
    """Return what a deed earns by a rule.

    `earlier` are the instants of the same person's other deeds that have earned by it, in any order; `room`
    is what is left of its budget. Nothing is given in part: points beyond the budget are not given at all.
    """
    if why := _why_not(rule, deed, doer):
        return Verdict(NO_POINTS, why)
    found = points_for(rule.pays, deed.properties)
    if found is None:
        return Verdict(NO_POINTS, Why.NO_NUMBER)
    if not found.points:
        return Verdict(found, Why.NOTHING)
    reached = cap_reached(rule.caps, earlier, deed.at, rule.zone)
    if reached is not None:
        return Verdict(found, *reached)
    if room.times is not None and room.times < 1:
        return Verdict(found, Why.BUDGET_TIMES)
    if room.points is not None and room.points < found.points:
        return Verdict(found, Why.BUDGET_POINTS)
    return Verdict(found)


def _why_not(rule: Rule, deed: Deed, doer: Doer) -> Why | None:
    starts_at = max(rule.since, rule.active_from or rule.since)
    for why, holds in (
        (Why.WHERE, not is_meant(rule.where, deed)),
        (Why.NOT_MEMBER, not doer.is_member),
        (Why.BEFORE, deed.at < starts_at),
        (Why.AFTER, _had_ended(rule, deed, starts_at)),
        (Why.LATE, deed.told_at - deed.at > LATEST_TOLD),
        (Why.CONDITION, not doer.fits),
    ):
        if holds:
            return why
    return None


def _had_ended(rule: Rule, deed: Deed, starts_at: datetime) -> bool:
    """Say whether a rule had ended when a deed was done; of a day of the year, before any part of it."""
    if rule.active_to is None:
        return False
    # A day is looked at whenever the worker comes to it: what held in the morning is owed in the evening.
    first = deed.at if deed.day_began is None else max(deed.day_began, starts_at)
    return rule.active_to <= first


def is_meant(where: Condition | None, deed: Deed) -> bool:
    """Say whether an event is as a rule asks: the condition sees this one event, and nothing else."""
    if where is None:
        return True
    subject = Subject({}, [Happening(deed.event, deed.at, deed.properties, deed.id)])
    return evaluate(where, subject, as_of=deed.at, zone=_UTC)


_UTC = ZoneInfo("UTC")


def points_for(pays: Pays, properties: Mapping[str, Value]) -> Sum | None:
    """Return the arithmetic of a deed's points; None where it has not the number they go by.

    Each so many whole units pay: what is over pays nothing, and below nothing is nothing.
    """
    if pays.rate is None:
        return _bounded(pays, Sum(0, pays.points))
    number = properties.get(pays.rate.property)
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return None
    exact = Decimal(number)
    times = int((exact / pays.rate.units).to_integral_value(rounding=ROUND_FLOOR))
    return _bounded(pays, Sum(0, pays.points, exact, max(times, 0) * pays.rate.points))


def _bounded(pays: Pays, found: Sum) -> Sum:
    points = found.fixed + found.rated
    most = MOST_POINTS if pays.most is None else min(pays.most, MOST_POINTS)
    return found._replace(points=min(points, most))


def cap_reached(
    caps: Caps, earlier: Sequence[datetime], at: datetime, zone: ZoneInfo
) -> tuple[Why, datetime | None] | None:
    """Return which cap one time more at an instant would break, and when that cap has room again.

    The longest first, so that what is told is what really holds it up. A cooldown counts both ways: it comes
    to the same in whatever order two deeds are heard of.
    """
    if caps.ever is not None and len(earlier) >= caps.ever:
        return Why.EVER, None
    for period in reversed(PERIODS):
        most = getattr(caps, period)
        start, end = period_bounds(period, at, zone)
        if most is not None and sum(start <= one < end for one in earlier) >= most:
            return Why(period), end
    wait = timedelta(hours=caps.cooldown_hours)
    near = [one for one in earlier if abs(one - at) < wait]
    return (Why.COOLDOWN, max(near) + wait) if near else None


def period_bounds(period: Period, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the shop's period began in which an instant lies, and when the next one begins."""
    start = start_of_period(period, at, zone)
    # Far enough to be in the next one, and never in the one after: 26 hours, 8 days, 32 days, 367 days.
    beyond = {"day": timedelta(hours=26), "week": timedelta(days=8), "month": timedelta(days=32)}
    inside = start + beyond.get(period, timedelta(days=367))
    return start, start_of_period(period, inside, zone)


class Left(NamedTuple):
    """How many times more a member may earn now (None: any number), by which cap, and when again if none."""

    times: int | None
    by: Why | None = None
    again_at: datetime | None = None


def left_of(caps: Caps, earlier: Sequence[datetime], at: datetime, zone: ZoneInfo) -> Left:
    """Return how many times more a member may earn by a rule, by the cap that leaves least."""
    reached = cap_reached(caps, earlier, at, zone)
    if reached is not None:
        return Left(0, *reached)
    found = []
    if caps.ever is not None:
        found.append((caps.ever - len(earlier), Why.EVER))
    for period in reversed(PERIODS):
        most = getattr(caps, period)
        if most is not None:
            start, end = period_bounds(period, at, zone)
            found.append((most - sum(start <= one < end for one in earlier), Why(period)))
    return Left(*min(found, key=lambda one: one[0])) if found else Left(None)


def years_on(day: date, since: date) -> int | None:
    """Return how many years it is on a day since another; None where it is no anniversary of it.

    What was on 29 February is had on the 28th in years without one. The day itself is none.
    """
    years = day.year - since.year
    return years if years > 0 and yearly_day(month_day(since), day.year) == day else None


def deed_of_day(
    trigger: Trigger, day: date, since: date, zone: ZoneInfo, *, told_at: datetime
) -> Deed | None:
    """Return what a day of the year is to somebody born, or joined, on another; None: nothing.

    It happens when it is told within that day, else at the day's end. Of one year there is one.
    """
    years = years_on(day, since)
    if years is None:
        return None
    start, end = start_of_day(day, zone), start_of_day(next_day(day), zone)
    at = min(max(told_at, start), end - timedelta(microseconds=1))
    return Deed(trigger.value, at, told_at, {"years": Decimal(years)}, f"{trigger.value}-{day.year}", start)
