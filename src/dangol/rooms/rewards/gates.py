"""Levels that are for a segment: when a member was in it, as the timeline tells, and what opens with it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.segments.events import SegmentEntered
from dangol.rooms.rewards import store
from dangol.rooms.rewards.judging import Batch
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.programs import load_programs


def open_gates(events: Sequence[Recorded]) -> None:
    """Lift those who come into a segment and lacked only that; who is told late is judged anew.

    It goes by what the timeline tells of them by now: so once or twice comes to the same.
    """
    lock_customers(event.customer_id for event in events)
    recorded_at = max(event.recorded_at for event in events)
    for running in load_programs():
        entered = {
            event.customer_id: event.occurred_at
            for event in events
            if isinstance(event.payload, SegmentEntered) and event.payload.segment in running.rules.gates
        }
        known = store.load_known(running.id, entered)
        members = [one for one in entered if not known[one].is_new and known[one].merged_into is None]
        late = [one for one in members if (known[one].judged_to or entered[one]) > entered[one]]
        if late:
            Batch(running, recorded_at=recorded_at).judge_whole(late)
        if rest := sorted(set(members) - set(late)):
            Batch(running, recorded_at=recorded_at).advance(rest, as_of=recorded_at)


def _has_gates() -> bool:
    return any(running.rules.gates for running in current_programs())


FOLLOW_SEGMENTS = Consumer(
    "rewards.follow_segments", frozenset({SegmentEntered.event}), open_gates, _has_gates
)


def tiers_asking(slug: str) -> list[str]:
    """Return, in words, the programs of which a level is for a segment, as they hold or are to hold."""
    return [
        _("멤버십 ‘%(name)s’의 등급") % {"name": running.row.name}
        for running in load_programs()
        if any(level.gate == slug for level in running.rules.tiers.levels)
    ]
