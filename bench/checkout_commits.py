"""Held sales become orders over HTTP: `POST /checkout/{sale}/commit`, all on, beside the bare statements.

Eight clients on PostgreSQL, sixteen on SQLite, each on a connection of its own that stays open. A commit of
a cart of three lines, one with a discount, writes the order, its points as a lot, the idempotency key, events
and the line of the log; what it commits was held before the clock ran.

What a request sends to PostgreSQL is noted by carrying some out in this process, through the same door, and
pgbench runs the very statements in a copy of the database in which these sales are held (see `web_orders`).
On SQLite the measure is a bare commit of one row in the same file.
"""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from typing import Any

from django.db import connection
from django.test import Client

from bench.figures import Figure, at_least
from bench.replays import Sent, copy_database, replay
from bench.web_orders import (
    CLIENTS,
    MEMBERS_EACH,
    bare_commit_ms,
    note_statements,
    open_shop,
    percentile_ms,
    run_together,
    send,
    serving,
    spent,
)
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.promotions import Cart, Line
from dangol.project.clock import now
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.editing import create_promotion, publish
from dangol.rooms.rewards.promotions.sales import reserve

WARM_UP, COMMITS_EACH, NOTED_EACH = 10, int(os.environ.get("DANGOL_BENCH_COMMITS", "150")), 40
GOAL_RATIO = 0.3
HOLD = timedelta(hours=12)
# One purchase of so much makes a member gold, so that no later one changes a tier.
MUCH, USUAL = 5_000_000, 4_500


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    clients, is_postgres = CLIENTS[connection.vendor], connection.vendor == "postgresql"
    key = open_shop()
    content = {"name": "Ten off", "currency": "KRW", "benefits": [{"kind": "percent", "basis_points": 1_000}]}
    target = {"target": {"include": {"products": ["LATTE"]}}}
    publish(
        create_promotion(content | target, made_by="bench", at=now()),
        revision=1,
        published_by="bench",
        at=now(),
    )
    members = _members(clients)
    first = {one: [_hold(member, MUCH) for member in own] for one, own in members.items()}
    with serving() as (port, _serve):
        run_together(lambda client: commit_all(port, key, "first", first[client], client), clients)
    held = {one: _hold_all(own, WARM_UP + COMMITS_EACH) for one, own in members.items()}
    noted = {one: _hold_all(own, NOTED_EACH) for one, own in members.items() if is_postgres}
    cold = _hold(members[0][0], USUAL)
    if is_postgres:
        copy_database()
    with serving() as (port, serve):
        run_together(lambda client: commit_all(port, key, "warm", held[client][:WARM_UP], client), clients)
        before, began = spent(serve), time.perf_counter()
        taken = sorted(
            run_together(
                lambda client: commit_all(port, key, "timed", held[client][WARM_UP:], client), clients
            )
        )
        seconds, after = time.perf_counter() - began, spent(serve)
    rate = len(taken) / seconds
    yield Figure(f"commits of held sales, {clients} clients", rate, "/s")
    yield Figure("a commit, median", percentile_ms(taken, 50), "ms")
    yield Figure("a commit, p99", percentile_ms(taken, 99), "ms")
    yield Figure(
        "processor time of the application a commit", (after.own - before.own) * 1e3 / len(taken), "ms"
    )
    if is_postgres:
        yield Figure(
            "processor time of PostgreSQL a commit", (after.server - before.server) * 1e3 / len(taken), "ms"
        )
        yield from _against_pgbench(key, cold, noted, rate)
    else:
        yield Figure("a bare commit of one row, median", bare_commit_ms(), "ms")


def _members(clients: int) -> dict[int, list[Id]]:
    names = [f"c{client}-m{number}" for client in range(clients) for number in range(MEMBERS_EACH)]
    with write_transaction():
        found = resolve_customers("external", names, recorded_at=now())
    return {
        client: [found[f"c{client}-m{number}"] for number in range(MEMBERS_EACH)] for client in range(clients)
    }


def _hold_all(members: list[Id], count: int) -> list[Id]:
    return [_hold(members[number % len(members)], USUAL) for number in range(count)]


def _hold(member: Id, minor: int) -> Id:
    lines = (
        Line("latte", "LATTE", minor, 2, categories=("Drinks",)),
        Line("cake", "CAKE", 6_000, categories=("Food",)),
        Line("beans", "BEANS", 14_500, categories=("Goods",)),
    )
    at = now()
    asked = Asked(cart=Cart("KRW", lines), as_of=at, customer_id=member)
    sale = reserve(asked, at=at, hold=HOLD)
    assert sale.discount_minor, "each has a discount"
    return sale.id


def commit_all(port: int, key: str, turn: str, sales: list[Id], client: int) -> list[float]:
    """Make these sales orders one after the other on one connection, and return the seconds of each."""
    http = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for number, sale in enumerate(sales):
        path, name, body = _request(turn, client, number, sale)
        began = time.perf_counter()
        send(http, key, path, name=name, body=body)
        taken.append(time.perf_counter() - began)
    http.close()
    return taken


def _request(turn: str, client: int, number: int, sale: Id) -> tuple[str, str, str]:
    """Return the path, the idempotency key and the body of a commit."""
    name = f"{turn}-{client}-{number}"
    return f"/checkout/{show_id(sale)}/commit", name, json.dumps({"number": name})


def _against_pgbench(key: str, cold: Id, noted: dict[int, list[Id]], rate: float) -> Iterator[Figure]:
    """Yield how many statements a commit sends, and the rate beside pgbench with these."""
    program, statements, sent = Client(), Counter[int](), list[Sent]()
    note = partial(note_statements, program, key)
    # In this process each request would write its line of the log among the figures.
    logging.disable(logging.INFO)
    # The first request of a process reads the programs and the key, which it then keeps.
    note(*_request("cold", 0, 0, cold))
    for client, sales in noted.items():
        own: list[list[tuple[str, Any]]] = []
        for number, sale in enumerate(sales):
            count, order = note(*_request("noted", client, number, sale))
            statements[count] += 1
            own.append(order)
        sent.append(own)
    usual, times = statements.most_common(1)[0]
    yield Figure("statements a commit, BEGIN and COMMIT among them", usual, "")
    yield Figure("commits that sent just so many", 100 * times / statements.total(), "%")
    bare = replay(sent)
    yield Figure("pgbench, the same statements prepared", bare, "/s")
    yield at_least("commits : pgbench", rate / bare, "", GOAL_RATIO)
