"""Orders over HTTP: `POST /api/v1/orders` of one line for known members, everything on, on a served instance.

Eight clients on PostgreSQL, sixteen on SQLite, each on a connection of its own that stays open. Processor
time is read from /proc, for the processes of `dangol serve` and for those of PostgreSQL; the clients' own
is in neither.

What a request sends to PostgreSQL is noted by carrying some out in this process, through the same door.
pgbench then runs the very statements, prepared and with the same parameters, in a copy of the database made
before. It cannot read parameters but from a statement, so each transaction begins with one that fetches them;
what that one takes alone is measured beside it and taken off. What goes by COPY is in neither. On SQLite the
measure is a bare commit of one row in the same file.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, connections
from django.test import Client

from bench.figures import Figure, at_least, at_most
from bench.memory import below
from bench.replays import Sent, copy_database, replay
from dangol.core.access.keys import make_key
from dangol.core.access.rights import Right
from dangol.core.people.shops import set_shop
from dangol.core.storage.spaces import LIVE
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from dangol.rooms.rewards.first_program import make_first_program
from tests.ports import free_port
from tests.served import answers
from tests.waiting import wait_for

CLIENTS = {"postgresql": 8, "sqlite": 16}
MEMBERS_EACH, WARM_UP, ORDERS_EACH, NOTED_EACH, READS, COMMITS = 10, 20, 150, 40, 400, 400
# One purchase of so much makes a member gold, so that no later one changes a tier.
MUCH = 5_000_000
GOAL_RATIO, GOAL_STATEMENTS, GOAL_P99_MS, GOAL_COMMITS, GOAL_READ_MS = 0.3, 10, 60, 3, 15
TICKS = os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """Processor seconds: of the instance's processes, and of PostgreSQL's."""

    own: float
    server: float


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    sqlite = connection.vendor == "sqlite"
    clients = CLIENTS[connection.vendor]
    key = open_shop()
    with serving() as (port, _serve):
        run_together(partial(place_orders, port, key, "first", MEMBERS_EACH, MUCH), clients)
    if not sqlite:
        copy_database()
    with serving() as (port, serve):
        ask = partial(place_orders, port, key)
        run_together(partial(ask, "warm", WARM_UP, 4_500), clients)
        before, began = spent(serve), time.perf_counter()
        taken = sorted(run_together(partial(ask, "timed", ORDERS_EACH, 4_500), clients))
        seconds, after = time.perf_counter() - began, spent(serve)
        reads = sorted(read_points(port, key))
    rate, p99_ms = len(taken) / seconds, percentile_ms(taken, 99)
    yield Figure(f"POST /orders of one line, {clients} clients", rate, "/s")
    yield Figure("an order, median", percentile_ms(taken, 50), "ms")
    yield Figure(
        "processor time of the application an order", (after.own - before.own) * 1e3 / len(taken), "ms"
    )
    yield at_most("reading a member's points, p95", percentile_ms(reads, 95), "ms", GOAL_READ_MS)
    if sqlite:
        commit_ms = bare_commit_ms()
        yield Figure("a bare commit of one row, median", commit_ms, "ms")
        yield at_most("an order, p99", p99_ms, "ms", GOAL_COMMITS * clients * commit_ms)
    else:
        server_ms = (after.server - before.server) * 1_000 / len(taken)
        yield Figure("processor time of PostgreSQL an order", server_ms, "ms")
        yield at_most("an order, p99", p99_ms, "ms", GOAL_P99_MS)
        yield from against_pgbench(key, clients, rate)


def open_shop() -> str:
    """Make a shop with the first program; return a key to it."""
    set_shop(name="Bench", zone="Asia/Seoul", currency="KRW", region="KR")
    make_first_program(currency="KRW", zone="Asia/Seoul", language="en", recorded_at=now())
    scopes = frozenset(Right)
    return make_key(name="bench", space=LIVE, scopes=scopes, created_by="bench", at=now()).secret


@contextmanager
def serving() -> Iterator[tuple[int, int]]:
    """Serve this instance; yield the port and the process."""
    connections.close_all()
    port = free_port()
    command = [sys.executable, "-m", "dangol", "serve", "--home", str(settings.HOME), "--port", str(port)]
    environment = os.environ | {"DANGOL_API_RATE": "1000000/minute"}
    with (settings.HOME / "serve.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}"))
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def run_together(work: Callable[[int], list[float]], clients: int) -> list[float]:
    """Let each client do its work at the same time; return the seconds of everything they did."""
    ready = threading.Barrier(clients)

    def begin(client: int) -> list[float]:
        ready.wait()
        return work(client)

    with ThreadPoolExecutor(clients) as pool:
        return [seconds for found in pool.map(begin, range(clients)) for seconds in found]


def order_of(turn: str, client: int, number: int, list_minor: int) -> tuple[str, str, str]:
    """Return a member's external id, the name of the request, and its body."""
    member, name = f"c{client}-m{number % MEMBERS_EACH}", f"{turn}-{client}-{number}"
    line = {"product": "LATTE", "list_minor": list_minor}
    return member, name, json.dumps({"number": name, "member": f"external:{member}", "lines": [line]})


def place_orders(port: int, key: str, turn: str, count: int, list_minor: int, client: int) -> list[float]:
    """Place orders one after the other on one connection, and return the seconds of each."""
    http = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for number in range(count):
        member, name, body = order_of(turn, client, number, list_minor)
        if turn == "first":
            send(http, key, "/members", name=f"m-{name}", body=json.dumps({"external_id": member}))
        began = time.perf_counter()
        send(http, key, "/orders", name=name, body=body)
        taken.append(time.perf_counter() - began)
    http.close()
    return taken


def send(http: HTTPConnection, key: str, path: str, *, name: str = "", body: str | None = None) -> bytes:
    """Send a request and return the answer; fails for any that is not a success."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": name}
    http.request("GET" if body is None else "POST", f"/api/v1{path}", body, headers)
    response = http.getresponse()
    text = response.read()
    assert response.status in (200, 201), text
    return text


def read_points(port: int, key: str) -> list[float]:
    """Read members' points one after the other, and return the seconds of each."""
    http = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for number in range(READS):
        began = time.perf_counter()
        send(http, key, f"/members/external:c{number % 8}-m{number % MEMBERS_EACH}/points")
        taken.append(time.perf_counter() - began)
    http.close()
    return taken


def percentile_ms(taken: list[float], percent: int) -> float:
    """Return a percentile of sorted seconds, in milliseconds."""
    return taken[min(len(taken) - 1, len(taken) * percent // 100)] * 1_000


def spent(serve: int) -> Spent:
    """Return the processor seconds taken so far; 0 where the system does not tell."""
    postmaster = 0
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            file = Path(cursor.fetchone()[0]) / "postmaster.pid"
        postmaster = int(file.read_text().splitlines()[0]) if file.is_file() else 0
        connections.close_all()
    return Spent(_seconds_of(serve), _seconds_of(postmaster) if postmaster else 0.0)


def _seconds_of(parent: int) -> float:
    """Return the processor seconds of a process and all below it, those that have ended included."""
    total = 0.0
    for process in (parent, *below(parent)):
        stat = Path(f"/proc/{process}/stat")
        if stat.exists():
            fields = stat.read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) / TICKS
    return total


def bare_commit_ms() -> float:
    """Return what a commit of one row takes in the middle, with nobody beside."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (id integer PRIMARY KEY, word text)")
    taken = []
    for number in range(COMMITS):
        began = time.perf_counter()
        with write_transaction(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare VALUES (%s, %s)", [number, "word"])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1_000


def against_pgbench(key: str, clients: int, rate: float) -> Iterator[Figure]:
    """Yield how many statements a request sends, and the rate beside pgbench with these."""
    program, statements, sent = Client(), Counter[int](), list[Sent]()
    # The first order of a process reads the programs and the key, which it then keeps.
    _member, name, body = order_of("cold", 0, 0, 4_500)
    note_statements(program, key, "/orders", name, body)
    for client in range(clients):
        noted = Sent()
        for number in range(NOTED_EACH):
            _member, name, body = order_of("noted", client, number, 4_500)
            count, order = note_statements(program, key, "/orders", name, body)
            statements[count] += 1
            noted.append(order)
        sent.append(noted)
    # Of nearly all: who has not asked for a few seconds has their key read anew, by one more.
    usual, times = statements.most_common(1)[0]
    yield at_most("statements a request, BEGIN and COMMIT among them", usual, "", GOAL_STATEMENTS)
    yield Figure("requests that sent just so many", 100 * times / statements.total(), "%")
    bare = replay(sent)
    yield Figure("pgbench, the same statements prepared", bare, "/s")
    yield at_least("POST /orders : pgbench", rate / bare, "", GOAL_RATIO)


def note_statements(
    program: Client, key: str, path: str, name: str, body: str
) -> tuple[int, list[tuple[str, Any]]]:
    """Carry a request out in this process; return how many statements it sent, and which."""
    order: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        rows = list(params) if many else [params]
        order.extend((sql, row) for row in rows)
        return execute(sql, rows if many else params, many, context)

    connection.queries_log.clear()
    connection.force_debug_cursor = True
    with connection.execute_wrapper(note):
        answered = program.post(
            f"/api/v1{path}", body, content_type="application/json",
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": name, "Host": "127.0.0.1"},
        )  # fmt: skip
    connection.force_debug_cursor = False
    assert answered.status_code in (200, 201), answered.content
    return len(connection.queries_log), order
