"""Events as a connector hands them on, for the tests of behavior."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from dangol.core.behavior.entries import Details
from dangol.core.behavior.messages import Message, Sender
from dangol.core.behavior.models import Entry
from dangol.core.behavior.services import take_in_messages
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.people.actors import Actor, ActorKind

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = Actor(ActorKind.KEY, "dg_live_…abcd", "web", behind="owner")
BROWSER = Sender("sdk:web", "web", KEY)
SERVER = Sender("sdk:server", "server", KEY, may_order=True, may_tell=True)
_told = iter(range(1, 10**9))


def track(
    name: str = "Clicked", *, user: str = "", anon: str = "", kind: str = "track", **given: Any
) -> Message:
    """Return an event with a message id of its own."""
    ids = [("external", user)] * bool(user) + [("anonymous", anon)] * bool(anon)
    return Message(kind, given.pop("message_id", f"m{next(_told)}"), name, ids, **given)


def identify(user: str = "", anon: str = "", **traits: Any) -> Message:
    """Return an identify call."""
    return track("identify", user=user, anon=anon, kind="identify", traits=traits)


def send(*messages: Message, sender: Sender = SERVER, at: datetime = AT) -> int:
    """Take them in as one batch; returns how many were new."""
    return take_in_messages(messages, sender=sender, received_at=at)


def details() -> list[Details]:
    """Return what the debugger tells of each event, in the order in which they came."""
    return [msgspec.json.decode(one.details, type=Details) for one in Entry.objects.order_by("id")]


def problems() -> list[str]:
    """Return the codes of all problems, in order."""
    return [problem.code for one in details() for problem in one.problems]


def payloads(name: str) -> list[Any]:
    """Return the payloads of all events of a name, in order."""
    return [
        decode(name, text)
        for text in Event.objects.filter(name=name).order_by("id").values_list("payload", flat=True)
    ]
