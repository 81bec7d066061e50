"""Birthdays and anniversaries: each once a year, also after a night without a worker."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dangol.core.storage.ids import Id
from dangol.rooms.rewards.event_rules.models import EventRuleAward, EventRuleDay
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
