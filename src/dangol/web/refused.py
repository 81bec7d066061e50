"""Answers to what cannot be served just now: what happened, that nothing was kept, when to ask again."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

from dangol.core.metrics import HTTP_REFUSED
from dangol.core.storage.faults import RETRY_AFTER, Fault

API = "/api/"
# Where events of sites and apps come in: their clients read JSON, too, and know no 413.
TRACKING = "/v1/"


class Refusal(NamedTuple):
    """A refusal before or instead of a page: its stable code, its status, and its words."""

    code: str
    status: int
    title: str | Promise
    words: str | Promise
    retry_after: int | None = None


class Answer(NamedTuple):
    """What is sent back, of whatever server."""

    status: int
    headers: Mapping[str, str]
    body: bytes


TOO_LARGE = Refusal(
    "request.too_large", 413, _("보낸 내용이 너무 커요"),
    _("보낸 내용은 저장하지 않았어요. 큰 파일은 `dangol import`로 가져오세요."),
)  # fmt: skip
SLOW = Refusal(
    "request.slow", 408, _("보낸 내용이 다 오지 않았어요"),
    _("보낸 내용은 저장하지 않았어요. 연결을 확인하고 다시 보내 주세요."),
)  # fmt: skip
BUSY = Refusal(
    "storage.busy", 503, _("지금은 요청이 많아요"),
    _("보낸 내용은 저장하지 않았어요. 잠시 뒤 다시 해 보세요."), RETRY_AFTER[Fault.BUSY],
)  # fmt: skip
OF_FAULT: Mapping[Fault, Refusal] = {
    Fault.BUSY: BUSY,
    Fault.DISK: Refusal(
        "storage.disk", 503, _("저장할 자리가 없어요"),
        _("보낸 내용은 저장하지 않았어요. 디스크를 비우면 그대로 이어서 할 수 있어요."),
        RETRY_AFTER[Fault.DISK],
    ),
    Fault.DATABASE: Refusal(
        "storage.database", 503, _("데이터베이스가 답하지 않아요"),
        _("보낸 내용은 저장하지 않았어요. 돈과 포인트는 그대로예요. 잠시 뒤 다시 해 보세요."),
        RETRY_AFTER[Fault.DATABASE],
    ),
}  # fmt: skip
READ_ONLY = Refusal(
    "instance.read_only", 503, _("지금은 보기만 할 수 있어요"),
    _("보낸 내용은 저장하지 않았어요. 페이지 위의 알림이 까닭을 알려 줘요."),
)  # fmt: skip
KEYS_GONE = Refusal(
    "keys.store_gone", 503, _("지금은 찾을 수 없어요"),
    _("키 저장소가 없어서 이름과 번호로 찾을 수 없어요. 포인트와 주문은 볼 수 있어요."),
)  # fmt: skip

KEY_MISSING = Refusal(
    "keys.person_key_missing", 503, _("이 회원의 키가 지금 없어요"),
    _("바뀐 것은 없어요. 포인트와 구매 내역은 그대로예요. 키 저장소를 백업에서 되돌리면 다시 할 수 있어요:"
      " dangol restore --keys"),
)  # fmt: skip


def language_of(accepted: str, *, unasked: str = "ko") -> str:
    """Return a reader's language by the `Accept-Language` header, of Korean and English the first.

    Where neither is asked for, `unasked`.
    """
    spoken = (name.partition("-")[0] for name, _weight in parse_accept_lang_header(accepted.lower()))
    return next((one for one in spoken if one in ("ko", "en")), unasked)


def answer(refusal: Refusal, *, path: str, language: str, request_id: str = "") -> Answer:
    """Return the refusal as the API's problem (RFC 9457) or as a page, in the reader's language."""
    HTTP_REFUSED.labels(refusal.code.partition(".")[2]).inc()
    headers = {"Cache-Control": "no-store"}
    if path.startswith(TRACKING):
        return _for_tracking(refusal, headers, language)
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    with translation.override(language):
        if path.startswith(API):
            headers["Content-Type"] = "application/problem+json"
            return Answer(refusal.status, headers, _problem(refusal, request_id))
        context = {
            "status": refusal.status, "title": refusal.title, "words": refusal.words, "home": False,
            "code": "",
        }  # fmt: skip
        headers["Content-Type"] = "text/html; charset=utf-8"
        return Answer(refusal.status, headers, render_to_string("web/errors/base.html", context).encode())


def _for_tracking(refusal: Refusal, headers: dict[str, str], language: str) -> Answer:
    """Answer as Segment does: a JSON object with `code` and `message`, which its clients and others read."""
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    headers |= {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    with translation.override(language):
        told = {"code": refusal.code, "message": str(refusal.words)}
    status = 400 if refusal is TOO_LARGE else refusal.status
    return Answer(status, headers, json.dumps(told, ensure_ascii=False).encode())


def _problem(refusal: Refusal, request_id: str) -> bytes:
    told = {
        "type": "about:blank", "title": str(refusal.title), "status": refusal.status, "code": refusal.code,
        "message": str(refusal.words), "request_id": request_id,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()
