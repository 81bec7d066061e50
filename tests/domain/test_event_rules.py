"""Points for what members do: who earns, how many, how often, and what the budget leaves."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.calendars import day_of
from dangol.domain.conditions import Value, read_condition
from dangol.domain.event_rules import (
    PERIODS,
    Caps,
    Deed,
    Doer,
    Left,
    Pays,
    Rate,
    Room,
    Rule,
    Sum,
    Trigger,
    Verdict,
    Why,
    decide,
    deed_of_day,
    left_of,
    period_bounds,
    points_for,
    years_on,
)
from dangol.domain.event_trials import Trial

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
# Friday noon in Seoul.
AT = datetime(2026, 11, 27, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEMBER, NO_MEMBER, UNFIT = Doer(True, True), Doer(False, True), Doer(True, False)
ENDLESS = Room()
STARS = read_condition(
    {
        "type": "did",
        "event": "Review",
        "where": [{"property": "stars", "op": "at_least", "value": 4}],
    },
    {},
)


def rule(pays: Pays | None = None, caps: Caps | None = None, **more: Any) -> Rule:
    return Rule(pays or Pays(100), caps or Caps(), SEOUL, AT - 30 * DAY, **more)


def deed(at: datetime = AT, told_at: datetime | None = None, **properties: Value) -> Deed:
    return Deed("Review", at, told_at or at, properties, "1")


@pytest.mark.parametrize(
    ("doer", "done", "more", "why"),
    [
        (MEMBER, deed(), {}, None),
        (NO_MEMBER, deed(), {}, Why.NOT_MEMBER),
        (UNFIT, deed(), {}, Why.CONDITION),
        (MEMBER, deed(AT - 31 * DAY), {}, Why.BEFORE),
        (MEMBER, deed(), {"active_from": AT + HOUR}, Why.BEFORE),
        (MEMBER, deed(), {"active_from": AT}, None),
        (MEMBER, deed(), {"active_to": AT}, Why.AFTER),
        (MEMBER, deed(), {"active_to": AT + HOUR}, None),
        (MEMBER, deed(told_at=AT + 3 * DAY), {}, None),
        (MEMBER, deed(told_at=AT + 3 * DAY + HOUR), {}, Why.LATE),
        (MEMBER, deed(stars=Decimal(4)), {"where": STARS}, None),
        (MEMBER, deed(stars=Decimal(3)), {"where": STARS}, Why.WHERE),
        (NO_MEMBER, deed(stars="4"), {"where": STARS}, Why.WHERE),
    ],
)
def test_decide__who_and_when__earns_or_says_why(
    doer: Doer, done: Deed, more: dict[str, Any], why: Why | None
) -> None:
    verdict = decide(rule(**more), done, doer, [], ENDLESS)

    assert (verdict.why, verdict.sum.points) == (why, 0 if why else 100)


@pytest.mark.parametrize(
    ("pays", "properties", "found"),
    [
        (Pays(100), {}, Sum(100, 100)),
        (Pays(rate=Rate("won", 1, 1_000)), {"won": Decimal("2999.99")}, Sum(2, 0, Decimal("2999.99"), 2)),
        (Pays(10, Rate("won", 3, 1_000)), {"won": 5_000}, Sum(25, 10, Decimal(5_000), 15)),
        (Pays(rate=Rate("won", 1, 1), most=50), {"won": 10**12}, Sum(50, 0, Decimal(10**12), 10**12)),
        (Pays(rate=Rate("won", 1, 1)), {"won": 10**12}, Sum(10**7, 0, Decimal(10**12), 10**12)),
        (Pays(rate=Rate("won", 1, 1)), {"won": Decimal(-5)}, Sum(0, 0, Decimal(-5), 0)),
        (Pays(rate=Rate("won", 1, 1)), {}, None),
        (Pays(rate=Rate("won", 1, 1)), {"won": "12"}, None),
        (Pays(rate=Rate("won", 1, 1)), {"won": True}, None),
    ],
)
def test_points_for__fixed_and_by_a_number__whole_units_up_to_the_bound(
    pays: Pays, properties: dict[str, Value], found: Sum | None
) -> None:
    assert points_for(pays, properties) == found


@pytest.mark.parametrize(
    ("properties", "why"), [({}, Why.NO_NUMBER), ({"won": 0}, Why.NOTHING), ({"won": 1_000}, None)]
)
def test_decide__by_a_number__says_where_there_is_none(properties: dict[str, Any], why: Why | None) -> None:
    pays = Pays(rate=Rate("won", 1, 1_000))

    assert decide(rule(pays), deed(**properties), MEMBER, [], ENDLESS).why == why


@pytest.mark.parametrize(
    ("caps", "earlier", "why", "again_at"),
    [
        (Caps(ever=1), [AT - 400 * DAY], Why.EVER, None),
        (Caps(day=1), [AT - 11 * HOUR], Why.DAY, datetime(2026, 11, 27, 15, tzinfo=UTC)),
        (Caps(day=1), [AT - 13 * HOUR], None, None),
        (Caps(day=2), [AT - HOUR], None, None),
        # The shop's week begins on Monday the 23rd.
        (Caps(week=1), [AT - 4 * DAY], Why.WEEK, datetime(2026, 11, 29, 15, tzinfo=UTC)),
        (Caps(week=1), [AT - 5 * DAY], None, None),
        (Caps(month=1), [AT - 20 * DAY], Why.MONTH, datetime(2026, 11, 30, 15, tzinfo=UTC)),
        (Caps(year=2), [AT - 20 * DAY, AT - 300 * DAY], Why.YEAR, datetime(2026, 12, 31, 15, tzinfo=UTC)),
        (Caps(cooldown_hours=2), [AT - HOUR], Why.COOLDOWN, AT + HOUR),
        (Caps(cooldown_hours=2), [AT - 2 * HOUR], None, None),
        # What is heard of late is as near to what came after it.
        (Caps(cooldown_hours=2), [AT + HOUR], Why.COOLDOWN, AT + 3 * HOUR),
        (Caps(day=1, year=1), [AT - HOUR], Why.YEAR, datetime(2026, 12, 31, 15, tzinfo=UTC)),
    ],
)
def test_decide__caps__holds_the_longest_and_says_when_again(
    caps: Caps, earlier: list[datetime], why: Why | None, again_at: datetime | None
) -> None:
    verdict = decide(rule(caps=caps), deed(), MEMBER, earlier, ENDLESS)

    assert (verdict.why, verdict.again_at) == (why, again_at)


@pytest.mark.parametrize(
    ("room", "why"),
    [
        (Room(1, None), None),
        (Room(0, None), Why.BUDGET_TIMES),
        (Room(None, 100), None),
        (Room(None, 99), Why.BUDGET_POINTS),
        (Room(5, 0), Why.BUDGET_POINTS),
    ],
)
def test_decide__budget__gives_whole_or_nothing(room: Room, why: Why | None) -> None:
    assert decide(rule(), deed(), MEMBER, [], room).why == why


@pytest.mark.parametrize(
    ("caps", "earlier", "left"),
    [
        (Caps(), [AT], Left(None)),
        (Caps(day=2, month=5), [AT - HOUR], Left(1, Why.DAY)),
        (Caps(day=2, month=2), [AT - 3 * DAY], Left(1, Why.MONTH)),
        (Caps(ever=3), [], Left(3, Why.EVER)),
        (Caps(ever=3, cooldown_hours=5), [AT - HOUR], Left(0, Why.COOLDOWN, AT + 4 * HOUR)),
    ],
)
def test_left_of__caps__tells_what_leaves_least(caps: Caps, earlier: list[datetime], left: Left) -> None:
    assert left_of(caps, earlier, AT, SEOUL) == left


@pytest.mark.parametrize(
    ("day", "since", "years"),
    [
        (date(2026, 11, 27), date(2000, 11, 27), 26),
        (date(2026, 11, 27), date(2026, 11, 27), None),
        (date(2026, 11, 28), date(2000, 11, 27), None),
        # Born on 29 February: on the 28th in years without one, and only on the 29th in those with.
        (date(2026, 2, 28), date(2000, 2, 29), 26),
        (date(2028, 2, 28), date(2000, 2, 29), None),
        (date(2028, 2, 29), date(2000, 2, 29), 28),
        (date(2027, 3, 1), date(2000, 2, 29), None),
    ],
)
def test_years_on__days__counts_anniversaries_and_leap_days(
    day: date, since: date, years: int | None
) -> None:
    assert years_on(day, since) == years


@pytest.mark.parametrize("late", [timedelta(0), 5 * HOUR, 2 * DAY])
def test_deed_of_day__told_within_the_day_or_later__lies_within_it(late: timedelta) -> None:
    told_at = datetime(2026, 11, 26, 15, tzinfo=UTC) + late

    found = deed_of_day(Trigger.BIRTHDAY, date(2026, 11, 27), date(2000, 11, 27), SEOUL, told_at=told_at)

    assert found is not None
    assert (day_of(found.at, SEOUL), found.told_at) == (date(2026, 11, 27), told_at)
    assert found.properties == {"years": 26}
    assert decide(rule(), found, MEMBER, [], ENDLESS) == Verdict(Sum(100, 100))


@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        # The day is from twelve hours before AT to twelve hours after; it is told of at its end.
        (None, 6, None), (None, -11, None), (None, -12, Why.AFTER), (0, 6, None), (11, None, None),
        (12, None, Why.BEFORE), (12, 13, Why.BEFORE), (-20, -13, Why.AFTER),
    ],
)  # fmt: skip
def test_decide__day_of_the_year__earns_where_the_rule_held_for_a_part_of_it(
    begins: int | None, ends: int | None, why: Why | None
) -> None:
    first, last = (None if one is None else AT + one * HOUR for one in (begins, ends))
    of_day = deed_of_day(Trigger.BIRTHDAY, date(2026, 11, 27), date(2000, 11, 27), SEOUL, told_at=AT + DAY)
    assert of_day is not None

    found = decide(rule(active_from=first, active_to=last), of_day, MEMBER, [], ENDLESS)

    assert found.why is why


INSTANTS = st.integers(0, 3 * 365 * 24 * 3_600).map(lambda one: AT + timedelta(seconds=one))


@given(at=INSTANTS, period=st.sampled_from(PERIODS), zone=st.sampled_from([SEOUL, NEW_YORK]))
def test_period_bounds__any_instant__periods_follow_on_one_another(
    at: datetime, period: str, zone: ZoneInfo
) -> None:
    start, end = period_bounds(period, at, zone)  # type: ignore[arg-type]

    assert start <= at < end
    assert period_bounds(period, end, zone)[0] == end  # type: ignore[arg-type]
    assert period_bounds(period, end - timedelta(microseconds=1), zone) == (start, end)  # type: ignore[arg-type]


CAPS = st.builds(
    Caps,
    **{name: st.none() | st.integers(1, 3) for name in ("day", "week", "month", "year", "ever")},
    cooldown_hours=st.integers(0, 50),
)


@given(
    caps=CAPS,
    instants=st.lists(st.integers(0, 24 * 40).map(lambda hours: AT + hours * HOUR), max_size=30),
    room=st.builds(Room, st.none() | st.integers(0, 5), st.none() | st.integers(0, 900)),
)
def test_decide__any_deeds_in_any_order__keep_every_cap_and_the_budget(
    caps: Caps, instants: list[datetime], room: Room
) -> None:
    given_at: list[datetime] = []
    left = room
    for at in instants:
        verdict = decide(rule(caps=caps), deed(at), MEMBER, given_at, left)
        if verdict.why is None:
            given_at.append(at)
            left = left.less(verdict.sum.points)

    assert room.times is None or len(given_at) <= room.times
    assert room.points is None or 100 * len(given_at) <= room.points
    assert caps.ever is None or len(given_at) <= caps.ever
    for period in PERIODS:
        most = getattr(caps, period)
        for at in given_at:
            start, end = period_bounds(period, at, SEOUL)
            assert most is None or sum(start <= one < end for one in given_at) <= most
    ordered = sorted(given_at)
    wait = caps.cooldown_hours * HOUR
    assert all(later - sooner >= wait for sooner, later in pairwise(ordered))


def test_trial__deeds_of_two__counts_who_how_much_and_why_not() -> None:
    trial = Trial(rule(caps=Caps(day=1)), Room(None, 250))

    for member, at in ((b"a", AT), (b"a", AT + HOUR), (b"b", AT), (b"b", AT + DAY), (b"a", AT + DAY)):
        trial.ask(member, deed(at, told_at=at + 100 * DAY), MEMBER)

    tally = trial.tally
    assert (tally.deeds, tally.times, tally.points) == (5, 2, 200)
    assert tally.whys == {Why.DAY: 1, Why.BUDGET_POINTS: 2}
    assert tally.members == {b"a": (1, 100), b"b": (1, 100)}
    assert tally.days == {date(2026, 11, 27): (2, 200)}
    assert tally.ran_out_on == date(2026, 11, 28)
