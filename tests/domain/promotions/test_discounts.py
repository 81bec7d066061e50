"""Money off, worked by hand: what each kind of discount takes off each unit."""

import pytest

from dangol.domain.promotions import Minimum, Remaining, Target
from dangol.domain.promotions.benefits import (
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    By,
    FreeShipping,
    Items,
    NewPrice,
    NthFree,
    Part,
    Percent,
    Step,
    Tiered,
    Which,
)
from dangol.domain.promotions.effects import Discount, LinePart, Reason, ShippingDiscount, Source, UnitPart
from dangol.domain.promotions.rules import Discounted
from tests.domain.promotions.shop import CAKE, COFFEE, cart, line, off, promotion, run, why

# Two lattes at 4,500, a cake at 6,000: 15,000 won.
LATTES, CAKE_LINE = line("latte", 4_500, 2, categories=("Coffee",)), line("cake", 6_000, categories=("Cake",))
CART = cart(LATTES, CAKE_LINE)


@pytest.mark.parametrize(
    ("benefit", "latte", "cake"),
    [
        (Percent(1_000), [450, 450], [600]),
        (Percent(10_000), [4_500, 4_500], [6_000]),
        (Amount(3_000), [900, 900], [1_200]),
        # 1,000 over 9,000 and 6,000 is 600 and 400; half of 600 on each latte.
        (Amount(1_000), [300, 300], [400]),
        (Amount(99_999), [4_500, 4_500], [6_000]),
        (Amount(5_000, is_each=True), [4_500, 4_500], [5_000]),
        (NewPrice(4_900), [0, 0], [1_100]),
        (NewPrice(0), [4_500, 4_500], [6_000]),
    ],
)
def test_discount__plain__by_hand(benefit: Benefit, latte: list[int], cake: list[int]) -> None:
    found = run(CART, promotion("p", benefit))

    assert off(found) == {"latte": latte, "cake": cake}


def test_discount__applied__names_rule_version_line_and_unit() -> None:
    found = run(CART, promotion("p", Amount(1_001), version=7))

    assert found.effects == (
        Discount(
            Source(b"p", 7),
            "amount",
            1_001,
            (
                # 400.4 and 600.6: the spare won goes where most was cut off.
                LinePart("cake", 400, (UnitPart(0, 400),)),
                LinePart("latte", 601, (UnitPart(0, 301), UnitPart(1, 300))),
            ),
        ),
    )
    assert (found.net_minor, found.discount_minor) == (13_999, 1_001)


STEPS = (Step(10_000, Percent(500)), Step(15_000, Percent(1_000)), Step(20_000, Percent(2_000)))


@pytest.mark.parametrize(
    ("benefit", "amount"),
    [
        (Tiered(STEPS), 1_500),
        (Tiered(STEPS[:1]), 750),
        (Tiered((Step(2, Amount(1_000)), Step(3, Amount(2_500))), By.UNITS), 2_500),
        (Tiered((Step(15_000, Amount(2_000)), Step(15_001, Amount(9_000)))), 2_000),
    ],
)
def test_tiered__highest_step_reached__applies(benefit: Benefit, amount: int) -> None:
    assert run(CART, promotion("p", benefit)).discount_minor == amount


def test_tiered__first_step_not_reached__says_what_is_missing() -> None:
    found = run(CART, promotion("p", Tiered((Step(20_000, Percent(500)),))))

    (rejection,) = found.rejections
    assert (rejection.reason, rejection.needed, rejection.found) == (
        Reason.MINIMUM_NOT_REACHED, 20_000, 15_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cap", "left", "amount"),
    [
        (None, None, 7_500),
        (2_000, None, 2_000),
        (None, 1_500, 1_500),
        (2_000, 1_500, 1_500),
        (9_000, None, 7_500),
    ],
)
def test_cap_and_budget__the_smaller__is_the_most(cap: int | None, left: int | None, amount: int) -> None:
    half = promotion("p", Percent(5_000), cap_minor=cap)

    found = run(CART, half, remaining={b"p": Remaining(budget_minor=left)})

    assert found.discount_minor == amount


def test_cap__of_several_benefits__is_for_all_together() -> None:
    both = promotion("p", Amount(1_000), FreeShipping(), cap_minor=2_500)

    found = run(cart(LATTES, shipping=3_000), both)

    assert (found.discount_minor, found.shipping_minor) == (1_000, 1_500)


# Four coffees: 6,000, 5,000, 4,000, 3,000.
FOUR = cart(
    line("a", 6_000, categories=("Coffee",)),
    line("b", 5_000, categories=("Coffee",)),
    line("c", 4_000, categories=("Coffee",)),
    line("d", 3_000, categories=("Coffee",)),
)


@pytest.mark.parametrize(
    ("benefit", "taken"),
    [
        (NthFree(2), [0, 0, 4_000, 3_000]),
        (NthFree(2, which=Which.OF_EACH), [0, 5_000, 0, 3_000]),
        (NthFree(2, most_units=1), [0, 0, 0, 3_000]),
        (NthFree(2, which=Which.OF_EACH, most_units=1), [0, 5_000, 0, 0]),
        (NthFree(2, 5_000), [0, 0, 2_000, 1_500]),
        (NthFree(3), [0, 0, 0, 3_000]),
        (NthFree(4), [0, 0, 0, 3_000]),
        # Buy one get one: two rounds. Buy two get one: one round, and one coffee over.
        (BuyGet(None, 1, 1), [0, 0, 4_000, 3_000]),
        (BuyGet(None, 2, 1), [0, 0, 0, 3_000]),
        (BuyGet(None, 1, 1, most_rounds=1), [0, 0, 0, 3_000]),
        (BuyGet(None, 1, 3), [0, 5_000, 4_000, 3_000]),
        (BuyGet(None, 1, 1, 5_000), [0, 0, 2_000, 1_500]),
        # Any two coffees for 8,000: 6,000 + 5,000; then 4,000 + 3,000 cost less already.
        (Bundle((Part(COFFEE, 2),), 8_000), [1_636, 1_364, 0, 0]),
        (Bundle((Part(COFFEE, 2),), 6_000), [2_727, 2_273, 571, 429]),
        (Bundle((Part(COFFEE, 2),), 6_000, most=1), [2_727, 2_273, 0, 0]),
        # Set of b and any other: the part that only one unit fits chooses first.
        (Bundle((Part(COFFEE), Part(Items(products=frozenset("b")))), 9_000), [1_091, 909, 0, 0]),
    ],
)
def test_units__chosen__by_hand(benefit: Benefit, taken: list[int]) -> None:
    found = run(FOUR, promotion("p", benefit))

    assert [off(found)[key][0] for key in "abcd"] == taken


@pytest.mark.parametrize(
    ("benefit", "needed", "found"),
    [
        (NthFree(5), 5, 4),
        (BuyGet(None, 3, 2), 5, 4),
        (BuyGet(CAKE, 1, 1), 2, 4),
        (Bundle((Part(COFFEE), Part(CAKE)), 7_000), 2, 4),
    ],
)
def test_units__not_enough__says_so(benefit: Benefit, needed: int, found: int) -> None:
    (rejection,) = run(FOUR, promotion("p", benefit)).rejections

    assert (rejection.reason, rejection.needed, rejection.found) == (Reason.NOT_ENOUGH_UNITS, needed, found)


@pytest.mark.parametrize(
    ("lattes", "cakes", "rounds"), [(2, 0, 0), (2, 1, 1), (4, 2, 2), (5, 9, 2), (9, 3, 3), (1, 3, 0)]
)
def test_buy_get__two_lattes_a_cake__as_many_rounds_as_fit(lattes: int, cakes: int, rounds: int) -> None:
    lines = [line("latte", 4_500, lattes, categories=("Coffee",))]
    lines += [line("cake", 6_000, cakes, categories=("Cake",))] if cakes else []
    offer = promotion("p", BuyGet(COFFEE, 2, 1), target=Target(include=CAKE))

    found = run(cart(*lines), offer)

    assert found.discount_minor == rounds * 6_000
    assert [len(one.bought) for one in found.effects if isinstance(one, Discount)] == (
        [2 * rounds] if rounds else []
    )


def test_buy_get__units_that_could_be_either__are_got_only_where_buying_can_spare_them() -> None:
    # Buy a coffee, get any coffee or cake: the cheap coffee is needed to be bought, so the cake is got.
    lines = [line("drip", 2_000, categories=("Coffee",)), line("cake", 6_000, categories=("Cake",))]

    found = run(cart(*lines), promotion("p", BuyGet(COFFEE, 1, 1)))

    assert off(found) == {"drip": [0], "cake": [6_000]}


@pytest.mark.parametrize(
    ("benefit", "left"),
    [
        (FreeShipping(), 0), (FreeShipping(5_000), 1_500), (FreeShipping(most_minor=2_500), 500),
        (FreeShipping(5_000, 1_000), 2_000),
    ],
)  # fmt: skip
def test_free_shipping__by_hand__lessens_delivery_and_no_goods(benefit: Benefit, left: int) -> None:
    found = run(cart(LATTES, shipping=3_000), promotion("p", benefit))

    assert found.shipping_minor == left
    assert found.effects == (ShippingDiscount(Source(b"p", 1), 3_000 - left),)
    assert found.net_minor == 9_000


ITEMS = [
    line("latte", 4_000, categories=("Coffee > Hot",), sku="L1"),
    line("mug", 9_000, tags=frozenset({"new"})),
    line("beans", 20_000, categories=("Coffee > Beans",), is_discounted=True),
    line("card", 30_000, is_discountable=False),
]


@pytest.mark.parametrize(
    ("target", "lines"),
    [
        (Target(), {"latte", "mug", "beans"}),
        (Target(COFFEE), {"latte", "beans"}),
        (Target(Items(categories=frozenset({"Coffee > Hot"}))), {"latte"}),
        (Target(Items(categories=frozenset({"Cof"}))), set()),
        (Target(Items(skus=frozenset({"L1"}))), {"latte"}),
        (Target(Items(tags=frozenset({"new"}), products=frozenset({"latte"}))), {"latte", "mug"}),
        (Target(exclude=COFFEE), {"mug"}),
        (Target(COFFEE, exclude=Items(products=frozenset({"beans"}))), {"latte"}),
        (Target(discounted=Discounted.SKIP_MARKED), {"latte", "mug"}),
        (Target(most_units=1), {"beans"}),
        (Target(most_units=2, cheapest_first=True), {"latte", "mug"}),
        (Target(Items(products=frozenset({"card"}))), set()),
    ],
)
def test_target__lines__only_those(target: Target, lines: set[str]) -> None:
    found = run(cart(*ITEMS), promotion("p", Percent(1_000), target=target))

    assert {key for key, taken in off(found).items() if any(taken)} == lines
    assert bool(lines) or why(found) == {"p": Reason.NO_TARGET}


@pytest.mark.parametrize(
    ("discounted", "on_cake"),
    # 1,000 over two lattes at 4,000 by then and a cake at 6,000, or off the cake alone.
    [(Discounted.TAKE, 429), (Discounted.SKIP_MARKED, 429), (Discounted.SKIP_ANY, 1_000)],
)
def test_target__reduced_by_an_earlier_promotion__counts_by_the_rule(
    discounted: Discounted, on_cake: int
) -> None:
    first = promotion("a", NewPrice(4_000), target=Target(COFFEE))
    then = promotion("b", Amount(1_000), target=Target(discounted=discounted), priority=1)

    found = run(CART, first, then)

    assert (found.discount_minor, off(found)["cake"]) == (2_000, [on_cake])


@pytest.mark.parametrize(
    ("minimum", "is_reached"),
    [
        (Minimum(15_000), True), (Minimum(15_001), False),
        (Minimum(units=3), True), (Minimum(units=4), False),
        (Minimum(9_000, of_target=True), True), (Minimum(9_001, of_target=True), False),
        (Minimum(units=2, of_target=True), True), (Minimum(units=3, of_target=True), False),
    ],
)  # fmt: skip
def test_minimum__of_cart_or_target__is_inclusive(minimum: Minimum, is_reached: bool) -> None:
    found = run(CART, promotion("p", Amount(500), minimum=minimum, target=Target(COFFEE)))

    assert found.discount_minor == (500 if is_reached else 0)
    assert is_reached or why(found) == {"p": Reason.MINIMUM_NOT_REACHED}
