"""What happened at the door, in words: who came in by what, from which browser, and who said they may."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.access.history import Act
from dangol.core.access.sessions import Outcome

_ACTS: Mapping[str, Promise] = {
    Act.GRANTED: lazy("역할을 받았어요"),
    Act.CHANGED: lazy("역할이 바뀌었어요"),
    Act.SUSPENDED: lazy("멈췄어요"),
    Act.RESTORED: lazy("다시 쓰게 했어요"),
    Act.RECOVERED: lazy("복구 링크를 받았어요"),
}
_OUTCOMES: Mapping[str, Promise] = {
    Outcome.SIGNED_IN: lazy("로그인했어요"),
    Outcome.FAILED: lazy("로그인하지 못했어요"),
    Outcome.LOCKED: lazy("여러 번 틀려 닫혀 있었어요"),
    Outcome.SIGNED_OUT: lazy("로그아웃했어요"),
    Outcome.ENDED: lazy("다른 곳에서 끝냈어요"),
    Outcome.EXPIRED: lazy("시간이 지나 끝났어요"),
}
_PROOFS: Mapping[str, Promise] = {
    "password": lazy("비밀번호"),
    "passkey": lazy("패스키"),
    "security_key": lazy("보안 키"),
    "totp": lazy("인증 앱"),
    "code": lazy("인증 코드"),
    "recovery_code": lazy("복구 코드"),
}
# The first that a browser's own words hold: many claim to be several.
_BROWSERS = (
    ("Whale/", "Whale"), ("SamsungBrowser", "Samsung Internet"), ("Edg", "Edge"), ("OPR/", "Opera"),
    ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("Chrome/", "Chrome"), ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def act_name(act: str) -> str:
    """Return what was done to someone's role."""
    return str(_ACTS.get(act, act))


def outcome_name(outcome: str) -> str:
    """Return what happened at the door."""
    return str(_OUTCOMES.get(outcome, outcome))


def proofs_name(how: str) -> str:
    """Return by what someone came in: `비밀번호 + 인증 앱`."""
    return " + ".join(str(_PROOFS.get(one, one)) for one in how.split("+") if one)


def browser_name(told: str) -> str:
    """Return what a browser is, by what it calls itself: `Chrome · Windows`."""

    def first(known: Sequence[tuple[str, str]]) -> str:
        return next((name for mark, name in known if mark in told), "")

    return " · ".join(filter(None, (first(_BROWSERS), first(_SYSTEMS)))) or _("알 수 없는 브라우저")
