"""What rewards does when something happened."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.ledger.services import require_currency
from dangol.rooms.rewards.acts import NAMES
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.programs import load_programs


def accrue(events: Sequence[Recorded]) -> None:
    """Judge orders and returns in every program; so the receipt shows the points.

    An order judged before is found again by its accrual's key and changes nothing.
    """
    recorded_at = max(event.recorded_at for event in events)
    for running in load_programs():
        shortfall = require_currency(running.row.points_currency).shortfall
        Batch(running, shortfall, recorded_at).judge_events(events)


ACCRUE = Consumer("rewards.accrue", frozenset(NAMES), accrue)
