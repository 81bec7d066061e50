"""What a sale does with codes: looks them up, takes them, gives them back."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.people.actors import HOUSE
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import new_id, random_id
from dangol.core.storage.transactions import try_out, write_transaction
from dangol.domain.promotions.rules import Coupon
from dangol.rooms.rewards.coupons.batches import block_batch
from dangol.rooms.rewards.coupons.holding import bind_code, block_code
from dangol.rooms.rewards.coupons.models import BatchKind, CouponCode, CouponUse
from dangol.rooms.rewards.coupons.services import give_back, look_up, take
from tests.rooms.rewards.coupons.shop import AT, DAY, PROMOTION, SORA, batch, codes_of, customers, generic

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def used(code: str) -> int:
    return CouponCode.objects.get(shown=code).used_count


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        act()
    return len(found)


def test_look_up__several__answers_each_in_the_order_given() -> None:
    first, second, _ = codes_of(batch(active_from=AT, active_to=AT + DAY))
    shared = generic(uses_per_code=None)
    me = random_id()

    found = look_up([shared.lower(), "NOBODY'S", second, first, second], customer_id=me)

    assert found == (
        Coupon(shared, PROMOTION),
        Coupon("NOBODY'S"),
        *(Coupon(code, PROMOTION, False, AT, AT + DAY, 1) for code in (second, first, second)),
    )


def test_look_up__blocked__is_answered_like_an_unknown_code() -> None:
    first, second, third = codes_of(batch())
    other = batch()
    block_code(first, actor=SORA, at=AT)
    bind_code(second, random_id(), actor=SORA, at=AT)
    block_batch(other, actor=SORA, at=AT)
    of_other = codes_of(other)[0]

    found = look_up([first, of_other, third, second], customer_id=random_id())

    assert found[:2] == (Coupon(first), Coupon(of_other))
    assert found[2] == Coupon(third, PROMOTION, uses=1)
    assert found[3].is_of_another


def test_look_up__bound__belongs_to_the_holder_alone() -> None:
    code = codes_of(batch())[0]
    holder = random_id()
    bind_code(code, holder, actor=SORA, at=AT)

    asked = [look_up([code], customer_id=who)[0].is_of_another for who in (holder, random_id(), None)]

    assert asked == [False, True, True]


def test_look_up__holder_was_merged__belongs_to_who_they_are_now() -> None:
    code = codes_of(batch())[0]
    keep, absorb = customers(2)
    bind_code(code, absorb, actor=SORA, at=AT)
    assert look_up([code], customer_id=keep)[0].is_of_another
    merge_customers(keep, absorb, actor=HOUSE, reason="one person", at=AT)

    assert not look_up([code], customer_id=keep)[0].is_of_another
    assert not take([code], customer_id=keep, sale_id=new_id(), at=AT)


def test_take__code_for_one_use__is_used_up_by_the_first_sale() -> None:
    code = codes_of(batch())[0]
    first, second = random_id(), random_id()

    assert take([code], customer_id=first, sale_id=new_id(), at=AT) == []
    assert take([code], customer_id=second, sale_id=new_id(), at=AT) == [code]
    assert look_up([code], customer_id=second) == (Coupon(code, PROMOTION, uses=0),)
    assert used(code) == 1


def test_take__same_sale_again__takes_it_once() -> None:
    code = codes_of(batch(uses_per_code=5))[0]
    me, sale = random_id(), new_id()

    for spelled in (code, code.lower().replace("-", " ")):
        assert take([spelled], customer_id=me, sale_id=sale, at=AT) == []

    assert used(code) == 1
    assert look_up([code], customer_id=me)[0].uses == 4
    assert look_up([code], customer_id=me, sale_id=sale)[0].uses == 5


def test_take__one_code_spelled_twice__is_one_use() -> None:
    code = codes_of(batch(uses_per_code=5))[0]

    assert take([code, code.lower()], customer_id=random_id(), sale_id=new_id(), at=AT) == []
    assert used(code) == 1


def test_take__what_cannot_be_taken__is_said_and_the_rest_is_taken() -> None:
    good, blocked, of_another = codes_of(batch(active_from=AT, active_to=AT + DAY))
    block_code(blocked, actor=SORA, at=AT)
    bind_code(of_another, random_id(), actor=SORA, at=AT)
    shared = generic(uses_per_code=None)
    me, sale = random_id(), new_id()
    asked = ["", "nobody's", of_another, shared, blocked, good]

    assert take(asked, customer_id=me, sale_id=sale, at=AT) == ["", "nobody's", of_another, blocked]
    assert set(CouponUse.objects.values_list("key", flat=True)) == {
        CouponCode.objects.get(shown=code).key for code in (good, shared)
    }


@pytest.mark.parametrize(("days", "is_taken"), [(-1, False), (0, True), (1, False)])
def test_take__outside_its_time__is_not_taken(days: int, is_taken: bool) -> None:
    code = codes_of(batch(active_from=AT, active_to=AT + DAY))[0]

    left = take([code], customer_id=random_id(), sale_id=new_id(), at=AT + days * DAY)

    assert left == ([] if is_taken else [code])


def test_take__code_for_everybody__is_counted_by_its_uses_alone() -> None:
    code = generic(uses_per_code=None)

    for _ in range(3):
        assert take([code], customer_id=random_id(), sale_id=new_id(), at=AT) == []

    assert (used(code), CouponUse.objects.count()) == (0, 3)
    assert look_up([code], customer_id=random_id())[0].uses is None


def test_give_back__once_or_twice__frees_what_the_sale_took() -> None:
    code, other, _ = codes_of(batch())
    shared = generic(uses_per_code=None)
    me, sale = random_id(), new_id()
    take([code, other, shared], customer_id=me, sale_id=sale, at=AT)
    take([code], customer_id=me, sale_id=new_id(), at=AT)

    for _ in range(2):
        give_back(customer_id=me, sale_id=sale, at=AT + DAY)

    assert (used(code), used(other)) == (0, 0)
    assert {row.given_back_at for row in CouponUse.objects.all()} == {AT + DAY}
    assert take([code], customer_id=random_id(), sale_id=new_id(), at=AT) == []


def test_take__given_back_before__is_taken_again_by_the_same_sale() -> None:
    code = codes_of(batch())[0]
    me, sale = random_id(), new_id()
    take([code], customer_id=me, sale_id=sale, at=AT)
    give_back(customer_id=me, sale_id=sale, at=AT)

    assert take([code], customer_id=me, sale_id=sale, at=AT + DAY) == []

    kept = CouponUse.objects.get()
    assert (used(code), kept.used_at, kept.given_back_at) == (1, AT + DAY, None)


def test_give_back__sale_that_took_nothing__changes_nothing() -> None:
    give_back(customer_id=random_id(), sale_id=new_id(), at=AT)

    assert not CouponUse.objects.exists()


def test_take__caller_lets_its_transaction_go__nothing_is_taken() -> None:
    code = codes_of(batch())[0]

    found = try_out(lambda: take([code], customer_id=random_id(), sale_id=new_id(), at=AT))

    assert found == []
    assert (used(code), CouponUse.objects.count()) == (0, 0)


def test_sales__two_codes_or_many__take_as_many_statements() -> None:
    codes = codes_of(batch(code_count=40))
    counted = []
    for some in (codes[:2], codes[2:]):
        me, sale = random_id(), new_id()
        with write_transaction():
            counted.append(
                [
                    statements(lambda some=some, me=me: look_up(some, customer_id=me)),  # type: ignore[misc]
                    statements(
                        lambda some=some, me=me, sale=sale: take(  # type: ignore[misc]
                            some, customer_id=me, sale_id=sale, at=AT
                        )
                    ),
                    statements(
                        lambda me=me, sale=sale: give_back(customer_id=me, sale_id=sale, at=AT)  # type: ignore[misc]
                    ),
                ]
            )

    assert counted[0] == counted[1]
    assert counted[0][0] == 2


def test_take__imported_kind__is_as_any_other() -> None:
    batch_id = batch(BatchKind.IMPORTED)
    CouponCode.objects.create(key="AB12", shown="ab12", batch_id=batch_id, uses_limit=1)

    assert look_up(["AB-12"], customer_id=None) == (Coupon("ab12", PROMOTION, uses=1),)
    assert take(["AB-12"], customer_id=random_id(), sale_id=new_id(), at=AT) == []
