"""The door: what is too large, too slow or too much is refused in time, and the rest goes through whole."""

import io
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from dangol.web.intake import Intake, Limits

LIMITS = Limits(
    body_bytes=1000, body_seconds=0.3, queue_seconds=0.3, threads=2, readers=3, stalled_seconds=1.0
)


class Closing(list[bytes]):
    """An answer that is whole, as Django's are."""

    streaming = False


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("X-Thread", threading.current_thread().name)])
    return Closing([environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH") else b"nothing"])


class Asked:
    """What one request was answered."""

    def __init__(self, intake: Intake, body: Any = b"", **given: Any) -> None:
        source = io.BytesIO(body) if isinstance(body, bytes) else body
        environ = {"PATH_INFO": "/x", "wsgi.input": source, **given}
        if isinstance(body, bytes) and body and "HTTP_TRANSFER_ENCODING" not in given:
            environ.setdefault("CONTENT_LENGTH", str(len(body)))
        self.status, self.headers = "", dict[str, str]()
        self.stream = intake(environ, self._start)

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status[:3], dict(headers)

    @property
    def body(self) -> bytes:
        return b"".join(self.stream)


class Never:
    """A client that sends a little and then nothing more."""

    def __init__(self) -> None:
        self.left = threading.Event()

    def read(self, size: int) -> bytes:
        self.left.wait(20)
        return b""


def test_intake__body_within_the_limits__arrives_whole_in_a_page_s_thread() -> None:
    asked = Asked(Intake(echo, LIMITS), b"x" * 1000)

    assert (asked.status, asked.body) == ("200", b"x" * 1000)
    assert asked.headers["X-Thread"].startswith("page")


def test_intake__no_body__is_not_waited_for() -> None:
    assert Asked(Intake(echo, LIMITS), Never()).body == b"nothing"


@pytest.mark.parametrize(
    "given", [{"CONTENT_LENGTH": "1001"}, {"HTTP_TRANSFER_ENCODING": "chunked"}, {"CONTENT_LENGTH": "9" * 30}]
)
def test_intake__body_too_large__is_413_however_it_is_announced(given: dict[str, str]) -> None:
    asked = Asked(Intake(echo, LIMITS), b"x" * 1001, **given)

    assert asked.status == "413"
    assert asked.headers["Connection"] == "close"


def test_intake__api_and_page__are_each_refused_in_their_form_and_language() -> None:
    api = Asked(Intake(echo, LIMITS), b"x" * 1001, PATH_INFO="/api/v1/orders", HTTP_ACCEPT_LANGUAGE="en")
    page = Asked(Intake(echo, LIMITS), b"x" * 1001, HTTP_ACCEPT_LANGUAGE="ko-KR,ko;q=0.9")

    assert api.headers["Content-Type"] == "application/problem+json"
    assert b'"code": "request.too_large"' in api.body
    assert "That was too much at once" in api.body.decode()
    assert "보낸 내용이 너무 커요" in page.body.decode()


def test_intake__client_too_slow__is_408_and_others_are_served_meanwhile() -> None:
    intake, slow = Intake(echo, LIMITS), [Never() for _ in range(3)]
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda one=one: answers.append(Asked(intake, one, CONTENT_LENGTH="5").status))
        for one in slow
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)

    assert Asked(intake).status == "200"
    assert Asked(intake, b"abc").status == "503"  # all who wait for bodies are waiting
    for thread in threads:
        thread.join(5)
    assert answers == ["408"] * 3
    for one in slow:
        one.left.set()
    time.sleep(0.2)
    assert Asked(intake, b"abc").body == b"abc"


def test_intake__all_pages_taken__is_503_with_retry_after_and_recovers_at_once() -> None:
    release = threading.Event()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        release.wait(20)
        return echo(environ, start)

    intake = Intake(slow, LIMITS)
    taken: list[str] = []
    threads = [threading.Thread(target=lambda: taken.append(Asked(intake).status)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)

    began = time.monotonic()
    refused = Asked(intake)

    assert time.monotonic() - began < 1
    assert (refused.status, refused.headers["Retry-After"]) == ("503", "1")
    release.set()
    for thread in threads:
        thread.join(5)
    assert taken == ["200", "200"]
    assert Asked(intake).status == "200"


def test_intake__answer_that_streams__comes_whole_and_is_closed_in_a_page_s_thread() -> None:
    closed: list[str] = []

    class Stream:
        streaming = True

        def __iter__(self) -> Iterator[bytes]:
            yield from (f"{threading.current_thread().name[:4]} {number}\n".encode() for number in range(50))

        def close(self) -> None:
            closed.append(threading.current_thread().name[:4])

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return Stream()

    asked = Asked(Intake(application, LIMITS))

    assert asked.body == b"".join(f"page {number}\n".encode() for number in range(50))
    time.sleep(0.1)
    assert closed == ["page"]


def test_intake__streaming_fails_half_way__the_error_reaches_the_server() -> None:
    def stream() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return stream()

    with pytest.raises(ZeroDivisionError):
        Asked(Intake(application, LIMITS)).body  # noqa: B018 - read for what it raises


def test_intake__reader_of_a_stream_leaves__the_page_s_thread_is_free_again() -> None:
    made: list[int] = []

    def stream() -> Iterator[bytes]:
        for number in range(10_000):
            made.append(number)
            yield b"x"

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return stream()

    intake = Intake(application, LIMITS._replace(threads=1))
    asked = Asked(intake)
    assert next(iter(asked.stream)) == b"x"
    asked.stream.close()  # type: ignore[attr-defined] # what a server does when its client has left

    time.sleep(0.3)
    assert len(made) < 100
    assert Asked(Intake(echo, LIMITS)).status == "200"


def test_intake__page_raises__the_server_hears_it() -> None:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Asked(Intake(application, LIMITS))
