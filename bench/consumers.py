"""Consumers beside writers: how fast, how soon, at what cost; and how many jobs a worker does.

Eight writer processes record one event per transaction on 20,000 customers. Rounds with and without a
consumer (on PostgreSQL with its sequencer) are interleaved and their medians compared, since a machine
has moods. Delivery is the time from an event's commit to the commit of the consumer's own transaction,
at a paced 60 % of what the writers reach alone.
"""

import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection, connections

from bench.figures import Figure, at_least, at_most
from dangol.core.events import sequencer
from dangol.core.events.consumers import Consumer
from dangol.core.events.models import Cursor, Event
from dangol.core.events.reader import Reader
from dangol.core.events.records import Draft, Recorded
from dangol.core.events.runtime import REST_SECONDS, Readers
from dangol.core.events.selectors import read_head
from dangol.core.events.services import record_batch
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Heartbeat
from dangol.core.tasks.registry import Run, task
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.services import JobDraft, enqueue, enqueue_batch
from dangol.project.clock import now
from tests.core.events import actors
from tests.core.events.projection import VISITS, DoorOpened, count_visits, make_table

WRITERS, CUSTOMERS, EVENTS, JOBS = 8, 20_000, 60_000, 1_000
ROUNDS, SECONDS, WARM_UP_SECONDS = 3, 5.0, 1.0
GOAL_RATE, GOAL_P99_MS, GOAL_COST, PACE = 20_000, 200, 0.25, 0.6


@task("bench.write_row")
def write_row(payload: dict[str, int], run: Run) -> None:
    """Do what the jobs of the comparison did: one row by the mapper."""
    Heartbeat.objects.create(name=f"job-{payload['number']}", pid=1, beat_at=run.at)


def measure() -> Iterator[Figure]:
    """Yield the figures of this benchmark."""
    make_table()
    yield from _batches()
    with TemporaryDirectory(prefix="dangol-consumers-") as folder:
        yield from _beside_writers(Path(folder))
    yield from _jobs()


def _batches() -> Iterator[Figure]:
    """Yield the rates over a backlog: recording it, numbering it, and reading it with a projection."""
    known = actors.customers(CUSTOMERS)
    dice = random.Random(1)
    began = time.perf_counter()
    for first in range(0, EVENTS, 1_000):
        drafts = [Draft(dice.choice(known), DoorOpened(visit=first + at), now()) for at in range(1_000)]
        with write_transaction():
            record_batch(drafts, recorded_at=now())
    yield Figure("recording, 1,000 a transaction", EVENTS / (time.perf_counter() - began), "events/s")
    if connection.vendor == "postgresql":
        yield Figure("numbering the backlog, 2,000 a turn", _rate(sequencer.number_waiting), "events/s")
    reader = Reader(VISITS, now)
    rate = _rate(reader.advance)
    yield at_least("consumer with a projection, 1,000 a batch", rate, "events/s", GOAL_RATE)
    assert Cursor.objects.get(pk=VISITS.name).position == EVENTS, "the consumer left events behind"


def _rate(turn: Callable[[], int]) -> float:
    began = time.perf_counter()
    while turn():
        pass
    return EVENTS / (time.perf_counter() - began)


def _beside_writers(folder: Path) -> Iterator[Figure]:
    """Yield what a consumer costs the writers, and how soon it has an event."""
    alone, beside = [], []
    for number in range(ROUNDS):
        alone.append(_round(folder / f"alone-{number}", reading=False)[0])
        beside.append(_round(folder / f"beside-{number}", reading=True)[0])
    without, with_one = statistics.median(alone), statistics.median(beside)
    yield Figure("8 writers, one event a transaction, no consumer", without, "events/s")
    yield Figure("the same beside a consumer", with_one, "events/s")
    yield at_most("cost to the writers", 1 - with_one / without, "share", GOAL_COST)
    paced, delays = _round(folder / "paced", reading=True, pace=PACE * without / WRITERS)
    yield Figure("paced for delivery", paced, "events/s")
    yield Figure("delivery, median", _percentile(delays, 50) * 1_000, "ms")
    yield at_most("delivery, p99", _percentile(delays, 99) * 1_000, "ms", GOAL_P99_MS)


def _round(folder: Path, *, reading: bool, pace: float = 0.0) -> tuple[float, list[float]]:
    """Let the writers write for a while; return their events a second and the delays of delivery."""
    folder.mkdir()
    began_at = time.time() + WARM_UP_SECONDS
    ends_at = began_at + SECONDS
    before = Event.objects.count()
    helpers = []
    if reading:
        helpers.append(actors.start(read_for, folder / "delivered", ends_at + 1))
        if connection.vendor == "postgresql":
            helpers.append(actors.start(sequence_for, ends_at + 1))
    times = [folder / f"writer-{number}" for number in range(WRITERS)]
    writers = [actors.start(write_for, path, began_at, ends_at, pace) for path in times]
    for process in [*writers, *helpers]:
        process.join()
        assert process.exitcode == 0, "a process of the benchmark failed"
    written = Event.objects.count() - before
    _drain()
    return written / SECONDS, _delays(times, folder / "delivered") if reading else []


def _delays(times: Sequence[Path], delivered: Path) -> list[float]:
    """Return the seconds from each event's commit to the commit that its consumer made."""
    committed: dict[str, float] = {}
    for path in times:
        committed |= json.loads(path.read_text())
    handled: dict[str, float] = json.loads(delivered.read_text())
    never = max(handled.values()) + 1
    return [max(0.0, handled.get(event, never) - at) for event, at in committed.items()]


def _drain() -> None:
    """Leave nothing behind for the next round."""
    while sequencer.number_waiting():
        pass
    Cursor.objects.filter(pk=VISITS.name).update(position=read_head())


def write_for(path: Path, began_at: float, ends_at: float, pace: float) -> None:
    """Record one event a transaction between two instants, at most `pace` a second (0: as many as go)."""
    known, dice = actors.customers(CUSTOMERS), random.Random(str(path))
    committed: dict[str, float] = {}
    connections["default"].ensure_connection()
    time.sleep(max(0.0, began_at - time.time()))
    while time.time() < ends_at:
        if pace:
            time.sleep(max(0.0, began_at + (len(committed) + dice.random()) / pace - time.time()))
        with write_transaction():
            draft = Draft(dice.choice(known), DoorOpened(visit=len(committed)), now())
            (event,) = record_batch([draft], recorded_at=now())
        committed[event.id.hex()] = time.time()
    path.write_text(json.dumps(committed))


def read_for(path: Path, ends_at: float) -> None:
    """Read as the worker does, and note when each event was done with."""
    fresh: list[Recorded] = []

    def handle(events: Sequence[Recorded]) -> None:
        count_visits(events)
        fresh.extend(events)

    readers = Readers(clock=now, consumers=[Consumer(VISITS.name, VISITS.events, handle)])
    delivered: dict[str, float] = {}
    while time.time() < ends_at:
        idle = not readers.catch_up()
        at = time.time()
        delivered |= {event.id.hex(): at for event in fresh}
        fresh.clear()
        if idle:
            time.sleep(REST_SECONDS)
    path.write_text(json.dumps(delivered))


def sequence_for(ends_at: float) -> None:
    """Number events as the sequencer does."""
    while time.time() < ends_at:
        if not sequencer.catch_up():
            time.sleep(sequencer.REST_SECONDS)


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def _jobs() -> Iterator[Figure]:
    """Yield how many jobs are left and done a second, each one row by the mapper in its own transaction."""
    began = time.perf_counter()
    for number in range(JOBS):
        with write_transaction():
            enqueue("bench.write_row", {"number": number}, run_at=now())
    yield Figure("jobs left, one a transaction", JOBS / (time.perf_counter() - began), "jobs/s")
    _do_jobs()
    with write_transaction():
        drafts = [JobDraft("bench.write_row", {"number": JOBS + one}, now()) for one in range(JOBS)]
        enqueue_batch(drafts, enqueued_at=now())
    yield Figure("jobs done by one worker", JOBS / _do_jobs(), "jobs/s")


def _do_jobs() -> float:
    """Do all jobs that are due; return the seconds it took."""
    runner = Runner(now)
    began = time.perf_counter()
    while runner.run_due():
        pass
    assert runner.failures == 0, f"pid {os.getpid()}: jobs failed"
    return time.perf_counter() - began
