"""Sending: a write is named before it leaves, and goes again for as long as that may help, and no longer."""

import pickle
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dangol_client import (
    Dangol,
    DangolError,
    LineDraft,
    Patience,
    Refused,
    Store,
    Transfer,
    Unavailable,
)
from dangol_client.errors import may_go_again
from tests.core.events.webhooks.receiver import closed_port
from tests.dangol_client.bad_server import (
    BUSY,
    DONE,
    HANGS_UP,
    IN_FLIGHT,
    BadServer,
    CuttingWire,
    Said,
    bad_server,
)
from tests.served import Served
from tests.waiting import PATIENCE

QUICK = Patience(2 * PATIENCE, PATIENCE, first_pause_seconds=0.01, longest_pause_seconds=0.05)
STORES = [Store("S1")]
PROXY = Said(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"})


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[BadServer]:
    with bad_server(request.param) as one:
        yield one


def client(server: BadServer, patience: Patience = QUICK) -> Dangol:
    return Dangol(server.url, "dg_test_any", patience=patience)


@pytest.mark.parametrize(
    "server",
    [
        [HANGS_UP, DONE],
        [BUSY, BUSY, DONE],
        [IN_FLIGHT, DONE],
        [Said(429, {"code": "request.too_many"}, {"Retry-After": "0"}), DONE],
        [Said(500, {"code": "request.failed"}), DONE],
        [PROXY, DONE],
        [Said(201, {"count": 1}, after=2 * PATIENCE), DONE],
        [Said(201, {"count": 1}, cut=True), DONE],
        [Said(200, b"x", {"Transfer-Encoding": "chunked"}), DONE],
    ],
    indirect=True,
)
def test_write__that_may_succeed_later__goes_again_as_the_same_request(server: BadServer) -> None:
    # Only who is to see a try time out waits so short.
    hasty = any(said.after for said in server.script)
    with client(server, replace(QUICK, try_seconds=2.0) if hasty else QUICK) as dangol:
        assert dangol.stores.store(STORES) == 1

    assert len(server.heard) == len(server.script)
    assert len({(one.key, one.body) for one in server.heard}) == 1
    assert server.heard[0].key


@pytest.mark.parametrize(
    "server",
    [
        [Said(status, {"code": "some.code", "detail": "no", "param": "stores"}), DONE]
        for status in (400, 401, 403, 404, 405, 409, 413, 422)
    ]
    + [[Said(301, b"", {"Location": "http://elsewhere.example/"}), DONE]],
    indirect=True,
)
def test_write__that_is_refused__is_sent_once(server: BadServer) -> None:
    with client(server) as dangol, pytest.raises(Refused) as refused:
        dangol.stores.store(STORES, idempotency_key="k1")

    assert [one.key for one in server.heard] == ["k1"]
    assert refused.value.idempotency_key == "k1"
    assert refused.value.status == server.script[0].status


class Clock:
    """The time as the client has it, which goes on only while it rests."""

    def __init__(self) -> None:
        self.rested = 0.0

    def monotonic(self) -> float:
        return self.rested

    def sleep(self, seconds: float) -> None:
        self.rested += seconds


@pytest.mark.parametrize("server", [[BUSY]], indirect=True)
def test_write__to_a_shop_that_stays_busy__ends_in_time_with_the_key_to_go_on(
    server: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("dangol_client.sending.time", clock)
    # By chance less may be left for the last try than the server takes to answer it, by a clock that stands.
    monkeypatch.setattr("dangol_client.sending.random.random", lambda: 0.9)
    with (
        client(server, Patience(60_000, PATIENCE, 1_000, 5_000)) as dangol,
        pytest.raises(Unavailable) as gave_up,
    ):
        dangol.stores.store(STORES)

    assert 55_000 <= clock.rested < 60_000  # no pause is longer than what was left
    assert len(server.heard) > 3
    assert (gave_up.value.code, gave_up.value.status) == ("storage.busy", 503)
    assert {one.key for one in server.heard} == {gave_up.value.idempotency_key}


@pytest.mark.parametrize("server", [[Said(201, {"count": 1}, drip=0.2)]], indirect=True)
def test_write__answered_letter_by_letter__ends_before_the_answer_does(server: BadServer) -> None:
    with client(server, Patience(0.6, 0.5, 0.01, 0.05)) as dangol, pytest.raises(Unavailable) as gave_up:
        dangol.stores.store(STORES)

    assert gave_up.value.code == "client.unreachable"


@pytest.mark.parametrize("server", [[Said(503, {"code": "a.b"}, {"Retry-After": "1"}), DONE]], indirect=True)
def test_retry_after__of_an_answer__is_waited_for(server: BadServer) -> None:
    with client(server) as dangol:
        dangol.stores.store(STORES)

    assert server.heard[1].at - server.heard[0].at >= 1.0


@pytest.mark.parametrize(
    "server", [[Said(429, {"code": "request.too_many"}, {"Retry-After": "3600"})]], indirect=True
)
def test_retry_after__beyond_all_patience__is_told_at_once(server: BadServer) -> None:
    began = time.monotonic()
    with client(server) as dangol, pytest.raises(Unavailable, match=r"request\.too_many"):
        dangol.stores.store(STORES)

    assert time.monotonic() - began < QUICK.total_seconds  # it has not waited for its patience's end
    assert len(server.heard) == 1


def test_write__to_nobody__is_unavailable_and_crosses_processes_whole() -> None:
    patience = Patience(0.3, 0.1, 0.01, 0.05)
    with (
        closed_port() as port,
        Dangol(f"http://127.0.0.1:{port}", "k", patience=patience) as dangol,
        pytest.raises(Unavailable) as gave_up,
    ):
        dangol.stores.store(STORES, idempotency_key="k1")

    copy: DangolError = pickle.loads(pickle.dumps(gave_up.value))
    assert type(copy) is Unavailable
    assert (copy.code, copy.idempotency_key) == ("client.unreachable", "k1")


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (429, "", True), (500, "", True), (503, "", True), (599, "", True),
        (409, "idempotency.in_flight", True), (409, "people.identity_taken", False), (404, "", False),
        (400, "", False), (301, "", False),
    ],
)  # fmt: skip
def test_may_go_again__table(status: int, code: str, again: bool) -> None:
    assert may_go_again(status, code) is again


def test_pause__for_each_try__is_random_within_a_span_that_grows_to_its_end() -> None:
    patience = Patience(first_pause_seconds=0.2, longest_pause_seconds=5)
    spans = [min(5.0, 0.2 * 2**tries) for tries in range(200)]
    pauses = [[patience.pause(tries) for _ in range(50)] for tries in range(1, 201)]

    for span, found in zip(spans, pauses, strict=True):
        assert 0 <= min(found) < max(found) <= span
    assert max(max(found) for found in pauses) > 4


@pytest.mark.parametrize("cuts", [1, 3])
def test_network__cut_after_the_request_was_through__retry_answers_from_the_key(
    served: Served, cuts: int
) -> None:
    with served.open() as near:
        near.members.create(external_id=f"cut-{cuts}")
    wire = CuttingWire(served.port, cuts)
    with served.open(url=wire.url, patience=Patience(first_pause_seconds=0.01)) as dangol:
        order = dangol.orders.place(f"cut-{cuts}", [LineDraft("LATTE", 4_500)], member=f"external:cut-{cuts}")
        points = dangol.points.adjust(f"external:cut-{cuts}", 5, "사과", idempotency_key=f"cut-{cuts}")
        assert isinstance(points, Transfer)
    wire.close()

    assert wire.answers_dropped == cuts
    assert order.earned[0].points == 45
    with served.open() as near:
        assert near.points.get(f"external:cut-{cuts}").available == 50 == points.balance.available
        assert near.points.adjust(f"external:cut-{cuts}", 5, "사과", idempotency_key=f"cut-{cuts}") == points
    served.verify_ledger()
