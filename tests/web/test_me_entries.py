"""A member's first page leads on to what they have beside points, and says why points lapse when they do."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from dangol.core.ledger.models import Lot, PointActivity
from dangol.core.ledger.services import earn_points
from dangol.core.storage.ids import new_id
from dangol.domain.idling import Idle
from dangol.web.reads.member import Kept, find_member
from dangol.web.scheme import find_program
from dangol.web.words import reason_name
from tests.core.segments.shop import SEOUL
from tests.web.gift_cards import tell_gift_cards
from tests.web.phones import come_in
from tests.web.referrals import tell_referrals
from tests.web.rewards import tell_rewards
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def home(story: Story) -> str:
    own = come_in(Client(headers={"accept-language": "ko"}), story.regular)
    return unescape(own.get("/me/").content.decode())


def test_home__nothing_yet__leads_to_money_only(story: Story) -> None:
    page = home(story)

    assert 'href="/me/money"' in page
    assert "받은 상품권을 등록하면 여기에 보여요" in page
    assert 'href="/me/referral"' not in page


def test_home__money_vouchers_and_friends__each_with_how_much(story: Story) -> None:
    tell_gift_cards(story)
    tell_rewards(story)
    tell_referrals(story)

    page = home(story)

    for words in ("예치금과 상품권", "받아 갈 교환권", "1장 있어요", "친구 초대하기"):
        assert words in page, words
    assert "받은 상품권을 등록하면" not in page


def test_soon__points_that_slide__last_activity_and_what_moves_the_end(story: Story) -> None:
    Lot.objects.filter(customer_id=story.regular).delete()
    end = NOW + timedelta(days=20)
    earn_points(
        story.regular, points=70, currency=CURRENCY, key="slide", at=NOW - timedelta(days=40), expires_at=end
    )
    own = Lot.objects.filter(customer_id=story.regular)
    own.update(idle=str(Idle(2, ("purchase", "redemption"), SEOUL)))
    for days, kind, undone in ((9, "redemption", None), (3, "purchase", NOW), (1, "earning", None)):
        PointActivity.objects.create(
            customer_id=story.regular, currency=CURRENCY, kind=kind, subject_id=new_id(),
            at=NOW - timedelta(days=days), undone_at=undone,
        )  # fmt: skip

    member = find_member(story.regular, find_program(), at=NOW)

    assert member is not None
    assert member.soon is not None
    # The purchase was undone, and earning is no activity of these points.
    assert member.soon.kept == Kept(NOW - timedelta(days=9), 2, ("purchase", "redemption"))
    assert "남는 기간은 2달이에요. 그사이에 활동(구매·사용)하면 다시 세요." in home(story)
    own.update(idle=None)
    assert find_member(story.regular, find_program(), at=NOW).soon.kept is None  # type: ignore[union-attr]


def test_reason_name__what_the_house_writes__has_words() -> None:
    assert [reason_name(one) for one in ("referral", "stamps", "reward_lapsed", "사과")] == [
        "친구 초대", "도장 카드", "교환권 기한 지남", "사과",
    ]  # fmt: skip
