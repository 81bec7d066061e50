"""A member's coupons: on their page in the back office, and on their phone."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from dangol.core.storage.ids import Id, new_id, show_id
from dangol.rooms.rewards.coupons.holding import hand_out
from dangol.rooms.rewards.coupons.models import BatchKind, CouponBatch, CouponCode
from dangol.rooms.rewards.coupons.selectors import find_batch
from dangol.rooms.rewards.promotions.editing import pause
from tests.web.coupons import CLERK, POOL, buy, form_in, make, page_of, tell_coupons
from tests.web.phones import come_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_member__page_and_panel__show_coupons_whys_and_what_was_refused(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    page = f"/members/{show_id(story.regular)}"

    own = page_of(clerk.get(f"{page}/coupons"))

    assert f'href="{page}/coupons"' in page_of(clerk.get(page))
    assert told.held in page_of(clerk.get(page))
    assert "정한 횟수를 다 썼어요." in own
    assert "지금 쓸 수 있어요." in own
    # The cart of five dollars, with the sums, the promotion and its version.
    assert "최소 기준에 못 미쳐요. $10부터인데 지금은 $5예요." in own
    assert re.search(r"WELCOME10</code> · 반값 1판", own)
    assert 'href="/orders/shop/c-2"' in own
    pause(find_batch(told.spring).promotion_id, at=NOW)
    assert "프로모션을 쉬고 있어서" in page_of(clerk.get(f"{page}/coupons"))


def test_member__coupon_handed_out_from_their_page__is_theirs_once(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    page = f"/members/{show_id(story.newcomer)}/coupons"
    given = {"form": form_in(page_of(clerk.get(page))), "batch": show_id(told.spring)}

    answers = [clerk.post(page, given) for _ in range(2)]

    assert [one.status_code for one in answers] == [302, 302]
    [code] = CouponCode.objects.filter(customer_id=story.newcomer)
    assert code.shown in page_of(clerk.get(page))
    nowhere = clerk.post(page, given | {"batch": "nothing", "form": show_id(new_id())})
    assert (nowhere.status_code, "그런 쿠폰 묶음은 없어요" in page_of(nowhere)) == (422, True)


def phone(owner: Id) -> Client:
    return come_in(Client(headers={"accept-language": "ko"}), owner)


def test_phone__coupons__what_ends_first_stands_first_and_used_ones_are_past(story: Story) -> None:
    told = tell_coupons(story)
    promotion = find_batch(told.spring).promotion_id
    soon = make(
        promotion, "내일까지", pattern="####-####-####", code_count=1, active_to=NOW + timedelta(days=1)
    )
    later = make(
        promotion, "다음 달", pattern="####-####-####", code_count=1, active_from=NOW + timedelta(days=30)
    )
    over = make(promotion, "지난달", BatchKind.GENERIC, pattern="OVER2026", active_to=NOW)
    codes = [
        hand_out(one, story.regular, one.hex(), actor=CLERK, at=NOW - timedelta(days=1))
        for one in (soon, later, over)
    ]
    keys = [find_key(one) for one in (codes[0], told.held, codes[1])]

    page = page_of(phone(story.regular).get("/me/coupons"))

    assert re.findall(r'href="/me/coupons/([0-9A-Z]+)"', page) == keys
    assert page.count("10% 할인 · $10부터") == 5
    assert "다 썼어요" in page.partition("지난 쿠폰")[2]
    assert "기간이 끝났어요" in page.partition("지난 쿠폰")[2]


def find_key(code: str) -> str:
    return str(CouponCode.objects.get(shown=code).key)


def test_phone__coupon__shows_its_code_large_and_nobody_elses(story: Story) -> None:
    told = tell_coupons(story)
    client = phone(story.regular)

    page = page_of(client.get(f"/me/coupons/{find_key(told.held)}"))
    used = page_of(client.get(f"/me/coupons/{find_key(told.used)}"))

    assert told.held in page
    assert 'aria-label="쿠폰의 바코드"' in page
    assert "쿠폰의 QR" in page
    assert "더는 쓸 수 없어요" in used
    assert told.used not in used
    other = phone(story.customers["1502"])
    assert other.get(f"/me/coupons/{find_key(told.held)}").status_code == 404
    assert "지금은 쓸 수 있는 쿠폰이 없어요" in page_of(other.get("/me/coupons"))


def test_phone__promotion_rests__says_the_coupon_cannot_be_used_now(story: Story) -> None:
    told = tell_coupons(story)
    pause(find_batch(told.spring).promotion_id, at=NOW)

    page = page_of(phone(story.regular).get("/me/coupons"))

    assert "프로모션을 쉬고 있어서 지금은 쓸 수 없어요." in page


def test_buy__tell_coupons_again__changes_nothing(story: Story) -> None:
    assert tell_coupons(story) == tell_coupons(story)
    buy(story.newcomer, 3_000, "WELCOME10", number="c-3")
    assert POOL in set(CouponBatch.objects.values_list("name", flat=True))
