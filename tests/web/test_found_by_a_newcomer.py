"""What a newcomer ran into: addresses without a page, shown names, and what a passed-on link tells."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import shop
from dangol.core.refusals import explain
from dangol.core.storage.ids import show_id
from dangol.domain.promotions.carts import Line
from dangol.domain.tender import TenderReason
from dangol.rooms.rewards.promotions.tendering import TenderNotTaken
from dangol.web.links import make_home_link
from dangol.web.reads.till import Basket, sell
from dangol.web.till_cart import PRODUCT
from tests.web.coupons import tell_coupons
from tests.web.promotions import address, draft
from tests.web.rewards import tell_rewards
from tests.web.seeking import seek
from tests.web.staff import sign_in
from tests.web.stamps import tell_stamps
from tests.web.story import NOW, Story
from tests.web.till_shop import coupon_for, let_checkout, offer, percent, sell_with_coupon

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_address_of_a_form__opened__leads_to_the_page_above_it(clerk: Client, story: Story) -> None:
    made = draft()

    answer = clerk.get(address(made, "/publish"))

    page = answer.content.decode()
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert f'href="{address(made)}"' in page
    assert "바뀐 것은 없어요." in page


def test_language__chosen_after_a_refused_form__leads_to_the_page_it_stood_on(
    clerk: Client, story: Story
) -> None:
    made = draft()
    stood_on = f"http://testserver{address(made, '/diff')}"

    refused = clerk.post(address(made, "/publish"), {"revision": "99"}, headers={"referer": stood_on})

    assert refused.status_code == 409
    assert f'name="next" value="{stood_on}"' in refused.content.decode()
    led = clerk.post("/language", {"language": "en", "next": stood_on})
    assert led["Location"] == stood_on
    assert clerk.get(led["Location"]).status_code == 200


@pytest.mark.parametrize("word", ["회원 1501", "Member 1501", "member  1501"])
def test_members__searched_by_the_name_that_is_shown__are_found(
    clerk: Client, story: Story, word: str
) -> None:
    page = seek(clerk, "/members", word).content.decode()

    assert f"/members/{show_id(story.customers['1501'])}" in page
    assert f"/members/{show_id(story.customers['1502'])}" not in page


def test_member_link__coupons_stamps_rewards__are_told_without_a_code(client: Client, story: Story) -> None:
    coupons = tell_coupons(story)
    tell_rewards(story)
    tell_stamps(story)

    page = client.get(make_home_link(story.regular)).content.decode()

    assert "쓸 수 있는 쿠폰" in page
    assert "10% 할인" in page
    assert coupons.held not in page
    assert coupons.held.replace("-", "") not in page
    assert "/me/coupons/" not in page
    assert "본인인지 확인해요" in page


@pytest.mark.parametrize("margin", ["140", "50.005", "-1", "많이"])
def test_margin__that_is_no_share__says_what_a_share_is(clerk: Client, story: Story, margin: str) -> None:
    answer = clerk.post("/insight/money/say", {"margin": margin})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "적은 퍼센트를 쓸 수 없어요." in page
    assert "0부터 100까지, 소수점 아래 두 자리까지" in page


def test_till__nothing_to_sell__says_so(clerk: Client, story: Story) -> None:
    member = show_id(story.regular)

    answer = clerk.post(f"/till/members/{member}/earn", {"key": str(uuid4())})

    assert answer.status_code == 422
    assert "아직 팔 것이 없어요." in answer.content.decode()


def test_till__return_of_what_was_undone__says_so(clerk: Client, story: Story) -> None:
    number = sell_with_coupon(story.regular)
    clerk.post(f"/till/sales/{number}/undo", {"reason": "잘못 찍음"})

    answer = clerk.get(f"/till/sales/{number}/return")

    assert answer.status_code == 422
    assert "이미 되돌린 판매라서 할 수 없어요." in answer.content.decode()


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (TenderReason.MORE_THAN_HELD, "포인트가 모자라요. 지금 10P가 있어요."),
        (TenderReason.NOT_ACCEPTED, "이 매장은 포인트 결제를 받지 않아요."),
        (TenderReason.MORE_THAN_SHARE, "이번에는 10P까지 쓸 수 있어요."),
    ],
)
def test_points_that_do_not_pay__refused__say_why_and_no_code(reason: TenderReason, sentence: str) -> None:
    refusal = TenderNotTaken(reason=reason.value, needed=99_999, found=10)

    assert explain(refusal)[0] == sentence


def test_order_of_a_sale__what_promotions_did_and_refused__stands_there_with_why(
    clerk: Client, client: Client, story: Story
) -> None:
    let_checkout()
    offer(percent(10), name="가을 행사")
    nearly = coupon_for(story.regular, name="큰 장바구니", minimum={"minor": 50_000})
    basket = Basket(story.regular, (Line("amount", PRODUCT, 5_000),), (nearly,), 0)
    number = sell(basket, shop(), actor=Actor(ActorKind.STAFF, "owner"), key=uuid4(), at=NOW).number

    page = clerk.get(f"/orders/till/{number}").content.decode()
    receipt = clerk.get(f"/till/sales/{number}").content.decode()
    at_the_store = sign_in(client, "store", Role.STORE).get(f"/orders/till/{number}").content.decode()

    for one in (page, receipt):
        assert "가을 행사 · 1판" in one
        assert "최소 기준에 못 미쳐요." in one
        assert "큰 장바구니 · 1판 · $500 가운데 $45" in one
        assert nearly in one
    # Who may not see coupons is told why, and of the code its end.
    assert "최소 기준에 못 미쳐요." in at_the_store
    assert nearly not in at_the_store
    assert "••••" in at_the_store


def test_order_to_be_moved__points_of_promotions__are_counted_in_what_would_be(
    clerk: Client, story: Story
) -> None:
    let_checkout()
    offer({"kind": "points", "points": 500}, name="환영 포인트")
    basket = Basket(story.regular, (Line("amount", PRODUCT, 5_000),), (), 0)
    number = sell(basket, shop(), actor=Actor(ActorKind.STAFF, "owner"), key=uuid4(), at=NOW).number
    there = show_id(story.customers["1502"])

    page = clerk.get(f"/order-acts/move/till/{number}", {"to": there}).content.decode()

    before, after = re.findall(r"([\d,]+)P → ([\d,]+)P", page)[0]
    assert int(before.replace(",", "")) >= 500
    assert after == "0"
