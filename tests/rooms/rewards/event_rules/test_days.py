"""Birthdays and anniversaries: each once a year, also after a night without a worker."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dangol.core.storage.ids import Id
from dangol.domain.event_rules import Room, decide
from dangol.rooms.rewards.event_rules.contents import unpack
from dangol.rooms.rewards.event_rules.editing import pause, resume
from dangol.rooms.rewards.event_rules.models import EventRuleAward, EventRuleDay, EventRuleRefusal
from dangol.rooms.rewards.event_rules.past import Past
from dangol.rooms.rewards.event_rules.services import give_days
from tests.rooms.rewards.event_rules.shop import (
    AT,
    DAY,
    HOUR,
    SINCE,
    broken,
    join,
    open_shop,
    points_of,
    rule,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SEOUL = ZoneInfo("Asia/Seoul")
BIRTHDAY: dict[str, Any] = {"name": "생일", "event": "", "trigger": "birthday", "points": 1_000}


def look(at: datetime = AT) -> int:
    return give_days(at=at, report=lambda _: None)


@pytest.fixture
def minji() -> Id:
    open_shop()
    return join("minji", birthday=date(2000, 11, 27))


def test_birthday__today__gives_once_however_often_it_is_looked_at(minji: Id) -> None:
    jun = join("jun", birthday=date(2000, 11, 28))
    rule(**BIRTHDAY)

    assert [look(), look(), look(AT + HOUR)] == [1, 0, 0]
    EventRuleDay.objects.all().delete()
    assert look(AT + 2 * HOUR) == 0

    assert (points_of(minji), points_of(jun)) == (1_000, 0)
    assert look(AT + DAY) == 1
    assert points_of(jun) == 1_000
    assert broken() == []


def test_birthday__worker_slept_over_it__is_given_for_three_days(minji: Id) -> None:
    rule(at=AT - 10 * DAY, **BIRTHDAY)

    assert look(AT + 2 * DAY) == 1

    award = EventRuleAward.objects.get()
    assert award.at == datetime(2026, 11, 27, 15, tzinfo=UTC) - timedelta(microseconds=1)
    assert award.points == 1_000


def test_birthday__slept_over_for_longer_or_before_the_rule__earns_nothing(minji: Id) -> None:
    join("before", birthday=date(2000, 11, 25))
    rule(at=SINCE, **BIRTHDAY)

    assert look(AT + 4 * DAY) == 0
    assert points_of(minji) == 0


def test_birthday__next_year_and_changed_meanwhile__is_once_a_year(minji: Id) -> None:
    rule(**BIRTHDAY)
    look()

    assert look(AT + 365 * DAY) == 1
    assert points_of(minji) == 2_000


def test_birthday__leap_day__is_had_on_the_28th(minji: Id) -> None:
    leapling = join("leap", birthday=date(2004, 2, 29))
    rule(**BIRTHDAY)

    look(datetime(2027, 2, 28, 3, tzinfo=UTC))
    assert points_of(leapling) == 1_000
    look(datetime(2028, 2, 28, 3, tzinfo=UTC))
    assert points_of(leapling) == 1_000
    look(datetime(2028, 2, 29, 3, tzinfo=UTC))
    assert points_of(leapling) == 2_000


def test_anniversary__of_joining__pays_by_years() -> None:
    open_shop()
    old = join("old", AT - (365 * 2 + 1) * DAY + 10 * DAY)
    new = join("new", AT)
    rule(
        name="가입 기념일", event="", trigger="anniversary", points=0, most_points=5_000,
        rate={"property": "years", "points": 100},
    )  # fmt: skip

    for number in range(14):
        look(AT + number * DAY)

    assert (points_of(old), points_of(new)) == (200, 0)
    assert broken() == []


# The birthday is the day from twelve hours before AT to twelve hours after.
@pytest.mark.parametrize("looked_at", [AT, AT + 7 * HOUR, AT + 20 * HOUR, AT + 3 * DAY])
def test_birthday__rule_ends_within_the_day__is_given_whenever_it_is_looked_at(
    minji: Id, looked_at: datetime
) -> None:
    jun = join("jun", birthday=date(2000, 11, 28))
    rule(**BIRTHDAY, active_to=(AT + 6 * HOUR).isoformat())

    assert [look(looked_at), look(looked_at + HOUR)] == [1, 0]

    assert (points_of(minji), points_of(jun)) == (1_000, 0)
    assert look(AT + 3 * DAY) == 0
    assert broken() == []


def test_birthday__rule_ends_as_the_day_begins__earns_nothing(minji: Id) -> None:
    made = rule(**BIRTHDAY, active_to=(AT - 12 * HOUR).isoformat())

    assert [look(), look(AT + DAY)] == [0, 0]
    assert list(EventRuleRefusal.objects.values_list("rule_id", "why")) == [(made, "after")]


def test_birthday__rule_begins_within_the_day__is_given_from_then_on(minji: Id) -> None:
    rule(**BIRTHDAY, active_from=AT.isoformat(), active_to=(AT + 6 * HOUR).isoformat())

    assert [look(AT - HOUR), look(AT), look(AT + HOUR)] == [0, 1, 0]

    assert points_of(minji) == 1_000


def test_birthday__rule_that_began_and_ended_while_nobody_looked__is_given_the_next_day(minji: Id) -> None:
    rule(**BIRTHDAY, active_from=AT.isoformat(), active_to=(AT + 6 * HOUR).isoformat())

    assert look(AT + 20 * HOUR) == 1


def test_birthday__rule_published_after_its_end__earns_nothing(minji: Id) -> None:
    rule(at=AT + 8 * HOUR, **BIRTHDAY, active_to=(AT + 6 * HOUR).isoformat())

    assert [look(AT + 9 * HOUR), look(AT + 20 * HOUR)] == [0, 0]


def test_birthday__rule_rested_until_it_had_ended__earns_nothing(minji: Id) -> None:
    made = rule(**BIRTHDAY, active_from=AT.isoformat(), active_to=(AT + 6 * HOUR).isoformat())
    pause(made, at=AT - HOUR)
    resume(made, at=AT + 7 * HOUR)

    assert look(AT + 20 * HOUR) == 0


def test_birthday__rule_rested_for_a_part_of_its_time__is_given(minji: Id) -> None:
    made = rule(**BIRTHDAY, active_from=AT.isoformat(), active_to=(AT + 6 * HOUR).isoformat())
    pause(made, at=AT + HOUR)
    resume(made, at=AT + 7 * HOUR)

    assert look(AT + 20 * HOUR) == 1


@pytest.mark.parametrize(("begins", "ends", "times"), [(0, 6, 1), (-24, -12, 0), (-30, -11, 1), (12, 30, 0)])
def test_trial__of_birthdays__counts_a_day_the_rule_holds_for_a_part_of(
    minji: Id, begins: int, ends: int, times: int
) -> None:
    content = unpack(
        BIRTHDAY | {
            "active_from": (AT + begins * HOUR).isoformat(), "active_to": (AT + ends * HOUR).isoformat(),
        }
    )  # fmt: skip
    past = Past(content, None, AT - 5 * DAY, AT + 5 * DAY, SEOUL)
    asked = content.as_rule(since=AT - 5 * DAY, zone=SEOUL)

    found = [decide(asked, deed, doer, [], Room()) for batch in past.batches() for _, deed, doer in batch]

    assert [one.why is None for one in found] == [bool(times)]
