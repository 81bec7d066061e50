"""Events of sites and apps in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.behavior.events import BehaviorTracked, BehaviorViewed, TraitsTold
from dangol.core.events.payloads import Payload

# The kinds of calls, as the debugger shows them: words and icon.
CALLS: Mapping[str, tuple[object, str]] = {
    "track": (lazy("활동"), "mouse-pointer-click"),
    "page": (lazy("페이지"), "file-text"),
    "screen": (lazy("앱 화면"), "smartphone"),
    "identify": (lazy("누구인지"), "user-check"),
    "group": (lazy("모임"), "users"),
    "alias": (lazy("이름 잇기"), "link"),
    "event": (lazy("CloudEvents"), "cloud"),
    "unknown": (lazy("모르는 종류"), "circle-question-mark"),
}
CAUSES: Mapping[str, object] = {
    "order": lazy("주문"), "return": lazy("반품"), "traits": lazy("알게 된 것"), "view": lazy("본 상품"),
    "delivered": lazy("배송 완료"), "confirmed": lazy("구매 확정"),
}  # fmt: skip


def tell_behavior(payload: Payload) -> tuple[str, str, str] | None:
    """Return an event of a site or an app for a timeline: icon, what happened, more; None for any other."""
    if isinstance(payload, BehaviorTracked):
        return call_icon(payload.kind), payload.name or call_name(payload.kind), payload.source
    if isinstance(payload, BehaviorViewed):
        return "eye", _("상품을 봤어요"), payload.product or payload.category
    if isinstance(payload, TraitsTold):
        return "user-check", _("알려준 정보가 왔어요"), ", ".join(list(payload.traits)[:5])
    return None


def call_name(kind: str) -> str:
    """Return what a kind of call is called; a new one is shown by its name."""
    return str(CALLS[kind][0]) if kind in CALLS else kind


def call_icon(kind: str) -> str:
    """Return the icon of a kind of call."""
    return CALLS.get(kind, CALLS["unknown"])[1]


def cause_word(what: str) -> str:
    """Return what an event became."""
    return str(CAUSES.get(what, what))
