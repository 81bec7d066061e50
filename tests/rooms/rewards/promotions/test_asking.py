"""Asking: what is told and offered before anything is held, and what of it a sale keeps."""

from datetime import timedelta

import pytest

from dangol.rooms.rewards.promotions.asking import ask
from dangol.rooms.rewards.promotions.models import Sale
from dangol.rooms.rewards.promotions.sales import reserve
from dangol.rooms.rewards.promotions.tendering import TenderNotTaken
from tests.rooms.rewards.promotions.shop import AT, TENDER, asked, cart, give, offer, open_shop, percent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HOUR = timedelta(hours=1)


def test_ask__one_percent_promotion__takes_it_off_and_keeps_nothing() -> None:
    (kim,) = open_shop("kim")
    offer(percent(10), name="열 명 중 한 명")

    answer = ask(asked(cart(("coffee", 4_500, 2), ("cake", 6_000, 1), shipping=3_000), kim))

    assert answer.evaluation.discount_minor == 1_500
    assert answer.payable_minor == 13_500 + 3_000
    assert answer.earning.points == 135
    assert not Sale.objects.exists()
    assert ask(asked(cart(("coffee", 4_500, 2), ("cake", 6_000, 1), shipping=3_000), kim)) == answer


def test_reserve__coupons_nobody_gave__are_told_of_when_asked_and_not_kept() -> None:
    (kim,) = open_shop("kim")
    offer(percent(10), name="쿠폰", needs_code=True)
    offer(percent(10), name="어제까지", active_to=AT.isoformat())
    offer(percent(10), name="내일부터", active_from=(AT + HOUR).isoformat())
    offer(percent(10), name="차", target={"include": {"products": ["tea"]}})
    coffee = asked(cart(("coffee", 10_000, 1)), kim, codes=("TYPO",))

    told = [one.reason for one in ask(coffee).evaluation.rejections]
    kept = [one["reason"] for one in reserve(coffee, at=AT).answer["rejections"]]

    assert sorted(told) == ["ended", "no_code", "no_target", "not_started", "unknown_code"]
    assert sorted(kept) == ["no_target", "unknown_code"]


def test_ask__points_that_lapsed_and_are_not_booked_yet__are_not_offered() -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 1_500, key="lasting")
    give(kim, 3_000, expires_at=AT + HOUR, key="lapsing")
    coffee = cart(("coffee", 10_000, 1))

    most = [ask(asked(coffee, kim, at=at)).tender.most for at in (AT, AT + HOUR)]
    with pytest.raises(TenderNotTaken) as refused:
        reserve(asked(coffee, kim, pay_points=1_600, at=AT + HOUR), at=AT + HOUR)

    assert most == [4_500, 1_500]
    assert refused.value.data == {"reason": "not_enough_points", "needed": 1_600, "found": 1_500}
    sale = reserve(asked(coffee, kim, pay_points=1_500, at=AT + HOUR), at=AT + HOUR)
    assert sale.tender_points == 1_500
