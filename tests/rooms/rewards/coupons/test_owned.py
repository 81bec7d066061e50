"""What coupons somebody has, how each stands, and what has happened to a code."""

from typing import Any

import pytest

from dangol.core.storage.ids import new_id, random_id
from dangol.rooms.rewards.coupons.batches import block_batch
from dangol.rooms.rewards.coupons.holding import bind_code, block_code, hand_out, issue
from dangol.rooms.rewards.coupons.models import BatchKind, CouponAct, CouponBatch
from dangol.rooms.rewards.coupons.owned import State, coupons_of, history_of
from dangol.rooms.rewards.coupons.services import give_back, take
from dangol.rooms.rewards.coupons.taking_back import issue_key_of, take_back
from tests.rooms.rewards.coupons.shop import AT, DAY, SORA, batch, codes_of, generic

pytestmark = pytest.mark.django_db(transaction=True)


def test_coupons_of__bound_handed_out_and_used__by_all_ids_of_the_person() -> None:
    me, earlier = random_id(), random_id()
    mine, found, shared = batch(), batch(), generic(uses_per_code=None)
    own = issue(mine, earlier, "k", at=AT)
    issue(CouponBatch.objects.get(kind=BatchKind.GENERIC).id, me, "k", at=AT)
    typed = codes_of(found)[0]
    take([typed], customer_id=me, sale_id=new_id(), at=AT)
    issue(mine, random_id(), "k", at=AT)

    coupons = coupons_of([me, earlier])

    assert {one.code.shown: (one.uses, one.used_at) for one in coupons} == {
        own: (0, None), shared: (0, None), typed: (1, AT),
    }  # fmt: skip
    assert [one.code.shown for one in coupons_of([me])] == [shared, typed]


def test_state__each_way_a_coupon_can_stand() -> None:
    me = random_id()

    def state(**given: Any) -> State:
        code = issue(batch(**given), me, str(new_id()), at=AT)
        if given.get("name") == "used":
            take([code], customer_id=me, sale_id=new_id(), at=AT)
        if given.get("name") == "shut":
            block_code(code, actor=SORA, at=AT)
        [found] = [one for one in coupons_of([me]) if one.code.shown == code]
        return found.state(AT + DAY)

    assert state() is State.USABLE
    assert state(name="used") is State.USED
    assert state(name="shut") is State.BLOCKED
    assert state(active_to=AT + DAY) is State.OVER
    assert state(active_from=AT + 2 * DAY) is State.NOT_YET
    every = batch()
    code = issue(every, me, "last", at=AT)
    block_batch(every, actor=SORA, at=AT)
    assert {one.code.shown: one.state(AT) for one in coupons_of([me])}[code] is State.BLOCKED


def test_history_of__code__tells_all_that_happened_latest_first() -> None:
    batch_id, me, sale, later = batch(code_count=1), random_id(), new_id(), new_id()
    code = issue(batch_id, me, issue_key_of(sale, "0"), at=AT + DAY)
    take([code], customer_id=me, sale_id=later, at=AT + 2 * DAY)
    give_back(customer_id=me, sale_id=later, at=AT + 3 * DAY)
    take_back(customer_id=me, sale_id=sale, at=AT + 4 * DAY)
    block_code(code, is_blocked=False, actor=SORA, at=AT + 5 * DAY)
    block_batch(batch_id, actor=SORA, at=AT + 6 * DAY)

    told = history_of(code.lower())

    assert [one.what for one in told] == [
        "blocked", "opened", "taken_back", "given_back", "used", "issued", "made",
    ]  # fmt: skip
    assert [one.is_whole for one in told] == [True, False, False, False, False, False, True]
    assert {one.customer_id for one in told[2:6]} == {me}
    assert (told[4].sale_id, told[0].actor) == (later, "sora")
    given = hand_out(batch(), me, "by hand", actor=SORA, at=AT)
    assert [(one.what, one.actor) for one in history_of(given)] == [("made", "sora"), ("issued", "sora")]
    assert history_of("none") == []


def test_acts__done_twice__are_told_once() -> None:
    batch_id, me = batch(), random_id()
    first, second, _ = codes_of(batch_id)
    for _ in range(2):
        block_code(first, actor=SORA, at=AT)
        bind_code(second, me, actor=SORA, at=AT)
        hand_out(batch_id, me, "form", actor=SORA, at=AT)
        block_batch(batch_id, actor=SORA, at=AT)
        if CouponAct.objects.count() == 4:
            block_batch(batch_id, is_blocked=False, actor=SORA, at=AT)

    acts = list(CouponAct.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["blocked", "bound", "handed_out", "blocked", "opened", "blocked"]
