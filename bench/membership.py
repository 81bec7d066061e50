"""From an event to its customer's segment: how soon who is in is seen, at a paced 500 events a second.

A served instance with ten segments. 3,000 customers come by turns for thirty seconds, ten events a request
over four connections; the n-th visit of each brings its customer into the segment of n visits, so that every
event moves somebody. The lag of an event is from when the server has answered 200 until a reader on a
connection of its own, which looks for the rows every 20 ms, has found that one: so it ends after the commit,
by up to one look too late. `segment.entered` tells no such thing: its `recorded_at` is when the worker began
to look at a batch.

Meanwhile 300 customers leave a segment because an hour has passed. Each leaves at an instant that is known to
the microsecond; what is told is from then until the reader has found the row gone.
"""

import base64
import json
import queue
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Max

from bench.figures import Figure, at_least, at_most
from bench.web_orders import Spent, open_shop, percentile_ms, serving, spent
from dangol.core.events.models import Cursor, Event
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.services import resolve_customers
from dangol.core.segments.consumers import FOLLOW
from dangol.core.segments.models import Member, Watch
from dangol.core.segments.services import SegmentDraft, create_segment
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.waiting import wait_for

PACE, SECONDS, CUSTOMERS, PER_CALL, SENDERS = 500, 30, 3_000, 10, 4
VISITS, TRIALS, HEAD_START = PACE * SECONDS // CUSTOMERS, 300, 8.0
LOOK_SECONDS, LOOKED_FOR, LATEST_SECONDS = 0.02, 1_000, 60.0
BEFORE = ("Button Clicked", "Product Viewed", "Button Clicked")
TRIAL, HOUR = "on-trial", timedelta(hours=1)
GOAL_P99_MS, GOAL_WINDOW_S, GOAL_PACE = 1_000, 5, 0.98
# A customer in a segment.
Row = tuple[Id, Id]


class Door:
    """A connection to the tracking API that stays open."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        user = base64.b64encode(f"{key}:".encode()).decode()
        self._headers = {"Authorization": f"Basic {user}", "Content-Type": "application/json"}

    def send(self, events: Sequence[Mapping[str, Any]]) -> float:
        """Send events; return when they were answered."""
        body = json.dumps({"batch": events, "sentAt": now().isoformat()})
        self._connection.request("POST", "/v1/batch", body, self._headers)
        answer = self._connection.getresponse()
        told = answer.read()
        at = time.time()
        assert answer.status == 200, told
        return at

    def close(self) -> None:
        """Close it."""
        self._connection.close()


class Visit(NamedTuple):
    """A customer's n-th visit, and the row it has to lead to."""

    customer: int
    number: int
    row: Row


class Reader:
    """Looks for the rows that have to be there, and for those that have to be gone.

    `inbox` takes rows with the instant at which their event was answered.
    """

    def __init__(self, gone_at: Mapping[Row, float]) -> None:
        self.inbox: queue.SimpleQueue[tuple[Row, float]] = queue.SimpleQueue()
        self.lags: list[float] = []
        self.stays: list[float] = []
        self._awaited: dict[Row, float] = {}
        self._leaving = dict(gone_at)

    def look(self) -> int:
        """Look once; return how many rows have still to come or to go."""
        while not self.inbox.empty():
            row, at = self.inbox.get()
            self._awaited[row] = at
        # The longest awaited, should there be very many: looking must not be what takes the time.
        some = list(self._awaited)[:LOOKED_FOR]
        there = _rows_there(some)
        self.lags += [max(0.0, there.at - self._awaited.pop(row)) for row in some if row in there.rows]
        due = [row for row, at in self._leaving.items() if at <= time.time()]
        there = _rows_there(due)
        self.stays += [there.at - self._leaving.pop(row) for row in due if row not in there.rows]
        return len(self._awaited) + len(self._leaving)

    def finish(self) -> None:
        """Look until nothing is awaited any more."""
        until = time.time() + LATEST_SECONDS
        while left := self.look():
            assert time.time() < until, f"{left} rows have not come or gone"
            time.sleep(LOOK_SECONDS)


class _There(NamedTuple):
    rows: frozenset[Row]
    at: float


def _rows_there(rows: Sequence[Row]) -> _There:
    """Return which of these rows are there, and when that was read."""
    keys = [(one,) for one in sorted({customer_id for customer_id, _ in rows})]
    found = select_matching(Member, ("customer_id", "segment_id"), ("customer_id",), keys) if keys else []
    return _There(frozenset((customer_id, segment_id) for customer_id, segment_id in found), time.time())


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    key = open_shop()
    segments = make_segments()
    with write_transaction():
        named = resolve_customers("external", [f"u-{n}" for n in range(CUSTOMERS)], recorded_at=now())
    owners = [named[f"u-{n}"] for n in range(CUSTOMERS)]
    with serving() as (port, serve):
        with closing(Door(port, key)) as door:
            _prepare(door)
            starts = time.time() + HEAD_START
            reader = Reader(_try_out(door, owners, segments[TRIAL], starts))
        before = spent(serve)
        took = _send_paced(port, key, _planned(owners, segments), reader, starts)
        after = spent(serve)
        reader.finish()
    _check(segments)
    yield from _figures(reader, took, before, after)


def make_segments() -> dict[str, Id]:
    """Make ten segments; return their ids by their slugs."""

    def did(event: str, n: int, op: str = "at_least", days: int = 30) -> dict[str, Any]:
        window = {"type": "last", "n": days, "unit": "days"}
        return {"type": "did", "event": event, "times": {"op": op, "n": n}, "window": window}

    total = {"type": "aggregate", "event": "Visited", "measure": "sum", "property": "total"}
    steps = [{"event": "Product Viewed"}, {"event": "Visited"}]
    conditions: dict[str, dict[str, Any]] = {
        **{_ladder(n): did("Visited", n) for n in range(1, VISITS + 1)},
        TRIAL: {**did("Trial Started", 1), "window": {"type": "last", "n": 1, "unit": "hours"}},
        "big-spenders": {**total, "op": "at_least", "value": 10_000_000},
        "never-bought": did("Order Completed", 0, "at_most"),
        "looked-then-came": {"type": "sequence", "steps": steps},
        "regulars": {"type": "all", "of": [{"type": "member", "segment": _ladder(2)}, did("Visited", 4)]},
    }
    actor = Actor(ActorKind.SYSTEM, "bench")
    return {
        slug: create_segment(SegmentDraft(slug, slug, "", condition), actor=actor, at=now())
        for slug, condition in conditions.items()
    }


def _ladder(visits: int) -> str:
    return f"visits-{visits}"


def _event(customer: int, name: str, number: int, at: datetime | None = None) -> dict[str, Any]:
    return {
        "type": "track", "userId": f"u-{customer}", "event": name, "messageId": f"{name}-{customer}-{number}",
        "timestamp": (at or now()).isoformat(),
        "properties": {"place": number, "total": 4_500, "list": ["a", "b"]},
    }  # fmt: skip


def _prepare(door: Door) -> None:
    """Give every customer some past, and wait until all of them have been looked at."""
    for number, name in enumerate(BEFORE):
        for first in range(0, CUSTOMERS, 100):
            door.send([_event(one, name, number) for one in range(first, first + 100)])
    wait_for(_is_settled)


def _is_settled() -> bool:
    """Say whether all events have been read, and nobody is due."""
    if Event.objects.filter(position=None).exists() or Watch.objects.filter(due_at__lte=now()).exists():
        return False
    head = Event.objects.aggregate(last=Max("position"))["last"]
    return Cursor.objects.filter(pk=FOLLOW.name, position__gte=head).exists()


def _try_out(door: Door, owners: Sequence[Id], segment_id: Id, starts: float) -> dict[Row, float]:
    """Put some into a segment for the rest of an hour; return when each has to leave it, within the run."""
    dice = random.Random(1)
    begun = [
        datetime.fromtimestamp(starts + 2 + dice.random() * (SECONDS - 4), UTC) - HOUR for _ in range(TRIALS)
    ]
    for first in range(0, TRIALS, 100):
        door.send([_event(one, "Trial Started", 0, begun[one]) for one in range(first, first + 100)])
    wait_for(lambda: Member.objects.filter(segment_id=segment_id).count() == TRIALS)
    # As the server dates them, which puts the sender's clock right.
    old = Event.objects.filter(customer_id__in=owners[:TRIALS], occurred_at__lt=max(begun) + HOUR / 2)
    dated = dict(old.values_list("customer_id", "occurred_at"))
    assert len(dated) == TRIALS, f"{len(dated)} began an hour ago"
    return {(customer_id, segment_id): (at + HOUR).timestamp() for customer_id, at in dated.items()}


def _planned(owners: Sequence[Id], segments: Mapping[str, Id]) -> list[Visit]:
    """Return all visits in their order: round by round, in each all customers in an order of its own."""
    dice, visits = random.Random(2), []
    for number in range(1, VISITS + 1):
        row = segments[_ladder(number)]
        visits += [Visit(one, number, (owners[one], row)) for one in dice.sample(range(CUSTOMERS), CUSTOMERS)]
    return visits


def _send_paced(port: int, key: str, visits: Sequence[Visit], reader: Reader, starts: float) -> float:
    """Send the visits at their pace while the reader looks; return the seconds from the first to the last."""
    calls = [visits[at : at + PER_CALL] for at in range(0, len(visits), PER_CALL)]
    time.sleep(max(0.0, starts - time.time()))
    with ThreadPoolExecutor(SENDERS) as pool:
        send = partial(_send_own, port, key, calls, reader, starts)
        at_work = [pool.submit(send, sender) for sender in range(SENDERS)]
        while not all(one.done() for one in at_work):
            reader.look()
            time.sleep(LOOK_SECONDS)
        return max(one.result() for one in at_work) - starts


def _send_own(
    port: int, key: str, calls: Sequence[Sequence[Visit]], reader: Reader, starts: float, sender: int
) -> float:
    """Send every n-th call when its time has come; return when the last was answered."""
    answered = starts
    with closing(Door(port, key)) as door:
        for place in range(sender, len(calls), SENDERS):
            time.sleep(max(0.0, starts + place * PER_CALL / PACE - time.time()))
            answered = door.send([_event(one.customer, "Visited", one.number) for one in calls[place]])
            for one in calls[place]:
                reader.inbox.put((one.row, answered))
    return answered


def _check(segments: Mapping[str, Id]) -> None:
    """See that everybody is where they belong."""
    counts = dict(Member.objects.values_list("segment_id").annotate(Count("customer_id")).order_by())
    found = {slug: counts.get(segment_id, 0) for slug, segment_id in segments.items()}
    nobody = dict.fromkeys((TRIAL, "big-spenders"), 0)
    wanted = dict.fromkeys(segments, CUSTOMERS) | nobody
    assert found == wanted, f"members: {found}"


def _figures(reader: Reader, took: float, before: Spent, after: Spent) -> Iterator[Figure]:
    events, lags, stays = PACE * SECONDS, sorted(reader.lags), sorted(reader.stays)
    assert (len(lags), len(stays)) == (events, TRIALS), f"{len(lags)} came, {len(stays)} went"
    yield at_least("events answered", events / took, "/s", PACE * GOAL_PACE)
    yield Figure("an event to its segment, median", percentile_ms(lags, 50), "ms")
    yield at_most("p99", percentile_ms(lags, 99), "ms", GOAL_P99_MS)
    yield Figure("the longest", lags[-1] * 1e3, "ms")
    yield Figure("a window's end to its segment, median", percentile_ms(stays, 50) / 1e3, "s")
    yield at_most("the longest", stays[-1], "s", GOAL_WINDOW_S)
    yield Figure("processor time of the application an event", (after.own - before.own) * 1e6 / events, "µs")
    if connection.vendor == "postgresql":
        server = (after.server - before.server) * 1e6 / events
        yield Figure("processor time of PostgreSQL an event", server, "µs")
