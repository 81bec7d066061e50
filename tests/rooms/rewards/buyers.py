"""Tills that sell to the same members at once, each begun together by all of them."""

from typing import Any

from dangol.core.storage.ids import Id
from tests.core.ledger import writers
from tests.rooms.rewards.edits import AT
from tests.rooms.rewards.shop import BREAD, Bought, Telling
from tests.sizes import SIZE
from tests.waiting import PATIENCE

BUYERS = SIZE.racers


def race_to_buy(rounds: list[tuple[Id, int]]) -> None:
    """In each round let a member buy for so many points at many tills at once; all have to end well."""
    gate = writers.make_gate(BUYERS)
    running = [writers.start(buy_often, gate, number, rounds) for number in range(BUYERS)]
    for process in running:
        process.join(timeout=PATIENCE * len(rounds))
    assert [process.exitcode for process in running] == [0] * BUYERS


def buy_often(gate: Any, till: int, rounds: list[tuple[Id, int]]) -> None:
    """In each round sell to its member."""
    for member, points in rounds:
        telling = Telling(f"till {till}", customers=0)
        telling.customer_ids = [member]
        gate.wait()
        telling.ring_up([Bought(0, member.hex(), AT, {BREAD: points * 100})])
