"""Households made, joined, spent of and left: who may, whose points it takes, and what follows people."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS, RECEIVE_GIFTS
from dangol.core.ledger.models import Transfer
from dangol.core.people.merges import merge_customers
from dangol.core.people.services import make_guests
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.domain.households import (
    HouseholdClosed,
    NotShared,
    NotTheHead,
    PoolLimit,
    Sharing,
    Spender,
)
from dangol.domain.points import InsufficientPoints, NothingToReverse
from dangol.rooms.rewards.households.errors import (
    HouseholdFull,
    InOneAlready,
    KeyReused,
    NotAMember,
    NotInOne,
    NotInvited,
)
from dangol.rooms.rewards.households.leaving import leave
from dangol.rooms.rewards.households.models import HouseholdMember, HouseholdSpending
from dangol.rooms.rewards.households.pool import give_back_to_pool
from dangol.rooms.rewards.households.selectors import (
    find_household,
    spendings_of,
    standing_of,
    usable_of_pool,
)
from dangol.rooms.rewards.households.services import (
    INVITED_FOR,
    By,
    accept,
    decline,
    invite,
    make_head,
    make_household,
    set_sharing,
)
from dangol.rooms.rewards.households.takeout import read_memberships, read_shares, read_spendings
from tests.rooms.rewards.households.shop import (
    BY,
    CLERK,
    DAY,
    answer,
    broken,
    family,
    join,
    let_by,
    open_shop,
    points_of,
    refused,
    spend,
    told,
)
from tests.rooms.rewards.promotions.shop import AT, CURRENCY

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_spend__of_three__takes_what_lapses_first_of_whoever_has_it(three: list[Id]) -> None:
    mom, child, dad = three
    household = family(mom, child, dad)

    spent = spend(dad, 250)

    assert spent.given == {child: 200, mom: 50}
    assert points_of(mom, child, dad) == [250, 0, 100]
    (view,) = spendings_of(household)
    assert (view.customer_id, view.points, dict(view.given)) == (dad, 250, {child: 200, mom: 50})
    assert {who for who, _ in told("household.spent")} == {mom, child, dad}
    assert set(Transfer.objects.filter(kind="spend").values_list("customer_id", flat=True)) == {mom, child}
    assert broken() == []


def test_spend__sent_twice__is_done_once_and_with_other_points_refused(three: list[Id]) -> None:
    family(*three)

    first, again = spend(three[2], 50, "k"), spend(three[2], 50, "k")

    assert (first.id, again.id, again.repeated) == (first.id, first.id, True)
    assert dict(again.given) == dict(first.given)
    with pytest.raises(KeyReused):
        spend(three[2], 51, "k")
    assert sum(points_of(*three)) == 550


def test_spend__more_than_all_have__is_refused_and_nobody_loses_any(three: list[Id]) -> None:
    family(*three)

    with pytest.raises(InsufficientPoints) as refusal:
        spend(three[0], 601)

    assert refusal.value.data["available"] == 600
    assert points_of(*three) == [300, 200, 100]
    assert not HouseholdSpending.objects.exists()


def test_spend__points_that_have_lapsed_by_then__are_no_more_there(three: list[Id]) -> None:
    family(*three)

    spent = spend(three[2], 350, at=AT + 15 * DAY)

    assert spent.given == {three[0]: 300, three[2]: 50}
    assert broken() == []


def test_spend__who_does_not_share__neither_gives_nor_takes(three: list[Id]) -> None:
    mom, child, dad = three
    household = family(mom, dad)
    invite(household, child, by=BY)
    accept(child, household, shares=False, by=BY)

    assert spend(dad, 400).given == {mom: 300, dad: 100}
    assert refused(lambda: spend(child, 1)) is NotShared
    assert usable_of_pool(child, CURRENCY, at=AT) is None
    set_sharing(child, shares=True, by=BY)
    assert usable_of_pool(dad, CURRENCY, at=AT) == 200
    assert spend(dad, 10).given == {child: 10}


def test_spend__where_all_share__nobody_stays_out(three: list[Id]) -> None:
    answer(sharing=Sharing.ALL)
    family(*three, shares=False)

    assert spend(three[2], 600).points == 600


def test_spend__where_the_head_spends__others_do_not(three: list[Id]) -> None:
    answer(spender=Spender.HEAD)
    family(*three)

    assert refused(lambda: spend(three[1], 1)) is NotTheHead
    assert spend(three[0], 250).points == 250
    make_head(three[1], by=BY)
    assert refused(lambda: spend(three[0], 1)) is NotTheHead
    assert spend(three[1], 1).points == 1


def test_spend__within_a_month_of_the_shop__is_limited_and_the_next_month_is_new(three: list[Id]) -> None:
    answer(most_a_month=210)
    mom, _child, dad = three
    family(*three)

    spend(dad, 200)

    with pytest.raises(PoolLimit) as refusal:
        spend(dad, 11)
    assert refusal.value.data["left"] == 10
    assert spend(mom, 50).given == {mom: 50}
    # In Seoul December begins at three in the afternoon of UTC.
    assert refused(lambda: spend(dad, 11, at=AT + 3 * DAY + timedelta(hours=11, minutes=59))) is PoolLimit
    assert spend(dad, 11, at=AT + 3 * DAY + timedelta(hours=12)).points == 11


def test_spend__nobody_s_household__is_refused(three: list[Id]) -> None:
    assert refused(lambda: spend(three[0], 1)) is NotInOne
    household = family(*three)
    answer(is_open=False)
    assert refused(lambda: spend(three[0], 1)) is HouseholdClosed
    assert find_household(household).name == "우리 집"


def test_give_back__in_parts__goes_to_the_lots_it_came_from_by_share(three: list[Id]) -> None:
    mom, child, dad = three
    family(*three)
    spent = spend(dad, 300)
    assert spent.given == {child: 200, mom: 100}

    first = give_back_to_pool(spent.id, 30, key="r1", at=AT)
    again = give_back_to_pool(spent.id, 30, key="r1", at=AT)
    rest = give_back_to_pool(spent.id, None, key="r2", at=AT)

    assert first == again == {child: 20, mom: 10}
    assert rest == {child: 180, mom: 90}
    assert points_of(mom, child, dad) == [300, 200, 100]
    assert refused(lambda: give_back_to_pool(spent.id, None, key="r3", at=AT)) is NothingToReverse
    # They lapse when they would have.
    assert spend(dad, 300, at=AT + 15 * DAY).given == {mom: 300}
    assert broken() == []


def test_give_back__to_who_has_left__is_still_theirs(three: list[Id]) -> None:
    mom, child, _dad = three
    family(*three)
    spent = spend(mom, 200)
    leave(child, by=BY)

    assert give_back_to_pool(spent.id, None, key="r", at=AT) == {child: 200}
    assert points_of(child) == [200]


def test_join__nobody_asked_or_too_late__is_refused(three: list[Id]) -> None:
    mom, child, dad = three
    household = make_household(mom, name="우리 집", by=BY)

    assert refused(lambda: accept(child, household, shares=True, by=BY)) is NotInvited
    invite(household, child, by=BY)
    late = By(CLERK, AT + INVITED_FOR)
    assert refused(lambda: accept(child, household, shares=True, by=late)) is NotInvited
    decline(child, household, by=BY)
    assert refused(lambda: accept(child, household, shares=True, by=BY)) is NotInvited
    assert standing_of(child, at=AT).invitations == ()
    assert standing_of(dad, at=AT).household is None


def test_join__a_second_household_or_a_full_one__is_refused(three: list[Id]) -> None:
    answer(most_members=2)
    mom, child, dad = three
    household = family(mom, child)
    other = make_household(dad, name="혼자", by=BY)

    assert refused(lambda: invite(household, dad, by=BY)) is HouseholdFull
    invite(other, child, by=BY)
    assert refused(lambda: accept(child, other, shares=True, by=BY)) is InOneAlready
    assert refused(lambda: make_household(mom, name="또", by=BY)) is InOneAlready
    assert refused(lambda: invite(household, child, by=BY)) is InOneAlready


def test_household__of_who_is_no_member__is_not_made(three: list[Id]) -> None:
    with write_transaction():
        (stranger,) = make_guests(1, recorded_at=AT)
    household = family(three[0])

    assert refused(lambda: make_household(stranger, name="집", by=BY)) is NotAMember
    assert refused(lambda: invite(household, stranger, by=BY)) is NotAMember


def test_merge__of_one_in_a_household__stands_in_for_them(three: list[Id]) -> None:
    mom, child, dad = three
    household = family(mom, child)

    merge_customers(dad, mom, actor=CLERK, reason="같은 사람", at=AT)
    let_by(FOLLOW_CUSTOMERS, RECEIVE_GIFTS)

    view = find_household(household)
    kept = [one.customer_id for one in view.members if one.customer_id != child]
    assert len(kept) == 1
    assert view.head_id == kept[0]
    assert usable_of_pool(child, CURRENCY, at=AT) == 600
    assert broken() == []


def test_takeout__tells_each_their_own(three: list[Id]) -> None:
    mom, child, dad = three
    family(*three)
    spend(dad, 250)

    assert [one["points"] for one in read_spendings([dad])] == [250]
    assert read_spendings([mom]) == []
    assert [one["points"] for one in read_shares([mom])] == [50]
    assert [one["state"] for one in read_memberships([child])] == ["joined"]


@pytest.mark.parametrize(
    ("table", "changes", "name"),
    [
        (HouseholdMember, {"state": "left"}, "households.heads"),
    ],
)
def test_verify__one_fault_planted__is_found_by_its_name(
    three: list[Id], table: Any, changes: dict[str, Any], name: str
) -> None:
    family(*three)
    spend(three[2], 250)
    assert broken() == []

    table.objects.filter(customer_id=three[0]).update(**changes)

    assert broken() == [name]


def test_make__name_that_is_none__is_refused() -> None:
    open_shop()
    member = join("m")

    for name in ("", " ", "가" * 41, "a\x00"):
        with pytest.raises(DomainError, match=r"households\.invalid"):
            make_household(member, name=name, by=BY)


def test_spending__looked_up_by_its_id__is_found_by_an_index() -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, HouseholdSpending._meta.db_table)

    assert ["id"] in [one["columns"] for one in found.values() if one["index"]]
