"""Limits bind what is reduced, not what counts; and the benefits of one promotion stand or fall together."""

import pytest

from dangol.domain.promotions import Coupon, Evaluation, Minimum, Promotion, Remaining, Settings, Target
from dangol.domain.promotions.benefits import (
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    By,
    FreeShipping,
    Gift,
    Multiplier,
    NthFree,
    Part,
    Percent,
    Points,
    Stamps,
    Step,
    Tiered,
    Which,
)
from dangol.domain.promotions.effects import (
    Discount,
    GiftGiven,
    Limit,
    PointsGiven,
    PointsMultiplied,
    Reason,
    Rejection,
)
from tests.domain.promotions.shop import CAKE, COFFEE, cart, condition, line, off, promotion, run, why

# Six coffees at 6,000 down to 1,000.
SIX = cart(*(line(key, 6_000 - 1_000 * n, categories=("Coffee",)) for n, key in enumerate("abcdef")))


def taken(found: Evaluation) -> list[int]:
    return [off(found)[one.key][0] for one in SIX.lines]


@pytest.mark.parametrize(
    ("benefit", "reduced"),
    [
        (Percent(1_000), [600, 500, 0, 0, 0, 0]),
        # The step counts all six, and reduces two of them.
        (Tiered((Step(6, Percent(1_000)),), By.UNITS), [600, 500, 0, 0, 0, 0]),
        (Tiered((Step(21_000, Amount(1_100)),)), [600, 500, 0, 0, 0, 0]),
        # Three rounds of two: but two units are free.
        (NthFree(2), [0, 0, 0, 0, 2_000, 1_000]),
        (NthFree(2, which=Which.OF_EACH), [0, 5_000, 0, 3_000, 0, 0]),
        # Four to buy, two to get: all six count.
        (BuyGet(None, 2, 1), [0, 0, 0, 0, 2_000, 1_000]),
        # The one round there is gives three; two of them are left to give.
        (BuyGet(None, 3, 3), [0, 0, 0, 0, 2_000, 1_000]),
        (Bundle((Part(COFFEE, 2),), 1_000), [5_455, 4_545, 0, 0, 0, 0]),
    ],
)
@pytest.mark.parametrize("is_of_the_rule", [True, False])
def test_most_units__two__are_reduced_and_all_count(
    benefit: Benefit, reduced: list[int], is_of_the_rule: bool
) -> None:
    rule = promotion("p", benefit, target=Target(most_units=2 if is_of_the_rule else None))
    left = {} if is_of_the_rule else {b"p": Remaining(units=2)}

    assert taken(run(SIX, rule, remaining=left)) == reduced


def test_most_units__below_the_minimum_of_the_target__does_not_keep_it_from_being_reached() -> None:
    rule = promotion("p", Percent(1_000), minimum=Minimum(21_000, 6, of_target=True))

    assert taken(run(SIX, rule, remaining={b"p": Remaining(units=1)})) == [600, 0, 0, 0, 0, 0]


def test_most_units__cheapest_first__reduces_the_cheapest() -> None:
    rule = promotion("p", Percent(1_000), target=Target(most_units=2, cheapest_first=True))

    assert taken(run(SIX, rule)) == [0, 0, 0, 0, 200, 100]


def test_most_units__of_several_benefits__is_for_all_together() -> None:
    rule = promotion("p", NthFree(6), Percent(1_000), target=Target(most_units=3))

    # The free one is one of three; the dearest two are the others.
    assert taken(run(SIX, rule)) == [600, 500, 0, 0, 0, 1_000]


def test_most_units__fewer_than_a_bundle_has__says_so() -> None:
    rule = promotion("p", Bundle((Part(COFFEE, 3),), 1_000))

    found = run(SIX, rule, remaining={b"p": Remaining(units=2)})

    assert found.rejections == (
        Rejection(Reason.LIMIT_REACHED, b"p", 1, limit=Limit.UNITS, needed=3, found=2),
    )


def test_most_units__and_points_beside_it__fall_on_the_units_that_were_reduced() -> None:
    rule = promotion("p", NthFree(6), Multiplier(2), target=Target(most_units=1))

    found = run(SIX, rule)

    assert [one.units for one in found.effects if isinstance(one, PointsMultiplied)] == [(("f", 0),)]


CODES = (Coupon("A", b"a"), Coupon("B", b"b"))


def test_most_codes__one_too_many__leaves_the_automatic_promotion_and_refuses_the_code() -> None:
    rules = [promotion("a", Amount(100), needs_code=True), promotion("b", Amount(200))]

    found = run(SIX, *rules, settings=Settings(most_codes=1), coupons=CODES)

    assert (found.discount_minor, found.used_codes) == (300, ("A",))
    assert found.rejections == (Rejection(Reason.TOO_MANY, b"b", 1, "B", needed=2),)
    assert [one.source.code for one in found.effects] == ["A", ""]


def test_most_codes__one_too_many_that_the_rule_asks_for__is_no_code_of_it() -> None:
    asked = condition({"type": "trait", "trait": "coupon.code", "op": "starts_with", "value": "B"})
    rules = [promotion("a", Amount(100), needs_code=True), promotion("b", Amount(200), condition=asked)]

    found = run(SIX, *rules, settings=Settings(most_codes=1), coupons=CODES)

    assert [(one.reason, one.code) for one in found.rejections] == [
        (Reason.CONDITION_FALSE, ""), (Reason.TOO_MANY, "B"),
    ]  # fmt: skip


def test_most_promotions__reached__refuses_the_automatic_promotion_with_its_code() -> None:
    rules = [promotion("a", Amount(100), needs_code=True), promotion("b", Amount(200))]

    found = run(SIX, *rules, settings=Settings(most_promotions=1), coupons=CODES)

    assert [(one.reason, one.code) for one in found.rejections] == [(Reason.TOO_MANY, "B")]


CARD = cart(line("card", 50_000, is_discountable=False), shipping=3_000)


@pytest.mark.parametrize("benefit", [FreeShipping(), Points(5), Gift("cup"), Stamps("coffee"), Multiplier(2)])
def test_line_that_may_not_be_reduced__gets_what_is_no_price(benefit: Benefit) -> None:
    rule = promotion("p", benefit, minimum=Minimum(50_000, of_target=True))

    found = run(CARD, rule)

    assert len(found.effects) == 1
    assert (found.rejections, found.net_minor) == ((), 50_000)


def test_line_that_may_not_be_reduced__beside_others__has_its_share_of_the_points() -> None:
    lines = cart(line("a", 10_000), line("card", 30_000, is_discountable=False))

    found = run(lines, promotion("p", Percent(5_000), Points(70)))

    assert off(found) == {"a": [5_000], "card": [0]}
    (points,) = [one for one in found.effects if isinstance(one, PointsGiven)]
    assert {one.key: one.amount for one in points.lines} == {"a": 10, "card": 60}


@pytest.mark.parametrize(
    "benefits",
    [(Percent(1_000),), (Percent(1_000), Gift("cup")), (FreeShipping(), Tiered((Step(1, Amount(5)),)))],
)
def test_line_that_may_not_be_reduced__alone__is_no_target_of_money_off_goods(
    benefits: tuple[Benefit, ...],
) -> None:
    assert why(run(CARD, promotion("p", *benefits))) == {"p": Reason.NO_TARGET}


TWO = cart(line("a", 4_000, 2, categories=("Coffee",)), shipping=3_000)


@pytest.mark.parametrize(
    ("unreached", "reason", "needed", "there"),
    [
        (BuyGet(None, 2, 1), Reason.NOT_ENOUGH_UNITS, 3, 2),
        (NthFree(3), Reason.NOT_ENOUGH_UNITS, 3, 2),
        (Bundle((Part(COFFEE), Part(CAKE)), 1), Reason.NOT_ENOUGH_UNITS, 2, 2),
        (Tiered((Step(8_001, Percent(500)),)), Reason.MINIMUM_NOT_REACHED, 8_001, 8_000),
    ],
)
@pytest.mark.parametrize("other", [Gift("cup"), Points(5), FreeShipping(), Percent(1_000)])
def test_benefits__one_not_reached__none_is_given_before_or_after_it(
    unreached: Benefit, reason: Reason, needed: int, there: int, other: Benefit
) -> None:
    for rule in (promotion("p", unreached, other), promotion("p", other, unreached)):
        found = run(TWO, rule)

        assert found.effects == ()
        assert found.rejections == (Rejection(reason, b"p", 1, needed=needed, found=there),)
        assert (found.net_minor, found.shipping_minor) == (8_000, 3_000)


def test_benefits__reached_with_nothing_to_take__still_give_the_gift() -> None:
    found = run(cart(line("a", 0, 3)), promotion("p", BuyGet(None, 2, 1), Gift("cup")))

    assert [type(one) for one in found.effects] == [GiftGiven]


def test_benefits__unreached_of_one_promotion__do_not_disturb_the_next() -> None:
    rules: list[Promotion] = [promotion("a", Percent(5_000), NthFree(9)), promotion("b", Percent(1_000))]

    found = run(TWO, *rules)

    assert [one.amount_minor for one in found.effects if isinstance(one, Discount)] == [800]
