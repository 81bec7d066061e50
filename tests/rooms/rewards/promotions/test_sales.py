"""Sales: held, made an order, let go, taken up again, and brought back, cent by cent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.models import Order, OrderLine
from dangol.core.ledger.models import Lot
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id, show_id
from dangol.project.checks import all_checks
from dangol.rooms.rewards.models import Terms
from dangol.rooms.rewards.promotions import limits
from dangol.rooms.rewards.promotions.asking import ask
from dangol.rooms.rewards.promotions.committing import HasReturns, NumberTaken, commit, undo
from dangol.rooms.rewards.promotions.models import Redemption, Sale
from dangol.rooms.rewards.promotions.returning import (
    NotReturnable,
    ReturnNumberTaken,
    bring_back,
    give_back_amount,
)
from dangol.rooms.rewards.promotions.sales import (
    NothingToSell,
    SaleTimedOut,
    UnknownSale,
    WrongState,
    cancel,
    find_sale,
    reopen,
    reserve,
)
from dangol.rooms.rewards.promotions.tendering import TenderNotTaken
from dangol.rooms.rewards.promotions.time_outs import release_due
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
HOUR = timedelta(hours=1)
POINTS = {"kind": "points", "points": 500}


def points_of(customer_id: Id) -> int:
    """Return what somebody may spend."""
    return balances_of([customer_id], CURRENCY)[customer_id].available


def proves() -> None:
    """The ledger proves itself."""
    assert [one.check.name for one in verify(all_checks()) if not one.is_kept] == []


def sold(customer_id: Id | None, *lines: tuple[str, int, int], number: str = "1", **more: Any) -> Id:
    """Hold a cart and make it an order; returns the sale."""
    sale = reserve(asked(cart(*lines), customer_id, **more), at=AT)
    return commit(sale.id, source="shop", number=number, at=AT).id


def test_commit__held_sale__is_an_order_with_the_split_of_the_discount() -> None:
    (kim,) = open_shop("kim")
    offer(percent(10))

    sale = find_sale(sold(kim, ("coffee", 4_500, 2), ("cake", 6_001, 1)))

    order = Order.objects.get(customer_id=kim)
    lines = list(OrderLine.objects.filter(customer_id=kim).order_by("number"))
    assert sale.state == "committed"
    assert sale.order_id == order.id
    assert [(one.list_minor, one.discount_minor, one.net_minor) for one in lines] == [
        (9_000, 900, 8_100),
        (6_001, 600, 5_401),
    ]
    assert (order.net_minor, points_of(kim)) == (13_501, 135)
    proves()


def test_commit__of_a_vip__what_promotions_give_lasts_as_long_as_what_rules_do() -> None:
    (kim,) = open_shop("kim")
    offer(POINTS)

    for number in ("1", "2"):  # with the first they rise, and it was bought before
        sold(kim, ("machine", 1_000_000, 1), number=number)

    lots = Lot.objects.filter(customer_id=kim).order_by("expires_at", "points")
    assert [(one.points, one.expires_at) for one in lots] == [
        (500, datetime(2027, 12, 31, 15, tzinfo=UTC)),
        (10_000, datetime(2027, 12, 31, 15, tzinfo=UTC)),
        (500, datetime(2028, 6, 30, 15, tzinfo=UTC)),
        (10_000, datetime(2028, 6, 30, 15, tzinfo=UTC)),
    ]
    proves()


def test_commit__told_twice__is_one_order_and_another_number_is_refused() -> None:
    (kim,) = open_shop("kim")
    sale = reserve(asked(cart(("coffee", 4_500, 1)), kim), at=AT)

    first = commit(sale.id, source="shop", number="1", at=AT)
    again = commit(sale.id, source="shop", number="1", at=AT + HOUR)

    assert again == first
    with pytest.raises(WrongState):
        commit(sale.id, source="shop", number="2", at=AT)
    other = reserve(asked(cart(("coffee", 4_500, 1)), kim), at=AT)
    with pytest.raises(NumberTaken):
        commit(other.id, source="shop", number="1", at=AT)
    assert Order.objects.count() == 1
    assert find_sale(other.id).state == "reserved"


def test_commit__after_its_time__is_refused_and_what_it_held_goes_free() -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 5_000)
    offer(percent(10), limits={"uses": 1})
    sale = reserve(asked(cart(("coffee", 10_000, 1)), kim, pay_points=2_000), at=AT)
    assert points_of(kim) == 3_000

    with pytest.raises(SaleTimedOut):
        commit(sale.id, source="shop", number="1", at=sale.reserved_until)
    assert release_due(as_of=sale.reserved_until) == 1

    assert find_sale(sale.id).state == "timed_out"
    assert points_of(kim) == 5_000
    assert ask(asked(cart(("coffee", 10_000, 1)), kim)).evaluation.discount_minor == 1_000
    assert release_due(as_of=sale.reserved_until) == 0
    proves()


def test_reserve__points_that_pay__are_spent_at_once_and_come_back_to_their_lots() -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    soon = AT + timedelta(days=3)
    give(kim, 1_500, expires_at=soon, key="soon")
    give(kim, 5_000, key="never")

    sale = reserve(asked(cart(("coffee", 10_000, 1)), kim, pay_points=3_000), at=AT)
    assert (sale.tender_points, sale.tender_minor, points_of(kim)) == (3_000, 3_000, 3_500)
    cancel(sale.id, at=AT + HOUR)

    lots = {one.expires_at: one.left for one in Lot.objects.filter(customer_id=kim)}
    assert lots == {soon: 1_500, None: 5_000}
    assert cancel(sale.id, at=AT + HOUR).state == "canceled"
    proves()


@pytest.mark.parametrize(
    ("points", "reason", "needed", "found"),
    [
        (900, "too_few_points", 1_000, 900),
        (1_050, "not_in_steps", 100, 1_050),
        (6_000, "not_enough_points", 6_000, 5_500),
        (5_100, "more_than_share", 5_100, 5_000),
    ],
)
def test_reserve__points_that_do_not_pay__is_refused_with_the_figures(
    points: int, reason: str, needed: int, found: int
) -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 5_500)

    with pytest.raises(TenderNotTaken) as refused:
        reserve(asked(cart(("coffee", 10_000, 1)), kim, pay_points=points), at=AT)

    assert refused.value.data == {"reason": reason, "needed": needed, "found": found}
    assert not Sale.objects.exists()
    assert ask(asked(cart(("coffee", 10_000, 1)), kim, pay_points=points)).evaluation.net_minor == 10_000


@pytest.mark.parametrize(("is_discount", "earned"), [(False, 100), (True, 70)])
def test_commit__points_as_money_or_as_discount__earn_on_all_or_on_what_is_paid(
    is_discount: bool, earned: int
) -> None:
    (kim,) = open_shop("kim", tender=TENDER | {"is_discount": is_discount})
    give(kim, 3_000)

    sold(kim, ("coffee", 10_000, 1), pay_points=3_000)

    assert points_of(kim) == earned
    proves()


def test_return__units__take_what_they_carry_and_all_of_them_everything() -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 3_000, expires_at=AT + timedelta(days=2))
    offer(percent(10), name="할인")
    offer(POINTS, name="선물 포인트")
    sale = sold(kim, ("coffee", 3_333, 3), pay_points=3_000)
    # 9,999 less 1,000 is 8,999: 89 points by the rule, 500 by the promotion.
    assert points_of(kim) == 589

    parts = [bring_back(sale, number=f"r{n}", units={"coffee": 1}, at=AT + HOUR * n) for n in (1, 2, 3)]

    assert sum(one.money_minor for one in parts) == 5_999
    assert sum(one.points_back for one in parts) == 3_000
    assert sum(one.points_taken for one in parts) == 500
    assert sum(one.discount_minor for one in parts) == 1_000
    assert points_of(kim) == 3_000
    assert set(Redemption.objects.values_list("given_back_at", flat=True)) == {AT + HOUR * 3}
    proves()


def test_return__same_number__is_the_same_return_or_refused() -> None:
    (kim,) = open_shop("kim")
    sale = sold(kim, ("coffee", 5_000, 3))

    first = bring_back(sale, number="r1", units={"coffee": 1}, at=AT)
    again = bring_back(sale, number="r1", units={"coffee": 1}, at=AT + HOUR)

    assert again == first._replace(repeated=True)
    with pytest.raises(ReturnNumberTaken):
        bring_back(sale, number="r1", units={"coffee": 2}, at=AT)
    assert points_of(kim) == 100


def test_return__amount__comes_back_in_money_and_points_as_it_was_paid() -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 4_000)
    sale = sold(kim, ("coffee", 10_000, 1), pay_points=4_000)

    found = give_back_amount(sale, number="r1", minor=2_500, at=AT)
    rest = bring_back(sale, number="r2", units={"coffee": 1}, at=AT)

    assert (found.money_minor, found.points_back) == (1_500, 1_000)
    assert (rest.money_minor, rest.points_back) == (4_500, 3_000)
    assert points_of(kim) == 4_000
    proves()


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ({"tea": 1}, "unknown_unit"),
        ({"coffee": 0}, "not_positive"),
        ({"coffee": -1}, "not_positive"),
        ({"coffee": 4}, "already_back"),
        ({}, "not_positive"),
    ],
)
def test_return__of_what_cannot_come_back__is_refused_and_changes_nothing(
    units: dict[str, int], reason: str
) -> None:
    (kim,) = open_shop("kim")
    sale = sold(kim, ("coffee", 5_000, 3))

    with pytest.raises(NotReturnable) as refused:
        bring_back(sale, number="r1", units=units, at=AT)

    assert refused.value.data["reason"] == reason
    assert points_of(kim) == 150


def test_undo__an_order__is_as_if_it_had_never_been() -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 2_000)
    promotion = offer(percent(10), POINTS, limits={"uses": 3, "budget_minor": 50_000})
    sale = sold(kim, ("coffee", 10_000, 1), pay_points=2_000)
    assert points_of(kim) == 590

    undo(sale, at=AT + HOUR)

    assert points_of(kim) == 2_000
    assert limits.left_of([promotion])[promotion] == limits.Left(3, 50_000, None)
    with pytest.raises(WrongState):
        undo(sale, at=AT + HOUR)
    again = reopen(sale, at=AT + HOUR)
    assert (again.state, again.discount_minor, again.tender_points) == ("reserved", 1_000, 2_000)
    assert commit(sale, source="shop", number="2", at=AT + HOUR).state == "committed"
    assert points_of(kim) == 590
    proves()


def test_undo__after_a_return__is_refused() -> None:
    (kim,) = open_shop("kim")
    sale = sold(kim, ("coffee", 5_000, 3))
    bring_back(sale, number="r1", units={"coffee": 1}, at=AT)

    with pytest.raises(HasReturns):
        undo(sale, at=AT)


def test_reopen__a_sale_that_was_let_go__is_asked_by_todays_promotions() -> None:
    (kim,) = open_shop("kim")
    sale = reserve(asked(cart(("coffee", 10_000, 1)), kim), at=AT)
    with pytest.raises(WrongState):
        reopen(sale.id, at=AT)
    cancel(sale.id, at=AT)
    offer(percent(20))

    found = reopen(sale.id, at=AT + HOUR)

    assert (found.id, found.discount_minor) == (sale.id, 2_000)


def test_sale__nobody_knows__is_told() -> None:
    open_shop()
    with pytest.raises(UnknownSale):
        cancel(bytes(16), at=AT)


def test_reserve__somebody_unknown__is_a_guest_who_gets_no_members_offer() -> None:
    open_shop()
    member = {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True}
    offer(percent(10), condition=member)
    offer({"kind": "amount", "minor": 500}, name="모두")

    sale = sold(None, ("coffee", 10_000, 1))

    assert find_sale(sale).discount_minor == 500
    assert Order.objects.get().net_minor == 9_500


def test_multiplier__doubles_what_the_rules_give__and_is_taken_back_with_the_units() -> None:
    (kim,) = open_shop("kim")
    promotion = offer(
        {"kind": "multiplier", "num": 3, "den": 1}, target={"include": {"products": ["coffee"]}}
    )

    sale = sold(kim, ("coffee", 5_000, 2), ("cake", 10_000, 1))

    # 200 by the rule, and twice the 100 of the coffee.
    assert points_of(kim) == 400
    bring_back(sale, number="r1", units={"coffee": 1}, at=AT)
    assert points_of(kim) == 400 - 50 - 100
    assert Redemption.objects.get().promotion_id == promotion


def test_multiplier__purchase_earns_only_so_much__adds_to_what_the_rules_alone_come_to() -> None:
    (kim,) = open_shop("kim")
    Terms.objects.update(most_per_order=150)
    offer({"kind": "multiplier", "num": 3, "den": 1}, target={"include": {"products": ["coffee"]}})

    sale = sold(kim, ("coffee", 5_000, 2), ("cake", 10_000, 1))

    # 150 of 200 by the rule, and twice the 100 of the coffee: that is the promotion's, and has no limit.
    assert points_of(kim) == find_sale(sale).answer["earning"]["points"] == 350
    bring_back(sale, number="r1", units={"coffee": 1}, at=AT)
    assert points_of(kim) == 350 - 38 - 100  # 150 of 200 points are left, so 112 of the 150


def test_answer__of_a_sale__names_the_promotion_and_its_version() -> None:
    (kim,) = open_shop("kim")
    promotion = offer(percent(10), name="가을 할인")

    (effect,) = find_sale(sold(kim, ("coffee", 10_000, 1))).answer["effects"]

    assert (effect["promotion"], effect["version"], effect["name"]) == (show_id(promotion), 1, "가을 할인")
    assert effect["lines"] == [{"line": "coffee", "amount": 1_000, "units": [{"unit": 0, "amount": 1_000}]}]


def test_first_purchase__of_somebody_who_has_bought__is_refused_with_the_leaf() -> None:
    (kim,) = open_shop("kim")
    first = {"type": "trait", "trait": "customer.order_count", "op": "equals", "value": 0}
    offer(percent(10), condition=first)

    before = ask(asked(cart(("coffee", 10_000, 1)), kim)).evaluation
    sold(kim, ("coffee", 10_000, 1))
    after = ask(asked(cart(("coffee", 10_000, 1)), kim)).evaluation

    assert (before.discount_minor, after.discount_minor) == (1_000, 0)
    assert [one.reason.value for one in after.rejections] == ["condition_false"]


def test_commit__a_guests_sale__earns_nothing_and_may_be_claimed() -> None:
    (kim,) = open_shop("kim")
    offer(POINTS, percent(10))

    sale = find_sale(sold(None, ("coffee", 10_000, 1)))

    assert points_of(sale.customer_id) == 0
    claim_guest_order(source="shop", number="1", customer_id=kim, recorded_at=AT)
    assert points_of(kim) == 90
    proves()


def test_reserve__no_line_that_counts__is_refused() -> None:
    (kim,) = open_shop("kim")

    with pytest.raises(NothingToSell):
        reserve(asked(cart(("coffee", 10_000, 0)), kim), at=AT)


def test_return__number_as_long_as_may_be__takes_points_back() -> None:
    (kim,) = open_shop("kim")
    offer(POINTS)
    sale = sold(kim, ("coffee", 10_000, 1))

    assert bring_back(sale, number="r" * 64, units={"coffee": 1}, at=AT).points_taken == 500
    assert points_of(kim) == 0
