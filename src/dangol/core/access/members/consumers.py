"""Whoever leaves, or is reached by another address from now on, is signed out everywhere."""

from collections.abc import Sequence

from dangol.core.access.members.sessions import end_sessions_of
from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.people.events import CustomerUpdated
from dangol.core.people.identities import Kind

_ENDING = frozenset({"customer.left", "customer.merged", "customer.erased"})
_IDENTITIES = frozenset({Kind.EMAIL.value, Kind.PHONE.value})


def end_sessions(events: Sequence[Recorded]) -> None:
    """End the sessions that were open when a member left or their e-mail or phone changed."""
    over = {event.customer_id: event.recorded_at for event in events if _ends(event)}
    end_sessions_of(over)


def _ends(event: Recorded) -> bool:
    if isinstance(event.payload, CustomerUpdated):
        return not _IDENTITIES.isdisjoint(event.payload.fields)
    return True


END_SESSIONS = Consumer("access.end_member_sessions", _ENDING | {CustomerUpdated.event}, end_sessions)
