"""What apps tell of customers on the timeline, as traits."""

import re
from collections.abc import Mapping, Sequence

from dangol.core.behavior.events import TraitsTold
from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.segments.traits import LONGEST_NAME, TraitDraft, report_traits
from dangol.domain.conditions import properties_of

# So that no app's own word is taken for a report's.
PREFIX = "app."
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def trait_name(told: str) -> str:
    """Return under which trait an app's word is kept: `favoriteColor` as `app.favorite_color`."""
    words = _OTHER.sub("_", _HUMP.sub("_", told).lower()).strip("_")
    return (PREFIX + words)[:LONGEST_NAME]


def store_told(events: Sequence[Recorded]) -> None:
    """Keep what apps told; what cannot be a trait, such as an object, stands on the timeline only.

    It is kept under the id it was told of, also where that has become part of somebody else since.
    """
    drafts = [draft for event in events for draft in _drafts(event)]
    report_traits(drafts, recorded_at=max(event.recorded_at for event in events))


def _drafts(event: Recorded) -> list[TraitDraft]:
    payload = event.payload
    assert isinstance(payload, TraitsTold)
    told: Mapping[str, object] = payload.traits
    values = properties_of(told)
    gone = [name for name, value in told.items() if value is None]
    drafts = [(name, values[name]) for name in values] + [(name, None) for name in gone]
    return [
        TraitDraft(
            event.customer_id, trait_name(name), value, event.occurred_at, f"app {payload.source}"[:64]
        )
        for name, value in drafts
        if trait_name(name) != PREFIX
    ]


STORE_TOLD = Consumer("segments.store_told", frozenset({TraitsTold.event}), store_told)
