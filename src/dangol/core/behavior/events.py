"""What behavior tells the timeline: others' own words and values, without anything personal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dangol.core.events.payloads import PAYLOADS, Payload, encode_text, named
from dangol.domain.conditions import Value, properties_of

# Calls that name what happened themselves; the others are known by what they are.
_NAMED = frozenset({"track", "event"})
KNOWN_AS = {"page": "page.viewed", "screen": "screen.viewed", "group": "group.joined", "alias": "alias.told"}


def known_name(kind: str, name: str) -> str:
    """Return what conditions call an event of a kind that its sender calls so; empty: nothing."""
    if kind in _NAMED:
        return "" if name in PAYLOADS else name
    return KNOWN_AS.get(kind, "")


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
        """The sender's own name; of what has none of its own, the kind's.

        Nothing where that would be an event of ours, which nobody can tell us, or where the kind is unknown:
        no condition asks for it.
        """
        return known_name(self.kind, self.name)

    @classmethod
    def may_be(cls, names: frozenset[str]) -> bool:
        """Say whether one of these names is no event of ours, so that an app may have told it."""
        return any(name not in PAYLOADS for name in names)

    @classmethod
    def hints(cls, names: frozenset[str]) -> list[str]:
        """Return the sender's own names as the payload has them, and the kinds of what has none."""
        kinds = {known: kind for kind, known in KNOWN_AS.items()}
        own = [("kind", kinds[name]) for name in sorted(names) if name in kinds]
        told = [("name", name) for name in sorted(names) if name not in PAYLOADS]
        return [encode_text({key: value})[1:-1] for key, value in own + told]

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
