"""What connects programs to the shop: webhook endpoints, events, and API keys."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Unpack

import msgspec

from dangol_client.drafts import EventDraft
from dangol_client.machine_answers import (
    ApiKey,
    Approval,
    Delivery,
    DeliveryReport,
    Feed,
    Gone,
    Happened,
    NewApiKey,
    NewWebhook,
    Replayed,
    TakenIn,
    Webhook,
)
from dangol_client.sending import Sending, Wire, place

CLOUD_EVENTS = "application/cloudevents-batch+json"


class WebhookCalls:
    """Webhook endpoints, and what they were sent. A secret is in the answer that makes it only."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create(
        self,
        url: str,
        *,
        events: Sequence[str] = (),
        description: str | None = None,
        signature: str | None = None,
        **sending: Unpack[Sending],
    ) -> NewWebhook:
        """Make an endpoint that is told of these events, without any of all; store its secret at once."""
        body = {"url": url, "events": list(events), "description": description, "signature": signature}
        return self._wire.write("/webhooks", body, NewWebhook, sending)

    def each(self) -> Iterator[Webhook]:
        """Go through the endpoints, the oldest first."""
        return self._wire.pages("/webhooks", Webhook, {})

    def get(self, webhook: str) -> Webhook:
        """Return an endpoint."""
        return self._wire.read(place("/webhooks/{webhook}", webhook=webhook), Webhook)

    def change(
        self,
        webhook: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        **sending: Unpack[Sending],
    ) -> Webhook:
        """Change what is given of an endpoint; what waits for it goes to the new address."""
        body = {
            "url": url, "events": None if events is None else list(events), "description": description,
        }  # fmt: skip
        path = place("/webhooks/{webhook}", webhook=webhook)
        return self._wire.write(path, body, Webhook, sending, method="PATCH")

    def delete(self, webhook: str, **sending: Unpack[Sending]) -> Gone:
        """Delete an endpoint with its secrets. It cannot be undone."""
        path = place("/webhooks/{webhook}", webhook=webhook)
        return self._wire.write(path, None, Gone, sending, method="DELETE")

    def rotate(self, webhook: str, *, overlap_hours: int = 24, **sending: Unpack[Sending]) -> NewWebhook:
        """Give an endpoint a new secret; the old one signs beside it for some hours, 0 for none."""
        path = place("/webhooks/{webhook}/rotate", webhook=webhook)
        return self._wire.write(path, {"overlap_hours": overlap_hours}, NewWebhook, sending)

    def enable(self, webhook: str, **sending: Unpack[Sending]) -> Webhook:
        """Send to an endpoint again what happens from now on."""
        return self._wire.write(place("/webhooks/{webhook}/enable", webhook=webhook), None, Webhook, sending)

    def disable(self, webhook: str, **sending: Unpack[Sending]) -> Webhook:
        """Send nothing to an endpoint until it is enabled again."""
        return self._wire.write(place("/webhooks/{webhook}/disable", webhook=webhook), None, Webhook, sending)

    def test(self, webhook: str, *, event: str | None = None, **sending: Unpack[Sending]) -> Delivery:
        """Send an endpoint a made-up event, marked as a test."""
        path = place("/webhooks/{webhook}/test", webhook=webhook)
        return self._wire.write(path, {"event": event}, Delivery, sending)

    def replay(
        self,
        webhook: str,
        *,
        since: datetime,
        until: datetime | None = None,
        everything: bool = False,
        **sending: Unpack[Sending],
    ) -> int:
        """Send again what was recorded in a stretch of time and never arrived, or all; returns how many."""
        path = place("/webhooks/{webhook}/replay", webhook=webhook)
        body = {"since": since, "until": until, "all": everything}
        return self._wire.write(path, body, Replayed, sending).count

    def deliveries(
        self, webhook: str, *, state: str | None = None, event: str | None = None, page_size: int = 200
    ) -> Iterator[Delivery]:
        """Go through what an endpoint was sent in the last 30 days, the newest first."""
        path = place("/webhooks/{webhook}/deliveries", webhook=webhook)
        return self._wire.pages(path, Delivery, {"state": state, "event": event, "limit": page_size})

    def delivery(self, webhook: str, delivery: str) -> DeliveryReport:
        """Return a message as it is sent, and each try."""
        path = place("/webhooks/{webhook}/deliveries/{delivery}", webhook=webhook, delivery=delivery)
        return self._wire.read(path, DeliveryReport)

    def replay_one(self, webhook: str, delivery: str, **sending: Unpack[Sending]) -> Delivery:
        """Send one message again, under its own id."""
        path = place("/webhooks/{webhook}/deliveries/{delivery}/replay", webhook=webhook, delivery=delivery)
        return self._wire.write(path, None, Delivery, sending)


class EventCalls:
    """What happened in the shop, in the order in which it was committed; and what happens elsewhere."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def send(self, events: Sequence[EventDraft]) -> TakenIn:
        """Tell of up to 1,000 events. Sent again they change nothing: each is known by its source and id."""
        body = [
            {"specversion": "1.0", **msgspec.to_builtins(one, builtin_types=(datetime,))} for one in events
        ]
        return self._wire.tell("/events", body, TakenIn, content_type=CLOUD_EVENTS)

    def each(
        self,
        *,
        kind: str | None = None,
        member: str | None = None,
        since: datetime | None = None,
        page_size: int = 200,
    ) -> Iterator[Happened]:
        """Go through what happened until now, the earliest first."""
        return self._wire.pages("/events", Happened, _feed_query(kind, member, since, page_size))

    def read(
        self,
        cursor: str | None = None,
        *,
        kind: str | None = None,
        member: str | None = None,
        since: datetime | None = None,
        page_size: int = 200,
    ) -> Feed:
        """Return the events behind a cursor; keep `resume` to go on from there, missing and doubling none."""
        query = {**_feed_query(kind, member, since, page_size), "cursor": cursor}
        return self._wire.read("/events", Feed, query)

    def get(self, event: str) -> Happened:
        """Return an event by its id, which is also the `webhook-id` of the messages that tell of it."""
        return self._wire.read(place("/events/{event}", event=event), Happened)


def _feed_query(
    kind: str | None, member: str | None, since: datetime | None, page_size: int
) -> dict[str, str | int | None]:
    if since is not None and since.utcoffset() is None:
        raise ValueError("since: give it a time zone")
    told = since.isoformat() if since else None
    return {"kind": kind, "member": member, "since": told, "limit": page_size}


class ApprovalCalls:
    """What was asked for by hand, and whether a second person has let it happen."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self, *, state: str | None = None, page_size: int = 200) -> Iterator[Approval]:
        """Go through the requests, the latest first; `state` leaves out all others."""
        return self._wire.pages("/approvals", Approval, {"state": state, "limit": page_size})

    def get(self, approval: str) -> Approval:
        """Return a request and how it stands."""
        return self._wire.read(place("/approvals/{approval}", approval=approval), Approval)


class KeyCalls:
    """API keys to the space of the client's own key."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create(
        self, name: str, scopes: Sequence[str], *, days: int | None = None, **sending: Unpack[Sending]
    ) -> NewApiKey:
        """Make a key that may do no more than this client's, nor for longer; store its secret at once."""
        body = {"name": name, "scopes": list(scopes), "days": days}
        return self._wire.write("/keys", body, NewApiKey, sending)

    def each(self) -> Iterator[ApiKey]:
        """Go through the keys, the newest first."""
        return self._wire.pages("/keys", ApiKey, {})

    def get(self, key: str) -> ApiKey:
        """Return a key."""
        return self._wire.read(place("/keys/{key}", key=key), ApiKey)

    def rotate(self, key: str, *, overlap_hours: int = 24, **sending: Unpack[Sending]) -> NewApiKey:
        """Put a new key in a key's place; the old one opens for some hours yet, 0 for none.

        With 0 for the client's own key a lost answer cannot be asked for again.
        """
        path = place("/keys/{key}/rotate", key=key)
        return self._wire.write(path, {"overlap_hours": overlap_hours}, NewApiKey, sending)

    def revoke(self, key: str, **sending: Unpack[Sending]) -> ApiKey:
        """Take a key back. It cannot be undone."""
        return self._wire.write(place("/keys/{key}/revoke", key=key), None, ApiKey, sending)
