"""The kinds of process an instance consists of, each run in the foreground until it is told to stop."""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, connections
from django.utils.module_loading import import_string
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from dangol.cli.signals import StopSignals, stop_with_parent
from dangol.core.events import sequencer
from dangol.core.events.lake import LakeWriter
from dangol.core.events.runtime import REST_SECONDS, Readers
from dangol.core.events.settling import settle_all
from dangol.core.events.webhooks.selectors import caller_for_endpoints
from dangol.core.events.webhooks.sender import REST_SECONDS as REST_OF_SENDER_SECONDS, Sender
from dangol.core.messaging.outbox import Outbox
from dangol.core.operations.balance import Board
from dangol.core.operations.cycles import calm_collector
from dangol.core.operations.health import DRAINING
from dangol.core.operations.tally import sum_points
from dangol.core.people.models import Shop
from dangol.core.storage.spaces import list_spaces
from dangol.core.storage.transactions import limit_waits
from dangol.core.tasks.loops import Loop
from dangol.core.tasks.registry import helping_tasks
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.scheduler import enqueue_due
from dangol.core.tasks.services import record_heartbeat
from dangol.core.tasks.turns import Turn, turns
from dangol.project.clock import clock_of_space, now, space_at_its_time

# The pid of `dangol serve`, told to its children: one whose parent is another has been orphaned.
PARENT = "DANGOL_SUPERVISOR"
# What a process is called in its log.
PROCESS = "DANGOL_PROCESS"
WEB_WORKERS, WEB_DRAIN_SECONDS = 2, 25
DOOR = "dangol.project.rsgi:open_door"
# A client has so long for its head, and a connection that asks for nothing is kept so long.
HEAD_SECONDS = 10
# A person or a till waits for the web: nothing there may wait long for others.
LONGEST_WRITER_WAIT_SECONDS = 2.0
WEB_POSTGRES = "-c lock_timeout=2s -c statement_timeout=15s"
WORK_POSTGRES = "-c lock_timeout=30s -c statement_timeout=30min"
CONNECT_SECONDS = 2
TALLY_SECONDS = 5.0
HEARTBEAT_SECONDS = 5.0
HELPER_REST_SECONDS = 1.0


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
    """Do everything that is due now: schedules, jobs, consumers, webhooks, messages and the lake."""
    lake, sender = LakeWriter(settings.LAKE, clock), Sender(clock=clock, caller=caller_for_endpoints)
    outbox = Outbox(clock)
    jobs, failed = 0, 0
    try:
        while True:
            done = settle_all(clock=clock, zone=shop_zone())
            jobs, failed = jobs + done.jobs, failed + done.failed_jobs
            if not (sender.deliver_due() or outbox.send_due() or sum_points(at=clock())):
                break
    finally:
        sender.close()
    deliver_in_spaces()
    return Settled(jobs, lake.flush(), failed, done.stuck_consumers)


def deliver_in_spaces() -> int:
    """Send what is due of the test spaces' webhooks, each by its own time; returns how many tries it took.

    All else that is due there is done by the request that made it so.
    """
    tries = 0
    for name in list_spaces():
        with (
            space_at_its_time(name),
            closing(Sender(clock=clock_of_space(), caller=caller_for_endpoints)) as sender,
        ):
            tries += sender.deliver_due()
    return tries


def run_worker() -> None:
    """Do jobs, read events for consumers, send webhooks and messages, write the lake: a thread for each."""
    _name_process("worker", WORK_POSTGRES)
    calm_collector()
    stopping = threading.Event()
    outbox = Outbox(now, stopping=stopping)
    runner, readers = Runner(now, stopping=stopping), Readers(clock=now)
    lake, sender = LakeWriter(settings.LAKE, now), Sender(clock=now, caller=caller_for_endpoints)
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
            Loop("webhooks", sender.turn, REST_OF_SENDER_SECONDS, stopping),
            Loop("webhooks of test spaces", deliver_in_spaces, 0.5, stopping),
            Loop("lake", lake.advance, 1.0, stopping),
            *(Loop(one.name, partial(_take, one), one.idle_seconds, stopping) for one in turns()),
            Loop("tally", lambda: sum_points(at=now()), TALLY_SECONDS, stopping),
            Loop("upkeep", keep_up, HEARTBEAT_SECONDS, stopping),
        ],
        stopping,
    )
    sender.close()
    readers.flush()


def _take(turn: Turn) -> int:
    return turn.take(now())


def run_helper() -> None:
    """Do jobs that take over a part of a long one, beside the worker that has it.

    Nobody misses it: without it they wait until the worker has done the long one, and find nothing to do.
    """
    _name_process("helper", WORK_POSTGRES)
    calm_collector()
    stopping = threading.Event()
    runner = Runner(now, stopping=stopping, only=helping_tasks())

    def keep_up() -> int:
        record_heartbeat("helper", pid=os.getpid(), at=now())
        runner.renew_leases()
        return 0

    loops = [
        Loop("jobs", runner.run_due, HELPER_REST_SECONDS, stopping),
        Loop("upkeep", keep_up, HEARTBEAT_SECONDS, stopping),
    ]
    _run_loops(loops, stopping)


def run_sequencer() -> None:
    """Give events their positions; SQLite has no need of it."""
    _name_process("sequencer", WORK_POSTGRES)
    stopping = threading.Event()
    loops = [
        Loop("sequencer", sequencer.catch_up, sequencer.REST_SECONDS, stopping),
        _heartbeats("sequencer", stopping),
    ]
    _run_loops(loops, stopping)


def run_scheduler() -> None:
    """Leave jobs for what falls due."""
    _name_process("scheduler", WORK_POSTGRES)
    stopping = threading.Event()

    def schedule() -> int:
        enqueue_due(as_of=now(), zone=shop_zone())
        return 0

    _run_loops([Loop("scheduler", schedule, 1.0, stopping), _heartbeats("scheduler", stopping)], stopping)


def run_web(*, host: str, port: int) -> None:
    """Serve the pages until told to stop: then unready first, and what is in hand is finished."""
    _name_process("web", WEB_POSTGRES)
    # The workers are forked: a connection must not be shared with them.
    connections.close_all()
    # Told through the environment, since workers may be started as programs of their own.
    mark = os.environ[DRAINING] = str(settings.HOME / f"stopping-{os.getpid()}")
    Path(mark).unlink(missing_ok=True)
    stop_with_parent(_parent())
    server = Granian(
        DOOR,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=WEB_WORKERS,
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000),
        workers_kill_timeout=WEB_DRAIN_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    )
    server.on_startup(lambda: _drain_on_signal(server, Path(mark)))
    try:
        server.serve(
            target_loader=partial(_load_application, Board(WEB_WORKERS), os.getpid()), wrap_loader=False
        )
    finally:
        Path(mark).unlink(missing_ok=True)


def has_many_writers() -> bool:
    """Say whether many write at once here: one helps another then, and events get their positions later."""
    return connection.vendor == "postgresql"


def _load_application(board: Board, parent: int) -> Callable[..., Any]:
    """Load the application in a web worker, which has the web process for its parent."""
    stop_with_parent(parent)
    limit_waits(LONGEST_WRITER_WAIT_SECONDS)
    application: Callable[..., Any] = import_string(DOOR.replace(":", "."))(board.take_place())
    calm_collector()
    return application


def _drain_on_signal(server: Any, mark: Path) -> None:
    """Upon SIGTERM be unready for a while before nothing new is taken, so that whoever sends requests here
    has noticed; upon SIGINT, which a person sends, stop at once.
    """

    signals = StopSignals()

    def drain() -> None:
        number = signals.wait()
        mark.touch()
        if number == signal.SIGTERM:
            # Who asks a second time waits no longer.
            signals.wait(settings.DRAIN_SECONDS)
        server.signal_handler_interrupt()

    threading.Thread(target=drain, name="drain", daemon=True).start()


def _name_process(name: str, postgres: str) -> None:
    """Name this process in its log, and say how long its statements may wait and last."""
    os.environ[PROCESS] = name
    for alias in connections:
        given = connections.settings[alias]
        if given["ENGINE"] == "django.db.backends.postgresql":
            options = given["OPTIONS"]
            options["options"] = f"{options.get('options', '')} {postgres}".strip()
            options.setdefault("connect_timeout", CONNECT_SECONDS)
        elif name == "web":
            given["OPTIONS"]["timeout"] = LONGEST_WRITER_WAIT_SECONDS
    connections.close_all()


def _heartbeats(name: str, stopping: threading.Event) -> Loop:
    def beat() -> int:
        record_heartbeat(name, pid=os.getpid(), at=now())
        return 0

    return Loop(f"{name} upkeep", beat, HEARTBEAT_SECONDS, stopping)


def _run_loops(loops: Iterable[Loop], stopping: threading.Event) -> None:
    signals = StopSignals()
    stop_with_parent(_parent())
    threads = [threading.Thread(target=loop.run, name=loop.name) for loop in loops]
    for thread in threads:
        thread.start()
    signals.wait()
    stopping.set()
    for thread in threads:
        thread.join()


def _parent() -> int | None:
    """Return the pid of the `dangol serve` that has started this process."""
    given = os.environ.get(PARENT)
    return int(given) if given else None
