"""Codes a sale brought: taken back with it, whoever uses one at the same instant."""

from collections import Counter
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.people.actors import HOUSE
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.rooms.rewards.coupons.batches import block_batch
from dangol.rooms.rewards.coupons.holding import BatchClosed, block_code, issue
from dangol.rooms.rewards.coupons.models import (
    Act,
    BatchKind,
    CouponAct,
    CouponBatch,
    CouponCode,
    CouponIssue,
)
from dangol.rooms.rewards.coupons.services import give_back, look_up, take
from dangol.rooms.rewards.coupons.taking_back import TakenBack, issue_key_of, take_back
from tests.rooms.rewards.coupons import racing
from tests.rooms.rewards.coupons.shop import AT, DAY, SORA, batch, customers, generic
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ROUNDS = 10 * SIZE.rounds if SIZE.soak else 60


def brought(customer: Id, sale: Id, batch_id: Id, place: str = "0") -> str:
    return issue(batch_id, customer, issue_key_of(sale, place), at=AT)


def is_usable(code: str, customer: Id) -> bool:
    return take([code], customer_id=customer, sale_id=new_id(), at=AT) == []


def test_take_back__unused_and_used__blocks_both_and_tells_the_used_one() -> None:
    me, sale, of_two = random_id(), new_id(), batch(uses_per_code=2)
    unused, used = brought(me, sale, of_two), brought(me, sale, of_two, "1")
    other, by_hand = brought(me, new_id(), of_two), issue(batch(), me, "birthday", at=AT)
    take([used], customer_id=me, sale_id=new_id(), at=AT)

    told = take_back(customer_id=me, sale_id=sale, at=AT)

    assert (set(told.blocked), told.used) == ({unused, used}, (used,))
    assert [is_usable(one, me) for one in (unused, used, other, by_hand)] == [False, False, True, True]


def test_take_back__repeated__answers_the_same_and_blocks_nothing_staff_opened_since() -> None:
    me, sale = random_id(), new_id()
    code = brought(me, sale, batch())
    first = take_back(customer_id=me, sale_id=sale, at=AT)
    block_code(code, is_blocked=False, actor=SORA, at=AT)

    assert take_back(customer_id=me, sale_id=sale, at=AT + DAY) == first == TakenBack((code,))
    assert CouponIssue.objects.get().taken_back_at == AT
    assert is_usable(code, me)


def test_take_back__code_without_a_limit__is_told_by_its_use() -> None:
    me, sale, user = random_id(), new_id(), new_id()
    code = brought(me, sale, batch(uses_per_code=None))
    take([code], customer_id=me, sale_id=user, at=AT)

    assert take_back(customer_id=me, sale_id=sale, at=AT).used == (code,)
    give_back(customer_id=me, sale_id=user, at=AT)

    assert take_back(customer_id=me, sale_id=sale, at=AT) == TakenBack((code,))
    assert not is_usable(code, me)


def test_take_back__generic_code__stays_everybodys() -> None:
    me, sale, code = random_id(), new_id(), generic(uses_per_code=None)
    assert brought(me, sale, CouponBatch.objects.get(kind=BatchKind.GENERIC).id) == code

    assert take_back(customer_id=me, sale_id=sale, at=AT) == TakenBack()
    assert is_usable(code, me)


def test_take_back__blocked_by_staff_before__stays_blocked_when_handed_out_again() -> None:
    me, sale, batch_id = random_id(), new_id(), batch()
    code = brought(me, sale, batch_id)
    block_code(code, actor=SORA, at=AT)

    assert take_back(customer_id=me, sale_id=sale, at=AT) == TakenBack()
    assert brought(me, sale, batch_id) == code
    assert not is_usable(code, me)


@pytest.mark.parametrize("opened_between", [False, True])
def test_block__code_that_was_taken_back__stays_blocked_when_handed_out_again(opened_between: bool) -> None:
    me, sale, batch_id = random_id(), new_id(), batch()
    code = brought(me, sale, batch_id)
    take_back(customer_id=me, sale_id=sale, at=AT)
    if opened_between:
        block_code(code, is_blocked=False, actor=SORA, at=AT)

    for _ in range(2):
        block_code(code, actor=SORA, at=AT)

    assert CouponAct.objects.filter(act=Act.BLOCKED).count() == 1
    assert brought(me, sale, batch_id) == code
    assert not is_usable(code, me)


def test_issue__after_it_was_taken_back__is_the_same_code_and_may_be_used() -> None:
    me, sale, batch_id = random_id(), new_id(), batch()
    code = brought(me, sale, batch_id)
    take_back(customer_id=me, sale_id=sale, at=AT)
    assert look_up([code], customer_id=me)[0].promotion_id is None

    assert brought(me, sale, batch_id) == code
    assert CouponIssue.objects.get().taken_back_at is None
    assert is_usable(code, me)


def test_issue__taken_back_and_its_batch_blocked_since__is_refused_and_stays_back() -> None:
    me, sale, batch_id = random_id(), new_id(), batch()
    code = brought(me, sale, batch_id)
    take_back(customer_id=me, sale_id=sale, at=AT)
    block_batch(batch_id, actor=SORA, at=AT)

    with pytest.raises(BatchClosed):
        brought(me, sale, batch_id)
    assert CouponCode.objects.get(shown=code).is_blocked


def test_take_back__one_code_or_many__takes_the_same_statements() -> None:
    def statements(count: int) -> int:
        me, sale, batch_id = random_id(), new_id(), batch(code_count=count)
        for place in range(count):
            brought(me, sale, batch_id, str(place))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert len(take_back(customer_id=me, sale_id=sale, at=AT).blocked) == count
        return len(asked)

    assert statements(1) == statements(40)


@pytest.mark.parametrize("uses", [1, None])
def test_take_back__used_at_the_same_instant__is_told_or_the_use_is_refused(
    tmp_path: Path, uses: int | None
) -> None:
    me, merged = customers(2)
    batch_id = batch(code_count=ROUNDS, uses_per_code=uses)
    rounds = [(sale, brought(merged, sale, batch_id)) for sale in (new_id() for _ in range(ROUNDS))]
    merge_customers(me, merged, actor=HOUSE, reason="one person", at=AT)
    told = tmp_path / "told"

    # Under the id they have now, whose lock is another than that of the id the sale has.
    racing.race(racing.use_or_take_back, told, [(rounds, me, True), (rounds, merged, False)])

    counted = Counter(told.read_text().split())
    pairs = {
        code: {one.partition("=")[2] for one in counted if one.startswith(f"{code}=")} for _, code in rounds
    }
    assert len(pairs) == ROUNDS
    for code, pair in pairs.items():
        assert pair in ({"taken", "seen"}, {"refused", "unseen"}), (code, pair)
