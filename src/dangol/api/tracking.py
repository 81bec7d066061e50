"""Segment's HTTP tracking API, `/v1/…`: events of sites and apps, with the clients they have already.

A door of its own, since its clients know neither our problems nor our headers: success is exactly 200 with a
JSON object, a refusal a JSON object with `code` and `message`. Whoever sends more than the limits is refused
as a whole; single events that do not fit are kept, with their problem. Sent again, an event changes nothing.
"""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from dangol.api import limits
from dangol.api.problems import ApiRefusal, status_of
from dangol.api.refused import Failed, NotNow, ReadOnly, WrongMethod
from dangol.api.senders import sender_of
from dangol.connectors.segment.bodies import KINDS, RUDDER_BYTES, Body, read_body, unpack
from dangol.connectors.segment.calls import read_calls
from dangol.connectors.segment.errors import BatchTooLarge
from dangol.core.access.keys import KeyView, UnknownKey, open_key
from dangol.core.access.rights import Right
from dangol.core.behavior.services import take_in_messages
from dangol.core.events.settling import keep_up
from dangol.core.refusals import explain
from dangol.core.storage.faults import RETRY_AFTER, classify
from dangol.core.storage.ids import new_id, show_id
from dangol.core.storage.spaces import LIVE
from dangol.domain.errors import DomainError
from dangol.project.clock import now, space_at_its_time

logger = logging.getLogger(__name__)
PREFIX = "/v1/"
_DONE = b'{"success":true}'
# Sites send from the reader's browser, which asks first. A write key is no secret there.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
Respond = Callable[[HttpRequest], HttpResponseBase]


class TrackingDoor:
    """Answers the tracking API, and leaves everything else to who comes after."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        # For the log and the meters, which know views only; never what was sent.
        request.META["dangol.route"] = f"tracking:{KINDS.get(_action(request), 'unknown')}"
        with translation.override(_language(request.headers.get("Accept-Language", ""))):
            response = answer(request)
        for name, value in (_HEADERS | _CORS).items():
            response.headers.setdefault(name, value)
        return response


def _language(accepted: str) -> str:
    """Return in what refusals are said: SDKs ask for no language, and their logs are read as English."""
    spoken = (name.partition("-")[0] for name, _weight in parse_accept_lang_header(accepted.lower()))
    return next((one for one in spoken if one in ("ko", "en")), "en")


def answer(request: HttpRequest) -> HttpResponse:
    """Answer a request to the tracking API, whatever happens."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    request_id = str(request.META.get("dangol.request_id") or show_id(new_id()))
    try:
        return _take(request, request_id)
    except DomainError as refusal:
        return _refuse(refusal)
    except Exception as error:
        if fault := classify(error):
            return _refuse(NotNow(again_in=RETRY_AFTER[fault], why=str(fault)))
        logger.exception("request %s failed", request_id)
        return _refuse(Failed())


def _take(request: HttpRequest, request_id: str) -> HttpResponse:
    if request.method != "POST":
        raise WrongMethod(method=request.method, allowed="POST")
    if settings.READ_ONLY:
        raise ReadOnly(why=settings.READ_ONLY)
    key, body = limits.guard_guesses(request, lambda: _open(request))
    left = limits.take_turn(key.id)
    key.require(Right.EVENTS_WRITE)
    with space_at_its_time(key.space):
        messages = read_calls(body.calls, body.sent_at)
        take_in_messages(messages, sender=sender_of(request, key, request_id), received_at=now())
        if key.space != LIVE:
            keep_up(clock=now)
    return HttpResponse(_DONE, content_type="application/json", headers=left.headers)


def _open(request: HttpRequest) -> tuple[KeyView, Body]:
    """Return the key of a request and its calls. Raises UnknownKey, before it reads the body if it can."""
    given = _given_keys(request)
    if not given and not request.META.get("CONTENT_LENGTH", "0").strip("0"):
        raise UnknownKey()
    key = open_key(given[0], at=datetime.now(UTC)) if given else None
    body = read_body(_action(request), _unpacked(request))
    return key or open_key(body.write_key or _bearer(request), at=datetime.now(UTC)), body


def _action(request: HttpRequest) -> str:
    return request.path_info.removeprefix(PREFIX).rstrip("/")


def _given_keys(request: HttpRequest) -> list[str]:
    """Return the write key of Basic authentication: the user, without a password."""
    scheme, _space, told = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return []
    try:
        user = base64.b64decode(told.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise UnknownKey() from None
    return [user] if user else []


def _bearer(request: HttpRequest) -> str:
    scheme, _space, told = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not told.strip():
        raise UnknownKey()
    return told.strip()


def _unpacked(request: HttpRequest) -> bytes:
    # Not `request.body`, which holds every address to one limit.
    raw = request.read(RUDDER_BYTES + 1)
    if len(raw) > RUDDER_BYTES:
        raise BatchTooLarge(most=RUDDER_BYTES)
    return unpack(raw, request.headers.get("Content-Encoding", ""))


def _words(refusal: DomainError) -> tuple[str, str]:
    """Return what is wrong and what to do; a key goes another way here than in the API."""
    sentence, remedy = explain(refusal)
    if isinstance(refusal, UnknownKey):
        remedy = _(
            "쓰기 키를 Basic 인증의 사용자로, 비밀번호 없이 보내세요. SDK에서는 writeKey에 넣으면 돼요."
        )
    return sentence, remedy


def _refuse(refusal: DomainError) -> HttpResponse:
    """Return a refusal as these clients read it, with when to come again."""
    status = status_of(refusal)
    headers: Mapping[str, str] = refusal.headers() if isinstance(refusal, ApiRefusal) else {}
    response = HttpResponse(
        msgspec.json.encode({"code": refusal.code, "message": " ".join(filter(None, _words(refusal)))}),
        status=status, content_type="application/json", headers=dict(headers),
    )  # fmt: skip
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="dangol"'
    if status in (429, 503):
        response.headers.setdefault("Retry-After", "1")
    if status == 429:
        response.headers["X-RateLimit-Reset"] = response.headers["Retry-After"]
    return response
