"""Referrals in words: what is given for what, where one stands and why, what is suspicious about it."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise as Words
from django.utils.translation import gettext as say, gettext_lazy as _, ngettext

from dangol.domain.referrals import EarnedBy, PromiseKind, Side, Stage, WhenReturned, Why
from dangol.rooms.rewards.referrals.models import GiftState
from dangol.rooms.rewards.referrals.programs import ProgramDraft, Promise
from dangol.rooms.rewards.referrals.selectors import GiftView, ReferralView
from dangol.web.formats import (
    format_day,
    format_last_day,
    format_local,
    format_money,
    format_number,
    format_points,
)

KINDS: Mapping[str, Words] = {
    PromiseKind.NONE: _("아무것도 안 줘요"),
    PromiseKind.POINTS: _("포인트"),
    PromiseKind.COUPON: _("쿠폰"),
    PromiseKind.STAMPS: _("도장"),
}
EARNED_BY: Mapping[str, Words] = {
    EarnedBy.ORDER: _("친구가 사면"),
    EarnedBy.JOINING: _("친구가 가입하면"),
}
ON_RETURN: Mapping[str, Words] = {
    WhenReturned.TAKE_BACK: _("준 것을 되돌려 받아요"),
    WhenReturned.KEEP: _("그대로 둬요"),
}
SIDES: Mapping[str, Words] = {Side.REFERRER: _("추천한 회원"), Side.FRIEND: _("친구")}
# Words, the tone of the chip, the icon.
STAGES: Mapping[str, tuple[Words, str, str]] = {
    Stage.REVIEW: (_("확인이 필요해요"), "warn", "circle-alert"),
    Stage.WAITING: (_("기다리는 중"), "info", "circle-dashed"),
    Stage.EARNED: (_("조건을 채웠어요"), "info", "hourglass"),
    Stage.GIVEN: (_("끝났어요"), "good", "circle-check"),
    Stage.LAPSED: (_("기간이 지났어요"), "", "clock"),
    Stage.REFUSED: (_("거절했어요"), "", "circle-minus"),
    Stage.VOID: (_("추천이 아니에요"), "", "circle-minus"),
}
# As the referrer sees a friend: nothing is told of what is suspected, refused or why somebody left.
FRIEND_STAGES: Mapping[str, tuple[Words, str, str]] = {
    **STAGES,
    Stage.REVIEW: (_("확인하고 있어요"), "info", "circle-dashed"),
    Stage.GIVEN: (_("선물을 받았어요"), "good", "circle-check"),
    Stage.REFUSED: (_("인정되지 않았어요"), "", "circle-minus"),
    Stage.VOID: (_("인정되지 않았어요"), "", "circle-minus"),
}
WHYS: Mapping[str, Words] = {
    Why.SAME_PERSON: _("둘이 한 사람이에요."),
    Why.NOT_NEW: _("친구가 전에 산 적이 있어요."),
    Why.SECOND: _("친구는 먼저 다른 추천으로 왔어요."),
    Why.ERASED: _("친구의 정보를 지웠어요."),
    Why.LEFT: _("친구가 탈퇴했어요."),
}
SIGNS: Mapping[str, Words] = {
    "once_one": _("두 사람을 한 사람으로 합쳤다가 되돌린 적이 있어요"),
    "same_name_and_birthday": _("이름과 생일이 같아요"),
    "seen_email": _("다른 회원과 같은 메일함을 써요"),
    "seen_device": _("다른 친구와 같은 기기로 왔어요"),
    "many_today": _("추천한 회원의 친구가 하루에 다섯 명 넘게 왔어요"),
    "many_this_week": _("추천한 회원의 친구가 한 주에 열다섯 명 넘게 왔어요"),
    "many_from_address": _("추천한 회원의 친구 여럿이 같은 인터넷 주소에서 왔어요"),
    "same_name": _("이름이 같아요"),
    "shared_address": _("추천한 회원과 같은 인터넷 주소에서 왔어요"),
    "shared_email": _("추천한 회원과 같은 메일함을 써요"),
    "shared_device": _("추천한 회원과 같은 기기로 왔어요"),
}
CAPS: Mapping[str, Words] = {
    "month": _("한 달에 받을 수 있는 만큼 받았어요."),
    "year": _("한 해에 받을 수 있는 만큼 받았어요."),
    "ever": _("통틀어 받을 수 있는 만큼 받았어요."),
    "count": _("프로그램이 정한 횟수를 다 썼어요."),
    "budget": _("프로그램이 정한 예산을 다 썼어요."),
}
GIFTS: Mapping[str, tuple[Words, str]] = {
    GiftState.GIVEN: (_("줬어요"), "circle-check"),
    GiftState.WAITING: (_("줄 것을 기다려요"), "hourglass"),
    GiftState.CAPPED: (_("한도가 차서 안 줬어요"), "circle-minus"),
    GiftState.GONE: (_("받을 사람이 없어요"), "circle-minus"),
    GiftState.DROPPED: (_("안 줬어요"), "circle-minus"),
    GiftState.TAKEN_BACK: (_("되돌려 받았어요"), "undo-2"),
}
STEPS: Mapping[str, Words] = {
    "told": _("친구가 코드를 말했어요"),
    "approved": _("추천으로 인정했어요"),
    "gift": _("줬어요"),
    "capped": _("한도가 차서 안 줬어요"),
    "taken_back": _("되돌려 받았어요"),
    "kept": _("이미 써서 그대로 뒀어요"),
    "trouble": _("아직 줄 수 없어요"),
    **{stage: words[0] for stage, words in STAGES.items()},
}


def promise_in_words(promise: Promise, names: Mapping[bytes, str]) -> str:
    """Return what one side gets: points, the name of the batch, or stamps."""
    if promise.kind is PromiseKind.POINTS:
        return format_points(promise.amount or 0)
    name = names.get(promise.target_id or b"", "")
    if promise.kind is PromiseKind.STAMPS:
        count = promise.amount or 0
        stamps = ngettext("도장 {n}개", "도장 {n}개", count).format(n=format_number(count))
        return f"{name} · {stamps}" if name else stamps
    if promise.kind is PromiseKind.COUPON:
        return name or str(KINDS[promise.kind])
    return str(KINDS[promise.kind])


def gift_in_words(gift: GiftView) -> str:
    """Return what somebody got or is to get."""
    return promise_in_words(Promise(gift.kind, gift.amount, gift.target_id), {})


def task_in_words(draft: ProgramDraft, currency: str) -> str:
    """Return what a friend has to do, in one sentence."""
    if draft.earned_by is EarnedBy.JOINING:
        return say("친구가 가입하면")
    if draft.nth == 1 and draft.least_minor:
        told = say("친구가 {days}일 안에 {least} 이상 처음 사면")
    elif draft.nth == 1:
        told = say("친구가 {days}일 안에 처음 사면")
    elif draft.least_minor:
        told = say("친구가 {days}일 안에 {least} 이상씩 {nth}번 사면")
    else:
        told = say("친구가 {days}일 안에 {nth}번 사면")
    return _filled(told, draft, currency)


def task_for_friend(draft: ProgramDraft, currency: str) -> str:
    """Return what a friend has to do for their own part, as it is told to them."""
    if draft.earned_by is EarnedBy.JOINING or draft.is_early:
        return say("새로 가입하면 받아요.")
    if draft.nth == 1 and draft.least_minor:
        told = say("새로 가입하고 {days}일 안에 {least} 이상 사면 받아요.")
    elif draft.nth == 1:
        told = say("새로 가입하고 {days}일 안에 사면 받아요.")
    elif draft.least_minor:
        told = say("새로 가입하고 {days}일 안에 {least} 이상씩 {nth}번 사면 받아요.")
    else:
        told = say("새로 가입하고 {days}일 안에 {nth}번 사면 받아요.")
    return _filled(told, draft, currency)


def _filled(told: str, draft: ProgramDraft, currency: str) -> str:
    return told.format(
        days=format_number(draft.within_days), nth=format_number(draft.nth),
        least=format_money(draft.least_minor, currency),
    )  # fmt: skip


def why_of(one: ReferralView, currency: str) -> str:
    """Return why a referral stands where it stands, in one sentence: what is missing, until when."""
    if one.state is Stage.WAITING:
        day = format_day(format_last_day(one.deadline))
        if one.least_minor:
            told = ngettext(
                "{day}까지 {least} 이상 {n}번 더 사야 해요.",
                "{day}까지 {least} 이상 {n}번 더 사야 해요.",
                one.left,
            )
        else:
            told = ngettext("{day}까지 {n}번 더 사야 해요.", "{day}까지 {n}번 더 사야 해요.", one.left)
        least = format_money(one.least_minor, currency)
        return told.format(day=day, n=format_number(one.left), least=least)
    if one.state is Stage.EARNED and one.due_at:
        day = format_day(format_local(one.due_at).date())
        return say("반품을 기다렸다가 {day}에 줘요.").format(day=day)
    if one.state is Stage.REVIEW:
        return say("사람이 보고 정할 때까지 아무것도 주지 않아요.")
    if one.state is Stage.LAPSED:
        return say("{day}까지 조건을 채우지 못했어요.").format(day=format_day(format_last_day(one.deadline)))
    return str(WHYS[one.why]) if one.why else ""


def signs_in_words(signs: Sequence[str]) -> list[str]:
    """Return what is suspicious about a referral, the heaviest first."""
    return [str(SIGNS[one]) for one in signs if one in SIGNS]


def cause_in_words(what: str, cause: str) -> str:
    """Return why a line of the history came about, where there is more to say of it."""
    if what == "told":
        return " · ".join(signs_in_words(cause.split(",")))
    if what in ("gift", "taken_back", "kept"):
        return str(KINDS.get(cause, ""))
    return str(CAPS.get(cause) or WHYS.get(cause) or "")
