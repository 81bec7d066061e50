"""Rules for what members do that make sense in any shop, to begin with: each as a draft."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, override

from dangol.rooms.rewards.event_rules.contents import EventRuleContent, unpack


class Suggestion(NamedTuple):
    """A rule to begin with: its short name, its name, what it is good for, its icon, and what it says."""

    slug: str
    name: Promise
    good_for: Promise
    icon: str
    says: dict[str, Any]
    about: Promise


SUGGESTIONS: Sequence[Suggestion] = (
    Suggestion(
        "sign-up", _("가입 축하 포인트"),
        _("가입하자마자 포인트가 보이면 다음에 올 까닭이 생겨요."), "user-plus",
        {"event": "customer.joined", "points": 1_000, "caps": {"ever": 1}},
        _("가입하면 한 번 드려요."),
    ),
    Suggestion(
        "birthday", _("생일 축하 포인트"),
        _("생일에 한 해 한 번, 한 달 안에 쓸 포인트를 줘요. 2월 29일에 태어난 사람도 챙겨요."), "cake",
        {"trigger": "birthday", "points": 2_000, "expiry": "rolling_days", "expiry_count": 30},
        _("생일에 드리고, 한 달 동안 쓸 수 있어요."),
    ),
    Suggestion(
        "anniversary", _("가입 기념일 포인트"),
        _("오래된 단골일수록 더 줘요. 함께한 해마다 500포인트씩이에요."), "party-popper",
        {"trigger": "anniversary", "rate": {"property": "years", "points": 500}, "most_points": 5_000},
        _("가입한 날이 돌아올 때마다 함께한 해만큼 드려요."),
    ),
    Suggestion(
        "consent", _("소식 받기 포인트"),
        _("수신에 동의하면 한 번 줘요. 소식을 보낼 수 있는 사람이 늘어요."), "message-square",
        {
            "event": "consent.granted", "points": 500, "caps": {"ever": 1},
            "where": [{"property": "purpose", "op": "equals", "value": "marketing"}],
        },
        _("소식을 받겠다고 하면 한 번 드려요."),
    ),
    Suggestion(
        "profile", _("프로필을 채우면"),
        _("앱이나 홈페이지에서 프로필을 다 채우면 한 번 줘요. 더 잘 알수록 더 잘 대접해요."), "id-card",
        {"event": "Profile Completed", "points": 500, "caps": {"ever": 1}},
        _("프로필을 다 채우면 한 번 드려요."),
    ),
    Suggestion(
        "visit", _("하루 한 번 앱 출석"),
        _("앱을 연 날마다 조금씩 줘요. 자주 열면 자주 떠올려요."), "calendar-check",
        {"event": "App Visited", "points": 10, "caps": {"day": 1, "month": 20}},
        _("하루에 한 번, 앱을 열면 드려요."),
    ),
    Suggestion(
        "review", _("리뷰 포인트"),
        _("산 것을 적어 주면 줘요. 하루 세 번까지, 예산 안에서만이에요."), "message-circle",
        {
            "event": "Review Posted", "points": 100, "caps": {"day": 3},
            "budget": {"points": 500_000}, "pending_days": 7,
        },
        _("리뷰를 남기면 포인트를 드려요."),
    ),
)  # fmt: skip


def begin(slug: str) -> EventRuleContent:
    """Return the draft of a suggestion, in both languages; an empty one where there is none of this name."""
    for one in SUGGESTIONS:
        if one.slug == slug:
            names = {"name": _said(one.name, "ko"), "name_en": _said(one.name, "en")}
            abouts = {"about": _said(one.about, "ko"), "about_en": _said(one.about, "en")}
            return unpack({**names, **abouts, **one.says})
    return EventRuleContent(name="")


def _said(words: Promise, tongue: str) -> str:
    with override(tongue):
        return str(words)
