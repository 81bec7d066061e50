"""What is told to event rules: events of the timeline as deeds, each once."""

from collections.abc import Sequence
from datetime import datetime

from dangol.core.commerce.events import OrderPlaced
from dangol.core.events.payloads import Payload
from dangol.core.events.records import Recorded
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import insert_rows, select_matching, update_rows
from dangol.domain.event_rules import Deed
from dangol.rooms.rewards.event_rules.judging import Told
from dangol.rooms.rewards.event_rules.models import EventRuleMark


def deed_of(event_id: Id, payload: Payload, occurred_at: datetime, recorded_at: datetime) -> Deed | None:
    """Return an event as rules see it; None for what is none: history brought along, events without a name.

    What an app says that is to come has happened when it was told.
    """
    if not payload.known_as or (isinstance(payload, OrderPlaced) and not payload.earns):
        return None
    at = min(occurred_at, recorded_at)
    return Deed(payload.known_as, at, recorded_at, payload.properties_seen(), show_id(event_id))


def read_deeds(events: Sequence[Recorded], names: frozenset[str]) -> list[Told]:
    """Return the deeds among events that a rule may pay for by these names, each customer's in order."""
    told = []
    for event in sorted(events, key=lambda one: one.id):
        deed = deed_of(event.id, event.payload, event.occurred_at, event.recorded_at)
        if deed is not None and deed.event in names:
            told.append(Told(event.customer_id, event.id, deed, event.subject_id))
    return told


def take_new(told: Sequence[Told]) -> list[Told]:
    """Return the deeds that no rule has judged yet, and note that they are judged now.

    The customers must be locked. Whatever a deed came to, it is not judged a second time: a budget that is
    raised later pays nothing for what was refused before.
    """
    latest: dict[Id, Id] = {}
    for one in told:
        latest[one.customer_id] = max(one.deed_id, latest.get(one.customer_id, b""))
    names = ("customer_id", "event_id")
    keys = [(one,) for one in sorted(latest)]
    marks: dict[Id, Id] = dict(select_matching(EventRuleMark, names, names[:1], keys))
    fresh = [one for one in told if one.deed_id > marks.get(one.customer_id, b"")]
    moved = {one.customer_id: latest[one.customer_id] for one in fresh}
    insert_rows(EventRuleMark, names, sorted(row for row in moved.items() if row[0] not in marks))
    update_rows(EventRuleMark, names[:1], names[1:], sorted(row for row in moved.items() if row[0] in marks))
    return fresh
