"""Processes that redeem at once, round after round, each round begun together by all of them."""

from pathlib import Path
from typing import Any

from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from tests.core.ledger import writers
from tests.rooms.rewards.catalog.shop import redeem

WRITERS, TRIES = 16, 13


def race(rounds: list[list[list[tuple[Id, Id]]]], told: Path) -> list[tuple[int, str]]:
    """Let 16 processes try, in each round, the (member, reward) pairs that are theirs.

    Returns, for each try in no order, the round and how it came out: `won`, or the code of the refusal.
    """
    gate = writers.make_gate(WRITERS)
    each = [[round_[writer] for round_ in rounds] for writer in range(WRITERS)]
    running = [
        writers.start(_try_all, gate, told / str(writer), writer, tries) for writer, tries in enumerate(each)
    ]
    for process in running:
        process.join(timeout=3_600)
    assert [process.exitcode for process in running] == [0] * WRITERS
    lines = [line.split() for path in told.iterdir() for line in path.read_text().splitlines()]
    return [(int(number), how) for number, how in lines]


def _try_all(gate: Any, told: Path, writer: int, rounds: list[list[tuple[Id, Id]]]) -> None:
    with told.open("w") as log:
        for number, tries in enumerate(rounds):
            gate.wait()
            for turn, (member, reward_id) in enumerate(tries):
                try:
                    redeem(member, reward_id, f"{number} {writer} {turn}")
                    how = "won"
                except DomainError as refusal:
                    how = refusal.code
                log.write(f"{number} {how}\n")
