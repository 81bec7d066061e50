"""Whose a code is: bound by hand, or handed out of a batch, once for each occasion."""

import pytest

from dangol.core.access.takeout import take_out
from dangol.core.actions.services import run
from dangol.core.people.actors import HOUSE
from dangol.core.storage.ids import new_id, random_id, show_id
from dangol.rooms.rewards.coupons.actions import CouponIssued
from dangol.rooms.rewards.coupons.batches import UnknownBatch, block_batch
from dangol.rooms.rewards.coupons.holding import (
    Ask,
    BatchClosed,
    CodeHeld,
    IssueKeyReused,
    NoCodesLeft,
    UnknownCode,
    bind_code,
    block_code,
    issue,
    issue_codes,
)
from dangol.rooms.rewards.coupons.models import CouponBatch, CouponCode
from dangol.rooms.rewards.coupons.selectors import held_by
from dangol.rooms.rewards.coupons.services import give_back, look_up, take
from tests.rooms.rewards.coupons.shop import AT, DAY, SORA, batch, codes_of, customers, generic

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_issue__same_key_again__is_the_same_code() -> None:
    batch_id = batch()
    me = random_id()

    code = issue(batch_id, me, "birthday-2026", at=AT)

    assert code in codes_of(batch_id)
    assert issue(batch_id, me, "birthday-2026", at=AT + DAY) == code
    assert issue(batch_id, me, "birthday-2027", at=AT) != code
    assert look_up([code], customer_id=random_id())[0].is_of_another


def test_issue__key_for_another_batch__is_refused() -> None:
    me = random_id()
    issue(batch(), me, "k", at=AT)

    with pytest.raises(IssueKeyReused):
        issue(batch(), me, "k", at=AT)


def test_issue_codes__more_than_there_are__says_who_got_none() -> None:
    batch_id = batch()
    used, blocked, free = codes_of(batch_id)
    take([used], customer_id=random_id(), sale_id=new_id(), at=AT)
    block_code(blocked, actor=SORA, at=AT)
    asks = [Ask(batch_id, random_id(), "k") for _ in range(2)]

    first, second = issue_codes(asks, at=AT)

    assert first == free
    assert isinstance(second, NoCodesLeft)


def test_issue__code_was_used_and_given_back__is_nobody_elses_to_get() -> None:
    batch_id = batch(code_count=1)
    me, sale = random_id(), new_id()
    take(codes_of(batch_id), customer_id=me, sale_id=sale, at=AT)
    give_back(customer_id=me, sale_id=sale, at=AT)

    with pytest.raises(NoCodesLeft):
        issue(batch_id, random_id(), "k", at=AT)


def test_issue__generic__hands_the_one_code_to_all() -> None:
    code = generic(uses_per_code=None)
    batch_id = CouponBatch.objects.get().id
    asks = [Ask(batch_id, random_id(), "k") for _ in range(3)]

    assert issue_codes(asks, at=AT) == [code] * 3
    assert CouponCode.objects.get().customer_id is None


def test_issue__batch_closed_or_unknown__is_refused() -> None:
    over, blocked = batch(active_to=AT), batch()
    block_batch(blocked, actor=SORA, at=AT)

    for batch_id, refusal in ((over, BatchClosed), (blocked, BatchClosed), (new_id(), UnknownBatch)):
        with pytest.raises(refusal):
            issue(batch_id, random_id(), "k", at=AT)


def test_action__issue_coupon__hands_one_out_once() -> None:
    batch_id = batch()
    me = random_id()
    payload = {"batch": show_id(batch_id)}

    outcomes = [
        run("rewards.issue_coupon", payload, customer_id=me, idempotency_key="w", at=AT) for _ in range(2)
    ]

    assert [one.repeated for one in outcomes] == [False, True]
    assert isinstance(outcomes[0].result, CouponIssued)
    assert CouponCode.objects.get(customer_id=me).shown == outcomes[0].result.coupon
    for wrong in ("no id", show_id(new_id())):
        with pytest.raises(UnknownBatch):
            run(
                "rewards.issue_coupon", {"batch": wrong}, customer_id=me, idempotency_key=wrong, at=AT
            )  # fmt: skip


def test_bind_code__free_or_theirs__stays_theirs() -> None:
    code = codes_of(batch())[0]
    me = random_id()

    for _ in range(2):
        bind_code(code.lower(), me, actor=SORA, at=AT)

    assert CouponCode.objects.get(shown=code).customer_id == me


def test_bind_code__of_another_used_or_everybodys__is_refused() -> None:
    held, used, _ = codes_of(batch())
    bind_code(held, random_id(), actor=SORA, at=AT)
    take([used], customer_id=random_id(), sale_id=new_id(), at=AT)

    for code in (held, used, generic()):
        with pytest.raises(CodeHeld):
            bind_code(code, random_id(), actor=SORA, at=AT)
    with pytest.raises(UnknownCode):
        bind_code("none", random_id(), actor=SORA, at=AT)
    with pytest.raises(UnknownCode):
        block_code("none", actor=SORA, at=AT)


def test_block_code__and_open_again__may_be_used() -> None:
    code = codes_of(batch())[0]
    block_code(code, actor=SORA, at=AT)
    block_code(code, is_blocked=False, actor=SORA, at=AT)

    assert take([code], customer_id=random_id(), sale_id=new_id(), at=AT) == []


def test_held_by__more_codes_of_what_is_over_than_are_asked_for__tells_what_can_be_used() -> None:
    me = random_id()
    endless, soon = batch(code_count=1), batch(code_count=1, active_to=AT + 2 * DAY)
    over = batch(code_count=9, active_to=AT + DAY, pattern="ZZZ-####-####-####")
    later = batch(code_count=1, active_from=AT + 9 * DAY)
    blocked = batch(code_count=1)
    for batch_id in (endless, soon, over, later, blocked):
        for place in range(len(codes_of(batch_id))):
            issue(batch_id, me, f"{batch_id.hex()}:{place}", at=AT)
    block_batch(blocked, actor=SORA, at=AT)

    def held(limit: int) -> list[str]:
        return [one.shown for one in held_by([me], at=AT + DAY, limit=limit)]

    assert held(2) == [*codes_of(soon), *codes_of(endless)]
    assert held(1) == codes_of(soon)


def test_takeout__somebody_with_coupons__holds_them() -> None:
    (me,) = customers(1)
    code = issue(batch(), me, "welcome", at=AT)
    take([code], customer_id=me, sale_id=new_id(), at=AT)

    told = take_out(me, actor=HOUSE, reason="asked", at=AT).sections

    assert [one["shown"] for one in told["coupons"]] == [code]
    assert [one["issue_key"] for one in told["coupons_handed_out"]] == ["welcome"]
    assert [one["given_back_at"] for one in told["coupon_uses"]] == [None]
