"""The door between the web server and the pages: no slow or huge request, and no crowd, gets further.

The server has many threads, which cost nothing while they wait for a client. The pages have a few, each
with its connections to the database. A body is taken in whole, within a time and a size, before one of
the few is asked for; and whoever cannot have one within two seconds is told to come again.
"""

import io
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from http import HTTPStatus
from typing import Any, NamedTuple

from dangol.web.refused import BUSY, SLOW, TOO_LARGE, Refusal, answer, language_of

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
CHUNK = 64 * 1024


class Limits(NamedTuple):
    """How much, how long, and how many at once."""

    body_bytes: int
    body_seconds: float = 10.0
    queue_seconds: float = 2.0
    threads: int = 4
    readers: int = 64
    # A client that takes nothing of a long answer for so long loses it.
    stalled_seconds: float = 30.0


class TooLarge(Exception):
    """The body is longer than one may be."""


class _Head(NamedTuple):
    status: str
    headers: list[tuple[str, str]]


class Intake:
    """A WSGI application around another that enforces the limits."""

    def __init__(self, application: Application, limits: Limits) -> None:
        self._application, self._limits = application, limits
        self._pages = ThreadPoolExecutor(limits.threads, thread_name_prefix="page")
        self._readers = threading.BoundedSemaphore(limits.readers)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; what a page raises is the server's to tell."""
        refusal = self._take_body(environ)
        if refusal:
            return _refuse(refusal, environ, start_response)
        job = self._pages.submit(self._serve, environ)
        wait([job], timeout=self._limits.queue_seconds)
        if job.cancel():
            return _refuse(BUSY, environ, start_response)
        head, body = job.result()
        start_response(head.status, head.headers)
        return body

    def _serve(self, environ: Environ) -> tuple[_Head, "Iterable[bytes]"]:
        """Run in a page's thread: that is where its connections to the database are, to the very end."""
        told: list[_Head] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            told[:] = [_Head(status, headers)]

        response = self._application(environ, start)
        if not getattr(response, "streaming", True):
            try:
                return told[0], [b"".join(response)]
            finally:
                _close(response)
        stream = _Stream(self._limits.stalled_seconds)
        # It goes on as a piece of work of its own, which the few threads share with other pages.
        self._pages.submit(stream.fill, response)
        return told[0], stream

    def _take_body(self, environ: Environ) -> Refusal | None:
        """Put the whole body in the place of the stream, or say why not."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isascii() and length.isdigit() and int(length) > self._limits.body_bytes:
            return TOO_LARGE
        if not length.strip("0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return None
        if not self._readers.acquire(blocking=False):
            return BUSY
        reading: Future[bytes] = Future()
        arguments = (environ["wsgi.input"], reading)
        threading.Thread(target=self._read, args=arguments, name="body", daemon=True).start()
        try:
            body = reading.result(self._limits.body_seconds)
        except TimeoutError:
            return SLOW
        except TooLarge:
            return TOO_LARGE
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return None

    def _read(self, source: Any, reading: "Future[bytes]") -> None:
        parts: list[bytes] = []
        size = 0
        try:
            while part := source.read(CHUNK):
                parts.append(bytes(part))
                size += len(part)
                if size > self._limits.body_bytes:
                    raise TooLarge
            reading.set_result(b"".join(parts))
        except BaseException as error:
            reading.set_exception(error)
        finally:
            self._readers.release()


class _Stream:
    """An answer that is made as it is taken: a page's thread fills it, the server's thread empties it."""

    def __init__(self, stalled_seconds: float) -> None:
        self._parts: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=4)
        self._stalled_seconds = stalled_seconds
        self._left = threading.Event()

    def fill(self, response: Iterable[bytes]) -> None:
        """Make the answer, unless whoever asked has left or has stood still for too long."""
        try:
            for part in response:
                if self._left.is_set():
                    return
                self._parts.put(part, timeout=self._stalled_seconds)
            self._parts.put(None, timeout=self._stalled_seconds)
        except queue.Full:
            self._left.set()
        except BaseException as error:
            self._parts.put(error)
        finally:
            _close(response)

    def __iter__(self) -> Iterator[bytes]:
        while not self._left.is_set():
            try:
                part = self._parts.get(timeout=1.0)
            except queue.Empty:
                continue
            if part is None:
                return
            if isinstance(part, BaseException):
                raise part
            yield part

    def close(self) -> None:
        """Say that nobody takes the rest."""
        self._left.set()
        while not self._parts.empty():
            self._parts.get_nowait()


def _close(response: Iterable[bytes]) -> None:
    close = getattr(response, "close", None)
    if close:
        close()


def _refuse(refusal: Refusal, environ: Environ, start_response: StartResponse) -> list[bytes]:
    language = language_of(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    told = answer(refusal, path=environ.get("PATH_INFO", ""), language=language)
    phrase = HTTPStatus(told.status).phrase
    # The rest of a body that nobody reads cannot be told from a next request: the connection ends here.
    start_response(f"{told.status} {phrase}", [*told.headers.items(), ("Connection", "close")])
    return [told.body]
