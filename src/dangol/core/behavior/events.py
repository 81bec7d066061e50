"""What behavior tells the timeline: others' own words and values, without anything personal."""

from datetime import datetime
from typing import Any

from dangol.core.events.payloads import Payload, named


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


@named("behavior.viewed")
class BehaviorViewed(_Sent, frozen=True):
    """Somebody looked at a product (the shop's number), or, where that is empty, at a category's list."""

    product: str
    category: str


@named("traits.reported")
class TraitsReported(_Sent, frozen=True):
    """A site or an app told traits of somebody, none personal: JSON values by name; null: it is gone."""

    traits: dict[str, Any]
