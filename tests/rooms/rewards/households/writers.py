"""Processes that spend of the same pool at once, round after round, each begun together by all of them."""

from contextlib import suppress
from typing import Any

from dangol.core.events.records import Recorded
from dangol.core.ledger.services import gift_points
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.households import PoolLimit
from dangol.domain.points import InsufficientPoints
from dangol.rooms.rewards.households.consumers import follow
from dangol.rooms.rewards.households.errors import HouseholdFull
from dangol.rooms.rewards.households.services import accept
from tests.core.ledger import writers
from tests.rooms.rewards.households.shop import BY, spend
from tests.rooms.rewards.promotions.shop import AT, CURRENCY
from tests.sizes import SIZE

WRITERS, TRIES = SIZE.racers, SIZE.tries


def race(act: Any, each: list[tuple[Any, ...]]) -> None:
    """Run `act(gate, writer, *arguments)` in many processes and wait for all to end well."""
    gate = writers.make_gate(WRITERS)
    running = [writers.start(act, gate, number, *arguments) for number, arguments in enumerate(each)]
    for process in running:
        process.join(timeout=3_600)
    assert [process.exitcode for process in running] == [0] * WRITERS


def spend_often(gate: Any, writer: int, families: list[list[Id]], points: int) -> None:
    """In each round spend again and again of a family's pool, by its members in turn; each is sent twice."""
    for turn, family in enumerate(families):
        gate.wait()
        for number in range(TRIES):
            member = family[(writer + number) % len(family)]
            for _ in range(2):
                with suppress(InsufficientPoints, PoolLimit):
                    spend(member, points, f"{turn} {writer} {number}")


def spend_and_send(gate: Any, writer: int, families: list[list[Id]]) -> None:
    """In each round spend of a family's pool, or send points round it, against one another."""
    for turn, family in enumerate(families):
        gate.wait()
        for number in range(TRIES):
            place = (writer + number) % len(family)
            with suppress(InsufficientPoints):
                if writer % 2:
                    spend(family[place], 7, f"{turn} {writer} {number}")
                else:
                    gift_points(
                        family[place], receiver_id=family[place - 1], points=3, currency=CURRENCY,
                        key=f"{turn} {writer} {number}", at=AT,
                    )  # fmt: skip


def accept_at_once(gate: Any, writer: int, asked: list[tuple[Id, list[Id]]]) -> None:
    """In each round say yes to a household that has asked many."""
    for household, people in asked:
        gate.wait()
        with suppress(HouseholdFull):
            accept(people[writer], household, shares=True, by=BY)


def follow_often(gate: Any, writer: int, rounds: list[list[Recorded]]) -> None:
    """Round by round hear what became of people, backwards in every other process, and twice."""
    gate.wait()
    for events in rounds:
        for _ in range(2):
            with write_transaction():
                follow(events if writer % 2 else events[::-1])
