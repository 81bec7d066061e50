"""Bad carts and bad rules: what cannot be counted is left out with its fault, and the rest is evaluated."""

import pytest

from dangol.domain.promotions import Line, Target
from dangol.domain.promotions.benefits import (
    Amount,
    BuyGet,
    Items,
    Multiplier,
    Percent,
    PointsRate,
)
from dangol.domain.promotions.carts import MOST_MINOR, LineFault
from dangol.domain.promotions.checking import MOST_FACTOR, MOST_RATE
from dangol.domain.promotions.effects import PointsGiven, PointsMultiplied, Reason
from tests.domain.promotions.shop import cart, line, promotion, run, why

CART = cart(line("latte", 4_500, 2, categories=("Coffee",)))
TENTH = Percent(1_000)


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (line("x", 1_000, -1), LineFault.NO_QUANTITY),
        (line("x", 1_000, 0), LineFault.NO_QUANTITY),
        (line("x", 1_000, 10_001), LineFault.TOO_MANY_UNITS),
        (line("x", -1), LineFault.NEGATIVE_PRICE),
        (line("x", 1_000, floor_minor=-1), LineFault.NEGATIVE_PRICE),
        (line("x", MOST_MINOR + 1), LineFault.PRICE_TOO_HIGH),
    ],
)
def test_line__bad__is_left_out_and_the_rest_is_evaluated(bad: Line, fault: LineFault) -> None:
    found = run(cart(bad, *CART.lines), promotion("p", TENTH))

    assert [(one.key, one.fault) for one in found.left_out] == [("x", fault)]
    assert found.discount_minor == 900


def test_lines__with_one_key__are_all_left_out() -> None:
    found = run(cart(line("x", 1_000), line("x", 2_000), *CART.lines), promotion("p", TENTH))

    assert [(one.key, one.fault) for one in found.left_out] == [("x", LineFault.SAME_KEY)]
    assert found.discount_minor == 900


def test_cart__of_five_thousand_lines__is_evaluated() -> None:
    lines = [line(f"{n}", 1_000 + n) for n in range(5_000)]

    found = run(cart(*lines), promotion("p", Amount(1_000_000)), promotion("q", BuyGet(None, 1, 1)))

    assert found.discount_minor > 1_000_000
    assert not found.rejections


def test_cart__of_too_many_units__has_every_line_left_out() -> None:
    found = run(cart(*(line(f"{n}", 1, 10_000) for n in range(11))), promotion("p", TENTH))

    assert {one.fault for one in found.left_out} == {LineFault.TOO_MANY_UNITS}
    assert why(found) == {"p": Reason.NO_TARGET}


def test_cart__one_absurd_line__leaves_the_others_in() -> None:
    found = run(cart(line("a", 10_000), line("b", 1, 150_000)), promotion("p", TENTH))

    assert [(one.key, one.fault) for one in found.left_out] == [("b", LineFault.TOO_MANY_UNITS)]
    assert found.discount_minor == 1_000


def test_cart__far_too_dear__has_every_line_left_out() -> None:
    found = run(cart(line("a", MOST_MINOR), line("b", 1)), promotion("p", TENTH))

    assert {one.fault for one in found.left_out} == {LineFault.PRICE_TOO_HIGH}
    assert run(cart(line("a", MOST_MINOR - 1), line("b", 1)), promotion("p", TENTH)).left_out == ()


@pytest.mark.parametrize(
    ("shipping", "fault"),
    [
        (-1, LineFault.NEGATIVE_PRICE), (MOST_MINOR + 1, LineFault.PRICE_TOO_HIGH),
        (MOST_MINOR, None), (0, None),
    ],
)  # fmt: skip
def test_delivery__that_cannot_be_counted__costs_nothing_and_says_why(
    shipping: int, fault: LineFault | None
) -> None:
    found = run(cart(*CART.lines, shipping=shipping), promotion("p", TENTH))

    assert (found.delivery_fault, found.shipping_minor) == (fault, 0 if fault else shipping)
    assert found.discount_minor == 900


def test_points__of_the_dearest_cart_there_may_be__keep_to_64_bits() -> None:
    rules = promotion("a", PointsRate(MOST_RATE, 1)), promotion("b", Multiplier(MOST_FACTOR))

    points, factor = run(cart(line("a", MOST_MINOR)), *rules).effects

    assert isinstance(points, PointsGiven)
    assert isinstance(factor, PointsMultiplied)
    assert points.points * factor.num < 2**63


@pytest.mark.parametrize("named", [Items(skus=frozenset({""})), Items(categories=frozenset({""}))])
def test_target__without_a_name__is_no_line_without_one(named: Items) -> None:
    given = cart(line("a", 10_000, categories=("",)))

    assert why(run(given, promotion("p", TENTH, target=Target(named)))) == {"p": Reason.NO_TARGET}
