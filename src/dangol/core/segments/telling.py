"""What apps tell of customers on the timeline, as traits."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dangol.core.behavior.entries import Later, amend_entries
from dangol.core.behavior.events import TraitsTold
from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.segments.traits import LONGEST_NAME, TraitDraft, report_traits
from dangol.domain.conditions import properties_of
from dangol.domain.errors import DomainError

# So that no app's own word is taken for a report's.
PREFIX = "app."
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def trait_name(told: str) -> str:
    """Return under which trait an app's word is kept: `favoriteColor` as `app.favorite_color`."""
    words = _OTHER.sub("_", _HUMP.sub("_", told).lower()).strip("_")
    return (PREFIX + words)[:LONGEST_NAME]


class _Told(NamedTuple):
    """A trait as an app told it: in which entry of the debugger, by which name."""

    entry_id: Id | None
    given: str
    draft: TraitDraft


def store_told(events: Sequence[Recorded]) -> None:
    """Keep what apps told; what cannot be a trait, such as an object, stands on the timeline only.

    It is kept under the id it was told of, also where that has become part of somebody else since. Why one is not kept is told with its event, in the debugger.
    """
    told = [one for event in events for one in _read(event)]
    at = max(event.recorded_at for event in events)
    refusals = report_traits([one.draft for one in told], recorded_at=at)
    _explain((one, refusal) for one, refusal in zip(told, refusals, strict=True) if refusal)


def _read(event: Recorded) -> Iterable[_Told]:
    payload = event.payload
    assert isinstance(payload, TraitsTold)
    values = properties_of(payload.traits)
    for given, value in payload.traits.items():
        if (value is None or given in values) and trait_name(given) != PREFIX:
            draft = TraitDraft(
                event.customer_id, trait_name(given), values.get(given), event.occurred_at,
                f"app {payload.source}"[:64],
            )  # fmt: skip
            yield _Told(event.subject_id, given, draft)


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
