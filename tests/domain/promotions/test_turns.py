"""One promotion after another: what is counted once is counted anew once a price has changed."""

import pytest

from dangol.domain.promotions import Coupon, Minimum, Promotion, Settings, Target
from dangol.domain.promotions.benefits import (
    Amount,
    Bundle,
    BuyGet,
    FreeShipping,
    Items,
    NewPrice,
    Part,
    Percent,
    Step,
    Tiered,
)
from dangol.domain.promotions.effects import Discount, Reason, Rejection
from dangol.domain.promotions.settings import Base, Choice, Lane, RoundedOn, Stacking
from tests.domain.promotions.shop import COFFEE, NOON, cart, condition, line, promotion, run, why

ONE = cart(line("a", 10_000))
BEST = (Lane("before"), Lane("main", Choice.BEST))


def from_ten(minor: int) -> Tiered:
    return Tiered((Step(10_000, Amount(minor)),))


@pytest.mark.parametrize(
    "rules",
    [
        (promotion("a", from_ten(1)), promotion("b", from_ten(500))),
        (
            promotion("a", Amount(1), minimum=Minimum(10_000)),
            promotion("b", Amount(500), minimum=Minimum(10_000)),
        ),
    ],
)
def test_threshold__counted_before__is_counted_anew_after_a_discount(rules: tuple[Promotion, ...]) -> None:
    found = run(ONE, *rules)

    assert (found.discount_minor, why(found)) == (1, {"b": Reason.MINIMUM_NOT_REACHED})


def test_benefits__of_one_promotion__each_find_what_those_before_have_left() -> None:
    assert run(ONE, promotion("p", Percent(5_000), Percent(5_000))).discount_minor == 7_500
    assert run(ONE, promotion("p", Amount(9_000), Amount(9_000))).discount_minor == 10_000


def test_benefits__of_one_promotion__are_reached_by_the_cart_as_it_stood_before_them() -> None:
    assert run(ONE, promotion("p", from_ten(1), from_ten(500))).discount_minor == 501


@pytest.mark.parametrize("benefit", [Amount(500), NewPrice(9_500), Percent(500)])
def test_best__of_equals__is_the_first_however_it_was_told(benefit: Amount | NewPrice | Percent) -> None:
    found = run(ONE, promotion("a", benefit), promotion("b", benefit), settings=Settings(lanes=BEST))

    assert found.rejections == (Rejection(Reason.NOT_BEST, b"b", 1, other=b"a"),)


def test_best__a_won_more__wins() -> None:
    found = run(
        ONE, promotion("a", Amount(1_000)), promotion("b", Amount(1_001)), settings=Settings(lanes=BEST)
    )

    assert (found.discount_minor, why(found)) == (1_001, {"a": Reason.NOT_BEST})


def test_best__beside_a_better_one__what_takes_nothing_keeps_its_own_reason() -> None:
    at_floor = cart(line("a", 9_000, floor_minor=9_000), shipping=3_000)
    small = cart(line("a", 4), shipping=3_000)
    rules = promotion("a", FreeShipping()), promotion("b", Percent(1_000))

    assert why(run(at_floor, *rules, settings=Settings(lanes=BEST))) == {"b": Reason.FLOOR_PRICE}
    assert why(run(small, *rules, settings=Settings(lanes=BEST))) == {"b": Reason.NOTHING_TO_DISCOUNT}


def test_best__rounded_on_each_unit__counts_what_that_comes_to() -> None:
    small = cart(line("a", 15), line("b", 15), line("c", 15, 2))
    settings = Settings(lanes=BEST, rounded_on=RoundedOn.UNIT)

    found = run(small, promotion("a", Amount(7)), promotion("b", Percent(1_000)), settings=settings)

    assert (found.discount_minor, why(found)) == (8, {"a": Reason.NOT_BEST})


def test_best__percent_of_initial__counts_what_that_comes_to() -> None:
    first = promotion("z", Amount(5_000), lane="before")
    settings = Settings(lanes=BEST, percent_of=Base.INITIAL)

    found = run(ONE, first, promotion("a", Amount(1_500)), promotion("b", Percent(2_000)), settings=settings)

    assert (found.discount_minor, why(found)) == (7_000, {"a": Reason.NOT_BEST})


def test_code__of_one_promotion__is_none_of_the_next() -> None:
    asked = condition({"type": "trait", "trait": "coupon.code", "op": "starts_with", "value": "VIP"})
    rules = [promotion(name, Amount(100), condition=asked) for name in "ab"]

    found = run(ONE, *rules, coupons=(Coupon("VIP-1", b"a"),))

    assert (found.discount_minor, why(found)) == (100, {"b": Reason.CONDITION_FALSE})


def test_all_or_nothing__refused__tells_each_promotion_and_each_code_once() -> None:
    rules = (
        promotion("a", Amount(100), needs_code=True),
        promotion("b", Amount(100), minimum=Minimum(10_001)),
        promotion("c", Amount(100), needs_code=True),
        promotion("d", Amount(100)),
    )
    given = (Coupon("A", b"a"), Coupon("B", b"b", active_to=NOON))

    found = run(ONE, *rules, settings=Settings(all_or_nothing=True), coupons=given)

    assert [(one.promotion_id, one.code, one.reason) for one in found.rejections] == [
        (b"a", "A", Reason.ALL_OR_NOTHING),
        (b"b", "", Reason.MINIMUM_NOT_REACHED),
        (b"b", "B", Reason.CODE_ENDED),
        (b"c", "", Reason.NO_CODE),
    ]
    assert found.discount_minor == 100


COFFEES = cart(line("a", 6_000, categories=("Coffee",)), line("b", 5_000, categories=("Coffee",)))
ONLY_A = Items(products=frozenset("a"))


def test_bundle__part_that_one_unit_fits__chooses_before_the_part_that_all_fit() -> None:
    found = run(COFFEES, promotion("p", Bundle((Part(COFFEE), Part(ONLY_A)), 9_000)))

    assert found.discount_minor == 2_000


def test_buy_get__unit_that_is_got__is_not_bought_too() -> None:
    (effect,) = run(COFFEES, promotion("p", BuyGet(COFFEE, 1, 1), target=Target(ONLY_A))).effects

    assert isinstance(effect, Discount)
    assert (effect.amount_minor, effect.bought) == (6_000, (("b", 0),))


def test_floor__above_the_price__holds_the_price() -> None:
    found = run(cart(line("a", 9_000, floor_minor=12_000)), promotion("p", Percent(1_000)))

    assert (found.net_minor, why(found)) == (9_000, {"p": Reason.FLOOR_PRICE})


def test_stacking__several_in_the_way__names_the_first() -> None:
    settings = Settings(stacking={"alone": Stacking.NEVER})
    rules = [
        promotion("a", Amount(1)),
        promotion("b", Amount(1)),
        promotion("c", Amount(1), category="alone"),
    ]

    found = run(ONE, *rules, settings=settings)

    assert found.rejections == (Rejection(Reason.NOT_STACKABLE, b"c", 1, other=b"a"),)


def test_code__refused__is_told_once_and_not_as_a_code_that_is_missing() -> None:
    rule = promotion("p", Amount(100), needs_code=True)

    found = run(ONE, rule, coupons=(Coupon("HI", b"p", uses=0),))

    assert [(one.code, one.reason) for one in found.rejections] == [("HI", Reason.LIMIT_REACHED)]


def test_promotions__of_one_priority__come_in_the_order_of_their_ids() -> None:
    found = run(ONE, promotion("b", Percent(5_000)), promotion("a", Amount(1_000)))

    assert [one.source.promotion_id for one in found.effects] == [b"a", b"b"]
    assert found.net_minor == 4_500
