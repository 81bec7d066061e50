"""An event as a connector has read it, and who sends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError

# What the ids of an event are called before anybody has looked at them. `previous` is an id that may be a
# user's or a browser's: who knows it, says which.
PREVIOUS = "previous"


class Sender(NamedTuple):
    """Who sends: `source` names them for good, since message ids are unique within it; `shown` is for people.

    `may_order` lets commerce events become orders, `may_tell` lets personal traits be kept.
    """

    source: str
    shown: str
    actor: Actor
    may_order: bool = False
    may_tell: bool = False


@dataclass(slots=True)
class Message:
    """One event: what kind of call, its own name, its ids as (kind, value), and its values, all as they came.

    `problems` are what a connector has found wrong with it. `page` values belong to a page or a screen.
    """

    kind: str
    message_id: str
    name: str = ""
    ids: list[tuple[str, str]] = field(default_factory=list)
    properties: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    original_at: datetime | None = None
    sent_at: datetime | None = None
    problems: list[DomainError] = field(default_factory=list)
    # What the event itself says of where it comes from, beside who sends it.
    origin: str = ""
    # A customer by our own id, where the sender knows it.
    customer_id: Id | None = None
