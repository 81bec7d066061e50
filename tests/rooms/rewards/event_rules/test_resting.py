"""A rule that rests, and one that is published anew: what was done or told meanwhile is judged as it was."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Event as Sign
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections

from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.event_rules.consumers import follow
from dangol.rooms.rewards.event_rules.editing import (
    archive,
    find_rule,
    pause,
    publish,
    restore,
    resume,
    write_draft,
)
from dangol.rooms.rewards.event_rules.in_force import load_live
from dangol.rooms.rewards.event_rules.models import (
    EventRuleAward,
    EventRuleDay,
    EventRuleRefusal,
    EventRuleRest,
)
from dangol.rooms.rewards.event_rules.services import give_days
from tests.rooms.rewards.event_rules.shop import (
    AT,
    DAY,
    HOUR,
    REVIEW,
    SINCE,
    broken,
    happen,
    join,
    let_by,
    open_shop,
    points_of,
    review,
    rule,
    tracked,
)
from tests.waiting import PATIENCE, wait_for_waiting

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ZONE = ZoneInfo("Asia/Seoul")


def change(rule_id: Id, at: datetime, **content: object) -> None:
    """Publish a rule anew."""
    raw = {"name": "리뷰", "event": REVIEW, "points": 100} | content
    write_draft(rule_id, raw, revision=None, changed_by="주인", at=at)
    publish(rule_id, revision=1, published_by="주인", at=at)


def rests_of(rule_id: Id) -> list[tuple[datetime, datetime | None]]:
    rows = EventRuleRest.objects.filter(rule_id=rule_id).order_by("since")
    return list(rows.values_list("since", "until"))


@pytest.mark.parametrize(
    ("done_at", "told_at", "points"),
    [
        # It rests from AT to two hours later.
        (AT - HOUR, AT - HOUR, 100),
        (AT - HOUR, AT, 0),
        (AT - HOUR, AT + HOUR, 0),
        (AT, AT, 0),
        (AT + HOUR, AT + 3 * HOUR, 0),
        (AT - HOUR, AT + 3 * HOUR, 100),
        (AT + 2 * HOUR, AT + 2 * HOUR, 100),
    ],
)
@pytest.mark.parametrize("is_heard_late", [False, True])
def test_hear__done_or_told_while_it_rests__earns_nothing_whenever_it_is_heard(
    minji: Id, done_at: datetime, told_at: datetime, points: int, is_heard_late: bool
) -> None:
    rule_id = rule()
    pause(rule_id, at=AT)
    if is_heard_late or told_at >= AT + 2 * HOUR:
        resume(rule_id, at=AT + 2 * HOUR)

    review(minji, done_at, told_at)

    assert points_of(minji) == points
    assert not EventRuleRefusal.objects.exists()
    assert broken() == []


def test_hear__told_late_after_a_new_version__is_judged_by_the_one_that_held(minji: Id) -> None:
    rule_id = rule(budget={"times": 2})
    change(rule_id, AT, points=300, budget={"times": 9})

    review(minji, AT - HOUR, told_at=AT + HOUR)
    review(minji, AT, told_at=AT + HOUR)

    awards = EventRuleAward.objects.order_by("at").values_list("version", "points")
    assert list(awards) == [(1, 100), (2, 300)]
    assert broken() == []


def test_hear__both_versions_in_a_batch__each_goes_by_its_own_budget(minji: Id) -> None:
    rule_id = rule(budget={"times": 2})
    change(rule_id, AT, points=300, budget={"times": 3})
    # Told in this order; of the first version's budget the third is one too many.
    for done_at in (AT, AT - HOUR, AT - 2 * HOUR, AT + HOUR):
        happen(minji, tracked(REVIEW, done_at), done_at, told_at=AT + 2 * HOUR)

    let_by()

    awards = EventRuleAward.objects.order_by("at").values_list("version", "points")
    assert list(awards) == [(1, 100), (2, 300), (2, 300)]
    assert list(EventRuleRefusal.objects.values_list("why", "version")) == [("budget_times", 1)]


def test_hear__new_version_of_another_event__old_deeds_are_still_paid(minji: Id) -> None:
    rule_id = rule()
    change(rule_id, AT, event="Photo Posted", points=300)
    for name in (REVIEW, "Photo Posted"):
        for done_at in (AT - HOUR, AT + HOUR):
            happen(minji, tracked(name, done_at), done_at, told_at=AT + 2 * HOUR)

    let_by()

    awards = EventRuleAward.objects.order_by("at").values_list("at", "points")
    assert list(awards) == [(AT - HOUR, 100), (AT + HOUR, 300)]


def test_rests__paused_put_away_and_taken_out__are_one_until_it_goes_on(minji: Id) -> None:
    rule_id = rule()
    pause(rule_id, at=AT)
    pause(rule_id, at=AT + HOUR)
    archive(rule_id, at=AT + 2 * HOUR)
    resume(rule_id, at=AT + 3 * HOUR)
    restore(rule_id, at=AT + 4 * HOUR)
    assert rests_of(rule_id) == [(AT, None)]

    resume(rule_id, at=AT + 5 * HOUR)
    pause(rule_id, at=AT + 6 * HOUR)
    resume(rule_id, at=AT + 6 * HOUR)

    assert rests_of(rule_id) == [(AT, AT + 5 * HOUR), (AT + 6 * HOUR, AT + 6 * HOUR)]
    for hours in (1, 3, 4, 5):
        review(minji, AT + hours * HOUR, told_at=AT + 6 * HOUR)
    assert points_of(minji) == 100


def test_pause__of_a_rule_that_is_paused__leaves_since_when_it_is(minji: Id) -> None:
    rule_id = rule()
    pause(rule_id, at=AT)
    pause(rule_id, at=AT + HOUR)
    assert (find_rule(rule_id).paused_at, rests_of(rule_id)) == (AT, [(AT, None)])

    archive(rule_id, at=AT + 2 * HOUR)
    restore(rule_id, at=AT + 3 * HOUR)
    assert (find_rule(rule_id).paused_at, rests_of(rule_id)) == (AT, [(AT, None)])

    resume(rule_id, at=AT + 4 * HOUR)
    pause(rule_id, at=AT + 5 * HOUR)
    assert find_rule(rule_id).paused_at == AT + 5 * HOUR


def test_rests__put_away_unpaused__count_from_then_on(minji: Id) -> None:
    rule_id = rule()
    archive(rule_id, at=AT)
    restore(rule_id, at=AT + HOUR)
    resume(rule_id, at=AT + 2 * HOUR)

    for hours in (-1, 0, 1, 2):
        review(minji, AT + hours * HOUR, told_at=AT + 3 * HOUR)

    assert rests_of(rule_id) == [(AT, AT + 2 * HOUR)]
    assert points_of(minji) == 200


def test_load_live__since_an_instant__is_what_may_hold_for_it(minji: Id) -> None:
    rule_id, resting, gone = rule(), rule(), rule()
    change(rule_id, AT, points=200)
    change(rule_id, AT + HOUR, points=300)
    pause(rule_id, at=AT)
    resume(rule_id, at=AT + HOUR)
    pause(resting, at=AT)
    archive(gone, at=AT + 9 * HOUR)

    def held(since: datetime) -> dict[Id, tuple[list[int], int]]:
        live = load_live(ZONE, since=since)
        return {one.id: ([each.number for each in one.versions], len(one.rests)) for one in live}

    assert held(SINCE - DAY) == {rule_id: ([1, 2, 3], 1), resting: ([1], 1)}
    assert held(AT - HOUR) == {rule_id: ([1, 2, 3], 1), resting: ([1], 1)}
    assert held(AT) == {rule_id: ([2, 3], 1)}
    assert held(AT + HOUR) == {rule_id: ([3], 0)}


def birthday(at: datetime = SINCE) -> Id:
    return rule(at=at, name="생일", event="", trigger="birthday", points=1_000)


def look(at: datetime) -> int:
    return give_days(at=at, report=lambda _: None)


@pytest.mark.parametrize(
    ("paused_at", "resumed_at", "times"),
    [
        # The birthday is the day from twelve hours before AT to twelve hours after.
        (AT, AT + HOUR, 1),
        (AT, AT + DAY, 1),
        (AT - 12 * HOUR, AT + 11 * HOUR, 1),
        (AT - 12 * HOUR, AT + 12 * HOUR, 0),
        (AT - 13 * HOUR, AT + DAY, 0),
    ],
)
def test_birthday__while_it_rests__is_had_where_it_held_for_a_part_of_the_day(
    paused_at: datetime, resumed_at: datetime, times: int
) -> None:
    open_shop()
    join("minji", birthday=date(2000, 11, 27))
    rule_id = birthday()
    pause(rule_id, at=paused_at)

    assert look(AT) == 0
    assert not EventRuleDay.objects.exists()
    resume(rule_id, at=resumed_at)

    assert look(resumed_at + HOUR) == times
    assert EventRuleDay.objects.filter(day=date(2026, 11, 27)).exists()
    assert broken() == []


def test_birthday__short_rest_at_midnight__is_not_lost() -> None:
    open_shop()
    minji = join("minji", birthday=date(2000, 11, 27))
    rule_id = birthday()
    pause(rule_id, at=AT + 11 * HOUR)
    resume(rule_id, at=AT + 13 * HOUR)

    assert [look(AT + hours * HOUR) for hours in (14, 15)] == [1, 0]

    assert points_of(minji) == 1_000
    assert broken() == []


def test_birthday__rests_one_after_another_all_day__earns_nothing() -> None:
    open_shop()
    join("minji", birthday=date(2000, 11, 27))
    rule_id = birthday()
    pause(rule_id, at=AT - 12 * HOUR)
    resume(rule_id, at=AT)
    pause(rule_id, at=AT)
    resume(rule_id, at=AT + 12 * HOUR)

    assert look(AT + 14 * HOUR) == 0


def test_birthday__rule_that_rested_since_it_began__earns_nothing() -> None:
    open_shop()
    join("minji", birthday=date(2000, 11, 27))
    rule_id = birthday(AT)
    pause(rule_id, at=AT)
    resume(rule_id, at=AT + 13 * HOUR)

    assert look(AT + 14 * HOUR) == 0


def test_birthday__new_version_while_it_rested__goes_by_the_one_that_held_that_day() -> None:
    open_shop()
    minji = join("minji", birthday=date(2000, 11, 27))
    rule_id = birthday()
    pause(rule_id, at=AT + 10 * HOUR)
    change(rule_id, AT + 11 * HOUR, name="생일", event="", trigger="birthday", points=2_000)
    resume(rule_id, at=AT + 13 * HOUR)

    assert look(AT + 14 * HOUR) == 1

    assert points_of(minji) == 1_000


def test_birthday__app_tells_an_event_of_that_name__is_no_birthday(minji: Id) -> None:
    birthday()
    rule(event="birthday", points=5)

    happen(minji, tracked("birthday", AT))
    let_by()

    assert points_of(minji) == 5


def test_birthday__looked_at_late_after_a_new_version__goes_by_the_one_that_held() -> None:
    open_shop()
    members = [join("minji", birthday=date(2000, 11, 27)), join("jun", birthday=date(2000, 11, 28))]
    rule_id = birthday()
    change(rule_id, AT + DAY, name="생일", event="", trigger="birthday", points=2_000)

    assert look(AT + DAY + HOUR) == 2

    assert [points_of(one) for one in members] == [1_000, 2_000]


def while_paused(rule_id: Id, act: Callable[[], object]) -> None:
    """Let something begin while a pause is not committed yet, and go on once it is."""
    begun = Sign()

    def begin() -> None:
        begun.set()
        try:
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with write_transaction():
            pause(rule_id, at=AT)
            acting = pool.submit(begin)
            assert begun.wait(PATIENCE)
            if connection.vendor == "postgresql":
                wait_for_waiting(1)
        acting.result(PATIENCE)


@pytest.mark.parametrize(("told_at", "points"), [(AT - HOUR, 100), (AT, 0)])
def test_hear__paused_while_it_waits__sees_that_the_rule_rests(
    minji: Id, told_at: datetime, points: int
) -> None:
    rule_id = rule()
    told = happen(minji, tracked(REVIEW, told_at), told_at)

    def hear() -> None:
        with write_transaction():
            follow([told])

    while_paused(rule_id, hear)

    assert points_of(minji) == points
    assert broken() == []


def test_give_days__paused_while_it_waits__gives_nothing_and_notes_no_day() -> None:
    open_shop()
    join("minji", birthday=date(2000, 11, 27))
    rule_id = birthday()

    while_paused(rule_id, lambda: look(AT + HOUR))

    assert not EventRuleAward.objects.exists()
    assert not EventRuleDay.objects.filter(day=date(2026, 11, 27)).exists()
