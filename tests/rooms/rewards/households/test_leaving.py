"""Households left: of one's own will, sent away, merged or erased; what stays, and what is forgotten."""

from typing import Any

import pytest

from dangol.core.events.services import lock_customers
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS, RECEIVE_GIFTS
from dangol.core.ledger.services import earn_points
from dangol.core.people.erasures import erase_customer
from dangol.core.people.leaving import leave_members
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.households import (
    Leaving,
    PoolLimit,
)
from dangol.rooms.rewards.households.errors import (
    LeavesPoints,
    NotInOne,
    TooSoon,
    UnknownHousehold,
)
from dangol.rooms.rewards.households.leaving import leave, send_away
from dangol.rooms.rewards.households.models import Household, HouseholdMember, HouseholdSpending
from dangol.rooms.rewards.households.selectors import (
    find_household,
    usable_of_pool,
)
from dangol.rooms.rewards.households.services import (
    By,
    accept,
    end_membership,
    invite,
    lock_membership,
    make_household,
)
from dangol.rooms.rewards.households.takeout import read_memberships
from tests.rooms.rewards.households.shop import (
    BY,
    CLERK,
    DAY,
    answer,
    broken,
    family,
    give,
    let_by,
    points_of,
    refused,
    spend,
    told,
)
from tests.rooms.rewards.promotions.shop import AT, CURRENCY

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_leave__with_what_they_earned__takes_it_along(three: list[Id]) -> None:
    mom, child, dad = three
    household = family(*three)
    spend(mom, 50)

    leave(child, by=BY)

    assert points_of(child) == [150]
    assert usable_of_pool(mom, CURRENCY, at=AT) == 400
    assert [one.customer_id for one in find_household(household).members] == [mom, dad]
    assert refused(lambda: spend(child, 1)) is NotInOne
    assert told("household.left") == [(child, "household.left")]


def test_leave__where_points_stay__the_head_has_them(three: list[Id]) -> None:
    answer(leaving=Leaving.LEAVES)
    mom, child, dad = three
    household = family(mom, child)
    invite(household, dad, by=BY)
    accept(dad, household, shares=False, by=BY)

    assert refused(lambda: leave(child, by=BY, gives=199)) is LeavesPoints
    leave(child, by=BY, gives=200)
    leave(dad, by=BY)
    let_by(RECEIVE_GIFTS)

    # Who did not share keeps what was never in the pool.
    assert points_of(mom, child, dad) == [500, 0, 100]
    assert broken() == []


def test_leave__where_points_stay__only_what_was_gathered_since(three: list[Id]) -> None:
    answer(leaving=Leaving.LEAVES)
    mom, child, _dad = three
    household = make_household(mom, name="우리 집", by=BY)
    later = By(CLERK, AT + DAY)
    invite(household, child, by=later)
    accept(child, household, shares=True, by=later)
    earn_points(child, points=30, currency=CURRENCY, key="since", at=AT + 2 * DAY)

    leave(child, by=By(CLERK, AT + 3 * DAY), gives=30)
    let_by(RECEIVE_GIFTS)

    assert points_of(mom, child) == [330, 200]
    assert broken() == []


def test_send_away__where_points_stay__takes_all_along(three: list[Id]) -> None:
    answer(leaving=Leaving.LEAVES)
    mom, child, _dad = three
    family(mom, child)

    send_away(child, by=BY)
    let_by(RECEIVE_GIFTS)

    assert points_of(mom, child) == [300, 200]
    assert HouseholdMember.objects.get(customer_id=child).why == "removed"


def test_leave__as_the_head__is_followed_by_who_was_there_longest(three: list[Id]) -> None:
    household = family(*three)

    leave(three[0], by=BY)
    assert find_household(household).head_id == three[1]
    leave(three[1], by=BY)
    leave(three[2], by=BY)

    with pytest.raises(UnknownHousehold):
        find_household(household)
    assert Household.objects.get(id=household).ended_at == AT


def test_join__again_after_leaving__waits_as_long_as_the_shop_says(three: list[Id]) -> None:
    mom, child, _dad = three
    household = family(mom, child)
    leave(child, by=BY)
    invite(household, child, by=BY)

    with pytest.raises(TooSoon) as refusal:
        accept(child, household, shares=True, by=BY)

    assert refusal.value.data["from_day"] == "2026-12-27"
    later = By(CLERK, AT + 30 * DAY)
    invite(household, child, by=later)
    accept(child, household, shares=True, by=later)
    assert len(find_household(household).members) == 2


def test_erased_and_left__are_in_no_household(three: list[Id]) -> None:
    mom, child, dad = three
    household = family(*three)
    spent = spend(dad, 250)

    erase_customer(mom, actor=CLERK, reason="요청", at=AT)
    with write_transaction():
        leave_members([child], source="phone", recorded_at=AT)
    let_by(FOLLOW_CUSTOMERS)

    assert [one.customer_id for one in find_household(household).members] == [dad]
    assert find_household(household).head_id == dad
    assert points_of(mom) == [0]
    assert HouseholdSpending.objects.get(id=spent.id).points == 250
    assert broken() == []


def test_name__of_one_that_is_over_or_had_somebody_erased__is_blank(three: list[Id]) -> None:
    mom, child, dad = three
    household = family(mom, child)
    over = make_household(dad, name="아빠 010-1234-5678", by=BY)
    assert [one["household_name"] for one in read_memberships([child])] == ["우리 집"]

    leave(dad, by=BY)
    leave(mom, by=BY)
    assert find_household(household).name == "우리 집"
    erase_customer(mom, actor=CLERK, reason="요청", at=AT + DAY)
    let_by(FOLLOW_CUSTOMERS)

    assert Household.objects.get(id=over).name == ""
    assert find_household(household).name == ""


def test_merged__limit_and_days_to_wait__are_those_of_both(three: list[Id]) -> None:
    answer(most_a_month=10)
    mom, child, dad = three
    household = family(mom, child)
    give(mom, 50, 1)
    assert spend(child, 10).given == {mom: 10}
    leave(child, by=BY)

    merge_customers(dad, child, actor=CLERK, at=AT, reason="같은 사람")
    let_by(FOLLOW_CUSTOMERS)

    invite(household, dad, by=BY)
    assert refused(lambda: accept(dad, household, shares=True, by=BY)) is TooSoon
    answer(most_a_month=10, rejoin_days=0)
    accept(dad, household, shares=True, by=BY)
    assert refused(lambda: spend(dad, 1)) is PoolLimit


def test_left__while_the_worker_waited__is_ended_once(three: list[Id], monkeypatch: Any) -> None:
    mom, child, _dad = three
    household = family(mom, child)
    erase_customer(child, actor=CLERK, reason="요청", at=AT)
    place = f"{lock_membership.__module__}.lock_customers"

    def leave_first(people: Any) -> None:
        monkeypatch.setattr(place, lock_customers)
        lock_customers(people)
        with write_transaction():
            end_membership(HouseholdMember.objects.get(customer_id=child), why="left", at=AT)

    monkeypatch.setattr(place, leave_first)
    let_by(FOLLOW_CUSTOMERS)

    assert HouseholdMember.objects.get(customer_id=child).why == "left"
    assert told("household.left") == [(child, "household.left")]
    assert [one.customer_id for one in find_household(household).members] == [mom]
