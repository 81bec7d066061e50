"""Processes that give, tell and are killed, each begun together by all of them."""

import os
import signal
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import connections

from dangol.core.events.records import Recorded
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.referrals import services
from dangol.rooms.rewards.referrals.consumers import follow
from dangol.rooms.rewards.referrals.errors import ReferralProgramOpen
from dangol.rooms.rewards.referrals.gifts import bring_up_to_date
from dangol.rooms.rewards.referrals.programs import archive_program
from dangol.rooms.rewards.referrals.selectors import list_programs
from tests.core.ledger import writers
from tests.rooms.rewards.promotions.shop import AT
from tests.rooms.rewards.referrals.shop import BY, CLERK, program
from tests.sizes import SIZE

WRITERS = SIZE.racers


def race(act: Any, *arguments: Any) -> None:
    """Run `act(gate, writer, *arguments)` in many processes and wait for all to end well."""
    gate = writers.make_gate(WRITERS)
    running = [writers.start(act, gate, number, *arguments) for number in range(WRITERS)]
    for process in running:
        process.join(timeout=3_600)
    assert [process.exitcode for process in running] == [0] * WRITERS


def settle_often(gate: Any, writer: int, rounds: list[list[Id]], at: datetime) -> None:
    """In each round settle the same referrals, each process in an order of its own."""
    for referrals in rounds:
        start = writer * len(referrals) // WRITERS
        gate.wait()
        for one in referrals[start:] + referrals[:start]:
            with write_transaction():
                services.settle([one], at=at)


def tell_often(gate: Any, writer: int, keys: str, codes: list[str], friends: list[Id]) -> None:
    """For each friend tell one of several codes, processes in turn another one."""
    connections["keys"].settings_dict["NAME"] = keys
    for friend in friends:
        gate.wait()
        with suppress(DomainError):
            services.tell_code(friend, codes[writer % len(codes)], by=BY)


def follow_often(gate: Any, writer: int, rounds: list[list[Recorded]]) -> None:
    """In each round hear the same events as all the others, backwards in every other process, and twice."""
    for events in rounds:
        gate.wait()
        for _ in range(2):
            with write_transaction():
                follow(events[::-1] if writer % 2 else events)


def die_while_giving(referral: Id, at: datetime, has_given: bool) -> None:
    """Be killed where it is known that it was earned: before anything is given, or before that is kept."""

    def give_and_die(desk: list[Any], *, at: datetime) -> None:
        if has_given:
            bring_up_to_date(desk, at=at)
        os.kill(os.getpid(), signal.SIGKILL)

    vars(services)["bring_up_to_date"] = give_and_die
    with write_transaction():
        services.settle([referral], at=at)


def open_often(gate: Any, writer: int, rounds: list[tuple[Id, Id]]) -> None:
    """Open a program in each round, all in turn by the same form and by one of their own, or restore one."""
    for archived, form in rounds:
        gate.wait()
        with suppress(ReferralProgramOpen):
            if writer % 4 == 0:
                archive_program(archived, is_archived=False, actor=CLERK, at=AT)
            else:
                program(program_id=form if writer % 2 else None)
        gate.wait()
        if writer == 0:
            (opened,) = list_programs()
            archive_program(opened.id, actor=CLERK, at=AT)
        gate.wait()
