"""Rewards that lapse or are money off, in the form, on the phone and at the till."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.ledger.models import Transfer
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.domain.redeeming import RewardKind
from dangol.rooms.rewards.catalog.selectors import find_redemption, find_reward, list_rewards
from dangol.rooms.rewards.catalog.services import lapse_some
from dangol.rooms.rewards.coupons.services import take
from tests.web.coupons import tell_coupons
from tests.web.rewards import give_points, take as take_reward
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_rewards import form_in, phone, points_of, typed

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def made(clerk: Client, **more: str) -> Id:
    """Make a reward by the form; returns it."""
    usual = {"price": "50", "tier_gold": "", "stock": "", "limit_count": "", "first_day": "", "last_day": ""}
    answer = clerk.post("/rewards/new", typed(**usual | more))
    assert answer.status_code == 302, answer.content.decode()
    return list_rewards()[0].id


def test_make__coupon_or_vouchers_that_lapse__read_and_told_in_words(clerk: Client, story: Story) -> None:
    batch = tell_coupons(story).spring
    cup = made(clerk, voucher_days="30", gives_back="yes")
    money_off = made(clerk, kind="coupon", batch=show_id(batch), voucher_days="30", gives_back="yes")

    assert (find_reward(cup).voucher_days, find_reward(cup).gives_back) == (30, True)
    view = find_reward(money_off)
    assert (view.kind, view.batch_id, view.voucher_days) == (RewardKind.COUPON, batch, None)
    words = clerk.get(f"/rewards/{show_id(cup)}").content.decode()
    assert "교환하고 30일 뒤까지" in words
    assert "지나면 포인트를 돌려줘요." in words
    page = clerk.get(f"/rewards/{show_id(money_off)}").content.decode()
    assert f"/coupons/{show_id(batch)}" in page
    assert "재고 고치기" not in page


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "coupon"}, "batch"),
        ({"kind": "coupon", "batch": "nonsense"}, "batch"),
        ({"voucher_days": "-1"}, "voucher_days"),
        ({"voucher_days": "9999"}, "voucher_days"),
    ],
)
def test_make__coupon_without_a_batch_or_odd_days__is_told(
    clerk: Client, story: Story, more: dict[str, str], field: str
) -> None:
    answer = clerk.post("/rewards/new", typed(**more))

    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.content.decode()
    assert list_rewards() == []


def test_edit__coupon__keeps_its_kind_and_takes_another_batch(clerk: Client, story: Story) -> None:
    told = tell_coupons(story)
    money_off = made(clerk, kind="coupon", batch=show_id(told.spring))
    given = {"name_ko": "할인", "price": "60", "limit_period": "ever", "revision": "1"}

    answer = clerk.post(f"/rewards/{show_id(money_off)}/edit", given | {"batch": show_id(told.pool)})

    assert answer.status_code == 302
    view = find_reward(money_off)
    assert (view.kind, view.batch_id, view.offer.price) == (RewardKind.COUPON, told.pool, 60)


def test_phone__money_off_taken__code_at_once_and_among_the_coupons(clerk: Client, story: Story) -> None:
    money_off = made(clerk, kind="coupon", batch=show_id(tell_coupons(story).spring))
    give_points(story, 200)
    before, own = points_of(story.regular), phone(story)
    ask = own.get(f"/me/rewards/{show_id(money_off)}")
    assert "쿠폰 코드를 바로 받아서" in ask.content.decode()

    sent = own.post(f"/me/rewards/{show_id(money_off)}", {"form": form_in(ask)})

    voucher = own.get(sent["Location"]).content.decode()
    (code,) = re.findall(r"<code>([^<]+)</code>", voucher)
    assert points_of(story.regular) == before - 50
    listed = re.findall(r'href="(/me/coupons/[^"]+)"', own.get("/me/coupons").content.decode())
    assert any(code in own.get(one).content.decode() for one in listed)
    assert take([code], customer_id=story.regular, sale_id=new_id(), at=NOW) == []
    used = own.get(sent["Location"]).content.decode()
    assert "이 쿠폰은 이미 썼어요" in used
    assert code not in used


def test_redemption__coupon_used__cannot_be_canceled_and_shows_no_code(clerk: Client, story: Story) -> None:
    money_off = made(clerk, kind="coupon", batch=show_id(tell_coupons(story).spring))
    give_points(story, 200)
    taken = take_reward(story, money_off)
    code = find_redemption(story.regular, taken).code or ""
    page = f"/redemptions/{show_id(story.regular)}/{show_id(taken)}"
    shown = clerk.get(page).content.decode()
    assert ("쿠폰은 더 쓸 수 없게 돼요" in shown, code in shown) == (True, False)

    take([code], customer_id=story.regular, sale_id=new_id(), at=NOW)

    assert "취소하기" not in clerk.get(page).content.decode()
    refused = clerk.post(f"{page}/cancel", {"reason": "변심"})
    assert refused.status_code == 422
    assert "쿠폰은 이미 썼어요" in refused.content.decode()


def test_voucher__last_day_and_after__phone_and_till_say_so(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    cup = made(clerk, voucher_days="2", gives_back="yes")
    give_points(story, 200)
    taken = take_reward(story, cup)
    end = find_redemption(story.regular, taken).lapses_at
    assert end == datetime(2026, 11, 25, 5, tzinfo=UTC)
    till = sign_in(Client(headers={"accept-language": "ko"}), "seller", Role.STORE)
    own, voucher = phone(story), f"/me/vouchers/{show_id(taken)}"
    assert re.search(r"11월 24일[^<]*까지 받을 수 있어요", own.get(voucher).content.decode())
    assert re.search(r"11월 24일[^<]*까지 받아요", own.get("/me/rewards").content.decode())
    assert re.search(
        r"11월 24일[^<]*까지", till.get(f"/till/members/{show_id(story.regular)}").content.decode()
    )

    monkeypatch.setattr("dangol.web.frame.now", lambda: end + timedelta(minutes=1))
    late = till.post(f"/till/members/{show_id(story.regular)}/vouchers/{show_id(taken)}")
    assert late.status_code == 409
    assert "받을 수 있는 날이 지났어요" in late.content.decode()
    assert re.search(r"11월 24일[^<]*까지 받을 수 있었어요", own.get(voucher).content.decode())
    lapse_some(as_of=end)
    assert "기한이 지났어요" in own.get(voucher).content.decode()
    assert Transfer.objects.get(key=f"reward-lapsed:{show_id(taken)}").points == 50
