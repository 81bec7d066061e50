"""Many processes hear the same deeds at once: no cap and no budget is ever broken, nothing given twice."""

from collections.abc import Sequence
from datetime import date

import pytest
from django.db import connections

from dangol.core.events.records import Recorded
from dangol.core.ledger.models import Transfer
from dangol.core.storage.ids import Id, new_id
from dangol.rooms.rewards.catalog.events import RewardCanceled, RewardRedeemed
from dangol.rooms.rewards.event_rules.editing import find_rule
from dangol.rooms.rewards.event_rules.models import EventRuleAward, EventRuleRefusal
from dangol.rooms.rewards.event_rules.services import give_days
from tests.core.ledger import writers as processes
from tests.rooms.rewards.event_rules.shop import (
    AT,
    HOUR,
    REVIEW,
    broken,
    happen,
    join,
    let_by,
    open_shop,
    points_of,
    rule,
    tracked,
)
from tests.rooms.rewards.event_rules.writers import (
    die_while_giving,
    die_while_giving_days,
    follow_often,
    give_days_often,
    race,
)
from tests.sizes import SIZE
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ROUNDS = SIZE.rounds if SIZE.soak else 3
MEMBERS, DEEDS = SIZE.racers, 3


def deeds_of(member: Id, count: int = DEEDS) -> list[Recorded]:
    """Let a member do something some times; the worker has not heard of it."""
    return [
        happen(member, tracked(REVIEW, AT + number * HOUR), AT + number * HOUR) for number in range(count)
    ]


@pytest.mark.parametrize(("budget", "times"), [({"times": 7}, 7), ({"points": 950}, 9)])
def test_hear__members_of_one_budget__never_more_than_there_is(budget: dict[str, int], times: int) -> None:
    members = open_shop(*(f"m{number}" for number in range(MEMBERS)))
    made = rule(budget=budget)
    # Each member's deeds are a batch of their own: whichever comes first spends what there is.
    batches: Sequence[Sequence[Recorded]] = [deeds_of(one) for one in members]

    race(follow_often, [batches])

    assert Transfer.objects.filter(reason="event_rule").count() == times
    row = find_rule(made)
    assert (row.used_times, row.used_points) == (times, 100 * times)
    refused = EventRuleRefusal.objects.values_list("times", flat=True)
    assert sum(refused) == MEMBERS * DEEDS - times
    assert broken() == []


def test_hear__a_member_s_deeds_at_once__keep_to_the_cap_and_are_counted_once() -> None:
    members = open_shop(*(f"m{number}" for number in range(ROUNDS)))
    rule(caps={"day": 2})

    race(follow_often, [[deeds_of(one)] for one in members])

    assert [points_of(one) for one in members] == [200] * ROUNDS
    assert list(EventRuleRefusal.objects.values_list("why", "times")) == [("day", 1)] * ROUNDS
    assert broken() == []


def test_hear__one_earns_while_another_s_reward_is_canceled__nobody_waits_for_ever() -> None:
    members = open_shop(*(f"m{number}" for number in range(MEMBERS)))
    rule(name="교환", event="reward.redeemed", points=5)
    rule()
    about = {one: new_id() for one in members}
    for one in members:
        taken = RewardRedeemed(reward="1", kind="item", points=1, currency="P")
        happen(one, taken, AT, subject_id=about[one])
    let_by()
    back = RewardCanceled(reward="1", points=1, currency="P")
    # Each batch concerns two, and the next one begins with the second of them.
    batches: Sequence[Sequence[Recorded]] = [
        [*deeds_of(one, 1), happen(other, back, AT + HOUR, subject_id=about[other])]
        for one, other in zip(members, [*members[1:], members[0]], strict=True)
    ]

    race(follow_often, [batches])

    assert [points_of(one) for one in members] == [100] * MEMBERS
    assert broken() == []


def test_give_days__many_at_once__is_once_a_year() -> None:
    open_shop()
    members = [join(f"m{number}", birthday=date(2000, 11, 27)) for number in range(5)]
    rule(name="생일", event="", trigger="birthday", points=1_000, budget={"times": 3})

    race(give_days_often, str(connections["keys"].settings_dict["NAME"]), AT)

    assert sum(points_of(one) for one in members) == 3_000
    assert EventRuleAward.objects.count() == 3
    assert give_days(at=AT, report=lambda _: None) == 0
    assert broken() == []


@pytest.mark.parametrize("has_given", [False, True])
def test_killed__while_giving__leaves_nothing_and_is_given_once_later(has_given: bool) -> None:
    (member,) = open_shop("minji")
    made = rule(budget={"times": 5})
    process = processes.start(die_while_giving, deeds_of(member), has_given)
    process.join(timeout=PATIENCE)

    assert process.exitcode == -9
    assert (points_of(member), find_rule(made).used_times) == (0, 0)
    let_by()

    assert (points_of(member), find_rule(made).used_times) == (300, 3)
    assert broken() == []


@pytest.mark.parametrize("has_given", [False, True])
def test_killed__a_day_late_for_a_rule_that_ended__gives_each_once(has_given: bool) -> None:
    open_shop()
    members = [join(f"m{number}", birthday=date(2000, 11, 27)) for number in range(4)]
    # Until six in the evening of the birthday; the worker comes at eight the next morning.
    made = rule(
        name="생일", event="", trigger="birthday", points=1_000, active_to=(AT + 6 * HOUR).isoformat()
    )
    morning = AT + 20 * HOUR
    keys = str(connections["keys"].settings_dict["NAME"])
    process = processes.start(die_while_giving_days, keys, morning, has_given)
    process.join(timeout=60)

    assert process.exitcode == -9
    assert sorted(points_of(one) for one in members) == [0, 0, 0, 1_000]
    again = [give_days(at=morning + late, report=lambda _: None) for late in (HOUR, 2 * HOUR)]

    assert again == [3, 0]
    assert [points_of(one) for one in members] == [1_000] * 4
    assert find_rule(made).used_times == 4
    assert broken() == []
