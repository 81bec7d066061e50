"""Processes that put customers into segments, and one that buys meanwhile; any may be killed."""

import time
from datetime import timedelta

from dangol.core.events.reader import Reader
from dangol.core.events.sequencer import number_waiting
from dangol.core.segments.consumers import FOLLOW
from dangol.core.segments.placing import place_due
from dangol.core.storage.ids import Id
from dangol.project.clock import now
from tests.core.segments.shop import buy


def place_for_ever() -> None:
    """Do a worker's part until killed: read events, place who is due, a few at a time."""
    reader = Reader(FOLLOW, now)
    while True:
        number_waiting()
        if not reader.advance() + place_due(now(), limit=7):
            time.sleep(0.01)


def buy_in_turn(customer_ids: list[Id], prefix: str, rounds: int) -> None:
    """Let each customer buy, again and again."""
    for turn in range(rounds):
        for number, customer_id in enumerate(customer_ids):
            buy(customer_id, f"{prefix}-{turn}-{number}", now() - timedelta(seconds=turn))
