"""Small carts on which each answer of a shop's settings comes out different, worked out by the engine itself.

They stand beside the answers where somebody chooses among them. All amounts are minor units.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dangol.domain.promotions.benefits import Amount, Benefit, Percent, PointsRate
from dangol.domain.promotions.book import Book
from dangol.domain.promotions.carts import Cart, Line
from dangol.domain.promotions.effects import Discount, Evaluation, PointsGiven
from dangol.domain.promotions.evaluating import evaluate
from dangol.domain.promotions.returns import Back, Carried, Sold, return_units
from dangol.domain.promotions.rules import Context, Coupon, Minimum, Promotion, Remaining
from dangol.domain.promotions.settings import Choice, Lane, Settings

# The prices at which a tenth, or a thousandth, falls between two whole numbers.
ROUNDED_PRICES = (3_341, 3_345, 3_355)
ROUNDED_POINTS = (8_100, 8_500, 9_500)
# What the other examples are of.
PRICE, SPARE_PRICES, SPARE_OFF = 10_000, (3_000, 5_000, 1_000), 1_000
UNIT_PRICE, FLOOR, THRESHOLD, BUDGET_LEFT, DELIVERY = 1_003, 7_000, 9_000, 3_000, 3_000
_AT, _MONEY = datetime(2026, 1, 1, tzinfo=UTC), "KRW"


def work_out(name: str, value: Any) -> tuple[int, ...]:
    """Return what comes of the example of a setting where it is answered so, all else being as it comes.

    `spare`: what falls on each of three lines. `rounding`, `points_rounding`: a tenth of each of
    `ROUNDED_PRICES`, and a point for each 1,000 of `ROUNDED_POINTS`. `points_on`: points. `delivery_back`:
    what comes back with the last unit. `uses_up_without_effect`: how many codes are used up. Of all others:
    what is taken off the cart.
    """
    answer: Any = (Lane("main", Choice(value)),) if name == "lanes" else value
    return _EXAMPLES[name](replace(Settings(), **{name: answer}))


def _promotion(number: int, benefit: Benefit, **more: Any) -> Promotion:
    return Promotion(
        id=bytes([number]), version=1, name="", benefits=(benefit,), currency=_MONEY, priority=number, **more
    )


def _cart(*prices: int, quantity: int = 1, floor: int = 0) -> Cart:
    lines = [Line(str(place), "", price, quantity, floor_minor=floor) for place, price in enumerate(prices)]
    return Cart(_MONEY, tuple(lines))


def _run(settings: Settings, cart: Cart, *promotions: Promotion, **more: Any) -> Evaluation:
    return evaluate(cart, Book(promotions), settings, Context(_AT, ZoneInfo("UTC"), **more))


def _spare(settings: Settings) -> tuple[int, ...]:
    found = _run(settings, _cart(*SPARE_PRICES), _promotion(1, Amount(SPARE_OFF)))
    return tuple(part.amount for one in found.effects if isinstance(one, Discount) for part in one.lines)


def _rounding(settings: Settings) -> tuple[int, ...]:
    tenth = _promotion(1, Percent(1_000))
    return tuple(_run(settings, _cart(price), tenth).discount_minor for price in ROUNDED_PRICES)


def _points(found: Evaluation) -> int:
    return sum(one.points for one in found.effects if isinstance(one, PointsGiven))


def _points_rounding(settings: Settings) -> tuple[int, ...]:
    rate = _promotion(1, PointsRate(1, 1_000))
    return tuple(_points(_run(settings, _cart(price), rate)) for price in ROUNDED_POINTS)


def _off(*promotions: Promotion, floor: int = 0) -> Callable[[Settings], tuple[int, ...]]:
    return lambda settings: (_run(settings, _cart(PRICE, floor=floor), *promotions).discount_minor,)


def _rounded_on(settings: Settings) -> tuple[int, ...]:
    cart = _cart(UNIT_PRICE, UNIT_PRICE, quantity=3)
    return (_run(settings, cart, _promotion(1, Percent(1_500))).discount_minor,)


def _points_on(settings: Settings) -> tuple[int, ...]:
    fifth, rate = _promotion(1, Percent(2_000)), _promotion(2, PointsRate(1, 100))
    return (_points(_run(settings, _cart(PRICE), fifth, rate)),)


def _over_budget(settings: Settings) -> tuple[int, ...]:
    half = _promotion(1, Percent(5_000))
    left = {half.id: Remaining(budget_minor=BUDGET_LEFT)}
    return (_run(settings, _cart(PRICE), half, remaining=left).discount_minor,)


def _used_up(settings: Settings) -> tuple[int, ...]:
    all_off, coded = _promotion(1, Amount(PRICE)), _promotion(2, Percent(1_000), needs_code=True)
    coupons = (Coupon("CODE", coded.id),)
    return (len(_run(settings, _cart(PRICE), all_off, coded, coupons=coupons).used_codes),)


def _all_or_nothing(settings: Settings) -> tuple[int, ...]:
    coded = _promotion(1, Amount(1_000), needs_code=True)
    coupons = (Coupon("GOOD", coded.id), Coupon("UNKNOWN"))
    return (_run(settings, _cart(PRICE), coded, coupons=coupons).discount_minor,)


def _most_codes(settings: Settings) -> tuple[int, ...]:
    coded = [_promotion(number, Amount(1_000), needs_code=True) for number in (1, 2, 3)]
    coupons = tuple(Coupon(f"CODE{place}", one.id) for place, one in enumerate(coded))
    return (_run(settings, _cart(PRICE), *coded, coupons=coupons).discount_minor,)


def _delivery_back(settings: Settings) -> tuple[int, ...]:
    units = {("0", 0): Carried(PRICE), ("1", 0): Carried(PRICE)}
    sold = Sold(units, frozenset({("0", 0)}), Carried(DELIVERY))
    back = return_units(sold, [("1", 0)], settings.delivery_back)
    assert isinstance(back, Back), "the unit is there and has not come back"
    return (back.total.money_minor,)


_THOUSANDS = tuple(_promotion(number, Amount(1_000)) for number in (1, 2, 3))
_EXAMPLES: Mapping[str, Callable[[Settings], tuple[int, ...]]] = {
    "spare": _spare,
    "rounding": _rounding,
    "rounded_on": _rounded_on,
    "percent_of": _off(_promotion(1, Percent(2_000)), _promotion(2, Percent(1_000))),
    "threshold_on": _off(
        _promotion(1, Percent(2_000)), _promotion(2, Amount(1_000), minimum=Minimum(minor=THRESHOLD))
    ),
    "points_on": _points_on,
    "points_rounding": _points_rounding,
    "floors_hold": _off(_promotion(1, Percent(5_000)), floor=FLOOR),
    "uses_up_without_effect": _used_up,
    "all_or_nothing": _all_or_nothing,
    "over_budget": _over_budget,
    "most_promotions": _off(*_THOUSANDS),
    "most_codes": _most_codes,
    "lanes": _off(_promotion(1, Percent(1_000)), _promotion(2, Percent(2_000))),
    "delivery_back": _delivery_back,
}
EXAMPLES = frozenset(_EXAMPLES)
