"""Processes of the concurrency tests: writers, sequencers and consumers that may be killed at any instant.

They are forked from a server that imports this module once, so each starts in a few milliseconds.
"""

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import django
from django.apps import apps
from django.db import connections

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from dangol.core.events.lake import LakeWriter
from dangol.core.events.reader import Reader
from dangol.core.events.records import Draft
from dangol.core.events.sequencer import number_waiting
from dangol.core.events.services import record_batch
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.core.events.projection import VISITS, DoorOpened

PER_BATCH = 100
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def start(act: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start `act` in a process of its own, on the database this process uses."""
    database = str(connections["default"].settings_dict["NAME"])
    process = _context.Process(target=_play, args=(database, act, arguments))
    process.start()
    return process


def _play(database: str, act: Callable[..., None], arguments: tuple[object, ...]) -> None:
    connections["default"].settings_dict["NAME"] = database
    try:
        act(*arguments)
    finally:
        connections.close_all()


def customers(count: int) -> list[Id]:
    """Return the ids of the test's customers, the same in every process."""
    dice = random.Random(20_170_101)
    return [dice.randbytes(16) for _ in range(count)]


def acknowledged(path: Path) -> list[Id]:
    """Return the ids of the events whose commit a writer has seen."""
    told = path.read_bytes() if path.exists() else b""
    return [told[at : at + 16] for at in range(0, len(told) - 15, 16)]


def write_events(path: Path, events: int, customer_count: int) -> None:
    """Write events, half one per transaction, the rest 100 per transaction; note each commit in `path`.

    Started again after a kill, it goes on from what it has noted.
    """
    known = customers(customer_count)
    dice = random.Random(os.getpid())
    with path.open("ab", buffering=0) as told:
        while (done := path.stat().st_size // 16) < events:
            size = 1 if done < events // 2 else min(PER_BATCH, events - done)
            chosen = [dice.choice(known) for _ in range(size)]
            drafts = [Draft(one, DoorOpened(visit=done), datetime.now(UTC)) for one in chosen]
            with write_transaction():
                recorded = record_batch(drafts, recorded_at=datetime.now(UTC))
            told.write(b"".join(event.id for event in recorded))


def sequence() -> None:
    """Number events until killed."""
    while True:
        if not number_waiting():
            time.sleep(0.01)


def consume() -> None:
    """Read events for the test's consumer until killed."""
    reader = Reader(VISITS, now)
    while True:
        if not reader.advance():
            time.sleep(0.01)


def fill_lake(folder: Path, at_once: int) -> None:
    """Write the lake until killed."""
    lake = LakeWriter(folder, now, at_once=at_once)
    while True:
        if not lake.flush():
            time.sleep(0.01)


assert sys.platform != "win32", "these tests fork"
