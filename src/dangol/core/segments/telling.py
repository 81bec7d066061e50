"""What apps tell of customers on the timeline, as traits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.behavior.entries import Later, amend_entries
from dangol.core.behavior.events import TraitsTold
from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.segments.told_names import ToldNames
from dangol.core.segments.traits import TraitDraft, report_traits
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Value, properties_of
from dangol.domain.errors import DomainError


class _Told(NamedTuple):
    """What an app told of somebody by a name of its own: in which entry of the debugger, and when."""

    entry_id: Id | None
    customer_id: Id
    given: str
    value: Value | None
    at: datetime
    source: str


def store_told(events: Sequence[Recorded]) -> None:
    """Keep what apps told; what cannot be a trait, such as an object, stands on the timeline only.

    It is kept under the id it was told of, also where that has become part of somebody else since. Why one is
    not kept is told with its event, in the debugger.
    """
    told = [one for event in events for one in _read(event)]
    names = ToldNames(one.given for one in told)
    refused: list[tuple[_Told, DomainError]] = []
    drafts: list[tuple[_Told, TraitDraft]] = []
    for one in told:
        try:
            name = names.trait_of(one.given, is_gone=one.value is None)
            drafts.append((one, TraitDraft(one.customer_id, name, one.value, one.at, one.source)))
        except DomainError as refusal:
            refused.append((one, refusal))
    at = max(event.recorded_at for event in events)
    outcomes = list(zip(drafts, report_traits([draft for _, draft in drafts], recorded_at=at), strict=True))
    names.note(draft.name for (_, draft), refusal in outcomes if refusal is None)
    _explain([*refused, *((one, refusal) for (one, _), refusal in outcomes if refusal)])


def _read(event: Recorded) -> Iterable[_Told]:
    payload = event.payload
    assert isinstance(payload, TraitsTold)
    values = properties_of(payload.traits)
    source = f"app {payload.source}"[:64]
    for given, value in payload.traits.items():
        if value is None or given in values:
            yield _Told(
                event.subject_id, event.customer_id, given, values.get(given), event.occurred_at, source
            )


def _explain(refused: Iterable[tuple[_Told, DomainError]]) -> None:
    by_entry: dict[Id, list[tuple[str, DomainError]]] = defaultdict(list)
    for one, refusal in refused:
        if one.entry_id:
            by_entry[one.entry_id].append((one.given, refusal))
    amend_entries(
        {
            entry_id: Later([refusal for _, refusal in own], [given for given, _ in own])
            for entry_id, own in by_entry.items()
        }
    )


STORE_TOLD = Consumer("segments.store_told", frozenset({TraitsTold.event}), store_told)
