"""What the timeline says of stamps, vouchers, cards, credit, referrals, families and sales."""

from collections.abc import Callable, Mapping
from functools import partial

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.events.payloads import Payload
from dangol.rooms.rewards.catalog.events import RewardCanceled, RewardLapsed, RewardRedeemed
from dangol.rooms.rewards.households.events import HouseholdSpent
from dangol.rooms.rewards.promotions.events import SaleCommitted, SaleReturned
from dangol.rooms.rewards.referrals.events import ReferralGiven
from dangol.rooms.rewards.stamps.events import (
    StampCardExpired,
    StampCardFilled,
    StampCardGiven,
    StampsAdded,
    StampsTaken,
)
from dangol.rooms.rewards.stored_value.events import GiftCardMoved, StoreCreditMoved
from dangol.web.formats import format_money_in_words, format_points
from dangol.web.stamp_words import stamps_in_words
from dangol.web.stored_value_words import MOVES

# Which icon stands before an event, by the first part of its name.
ICONS: Mapping[str, str] = {
    "stamps": "stamp",
    "stamp_card": "stamp",
    "reward": "ticket",
    "referral": "user-plus",
    "household": "users",
    "gift_card": "wallet",
    "store_credit": "wallet",
    "sale": "ticket-percent",
}
_GIVEN: Mapping[str, Promise] = {"coupon": lazy("쿠폰 한 장"), "reward": lazy("리워드 한 개")}


def icon_of(event: str) -> str:
    """Return the icon of an event by its name."""
    return ICONS.get(event.partition(".")[0], "circle-dot")


def detail_of(payload: Payload) -> str:
    """Return how much an event was about, in words; empty where its name says it all."""
    tell = _DETAILS.get(type(payload))
    return tell(payload) if tell else ""


def _stamps(payload: StampsAdded | StampsTaken | StampCardExpired) -> str:
    return stamps_in_words(payload.count)


def _filled(payload: StampCardFilled) -> str:
    return stamps_in_words(payload.size)


def _given(kind: str, amount: int) -> str:
    if kind == "stamps":
        return stamps_in_words(amount)
    return format_points(amount) if kind == "points" else str(_GIVEN.get(kind, ""))


def _of_card(payload: StampCardGiven) -> str:
    return _given(payload.kind, payload.points)


def _of_referral(payload: ReferralGiven) -> str:
    return _given(payload.kind, payload.amount)


def _redeemed(payload: RewardRedeemed) -> str:
    return format_points(payload.points) if payload.points else ""


def _gone(payload: RewardCanceled | RewardLapsed) -> str:
    if isinstance(payload, RewardLapsed) and not payload.gives_back:
        return _("포인트를 돌려주지 않았어요")
    return _("%(points)s 돌려줌") % {"points": format_points(payload.points)} if payload.points else ""


def _moved(payload: GiftCardMoved | StoreCreditMoved) -> str:
    card = f"•••• {payload.tail}" if isinstance(payload, GiftCardMoved) else ""
    money = partial(format_money_in_words, currency=payload.currency)
    moved = f"{'+' if payload.minor > 0 else ''}{money(payload.minor)}"
    left = _("남은 금액 %(money)s") % {"money": money(payload.balance_minor)}
    return " · ".join(filter(None, (card, str(MOVES.get(payload.kind, "")), moved, left)))


def _sold(payload: SaleCommitted) -> str:
    money = partial(format_money_in_words, currency=payload.currency)
    parts = [_("%(money)s 할인") % {"money": money(payload.discount_minor)}] if payload.discount_minor else []
    if payload.tender_points:
        parts.append(_("%(points)s로 냄") % {"points": format_points(payload.tender_points)})
    return " · ".join(parts)


def _returned(payload: SaleReturned) -> str:
    parts = [_("%(money)s 돌려줌") % {"money": format_money_in_words(payload.money_minor, payload.currency)}]
    if payload.points_back:
        parts.append(_("%(points)s 돌려줌") % {"points": format_points(payload.points_back)})
    return " · ".join(parts)


def _spent_together(payload: HouseholdSpent) -> str:
    amounts = {"points": format_points(payload.points), "own": format_points(payload.own)}
    if payload.side == "spender":
        return _("모두 %(points)s, 그 가운데 자기 것 %(own)s") % amounts
    return _("다른 가족이 %(points)s, 그 가운데 이 회원의 것 %(own)s") % amounts


_DETAILS: Mapping[type[Payload], Callable[..., str]] = {
    StampsAdded: _stamps,
    StampsTaken: _stamps,
    StampCardExpired: _stamps,
    StampCardFilled: _filled,
    StampCardGiven: _of_card,
    ReferralGiven: _of_referral,
    RewardRedeemed: _redeemed,
    RewardCanceled: _gone,
    RewardLapsed: _gone,
    GiftCardMoved: _moved,
    StoreCreditMoved: _moved,
    SaleCommitted: _sold,
    SaleReturned: _returned,
    HouseholdSpent: _spent_together,
}
