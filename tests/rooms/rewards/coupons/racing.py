"""Processes that race for codes: released together, at the database, round after round."""

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

from dangol.core.storage.ids import Id, new_id, random_id
from dangol.rooms.rewards.coupons.batches import fill_batch, find_batch
from dangol.rooms.rewards.coupons.holding import NoCodesLeft, issue
from dangol.rooms.rewards.coupons.services import take
from dangol.rooms.rewards.coupons.taking_back import take_back
from tests.rooms.rewards.coupons.shop import AT
from tests.waiting import wait_for

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])
LONGEST_SECONDS = 600


def start(act: object, *arguments: object) -> BaseProcess:
    """Start `act` in a process of its own, on the database this process uses."""
    process = _context.Process(
        target=_play, args=(str(connections["default"].settings_dict["NAME"]), act, arguments)
    )
    process.start()
    return process


def race(act: object, told: Path, each: list[tuple[object, ...]]) -> None:
    """Run `act(told, gate, *arguments)` once for each set of arguments at the same time."""
    gate = _context.Barrier(len(each))
    processes = [start(act, told, gate, *arguments) for arguments in each]
    for process in processes:
        process.join(timeout=LONGEST_SECONDS)
    assert [process.exitcode for process in processes] == [0] * len(each)


def _play(name: str, act: object, arguments: tuple[object, ...]) -> None:
    connections["default"].settings_dict["NAME"] = name
    try:
        act(*arguments)  # type: ignore[operator]
    finally:
        connections.close_all()


def take_each(told: Path, gate: Barrier, codes: list[str], shares: int) -> None:
    """Of each code make this process's share of attempts, all processes at once; note each that wins."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for code in codes:
            customers = [random_id() for _ in range(shares)]
            gate.wait(LONGEST_SECONDS)
            for customer in customers:
                if not take([code], customer_id=customer, sale_id=new_id(), at=AT):
                    log.write(f"{code}\n".encode())


def take_by_one_sale(told: Path, gate: Barrier, rounds: list[tuple[str, Id, Id]]) -> None:
    """Send the same sale from all processes at once; note each answer."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for code, customer, sale in rounds:
            gate.wait(LONGEST_SECONDS)
            left = take([code], customer_id=customer, sale_id=sale, at=AT)
            log.write(f"{'refused' if left else 'taken'}\n".encode())


def take_both(told: Path, gate: Barrier, codes: list[str], times: int) -> None:
    """Take two codes in whatever order they were given, again and again."""
    connection.ensure_connection()
    gate.wait(LONGEST_SECONDS)
    with told.open("ab", buffering=0) as log:
        for _ in range(times):
            left = take(codes, customer_id=random_id(), sale_id=new_id(), at=AT)
            log.write(b"." * (len(codes) - len(left)))


def issue_all(told: Path, gate: Barrier, batch_id: Id) -> None:
    """Have codes handed out until none is left; note each."""
    connection.ensure_connection()
    gate.wait(LONGEST_SECONDS)
    with told.open("ab", buffering=0) as log:
        while True:
            try:
                log.write(f"{issue(batch_id, random_id(), 'k', at=AT)}\n".encode())
            except NoCodesLeft:
                return


def fill(batch_id: Id, told: Path) -> None:
    """Draw a batch's codes; note each transaction after its commit."""
    with told.open("ab", buffering=0) as log:
        fill_batch(batch_id, report=lambda done, total: _note(log.fileno(), done))


def _note(handle: int, done: int) -> None:
    os.write(handle, f"{done}\n".encode())


def wait_for_codes(batch_id: Id, least: int) -> None:
    """Wait until a batch has so many codes."""
    wait_for(lambda: find_batch(batch_id).made_count >= least, "nothing was drawn")


def use_or_take_back(
    told: Path, gate: Barrier, rounds: list[tuple[Id, str]], customer: Id, uses: bool
) -> None:
    """Use the code of each round, or take it back with the sale that brought it; note what came of it."""
    connection.ensure_connection()
    with told.open("ab", buffering=0) as log:
        for sale, code in rounds:
            gate.wait(LONGEST_SECONDS)
            if uses:
                left = take([code], customer_id=customer, sale_id=new_id(), at=AT)
                word = "refused" if left else "taken"
            else:
                back = take_back(customer_id=customer, sale_id=sale, at=AT)
                assert back.blocked == (code,)
                word = "seen" if back.used else "unseen"
            log.write(f"{code}={word}\n".encode())
