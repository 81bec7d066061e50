"""Events by Segment's own Python client, unchanged, against a served instance: how many, durably.

The client runs in a process of its own, as a shop's server would, with its defaults: batches of at most 100
events, here over four of its threads. Each batch is answered after its commit. The events are of 2,000
browsers and people: clicks, pages, products looked at, orders and sign-ins. Processor time is read from /proc
for the instance's processes and for those of PostgreSQL; the client's own is told beside it, since it takes
its part of the two cores.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from django.db import connection

from bench.figures import Figure, at_least
from bench.web_orders import serving, spent
from dangol.core.access.keys import make_key
from dangol.core.access.rights import Right
from dangol.core.behavior.models import Entry
from dangol.core.events.models import Event
from dangol.core.people.shops import set_shop
from dangol.core.storage.spaces import LIVE
from dangol.project.clock import now
from dangol.rooms.rewards.first_program import make_first_program

WARM_UP, EVENTS = 6_000, 30_000
GOAL_RATE = 3_000


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    set_shop(name="Bench", zone="Asia/Seoul", currency="KRW", region="KR")
    make_first_program(currency="KRW", zone="Asia/Seoul", language="en", recorded_at=now())
    scopes = frozenset({Right.EVENTS_WRITE, Right.ORDERS_WRITE, Right.MEMBERS_WRITE})
    key = make_key(name="bench", space=LIVE, scopes=scopes, created_by="bench", at=now()).secret
    with serving() as (port, serve):
        send(port, key, "warm", WARM_UP)
        before = spent(serve)
        told = send(port, key, "timed", EVENTS)
        after = spent(serve)
    kept = Entry.objects.count()
    assert kept == WARM_UP + EVENTS, f"{kept} entries"
    yield at_least("events by Segment's client", EVENTS / told["seconds"], "/s", GOAL_RATE)
    yield Figure("processor time of the application an event", (after.own - before.own) * 1e6 / EVENTS, "µs")
    if connection.vendor == "postgresql":
        yield Figure(
            "processor time of PostgreSQL an event", (after.server - before.server) * 1e6 / EVENTS, "µs"
        )
    yield Figure("processor time of the client an event", told["own"] * 1e6 / EVENTS, "µs")
    yield Figure("events on the timeline", float(Event.objects.count()), "")


def send(port: int, key: str, turn: str, count: int) -> Any:
    """Send events in a process of its own; return the seconds it took, and its processor time."""
    command = [sys.executable, "-m", "bench.intake_client", f"http://127.0.0.1:{port}", key, turn, str(count)]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return json.loads(told.stdout)
