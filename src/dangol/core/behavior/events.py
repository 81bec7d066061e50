"""What behavior tells the timeline: others' own words and values, without anything personal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dangol.core.events.payloads import PAYLOADS, Payload, named
from dangol.domain.conditions import Value, properties_of

# Calls that name what happened themselves; the others are known by what they are.
_NAMED = frozenset({"track", "event"})
KNOWN_AS = {"page": "page.viewed", "screen": "screen.viewed", "group": "group.joined", "alias": "alias.told"}


class _Sent(Payload, frozen=True):
    source: str
    message: str


@named("behavior.tracked")
class BehaviorTracked(_Sent, frozen=True):
    """Somebody did something on a site or in an app; the subject is the entry of the event debugger.

    `name` is the sender's own name of it, `kind` the sort of call (`track`, `page`, `screen`, `group`,
    `alias`, `event`). `properties` are JSON values: a number that is no whole one reads as
    `Decimal(str(value))`, one of more than 15 digits stands as text. The event's own instant is
    `original_at` with the sender's clock put right: received_at − (sent_at − original_at).
    """

    kind: str
    name: str
    properties: dict[str, Any]
    context: dict[str, Any]
    original_at: datetime | None
    sent_at: datetime | None
    received_at: datetime

    @property
    def known_as(self) -> str:
        """The sender's own name; of what has none of its own, the kind's."""
        return self.name if self.kind in _NAMED else KNOWN_AS[self.kind]

    @classmethod
    def may_be(cls, names: frozenset[str]) -> bool:
        """Say whether one of these names is no event of ours, so that an app may have told it."""
        return any(name not in PAYLOADS for name in names)

    def properties_seen(self) -> Mapping[str, Value]:
        """Return what conditions can ask about: the sender's properties, and the page or screen."""
        named = {} if self.kind in _NAMED or not self.name else {"name": self.name}
        return properties_of(self.properties | named)


@named("behavior.viewed")
class BehaviorViewed(_Sent, frozen=True):
    """Somebody looked at a product (the shop's number), or, where that is empty, at a category's list."""

    product: str
    category: str


@named("traits.told")
class TraitsTold(_Sent, frozen=True):
    """A site or an app told traits of somebody, none personal: JSON values by name; null: it is gone."""

    traits: dict[str, Any]
