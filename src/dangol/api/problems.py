"""Problems: every refusal as `application/problem+json` (RFC 9457), with a code that never changes.

`code` is for programs, `message` for people in Korean and in English, `param` names the field that is wrong,
and `data` holds the facts the refusal was decided on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec
from django.http import HttpResponse
from django.utils.translation import get_language, override

from dangol.core.access.keys import KeyExpired, KeyRevoked, MissingRight, UnknownKey
from dangol.core.access.members.paces import TooOften
from dangol.core.people.refused_values import RefusedValue
from dangol.core.refusals import explain
from dangol.domain.conditions import BrokenCondition
from dangol.domain.errors import DomainError, Malformed, NotFound

LANGUAGES = ("ko", "en")
MEDIA_TYPE = "application/problem+json"
_encoder = msgspec.json.Encoder()


class ApiRefusal(DomainError):
    """The family of refusals that are the API's own; each knows its status."""

    status: ClassVar[int] = 400

    def headers(self) -> Mapping[str, str]:
        """Return what is to be said beside the problem itself."""
        return {}


class Fault(NamedTuple):
    """One field that is wrong: where it stands, and why, in both languages."""

    param: str
    code: str
    message: dict[str, str]


_STATUSES: Sequence[tuple[type[DomainError], int]] = (
    (UnknownKey, 401),
    (KeyExpired, 401),
    (KeyRevoked, 401),
    (MissingRight, 403),
    (NotFound, 404),
    (Malformed, 400),
    (RefusedValue, 422),
)


def status_of(refusal: DomainError) -> int:
    """Return the HTTP status of a refusal: 409 for whatever the state of things forbids."""
    if isinstance(refusal, ApiRefusal):
        return refusal.status
    if isinstance(refusal, TooOften):
        return 429
    if refusal.retryable:
        return 503
    return next((status for kind, status in _STATUSES if isinstance(refusal, kind)), 409)


def problem_of(refusal: DomainError, *, request_id: str, faults: Sequence[Fault] = ()) -> HttpResponse:
    """Return a refusal as a response."""
    status = status_of(refusal)
    headers = dict(refusal.headers()) if isinstance(refusal, ApiRefusal) else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="dangol"'
    if status == 429:
        headers.setdefault("Retry-After", str(refusal.data.get("seconds", 1)))
    if status == 503:
        headers.setdefault("Retry-After", "1")
    param = refusal.data.get("field") or (faults[0].param if faults else None)
    if isinstance(refusal, BrokenCondition):
        param = refusal.path
    body = problem_body(
        refusal.code, status, _messages(refusal), request_id=request_id, param=param, data=refusal.data
    )
    if faults:
        body["errors"] = [fault._asdict() for fault in faults]
    return HttpResponse(_encoder.encode(body), status=status, content_type=MEDIA_TYPE, headers=headers)


def problem_body(
    code: str,
    status: int,
    message: dict[str, str],
    *,
    request_id: str,
    param: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a problem's members; `title` and `detail` are in the language of the request."""
    chosen = "ko" if (get_language() or "").startswith("ko") else "en"
    sentence = message[chosen]
    return {
        "type": f"/api/problems/{code}",
        "title": sentence,
        "status": status,
        "detail": sentence,
        "code": code,
        "param": param,
        "message": message,
        "data": dict(data or {}),
        "request_id": request_id,
    }


def _messages(refusal: DomainError) -> dict[str, str]:
    messages = {}
    for language in LANGUAGES:
        with override(language):
            messages[language] = " ".join(filter(None, explain(refusal)))
    return messages
