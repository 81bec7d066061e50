"""What event rules do when something happened."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.people.events import CustomerErased
from dangol.rooms.rewards.event_rules.models import EventRule
from dangol.rooms.rewards.event_rules.services import forget, hear


def follow(events: Sequence[Recorded]) -> None:
    """Give what events earn, take back what was given for what they undo, and forget who was erased."""
    hear(events)
    forget([event for event in events if isinstance(event.payload, CustomerErased)])


def has_published() -> bool:
    """Say whether a rule was ever published: also what it gave before it rested may have to be taken back."""
    return EventRule.objects.filter(version__isnull=False).exists()


FOLLOW = Consumer("event_rules.follow", frozenset(), follow, has_published)
