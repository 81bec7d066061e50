"""Once: a request that is sent again, by a till that did not hear the answer, changes nothing again.

The row of the key, the effect and the answer are one commit. The key is taken first, so a second request
waits on it; a refusal by a rule undoes the effect and is kept as the answer; what broke is not kept, and the
retry runs anew. The same key with another request is refused. An answer that holds a secret is kept sealed
under the caller's own key, of which the house has a hash only.
"""

import re
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, NamedTuple, ParamSpec

import msgspec
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from psycopg.errors import LockNotAvailable

from dangol.api.caller import Caller, caller_of, secret_of
from dangol.api.models import Answer
from dangol.api.problems import MEDIA_TYPE as PROBLEM, problem_of
from dangol.api.refused import InFlight, KeyMissing, KeyTooLong, NotJson, OtherRequest
from dangol.api.replies import MEDIA_TYPE, Reply
from dangol.api.sealed_answers import is_sealed, open_answer, seal_answer
from dangol.core.metrics import IDEMPOTENCY_CONFLICTS, IDEMPOTENCY_REPLAYS
from dangol.core.storage.gathering import gathered
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing, select_matching, update_rows
from dangol.core.storage.transactions import try_out, write_transaction
from dangol.domain.errors import DomainError

P = ParamSpec("P")
HEADER, REPLAYED, DRY_RUN = "Idempotency-Key", "Idempotent-Replayed", "dry_run"
_NAME = re.compile(r"[\x21-\x7e]{1,255}")
_KEY = ("key_id", "name")
_encoder = msgspec.json.Encoder(order="sorted")


def effect_key(request: HttpRequest) -> str:
    """Return what names a request's effect for good: who asks, and their own name for it."""
    caller = caller_of(request)
    name = request.headers.get(HEADER, caller.request_id)
    return f"api:{sha256(caller.key.id + name.encode()).hexdigest()[:32]}"


def form_of(request: HttpRequest) -> Id:
    """Return the id of the request for approval that this request is, however often it is sent."""
    caller = caller_of(request)
    name = request.headers.get(HEADER, caller.request_id)
    return sha256(b"by-hand" + caller.key.id + name.encode()).digest()[:16]


class _Asked(NamedTuple):
    """A request by its key, and by what else makes it that request."""

    caller: Caller
    name: str
    digest: bytes
    # What opens a kept answer that holds a secret: only whoever was given it has this.
    secret: str

    @property
    def key(self) -> tuple[bytes, str]:
        return self.caller.key.id, self.name

    @property
    def bound(self) -> bytes:
        """Whose answer it is, and to what."""
        return self.caller.key.id + self.digest


def once(operation: Callable[P, Reply]) -> Callable[P, HttpResponse]:
    """Let the operation below write, in one transaction, once for each Idempotency-Key.

    A POST needs one; with `?dry_run=true` everything is done and taken back.
    """

    @wraps(operation)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = args[0]
        assert isinstance(request, HttpRequest)
        return _answer_once(request, lambda: operation(*args, **kwargs))

    return answered


def is_repeat(request: HttpRequest) -> bool:
    """Say whether a request with this key has been answered before: what is done about it is done already."""
    name = request.headers.get(HEADER)
    if name is None or not _NAME.fullmatch(name):
        return False
    return Answer.objects.filter(key_id=caller_of(request).key.id, name=name).exists()


def _answer_once(request: HttpRequest, act: Callable[[], Reply]) -> HttpResponse:
    if request.GET.get(DRY_RUN) in ("true", "1"):
        return _run_dry(act)
    name = request.headers.get(HEADER)
    if name is None:
        if request.method == "POST":
            raise KeyMissing()
        with write_transaction():
            return act().respond()
    if not _NAME.fullmatch(name):
        raise KeyTooLong()
    asked = _Asked(caller_of(request), name, _digest(request), secret_of(request))
    try:
        return _carry_out(asked, act)
    except DomainError as refusal:
        response = problem_of(refusal, request_id=asked.caller.request_id)
        if response.status_code >= 500 or isinstance(refusal, InFlight | OtherRequest):
            raise
        return _keep_refusal(asked, response)


def _carry_out(asked: _Asked, act: Callable[[], Reply]) -> HttpResponse:
    with write_transaction(), gathered():
        if not _take(asked):
            return _replay(asked)
        reply = act()
        response = reply.respond()
        if reply.holds_secret:
            sealed = seal_answer(response.content, secret=asked.secret, bound_to=asked.bound)
            _keep(asked, response.status_code, sealed)
        else:
            _keep(asked, response.status_code, response.content)
    return response


def _take(asked: _Asked) -> bool:
    """Take the key; False where it is taken, once whoever has it has committed. Raises InFlight."""
    row = (*asked.key, asked.digest, asked.caller.at)
    try:
        return insert_missing(Answer, (*_KEY, "request_hash", "asked_at"), [row]) == 1
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise InFlight() from None
        raise


def _keep(asked: _Asked, status: int, body: bytes) -> None:
    update_rows(Answer, _KEY, ("status", "body"), [(*asked.key, status, body)])


def _replay(asked: _Asked) -> HttpResponse:
    rows = select_matching(Answer, ("request_hash", "status", "body"), _KEY, [asked.key])
    digest, status, body = rows[0]
    if bytes(digest) != asked.digest:
        IDEMPOTENCY_CONFLICTS.inc()
        raise OtherRequest()
    IDEMPOTENCY_REPLAYS.inc()
    kind = MEDIA_TYPE if status < 400 else PROBLEM
    body = bytes(body)
    if is_sealed(body):
        body = open_answer(body, secret=asked.secret, bound_to=asked.bound)
    return HttpResponse(body, status=status, content_type=kind, headers={REPLAYED: "true"})


def _keep_refusal(asked: _Asked, response: HttpResponse) -> HttpResponse:
    """Keep a refusal as the answer; its effects have been taken back. Somebody may have been faster."""
    with write_transaction():
        if not _take(asked):
            return _replay(asked)
        _keep(asked, response.status_code, response.content)
    return response


def _run_dry(act: Callable[[], Reply]) -> HttpResponse:
    response = try_out(act).respond()
    response.headers["Dangol-Dry-Run"] = "true"
    return response


def _digest(request: HttpRequest) -> bytes:
    """Return what makes this the same request again: method, address and the body however it is written."""
    try:
        body: Any = msgspec.json.decode(request.body) if request.body else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotJson() from None
    return sha256(_encoder.encode([request.method, request.get_full_path(), body])).digest()
