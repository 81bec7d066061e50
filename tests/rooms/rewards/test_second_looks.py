"""Tiers that lift members as they begin: the worker's walk past all of them, in steps."""

import pytest

from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import random_id
from dangol.rooms.rewards.models import Membership, SecondLook, TierChange
from dangol.rooms.rewards.programs import find_program, supersede_tiers
from dangol.rooms.rewards.second_looks import look_again
from dangol.rooms.rewards.store import due_members
from tests.core.segments.shop import bought, catch_up, come, make_segment
from tests.plans import plan_of, sorts
from tests.rooms.rewards.shop import BREAD, LEVELS, ROLLING, Bought, Telling, open_program
from tests.rooms.rewards.test_gates import DAY, GATED, MARCH, MINUTE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_gate__put_up_for_many__is_looked_at_in_steps_that_begin_where_the_last_ended() -> None:
    set_shop(name="골목 가게", zone="America/New_York", currency="USD", region="KR")
    make_segment("regulars", bought(2), at=MARCH - DAY)
    dear = ROLLING._replace(levels=(*LEVELS[:2], LEVELS[2]._replace(threshold=900_000)))
    program, shop = open_program(dear), Telling("s", customers=3)
    shop.customer_ids = come("A", "B", "C", at=MARCH - DAY)
    shop.ring_up([Bought(who, f"{who}{two}", MARCH, {BREAD: 30_000}) for who in range(3) for two in "ab"])
    catch_up(MARCH + DAY)
    before = list(Membership.objects.order_by("customer_id").values_list("next_review_at", flat=True))

    begins = MARCH + 2 * DAY
    supersede_tiers(program, GATED, at=begins, recorded_at=MARCH + DAY)

    after = list(Membership.objects.order_by("customer_id").values_list("next_review_at", flat=True))
    assert after == before  # no checkout waits for whoever publishes
    running = find_program(program)
    assert look_again(running, as_of=begins - MINUTE, limit=1) == 0
    golden = []
    for _ in range(4):
        looked = look_again(running, as_of=begins + DAY, limit=1)
        golden.append((looked, Membership.objects.filter(level=2).count()))
    assert golden == [(1, 1), (1, 2), (1, 3), (0, 3)]
    assert set(TierChange.objects.filter(to_level=2).values_list("at", flat=True)) == {begins}
    assert not SecondLook.objects.exists()


def test_look_again__however_many_there_are__goes_through_them_in_the_order_of_their_key() -> None:
    program = open_program(ROLLING)
    SecondLook.objects.create(program_id=program, version=2, begins_at=MARCH, last_id=random_id())

    plan = plan_of(lambda: look_again(find_program(program), as_of=MARCH, limit=1), "dg_membership")

    assert not sorts(plan)
    assert "PRIMARY KEY" in plan or "dg_membership_pkey" in plan


@pytest.mark.parametrize("sharing", [False, True])
def test_due_members__however_many_there_are__are_found_by_an_index_of_their_own(sharing: bool) -> None:
    program = open_program(ROLLING)

    plan = plan_of(lambda: due_members(program, as_of=MARCH, limit=1, sharing=sharing), "dg_membership")

    assert not sorts(plan)
    assert "dg_membership_due" in plan
