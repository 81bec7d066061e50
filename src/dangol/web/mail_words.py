"""What a mail server, or the way to it, said no to: in words, with what to look at."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

_KINDS: Mapping[str, Promise] = {
    "sign_in_refused": lazy(
        "메일 서버가 계정이나 비밀번호를 받아 주지 않았어요. 앱 비밀번호가 따로 필요한 곳도 있어요."
    ),
    "no_tls_or_sign_in": lazy(
        "메일 서버가 STARTTLS나 로그인을 할 줄 몰라요. 암호화 방식과 포트를 바꿔 보세요."
    ),
    "certificate": lazy(
        "메일 서버의 인증서를 믿을 수 없어요. 서버 이름이 인증서의 이름과 같은지 확인하세요."
    ),
    "tls": lazy("암호화를 시작하지 못했어요. 465에는 TLS를, 587에는 STARTTLS를 골랐는지 확인하세요."),
    "timeout": lazy("메일 서버가 15초 안에 답하지 않았어요. 주소와 포트, 방화벽을 확인하세요."),
    "connection_refused": lazy("그 포트에서 듣는 메일 서버가 없어요. 주소와 포트를 확인하세요."),
    "unreachable": lazy("메일 서버를 찾지 못했어요. 주소를 확인하세요."),
    "disconnected": lazy("메일 서버가 말을 하다가 끊었어요. 암호화 방식과 포트를 확인하고 다시 보내 보세요."),
    "not_now": lazy("메일 서버가 지금은 받지 않아요. 잠시 뒤 다시 보내 보세요."),
    "cannot_be_written": lazy("주소나 가게 이름에 메일에 쓸 수 없는 글자가 있어요."),
    "address_not_ascii": lazy("메일 서버가 한글 같은 글자가 있는 주소를 받지 못해요."),
    "no_server": lazy("메일 서버를 아직 정하지 않았어요."),
    "vanished": lazy("보내던 중에 멈췄어요. 다시 보내 보세요."),
    "too_late": lazy("보내기 전에 시간이 지났어요."),
}
_TLS: Mapping[str, Promise | str] = {
    "starttls": "STARTTLS",
    "implicit": "TLS",
    "none": lazy("없음(이 컴퓨터의 서버만)"),
}
_STEPS: Mapping[str, Promise] = {
    "mail": lazy("보내는 주소"),
    "rcpt": lazy("받는 주소"),
    "data": lazy("내용"),
}


def failure_in_words(error: str) -> str:
    """Return what a kind of failure (`timeout`, `rcpt_550`) means, and what to look at."""
    if error in _KINDS:
        return str(_KINDS[error])
    step, _sign, code = error.partition("_")
    if step not in _STEPS or not code.isdigit():
        return _("보내지 못했어요(%(error)s).") % {"error": error}
    told = {"step": _STEPS[step], "code": code}
    if int(code) >= 500:
        return _("메일 서버가 거절했어요: %(step)s (%(code)s). 주소를 확인하세요.") % told
    return _("메일 서버가 지금은 받지 않아요: %(step)s (%(code)s). 잠시 뒤 다시 보내 보세요.") % told


def tls_name(tls: str) -> str:
    """Return how what is said to a mail server is kept secret."""
    return str(_TLS.get(tls, tls))
