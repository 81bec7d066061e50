"""What segments do when something happened."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.people.merged import resolve_merged
from dangol.core.segments.models import Segment, Trait
from dangol.core.segments.subjects import OWN
from dangol.core.segments.watching import Fall, fall_due
from dangol.core.storage.rows import delete_rows


def follow(events: Sequence[Recorded]) -> None:
    """Let everybody to whom something happened be looked at, at the instant it was recorded.

    Deciding would hold the lock of a whole batch of customers; so that is left to `placing`.
    """
    told = [event for event in events if event.name not in OWN]
    now = resolve_merged(event.customer_id for event in told)
    falls = [Fall(now[event.customer_id], event.recorded_at, event.id) for event in told]
    # Into whom somebody was merged is told of it, and who was absorbed has to leave.
    falls += [Fall(event.customer_id, event.recorded_at, event.id) for event in told]
    fall_due(falls)


def forget(events: Sequence[Recorded]) -> None:
    """Delete the traits of people who were erased; out of their segments they are put as of nobody."""
    delete_rows(Trait, ("customer_id",), [(event.customer_id,) for event in events])


def has_segments() -> bool:
    """Say whether there is a segment to keep up to date."""
    return Segment.objects.filter(archived_at=None).exists()


FOLLOW = Consumer("segments.follow", frozenset(), follow, has_segments)
FORGET_ERASED = Consumer("segments.forget_erased", frozenset({"customer.erased"}), forget)
