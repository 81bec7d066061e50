"""What the law asks of a shop, in words: each kind of duty, where it is done, what is unusual in a month."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, ngettext

from dangol.core.access.rights import Right
from dangol.core.duties.incidents import Step
from dangol.core.duties.requests import RequestKind
from dangol.core.duties.selectors import read_duties
from dangol.web.formats import format_number
from dangol.web.frame import frame_of
from dangol.web.guard import visitor_of

UNUSUAL: Mapping[str, tuple[Promise, str]] = {
    "many": (_("하루에 많은 사람을 보았어요"), "users"),
    "large": (_("한꺼번에 많은 사람의 것을 내려받았어요"), "download"),
    "night": (_("밤 10시부터 아침 6시 사이에 보았어요"), "moon"),
    "failures": (_("로그인에 여러 번 실패했어요"), "lock"),
}
_PLACES: Mapping[str, tuple[Right, str]] = {
    "incidents": (Right.INCIDENTS_WRITE, "web:incidents"),
    "requests": (Right.REQUESTS_WRITE, "web:requests"),
    "notices": (Right.SETTINGS_WRITE, "web:settings-mail"),
    "reviews": (Right.ACCESS_LOG_REVIEW, "web:access-log-reviews"),
}
REQUEST_KINDS: Mapping[str, Promise] = {
    RequestKind.ACCESS: _("내 정보를 보여 주세요"),
    RequestKind.CORRECTION: _("내 정보를 고쳐 주세요"),
    RequestKind.DELETION: _("내 정보를 지워 주세요"),
    RequestKind.STOP: _("내 정보를 쓰지 마세요"),
}
# Where staff do what was asked for.
REQUEST_ACTS: Mapping[str, str] = {
    RequestKind.ACCESS: "web:member-export",
    RequestKind.CORRECTION: "web:member-edit",
    RequestKind.DELETION: "web:member-erase",
    RequestKind.STOP: "web:member-consents",
}
_ACT_NAMES: Mapping[str, Promise] = {
    RequestKind.ACCESS: _("정보 내려받기"),
    RequestKind.CORRECTION: _("회원 정보 고치기"),
    RequestKind.DELETION: _("지우기와 보존"),
    RequestKind.STOP: _("수신 동의 적기"),
}


class DutyNote(NamedTuple):
    """A duty that waits, for whoever may do it: in a sentence, where, until when, and whether it is late."""

    words: str
    address: str
    due_at: datetime | None
    is_overdue: bool


def duties_of(request: HttpRequest) -> list[DutyNote]:
    """Return what waits and the visitor may do, the overdue first."""
    visitor, frame = visitor_of(request), frame_of(request)
    if not any(visitor.may(right) for right, _route in _PLACES.values()):
        return []
    notes = [
        DutyNote(
            _sentence(line.kind, line.waiting), reverse(_PLACES[line.kind][1]), line.due_at, line.overdue > 0
        )
        for line in read_duties(as_of=frame.at, zone=frame.shop.tz)
        if visitor.may(_PLACES[line.kind][0])
    ]
    return sorted(notes, key=lambda note: not note.is_overdue)


def _sentence(kind: str, count: int) -> str:
    if kind == "incidents":
        words = ngettext(
            "알려야 할 유출 사고가 %(count)s건 있어요", "알려야 할 유출 사고가 %(count)s건 있어요", count
        )
        return words % {"count": format_number(count)}
    if kind == "requests":
        words = ngettext(
            "답하지 않은 본인 요청이 %(count)s개 있어요", "답하지 않은 본인 요청이 %(count)s개 있어요", count
        )
        return words % {"count": format_number(count)}
    if kind == "notices":
        words = ngettext(
            "메일 서버가 없어서 알리지 못한 사람이 %(count)s명 있어요",
            "메일 서버가 없어서 알리지 못한 사람이 %(count)s명 있어요",
            count,
        )
        return words % {"count": format_number(count)}
    words = ngettext("점검하지 않은 달이 %(count)s개 있어요", "점검하지 않은 달이 %(count)s개 있어요", count)
    return words % {"count": format_number(count)}


def unusual_words(kind: str) -> str:
    """Return what is unusual about a line of a month."""
    return str(UNUSUAL[kind][0]) if kind in UNUSUAL else kind


def unusual_icon(kind: str) -> str:
    """Return the icon beside it."""
    return UNUSUAL[kind][1] if kind in UNUSUAL else "circle-alert"


def request_name(kind: str) -> str:
    """Return what somebody asks for."""
    return str(REQUEST_KINDS.get(kind, kind))


def request_act(kind: str) -> str:
    """Return the name of the act that fulfills it."""
    return str(_ACT_NAMES.get(kind, kind))


STEPS: Mapping[str, Promise] = {
    Step.RECORDED: _("사고를 적었어요"),
    Step.CHANGED: _("아는 것을 고쳤어요"),
    Step.TOLD: _("본인들에게 알렸어요"),
    Step.REPORTED: _("개인정보보호위원회에 신고했어요"),
    Step.CLOSED: _("마쳤어요"),
}


def step_name(act: str) -> str:
    """Return what was done about an incident."""
    return str(STEPS.get(act, act))
