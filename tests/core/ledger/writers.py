"""Processes that write to the ledger at once, each with its own connection, and may be killed at any instant.

They are forked from a server that imports this module once, so each starts in a few milliseconds.
"""

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import django
from django.apps import apps
from django.db import connections

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from dangol.core.events.reader import Reader
from dangol.core.events.sequencer import number_waiting
from dangol.core.ledger.consumers import RECEIVE_GIFTS
from dangol.core.ledger.services import (
    earn_points,
    gift_points,
    spend_points,
)
from dangol.core.storage.ids import Id
from dangol.domain.points import InsufficientPoints
from dangol.project.clock import now
from tests.core.ledger.shop import POINTS, day
from tests.waiting import PATIENCE

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def start(
    act: Callable[..., None], *arguments: object, settings: dict[str, object] | None = None
) -> BaseProcess:
    """Start `act` in a process of its own, on the database this process uses (or on that of `settings`)."""
    chosen = {"NAME": str(connections["default"].settings_dict["NAME"])} | (settings or {})
    process = _context.Process(target=_play, args=(chosen, act, arguments))
    process.start()
    return process


def make_gate(count: int) -> "multiprocessing.synchronize.Barrier":
    """Return a barrier at which so many started processes wait for one another."""
    return _context.Barrier(count)


def run_together(act: Callable[..., None], each: list[tuple[object, ...]]) -> None:
    """Run `act` once for each set of arguments, all at the same time, and wait for all to end well."""
    gate = _context.Barrier(len(each))
    processes = [start(_after_gate, gate, act, *arguments) for arguments in each]
    for process in processes:
        process.join(timeout=PATIENCE)
    assert [process.exitcode for process in processes] == [0] * len(each)


def _after_gate(
    gate: "multiprocessing.synchronize.Barrier", act: Callable[..., None], *arguments: object
) -> None:
    connections["default"].ensure_connection()
    gate.wait()
    act(*arguments)


def _play(settings: dict[str, object], act: Callable[..., None], arguments: tuple[object, ...]) -> None:
    connections["default"].settings_dict |= settings
    try:
        act(*arguments)
    finally:
        connections.close_all()


def spend_often(told: Path, member: Id, writer: str, times: int, points: int) -> None:
    """Spend again and again; note each success by a byte in `told`."""
    with told.open("ab", buffering=0) as log:
        for number in range(times):
            try:
                spend_points(member, points=points, currency=POINTS, key=f"{writer} {number}", at=day(1))
            except InsufficientPoints:
                continue
            log.write(b".")


def spend_under_keys(told: Path, member: Id, keys: int) -> None:
    """Spend under the same keys as everybody; note the transfer of each in `told`."""
    with told.open("ab", buffering=0) as log:
        for number in range(keys):
            result = spend_points(member, points=1, currency=POINTS, key=f"shared {number}", at=day(1))
            assert result.transfer_id
            log.write(result.transfer_id)


def give_back_and_forth(giver: Id, receiver: Id, writer: str, times: int) -> None:
    """Send a gift again and again."""
    for number in range(times):
        gift_points(
            giver, receiver_id=receiver, points=1, currency=POINTS, key=f"{writer} {number}", at=day(1)
        )


def trade(told: Path, members: list[Id], writer: str) -> None:
    """Earn, spend and give at random until killed; note the key of each transfer after its commit."""
    dice = random.Random(writer)
    number = told.read_bytes().count(b"\n") if told.exists() else 0
    with told.open("ab", buffering=0) as log:
        while True:
            number += 1
            member, other = dice.sample(members, 2)
            key = f"{writer} {number} {os.getpid()}"
            try:
                _trade_once(dice.randrange(4), member, other, key)
            except InsufficientPoints:
                continue
            log.write(f"{member.hex()} {key}\n".encode())


def _trade_once(what: int, member: Id, other: Id, key: str) -> None:
    at = day(1)
    if what < 2:
        opens = at + timedelta(days=what)
        earn_points(member, points=10, currency=POINTS, key=key, at=at, release_at=opens, expires_at=day(100))
    elif what == 2:
        spend_points(member, points=3, currency=POINTS, key=key, at=at)
    else:
        gift_points(member, receiver_id=other, points=2, currency=POINTS, key=key, at=at)


def receive() -> None:
    """Number events and book the receivers' side of gifts until killed."""
    reader = Reader(RECEIVE_GIFTS, now)
    while True:
        number_waiting()
        if not reader.advance():
            time.sleep(0.01)
