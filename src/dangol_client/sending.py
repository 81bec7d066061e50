"""Sending: each request until it is answered or the time is up, and each write once however often it is sent.

A write is named by its Idempotency-Key before it leaves for the first time, so whichever try was heard, the
others are answered by what that one did.
"""

import random
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
import msgspec

from dangol_client.errors import (
    DangolError,
    NotFound,
    Problem,
    Refused,
    Unavailable,
    Unreadable,
    may_go_again,
    read_problem,
)

T = TypeVar("T")
A = TypeVar("A")
ACCEPTED = 202
KEY, CLOCK = "Idempotency-Key", "Dangol-Clock"
_NAME = re.compile(r"[\x21-\x7e]{1,255}")
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call goes on: `total_seconds` with all its tries, `try_seconds` waiting within one.

    Between tries it rests for a random part of a span that begins with `first_pause_seconds`, doubles and
    ends at `longest_pause_seconds` (full jitter: Marc Brooker, "Exponential Backoff And Jitter", 2015), but
    never for less than the answer's Retry-After.
    """

    total_seconds: float = 60.0
    try_seconds: float = 10.0
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 5.0

    def pause(self, tries: int) -> float:
        """Return how long to rest after so many tries."""
        span = self.first_pause_seconds * 2.0 ** min(tries - 1, 20)
        return random.random() * min(span, self.longest_pause_seconds)


class Sending(TypedDict, total=False):
    """How a write is sent: under a key of the caller's own, or only tried out (`dry_run`)."""

    idempotency_key: str
    dry_run: bool


class _Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def key(self) -> str | None:
        return self.headers.get(KEY)


class _Reply(NamedTuple):
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def retry_after(self) -> float:
        """Seconds the shop asks to wait; 0 where it does not say."""
        told = self.headers.get("Retry-After", "")
        if told.isdigit():
            return float(told)
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
        except (TypeError, ValueError):
            return 0.0


class _TooSlow(httpx.TimeoutException):
    """The answer had not ended when the time was up."""


def new_key() -> str:
    """Return a key for a write. A till stores it beside what it is about to send."""
    return str(uuid4())


def place(template: str, **names: str) -> str:
    """Return an address with names of members, orders and others put into it; raises ValueError."""
    for name, value in names.items():
        if value in ("", ".", "..") or "/" in value:
            raise ValueError(f"{name} is empty, has a slash or is only dots: no address can carry it")
    return template.format_map({name: quote(value, safe=":") for name, value in names.items()})


class Wire:
    """Sends what the resources ask, and decodes what comes back."""

    def __init__(
        self, http: httpx.Client, address: str, headers: Mapping[str, str], patience: Patience
    ) -> None:
        self.http, self.address, self.headers, self.patience = http, address, headers, patience

    def read(self, path: str, kind: type[T], query: Mapping[str, Any] | None = None) -> T:
        """Ask for what is at a path."""
        asked = {name: str(value) for name, value in (query or {}).items() if value is not None}
        return self._decoded(_Request("GET", path, asked, self.headers, None), kind)

    def pages(self, path: str, kind: type[T], query: Mapping[str, Any]) -> Iterator[T]:
        """Go through a list, page by page, as far as the reader does."""
        page_of: Any = _Page
        cursor: str | None = None
        while True:
            page = self.read(path, page_of[kind], {**query, "cursor": cursor})
            yield from page.data
            cursor = page.next_cursor
            if cursor is None:
                return

    def write(self, path: str, body: Any, kind: type[T], sending: Sending, *, method: str = "POST") -> T:
        """Send a write until it is answered. Fields that are None are left out of its body.

        Raises Refused, Unavailable, Unreadable, or ValueError for a key that could not be one.
        """
        return self._decoded(self._writing(path, body, sending, method), kind)

    def write_or(
        self,
        path: str,
        body: Any,
        kind: type[T],
        later: type[A],
        sending: Sending,
        *,
        method: str = "POST",
    ) -> T | A:
        """As `write`, but for what may be put off: a 202 answers with `later`."""
        request = self._writing(path, body, sending, method)
        reply = self._send(request)
        if reply.status == ACCEPTED:
            return _decode(request, reply, later)
        return _decode(request, reply, kind)

    def tell(self, path: str, body: Any, kind: type[T], *, content_type: str) -> T:
        """Send what names itself, without a key, until it is answered."""
        headers = {**self.headers, "Content-Type": content_type}
        return self._decoded(_Request("POST", path, {}, headers, _encoder.encode(body)), kind)

    def _writing(self, path: str, body: Any, sending: Sending, method: str) -> _Request:
        key = sending.get("idempotency_key", None)
        key = new_key() if key is None else key
        if not _NAME.fullmatch(key):
            raise ValueError("idempotency_key: 1 to 255 visible ASCII signs without a space")
        given = (
            {name: value for name, value in body.items() if value is not None} if body is not None else None
        )
        headers = {**self.headers, KEY: key, "Content-Type": "application/json"}
        query = {"dry_run": "true"} if sending.get("dry_run") else {}
        content = None if given is None else _encoder.encode(given)
        return _Request(method, path, query, headers, content)

    def _decoded(self, request: _Request, kind: type[T]) -> T:
        return _decode(request, self._send(request), kind)

    def _send(self, request: _Request) -> _Reply:
        ends_at, tries = time.monotonic() + self.patience.total_seconds, 0
        heard: DangolError | None = None
        while True:
            tries += 1
            cause, asked_to_wait = None, 0.0
            try:
                reply = self._try(request, ends_at)
            except httpx.RequestError as error:
                # A last try that patience has cut short says less than an answer heard before it.
                is_cut = time.monotonic() >= ends_at
                trouble = (heard if is_cut else None) or _unreached(request, error)
                cause = error
            else:
                if 200 <= reply.status < 300:
                    return reply
                trouble = heard = _refusal(request, reply)
                if not isinstance(trouble, Unavailable):
                    raise trouble
                asked_to_wait = reply.retry_after
            pause = max(asked_to_wait, self.patience.pause(tries))
            if time.monotonic() + pause >= ends_at:
                raise trouble from cause
            time.sleep(pause)

    def _try(self, request: _Request, ends_at: float) -> _Reply:
        """Send it once, and read the whole answer before `ends_at`."""
        left = max(0.001, ends_at - time.monotonic())
        with self.http.stream(
            request.method, f"{self.address}{request.path}", params=request.query, headers=request.headers,
            content=request.body, timeout=min(left, self.patience.try_seconds),
        ) as response:  # fmt: skip
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() > ends_at:
                    raise _TooSlow("the answer did not end in time", request=response.request)
            return _Reply(response.status_code, response.headers, bytes(body))


class _Page(msgspec.Struct, Generic[T], frozen=True):
    data: list[T]
    next_cursor: str | None = None


def _decode(request: _Request, reply: _Reply, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = Problem("client.unreadable", str(error), request_id=_name(reply))
        raise Unreadable(problem, status=reply.status, idempotency_key=request.key) from error


def _refusal(request: _Request, reply: _Reply) -> DangolError:
    problem = read_problem(reply.status, reply.body, _name(reply))
    kind: type[DangolError] = Refused
    if may_go_again(reply.status, problem.code):
        kind = Unavailable
    elif reply.status == 404:
        kind = NotFound
    return kind(problem, status=reply.status, idempotency_key=request.key)


def _unreached(request: _Request, error: httpx.RequestError) -> Unavailable:
    problem = Problem("client.unreachable", f"No answer: {type(error).__name__} {error}".rstrip())
    return Unavailable(problem, idempotency_key=request.key)


def _name(reply: _Reply) -> str:
    return str(reply.headers.get("X-Request-Id", ""))
