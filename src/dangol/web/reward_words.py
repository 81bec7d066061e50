"""Rewards in words: what kind one is, how often it may be had, where a redemption stands."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.domain.redeeming import Period, RedemptionState, RewardKind
from dangol.rooms.rewards.catalog.selectors import Obstacle

KINDS: Mapping[str, Promise] = {
    RewardKind.ITEM: _("매장에서 받는 물건"),
    RewardKind.CODE: _("다른 곳에서 쓰는 코드(예매권 등)"),
    RewardKind.COUPON: _("계산할 때 쓰는 할인 쿠폰"),
}
PERIODS: Mapping[str, Promise] = {
    Period.EVER: _("통틀어"),
    Period.DAY: _("하루에"),
    Period.MONTH: _("한 달에"),
    Period.YEAR: _("한 해에"),
}
STATES: Mapping[str, tuple[Promise, str, str]] = {
    RedemptionState.ISSUED: (_("받기 전"), "info", "ticket"),
    RedemptionState.HANDED_OVER: (_("건넸어요"), "good", "circle-check"),
    RedemptionState.CANCELED: (_("취소했어요"), "", "undo-2"),
    RedemptionState.LAPSED: (_("기한이 지났어요"), "", "hourglass"),
}
# A code is the member's from the start.
CODE_ISSUED: tuple[Promise, str, str] = (_("코드를 받았어요"), "good", "circle-check")
COUPON_ISSUED: tuple[Promise, str, str] = (_("쿠폰을 받았어요"), "info", "ticket-percent")
COUPON_USED: tuple[Promise, str, str] = (_("쿠폰을 썼어요"), "good", "circle-check")
OBSTACLES: Mapping[str, Promise] = {
    Obstacle.TIER: _("다른 등급의 혜택이에요"),
    Obstacle.LIMIT: _("정한 만큼 받았어요"),
    Obstacle.SOLD_OUT: _("다 나갔어요"),
    Obstacle.POINTS: _("포인트가 모자라요"),
}


def state_in_words(
    state: RedemptionState, kind: RewardKind, *, is_used: bool = False
) -> tuple[Promise, str, str]:
    """Return where a redemption stands: its words, the tone of its chip and the icon."""
    if state is RedemptionState.ISSUED and kind is RewardKind.CODE:
        return CODE_ISSUED
    if state is RedemptionState.ISSUED and kind is RewardKind.COUPON:
        return COUPON_USED if is_used else COUPON_ISSUED
    return STATES[state]
