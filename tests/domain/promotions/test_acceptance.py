"""What a till may send and a shop may write: always an answer with reasons, and a cart that still counts."""

from collections import defaultdict
from random import Random
from typing import Any

import pytest

from dangol.domain.conditions import BrokenCondition
from dangol.domain.promotions import (
    Book,
    Cart,
    Context,
    Coupon,
    Evaluation,
    Line,
    Minimum,
    Promotion,
    Remaining,
    Settings,
    Target,
    evaluate,
)
from dangol.domain.promotions.benefits import (
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    By,
    FreeShipping,
    Gift,
    IssueCoupon,
    Multiplier,
    NewPrice,
    NthFree,
    Part,
    Percent,
    Points,
    PointsRate,
    Stamps,
    Step,
    Tiered,
    Which,
)
from dangol.domain.promotions.carts import MOST_MINOR, LineFault
from dangol.domain.promotions.checking import RuleFault
from dangol.domain.promotions.effects import Discount, PointsGiven, Reason, ShippingDiscount
from dangol.domain.promotions.rules import Discounted
from dangol.domain.promotions.settings import Base, Choice, Lane, OverBudget, RoundedOn
from dangol.domain.splitting import Spare
from tests.domain.promotions.shop import CAKE, COFFEE, NOON, SEOUL, cart, condition, line, promotion, run, why
from tests.sizes import SIZE

GOOD = promotion("good", Percent(1_000), lane="before")
LATTES = line("latte", 4_500, 2, categories=("Coffee",))


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (PointsRate(1, 0), RuleFault.COUNT_OUT_OF_RANGE),
        (Multiplier(1, 0), RuleFault.COUNT_OUT_OF_RANGE),
        (NthFree(0), RuleFault.COUNT_OUT_OF_RANGE),
        (BuyGet(None, 0, 0), RuleFault.COUNT_OUT_OF_RANGE),
        (Bundle((Part(COFFEE, 0),), 0), RuleFault.COUNT_OUT_OF_RANGE),
        (Tiered(()), RuleFault.GIVES_NOTHING),
    ],
)
def test_rule__that_would_divide_by_zero_or_go_on_forever__is_named_and_the_cart_counts(
    bad: Benefit, fault: RuleFault
) -> None:
    found = run(cart(LATTES), GOOD, promotion("bad", bad))

    assert [(one.promotion_id, one.reason, one.fault) for one in found.rejections] == [
        (b"bad", Reason.BROKEN_RULE, fault)
    ]
    assert found.discount_minor == 900


@pytest.mark.parametrize(
    "endless",
    [
        NthFree(2, most_units=10**18),
        BuyGet(None, 1, 1, most_rounds=10**18),
        Bundle((Part(COFFEE, 1),), 0, most=10**18),
        # Its coupon is for itself: what it issues is for later, and never evaluated in the same cart.
        IssueCoupon("endless"),
    ],
)
def test_rule__without_an_end_of_its_own__ends_with_the_cart(endless: Benefit) -> None:
    found = run(cart(LATTES), promotion("endless", endless))

    assert len(found.effects) == 1
    assert not found.rejections


def test_rule__of_a_condition_nested_without_end__cannot_be_written() -> None:
    raw: dict[str, Any] = {"type": "trait", "trait": "cart.quantity", "op": "at_least", "value": 1}
    for _ in range(10_000):
        raw = {"type": "not", "of": raw}

    with pytest.raises(BrokenCondition):
        condition(raw)


def test_exclusives__that_overlap__one_of_each_group_and_the_rest_name_the_winner() -> None:
    rules = [promotion(f"{group}{n}", Amount(100), exclusive_group=group) for n in (2, 1) for group in "xy"]
    rules += [promotion("z", Amount(100))]

    found = run(cart(LATTES), *rules)

    assert [one.source.promotion_id for one in found.effects] == [b"x1", b"y1", b"z"]
    assert [(one.promotion_id, one.other) for one in found.rejections] == [(b"x2", b"x1"), (b"y2", b"y1")]
    assert why(found) == {"x2": Reason.EXCLUSIVE_LOST, "y2": Reason.EXCLUSIVE_LOST}


def test_exclusives__whose_first_finds_nothing__leave_the_place_to_the_next() -> None:
    rules = [
        promotion("a", Percent(1_000), exclusive_group="x", target=Target(CAKE)),
        promotion("b", Percent(1_000), exclusive_group="x"),
    ]

    found = run(cart(LATTES), *rules)

    assert (found.discount_minor, why(found)) == (900, {"a": Reason.NO_TARGET})


def test_price__of_nothing__is_a_line_like_any_other() -> None:
    found = run(cart(line("free", 0, 3), LATTES), GOOD, promotion("p", NthFree(5)))

    assert (found.left_out, found.discount_minor, found.net_minor) == ((), 900, 8_100)
    assert why(found) == {"p": Reason.NOTHING_TO_DISCOUNT}


@pytest.mark.parametrize("quantity", [0, -1, -(2**70)])
def test_quantity__of_nothing_or_less__is_left_out(quantity: int) -> None:
    found = run(cart(line("bad", 1_000, quantity), LATTES), GOOD)

    assert [one.fault for one in found.left_out] == [LineFault.NO_QUANTITY]
    assert found.discount_minor == 900


def test_currency__of_another_cart__is_named_and_what_names_no_money_applies() -> None:
    rules = promotion("won", Amount(100)), promotion("any", Percent(1_000), currency="")

    found = run(cart(LATTES, currency="USD"), *rules)

    assert (found.discount_minor, why(found)) == (900, {"won": Reason.WRONG_CURRENCY})


def test_code__unknown__lets_the_others_count_unless_all_or_nothing_was_asked() -> None:
    rule = promotion("a", Percent(1_000), needs_code=True)
    codes = (Coupon("A", b"a"), Coupon("GONE"))

    kept = run(cart(LATTES), rule, coupons=codes)
    refused = run(cart(LATTES), rule, settings=Settings(all_or_nothing=True), coupons=codes)

    assert (kept.discount_minor, refused.discount_minor) == (900, 0)


HOSTILE = (-(2**70), -1, 0, 1, 2, 3, 7, 999, 10_000, 10_001, 30_000, MOST_MINOR, MOST_MINOR + 1, 2**70)
USUAL = (1, 2, 3, 500, 1_000, 9_000)


class Drawn:
    """Questions made up: mostly such as shops ask, and now and then a number that nobody would."""

    def __init__(self, seed: int) -> None:
        self.of = Random(seed)

    def number(self) -> int:
        return self.of.choice(HOSTILE if self.of.random() < 0.1 else USUAL)

    def limit(self) -> int | None:
        return self.number() if self.of.random() < 0.3 else None

    def plain(self) -> Percent | Amount | NewPrice:
        number, is_each = self.number(), self.of.random() < 0.5
        return self.of.choice((Percent(number), Amount(number, is_each), NewPrice(number)))

    def benefit(self) -> Benefit:
        number, draw = self.number, self.of
        parts = tuple(Part(draw.choice((COFFEE, CAKE)), draw.choice((1, 1, 2, number()))) for _ in range(2))
        steps = tuple(Step(at, self.plain()) for at in sorted({number(), number()}))
        kinds: tuple[Benefit, ...] = (
            self.plain(), self.plain(), Tiered(steps, draw.choice(tuple(By))),
            NthFree(number(), number(), self.limit(), draw.choice(tuple(Which))),
            BuyGet(draw.choice((None, COFFEE)), draw.choice((1, 2, 9)), 1, number(), self.limit()),
            Bundle(parts, number(), self.limit()), FreeShipping(number(), self.limit()),
            Gift("cup", number()), Points(number()), PointsRate(number(), number()),
            Multiplier(number(), number()), Stamps("card", number()), IssueCoupon("later"),
        )  # fmt: skip
        return draw.choice(kinds)

    def target(self) -> Target:
        draw = self.of
        include, exclude = draw.choice((None, None, COFFEE)), draw.choice((None, None, CAKE))
        return Target(
            include, exclude, draw.choice(tuple(Discounted)), self.limit(), cheapest_first=draw.random() < 0.5
        )

    def promotion(self, n: int) -> Promotion:
        draw = self.of
        return Promotion(
            id=f"p{n}".encode(), version=1, name="",
            currency=draw.choice(("KRW", "KRW", "KRW", "USD", "")),
            benefits=tuple(self.benefit() for _ in range(draw.choice((1, 1, 1, 2, 3)))),
            target=self.target(),
            minimum=draw.choice((Minimum(), Minimum(), Minimum(self.number(), draw.randrange(4), True))),
            cap_minor=self.limit(), needs_code=draw.random() < 0.2, priority=draw.randrange(3),
            lane=draw.choice(("before", "main", "main", "nowhere")),
            exclusive_group=draw.choice(("", "", "x")),
        )  # fmt: skip

    def line(self, n: int) -> Line:
        draw = self.of
        quantity = draw.choice(HOSTILE) if draw.random() < 0.05 else draw.randrange(1, 5)
        return Line(
            f"l{draw.randrange(2 * n + 2)}", draw.choice("abc"), self.number(), min(quantity, 10_001),
            categories=draw.choice(((), ("Coffee > Cold",), ("Cake",))),
            is_discountable=draw.random() < 0.8, is_discounted=draw.random() < 0.2,
            floor_minor=draw.choice((0, 0, self.number())),
        )  # fmt: skip

    def question(self) -> tuple[Cart, list[Promotion], Settings, Context]:
        draw = self.of
        promotions = [self.promotion(n) for n in range(draw.randrange(7))]
        ids = [one.id for one in promotions]
        left = {one: Remaining(None, None, self.limit(), self.limit(), self.limit()) for one in ids}
        coupons = tuple(Coupon(f"C{n}", draw.choice((None, *ids)), uses=self.limit()) for n in range(3))
        lines = tuple(self.line(n) for n in range(draw.randrange(7)))
        settings = Settings(
            spare=draw.choice(tuple(Spare)), rounded_on=draw.choice(tuple(RoundedOn)),
            percent_of=draw.choice(tuple(Base)), floors_hold=draw.random() < 0.7,
            over_budget=draw.choice(tuple(OverBudget)), most_codes=self.limit(),
            all_or_nothing=draw.random() < 0.2,
            lanes=(Lane("before"), Lane("main", draw.choice(tuple(Choice)))),
        )  # fmt: skip
        shipping = draw.choice((0, 3_000, self.number()))
        context = Context(NOON, SEOUL, coupons=coupons, remaining=left)
        return Cart("KRW", lines, shipping), promotions, settings, context


def test_evaluate__anything__is_answered_and_never_below_a_floor_with_every_won_told() -> None:
    applied = set[str]()
    for seed in range(SIZE.fuzz_cases):
        cart_, promotions, settings, context = Drawn(seed).question()

        found = evaluate(cart_, Book(promotions), settings, context)

        by_unit = _told(found)
        _check_lines(found, cart_, settings, by_unit)
        _check_limits(found, promotions, context)
        applied |= {type(one).__name__ for one in found.effects}
    # All that can be given was given now and then.
    assert len(applied) == 7


def _told(found: Evaluation) -> dict[tuple[str, int], int]:
    by_unit = defaultdict[tuple[str, int], int](int)
    for effect in found.effects:
        if not isinstance(effect, Discount | PointsGiven):
            continue
        whole = effect.amount_minor if isinstance(effect, Discount) else effect.points
        assert whole == sum(part.amount for part in effect.lines) > 0
        for part in effect.lines:
            assert part.amount == sum(unit.amount for unit in part.units)
            for unit in part.units if isinstance(effect, Discount) else ():
                by_unit[part.key, unit.position] += unit.amount
    return by_unit


def _check_lines(
    found: Evaluation, cart_: Cart, settings: Settings, by_unit: dict[tuple[str, int], int]
) -> None:
    lines = {one.key: one for one in cart_.lines}
    assert {one.key for one in found.lines} | {one.key for one in found.left_out} == lines.keys()
    for one in found.lines:
        floor = min(lines[one.key].floor_minor, one.unit_minor) if settings.floors_hold else 0
        for position, left in enumerate(one.left_minor):
            assert 0 <= floor <= left == one.unit_minor - by_unit.get((one.key, position), 0)
    off = sum(one.amount_minor for one in found.effects if isinstance(one, ShippingDiscount))
    assert 0 <= found.shipping_minor == (0 if found.delivery_fault else cart_.shipping_minor) - off


def _check_limits(found: Evaluation, promotions: list[Promotion], context: Context) -> None:
    reduced = defaultdict[bytes, set[tuple[str, int]]](set)
    for effect in found.effects:
        if isinstance(effect, Discount):
            units = {(part.key, unit.position) for part in effect.lines for unit in part.units}
            reduced[effect.source.promotion_id] |= units
    for one in promotions:
        for most in (one.target.most_units, context.remaining[one.id].units):
            assert most is None or len(reduced[one.id]) <= max(most, 0)
    silent = {one.id for one in promotions} - {one.source.promotion_id for one in found.effects}
    assert silent <= {one.promotion_id for one in found.rejections}
