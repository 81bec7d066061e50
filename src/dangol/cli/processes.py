"""The kinds of process an instance consists of, each run in the foreground until it is told to stop."""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, connections
from django.utils.module_loading import import_string
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from dangol.core.events import sequencer
from dangol.core.events.lake import LakeWriter
from dangol.core.events.runtime import REST_SECONDS, Readers
from dangol.core.events.settling import settle_all
from dangol.core.messaging.outbox import Outbox
from dangol.core.people.models import Shop
from dangol.core.tasks.loops import Loop
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.scheduler import enqueue_due
from dangol.core.tasks.services import record_heartbeat
from dangol.project.clock import now

# The pid of `dangol serve`, told to its children: one whose parent is another has been orphaned.
PARENT = "DANGOL_SUPERVISOR"
WEB_WORKERS, WEB_THREADS, WEB_DRAIN_SECONDS = 2, 4, 25
HEARTBEAT_SECONDS = 5.0
PARENT_CHECK_SECONDS = 0.5


class Settled(NamedTuple):
    """What a worker did until nothing was due any more, and what it could not do.

    `events` is how many went to the lake; `failed_jobs` counts tries, of which most will be repeated.
    """

    jobs: int
    events: int
    failed_jobs: int
    stuck_consumers: list[str]

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed."""
        return not self.failed_jobs and not self.stuck_consumers


def shop_zone() -> ZoneInfo:
    """Return the shop's zone; UTC before there is a shop."""
    return ZoneInfo(Shop.objects.values_list("zone", flat=True).first() or "UTC")


def work_until_idle(*, clock: Callable[[], datetime] = now) -> Settled:
    """Do everything that is due now: schedules, jobs, positions, consumers, messages and the lake."""
    lake = LakeWriter(settings.LAKE, clock)
    done = settle_all(clock=clock, zone=shop_zone())
    outbox = Outbox(clock)
    while outbox.send_due():
        pass
    return Settled(done.jobs, lake.flush(), done.failed_jobs, done.stuck_consumers)


def run_worker() -> None:
    """Do jobs, read events for consumers, send messages and write the lake, each in a thread of its own."""
    stopping = threading.Event()
    outbox = Outbox(now, stopping=stopping)
    runner, readers = Runner(now, stopping=stopping), Readers(clock=now)
    lake = LakeWriter(settings.LAKE, now)
    lake.delete_leftovers()

    def keep_up() -> int:
        record_heartbeat("worker", pid=os.getpid(), at=now())
        runner.renew_leases()
        return 0

    _run_loops(
        [
            Loop("jobs", runner.run_due, 0.1, stopping),
            Loop("consumers", readers.catch_up, REST_SECONDS, stopping),
            Loop("messages", outbox.send_due, 0.5, stopping),
            Loop("lake", lake.advance, 1.0, stopping),
            Loop("upkeep", keep_up, HEARTBEAT_SECONDS, stopping),
        ],
        stopping,
    )
    readers.flush()


def run_sequencer() -> None:
    """Give events their positions; SQLite has no need of it."""
    stopping = threading.Event()
    loops = [
        Loop("sequencer", sequencer.catch_up, sequencer.REST_SECONDS, stopping),
        _heartbeats("sequencer", stopping),
    ]
    _run_loops(loops, stopping)


def run_scheduler() -> None:
    """Leave jobs for what falls due."""
    stopping = threading.Event()

    def schedule() -> int:
        enqueue_due(as_of=now(), zone=shop_zone())
        return 0

    _run_loops([Loop("scheduler", schedule, 1.0, stopping), _heartbeats("scheduler", stopping)], stopping)


def run_web(*, host: str, port: int) -> None:
    """Serve the pages."""
    # The workers are forked: a connection must not be shared with them.
    connections.close_all()
    _stop_with_parent(os.environ.get(PARENT))
    server = Granian(
        "dangol.project.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WEB_WORKERS,
        blocking_threads=WEB_THREADS,
        workers_kill_timeout=WEB_DRAIN_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=_load_application, wrap_loader=False)


def needs_sequencer() -> bool:
    """Say whether events get their positions after their commit here."""
    return connection.vendor == "postgresql"


def _load_application() -> Callable[..., Any]:
    """Load the application in a web worker, which has the web process for its parent."""
    _stop_with_parent(str(os.getppid()))
    application: Callable[..., Any] = import_string(settings.WSGI_APPLICATION)
    return application


def _heartbeats(name: str, stopping: threading.Event) -> Loop:
    def beat() -> int:
        record_heartbeat(name, pid=os.getpid(), at=now())
        return 0

    return Loop(f"{name} upkeep", beat, HEARTBEAT_SECONDS, stopping)


def _run_loops(loops: Iterable[Loop], stopping: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    parent = os.environ.get(PARENT)
    threads = [threading.Thread(target=loop.run, name=loop.name) for loop in loops]
    for thread in threads:
        thread.start()
    while not stopping.wait(PARENT_CHECK_SECONDS):
        if _is_orphan(parent):
            stopping.set()
    for thread in threads:
        thread.join()


def _is_orphan(parent: str | None) -> bool:
    return parent is not None and os.getppid() != int(parent)


def _stop_with_parent(parent: str | None) -> None:
    """Stop this process as by SIGTERM once its parent is gone, even by kill -9, which tells nobody."""

    def watch() -> None:
        while not _is_orphan(parent):
            threading.Event().wait(PARENT_CHECK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    if parent is not None:
        threading.Thread(target=watch, name="parent watch", daemon=True).start()
