"""Many processes spend of one pool at once: no point twice, and nobody waits for ever."""

import pytest

from dangol.core.events.models import Event
from dangol.core.events.selectors import events_after
from dangol.core.events.sequencer import number_waiting
from dangol.core.ledger.consumers import RECEIVE_GIFTS
from dangol.core.people.events import CustomerLeft
from dangol.core.people.leaving import leave_members
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.households.models import HouseholdMember, HouseholdShare, HouseholdSpending
from dangol.rooms.rewards.households.selectors import find_household
from dangol.rooms.rewards.households.services import invite, make_household
from tests.rooms.rewards.households.shop import (
    BY,
    DAY,
    answer,
    broken,
    family,
    give,
    let_by,
    open_shop,
    points_of,
)
from tests.rooms.rewards.households.writers import (
    TRIES,
    WRITERS,
    accept_at_once,
    follow_often,
    race,
    spend_and_send,
    spend_often,
)
from tests.rooms.rewards.promotions.shop import AT
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MEMBERS = max(SIZE.racers, 6)
ROUNDS = SIZE.rounds if SIZE.soak else 2


@pytest.fixture
def families() -> list[list[Id]]:
    """Families of three who have a hundred points between them, which lapse in turns."""
    assert not SIZE.soak or WRITERS * TRIES >= 200
    people = open_shop(*(f"m{number}" for number in range(3 * ROUNDS)))
    found = [people[place : place + 3] for place in range(0, 3 * ROUNDS, 3)]
    for one in found:
        family(*one)
        for place, (points, days) in enumerate([(40, 30), (35, 10), (25, None)]):
            give(one[place], points, days)
    return found


def test_spend__of_one_pool_many_times_at_once__exactly_what_there_is(
    families: list[list[Id]],
) -> None:
    race(spend_often, [(families, 7)] * WRITERS)

    # Fourteen times seven, and two points are left over.
    assert HouseholdSpending.objects.count() == 14 * ROUNDS
    for one in families:
        assert sum(points_of(*one)) == 2
    assert sum(HouseholdShare.objects.values_list("points", flat=True)) == 98 * ROUNDS
    assert broken() == []


def test_spend__with_a_month_s_limit__nobody_uses_more_of_others(families: list[list[Id]]) -> None:
    answer(most_a_month=10)

    # So much that each comes to the limit, be it by a few tries.
    race(spend_often, [(families, 1 if SIZE.soak else 7)] * WRITERS)

    for one in families:
        for member in one:
            used = HouseholdSpending.objects.filter(customer_id=member).values_list("of_others", flat=True)
            assert sum(used) <= 10
    assert broken() == []


def test_spend__while_points_are_sent_both_ways__ends_and_loses_nothing(families: list[list[Id]]) -> None:
    race(spend_and_send, [(families,)] * WRITERS)

    let_by(RECEIVE_GIFTS)
    for one in families:
        spent = sum(HouseholdSpending.objects.filter(customer_id__in=one).values_list("points", flat=True))
        assert sum(points_of(*one)) == 100 - spent
    assert broken() == []


def test_accept__by_many_who_were_asked__lets_in_as_many_as_there_is_room_for() -> None:
    answered = open_shop(*(f"m{number}" for number in range(ROUNDS * (WRITERS + 1))), most_members=3)
    asked = []
    for turn in range(ROUNDS):
        head, *people = answered[turn * (WRITERS + 1) : (turn + 1) * (WRITERS + 1)]
        asked.append((make_household(head, name="우리 집", by=BY), people))
        for one in people:
            invite(asked[-1][0], one, by=BY)

    race(accept_at_once, [(asked,)] * WRITERS)

    assert [len(find_household(household).members) for household, _ in asked] == [3] * ROUNDS
    assert broken() == []


def test_follow__many_go_at_once__nobody_waits_for_ever() -> None:
    people = open_shop(*(f"m{number}" for number in range(MEMBERS * ROUNDS)))
    rounds = []
    for place in range(0, len(people), MEMBERS):
        pairs = [people[one : one + 2] for one in range(place, place + MEMBERS, 2)]
        for pair in pairs:
            family(*pair)
        with write_transaction():
            leave_members([head for head, _ in pairs], source="till", recorded_at=AT + DAY)
        heads = {head for head, _ in pairs}
        number_waiting()
        gone = [one for _, one in events_after(0, limit=10_000) if one.name == CustomerLeft.event]
        rounds.append([one for one in gone if one.customer_id in heads])
    race(follow_often, [(rounds,)] * WRITERS)
    assert {len(events) for events in rounds} == {MEMBERS // 2}
    left = HouseholdMember.objects.filter(state="left")
    assert (left.count(), left.filter(customer_id__in=people[::2]).count()) == (len(people) // 2,) * 2
    assert Event.objects.filter(name="household.left").count() == len(people) // 2
