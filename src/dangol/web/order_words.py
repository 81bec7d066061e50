"""What staff did to an order, and why no program has looked at one, in words."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from dangol.core.commerce.models import Act
from dangol.domain.accrual import Cut
from dangol.rooms.rewards.whys import NotJudged
from dangol.web.formats import format_points

ACT_WORDS: Mapping[str, Promise] = {
    Act.UNDONE: _("되돌렸어요"),
    Act.MOVED: _("다른 회원에게 옮겼어요"),
    Act.RECEIVED: _("다른 회원에게서 옮겨 왔어요"),
    Act.CLAIMED: _("회원의 것으로 적립했어요"),
    Act.DELIVERED: _("배송을 마쳤다고 적었어요"),
    Act.CONFIRMED: _("구매를 확정했어요"),
}


class NotGiven(Protocol):
    """What of a purchase's points was, or would be, not given, and the most that one may have."""

    @property
    def not_given(self) -> int:
        """The points; negative: what a return did not take."""

    @property
    def most_held(self) -> int | None:
        """The most."""


class ActWords(NamedTuple):
    """A page on which an order is put right: its title, what it will do, and its button."""

    title: Promise
    meaning: Promise | None
    button: Promise


_PAGES: Mapping[str, ActWords] = {
    "undo": ActWords(
        _("주문 되돌리기"), _("남은 것을 모두 반품으로 적고, 적립한 포인트를 되돌려요."), _("되돌리기")
    ),
    "move": ActWords(
        _("주문을 다른 회원에게 옮기기"),
        _("여기서는 되돌리고, 고른 회원에게 산 날 그대로 새로 적립해요."),
        _("옮기기"),
    ),
    "deliver": ActWords(
        _("배송 완료로 적기"),
        _("산 사람이 받은 주문이에요. 배송을 기다리던 포인트가 바로 열리고, 다시 닫을 수는 없어요."),
        _("배송 완료로 적기"),
    ),
    "confirm": ActWords(
        _("구매 확정하기"),
        _(
            "산 사람이 받아서 가지기로 한 주문이에요. 이것을 기다리던 포인트가 바로 열리고, "
            "다시 닫을 수는 없어요."
        ),
        _("구매 확정하기"),
    ),
    "claim": ActWords(_("지난 영수증 적립하기"), None, _("적립하기")),
}


def describe_act(act: str, *, days: int) -> dict[str, str]:
    """Return the title, the meaning and the button of an act's page; receipts are claimed within `days`."""
    words = _PAGES[act]
    meaning = words.meaning or ngettext(
        "{days}일 안에 회원 번호 없이 산 영수증을 한 번 적립할 수 있어요.",
        "{days}일 안에 회원 번호 없이 산 영수증을 한 번 적립할 수 있어요.",
        days,
    ).format(days=days)
    return {"title": str(words.title), "meaning": str(meaning), "button": str(words.button)}


_NOT_JUDGED: Mapping[str, Promise] = {
    NotJudged.NO_PROGRAM: _("적립 프로그램이 없어서 적립하지 않았어요."),
    NotJudged.OTHER_CURRENCY: _("이 통화로 산 것을 세는 적립 프로그램이 없어서 적립하지 않았어요."),
}


def not_judged_reason(reason: str) -> str:
    """Return why no program has looked at an order."""
    return str(_NOT_JUDGED[reason])


def held_reason(why: NotGiven) -> str:
    """Return why a member was given less than a purchase earns, or had less taken back; empty if not."""
    if why.not_given > 0 and why.most_held is not None:
        return gettext("한 사람이 최대 {most}까지 가질 수 있어서, 넘는 {points}는 주지 않아요.").format(
            most=format_points(why.most_held), points=format_points(why.not_given)
        )
    if why.not_given < 0:
        return gettext("{points}는 이미 주지 않았거나 돌려받아서 다시 빼지 않았어요.").format(
            points=format_points(-why.not_given)
        )
    return ""


def cut_reason(cut: Cut) -> str:
    """Return why a purchase earned less than its rules come to."""
    return gettext("다 더하면 {would_be}인데, 구매 한 번에 최대 {most}까지 적립해요.").format(
        would_be=format_points(cut.would_be), most=format_points(cut.most)
    )
