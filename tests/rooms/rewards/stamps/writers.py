"""Processes that stamp, give and undo at once, round after round, each begun together by all of them."""

from contextlib import suppress
from typing import Any

from dangol.core.storage.ids import Id
from dangol.rooms.rewards.stamps.errors import NoFullCard, StampsUndone
from dangol.rooms.rewards.stamps.services import give_full_cards, retry_waiting, undo_stamps
from tests.core.ledger import writers
from tests.rooms.rewards.promotions.shop import AT
from tests.rooms.rewards.stamps.shop import BY, stamp
from tests.sizes import SIZE

WRITERS, TRIES = SIZE.racers, SIZE.tries


def race(act: Any, each: list[tuple[Any, ...]]) -> None:
    """Run `act(gate, writer, *arguments)` in many processes and wait for all to end well."""
    gate = writers.make_gate(WRITERS)
    running = [writers.start(act, gate, number, *arguments) for number, arguments in enumerate(each)]
    for process in running:
        process.join(timeout=3_600)
    assert [process.exitcode for process in running] == [0] * WRITERS


def stamp_often(gate: Any, writer: int, program_id: Id, members: list[Id]) -> None:
    """In each round lay again and again one stamp on the same member's card; every try is sent twice."""
    for member in members:
        gate.wait()
        for turn in range(TRIES):
            for _ in range(2):
                stamp(member, program_id, 1, f"{writer} {turn}")


def give_often(gate: Any, writer: int, program_id: Id, members: list[Id]) -> None:
    """In each round try to give a member's one full card: by hand, and as the task does."""
    for member in members:
        gate.wait()
        for _ in range(TRIES):
            if writer % 2:
                retry_waiting(as_of=AT)
            else:
                with suppress(NoFullCard):
                    give_full_cards(member, program_id, by=BY)


def undo_often(gate: Any, writer: int, mistakes: list[tuple[Id, Id]]) -> None:
    """In each round try to undo the same stamps."""
    for member, move_id in mistakes:
        gate.wait()
        for _ in range(TRIES):
            with suppress(StampsUndone):
                undo_stamps(member, move_id, reason="잘못", by=BY)
