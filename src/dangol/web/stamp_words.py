"""Stamp cards in words: what a full one gives, what becomes of it, where one stands, how stamps move."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, ngettext

from dangol.domain.stamps import CardState, GiftKind, OnReturn
from dangol.web.formats import format_number

GIVES: Mapping[str, Promise] = {
    GiftKind.POINTS: _("포인트"),
    GiftKind.COUPON: _("쿠폰"),
    GiftKind.REWARD: _("리워드"),
}
ON_RETURN: Mapping[str, Promise] = {
    OnReturn.TAKE_BACK: _("아직 안 썼으면 되돌려 받아요"),
    OnReturn.KEEP: _("그대로 둬요"),
    OnReturn.DEBT: _("그대로 두고, 다음 도장으로 채워요"),
}
# Words, the tone of the chip, the icon.
STATES: Mapping[str, tuple[Promise, str, str]] = {
    CardState.OPEN: (_("모으는 중"), "info", "circle-dashed"),
    CardState.FULL: (_("다 찼어요 · 줄 것을 기다려요"), "warn", "hourglass"),
    CardState.GIVEN: (_("다 채워서 받았어요"), "good", "circle-check"),
    CardState.EXPIRED: (_("기간이 지났어요"), "", "clock"),
    CardState.VOID: (_("비었어요"), "", "minus"),
}
MOVES: Mapping[str, Promise] = {
    "sale": _("구매로 찍음"),
    "hand": _("직접 찍음"),
    "return": _("반품으로 뺌"),
    "undo": _("되돌림"),
    "strike": _("직접 뺌"),
}


def stamps_in_words(count: int) -> str:
    """Return so many stamps: `도장 3개`, in English `3 stamps`."""
    return ngettext("도장 %(count)s개", "도장 %(count)s개", count) % {"count": format_number(count)}
