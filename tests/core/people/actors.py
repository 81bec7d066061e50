"""Processes of the race and rotation tests, forked from a server that knows Django already."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connections

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.rotation import rewrap_keys
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from tests.waiting import PATIENCE

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload([__name__])


def start(act: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start `act` in a process of its own, on the databases this process uses."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
    process = context.Process(target=_play, args=(names, act, arguments), daemon=True)
    process.start()
    return process


def _play(names: dict[str, str], act: Callable[..., None], arguments: tuple[object, ...]) -> None:
    for alias, name in names.items():
        connections[alias].settings_dict["NAME"] = name
    try:
        act(*arguments)
    finally:
        connections.close_all()


def resolve_together(barrier: Barrier, answers: "Queue[Any]", rounds: int, count: int) -> None:
    """Ask, at the same instant as all others, for the same unknown customers, again and again."""
    for number in range(rounds):
        values = [f"{number}-{place}" for place in range(count)]
        barrier.wait(PATIENCE)
        with write_transaction():
            found = resolve_customers("external", values, recorded_at=AT)
        answers.put((number, found))


def claim_together(
    barrier: Barrier, answers: "Queue[Any]", rounds: int, customer_id: Id, card_prefix: str
) -> None:
    """Want, at the same instant as all others, the same e-mail address for a customer of one's own.

    The same row also wants a card that nobody else wants.
    """
    for number in range(rounds):
        row = PersonRow(
            customer_id, name=f"이름 {number}", email=f"one{number}@example.com",
            card=f"{card_prefix}{number:06d}",
        )  # fmt: skip
        barrier.wait(PATIENCE)
        with write_transaction():
            [refusal] = set_people([row], recorded_at=AT)
        answers.put((number, customer_id, refusal))


def declare_together(barrier: Barrier, rounds: int, customer_id: Id, trait: str) -> None:
    """Declare a trait of the same customer as all others, each round with another value."""
    for number in range(rounds):
        barrier.wait(PATIENCE)
        with write_transaction():
            assert set_people([PersonRow(customer_id, traits={trait: number})], recorded_at=AT) == [None]


def merge_together(barrier: Barrier, answers: "Queue[Any]", people: list[Id], number: int) -> None:
    """Merge each of these people with their neighbor, in an order of one's own; tell how often."""
    clerk = Actor(ActorKind.STAFF, f"clerk-{number}")
    done = 0
    barrier.wait(PATIENCE)
    for step in range(len(people)):
        keep, absorb = people[(step + number) % len(people)], people[(step * 5 + number + 1) % len(people)]
        try:
            merge_customers(keep, absorb, actor=clerk, reason="race", at=AT)
        except DomainError:
            continue
        done += 1
    answers.put(done)


def erase_until_killed(member: Id, statement: int) -> None:
    """Erase somebody, and be killed, as by `kill -9`, at the n-th statement that writes to a database."""
    seen = count(1)

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(("SELECT", "PRAGMA")) and next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(sql, params, many, context)

    with connections["default"].execute_wrapper(execute), connections["keys"].execute_wrapper(execute):
        erase_customer(member, actor=Actor(ActorKind.STAFF, "clerk"), reason="wish", at=AT)


def rewrap(master_keys: dict[str, str], batch: int) -> None:
    """Wrap all keys under the newest of these master keys."""
    settings.MASTER_KEYS = master_keys
    rewrap_keys(batch=batch)
