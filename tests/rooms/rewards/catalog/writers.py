"""Processes that redeem at once, round after round, each round begun together by all of them."""

from pathlib import Path
from typing import Any

from dangol.core.storage.ids import Id, new_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.selectors import find_redemption
from dangol.rooms.rewards.catalog.services import cancel_redemption
from dangol.rooms.rewards.coupons.services import take
from tests.core.ledger import writers
from tests.rooms.rewards.catalog.shop import BY, NOW, redeem
from tests.sizes import SIZE

WRITERS, TRIES = SIZE.racers, SIZE.tries


def race(rounds: list[list[list[tuple[Id, Id]]]], told: Path) -> list[tuple[int, str]]:
    """Let the processes try, in each round, the (member, reward) pairs that are theirs.

    Returns, for each try in no order, the round and how it came out: `won`, or the code of the refusal.
    """
    gate = writers.make_gate(WRITERS)
    each = [[round_[writer] for round_ in rounds] for writer in range(WRITERS)]
    return _run(_try_all, gate, told, each)


def race_for_coupons(taken: list[tuple[Id, Id]], told: Path) -> list[tuple[int, str]]:
    """Let half the processes use the coupon of each (member, redemption) in a sale, and half take it back.

    Returns, for each that got through, the round and how: `used` or `canceled`.
    """
    coupons = [(*one, find_redemption(*one).code or "") for one in taken]
    return _run(_use_or_cancel, writers.make_gate(WRITERS), told, [coupons] * WRITERS)


def _run(do: Any, gate: Any, told: Path, each: list[Any]) -> list[tuple[int, str]]:
    running = [writers.start(do, gate, told / str(writer), writer, own) for writer, own in enumerate(each)]
    for process in running:
        process.join(timeout=3_600)
    assert [process.exitcode for process in running] == [0] * WRITERS
    lines = [line.split() for path in told.iterdir() for line in path.read_text().splitlines()]
    return [(int(number), how) for number, how in lines]


def _use_or_cancel(gate: Any, told: Path, writer: int, coupons: list[tuple[Id, Id, str]]) -> None:
    with told.open("w") as log:
        for number, (member, made, code) in enumerate(coupons):
            gate.wait()
            try:
                if writer % 2:
                    how = "" if take([code], customer_id=member, sale_id=new_id(), at=NOW) else "used"
                else:
                    cancel_redemption(member, made, by=BY)
                    how = "canceled"
            except DomainError:
                how = ""
            if how:
                log.write(f"{number} {how}\n")


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
