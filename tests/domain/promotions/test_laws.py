"""What holds of any cart, any promotions and any settings."""

from collections import defaultdict
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings as tried, strategies as st

from dangol.domain.accrual import Rounding
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
    Items,
    NewPrice,
    NthFree,
    Part,
    Percent,
    Points,
    PointsRate,
    Step,
    Tiered,
    Which,
)
from dangol.domain.promotions.effects import Discount, PointsGiven, ShippingDiscount
from dangol.domain.promotions.rules import NO_LIMIT, Discounted
from dangol.domain.promotions.settings import Base, Choice, Lane, OverBudget, RoundedOn, Stacking
from dangol.domain.splitting import Spare
from tests.domain.promotions.shop import CAKE, COFFEE, NOON, SEOUL, condition
from tests.sizes import SIZE

MONEY, SHARE, FEW = st.integers(1, 20_000), st.integers(1, 10_000), st.integers(1, 3)
ITEMS = st.sampled_from([COFFEE, CAKE, Items(products=frozenset({"a", "b"})), Items(tags=frozenset({"new"}))])
CATEGORIES = ("", "seasonal", "member", "staff")

drawn_lines = st.lists(
    st.builds(
        Line,
        key=st.text("abcdef", min_size=1, max_size=2),
        product=st.sampled_from("abc"),
        unit_minor=st.one_of(st.integers(0, 30_000), st.sampled_from([-1, 4_500, 6_000])),
        quantity=st.integers(0, 5),
        sku=st.just(""),
        categories=st.sampled_from([(), ("Coffee",), ("Coffee > Cold",), ("Cake",)]),
        tags=st.sampled_from([frozenset[str](), frozenset({"new"})]),
        is_discountable=st.sampled_from([True, True, True, False]),
        is_discounted=st.sampled_from([False, False, True]),
        floor_minor=st.sampled_from([0, 0, 3_000, 40_000]),
    ),
    max_size=6,
)
plain = st.one_of(
    st.builds(Percent, SHARE), st.builds(Amount, MONEY, st.booleans()), st.builds(NewPrice, MONEY)
)
benefits: st.SearchStrategy[Benefit] = st.one_of(
    plain,
    st.builds(
        lambda low, more, one, two, by: Tiered((Step(low, one), Step(low + more, two)), by),
        FEW, MONEY, plain, plain, st.sampled_from(By),
    ),
    st.builds(NthFree, st.integers(2, 3), SHARE, st.none() | FEW, st.sampled_from(Which)),
    st.builds(BuyGet, st.none() | ITEMS, FEW, FEW, SHARE, st.none() | FEW),
    st.builds(Bundle, st.lists(st.builds(Part, ITEMS, FEW), min_size=1, max_size=2).map(tuple), MONEY),
    st.builds(FreeShipping, SHARE, st.none() | MONEY),
    st.builds(Gift, st.just("cup")),
    st.builds(Points, FEW),
    st.builds(PointsRate, FEW, st.integers(1, 1_000)),
)  # fmt: skip
conditions = st.sampled_from([
    None,
    condition({"type": "trait", "trait": "cart.total_minor", "op": "at_least", "value": 10_000}),
    condition({"type": "trait", "trait": "cart.categories", "op": "has", "value": "Coffee"}),
    condition({"type": "trait", "trait": "coupon.code", "op": "starts_with", "value": "code"}),
])  # fmt: skip
targets = st.builds(
    Target, st.none() | ITEMS, st.none() | ITEMS, st.sampled_from(Discounted), st.none() | FEW, st.booleans()
)


@st.composite
def drawn_promotions(draw: st.DrawFn) -> list[Promotion]:
    return [
        Promotion(
            id=f"p{n}".encode(),
            version=n,
            name="",
            benefits=tuple(draw(st.lists(benefits, min_size=1, max_size=2))),
            condition=draw(conditions),
            target=draw(targets),
            minimum=draw(
                st.builds(Minimum, st.sampled_from([0, 0, 9_000]), st.sampled_from([0, 2]), st.booleans())
            ),
            currency="KRW",
            cap_minor=draw(st.none() | MONEY),
            needs_code=draw(st.booleans()),
            lane=draw(st.sampled_from(["before", "main", "after"])),
            priority=draw(st.integers(0, 2)),
            exclusive_group=draw(st.sampled_from(["", "", "one of these"])),
            category=draw(st.sampled_from(CATEGORIES)),
        )
        for n in range(draw(st.integers(0, 6)))
    ]


drawn_settings = st.builds(
    Settings,
    spare=st.sampled_from(Spare),
    rounding=st.sampled_from(Rounding),
    rounded_on=st.sampled_from(RoundedOn),
    percent_of=st.sampled_from(Base),
    threshold_on=st.sampled_from(Base),
    points_on=st.sampled_from(Base),
    floors_hold=st.booleans(),
    uses_up_without_effect=st.booleans(),
    all_or_nothing=st.booleans(),
    over_budget=st.sampled_from(OverBudget),
    most_promotions=st.none() | FEW,
    most_codes=st.none() | FEW,
    lanes=st.tuples(*(st.builds(Lane, st.just(one), st.sampled_from(Choice)) for one in ("before", "main"))),
    stacking=st.fixed_dictionaries({one: st.sampled_from(Stacking) for one in CATEGORIES}),
)
left_of = st.builds(
    Remaining,
    uses=st.sampled_from([None, None, 0, 1]),
    customer_uses=st.none(),
    period_uses=st.none(),
    units=st.none() | FEW,
    budget_minor=st.none() | st.integers(0, 5_000),
)


@st.composite
def drawn_questions(draw: st.DrawFn) -> tuple[Cart, list[Promotion], Settings, Context]:
    promotions = draw(drawn_promotions())
    ids = [one.id for one in promotions]
    coupons = draw(
        st.lists(
            st.builds(
                Coupon,
                st.sampled_from(["code1", "code2", "code3", "other"]),
                st.sampled_from([None, b"gone", *ids]),
                st.sampled_from([False, False, True]),
                active_from=st.none(),
                active_to=st.sampled_from([None, NOON]),
                uses=st.sampled_from([None, 0, 1]),
            ),
            max_size=4,
            # One code may be meant for two promotions: then which it is must not hang on the order.
            unique_by=lambda one: (one.code, one.promotion_id),
        )
    )
    remaining = {one: draw(left_of) for one in ids if draw(st.booleans())}
    context = Context(NOON, SEOUL, coupons=tuple(coupons), remaining=remaining)
    cart = Cart("KRW", tuple(draw(drawn_lines)), draw(st.sampled_from([0, 3_000])))
    return cart, promotions, draw(drawn_settings), context


questions = drawn_questions()
much = tried(
    max_examples=SIZE.examples, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
Question = tuple[Cart, list[Promotion], Settings, Context]


def answer(question: Question) -> Evaluation:
    cart, promotions, settings, context = question
    return evaluate(cart, Book(promotions), settings, context)


@much
@given(questions)
def test_evaluate__any__never_below_nothing_nor_below_a_floor_and_every_won_is_told(
    question: Question,
) -> None:
    cart, _, settings, _ = question

    found = answer(question)

    lines = {one.key: one for one in cart.lines}
    by_unit = defaultdict[tuple[str, int], int](int)
    for effect in found.effects:
        if isinstance(effect, Discount):
            assert effect.amount_minor == sum(part.amount for part in effect.lines) > 0
            for part in effect.lines:
                assert part.amount == sum(unit.amount for unit in part.units)
                for unit in part.units:
                    assert unit.amount > 0
                    by_unit[part.key, unit.position] += unit.amount
    for one in found.lines:
        floor = min(lines[one.key].floor_minor, one.unit_minor) if settings.floors_hold else 0
        for position, left in enumerate(one.left_minor):
            assert floor <= left <= one.unit_minor
            assert one.unit_minor - left == by_unit[one.key, position]
        assert lines[one.key].is_discountable or set(one.left_minor) == {one.unit_minor}
    shipping = sum(one.amount_minor for one in found.effects if isinstance(one, ShippingDiscount))
    assert found.shipping_minor + shipping == cart.shipping_minor
    assert found.shipping_minor >= 0


@much
@given(questions, st.randoms())
def test_evaluate__all_put_down_in_another_order__same_answer(question: Question, random: Random) -> None:
    cart, promotions, settings, context = question
    if settings.spare is not Spare.LARGEST_REMAINDER:  # the first and the last hang on the order, as said
        settings = replace(settings, spare=Spare.LARGEST_REMAINDER)
    lines, rules, coupons = list(cart.lines), list(promotions), list(context.coupons)
    random.shuffle(lines)
    random.shuffle(rules)
    random.shuffle(coupons)
    mixed = (
        cart._replace(lines=tuple(lines)), rules, settings, replace(context, coupons=tuple(coupons)),
    )  # fmt: skip

    assert answer(mixed) == answer((cart, promotions, settings, context))


@much
@given(questions)
def test_evaluate__asked_twice_with_one_book__same_answer(question: Question) -> None:
    cart, promotions, settings, context = question
    book = Book(promotions)

    assert evaluate(cart, book, settings, context) == evaluate(cart, book, settings, context)


@much
@given(questions)
def test_evaluate__every_promotion_and_code__does_something_or_says_why(question: Question) -> None:
    _, promotions, _, context = question

    found = answer(question)

    applied = {one.source.promotion_id for one in found.effects}
    codes = {one.source.code for one in found.effects} - {""}
    for one in promotions:
        reasons = [why for why in found.rejections if why.promotion_id == one.id and why.code in ("", *codes)]
        has_bad_code = any(why.promotion_id == one.id for why in found.rejections)
        assert (one.id in applied) != bool(reasons) or (has_bad_code and one.id not in applied)
    rejected = [one.code for one in found.rejections if one.code]
    assert sorted([*codes, *rejected]) == sorted(one.code for one in context.coupons)
    assert codes <= set(found.used_codes)


@much
@given(questions)
def test_evaluate__caps_budgets_and_counts__are_kept(question: Question) -> None:
    _, promotions, settings, context = question

    found = answer(question)

    taken = defaultdict[bytes, int](int)
    for effect in found.effects:
        if isinstance(effect, Discount | ShippingDiscount):
            taken[effect.source.promotion_id] += effect.amount_minor
        if isinstance(effect, PointsGiven):
            assert sum(part.amount for part in effect.lines) == effect.points
    by_id = {one.id: one for one in promotions}
    for key, amount in taken.items():
        left = context.remaining.get(key, NO_LIMIT)
        for most in (by_id[key].cap_minor, left.budget_minor):
            assert most is None or amount <= most
    applied = {one.source.promotion_id for one in found.effects}
    assert settings.most_promotions is None or len(applied) <= settings.most_promotions
    codes = {one.source.code for one in found.effects} - {""}
    assert settings.most_codes is None or len(codes) <= settings.most_codes
    groups = [by_id[key].exclusive_group for key in applied if by_id[key].exclusive_group]
    assert len(groups) == len(set(groups))
    for one in applied:
        for other in applied - {one}:
            assert settings.go_together(by_id[one].category, by_id[other].category)
        assert by_id[one].needs_code <= any(
            effect.source.code for effect in found.effects if effect.source.promotion_id == one
        )


@much
@given(questions)
def test_evaluate__best_of_a_lane__takes_as_much_as_any_of_it_would_alone(question: Question) -> None:
    cart, promotions, settings, context = question
    settings = replace(
        settings, lanes=(Lane("main", Choice.BEST),), all_or_nothing=False, most_promotions=None,
        most_codes=None,
    )  # fmt: skip
    rules = [replace(one, lane="main", condition=None) for one in promotions]

    found = answer((cart, rules, settings, context))

    alone = [
        _taken(answer((cart, [one], settings, replace(context, coupons=_codes_of(context, one)))))
        for one in rules
    ]
    assert _taken(found) == max(alone, default=0)


def _codes_of(context: Context, promotion: Promotion) -> tuple[Coupon, ...]:
    return tuple(one for one in context.coupons if one.promotion_id == promotion.id)


def _taken(found: Evaluation) -> int:
    return sum(one.amount_minor for one in found.effects if isinstance(one, Discount | ShippingDiscount))
