"""Processes that give by rules and are killed, each begun together by all of them."""

import os
import signal
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from django.db import connections

from dangol.core.events.records import Recorded
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.event_rules import judging, services
from dangol.rooms.rewards.event_rules.consumers import follow
from tests.rooms.rewards.referrals.writers import race

__all__ = ["die_while_giving", "die_while_giving_days", "follow_often", "give_days_often", "race"]


def follow_often(gate: Any, writer: int, rounds: Sequence[Sequence[Sequence[Recorded]]]) -> None:
    """In each round hear all batches, each process beginning with another one, and each batch twice."""
    for batches in rounds:
        start = writer % len(batches)
        gate.wait()
        for events in [*batches[start:], *batches[:start]]:
            for _ in range(2):
                with write_transaction():
                    follow(events)


def give_days_often(gate: Any, writer: int, keys: str, at: datetime) -> None:
    """Look at everybody's birthday together with all the others."""
    connections["keys"].settings_dict["NAME"] = keys
    gate.wait()
    services.give_days(at=at, report=lambda _: None)


def die_while_giving(events: Sequence[Recorded], has_given: bool) -> None:
    """Be killed where it is known what is given: before the ledger has it, or before that is kept."""
    _die_in_turn(1, has_given)
    with write_transaction():
        follow(events)


def die_while_giving_days(keys: str, at: datetime, has_given: bool) -> None:
    """Look at everybody's birthday, one by one, and be killed while the second one is given theirs."""
    connections["keys"].settings_dict["NAME"] = keys
    vars(services)["_AT_ONCE"] = 1
    _die_in_turn(2, has_given)
    services.give_days(at=at, report=lambda _: None)


def _die_in_turn(turn: int, has_given: bool) -> None:
    give, turns = vars(judging)["_give"], count(1)

    def give_or_die(batch: Any, given: Sequence[Any], recorded_at: datetime) -> None:
        dies = bool(given) and next(turns) == turn
        if has_given or not dies:
            give(batch, given, recorded_at)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)

    vars(judging)["_give"] = give_or_die
