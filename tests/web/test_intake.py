"""The door: what is too large, too slow or too much is refused in time, and the rest goes through whole."""

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dangol.core.metrics import read_counters
from dangol.core.operations.balance import Board
from dangol.web.intake import Application, Headers, Intake, Large, Limits
from tests.waiting import PATIENCE, wait_for

# Who is to be refused for the time it takes says so; nobody is because the machine is busy.
LIMITS = Limits(
    1000, body_seconds=PATIENCE, queue_seconds=PATIENCE, threads=2, readers=3, stalled_seconds=PATIENCE
)


def door(application: Application, limits: Limits) -> Intake:
    """Return a process's door, alone on its machine."""
    return Intake(application, limits, Board(1).take_place())


class Closing(list[bytes]):
    """An answer that is whole, as Django's are."""

    streaming = False


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("X-Thread", threading.current_thread().name)])
    return Closing([environ["wsgi.input"].read() or b"nothing"])


def scope(path: str = "/x", **headers: str) -> SimpleNamespace:
    """Return a request's head, as the web server tells it."""
    return SimpleNamespace(
        method="POST", path=path, query_string="", http_version="1.1", scheme="http", server="127.0.0.1:8000",
        client="203.0.113.7:4711", headers={name.replace("_", "-"): value for name, value in headers.items()},
    )  # fmt: skip


class Exchange:
    """One client: it sends these parts, and waits as long as it is told before each."""

    def __init__(self, *parts: bytes, pause: float = 0.0, takes: int | None = None) -> None:
        self._parts, self._pause, self._takes = parts, pause, takes
        self.status, self.headers, self.body = 0, dict[str, str](), b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            await asyncio.sleep(self._pause)
            yield part

    async def client_disconnect(self) -> None:
        while self._takes is None or self._takes > 0:
            await asyncio.sleep(0.01)

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        self.status, self.headers, self.body = status, dict(headers), body

    def response_stream(self, status: int, headers: Headers) -> "Exchange":
        self.status, self.headers = status, dict(headers)
        return self

    async def send_bytes(self, data: bytes) -> None:
        self.body += data
        if self._takes is not None:
            self._takes -= 1


def meters() -> dict[str, float]:
    """Return what this process has counted, without labels but for the pool of threads."""
    return {
        sample.name + sample.labels.get("pool", ""): sample.value
        for family in read_counters()
        for sample in family.samples
        if sample.labels.keys() <= {"pool"}
    }


async def ask(intake: Intake, exchange: Exchange, head: SimpleNamespace | None = None) -> Exchange:
    """Send one request through the door."""
    length = str(sum(map(len, exchange._parts)))
    given = {"content_length": length} if exchange._parts else {}
    await intake.__rsgi__(head or scope(**given), exchange)
    return exchange


def answered(intake: Intake, exchange: Exchange, head: SimpleNamespace | None = None) -> Exchange:
    return asyncio.run(ask(intake, exchange, head))


def test_intake__page_at_work_and_one_that_waits__are_metered() -> None:
    release, begun, busy = threading.Event(), threading.Event(), list[float]()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        busy.append(meters()["db_pool_in_usepages"])
        begun.set()
        release.wait(PATIENCE)
        return echo(environ, start)

    intake = door(slow, LIMITS._replace(threads=1, queue_seconds=2.0))
    before = meters()

    async def story() -> None:
        taken = asyncio.ensure_future(ask(intake, Exchange()))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        assert (await ask(intake, Exchange())).status == 503
        release.set()
        await taken

    asyncio.run(story())

    after = meters()
    assert busy == [before.get("db_pool_in_usepages", 0) + 1]
    assert after["db_pool_in_usepages"] == before.get("db_pool_in_usepages", 0)
    assert after["db_pool_wait_seconds_count"] == before["db_pool_wait_seconds_count"] + 2
    assert after["db_pool_wait_seconds_sum"] >= before["db_pool_wait_seconds_sum"] + 2.0


def test_intake__all_pages_at_work__till_and_program_are_answered_at_once() -> None:
    release, begun = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/members":
            begun.set()
            release.wait(PATIENCE)
        return echo(environ, start)

    intake = door(app, LIMITS._replace(threads=1, queue_seconds=2.0, quick=("/api/", "/till")))

    async def story() -> list[Exchange]:
        long = asyncio.ensure_future(ask(intake, Exchange(), scope("/members")))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        quick = [await ask(intake, Exchange(), scope(path)) for path in ("/api/v1/orders", "/till/members/1")]
        page = await ask(intake, Exchange(), scope("/orders"))
        release.set()
        return [*quick, page, await long]

    till, program, page, long = asyncio.run(story())

    assert [one.status for one in (till, program, page, long)] == [200, 200, 503, 200]
    assert {one.headers["x-thread"].split("_")[0] for one in (till, program)} == {"quick"}
    assert long.headers["x-thread"].startswith("page")


def test_intake__more_wait_than_in_another_process__lets_connections_go_until_it_is_even() -> None:
    release = threading.Event()

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        release.wait(PATIENCE)
        return echo(environ, start)

    # Whenever the board looks at the clock, a minute has gone by: what counts is the mean of a while.
    board = Board(2, itertools.count(0, 60).__next__)
    intake, other = Intake(app, LIMITS._replace(quick=("/api/",)), board.take_place()), board.take_place()
    other.count(1)

    async def story(count: int, path: str = "/api/v1/orders") -> list[str]:
        release.clear()
        exchanges = [Exchange() for _ in range(count)]
        asked = [asyncio.ensure_future(ask(intake, one, scope(path))) for one in exchanges]
        await asyncio.sleep(0.05)
        release.set()
        await asyncio.gather(*asked)
        return sorted(one.headers.get("connection", "") for one in exchanges)

    # Two are done at once. Of three one waits, and the other process has one: no longer once one is gone.
    assert asyncio.run(story(3)) == ["", "", "close"]
    # Nobody waits, or not for these threads: it may be uneven.
    assert asyncio.run(story(2)) == ["", ""]
    assert asyncio.run(story(3, "/members")) == ["", "", ""]
    other.count(1)
    assert asyncio.run(story(3)) == ["", "", ""]
    assert board.loads[:2] == [0, 2]


def test_intake__body_within_the_limits__arrives_whole_in_a_page_s_thread() -> None:
    told = answered(door(echo, LIMITS), Exchange(b"x" * 600, b"y" * 400))

    assert (told.status, told.body) == (200, b"x" * 600 + b"y" * 400)
    assert told.headers["x-thread"].startswith("page")


def test_intake__no_body__is_not_waited_for() -> None:
    assert answered(door(echo, LIMITS), Exchange(b"late", pause=9), scope()).body == b"nothing"


@pytest.mark.parametrize(
    "given", [{"content_length": "1001"}, {"transfer_encoding": "chunked"}, {"content_length": "9" * 30}]
)
def test_intake__body_too_large__is_413_however_it_is_announced(given: dict[str, str]) -> None:
    told = answered(door(echo, LIMITS), Exchange(b"x" * 600, b"x" * 600), scope(**given))

    assert told.status == 413
    assert told.headers["connection"] == "close"


def large(folder: Path, *, admits: Callable[[dict[str, Any]], bool], **more: Any) -> Intake:
    """Return a door that lets longer bodies go to one address."""
    return door(echo, LIMITS._replace(large=Large("/import", admits, lambda: folder, 5_000, **more)))


def test_large__from_who_may__arrives_whole_and_leaves_no_file(tmp_path: Path) -> None:
    asked = list[str]()

    def admits(environ: dict[str, Any]) -> bool:
        asked.append(threading.current_thread().name)
        return True

    told = answered(large(tmp_path, admits=admits), Exchange(b"x" * 2_000, b"y" * 2_000), scope("/import"))
    known = answered(
        large(tmp_path, admits=admits), Exchange(b"x" * 4_000), scope("/import", content_length="4000")
    )

    assert told.body == b"nothing", "no body was announced"
    assert known.body == b"x" * 4_000
    assert asked == [asked[0]]
    assert asked[0].startswith("page"), "asked where connections to the database are"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "admitted", "given"),
    [
        ("/import", False, {"content_length": "4000"}),
        ("/import", False, {"transfer_encoding": "chunked"}),
        ("/import", True, {"content_length": "6000"}),
        ("/import", True, {"content_length": str(1 << 30)}),
        ("/import", True, {"transfer_encoding": "chunked"}),
        ("/x", True, {"content_length": "4000"}),
        ("/import/", True, {"content_length": "4000"}),
        ("/x", True, {"transfer_encoding": "chunked"}),
    ],
)
def test_large__from_who_may_not__is_refused_unread(
    tmp_path: Path, path: str, admitted: bool, given: dict[str, str]
) -> None:
    intake = large(tmp_path, admits=lambda _environ: admitted)

    told = answered(intake, Exchange(b"x" * 6_000), scope(path, **given))

    assert told.status == 413
    assert list(tmp_path.iterdir()) == []


def test_large__chunked__is_taken_up_to_its_own_limit(tmp_path: Path) -> None:
    intake = large(tmp_path, admits=lambda _environ: True)

    told = answered(intake, Exchange(b"x" * 4_900), scope("/import", transfer_encoding="chunked"))

    assert told.body == b"x" * 4_900


def test_large__a_few_at_once__the_next_is_told_to_come_again_and_others_are_served(tmp_path: Path) -> None:
    intake = large(tmp_path, admits=lambda _environ: True, body_seconds=2.0, at_once=2)
    head = {"path": "/import", "content_length": "3000"}

    async def story() -> tuple[int, int, list[int], int]:
        slow = [
            asyncio.ensure_future(ask(intake, Exchange(b"x" * 3_000, pause=PATIENCE), scope(**head)))
            for _ in range(2)
        ]
        await asyncio.sleep(0.2)
        crowded = await ask(intake, Exchange(b"x" * 3_000), scope(**head))
        small = await ask(intake, Exchange(b"abc"))
        ended = [one.status for one in await asyncio.gather(*slow)]
        after = await ask(intake, Exchange(b"x" * 3_000), scope(**head))
        return crowded.status, small.status, ended, after.status

    assert asyncio.run(story()) == (503, 200, [408, 408], 200)


def test_intake__api_and_page__are_each_refused_in_their_form_and_language() -> None:
    large = {"content_length": "5000"}
    api = answered(door(echo, LIMITS), Exchange(), scope("/api/v1/orders", accept_language="en", **large))
    page = answered(door(echo, LIMITS), Exchange(), scope(accept_language="ko-KR,ko;q=0.9", **large))

    unasked = answered(door(echo, LIMITS), Exchange(), scope("/v1/batch", **large))
    asked = answered(door(echo, LIMITS), Exchange(), scope("/v1/batch", accept_language="ko", **large))

    assert "What you sent was not saved" in unasked.body.decode()
    assert "보낸 내용은 저장하지 않았어요" in asked.body.decode()
    assert api.headers["content-type"] == "application/problem+json"
    assert b'"code": "request.too_large"' in api.body
    assert "That was too much at once" in api.body.decode()
    assert "보낸 내용이 너무 커요" in page.body.decode()


def test_intake__clients_too_slow__are_408_and_others_are_served_meanwhile() -> None:
    intake = door(echo, LIMITS._replace(body_seconds=2.0))

    async def story() -> tuple[list[int], int, int, int]:
        slow = [asyncio.ensure_future(ask(intake, Exchange(b"abc", pause=PATIENCE))) for _ in range(3)]
        await asyncio.sleep(0.1)
        plain = await ask(intake, Exchange(), scope())
        crowded = await ask(intake, Exchange(b"abc"))  # as many as may be are waited for
        ended = [one.status for one in await asyncio.gather(*slow)]
        after = await ask(intake, Exchange(b"abc"))
        return ended, plain.status, crowded.status, after.status

    assert asyncio.run(story()) == ([408] * 3, 200, 503, 200)


def test_intake__all_pages_taken__is_503_with_retry_after_and_recovers_at_once() -> None:
    release, begun = threading.Event(), threading.Semaphore(0)

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        begun.release()
        release.wait(PATIENCE)
        return echo(environ, start)

    intake = door(slow, LIMITS._replace(queue_seconds=2.0))

    async def story() -> tuple[list[Exchange], float, list[int], int]:
        taken = [asyncio.ensure_future(ask(intake, Exchange())) for _ in range(2)]
        for _ in taken:
            assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
        began = time.monotonic()
        refused = await asyncio.gather(*[ask(intake, Exchange()) for _ in range(50)])
        waited = time.monotonic() - began
        release.set()
        done = [one.status for one in await asyncio.gather(*taken)]
        return refused, waited, done, (await ask(intake, Exchange())).status

    refused, waited, done, after = asyncio.run(story())
    assert {(one.status, one.headers["retry-after"]) for one in refused} == {(503, "1")}
    assert 2 <= waited < 25 * 2  # each has waited its time, and not one after the other
    assert (done, after) == ([200, 200], 200)


class Stream:
    """A long answer that notes how much of it was made, and in which thread it was closed."""

    streaming = True

    def __init__(self, parts: int, *, breaks: bool = False) -> None:
        self._parts, self._breaks = parts, breaks
        self.made = 0
        self.closed_in = ""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> "Stream":
        start("200 OK", [])
        return self

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._parts):
            self.made += 1
            yield f"{threading.current_thread().name[:4]} {number}\n".encode()
        if self._breaks:
            raise ZeroDivisionError

    def close(self) -> None:
        self.closed_in = threading.current_thread().name[:4]


def test_intake__answer_that_streams__comes_whole_and_is_closed_in_a_page_s_thread() -> None:
    stream = Stream(50)

    told = answered(door(stream, LIMITS), Exchange())

    assert told.body == b"".join(f"page {number}\n".encode() for number in range(50))
    assert stream.closed_in == "page"


def test_intake__stream_breaks_off__the_client_gets_no_more_and_the_thread_is_free() -> None:
    intake = door(Stream(3, breaks=True), LIMITS._replace(threads=1))

    first = answered(intake, Exchange())
    second = answered(intake, Exchange())

    assert first.body.count(b"\n") == second.body.count(b"\n") == 3


def test_intake__client_leaves_in_the_middle__the_rest_is_not_made() -> None:
    stream = Stream(100_000)
    intake = door(stream, LIMITS._replace(threads=1))

    answered(intake, Exchange(takes=5))

    wait_for(lambda: stream.closed_in)
    assert stream.made < 1_000
    assert stream.closed_in == "page"


def test_intake__page_raises__the_server_hears_it() -> None:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answered(door(application, LIMITS), Exchange())
