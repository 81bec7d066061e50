"""The door between the web server and the pages: no slow or huge request, and no crowd, gets further.

Clients are waited for in one event loop, where waiting costs nothing (the server speaks RSGI to us,
https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md). The pages are plain WSGI in a
few threads, each with its connections to the database. A body is taken in whole, within a time and a
size, before one of the few is asked for; and whoever waits two seconds for one is told to come again.
Tills and programs have a few to themselves, so that no long page of the back office keeps a till waiting.
Those are only two: what they do is short and mostly computing, and of more each would take longer.
"""

import asyncio
import contextlib
import io
import queue
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes

import structlog

from dangol.core.metrics import POOL_IN_USE, POOL_WAIT
from dangol.core.operations.balance import Place
from dangol.web.refused import BUSY, SLOW, TOO_LARGE, TRACKING, Refusal, answer, language_of

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
log = structlog.get_logger("dangol.web.intake")
# The client opens a new connection for its next request.
_LEAVE = ("connection", "close")


class Large(NamedTuple):
    """Bodies longer than all others: to one address, from those `admits` lets, asked before a byte is read.

    They go to a file in `folder` that has no name, and a few at once: nothing is left of one that broke off.
    """

    path: str
    admits: Callable[[Environ], bool]
    folder: Callable[[], Path]
    body_bytes: int
    body_seconds: float = 300.0
    at_once: int = 4


class Limits(NamedTuple):
    """How much, how long, and how many at once."""

    body_bytes: int
    body_seconds: float = 10.0
    queue_seconds: float = 2.0
    threads: int = 4
    # Addresses that begin so have threads of their own.
    quick: tuple[str, ...] = ()
    quick_threads: int = 2
    readers: int = 256
    # A client that takes nothing of a long answer for so long loses it.
    stalled_seconds: float = 30.0
    large: Large | None = None
    # Addresses that begin so take bodies of a length of their own.
    longer: tuple[str, int] = ("", 0)

    def most_at(self, path: str) -> int:
        """Return how many bytes a body sent to this address may have."""
        start, most = self.longer
        return max(most, self.body_bytes) if start and path.startswith(start) else self.body_bytes


class Transport(Protocol):
    """A long answer on its way."""

    async def send_bytes(self, data: bytes) -> None:
        """Send the next part."""


class Exchange(Protocol):
    """One request's body and answer, as RSGI has them."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the parts of the body as they come."""

    async def client_disconnect(self) -> None:
        """Come back when the client has left."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer at once."""

    def response_stream(self, status: int, headers: Headers) -> Transport:
        """Begin a long answer."""


class _Head(NamedTuple):
    status: int
    headers: Headers


class Intake:
    """An RSGI application around a WSGI one that enforces the limits."""

    def __init__(self, application: Application, limits: Limits, place: Place) -> None:
        self._application, self._limits, self._place = application, limits, place
        self._pages = ThreadPoolExecutor(limits.threads, thread_name_prefix="page")
        self._quick = ThreadPoolExecutor(limits.quick_threads, thread_name_prefix="quick")
        self._reading = self._reading_large = 0

    async def __rsgi__(self, scope: Any, exchange: Exchange) -> None:
        """Answer one request."""
        environ = make_environ(scope)
        try:
            await self._answer(environ, exchange)
        finally:
            environ["wsgi.input"].close()

    async def _answer(self, environ: Environ, exchange: Exchange) -> None:
        refusal = await self._take_body(environ, exchange)
        if refusal:
            _refuse(refusal, environ, exchange)
            return
        is_quick = environ["PATH_INFO"].startswith(self._limits.quick)
        self._place.count(is_quick)
        try:
            served = await self._wait_for(environ, is_quick=is_quick)
            leaves = is_quick and self._place.lets_one_go(at_once=self._limits.quick_threads)
        finally:
            self._place.count(-is_quick)
        if served is None:
            _refuse(BUSY, environ, exchange)
            return
        head, body = served
        if isinstance(body, bytes):
            headers = [*head.headers, _LEAVE] if leaves else head.headers
            exchange.response_bytes(head.status, headers, body)
        else:
            await _send(body, exchange.response_stream(head.status, head.headers), exchange)

    async def _wait_for(self, environ: Environ, *, is_quick: bool) -> "tuple[_Head, bytes | _Stream] | None":
        """Let a thread make the answer; None where none had the time to begin."""
        threads, pool = (self._quick, "quick") if is_quick else (self._pages, "pages")
        job = threads.submit(self._serve, environ, time.monotonic(), pool)
        waiting = asyncio.wrap_future(job)
        await asyncio.wait([waiting], timeout=self._limits.queue_seconds)
        if job.cancel():
            POOL_WAIT.observe(self._limits.queue_seconds)
            return None
        return await waiting

    async def _take_body(self, environ: Environ, exchange: Exchange) -> Refusal | None:
        """Put the whole body in the place of the stream, or say why not."""
        length = environ.get("CONTENT_LENGTH", "")
        if not length.strip("0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return None
        most = self._limits.most_at(environ["PATH_INFO"])
        is_long = not length.isdigit() or int(length) > most
        if is_long and (large := self._large_at(environ)) and await self._admit(large, environ):
            return await self._take_large(large, environ, exchange)
        if length.isascii() and length.isdigit() and is_long:
            return TOO_LARGE
        if self._reading >= self._limits.readers:
            return BUSY
        self._reading += 1
        try:
            body = io.BytesIO()
            return await self._take(environ, exchange, body, most, self._limits.body_seconds)
        finally:
            self._reading -= 1

    def _large_at(self, environ: Environ) -> Large | None:
        large = self._limits.large
        return large if large and environ["PATH_INFO"] == large.path else None

    async def _admit(self, large: Large, environ: Environ) -> bool:
        """Ask in a page's thread, where connections to the database are."""
        job = self._pages.submit(large.admits, environ)
        waiting = asyncio.wrap_future(job)
        await asyncio.wait([waiting], timeout=self._limits.queue_seconds)
        return not job.cancel() and await waiting

    async def _take_large(self, large: Large, environ: Environ, exchange: Exchange) -> Refusal | None:
        length = environ.get("CONTENT_LENGTH", "")
        if length.isascii() and length.isdigit() and int(length) > large.body_bytes:
            return TOO_LARGE
        if self._reading_large >= large.at_once:
            return BUSY
        self._reading_large += 1
        try:
            body = tempfile.TemporaryFile(dir=large.folder())  # noqa: SIM115 - closed when all is answered
            return await self._take(environ, exchange, body, large.body_bytes, large.body_seconds)
        finally:
            self._reading_large -= 1

    async def _take(
        self, environ: Environ, exchange: Exchange, body: IO[bytes], most: int, seconds: float
    ) -> Refusal | None:
        """Read a body into `body`; TOO_LARGE as soon as it is longer than `most`, SLOW after `seconds`."""
        size = 0
        try:
            async with asyncio.timeout(seconds):
                async for part in exchange:
                    size += len(part)
                    if size > most:
                        body.close()
                        return TOO_LARGE
                    body.write(part)
        except TimeoutError:
            body.close()
            return SLOW
        body.seek(0)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(size)
        return None

    def _serve(self, environ: Environ, asked: float, pool: str) -> "tuple[_Head, bytes | _Stream]":
        """Run in one of the threads: that is where the connections to the database are, to the very end."""
        POOL_WAIT.observe(time.monotonic() - asked)
        with POOL_IN_USE.labels(pool).track_inprogress():
            return self._run(environ)

    def _run(self, environ: Environ) -> "tuple[_Head, bytes | _Stream]":
        told: list[_Head] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> None:
            told[:] = [_Head(int(status[:3]), [(name.lower(), value) for name, value in headers])]

        response = self._application(environ, start)
        if not getattr(response, "streaming", True):
            try:
                return told[0], b"".join(response)
            finally:
                _close(response)
        stream = _Stream(self._limits.stalled_seconds)
        # It goes on as a piece of work of its own, for which the few threads take turns with other pages.
        self._pages.submit(stream.fill, response)
        return told[0], stream


class _Stream:
    """An answer that is made as it is taken: a page's thread fills it, the event loop empties it."""

    def __init__(self, stalled_seconds: float) -> None:
        self._parts: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
        self._stalled_seconds = stalled_seconds
        self._left = threading.Event()

    def fill(self, response: Iterable[bytes]) -> None:
        """Make the answer, unless whoever asked has left or has stood still for too long."""
        with POOL_IN_USE.labels("pages").track_inprogress():
            self._fill(response)

    def _fill(self, response: Iterable[bytes]) -> None:
        try:
            for part in response:
                if self._left.is_set():
                    return
                self._parts.put(part, timeout=self._stalled_seconds)
        except queue.Full:
            self._left.set()
        except Exception as error:
            log.error("page.broke_off", exc_info=error)
            self._left.set()
        finally:
            _close(response)
            with contextlib.suppress(queue.Full):
                self._parts.put(None, timeout=self._stalled_seconds)

    def take(self) -> bytes | None:
        """Return the next part; None after the last."""
        while True:
            try:
                return self._parts.get(timeout=1.0)
            except queue.Empty:
                if self._left.is_set():
                    return None

    def leave(self) -> None:
        """Say that nobody takes the rest."""
        self._left.set()
        with contextlib.suppress(queue.Empty):
            while True:
                self._parts.get_nowait()


async def _send(stream: _Stream, transport: Transport, exchange: Exchange) -> None:
    gone = asyncio.ensure_future(exchange.client_disconnect())
    gone.add_done_callback(lambda _gone: stream.leave())
    try:
        while (part := await asyncio.to_thread(stream.take)) is not None and not gone.done():
            await transport.send_bytes(part)
    finally:
        stream.leave()
        gone.cancel()


def make_environ(scope: Any) -> Environ:
    """Return a request as WSGI has it (PEP 3333). A header whose name has an underscore is left out.

    In an environment `X_Forwarded_For` and `X-Forwarded-For` are one name: anyone could write the former.
    """
    server, _colon, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.path).decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    return environ


def _close(response: Iterable[bytes]) -> None:
    close = getattr(response, "close", None)
    if close:
        close()


def _refuse(refusal: Refusal, environ: Environ, exchange: Exchange) -> None:
    path = environ["PATH_INFO"]
    # SDKs ask for no language, and their logs are read as English.
    unasked = "en" if path.startswith(TRACKING) else "ko"
    language = language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""), unasked=unasked)
    told = answer(refusal, path=path, language=language)
    headers = [(name.lower(), value) for name, value in told.headers.items()]
    # The rest of a body that nobody reads cannot be told from a next request: the connection ends here.
    exchange.response_bytes(told.status, [*headers, _LEAVE], told.body)
