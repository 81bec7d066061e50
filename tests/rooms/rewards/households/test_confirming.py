"""Spending of a pool by another's hand: what counts together, and of whom little is taken."""

import pytest

from dangol.core.access.members.confirming import ConfirmationRequired
from dangol.core.access.members.models import MemberSession
from dangol.core.access.members.sessions import VALID_FOR
from dangol.core.ledger.services import spend_points
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id, new_id
from dangol.domain.households import Sharing
from dangol.rooms.rewards.households.confirming import spend_confirmed
from dangol.rooms.rewards.households.errors import NotTheirOwnYes
from dangol.rooms.rewards.households.pool import Wanted
from dangol.rooms.rewards.households.selectors import usable_of_pool
from dangol.rooms.rewards.households.services import By, set_sharing
from tests.rooms.rewards.households.shop import BY, answer, family, give, open_shop, points_of
from tests.rooms.rewards.promotions.shop import AT, CURRENCY

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
THEMSELVES = By(Actor(ActorKind.MEMBER, "member"), AT)


def spend(member: Id, points: int) -> None:
    """Let somebody else note that a member spends; a hundred in a day are much."""
    spend_confirmed(member, Wanted(points, CURRENCY, new_id().hex()), limit=100, at=AT)


def confirm(member: Id) -> None:
    """Let a member have just typed a code on their phone."""
    MemberSession.objects.create(
        token_hash=new_id() * 2, customer_id=member, how="code", confirmed_at=AT, opened_at=AT, seen_at=AT,
        expires_at=AT + VALID_FOR,
    )  # fmt: skip


def test_spend__of_one_giver_by_several__counts_together_and_with_what_they_spent_alone() -> None:
    mom, child, dad = open_shop("mom", "child", "dad")
    give(mom, 500)
    family(mom, child, dad)
    set_sharing(mom, shares=True, by=THEMSELVES)

    spend_points(mom, points=40, currency=CURRENCY, key="alone", at=AT, reason="")
    spend(child, 50)
    with pytest.raises(ConfirmationRequired):
        spend(dad, 10)

    assert points_of(mom) == [410]
    spend(dad, 9)


def test_spend__by_one_who_spent_alone_before__counts_together() -> None:
    mom, child = open_shop("mom", "child")
    give(child, 90, 10)
    family(mom, child)
    give(mom, 500)

    spend_points(child, points=90, currency=CURRENCY, key="alone", at=AT, reason="")

    with pytest.raises(ConfirmationRequired):
        spend(child, 10)


def test_spend__much_of_who_was_noted_to_share__is_refused_until_they_say_so() -> None:
    mom, child = open_shop("mom", "child")
    give(mom, 500)
    family(child, mom)

    confirm(child)
    with pytest.raises(NotTheirOwnYes):
        spend(child, 100)
    set_sharing(mom, shares=True, by=BY)
    with pytest.raises(NotTheirOwnYes):
        spend(child, 100)
    set_sharing(mom, shares=True, by=THEMSELVES)
    spend(child, 100)

    assert points_of(mom) == [400]


def test_sharing__by_all_from_now_on__leaves_it_to_who_is_in_already() -> None:
    mom, child = open_shop("mom", "child")
    give(child, 100)
    family(mom, child, shares=False)
    answer(sharing=Sharing.ALL)

    set_sharing(child, shares=False, by=BY)
    assert usable_of_pool(mom, CURRENCY, at=AT) == 0
    set_sharing(child, shares=True, by=THEMSELVES)
    assert usable_of_pool(mom, CURRENCY, at=AT) == 100
    set_sharing(child, shares=False, by=THEMSELVES)
    assert usable_of_pool(mom, CURRENCY, at=AT) == 100
