"""What shops disagree about: each named setting with all of its answers, worked by hand."""

import pytest

from dangol.domain.accrual import Rounding
from dangol.domain.promotions import Coupon, Minimum, Remaining, Settings
from dangol.domain.promotions.benefits import Amount, Percent, Points, PointsRate, Step, Tiered
from dangol.domain.promotions.effects import PointsGiven, Reason
from dangol.domain.promotions.settings import Base, Choice, Lane, OverBudget, RoundedOn, Stacking
from dangol.domain.splitting import Spare
from tests.domain.promotions.shop import cart, condition, line, off, promotion, run, why

THREE = cart(line("b", 9_000), line("a", 9_000), line("c", 9_000))


@pytest.mark.parametrize(
    ("spare", "taken"),
    [
        # The cart's first line is b, its last c; ties of the largest remainder go by the line's key.
        (Spare.FIRST, {"a": [3_333], "b": [3_334], "c": [3_333]}),
        (Spare.LAST, {"a": [3_333], "b": [3_333], "c": [3_334]}),
        (Spare.LARGEST_REMAINDER, {"a": [3_334], "b": [3_333], "c": [3_333]}),
    ],
)
def test_spare__ten_thousand_over_three__goes_by_the_setting(
    spare: Spare, taken: dict[str, list[int]]
) -> None:
    assert off(run(THREE, promotion("p", Amount(10_000)), settings=Settings(spare=spare))) == taken


@pytest.mark.parametrize(
    ("spare", "units"),
    [(Spare.FIRST, [4, 3, 3]), (Spare.LAST, [3, 3, 4]), (Spare.LARGEST_REMAINDER, [4, 3, 3])],
)
def test_spare__over_the_units_of_a_line__goes_by_the_setting(spare: Spare, units: list[int]) -> None:
    found = run(cart(line("a", 500, 3)), promotion("p", Amount(10)), settings=Settings(spare=spare))

    assert off(found) == {"a": units}


@pytest.mark.parametrize(
    ("rounding", "of_5", "of_15"),
    [(Rounding.DOWN, 0, 1), (Rounding.HALF_UP, 1, 2), (Rounding.HALF_EVEN, 0, 2), (Rounding.UP, 1, 2)],
)
def test_rounding__half_a_won__goes_by_the_setting(rounding: Rounding, of_5: int, of_15: int) -> None:
    tenth, settings = promotion("p", Percent(1_000)), Settings(rounding=rounding)

    amounts = [run(cart(line("a", price)), tenth, settings=settings).discount_minor for price in (5, 15)]

    assert amounts == [of_5, of_15]


@pytest.mark.parametrize(
    ("rounded_on", "amount"), [(RoundedOn.WHOLE, 6), (RoundedOn.LINE, 7), (RoundedOn.UNIT, 8)]
)
def test_rounded_on__a_tenth_of_three_lines__goes_by_the_setting(rounded_on: RoundedOn, amount: int) -> None:
    # 15 + 15 + 2 x 15: 6.0 of all; 2 + 2 + 3 by line; 2 + 2 + 2 x 2 by unit.
    lines = cart(line("a", 15), line("b", 15), line("c", 15, 2))

    found = run(lines, promotion("p", Percent(1_000)), settings=Settings(rounded_on=rounded_on))

    assert found.discount_minor == amount


@pytest.mark.parametrize(("base", "amount"), [(Base.REMAINING, 2_000 + 1_600), (Base.INITIAL, 2_000 + 2_000)])
def test_percent_of__two_fifths_in_turn__goes_by_the_setting(base: Base, amount: int) -> None:
    rules = promotion("a", Percent(2_000)), promotion("b", Percent(2_000))

    found = run(cart(line("a", 10_000)), *rules, settings=Settings(percent_of=base))

    assert found.discount_minor == amount


def test_percent_of__initial_and_more_than_all__stops_at_nothing() -> None:
    rules = [promotion(name, Percent(6_000)) for name in "ab"]

    found = run(cart(line("a", 10_000)), *rules, settings=Settings(percent_of=Base.INITIAL))

    assert (found.discount_minor, found.net_minor) == (10_000, 0)


TEN_THOUSAND = condition({"type": "trait", "trait": "cart.total_minor", "op": "at_least", "value": 10_000})


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (promotion("b", Amount(500), minimum=Minimum(10_000)), Reason.MINIMUM_NOT_REACHED),
        (promotion("b", Tiered((Step(10_000, Amount(500)),))), Reason.MINIMUM_NOT_REACHED),
        (promotion("b", Amount(500), condition=TEN_THOUSAND), Reason.CONDITION_FALSE),
    ],
)
def test_threshold_on__after_an_earlier_discount__goes_by_the_setting(rule: object, reason: Reason) -> None:
    first, then = promotion("a", Amount(1)), rule
    assert isinstance(then, type(first))

    before = run(cart(line("a", 10_000)), first, then, settings=Settings(threshold_on=Base.INITIAL))
    after = run(cart(line("a", 10_000)), first, then, settings=Settings(threshold_on=Base.REMAINING))

    assert (before.discount_minor, why(before)) == (501, {})
    assert (after.discount_minor, why(after)) == (1, {"b": reason})


@pytest.mark.parametrize(("base", "points"), [(Base.INITIAL, 100), (Base.REMAINING, 80)])
def test_points_on__after_a_later_discount__goes_by_the_setting(base: Base, points: int) -> None:
    earn, fifth = promotion("a", PointsRate(1, 100)), promotion("b", Percent(2_000), lane="after")

    found = run(cart(line("a", 10_000)), earn, fifth, settings=Settings(points_on=base))

    assert [one.points for one in found.effects if isinstance(one, PointsGiven)] == [points]


@pytest.mark.parametrize(("holds", "taken"), [(True, [1_000, 4_000]), (False, [2_500, 2_500])])
def test_floors_hold__an_amount__goes_to_whom_can_take_it(holds: bool, taken: list[int]) -> None:
    lines = cart(line("a", 10_000, floor_minor=9_000), line("b", 10_000))

    found = run(lines, promotion("p", Amount(5_000)), settings=Settings(floors_hold=holds))

    assert [off(found)["a"][0], off(found)["b"][0]] == taken


@pytest.mark.parametrize(("holds", "amount"), [(True, 4_000), (False, 6_000)])
def test_floors_hold__a_percentage__is_not_made_up_for_elsewhere(holds: bool, amount: int) -> None:
    lines = cart(line("a", 10_000, floor_minor=9_000), line("b", 10_000))

    found = run(lines, promotion("p", Percent(3_000)), settings=Settings(floors_hold=holds))

    assert found.discount_minor == amount


def test_floors_hold__nothing_can_come_off__says_it_is_the_floor() -> None:
    at_floor, free = cart(line("a", 9_000, floor_minor=9_000)), cart(line("a", 0))

    found = [why(run(one, promotion("p", Percent(1_000)))) for one in (at_floor, free)]

    assert found == [{"p": Reason.FLOOR_PRICE}, {"p": Reason.NOTHING_TO_DISCOUNT}]


@pytest.mark.parametrize(("uses_up", "used"), [(True, ("HELLO",)), (False, ())])
def test_uses_up_without_effect__a_code_on_a_free_cart__goes_by_the_setting(
    uses_up: bool, used: tuple[str, ...]
) -> None:
    rule = promotion("p", Percent(1_000), needs_code=True)

    found = run(
        cart(line("a", 0)), rule,
        settings=Settings(uses_up_without_effect=uses_up), coupons=(Coupon("HELLO", b"p"),),
    )  # fmt: skip

    assert found.used_codes == used
    assert why(found) == {"p": Reason.NOTHING_TO_DISCOUNT}


@pytest.mark.parametrize(
    ("over", "amount", "reasons"),
    [(OverBudget.CUT, 700, {}), (OverBudget.REJECT, 0, {"p": Reason.BUDGET_EXHAUSTED})],
)
def test_over_budget__a_thousand_of_seven_hundred__goes_by_the_setting(
    over: OverBudget, amount: int, reasons: dict[str, Reason]
) -> None:
    left = {b"p": Remaining(budget_minor=700)}

    found = run(THREE, promotion("p", Amount(1_000)), settings=Settings(over_budget=over), remaining=left)

    assert (found.discount_minor, why(found)) == (amount, reasons)


def codes(*names: str) -> tuple[Coupon, ...]:
    return tuple(Coupon(name, name.lower().encode()) for name in names)


@pytest.mark.parametrize(
    ("all_or_nothing", "amount", "reasons"),
    [
        (False, 1_000, {"GONE": Reason.UNKNOWN_CODE}),
        (True, 0, {"a": Reason.ALL_OR_NOTHING, "GONE": Reason.UNKNOWN_CODE}),
    ],
)
def test_all_or_nothing__one_bad_code_of_two__goes_by_the_setting(
    all_or_nothing: bool, amount: int, reasons: dict[str, Reason]
) -> None:
    rule = promotion("a", Amount(1_000), needs_code=True)

    found = run(
        THREE, rule, settings=Settings(all_or_nothing=all_or_nothing), coupons=(*codes("A"), Coupon("GONE")),
    )  # fmt: skip

    assert (found.discount_minor, why(found)) == (amount, reasons)
    assert found.used_codes == (() if all_or_nothing else ("A",))


@pytest.mark.parametrize(
    ("choice", "amount", "reasons"),
    [(Choice.PRIORITY, 6_000, {}), (Choice.BEST, 3_000, {"a": Reason.NOT_BEST, "b": Reason.NOT_BEST})],
)
def test_lane__three_discounts__all_or_the_best(
    choice: Choice, amount: int, reasons: dict[str, Reason]
) -> None:
    rules = [promotion(name, Amount(minor)) for name, minor in (("a", 1_000), ("b", 2_000), ("c", 3_000))]
    gift = promotion("d", Points(5))

    found = run(THREE, *rules, gift, settings=Settings(lanes=(Lane("main", choice),)))

    assert (found.discount_minor, why(found)) == (amount, reasons)
    assert any(isinstance(one, PointsGiven) for one in found.effects)


def test_lane__best_of_equals__is_the_first_by_priority_then_by_id() -> None:
    rules = [promotion("a", Amount(500), priority=2), promotion("b", Amount(500), priority=1)]
    rules += [promotion("c", Amount(500), priority=1)]

    found = run(THREE, *rules, settings=Settings(lanes=(Lane("main", Choice.BEST),)))

    assert [one.promotion_id for one in found.rejections] == [b"a", b"c"]
    assert {one.other for one in found.rejections} == {b"b"}


def test_lanes__in_sequence__the_later_sees_what_the_earlier_left() -> None:
    rules = promotion("z", Percent(5_000), lane="before"), promotion("a", Percent(1_000), lane="after")

    found = run(cart(line("a", 10_000)), *rules)

    assert [one.source.promotion_id for one in found.effects] == [b"z", b"a"]
    assert found.net_minor == 4_500


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (Stacking.COMMON, Stacking.COMMON, True),
        (Stacking.COMMON, Stacking.NEVER, False),
        (Stacking.COMMON, Stacking.ALWAYS, True),
        (Stacking.NEVER, Stacking.NEVER, False),
        (Stacking.NEVER, Stacking.ALWAYS, True),
        (Stacking.ALWAYS, Stacking.ALWAYS, True),
    ],
)
def test_stacking__each_pair__both_ways_round(one: Stacking, other: Stacking, together: bool) -> None:
    settings = Settings(stacking={"one": one, "other": other})
    first, second = promotion("a", Amount(1), category="one"), promotion("b", Amount(1), category="other")
    turned = promotion("a", Amount(1), category="other"), promotion("b", Amount(1), category="one")

    for pair in ((first, second), turned):
        found = run(THREE, *pair, settings=settings)

        assert found.discount_minor == (2 if together else 1)
        assert why(found) == ({} if together else {"b": Reason.NOT_STACKABLE})


@pytest.mark.parametrize(
    ("settings", "reasons"),
    [
        (Settings(), {}),
        (Settings(most_promotions=2), {"c": Reason.TOO_MANY}),
        (Settings(most_promotions=1), {"b": Reason.TOO_MANY, "c": Reason.TOO_MANY}),
        (Settings(most_codes=1), {"b": Reason.TOO_MANY}),
        (Settings(most_codes=0), {"a": Reason.TOO_MANY, "b": Reason.TOO_MANY}),
    ],
)
def test_most__a_cart__of_promotions_and_of_codes(settings: Settings, reasons: dict[str, Reason]) -> None:
    rules = [promotion(name, Amount(1), needs_code=name != "c") for name in "abc"]

    found = run(THREE, *rules, settings=settings, coupons=codes("A", "B"))

    assert why(found) == reasons


def test_lanes__two_with_one_key__are_refused() -> None:
    with pytest.raises(ValueError, match="main"):
        Settings(lanes=(Lane("main"), Lane("main", Choice.BEST)))
