"""Every no has its reason, as data: schedules, codes, limits, conditions, broken rules and bad lines."""

from datetime import timedelta
from typing import Any

import pytest

from dangol.domain.conditions import Reason as DecidingLeaf, Subject, explain
from dangol.domain.conditions.deciding import decide
from dangol.domain.promotions import Context, Coupon, Minimum, Promotion, Remaining, Settings, Target
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
)
from dangol.domain.promotions.carts import MOST_MINOR
from dangol.domain.promotions.checking import (
    MOST_COUNT,
    MOST_FACTOR,
    MOST_POINTS,
    MOST_RATE,
    RuleFault,
    find_fault,
)
from dangol.domain.promotions.effects import Limit, Reason, Rejection
from tests.domain.promotions.shop import (
    COFFEE,
    NOON,
    SEOUL,
    cart,
    condition,
    line,
    off,
    promotion,
    run,
    why,
)

CART = cart(line("latte", 4_500, 2, categories=("Coffee",)))
SECOND = timedelta(seconds=1)
TENTH = Percent(1_000)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (promotion("p", TENTH, active_from=NOON), None),
        (promotion("p", TENTH, active_from=NOON + SECOND), Reason.NOT_STARTED),
        (promotion("p", TENTH, active_to=NOON + SECOND), None),
        (promotion("p", TENTH, active_to=NOON), Reason.ENDED),
        (promotion("p", TENTH, currency="USD"), Reason.WRONG_CURRENCY),
        (promotion("p", TENTH, currency=""), None),
        (promotion("p", TENTH, lane="nowhere"), Reason.UNKNOWN_LANE),
        (promotion("p", TENTH, needs_code=True), Reason.NO_CODE),
        (promotion("p", Amount(0)), Reason.BROKEN_RULE),
    ],
)
def test_promotion__by_itself__says_why_not(rule: Promotion, reason: Reason | None) -> None:
    found = run(CART, rule)

    assert why(found) == ({"p": reason} if reason else {})
    assert bool(found.effects) is (reason is None)


@pytest.mark.parametrize(
    ("left", "limit"),
    [
        (Remaining(uses=0), Limit.USES),
        (Remaining(customer_uses=0), Limit.CUSTOMER_USES),
        (Remaining(period_uses=0), Limit.PERIOD_USES),
        (Remaining(units=0), Limit.UNITS),
        (Remaining(1, 1, 1, 1, 1), None),
    ],
)
def test_limit__nothing_left__names_the_limit(left: Remaining, limit: Limit | None) -> None:
    found = run(CART, promotion("p", TENTH), remaining={b"p": left})

    assert [(one.reason, one.limit) for one in found.rejections] == (
        [(Reason.LIMIT_REACHED, limit)] if limit else []
    )


def test_limit__one_unit_left__reduces_one_unit() -> None:
    found = run(CART, promotion("p", TENTH), remaining={b"p": Remaining(units=1)})

    assert off(found) == {"latte": [450, 0]}


@pytest.mark.parametrize("left", [0, -50])
def test_budget__used_up__says_so(left: int) -> None:
    (rejection,) = run(CART, promotion("p", TENTH), remaining={b"p": Remaining(budget_minor=left)}).rejections

    assert (rejection.reason, rejection.found) == (Reason.BUDGET_EXHAUSTED, left)


@pytest.mark.parametrize(
    ("coupon", "reason"),
    [
        (Coupon("HI", b"p"), None),
        (Coupon("HI"), Reason.UNKNOWN_CODE),
        (Coupon("HI", b"q"), Reason.UNKNOWN_PROMOTION),
        (Coupon("HI", b"p", is_of_another=True), Reason.CODE_OF_ANOTHER),
        (Coupon("HI", b"p", active_from=NOON + SECOND), Reason.CODE_NOT_STARTED),
        (Coupon("HI", b"p", active_to=NOON), Reason.CODE_ENDED),
        (Coupon("HI", b"p", uses=0), Reason.LIMIT_REACHED),
        (Coupon("HI", b"p", uses=1), None),
    ],
)
def test_code__given__works_or_says_why_not(coupon: Coupon, reason: Reason | None) -> None:
    found = run(CART, promotion("p", TENTH, needs_code=True), coupons=(coupon,))

    assert [(one.code, one.reason) for one in found.rejections if one.code] == (
        [("HI", reason)] if reason else []
    )
    assert found.used_codes == (() if reason else ("HI",))
    assert [one.source.code for one in found.effects] == ([] if reason else ["HI"])


def test_codes__two_for_one_promotion_and_one_twice__the_first_alone_counts() -> None:
    given = (Coupon("B", b"p"), Coupon("A", b"p"), Coupon("A", b"p"))

    found = run(CART, promotion("p", TENTH, needs_code=True), coupons=given)

    assert found.used_codes == ("A",)
    assert [(one.code, one.reason) for one in found.rejections] == [
        ("A", Reason.CODE_GIVEN_TWICE), ("B", Reason.OTHER_CODE),
    ]  # fmt: skip
    assert found.discount_minor == 900


def test_code__of_a_promotion_that_does_nothing__has_its_reason() -> None:
    rule = promotion("p", TENTH, needs_code=True, active_to=NOON)

    assert run(CART, rule, coupons=(Coupon("HI", b"p"),)).rejections == (
        Rejection(Reason.ENDED, b"p", 1, "HI"),
    )


def test_only__these__others_are_not_even_asked() -> None:
    found = run(CART, promotion("p", TENTH), promotion("q", TENTH), only=frozenset({b"q"}))

    assert [one.source.promotion_id for one in found.effects] == [b"q"]
    assert not found.rejections


def test_exclusive_group__one_applied__the_other_names_the_winner() -> None:
    rules = [promotion(name, TENTH, exclusive_group="season") for name in ("vip", "birthday")]
    rules[0] = promotion("vip", TENTH, exclusive_group="season", priority=-1)

    found = run(CART, *rules, promotion("other", TENTH))

    assert found.rejections == (Rejection(Reason.EXCLUSIVE_LOST, b"birthday", 1, other=b"vip"),)


TRAITS: list[tuple[str, str, Any, bool]] = [
    ("cart.total_minor", "at_least", 9_000, True),
    ("cart.total_minor", "at_least", 9_001, False),
    ("cart.quantity", "equals", 2, True),
    ("cart.line_count", "equals", 1, True),
    ("cart.shipping_minor", "more_than", 0, False),
    ("cart.currency", "equals", "KRW", True),
    ("cart.products", "has", "latte", True),
    ("cart.skus", "is_empty", None, True),
    ("cart.categories", "has", "Coffee", True),
    ("cart.tags", "has", "new", False),
    ("coupon.code", "is_missing", None, True),
    ("coupon.codes", "has", "OTHER", True),
    ("time.weekday", "equals", "fri", True),
    ("time.weekday", "at_least", "sat", False),
    ("time.minute", "between", [12 * 60, 14 * 60], True),
    ("time.day", "on", "2026-11-27", True),
    ("time.at", "within_last", {"n": 1, "unit": "hours"}, True),
    ("sale.channel", "equals", "till", True),
    ("sale.store", "in", ["Hongdae", "Seongsu"], True),
    ("customer.is_member", "equals", True, True),
    ("customer.order_count", "equals", 0, False),
]


@pytest.mark.parametrize(("trait", "op", "value", "holds"), TRAITS)
def test_condition__over_the_cart__holds_or_names_the_leaf(
    trait: str, op: str, value: Any, holds: bool
) -> None:
    asked = condition({"type": "trait", "trait": trait, "op": op, "value": value})
    customer = Subject({"customer.is_member": True, "customer.order_count": 3}, ())

    found = run(
        CART, promotion("p", TENTH, condition=asked),
        customer=customer, channel="till", store="Hongdae", coupons=(Coupon("OTHER"),),
    )  # fmt: skip

    rejections = [one for one in found.rejections if one.promotion_id]
    assert bool(found.effects) is holds
    assert [one.reason for one in rejections] == ([] if holds else [Reason.CONDITION_FALSE])
    for one in rejections:
        (leaf,) = one.leaves
        assert (leaf.path, leaf.holds) == ("$", False)


def test_condition__of_two_leaves__tells_the_false_one_with_what_was_seen() -> None:
    parts = [
        {"type": "trait", "trait": "cart.quantity", "op": "at_least", "value": 2},
        {"type": "trait", "trait": "cart.total_minor", "op": "at_least", "value": 10_000},
    ]

    (rejection,) = run(
        CART, promotion("p", TENTH, condition=condition({"type": "all", "of": parts}))
    ).rejections

    assert rejection.leaves == (DecidingLeaf("$.of[1]", holds=False, value=9_000),)


def test_condition__in_words__is_said_as_any_other() -> None:
    asked = condition({"type": "trait", "trait": "cart.total_minor", "op": "at_least", "value": 10_000})
    decision = decide(asked, Subject({"cart.total_minor": 9_000}, ()), as_of=NOON, zone=SEOUL)

    said = explain(asked, decision, "en")

    assert "cart.total_minor" in said.lines[0].text
    assert "10,000" in said.lines[0].text


def test_code__asked_by_a_condition__is_that_of_the_promotion_alone() -> None:
    asked = condition({"type": "trait", "trait": "coupon.code", "op": "starts_with", "value": "VIP"})
    rules = [promotion(name, Amount(100), condition=asked, needs_code=True) for name in "ab"]

    found = run(CART, *rules, coupons=(Coupon("VIP-1", b"a"), Coupon("ALL-1", b"b")))

    assert found.discount_minor == 100
    assert why(found) == {"b": Reason.CONDITION_FALSE}


@pytest.mark.parametrize(
    ("benefit", "fault"),
    [
        (Percent(0), RuleFault.SHARE_OUT_OF_RANGE),
        (Percent(10_001), RuleFault.SHARE_OUT_OF_RANGE),
        (Percent(10_000), None),
        (Amount(0), RuleFault.MONEY_OUT_OF_RANGE),
        (Amount(-1), RuleFault.MONEY_OUT_OF_RANGE),
        (Amount(MOST_MINOR + 1), RuleFault.MONEY_OUT_OF_RANGE),
        (NewPrice(-1), RuleFault.MONEY_OUT_OF_RANGE),
        (NewPrice(0), None),
        (Tiered(()), RuleFault.GIVES_NOTHING),
        (Tiered((Step(5, TENTH), Step(5, TENTH))), RuleFault.STEPS_NOT_ASCENDING),
        (Tiered((Step(-1, TENTH),)), RuleFault.STEPS_NOT_ASCENDING),
        (Tiered((Step(0, Percent(0)),)), RuleFault.SHARE_OUT_OF_RANGE),
        (Tiered((Step(0, TENTH), Step(2, TENTH)), By.UNITS), None),
        (NthFree(1), RuleFault.COUNT_OUT_OF_RANGE),
        (NthFree(0), RuleFault.COUNT_OUT_OF_RANGE),
        (NthFree(2, 0), RuleFault.SHARE_OUT_OF_RANGE),
        (NthFree(2, most_units=0), RuleFault.COUNT_OUT_OF_RANGE),
        (BuyGet(None, 0, 1), RuleFault.COUNT_OUT_OF_RANGE),
        (BuyGet(None, 1, 0), RuleFault.COUNT_OUT_OF_RANGE),
        (BuyGet(None, 1, 1, 20_000), RuleFault.SHARE_OUT_OF_RANGE),
        (Bundle((), 1), RuleFault.GIVES_NOTHING),
        (Bundle((Part(COFFEE, 0),), 1), RuleFault.COUNT_OUT_OF_RANGE),
        (Bundle((Part(COFFEE),), -1), RuleFault.MONEY_OUT_OF_RANGE),
        (FreeShipping(0), RuleFault.SHARE_OUT_OF_RANGE),
        (FreeShipping(most_minor=0), RuleFault.MONEY_OUT_OF_RANGE),
        (Gift("cup", 0), RuleFault.COUNT_OUT_OF_RANGE),
        (Points(0), RuleFault.COUNT_OUT_OF_RANGE),
        (PointsRate(1, 0), RuleFault.COUNT_OUT_OF_RANGE),
        (Multiplier(1, 0), RuleFault.COUNT_OUT_OF_RANGE),
        (Stamps("coffee", -1), RuleFault.COUNT_OUT_OF_RANGE),
        (FreeShipping(most_minor=MOST_MINOR + 1), RuleFault.MONEY_OUT_OF_RANGE),
        (Gift("cup", MOST_COUNT + 1), RuleFault.COUNT_OUT_OF_RANGE),
        (Stamps("coffee", MOST_COUNT), None),
        (Stamps("coffee", MOST_COUNT + 1), RuleFault.COUNT_OUT_OF_RANGE),
        (Stamps("coffee", per_unit=True), None),
        (Stamps("coffee", per_minor=10_000), None),
        (Stamps("coffee", per_minor=0), RuleFault.COUNT_OUT_OF_RANGE),
        (Stamps("coffee", per_minor=MOST_MINOR + 1), RuleFault.COUNT_OUT_OF_RANGE),
        (Stamps("coffee", per_unit=True, per_minor=100), RuleFault.COUNT_OUT_OF_RANGE),
        (Points(MOST_POINTS), None),
        (Points(MOST_POINTS + 1), RuleFault.COUNT_OUT_OF_RANGE),
        (PointsRate(MOST_RATE, 1), None),
        (PointsRate(MOST_RATE + 1, 1), RuleFault.RATE_TOO_HIGH),
        (PointsRate(-1, 1), RuleFault.COUNT_OUT_OF_RANGE),
        (PointsRate(1, MOST_MINOR + 1), RuleFault.COUNT_OUT_OF_RANGE),
        (Multiplier(MOST_FACTOR), None),
        (Multiplier(2 * MOST_FACTOR + 1, 2), RuleFault.RATE_TOO_HIGH),
        (IssueCoupon("next"), None),
    ],
)
def test_rule__broken__is_found_and_hurts_no_cart(benefit: Benefit, fault: RuleFault | None) -> None:
    rule = promotion("p", benefit)

    found = run(CART, rule, promotion("q", Amount(100), lane="before"))

    assert find_fault(rule) is fault
    assert any(one.source.promotion_id == b"q" for one in found.effects)
    assert [one.fault for one in found.rejections if one.reason is Reason.BROKEN_RULE] == (
        [fault] if fault else []
    )


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (promotion("p"), RuleFault.GIVES_NOTHING),
        (promotion("p", TENTH, active_from=NOON, active_to=NOON), RuleFault.ENDS_BEFORE_IT_STARTS),
        (promotion("p", Amount(1), currency=""), RuleFault.MONEY_WITHOUT_CURRENCY),
        (promotion("p", TENTH, cap_minor=1, currency=""), RuleFault.MONEY_WITHOUT_CURRENCY),
        (promotion("p", TENTH, minimum=Minimum(1), currency=""), RuleFault.MONEY_WITHOUT_CURRENCY),
        (
            promotion(
                "p",
                TENTH,
                currency="",
                condition=condition(
                    {"type": "trait", "trait": "cart.total_minor", "op": "at_least", "value": 1}
                ),
            ),
            RuleFault.MONEY_WITHOUT_CURRENCY,
        ),
        (promotion("p", TENTH, cap_minor=0), RuleFault.MONEY_OUT_OF_RANGE),
        (promotion("p", TENTH, minimum=Minimum(-1)), RuleFault.MONEY_OUT_OF_RANGE),
        (promotion("p", TENTH, minimum=Minimum(units=-1)), RuleFault.COUNT_OUT_OF_RANGE),
        (promotion("p", TENTH, target=Target(most_units=0)), RuleFault.COUNT_OUT_OF_RANGE),
        (promotion("p", FreeShipping(), currency=""), None),
    ],
)
def test_rule__wrong_as_a_whole__is_found(rule: Promotion, fault: RuleFault | None) -> None:
    assert find_fault(rule) is fault


def test_cart__empty__every_promotion_says_there_is_nothing() -> None:
    assert why(run(cart(), promotion("p", TENTH))) == {"p": Reason.NO_TARGET}


def test_context__without_anything__is_nobody_with_no_code() -> None:
    assert Context(NOON, SEOUL).customer.traits == {}
    assert Settings().go_together("a", "b")
