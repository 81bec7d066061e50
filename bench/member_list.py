"""The list of members at a million: each sort from the top and from the middle, each filter, a phone.

`DANGOL_BENCH_MEMBERS` makes it as many as it says. What is timed is the whole answer of the page, as staff
who are signed in get it, with all that comes before it.
"""

import logging
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from bench.figures import Figure, at_most
from dangol.core.access.rights import Role
from dangol.core.people.selectors import list_stores
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.rooms.rewards.shop import open_program

MEMBERS, STORES = int(os.environ.get("DANGOL_BENCH_MEMBERS", "1000000")), 10
LOOKS, GOAL_P95_MS = 20, 150
CURRENCY = "PTS"
EVEN_ID = b"\x80" + bytes(15)


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    crowd = import_module("tests.web.crowd")
    began, at = time.perf_counter(), now()
    import_module("dangol.core.people.shops").set_shop(
        name="Bench", zone="Asia/Seoul", currency="USD", region="KR"
    )
    program_id = open_program(points_currency=CURRENCY)
    with write_transaction():
        upsert_stores([StoreRow(str(one), f"Store {one}") for one in range(STORES)], recorded_at=at)
    stores = [one.id for one in list_stores()]
    crowd.gather(MEMBERS, program_id=program_id, currency=CURRENCY, stores=stores, at=at)
    if connection.vendor == "postgresql":
        # As autovacuum will have; SQLite plans without statistics, so it must do without them here.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    yield Figure(f"{MEMBERS:,} members written", MEMBERS / (time.perf_counter() - began), "/s")
    # A request writes a line of log, which is no part of what is timed.
    logging.disable(logging.CRITICAL)
    staff = import_module("tests.web.staff")
    client_of = import_module("django.test").Client
    owner = staff.sign_in(client_of(SERVER_NAME="localhost"))
    keeper = staff.sign_in(client_of(SERVER_NAME="localhost"), "keeper", Role.STORE, store_id=stores[0])
    for name, asked in _questions(at):
        yield _timed(name, owner, asked)
    yield _timed("one store's staff: recent", keeper, {})
    yield at_most(
        "a phone, exact, p95",
        _p95([partial(_seek, owner, crowd.phone_of(one)) for one in range(LOOKS)]),
        "ms",
        GOAL_P95_MS,
    )


def _questions(at: Any) -> Iterator[tuple[str, dict[str, str]]]:
    middle = {
        "recent": (at - timedelta(days=100)).isoformat(),
        "away": (at - timedelta(days=200)).isoformat(),
        "joined": (at - timedelta(days=365)).isoformat(),
        "spend": "220000",
        "points": "0",
    }
    for sort, key in middle.items():
        after = urlsafe_b64encode(EVEN_ID + key.encode()).decode().rstrip("=")
        yield f"{sort}: first page", {"sort": sort}
        yield f"{sort}: from the middle", {"sort": sort, "after": after}
        for tier in ("silver", "gold"):
            yield f"{sort}: {tier}", {"sort": sort, "tier": tier}
        yield f"{sort}: soon to lapse", {"sort": sort, "soon": "1"}
        yield f"{sort}: soon to lapse, gold", {"sort": sort, "soon": "1", "tier": "gold"}
        for days in ("joined", "visited"):
            yield f"{sort}: {days} today", {"sort": sort, days: "today"}
            yield f"{sort}: {days} in 30 days", {"sort": sort, days: "30d"}
            yield f"{sort}: {days} in 30 days, silver", {"sort": sort, days: "30d", "tier": "silver"}
    both = {"joined": "days", "joined_to": (at - timedelta(days=300)).date().isoformat(), "visited": "30d"}
    yield "joined long ago and visited in 30 days", both
    yield (
        "gone for half a year",
        {
            "visited": "days",
            "visited_to": (at - timedelta(days=180)).date().isoformat(),
        },
    )


def _timed(name: str, client: Any, asked: dict[str, str]) -> Figure:
    return at_most(f"{name}, p95", _p95([partial(_get, client, asked)] * LOOKS), "ms", GOAL_P95_MS)


def _get(client: Any, asked: dict[str, str]) -> None:
    answer = client.get("/members?" + urlencode(asked))
    assert answer.status_code == 200, answer


def _seek(client: Any, text: str) -> None:
    answer = client.post("/members", {"q": text}, follow=True)
    assert answer.status_code == 200, answer


def _p95(acts: list[Callable[[], None]]) -> float:
    acts[0]()
    taken = []
    for act in acts:
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[int(len(taken) * 0.95)] * 1_000
