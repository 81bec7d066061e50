"""Calling receivers that behave badly, and addresses that must not be called."""

import asyncio
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from dangol.core.events.webhooks.errors import UrlMalformed, UrlNotPublic
from dangol.core.events.webhooks.transport import Caller, Failure, Reply, Resolver, check_url
from tests.core.events.webhooks import receiver as behaviors
from tests.core.events.webhooks.receiver import Behavior, Receiver, answer, answer_after
from tests.waiting import PATIENCE

BODY = '{"type":"points.earned","timestamp":"2026-03-02T09:00:00Z","data":{"points":500}}'


def call(url: str, caller: Caller | None = None, timeout: float = PATIENCE) -> Reply:
    """Send a message once."""
    chosen = caller or Caller(allow_private=True, timeout=timeout)
    return asyncio.run(chosen.send(url, {"webhook-id": "m"}, BODY))


class Names:
    """A name server: the answers it gives, one after another, and how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def resolve(self, host: str) -> list[str]:
        self.asked += 1
        return list(self.answers[min(self.asked, len(self.answers)) - 1])


def test_send__well_answered__body_and_headers_arrive_as_they_are() -> None:
    with Receiver(answer(204, b"")) as receiver:
        reply = call(receiver.url)

    assert (reply.status, reply.failure, reply.answer) == (204, "", "")
    [got] = receiver.got
    assert (got.path, got.body) == ("/hook", BODY.encode())
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["webhook-id"] == "m"


@pytest.mark.parametrize(
    ("behavior", "status", "failure"),
    [
        (answer(500, b"broken"), 500, Failure.STATUS),
        (answer(404), 404, Failure.STATUS),
        (answer(410), 410, Failure.STATUS),
        (answer(301, location="http://127.0.0.1:1/"), 301, Failure.REDIRECT),
        (answer(307, location="/elsewhere"), 307, Failure.REDIRECT),
        (behaviors.close_early, None, Failure.CLOSED_EARLY),
    ],
)
def test_send__receiver_that_behaves_badly__failure_of_its_kind(
    behavior: Behavior, status: int | None, failure: Failure
) -> None:
    with Receiver(behavior) as receiver:
        reply = call(receiver.url)

    assert (reply.status, reply.failure) == (status, failure)
    assert len(receiver.got) == 1  # a redirect is not followed, and nothing is tried twice


@pytest.mark.parametrize("behavior", [answer_after(2 * PATIENCE), behaviors.drip])
def test_send__receiver_that_is_never_done__given_up_in_time(behavior: Behavior) -> None:
    with Receiver(behavior) as receiver:
        began = time.monotonic()
        reply = call(receiver.url, timeout=2.0)
        waited = time.monotonic() - began

    assert (reply.status, reply.failure) == (None, Failure.TIMEOUT)
    assert 2.0 <= waited < PATIENCE  # each of them goes on for longer than that
    assert len(receiver.got) == 1


@pytest.mark.parametrize("behavior", [behaviors.flood, behaviors.drip_body])
def test_send__answer_without_end__the_start_is_kept_and_the_rest_not_read(behavior: Behavior) -> None:
    with Receiver(behavior) as receiver:
        reply = call(receiver.url)
        assert not receiver.is_heard_out

    assert (reply.status, reply.failure) == (200, "")
    assert 0 < len(reply.answer) <= 1_000
    assert "\0" not in reply.answer


def test_send__nobody_listens_or_no_such_name__said_so() -> None:
    with behaviors.closed_port() as port:
        assert call(f"http://127.0.0.1:{port}/").failure is Failure.CONNECT
    assert call("http://there-is-no-such-name.invalid/").failure is Failure.NAME_UNKNOWN


def test_send__proxy_in_the_environment__is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver(answer(200)) as receiver, Receiver(answer(200)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert call(receiver.url).status == 200

    assert (len(receiver.got), len(proxy.got)) == (1, 0)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"], ["::1"],
     ["169.254.169.254"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["100.64.0.1"], ["224.0.0.1"], ["0.0.0.0"],
     ["8.8.8.8", "2606:4700::1111", "fe80::1%lo"]],
)  # fmt: skip
def test_send__any_address_that_is_not_public__refused(addresses: list[str]) -> None:
    names = Names(addresses)
    reply = call("https://hooks.example.net/", Caller(allow_private=False, resolve=names.resolve))

    assert reply.failure is Failure.ADDRESS_REFUSED
    assert names.asked == 1


@pytest.mark.parametrize("addresses", [["127.0.0.1", "169.254.169.254"], ["0.0.0.0", "127.0.0.1"]])
def test_send__one_of_the_addresses_is_refused__none_is_called(addresses: list[str]) -> None:
    with Receiver(answer(200)) as receiver:
        caller = Caller(allow_private=True, resolve=Names(addresses).resolve)
        reply = call(f"http://hooks.example.net:{receiver.port}/", caller)

    assert reply.failure is Failure.ADDRESS_REFUSED
    assert receiver.got == []


@pytest.mark.parametrize(
    "url", ["http://hooks.example.net/", "https://hooks.example.net:8443/", "https://10.0.0.1/"]
)
def test_send__endpoint_older_than_the_setting__refused_before_its_name_is_looked_up(url: str) -> None:
    names = Names(["8.8.8.8"])

    assert call(url, Caller(allow_private=False, resolve=names.resolve)).failure is Failure.ADDRESS_REFUSED
    assert names.asked == 0


def test_send__name_server_that_never_answers__other_names_are_not_kept_waiting() -> None:
    asked: list[str] = []
    answering = threading.Event()

    def look(host: str) -> list[str]:
        asked.append(host)
        if host == "dead.example.net":
            answering.wait(2 * PATIENCE)
        return ["127.0.0.1"]

    async def send_all(port: int) -> tuple[list[Reply], Reply]:
        resolve = Resolver(look).resolve
        hasty, patient = (Caller(allow_private=True, timeout=one, resolve=resolve) for one in (0.5, PATIENCE))
        dead = [
            asyncio.create_task(hasty.send(f"http://dead.example.net:{port}/", {}, BODY)) for _ in range(50)
        ]
        while not asked:
            await asyncio.sleep(0.01)
        alive = await patient.send(f"http://alive.example.net:{port}/", {}, BODY)
        return await asyncio.gather(*dead), alive

    with Receiver(answer(200)) as receiver:
        dead, alive = asyncio.run(send_all(receiver.port))
        answering.set()

    assert alive.status == 200  # while the name server still owed its first answer
    assert {reply.failure for reply in dead} == {Failure.TIMEOUT}
    assert asked == ["dead.example.net", "alive.example.net"]


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "::ffff:127.0.0.1", "fe80::1%lo"]
)
def test_send__private_allowed__what_no_development_needs_is_still_refused(address: str) -> None:
    caller = Caller(allow_private=True, resolve=Names([address]).resolve)

    assert call("http://hooks.example.net/", caller).failure is Failure.ADDRESS_REFUSED


def test_send__name_that_changes_its_address_after_the_look__the_checked_one_is_called() -> None:
    with Receiver(answer(200)) as receiver:
        # Had anybody asked again, they would have been led elsewhere.
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        caller = Caller(allow_private=True, resolve=names.resolve)
        first = call(f"http://hooks.example.net:{receiver.port}/", caller)

    assert (first.status, names.asked) == (200, 1)
    assert receiver.got[0].headers["host"] == f"hooks.example.net:{receiver.port}"


def test_send__first_address_is_dead__the_next_of_the_checked_ones_is_called() -> None:
    with Receiver(answer(200)) as receiver:
        caller = Caller(allow_private=True, resolve=Names(["127.0.0.9", "127.0.0.1"]).resolve)

        assert call(f"http://hooks.example.net:{receiver.port}/", caller).status == 200
    assert len(receiver.got) == 1


def test_send__by_tls__name_is_kept_and_its_certificate_checked(tmp_path: Path) -> None:
    server, client = behaviors.certificate(tmp_path, "hooks.example.net")
    asked_for = behaviors.note_names(server)
    with Receiver(answer(200), server) as receiver:
        caller = Caller(allow_private=True, resolve=Names(["127.0.0.1"]).resolve, context=client)
        right = call(f"https://hooks.example.net:{receiver.port}/hook", caller)
        wrong = call(f"https://others.example.net:{receiver.port}/hook", caller)
        unknown = call(f"https://hooks.example.net:{receiver.port}/hook", Caller(
            allow_private=True, resolve=Names(["127.0.0.1"]).resolve
        ))  # fmt: skip

    assert (right.status, right.failure) == (200, "")
    assert (wrong.failure, unknown.failure) == (Failure.TLS, Failure.TLS)
    assert asked_for[:2] == ["hooks.example.net", "others.example.net"]
    assert len(receiver.got) == 1


def test_resolve__this_machine_and_nobody__addresses_or_an_error() -> None:
    assert "127.0.0.1" in asyncio.run(Resolver().resolve("localhost"))
    with pytest.raises(socket.gaierror):
        asyncio.run(Resolver().resolve("there-is-no-such-name.invalid"))


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.net/dangol?x=1", "https://hooks.example.net:443/", "https://8.8.8.8/",
     "https://[2606:4700::1111]/"],
)  # fmt: skip
def test_check_url__public__taken(url: str) -> None:
    assert check_url(url, allow_private=False) == url


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example.net", "http://hooks.example.net/", "ftp://hooks.example.net/", "https://",
     "https://hooks.example.net:8443/", "https://user:word@hooks.example.net/", "https://hooks.example.net/#x",
     "https://hooks.example.net/a b", "https://hooks.example.net/\n", "https://호스트.example.net/",
     "https://hooks.example.net/" + "a" * 2_000, "https://[::1", "javascript:alert(1)", "https:///x",
     "https://hooks.example.net:99999/"],
)  # fmt: skip
def test_check_url__no_url_of_the_allowed_form__malformed(url: str) -> None:
    with pytest.raises(UrlMalformed):
        check_url(url, allow_private=False)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "shop.localhost", "printer.local", "db.internal", "intranet", "127.0.0.1",
     "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "10.0.0.5", "169.254.169.254", "100.64.0.1", "[::1]",
     "[::ffff:8.8.8.8]", "[64:ff9b::808:808]", "[2002:808:808::1]", "[fe80::1]", "0.0.0.0"],
)  # fmt: skip
def test_check_url__private_by_name_or_number__refused_before_it_is_kept(host: str) -> None:
    with pytest.raises((UrlNotPublic, UrlMalformed)):
        check_url(f"https://{host}/hook", allow_private=False)


def test_check_url__private_allowed__http_and_any_port_too() -> None:
    assert check_url("http://localhost:3000/hook", allow_private=True)
