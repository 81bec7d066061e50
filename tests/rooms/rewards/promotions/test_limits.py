"""Limits and budgets: held by who comes first, given back, and kept through a publication."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.promotions import limits
from dangol.rooms.rewards.promotions.asking import ask
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.contents import LimitsContent
from dangol.rooms.rewards.promotions.editing import publish, write_draft
from dangol.rooms.rewards.promotions.models import LimitBucket
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.promotions.sales import cancel, reserve
from tests.rooms.rewards.promotions.shop import AT, asked, cart, offer, open_shop, percent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HOUR = timedelta(hours=1)


def test_reserve__limit_of_one__is_held_by_the_first_and_refused_to_the_second() -> None:
    kim, lee = open_shop("kim", "lee")
    promotion = offer(percent(10), limits={"uses": 1})

    first = reserve(asked(cart(("coffee", 10_000, 1)), kim), at=AT)
    second = reserve(asked(cart(("coffee", 10_000, 1)), lee), at=AT)

    assert (first.discount_minor, second.discount_minor) == (1_000, 0)
    (refused,) = second.answer["rejections"]
    assert (refused["reason"], refused["limit"]) == ("limit_reached", "uses")
    cancel(first.id, at=AT)
    third = reserve(asked(cart(("coffee", 10_000, 1)), lee), at=AT)
    assert third.discount_minor == 1_000
    assert limits.left_of([promotion])[promotion].uses == 0


def test_reserve__budget__is_cut_to_what_is_left_and_comes_back_with_the_units() -> None:
    kim, lee = open_shop("kim", "lee")
    promotion = offer(percent(50), limits={"budget_minor": 7_000})

    sale = reserve(asked(cart(("coffee", 5_000, 2)), kim), at=AT).id
    commit(sale, source="shop", number="1", at=AT)
    rest = reserve(asked(cart(("coffee", 10_000, 1)), lee), at=AT)

    assert rest.discount_minor == 2_000
    assert limits.left_of([promotion])[promotion].minor == 0
    bring_back(sale, number="r1", units={"coffee": 1}, at=AT + HOUR)
    assert limits.left_of([promotion])[promotion].minor == 2_500


def test_reserve__once_a_customer_and_day__counts_days_of_the_shop() -> None:
    (kim,) = open_shop("kim")
    offer(percent(10), limits={"period_uses": 1, "period": "day", "customer_uses": 2})
    coffee = cart(("coffee", 10_000, 1))
    # 15:00 UTC is midnight in Seoul.
    evening, night = AT.replace(hour=14, minute=59), AT.replace(hour=15)

    found = [
        reserve(asked(coffee, kim, at=at), at=at).discount_minor
        for at in (evening, evening, night, night + timedelta(days=1))
    ]

    assert found == [1_000, 0, 1_000, 0]


def test_publish__limits_after_uses__counts_what_was_used_before() -> None:
    kim, lee = open_shop("kim", "lee")
    promotion = offer(percent(10))
    first = reserve(asked(cart(("coffee", 10_000, 1)), kim), at=AT)
    content = {"name": "할인", "currency": "KRW", "benefits": [percent(10)], "limits": {"uses": 2}}
    write_draft(promotion, content, revision=None, changed_by="주인", at=AT)
    publish(promotion, revision=1, published_by="주인", at=AT)

    assert limits.left_of([promotion])[promotion].uses == 1
    reserve(asked(cart(("coffee", 10_000, 1)), lee), at=AT)
    assert limits.left_of([promotion])[promotion].uses == 0
    cancel(first.id, at=AT)
    assert limits.left_of([promotion])[promotion].uses == 1


def test_limits__large_ones_in_buckets__are_given_to_the_last_and_shrink() -> None:
    open_shop()
    promotion = offer(percent(10), limits={"uses": 10_000})
    assert LimitBucket.objects.filter(promotion_id=promotion).count() == 8

    with write_transaction():
        assert limits.take({promotion: limits.Amounts(1)}, spot=3) == []
        assert limits.take({promotion: limits.Amounts(9_999)}, spot=3) == [promotion]
        limits.give_back({promotion: limits.Amounts(1)})
        limits.set_limits(promotion, LimitsContent(uses=1))
        assert limits.take({promotion: limits.Amounts(1)}, spot=3) == []
        assert limits.take({promotion: limits.Amounts(1)}, spot=5) == [promotion]
    assert limits.left_of([promotion])[promotion].uses == 0


def test_ask__many_promotions_with_limits__sends_what_it_sends_for_few() -> None:
    (kim,) = open_shop("kim")
    coffee = asked(cart(("coffee", 10_000, 1)), kim)

    sent = []
    for count in (2, 20):
        for number in range(count):
            offer(percent(1), name=f"{count}-{number}", limits={"customer_uses": 1, "period_uses": 1})
        ask(coffee)
        with CaptureQueriesContext(connection) as statements:
            ask(coffee)
        sent.append([one["sql"] for one in statements])

    assert sent[0] == sent[1]


def test_reserve__limits_of_different_periods__each_counts_its_own() -> None:
    (kim,) = open_shop("kim")
    for period in ("day", "week", "month", "year"):
        offer(percent(1), name=period, limits={"period_uses": 1, "period": period})
    coffee = cart(("coffee", 10_000, 1))

    # A Friday; the Saturday after; the Monday after that; the first of the next month.
    found = []
    for days in (0, 1, 3, 4):
        at = AT + timedelta(days=days)
        used = reserve(asked(coffee, kim, at=at), at=at).answer["effects"]
        found.append(sorted(one["name"] for one in used))

    assert found == [["day", "month", "week", "year"], ["day"], ["day", "week"], ["day", "month"]]
