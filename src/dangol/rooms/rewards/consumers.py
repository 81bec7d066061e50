"""What rewards does when something happened."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.rooms.rewards.acts import NAMES
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.programs import load_programs


def accrue(events: Sequence[Recorded]) -> None:
    """Judge orders and returns in every program; so the receipt shows the points.

    What was judged before is judged again, comes out the same, and changes nothing.
    """
    lock_customers(event.customer_id for event in events)
    recorded_at = max(event.recorded_at for event in events)
    for running in load_programs():
        Batch(running, recorded_at=recorded_at).judge_events(events)


ACCRUE = Consumer("rewards.accrue", frozenset(NAMES), accrue)
