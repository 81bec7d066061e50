"""A real server under what the world does to it: slow and greedy clients, locks, cuts, restarts."""

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psycopg
import pysqlite3
import pytest

from tests.cli.browsers import Browser
from tests.cli.instances import Instance, made_instance
from tests.cli.test_serve import answers
from tests.core.events.webhooks.receiver import Receiver, answer
from tests.ports import free_port
from tests.sizes import SIZE
from tests.waiting import ONE_TRY, PATIENCE, wait_for

POSTGRES = os.environ["DANGOL_TEST_DATABASE"] == "postgres"
# A web server has two processes, and each of them four threads for pages.
PAGE_THREADS = 8
HALF_A_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100\r\n\r\nusername="
)


class Served:
    """An instance with a web server, its owner's password, and what it logs."""

    def __init__(self, instance: Instance, password: str, log: Path) -> None:
        self.instance, self.password, self.log = instance, password, log
        self.port = free_port()
        self.process = self.start(self.port)

    def start(self, port: int, **given: str) -> "subprocess.Popen[bytes]":
        words = ("-m", "dangol", "serve", "--only", "web", "--port", str(port), "--home")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words, str(self.instance.home)],
                env=self.instance.environment(**{"DANGOL_MFA": "optional"} | given),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(lambda: answers(port))
        return process


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("faults")
    with made_instance(folder) as instance:
        shop = Served(instance, instance.told["password"], folder / "log")
        yield shop
        shop.process.send_signal(signal.SIGINT)
        shop.process.wait(PATIENCE)


def slow_client(port: int, sent: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(sent)
    return client


def test_server__clients_that_stop_half_way__are_ended_in_time_and_delay_nobody(served: Served) -> None:
    bodies = [slow_client(served.port, HALF_A_BODY) for _ in range(24)]
    heads = [slow_client(served.port, b"GET / HT") for _ in range(24)]
    was_first, longest = False, 0.0
    for _ in range(10):
        asked = time.monotonic()
        assert Browser(served.port).get("/sign-in").status == 200
        longest = max(longest, time.monotonic() - asked)
        was_first |= not select.select([*bodies, *heads], [], [], 0)[0]

    told = [client.recv(100) for client in bodies]
    for client in heads:
        assert b"200" not in client.recv(100)
    for client in [*bodies, *heads]:
        client.close()
    assert longest < 5
    assert was_first, "a page came only when the server was done with those who are slow"
    assert {line.split(b" ")[1] for line in told} == {b"408"}
    wait_for(lambda: Browser(served.port).post("/language", {"language": "ko"}).status in (200, 403))


@pytest.mark.parametrize("announced", [True, False])
def test_server__ten_megabytes__are_refused_and_the_next_request_is_served(
    served: Served, announced: bool
) -> None:
    body = b"x" * (10 * 1024 * 1024)
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body) if announced else b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n" % len(body)
    with slow_client(served.port, head) as client:
        with contextlib.suppress(OSError):  # it may be refused before all of it was sent
            client.sendall(body if announced else chunk + body + b"\r\n0\r\n\r\n")
        told = client.recv(100)

    assert told.split(b" ")[1] == b"413"
    assert Browser(served.port).get("/sign-in").status == 200


@contextmanager
def somebody_writes(instance: Instance) -> Iterator[None]:
    """Hold what every sign-in has to write to."""
    if POSTGRES:
        with psycopg.connect(instance.databases["DATABASE_URL"]) as other:
            other.execute("LOCK " + "TABLE django_session IN ACCESS EXCLUSIVE MODE")
            yield
        return
    with closing(pysqlite3.connect(instance.home / "dangol.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_server__database_locked_by_others__is_503_in_time_and_served_when_free(served: Served) -> None:
    with somebody_writes(served.instance):
        began = time.monotonic()
        refused = Browser(served.port).sign_in("owner", served.password)
        waited = time.monotonic() - began

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "1"
    assert "보낸 내용은 저장하지 않았어요" in refused.text
    assert waited < 6
    began = time.monotonic()
    assert Browser(served.port).sign_in("owner", served.password).status == 200
    assert time.monotonic() - began < 5


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no server to lose")
def test_server__connections_to_the_database_cut__recovers_within_five_seconds(served: Served) -> None:
    for _ in range(8):  # every page's thread has its connection
        Browser(served.port).get("/sign-in")
    with psycopg.connect(served.instance.databases["DATABASE_URL"], autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    began = time.monotonic()
    seen: list[int] = []
    while len(seen) < 12 or seen[-8:] != [200] * 8:
        seen.append(Browser(served.port).get("/sign-in").status)
        assert time.monotonic() - began < 5, seen

    assert set(seen) <= {200, 503}
    # Each thread can meet the end of its own connection, and no more.
    assert seen.count(503) <= PAGE_THREADS


def test_server__request_id__comes_back_and_is_in_the_log_while_odd_ones_are_replaced(served: Served) -> None:
    browser = Browser(served.port)
    name = "check-0123456789"

    given = browser.get("/sign-in?next=/members%3Fq=01055557741", **{"X-Request-Id": name})
    odd = browser.get("/sign-in", **{"X-Request-Id": "kim@example.com"})

    assert given.headers["X-Request-Id"] == name
    assert re.fullmatch(r"[0-9a-f]{32}", odd.headers["X-Request-Id"])
    log = served.log.read_text()
    assert f'"request_id": "{name}"' in log
    assert "01055557741" not in log
    assert "kim@example.com" not in log


class Balancer:
    """Sends requests to whichever server says that it is ready, as a load balancer does."""

    def __init__(self, ports: list[int]) -> None:
        self._ports, self.ready = ports, set[int]()
        self.done = threading.Event()
        self.failed: list[str] = []
        self.served = 0
        self._threads = [threading.Thread(target=target) for target in (self._look, *[self._ask] * 4)]

    def _is_ready(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=ONE_TRY) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _look(self) -> None:
        while not self.done.is_set():
            self.ready = {port for port in self._ports if self._is_ready(port)}
            self.done.wait(0.1)

    def _ask(self) -> None:
        turn = 0
        while not self.done.is_set():
            ready = sorted(self.ready)
            if not ready:
                self.failed.append("nobody was ready")
                self.done.wait(0.2)
                continue
            turn += 1
            port = ready[turn % len(ready)]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=PATIENCE) as answer:
                    answer.read()
                self.served += 1
            except OSError as error:
                self.failed.append(repr(error))
            self.done.wait(0.02)

    def run(self, act: Callable[[], None]) -> None:
        """Send requests for as long as `act` takes."""
        self.ready = {port for port in self._ports if self._is_ready(port)}
        for thread in self._threads:
            thread.start()
        try:
            act()
        finally:
            self.done.set()
            for thread in self._threads:
                thread.join()


def test_server__restarted_under_load_behind_a_balancer__drops_no_request(served: Served) -> None:
    helper = served.instance.start("serve", "--only", "sequencer") if POSTGRES else None
    ports = [free_port(), free_port()]
    given = {"DANGOL_DRAIN_SECONDS": "4"}  # time for the balancer to look
    servers = {port: served.start(port, **given) for port in ports}
    balancer = Balancer(ports)
    wait_for(lambda: all(balancer._is_ready(port) for port in ports))

    def restart_each_in_turn() -> None:
        for number in range(SIZE.restarts):
            port = ports[number % 2]
            wait_for(lambda: balancer.ready == set(ports))
            servers[port].send_signal(signal.SIGTERM)
            assert servers[port].wait(PATIENCE) == 0
            servers[port] = served.start(port, **given)
        wait_for(lambda: balancer.ready == set(ports))
        wait_for(lambda: balancer.served > 20 * SIZE.restarts)

    try:
        balancer.run(restart_each_in_turn)
    finally:
        for process in servers.values():
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
        if helper:
            helper.kill()
            helper.communicate()
    assert balancer.failed == []


ENDPOINT = """
from dangol.core.events.webhooks.services import create_endpoint
from dangol.project.clock import now
create_endpoint(url={url!r}, at=now())
"""
CANARIES = ["황금방울새", "canary.bird@example.com", "01055557741", "010-5555-7741", "880177415555"]
CANARY = {"name": CANARIES[0], "email": CANARIES[1], "phone": CANARIES[3], "card": CANARIES[4]}


def ask_as_a_program(served: Served) -> None:
    """Send the canary through the API: in bodies, in addresses, in what is refused, and where nothing is."""
    headers = {"Authorization": f"Bearer {served.instance.told['test_key']}"}
    url, named = f"http://127.0.0.1:{served.port}/api/v1", iter(range(9))

    with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as api:

        def enroll(drafted: dict[str, str]) -> httpx.Response:
            return api.post("/members", json=drafted, headers={"Idempotency-Key": f"canary-{next(named)}"})

        made, taken = enroll(CANARY), enroll(CANARY)
        odd = enroll({"email": f"no address of {CANARIES[1]}"})
        seen = [api.get(f"/members/{name}") for name in ("phone:01055557741", f"email:{CANARIES[1]}")]
        lost = [api.get(f"/members/card:{CANARIES[4]}9"), api.get(f"/nowhere/01055557741?q={CANARIES[1]}")]

    assert [one.status_code for one in (made, taken, odd)] == [201, 409, 422]
    assert [one.status_code for one in (*seen, *lost)] == [200, 200, 404, 404]
    for refused in (taken, odd, *lost):
        assert not [canary for canary in CANARIES if canary in refused.text]


def test_logs_lake_and_webhooks__a_canary_through_every_door__is_in_none(
    served: Served, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "customer_id,name,email,phone,card\nCAN-1,황금방울새,canary.bird@example.com,010-5555-7741,880177415555\n"
        "CAN-2,황금방울새,not an address of canary.bird,010-5555-7741,880177415555\n"
    )
    orders = tmp_path / "orders.csv"
    orders.write_text("order_id,customer_id,date,product_id,amount\nO1,CAN-1,2026-03-01 10:00,A,1000\n")
    with Receiver(answer(200)) as receiver:
        served.instance.run_python(ENDPOINT.format(url=receiver.url), DANGOL_WEBHOOKS_PRIVATE="1")
        said = [
            served.instance.run("import", "customers", str(people)),
            served.instance.run("import", "orders", str(orders)),
            served.instance.run("worker", "--until-idle", DANGOL_WEBHOOKS_PRIVATE="1"),
        ]
    ask_as_a_program(served)
    browser = Browser(served.port)
    browser.sign_in("owner", served.password)
    listed = browser.get("/members?q=01055557741")
    member = re.search(r"/members/[0-9a-f-]{32,36}", listed.text)
    assert member, listed.text[:300]
    pages = [
        browser.get(path)
        for path in (
            "/members?q=canary.bird%40example.com", member[0], f"{member[0]}?tab=points", "/members.csv",
            "/nowhere/01055557741", "/m/01055557741",
        )
    ]  # fmt: skip

    assert {page.status for page in pages} <= {200, 404}
    for searched in (listed, pages[0]):
        assert "?q=~" in searched.address
        assert not [one for one in CANARIES if one in urllib.parse.unquote_plus(searched.address)]
    log = served.log.read_text()
    assert log.count('"event": "request"') >= len(pages)
    lake = b"".join(path.read_bytes() for path in (served.instance.home / "lake").rglob("*.parquet"))
    assert lake
    told = log + "".join(one.words for one in said)
    sent = b"".join(one.body + repr(one.headers).encode() for one in receiver.got)
    assert b"points.earned" in sent
    for canary in CANARIES:
        assert canary not in told
        assert canary.encode() not in lake
        assert canary.encode() not in sent
    assert member[0].rpartition("/")[2] not in log
