"""Webhooks in words: how it stands with an endpoint, what became of a message, why a signature is wrong."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.events.webhooks.checking import Fault
from dangol.core.events.webhooks.models import DeliveryState
from dangol.core.events.webhooks.transport import Failure
from dangol.domain.webhooks import Cause, EndpointState

ENDPOINT_STATES: Mapping[str, tuple[Promise, str, str]] = {
    EndpointState.ACTIVE: (_("잘 가고 있어요"), "good", "circle-check"),
    EndpointState.FAILING: (_("가지 않고 있어요"), "warn", "triangle-alert"),
    EndpointState.DISABLED: (_("꺼져 있어요"), "", "circle-off"),
}
DELIVERY_STATES: Mapping[str, tuple[Promise, str, str]] = {
    DeliveryState.WAITING: (_("기다려요"), "info", "clock"),
    DeliveryState.SENDING: (_("보내는 중이에요"), "info", "send"),
    DeliveryState.DELIVERED: (_("도착했어요"), "good", "circle-check"),
    DeliveryState.FAILED: (_("도착하지 못했어요"), "bad", "circle-alert"),
}
_CAUSES: Mapping[str, Promise] = {
    Cause.CREATED: _("만들었어요"),
    Cause.FAILURES: _("여러 번 잇따라 실패했어요"),
    Cause.RECOVERED: _("다시 도착하기 시작했어요"),
    Cause.EXHAUSTED: _("닷새 동안 실패해서 껐어요"),
    Cause.GONE: _("받는 쪽이 더 보내지 말라고 답했어요(410)"),
    Cause.BY_HAND: _("여기에서 바꿨어요"),
}
_FAILURES: Mapping[str, Promise] = {
    Failure.STATUS: _("2xx가 아닌 답이 왔어요."),
    Failure.REDIRECT: _("다른 주소로 가라는 답이 왔어요. 따라가지 않으니 주소를 바꿔 주세요."),
    Failure.TIMEOUT: _("제시간에 답이 없었어요. 먼저 2xx로 답하고 일은 나중에 하게 하세요."),
    Failure.NAME_UNKNOWN: _("그런 이름의 서버가 없어요. 주소를 확인하세요."),
    Failure.ADDRESS_REFUSED: _("이름이 사설 네트워크의 주소를 가리켜요."),
    Failure.CONNECT: _("서버에 연결하지 못했어요."),
    Failure.TLS: _("보안 연결(TLS)을 맺지 못했어요. 인증서를 확인하세요."),
    Failure.CLOSED_EARLY: _("답이 끝나기 전에 연결이 끊겼어요."),
    Failure.SECRET: _("서명할 비밀을 열지 못했어요. 마스터 키를 확인하세요."),
    Failure.SENDER: _("여기에서 문제가 생겼어요. 로그를 확인하세요."),
}
FAULT_WORDS: Mapping[str, Promise] = {
    Fault.NOTHING: _("서명이 맞아요. 받은 그대로예요."),
    Fault.HEADER_MISSING: _("‘{detail}’ 머리글이 없거나 읽을 수 없어요. 받은 그대로 붙여 넣으세요."),
    Fault.TIMESTAMP_TOO_FAR: _(
        "서명은 맞지만 {detail}초 전의 것이에요. 받는 쪽의 시계를 맞추거나, 새 메시지로 해 보세요."
    ),
    Fault.BODY_REWRITTEN: _("같은 JSON이지만 다시 쓴 본문이에요. 해석하기 전의 바이트로 확인하세요."),
    Fault.BODY_CHANGED: _("보낸 본문과 달라요. 프록시나 프레임워크가 본문을 바꾸는지 보세요."),
    Fault.SECRET_OTHER: _(
        "이 엔드포인트의 비밀로 만든 서명이 아니에요. 다른 엔드포인트나 옛 비밀인지 보세요."
    ),
    Fault.SECRET_NOT_DECODED: _("비밀을 base64로 풀지 않고 썼어요."),
    Fault.SECRET_WITH_PREFIX: _("비밀을 ‘whsec_’까지 통째로 썼어요. 그 뒤만 base64로 풀어 쓰세요."),
    Fault.ONLY_BODY_SIGNED: _("본문만 서명했어요. ‘id.timestamp.본문’을 서명하세요."),
    Fault.ID_LEFT_OUT: _("서명할 글에서 id가 빠졌어요. ‘id.timestamp.본문’을 서명하세요."),
    Fault.TIMESTAMP_LEFT_OUT: _("서명할 글에서 timestamp가 빠졌어요. ‘id.timestamp.본문’을 서명하세요."),
    Fault.DOTS_LEFT_OUT: _("서명할 글에서 점이 빠졌어요. ‘id.timestamp.본문’을 서명하세요."),
    Fault.WRITTEN_AS_HEX: _("서명을 16진수로 적었어요. base64로 적으세요."),
    Fault.UNKNOWN: _("메시지는 맞지만, 계산한 서명이 왜 다른지 알 수 없어요. 라이브러리를 써 보세요."),
}


def endpoint_state(state: str) -> tuple[Promise, str, str]:
    """Return how it stands with an endpoint: the words, the color of the chip and its icon."""
    return ENDPOINT_STATES[state]


def delivery_state(state: str) -> tuple[Promise, str, str]:
    """Return what became of a message: the words, the color of the chip and its icon."""
    return DELIVERY_STATES[state]


def cause_name(cause: str) -> str:
    """Return why an endpoint's state changed."""
    return str(_CAUSES.get(cause, cause))


def failure_words(failure: str) -> str:
    """Return why a try was none, and what to do."""
    return str(_FAILURES.get(failure, failure))
