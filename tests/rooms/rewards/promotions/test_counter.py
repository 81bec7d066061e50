"""Sales at a counter: the member says yes before something of theirs is used, and who rang up may undo."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.core.commerce.acts import Why, acts_of
from dangol.core.commerce.models import Order
from dangol.core.commerce.selectors import OrderFacts, find_order
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.project.checks import all_checks
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch
from dangol.rooms.rewards.coupons.holding import issue
from dangol.rooms.rewards.coupons.models import BatchKind, CouponUse
from dangol.rooms.rewards.promotions.committing import HasReturns, commit
from dangol.rooms.rewards.promotions.confirming import ConfirmationMissing
from dangol.rooms.rewards.promotions.contents import PromotionInvalid
from dangol.rooms.rewards.promotions.counter import (
    AskedTooLongAgo,
    NotAsked,
    RungUpByAnother,
    TooLateToUndo,
    answer_in_person,
    answer_on_phone,
    ask_again,
    confirmation_of,
    finish,
    sale_of,
    undo_own,
    waiting_for,
)
from dangol.rooms.rewards.promotions.models import CounterSale, Sale
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.promotions.sales import (
    OtherCart,
    SaleView,
    UnknownSale,
    WrongState,
    cancel,
    find_sale,
    reopen,
    reserve,
)
from tests.rooms.rewards.promotions.shop import (
    AT,
    CURRENCY,
    TENDER,
    asked,
    cart,
    give,
    offer,
    open_shop,
    percent,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MINUTE = timedelta(minutes=1)
CLERK = Actor(ActorKind.STAFF, "clerk")
OTHER = Actor(ActorKind.STAFF, "other")
COFFEE = ("coffee", 10_000, 1)
ASKS = {"tender": TENDER, "confirm_coupons": True, "confirm_points_from": 2_000}


def coupon_of(customer_id: Id) -> str:
    """Return a code of the customer's own, of ten percent off."""
    promotion_id = offer(percent(10), name="쿠폰 할인", needs_code=True)
    unique = BatchDraft(promotion_id, "가을", BatchKind.UNIQUE, "FALL-####-####-####-####", 2)
    return issue(create_batch(unique, by="주인", at=AT), customer_id, "thanks", at=AT)


def hold(customer_id: Id | None, **more: Any) -> SaleView:
    return reserve(asked(cart(COFFEE), customer_id, channel=more.pop("channel", "store"), **more), at=AT)


def points_of(customer_id: Id) -> int:
    return balances_of([customer_id], CURRENCY)[customer_id].available


def rung(customer_id: Id, number: str = "1", **more: Any) -> OrderFacts:
    """Ring a sale up to which nobody needs to say yes."""
    finish(hold(customer_id, **more).id, source="till", number=number, by=CLERK, at=AT)
    return find_order(f"till:{number}")


def why(actor: Actor = CLERK, reason: str = "금액을 잘못 적었어요") -> Why:
    return Why(new_id(), actor, reason)


@pytest.mark.parametrize(
    ("settings", "with_code", "points", "channel", "needed"),
    [
        ({}, True, 4_000, "store", False),
        ({"confirm_coupons": True}, True, 0, "store", True),
        ({"confirm_coupons": True}, True, 0, "", True),
        ({"confirm_coupons": True}, True, 0, "online", False),
        ({"confirm_coupons": True}, False, 4_000, "store", False),
        ({"confirm_points_from": 2_000}, True, 1_900, "store", False),
        ({"confirm_points_from": 2_000}, False, 2_000, "store", True),
        ({"confirm_points_from": 1}, False, 1_000, "online", False),
    ],
)
def test_confirmation__by_what_is_used_where__is_needed_as_the_shop_says(
    settings: dict[str, Any], with_code: bool, points: int, channel: str, needed: bool
) -> None:
    (kim,) = open_shop("kim", tender=TENDER, **settings)
    give(kim, 5_000)
    codes = (coupon_of(kim),) if with_code else ()

    sale = hold(kim, codes=codes, pay_points=points, channel=channel)

    assert (confirmation_of(sale.id) is not None) is needed
    if needed:
        with pytest.raises(ConfirmationMissing):
            commit(sale.id, source="till", number="1", at=AT)
        assert not Order.objects.exists()
    else:
        assert commit(sale.id, source="till", number="1", at=AT).order_id


@pytest.mark.parametrize("given", [{"by_shopper": True}, {"customer_id": None}])
def test_confirmation__of_who_typed_the_code_or_nobody_known__is_not_asked(given: dict[str, Any]) -> None:
    (kim,) = open_shop("kim", **ASKS)
    offer(percent(10), needs_code=True)

    sale = hold(given.pop("customer_id", kim), codes=(coupon_of(kim),), **given)

    assert confirmation_of(sale.id) is None


@pytest.mark.parametrize(
    "wrong",
    [{"confirm_points_from": 0}, {"confirm_minutes": 0}, {"confirm_minutes": 61}, {"undo_minutes": -1}],
)
def test_settings__out_of_range__are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(PromotionInvalid) as refused:
        open_shop("kim", **wrong)

    assert refused.value.data["field"] == next(iter(wrong))


def test_yes_on_the_phone__then_commit__is_an_order_and_says_how() -> None:
    (kim,) = open_shop("kim", **ASKS)
    give(kim, 5_000)
    sale = hold(kim, pay_points=2_000)
    assert [one.id for one in waiting_for(kim, at=AT)] == [sale.id]

    for _ in range(2):
        answer_on_phone(sale.id, kim, says_yes=True, at=AT + MINUTE)
    finish(sale.id, source="till", number="1", by=CLERK, at=AT + MINUTE)

    told = confirmation_of(sale.id)
    assert told is not None
    assert (told.state, told.how, told.witness, told.answered_at) == (
        "confirmed", "phone", "", AT + MINUTE,
    )  # fmt: skip
    assert waiting_for(kim, at=AT + MINUTE) == []
    assert points_of(kim) == 5_000 - 2_000 + 100


def test_no_on_the_phone__lets_go_at_once_and_cannot_be_sold() -> None:
    (kim,) = open_shop("kim", **ASKS)
    give(kim, 5_000)
    sale = hold(kim, pay_points=2_000)

    answer_on_phone(sale.id, kim, says_yes=False, at=AT)

    assert points_of(kim) == 5_000
    assert find_sale(sale.id).state == "canceled"
    with pytest.raises(NotAsked):
        answer_in_person(sale.id, says_yes=True, witness=CLERK, at=AT)
    with pytest.raises(WrongState):
        commit(sale.id, source="till", number="1", at=AT)


def test_yes_in_person__names_the_witness() -> None:
    (kim,) = open_shop("kim", **ASKS)
    sale = hold(kim, codes=(coupon_of(kim),))

    answer_in_person(sale.id, says_yes=True, witness=CLERK, at=AT)

    told = confirmation_of(sale.id)
    assert told is not None
    assert (told.state, told.how, told.witness) == ("confirmed", "person", "clerk")


def test_answer__of_another_member__is_an_unknown_sale() -> None:
    kim, lee = open_shop("kim", "lee", **ASKS)
    sale = hold(kim, codes=(coupon_of(kim),))

    with pytest.raises(UnknownSale):
        answer_on_phone(sale.id, lee, says_yes=True, at=AT)

    assert waiting_for(lee, at=AT) == []
    with pytest.raises(UnknownSale):
        confirmation_of(new_id())


def test_time_to_answer__over__is_told_and_may_be_given_anew() -> None:
    (kim,) = open_shop("kim", confirm_minutes=3, **ASKS)
    sale = hold(kim, codes=(coupon_of(kim),))
    late = AT + 3 * MINUTE

    assert waiting_for(kim, at=late) == []
    with pytest.raises(AskedTooLongAgo):
        answer_on_phone(sale.id, kim, says_yes=True, at=late)
    ask_again(sale.id, at=late)
    assert [one.id for one in waiting_for(kim, at=late)] == [sale.id]
    answer_on_phone(sale.id, kim, says_yes=True, at=late + 2 * MINUTE)

    assert commit(sale.id, source="till", number="1", at=late + 2 * MINUTE).order_id
    with pytest.raises(WrongState):
        ask_again(sale.id, at=late)


def test_yes__to_a_cart__is_none_to_another_cart_it_is_taken_up_with() -> None:
    (kim,) = open_shop("kim", **ASKS)
    give(kim, 5_000)
    sale = hold(kim, pay_points=2_000)
    answer_on_phone(sale.id, kim, says_yes=True, at=AT)
    cancel(sale.id, at=AT)

    reopen(sale.id, at=AT, asked=asked(cart(("coffee", 20_000, 1)), kim, pay_points=5_000, channel="store"))

    with pytest.raises(ConfirmationMissing):
        commit(sale.id, source="till", number="1", at=AT)


def test_reserve__with_a_name__is_one_sale_and_of_one_cart() -> None:
    kim, lee = open_shop("kim", "lee", tender=TENDER)
    give(kim, 5_000)
    name = new_id()

    first, again = (
        reserve(asked(cart(COFFEE), kim, pay_points=2_000), at=AT, sale_id=name) for _ in range(2)
    )

    assert first == again
    assert (Sale.objects.count(), points_of(kim)) == (1, 3_000)
    for other in (asked(cart(COFFEE), lee, pay_points=2_000), asked(cart(("coffee", 9_000, 1)), kim)):
        with pytest.raises(OtherCart):
            reserve(other, at=AT, sale_id=name)


def test_undo__own_and_in_time__gives_all_back_and_keeps_the_reason() -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 5_000)
    order = rung(kim, codes=(coupon_of(kim),), pay_points=2_000)
    assert CouponUse.objects.filter(given_back_at=None).count() == 1
    assert points_of(kim) == 5_000 - 2_000 + 90

    undo_own(order, why(), at=AT + 29 * MINUTE)

    assert points_of(kim) == 5_000
    assert CouponUse.objects.filter(given_back_at=None).count() == 0
    assert sale_of(order) is None
    [act] = acts_of(kim, order.id)
    assert (act.act, act.actor, act.reason) == ("undone", "clerk", "금액을 잘못 적었어요")
    assert [one.check.name for one in verify(all_checks()) if not one.is_kept] == []


def test_undo__by_another_late_or_without_a_reason__changes_nothing() -> None:
    (kim,) = open_shop("kim", undo_minutes=10)
    order = rung(kim)

    with pytest.raises(RungUpByAnother):
        undo_own(order, why(OTHER), at=AT)
    with pytest.raises(TooLateToUndo):
        undo_own(order, why(), at=AT + 10 * MINUTE)
    with pytest.raises(ReasonMissing):
        undo_own(order, why(reason=" "), at=AT)

    assert points_of(kim) == 100
    assert acts_of(kim, order.id) == []


def test_undo__of_what_partly_came_back__is_refused() -> None:
    (kim,) = open_shop("kim")
    finish(
        reserve(asked(cart(("coffee", 5_000, 2)), kim), at=AT).id, source="till", number="1", by=CLERK, at=AT
    )
    order = find_order("till:1")
    sale = sale_of(order)
    assert sale
    bring_back(sale.id, number="r", units={"coffee": 1}, at=AT)

    with pytest.raises(HasReturns):
        undo_own(order, why(), at=AT)


def test_finish__told_twice__notes_who_was_first() -> None:
    (kim,) = open_shop("kim")
    sale = hold(kim)
    finish(sale.id, source="till", number="1", by=CLERK, at=AT)

    finish(sale.id, source="till", number="1", by=OTHER, at=AT)

    [row] = CounterSale.objects.all()
    assert (row.rung_by, show_id(row.order_id)) == ("clerk", show_id(find_order("till:1").id))
