"""Tiers that lift members as they begin: the worker's walk past all of them, in steps."""

import pytest

from dangol.core.people.shops import set_shop
from dangol.rooms.rewards.models import Membership, SecondLook, TierChange
from dangol.rooms.rewards.programs import find_program, supersede_tiers
from dangol.rooms.rewards.second_looks import look_again
from tests.core.segments.shop import bought, catch_up, come, make_segment
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
