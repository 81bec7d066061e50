"""Returns by the stored split: worked by hand, and the law that all comes back in the end, to the won."""

from random import Random

import pytest
from hypothesis import given, strategies as st

from dangol.domain.promotions import Evaluation
from dangol.domain.promotions.benefits import Amount, FreeShipping, PointsRate, Step, Tiered
from dangol.domain.promotions.effects import PointsGiven
from dangol.domain.promotions.returns import (
    Back,
    Carried,
    NotSold,
    Refused,
    Tender,
    points_by_giver,
    rejudged_refund,
    return_amount,
    return_delivery,
    return_units,
    sold_of,
    total,
)
from dangol.domain.promotions.settings import DeliveryBack
from tests.domain.promotions.shop import cart, line, promotion, run
from tests.domain.promotions.test_laws import Question, answer, much, questions

# Three mugs at 9,000 for 10,000 less; 1 point for 100; 1,700 won paid with 1,700 points.
MUGS = (promotion("less", Amount(10_000)), promotion("earn", PointsRate(1, 100), lane="after"))


A, B = b"a", b"b"


def sale() -> Evaluation:
    return run(cart(line("mug", 9_000, 3)), *MUGS)


def taken(back: Back | Refused) -> Back:
    assert isinstance(back, Back)
    return back


def test_sold__of_an_evaluation__each_unit_carries_its_part() -> None:
    sold = sold_of(sale(), Tender(points=1_700, minor=1_700))

    assert list(sold.units.values()) == [
        # 17,000 paid for three: 5,666, 5,667 and 5,667; a tenth of it in points; 170 points earned.
        Carried(5_100, 566, 566, 56, 3_334),
        Carried(5_100, 567, 567, 57, 3_333),
        Carried(5_100, 567, 567, 57, 3_333),
    ]


def test_return_units__one_mug__takes_what_it_carries_and_the_rest_stays() -> None:
    sold = sold_of(sale(), Tender(1_700, 1_700))

    back = taken(return_units(sold, [("mug", 1)]))

    assert back.total == Carried(5_100, 567, 567, 57, 3_333)
    assert back.sold.carried == Carried(10_200, 1_133, 1_133, 113, 6_667)


def test_return_amount__half_of_what_was_paid__takes_half_of_everything_but_the_discount() -> None:
    sold = sold_of(sale(), Tender(1_700, 1_700))

    back = taken(return_amount(sold, 8_500))

    assert back.total == Carried(7_650, 850, 850, 85, 0)
    assert back.sold.carried == Carried(7_650, 850, 850, 85, 10_000)


def test_return_amount__many_units_of_one_point_each__takes_half_the_points() -> None:
    found = run(cart(line("stick", 100, 100)), promotion("earn", PointsRate(1, 100)))

    back = taken(return_amount(sold_of(found), 5_000))

    assert back.total == Carried(5_000, 0, 0, 50, 0)


@pytest.mark.parametrize(
    ("units", "refusal"),
    [
        ([("mug", 3)], Refused.UNKNOWN_UNIT),
        ([("cup", 0)], Refused.UNKNOWN_UNIT),
        ([("mug", 1), ("mug", 0)], Refused.ALREADY_BACK),
        ([("mug", 1), ("mug", 1)], Refused.GIVEN_TWICE),
    ],
)
def test_return_units__that_cannot_come_back__are_refused(
    units: list[tuple[str, int]], refusal: Refused
) -> None:
    sold = taken(return_units(sold_of(sale()), [("mug", 0)])).sold

    assert return_units(sold, units) is refusal


@pytest.mark.parametrize(
    ("minor", "refusal"),
    [(0, Refused.NOT_POSITIVE), (-5, Refused.NOT_POSITIVE), (17_001, Refused.MORE_THAN_LEFT)],
)
def test_return_amount__that_cannot_come_back__is_refused(minor: int, refusal: Refused) -> None:
    assert return_amount(sold_of(sale()), minor) is refusal


@pytest.mark.parametrize(
    ("tender", "points", "refusal"),
    [
        (Tender(1, 17_001), {}, Refused.MORE_THAN_IT_COSTS),
        (Tender(0, 5), {}, Refused.POINTS_WITHOUT_WORTH),
        (Tender(5, 0), {}, Refused.POINTS_WITHOUT_WORTH),
        (Tender(-5, 5), {}, Refused.NEGATIVE),
        (Tender(5, -5), {}, Refused.NEGATIVE),
        (Tender(), {("mug", 0): -1}, Refused.NEGATIVE),
        (Tender(), {("cup", 0): 1}, Refused.UNKNOWN_UNIT),
    ],
)
def test_sold__that_cannot_be__is_refused_by_name(
    tender: Tender, points: dict[tuple[str, int], int], refusal: Refused
) -> None:
    with pytest.raises(NotSold) as raised:
        sold_of(sale(), tender, points)

    assert raised.value.refused is refusal


# Two mugs at 9,000; delivery at 3,000 with 1,000 off: 20,000 in all.
def delivered() -> Evaluation:
    off = promotion("off", FreeShipping(most_minor=1_000))
    return run(cart(line("mug", 9_000, 2), shipping=3_000), off)


BOTH = [("mug", 0), ("mug", 1)]


def test_delivery__sold__is_carried_with_its_discount_and_paid_with_points_where_these_pay_it() -> None:
    alone, shared = sold_of(delivered()), sold_of(delivered(), Tender(200, 2_000), pays_delivery=True)

    assert alone.delivery == Carried(2_000, discount_minor=1_000)
    assert shared.delivery == Carried(1_800, 200, 20, 0, 1_000)
    assert shared.carried == Carried(16_200, 1_800, 180)
    assert sold_of(delivered(), Tender(200, 2_000)).delivery == alone.delivery
    assert sold_of(delivered(), Tender(1, 20_000), pays_delivery=True).carried.money_minor == 0


@pytest.mark.parametrize(
    ("delivery_back", "with_the_last"),
    [
        (DeliveryBack.LAST_UNIT, Carried(2_000, discount_minor=1_000)),
        (DeliveryBack.ASKED, Carried()),
        (DeliveryBack.NEVER, Carried()),
    ],
)
def test_delivery__with_units__comes_back_by_the_setting(
    delivery_back: DeliveryBack, with_the_last: Carried
) -> None:
    first = taken(return_units(sold_of(delivered()), BOTH[:1], delivery_back))
    last = taken(return_units(first.sold, BOTH[1:], delivery_back))

    assert (first.delivery, last.delivery) == (Carried(), with_the_last)
    assert last.total == total([Carried(9_000), with_the_last])
    assert last.sold.is_delivery_back is (delivery_back is DeliveryBack.LAST_UNIT)


def test_delivery__asked_for__comes_back_once_and_not_again_with_the_last_unit() -> None:
    back = taken(return_delivery(sold_of(delivered())))

    assert (back.units, back.total) == ({}, Carried(2_000, discount_minor=1_000))
    assert return_delivery(back.sold) is Refused.ALREADY_BACK
    assert taken(return_units(back.sold, BOTH, DeliveryBack.LAST_UNIT)).total == Carried(18_000)


@pytest.mark.parametrize("delivery_back", [DeliveryBack.LAST_UNIT, DeliveryBack.NEVER])
def test_delivery__asked_for_where_the_shop_does_not_give_it_back_so__is_refused(
    delivery_back: DeliveryBack,
) -> None:
    assert return_delivery(sold_of(delivered()), delivery_back) is Refused.NOT_GIVEN_BACK


def test_delivery__and_an_amount_without_goods__stays() -> None:
    back = taken(return_amount(sold_of(delivered()), 18_000))

    assert back.sold.delivery == Carried(2_000, discount_minor=1_000)
    assert return_amount(back.sold, 1) is Refused.MORE_THAN_LEFT


def test_rejudged__five_of_six_come_back__the_threshold_is_paid_for() -> None:
    # Six at 5,000 with 10,000 off from 30,000 on: 20,000 paid. Five come back; one alone costs 5,000.
    rule = promotion("p", Tiered((Step(30_000, Amount(10_000)),)))
    bought, kept = run(cart(line("a", 5_000, 6)), rule), run(cart(line("a", 5_000)), rule)

    by_the_split = taken(return_units(sold_of(bought), [("a", n) for n in range(1, 6)])).total.money_minor
    judged_again = rejudged_refund(paid_minor=20_000, refunded_minor=0, kept_net_minor=kept.net_minor)
    last = rejudged_refund(paid_minor=20_000, refunded_minor=judged_again, kept_net_minor=0)

    assert (by_the_split, judged_again, last) == (16_667, 15_000, 5_000)


def test_rejudged__what_stays_is_worth_more_than_was_paid__nothing_comes_back() -> None:
    assert rejudged_refund(paid_minor=10_000, refunded_minor=0, kept_net_minor=12_000) == 0
    assert rejudged_refund(paid_minor=10_000, refunded_minor=0, kept_net_minor=0) == 10_000


@much
@given(questions, st.data(), st.randoms())
def test_returns__units_and_amounts_in_any_order__give_back_exactly_the_whole(
    question: Question, data: st.DataObject, random: Random
) -> None:
    found = answer(question)
    minor = data.draw(st.integers(0, found.net_minor))
    tender = Tender(data.draw(st.integers(1, 5_000)), minor) if minor else Tender()
    sold = sold_of(found, tender)
    assert sold.carried == Carried(
        found.net_minor - minor, minor, tender.points,
        sum(one.points for one in found.effects if isinstance(one, PointsGiven)), found.discount_minor,
    )  # fmt: skip

    whole, came = sold.carried, []
    units = list(sold.units)
    random.shuffle(units)
    for unit in units:
        paid = sold.carried.money_minor + sold.carried.spent_minor
        if paid and data.draw(st.booleans()):
            piece = taken(return_amount(sold, data.draw(st.integers(1, paid))))
            came.append(piece.total)
            sold = piece.sold
        piece = taken(return_units(sold, [unit]))
        came.append(piece.total)
        sold = piece.sold

    assert total(came) == whole
    back = taken(return_delivery(sold))
    assert (back.delivery.money_minor, back.sold.delivery) == (found.shipping_minor, Carried())
    assert all(figure >= 0 for piece in came for figure in piece)
    assert sold.carried == Carried()


@given(
    st.lists(st.integers(1, 9_999), min_size=1, max_size=6), st.integers(0, 3_000), st.integers(0, 100),
    st.integers(0, 100), st.lists(st.integers(1, 5_000), max_size=4), st.randoms(use_true_random=False),
)  # fmt: skip
def test_law__stored_value__comes_back_to_the_won_in_whatever_order(
    prices: list[int], shipping: int, by_points: int, by_stored: int, amounts: list[int], dice: Random
) -> None:
    found = run(cart(*(line(f"p{place}", price) for place, price in enumerate(prices)), shipping=shipping))
    points = sum(prices) * by_points // 100
    stored = (sum(prices) + shipping - points) * by_stored // 100
    sold = sold_of(found, Tender(points, points, stored))
    assert sold.carried.stored_minor + sold.delivery.stored_minor == stored

    backs = []
    for minor in amounts:
        back = return_amount(sold, minor)
        if isinstance(back, Back):
            backs.append(back)
            sold = back.sold
    keys = list(sold.units)
    dice.shuffle(keys)
    for key in keys:
        backs.append(taken(return_units(sold, [key], DeliveryBack.LAST_UNIT)))
        sold = backs[-1].sold

    assert all(min(one) >= 0 for back in backs for one in (*back.units.values(), back.delivery))
    whole = total(back.total for back in backs)
    assert whole.stored_minor == stored
    assert (whole.money_minor, whole.spent_minor) == (sum(prices) + shipping - points - stored, points)


@pytest.mark.parametrize(
    ("points", "given_here", "left", "lost"),
    [
        pytest.param(3, {A: 2, B: 1}, {A: 10, B: 10}, {A: 2, B: 1}, id="as it was given"),
        pytest.param(10, {A: 10}, {A: 9, B: 11}, {A: 9, B: 1}, id="an amount took one from the other"),
        pytest.param(5, {}, {A: 2, B: 3}, {A: 2, B: 3}, id="nothing was given here: what is left"),
        pytest.param(9, {A: 9}, {A: 4, B: 3}, {A: 4, B: 3}, id="no more than there is"),
    ],
)
def test_points_by_giver__what_comes_back__is_taken_to_the_last_one(
    points: int, given_here: dict[bytes, int], left: dict[bytes, int], lost: dict[bytes, int]
) -> None:
    assert points_by_giver(points, given_here, left) == lost


_COUNTS = st.dictionaries(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 999))


@given(st.integers(0, 3_000), _COUNTS, _COUNTS)
def test_law__points_by_giver__are_all_of_them_as_far_as_there_are(
    points: int, given_here: dict[bytes, int], left: dict[bytes, int]
) -> None:
    lost = points_by_giver(points, given_here, left)
    assert lost.keys() == left.keys()
    assert all(0 <= lost[key] <= left[key] for key in left)
    assert sum(lost.values()) == min(points, sum(left.values()))
