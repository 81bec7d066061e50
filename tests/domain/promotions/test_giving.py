"""What promotions give besides money: points split over units, multipliers, gifts, stamps, coupons."""

import pytest

from dangol.domain.accrual import Rounding
from dangol.domain.promotions import Coupon, Reason, Settings, Target
from dangol.domain.promotions.benefits import (
    MOST_STAMPS,
    Benefit,
    Gift,
    IssueCoupon,
    Multiplier,
    Percent,
    Points,
    PointsRate,
    Stamps,
)
from dangol.domain.promotions.effects import (
    CouponIssued,
    Effect,
    GiftGiven,
    LinePart,
    PointsGiven,
    PointsMultiplied,
    Source,
    StampsGiven,
    UnitPart,
)
from tests.domain.promotions.shop import COFFEE, cart, line, promotion, run

CART = cart(line("latte", 4_500, 2, categories=("Coffee",)), line("cake", 6_000))
BY_P = Source(b"p", 1)


@pytest.mark.parametrize(
    ("benefit", "effect"),
    [
        (Gift("cup", 2), GiftGiven(BY_P, "cup", 2)),
        # One for the cart lies on the first latte; with it goes the stamp.
        (Stamps("coffee"), StampsGiven(BY_P, "coffee", 1, (LinePart("latte", 1, (UnitPart(0, 1),)),))),
        (
            Stamps("coffee", 2, per_unit=True),
            StampsGiven(BY_P, "coffee", 4, (LinePart("latte", 4, (UnitPart(0, 2), UnitPart(1, 2))),)),
        ),
        # 9,000 won hold 2,000 four times.
        (
            Stamps("coffee", per_minor=2_000),
            StampsGiven(BY_P, "coffee", 4, (LinePart("latte", 4, (UnitPart(0, 2), UnitPart(1, 2))),)),
        ),
        (IssueCoupon("next visit"), CouponIssued(BY_P, "next visit")),
        (Multiplier(3, 2), PointsMultiplied(BY_P, 3, 2, (("latte", 0), ("latte", 1)))),
        # 9,000 won by 1 for 200: 45 points; each latte carries half, the first the spare one.
        (
            PointsRate(1, 200),
            PointsGiven(
                BY_P, 45, 9_000, (LinePart("latte", 45, (UnitPart(0, 23), UnitPart(1, 22))),)
            ),
        ),
        (
            Points(100),
            PointsGiven(
                BY_P, 100, 9_000, (LinePart("latte", 100, (UnitPart(0, 50), UnitPart(1, 50))),)
            ),
        ),
    ],
)  # fmt: skip
def test_giving__each_kind__is_a_typed_effect(benefit: Benefit, effect: Effect) -> None:
    found = run(CART, promotion("p", benefit, target=Target(COFFEE)))

    assert found.effects == (effect,)
    assert found.net_minor == 15_000


def test_stamps__more_than_a_cart_may_get__are_the_most() -> None:
    found = run(CART, promotion("p", Stamps("coffee", per_minor=1))).effects[0]

    assert isinstance(found, StampsGiven)
    assert (found.count, sum(line.amount for line in found.lines)) == (MOST_STAMPS, MOST_STAMPS)


def test_stamps__too_little_money_for_one__are_none() -> None:
    assert run(CART, promotion("p", Stamps("coffee", per_minor=15_001))).effects == ()


@pytest.mark.parametrize(
    ("rounding", "points"),
    [(Rounding.DOWN, 28), (Rounding.HALF_UP, 28), (Rounding.UP, 29), (Rounding.HALF_EVEN, 28)],
)
def test_points_rounding__of_28_and_some__goes_by_the_setting(rounding: Rounding, points: int) -> None:
    # 9,000 by 1 for 320 is 28.125.
    rule = promotion("p", PointsRate(1, 320), target=Target(COFFEE))

    (effect,) = run(CART, rule, settings=Settings(points_rounding=rounding)).effects

    assert isinstance(effect, PointsGiven)
    assert effect.points == points


def test_points__on_goods_that_are_free_by_then__are_split_evenly() -> None:
    rule = promotion("p", Percent(10_000), Points(3))

    found = run(CART, rule)

    given = found.effects[-1]
    assert isinstance(given, PointsGiven)
    assert (given.points, given.base_minor) == (3, 0)
    assert [part.amount for part in given.lines] == [1, 2]


@pytest.mark.parametrize("uses_up", [False, True])
@pytest.mark.parametrize(
    ("benefits", "unit_minor"),
    [((PointsRate(1, 1_000),), 500), ((Percent(5_000), PointsRate(1, 100)), 0), ((Percent(10_000),), 0)],
)
def test_code__that_gives_nothing_in_the_end__is_refused_and_used_up_by_setting(
    benefits: tuple[Benefit, ...], unit_minor: int, uses_up: bool
) -> None:
    rule = promotion("hello", *benefits, needs_code=True)
    settings = Settings(uses_up_without_effect=uses_up)

    found = run(cart(line("latte", unit_minor)), rule, settings=settings, coupons=(Coupon("HELLO", rule.id),))

    assert found.effects == ()
    assert [(one.reason, one.code) for one in found.rejections] == [(Reason.NOTHING_TO_DISCOUNT, "HELLO")]
    assert found.used_codes == (("HELLO",) if uses_up else ())


def test_multiplier__of_at_most_one_unit__multiplies_that_one() -> None:
    rule = promotion("p", Multiplier(2), target=Target(COFFEE, most_units=1))

    (effect,) = run(CART, rule).effects

    assert effect == PointsMultiplied(BY_P, 2, 1, (("latte", 0),))
