"""The timeline says how much a reward, a card, a stamp or a sale was about."""

import pytest
from django.utils.translation import override

from dangol.core.events.payloads import Payload
from dangol.rooms.rewards.catalog.events import RewardCanceled, RewardLapsed, RewardRedeemed
from dangol.rooms.rewards.promotions.events import SaleCanceled, SaleCommitted, SaleReturned
from dangol.rooms.rewards.referrals.events import ReferralGiven, ReferralTold
from dangol.rooms.rewards.stamps.events import StampCardFilled, StampCardGiven, StampsAdded
from dangol.rooms.rewards.stored_value.events import GiftCardMoved, StoreCreditMoved
from dangol.web.event_words import tell_plainly

CASES = [
    ("stamps.added", StampsAdded("coffee", "sale", 3, 3, 0, 0), "stamp", "도장 3개", "3 stamps"),
    ("stamp_card.filled", StampCardFilled("coffee", 10), "stamp", "도장 10개", "10 stamps"),
    ("stamp_card.given", StampCardGiven("coffee", "points", 500), "stamp", "500P", "500 pts"),
    ("stamp_card.given", StampCardGiven("coffee", "reward", 0), "stamp", "리워드 한 개", "a reward"),
    ("referral.given", ReferralGiven("friend", "stamps", 1), "user-plus", "도장 1개", "1 stamp"),
    ("referral.told", ReferralTold("friend"), "user-plus", "", ""),
    ("reward.redeemed", RewardRedeemed("mug", "goods", 40, "PTS"), "ticket", "40P", "40 pts"),
    ("reward.canceled", RewardCanceled("mug", 40, "PTS"), "ticket", "40P 돌려줌", "40 pts given back"),
    (
        "reward.lapsed", RewardLapsed("mug", 40, "PTS", False), "ticket",
        "포인트를 돌려주지 않았어요", "No points were given back",
    ),
    (
        "gift_card.moved", GiftCardMoved("paid", "KRW", -5_000, 45_000, "6EMD"), "wallet",
        "•••• 6EMD · 결제 · −5,000원 · 남은 금액 45,000원", "•••• 6EMD · Payment · −₩5,000 · ₩45,000 left",
    ),
    (
        "store_credit.moved", StoreCreditMoved("given", "KRW", 1_000, 1_000), "wallet",
        "무료로 줌 · +1,000원 · 남은 금액 1,000원", "Given · +₩1,000 · ₩1,000 left",
    ),
    (
        "sale.committed", SaleCommitted("1", "KRW", 9_000, 1_000, 500, []), "ticket-percent",
        "1,000원 할인 · 500P로 냄", "₩1,000 off · paid with 500 pts",
    ),
    ("sale.canceled", SaleCanceled(True), "ticket-percent", "", ""),
    (
        "sale.returned", SaleReturned("r", "KRW", 9_000, 500, 9), "ticket-percent",
        "9,000원 돌려줌 · 500P 돌려줌", "₩9,000 given back · 500 pts given back",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "payload", "icon", "korean", "english"), CASES)
def test_tell_plainly__event_of_rewards__says_how_much(
    event: str, payload: Payload, icon: str, korean: str, english: str
) -> None:
    with override("ko"):
        told = tell_plainly(event, payload)
    with override("en"):
        in_english = tell_plainly(event, payload)

    assert (told[0], told[2]) == (icon, korean)
    assert in_english[2] == english
