"""Coupons in words: the kinds of batches, where a batch or a code stands, and what is wrong with a row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from dangol.rooms.rewards.coupons.importing import Problem
from dangol.rooms.rewards.coupons.models import Act, BatchKind
from dangol.rooms.rewards.coupons.owned import State
from dangol.rooms.rewards.coupons.selectors import SOON, BatchView, CodeView

Chip: TypeAlias = tuple[Promise, str, str]
_GROUP = 4

KINDS: Mapping[str, Promise] = {
    BatchKind.UNIQUE: _("하나씩 다른 번호"),
    BatchKind.GENERIC: _("모두가 쓰는 번호"),
    BatchKind.IMPORTED: _("가져온 번호"),
}
KIND_HINTS: Mapping[str, Promise] = {
    BatchKind.UNIQUE: _("짐작할 수 없는 번호를 만들어 한 사람에게 하나씩 줘요."),
    BatchKind.GENERIC: _("WELCOME10처럼 널리 알리는 번호 하나예요."),
    BatchKind.IMPORTED: _("제휴사에서 받은 번호를 파일로 넣어요."),
}
STATES: Mapping[str, Promise] = {
    "open": _("쓸 수 있는 것"),
    "soon": _("곧 끝나는 것"),
    "blocked": _("막은 것"),
    "over": _("기간이 끝난 것"),
}
BATCH_CHIPS: Mapping[str, Chip] = {
    "blocked": (_("막힘"), "bad", "ban"),
    "over": (_("기간이 끝났어요"), "", "clock"),
    "making": (_("만드는 중"), "info", "loader"),
    "empty": (_("번호가 없어요"), "warn", "circle-alert"),
    "not_yet": (_("시작 전"), "", "clock"),
    "soon": (_("곧 끝나요"), "warn", "hourglass"),
    "open": (_("쓸 수 있어요"), "good", "circle-check"),
}
CODE_CHIPS: Mapping[str, Chip] = {
    State.BLOCKED: (_("막힘"), "bad", "ban"),
    State.USED: (_("다 썼어요"), "", "check"),
    State.OVER: (_("기간이 끝났어요"), "", "clock"),
    State.NOT_YET: (_("시작 전"), "", "clock"),
    State.USABLE: (_("쓸 수 있어요"), "good", "circle-check"),
}
# Of a code in a list that says nothing of time.
STANDS: Mapping[str, Promise] = {
    "blocked": _("막힘"),
    "used": pgettext_lazy("a coupon code", "씀"),
    "held": _("주인이 있음"),
    "free": _("남음"),
}
PROBLEMS: Mapping[str, Promise] = {
    Problem.NO_CODE: _("글자나 숫자가 없어요."),
    Problem.TOO_SHORT: _("너무 짧아요. 3자 이상이어야 해요."),
    Problem.TOO_LONG: _("너무 길어요. 64자까지예요."),
    Problem.TWICE: _("파일 위쪽에 같은 번호가 있어요."),
    Problem.HERE: _("이 묶음에 이미 있어요."),
    Problem.TAKEN: _("다른 묶음에 이미 있어요."),
}
FIELD_PROBLEMS: Mapping[tuple[str, str], Promise] = {
    ("csv", "unreadable"): _("쿠폰 번호를 읽을 수 없는 파일이에요. CSV나 텍스트 파일로 저장해서 올리세요."),
    ("csv", "too_long"): _("한 파일에 10만 줄까지예요. 나눠서 올리세요."),
}
MOMENTS: Mapping[str, tuple[Promise, str]] = {
    "made": (_("묶음을 만들었어요"), "plus"),
    "issued": (_("회원에게 줬어요"), "gift"),
    "taken_back": (_("함께 받은 구매가 취소돼 막았어요"), "undo-2"),
    "used": (_("썼어요"), "shopping-bag"),
    "given_back": (_("구매가 취소돼 다시 쓸 수 있게 됐어요"), "rotate-ccw"),
    Act.BLOCKED: (_("막았어요"), "ban"),
    Act.OPENED: (_("막은 것을 풀었어요"), "circle-check"),
    Act.BOUND: (_("한 회원의 것으로 정했어요"), "user"),
    Act.IMPORTED: (_("파일에서 가져왔어요"), "upload"),
}
# Why a coupon that could be used gives nothing all the same.
GAPS: dict[str, Promise] = {
    "draft": _("프로모션이 아직 발행되지 않아서 쓸 수 없어요."),
    "resting": _("프로모션을 쉬고 있어서 지금은 쓸 수 없어요."),
    "not_started": _("프로모션이 아직 시작하지 않았어요."),
    "ended": _("프로모션이 끝났어요."),
}
GAP_CHIP: Chip = (_("지금은 쓸 수 없어요"), "warn", "circle-alert")


def batch_state(batch: BatchView, at: datetime) -> str:
    """Return where a batch stands, the first that holds: see `BATCH_CHIPS`."""
    has_begun = batch.active_from is None or at >= batch.active_from
    for state, holds in (
        ("blocked", batch.is_blocked),
        ("over", batch.active_to is not None and at >= batch.active_to),
        ("making", batch.made_count < batch.code_count),
        ("empty", batch.made_count == 0),
        ("not_yet", not has_begun),
        ("soon", batch.active_to is not None and at + SOON >= batch.active_to),
    ):
        if holds:
            return state
    return "open"


def batch_chip(batch: BatchView, at: datetime) -> Chip:
    """Return the chip of a batch: its words, tone and icon."""
    return BATCH_CHIPS[batch_state(batch, at)]


def with_gap(chip: Chip, gap: object) -> Chip:
    """Return the chip of what could be used, but for its promotion, which gives nothing now."""
    usable = (BATCH_CHIPS["open"], BATCH_CHIPS["soon"], CODE_CHIPS["usable"])
    return GAP_CHIP if gap and chip in usable else chip


def code_stand(code: CodeView) -> str:
    """Return how a code stands, whatever day it is: see `STANDS`."""
    for stand, holds in (("used", code.used_count), ("blocked", code.is_blocked), ("held", code.customer_id)):
        if holds:
            return stand
    return "free"


def in_groups(code: str, kind: str) -> str:
    """Return a code as it is read out: as its hyphens have it, else in groups of four; words stay whole."""
    if kind == BatchKind.GENERIC or "-" in code or " " in code:
        return code
    return " ".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP))


def hidden(code: str) -> str:
    """Return a code of which only the end is shown, for those who may not use it."""
    return f"••••{code[-_GROUP:]}"


def told_moment(what: str) -> tuple[Any, str]:
    """Return what happened to a code in words, and its icon."""
    return MOMENTS[what]
