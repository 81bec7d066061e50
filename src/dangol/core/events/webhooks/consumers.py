"""The consumer that turns what happens into messages, and messages into a delivery for each endpoint."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.webhooks.bodies import body_of
from dangol.core.events.webhooks.models import Delivery, DeliveryState, Endpoint, Message
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Row, insert_missing, read_rows, table
from dangol.domain.webhooks import EndpointState

MESSAGE = ("id", "name", "body", "is_test", "created_at")
DELIVERY = (
    "endpoint_id", "message_id", "name", "is_test", "state", "due_at", "tries", "attempts",
    "created_at", "finished_at",
)  # fmt: skip


class Subscriber(NamedTuple):
    """An endpoint as the fan-out sees it."""

    endpoint_id: Id
    names: frozenset[str]
    is_disabled: bool
    since: datetime

    def wants(self, name: str) -> bool:
        """Say whether it is to be told of events of this name."""
        return not self.names or name in self.names


def subscribers() -> list[Subscriber]:
    """Return all endpoints."""
    rows = Endpoint.objects.order_by("pk").values_list("pk", "events", "state", "created_at")
    return [
        Subscriber(pk, frozenset(events.split()), state == EndpointState.DISABLED, created_at)
        for pk, events, state, created_at in rows
    ]


def fan_out(events: Sequence[Recorded]) -> None:
    """Leave a delivery for each endpoint that wants an event recorded since it was made; two statements.

    What happens while an endpoint is disabled is noted as failed, so that it can be replayed.
    """
    known = subscribers()
    pairs = [
        (one, event) for event in events for one in known
        if one.wants(event.name) and event.recorded_at >= one.since
    ]  # fmt: skip
    told = {event.id: event for _one, event in pairs}
    messages = [(event.id, event.name, body_of(event), False, event.recorded_at) for event in told.values()]
    insert_missing(Message, MESSAGE, messages)
    insert_missing(Delivery, DELIVERY, [_delivery(one, event) for one, event in pairs])


def _delivery(one: Subscriber, event: Recorded) -> Row:
    at = event.recorded_at
    stands = (DeliveryState.FAILED.value, None) if one.is_disabled else (DeliveryState.WAITING.value, at)
    finished_at = at if one.is_disabled else None
    return (one.endpoint_id, event.id, event.name, False, *stands, 0, 0, at, finished_at)


def has_endpoints() -> bool:
    """Say whether anybody is to be told of anything; an endpoint hears of nothing from before it was made."""
    return bool(read_rows(Endpoint, ("id",), f"SELECT id FROM {table(Endpoint)} LIMIT 1"))  # noqa: S608


FAN_OUT = Consumer("webhooks.fan_out", frozenset(), fan_out, has_endpoints)
