"""Processes that race for what promotions and members have: released together, at the database."""

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

import django
from django.apps import apps
from django.db import connection, connections

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from dangol.core.storage.ids import Id
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.promotions.sales import cancel, reserve
from dangol.rooms.rewards.promotions.tendering import TenderNotTaken
from tests.rooms.rewards.promotions.shop import AT, asked, cart

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])
LONGEST_SECONDS = 600


def race(act: object, told: Path, each: list[tuple[object, ...]]) -> None:
    """Run `act(told, gate, *arguments)` once for each set of arguments at the same time."""
    gate = make_gate(len(each))
    processes = [start(act, told, gate, *arguments) for arguments in each]
    for process in processes:
        process.join(timeout=LONGEST_SECONDS)
    assert [process.exitcode for process in processes] == [0] * len(each)


def make_gate(count: int) -> Barrier:
    """Return a barrier at which so many started processes wait for one another."""
    return _context.Barrier(count)


def start(act: object, *arguments: object) -> BaseProcess:
    """Start `act` in a process of its own, on the databases this process uses."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in ("default", "keys")}
    process = _context.Process(target=_play, args=(names, act, arguments))
    process.start()
    return process


def _play(names: dict[str, str], act: object, arguments: tuple[object, ...]) -> None:
    for alias, name in names.items():
        connections[alias].settings_dict["NAME"] = name
    try:
        act(*arguments)  # type: ignore[operator]  # one of those below, by its name in this module
    finally:
        connections.close_all()


def sell_each(told: Path, gate: Barrier, customers: list[Id], rounds: int) -> None:
    """In each round reserve once for each customer, all processes at once; note each sale with a discount."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for number in range(rounds):
            gate.wait(LONGEST_SECONDS)
            for customer in customers:
                found = cart((f"round-{number}", 10_000, 1))
                sale = reserve(asked(found, customer), at=AT)
                log.write(f"{number}:{sale.discount_minor}\n".encode())


def pay_each(told: Path, gate: Barrier, members: list[Id], shares: int) -> None:
    """Of each member pay with 60 of their 100 points, all processes at once; note each that could."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for member in members:
            gate.wait(LONGEST_SECONDS)
            for _ in range(shares):
                try:
                    reserve(asked(cart(("coffee", 1_000, 1)), member, pay_points=60), at=AT)
                except TenderNotTaken:
                    continue
                log.write(f"{member.hex()}\n".encode())


def commit_each(told: Path, gate: Barrier, sales: list[Id]) -> None:
    """Make each sale an order, and bring it back, from all processes at once; note what each was told."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for sale in sales:
            gate.wait(LONGEST_SECONDS)
            order = commit(sale, source="shop", number=sale.hex(), at=AT).order_id
            back = bring_back(sale, number=f"r{sale.hex()}", units={"coffee": 1}, at=AT)
            log.write(f"{order.hex() if order else ''}:{back.money_minor}\n".encode())


def cancel_each(told: Path, gate: Barrier, sales: list[Id]) -> None:
    """Let each sale go, from all processes at once."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for sale in sales:
            gate.wait(LONGEST_SECONDS)
            log.write(f"{cancel(sale, at=AT).state}\n".encode())
