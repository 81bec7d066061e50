"""Endpoints, what was sent to them, and what came of it. Lists go by cursors: the last id of a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Min

from dangol.core.events.webhooks.checking import Finding, explain_signature
from dangol.core.events.webhooks.errors import DeliveryUnknown, EndpointUnknown
from dangol.core.events.webhooks.models import (
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointChange,
    Message,
    Secret,
)
from dangol.core.events.webhooks.sealed_secrets import signing_keys
from dangol.core.events.webhooks.signing import ID
from dangol.core.events.webhooks.transport import Caller
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.webhooks import EndpointState

LONGEST_PAGE = 500
MOST_COUNTED = 1_000


class EndpointView(NamedTuple):
    """An endpoint; `events` empty means all. `public_key` is there for `v1a` only.

    `earlier_until` says until when an earlier secret signs beside the present one.
    """

    id: Id
    url: str
    description: str
    events: tuple[str, ...]
    signature: str
    state: str
    failing_since: datetime | None
    last_success_at: datetime | None
    resting_until: datetime | None
    created_at: datetime
    public_key: str
    secret_created_at: datetime | None
    earlier_until: datetime | None


class DeliveryView(NamedTuple):
    """A message on its way to an endpoint, or what became of it."""

    message_id: Id
    name: str
    state: str
    due_at: datetime | None
    attempts: int
    is_test: bool
    created_at: datetime
    finished_at: datetime | None


class AttemptView(NamedTuple):
    """One try; `failure` is empty for a success, `status` None without an answer."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None
    failure: str
    answer: str


class ChangeView(NamedTuple):
    """That an endpoint's state changed."""

    id: Id
    endpoint_id: Id
    from_state: str
    to_state: str
    cause: str
    at: datetime


_DELIVERY = ("message_id", "name", "state", "due_at", "attempts", "is_test", "created_at", "finished_at")


def list_endpoints() -> list[EndpointView]:
    """Return all endpoints, the oldest first; three statements."""
    return _views(list(Endpoint.objects.order_by("pk")))


def find_endpoint(endpoint_id: Id) -> EndpointView:
    """Return an endpoint; raises EndpointUnknown."""
    found = _views(list(Endpoint.objects.filter(pk=endpoint_id)))
    if not found:
        raise EndpointUnknown(endpoint=show_id(endpoint_id))
    return found[0]


def _views(endpoints: Sequence[Endpoint]) -> list[EndpointView]:
    ids = [one.pk for one in endpoints]
    secrets = list(Secret.objects.filter(endpoint_id__in=ids).order_by("pk").defer("wrapped"))
    present = {one.endpoint_id: one for one in secrets if one.ends_at is None}
    ends = Secret.objects.filter(endpoint_id__in=ids).exclude(ends_at=None)
    until = {one.endpoint_id: one.ends_at for one in ends.order_by("ends_at").defer("wrapped")}
    return [_view(one, present.get(one.pk), until.get(one.pk)) for one in endpoints]


def _view(one: Endpoint, secret: Secret | None, earlier_until: datetime | None) -> EndpointView:
    return EndpointView(
        one.pk, one.url, one.description, tuple(one.events.split()), one.signature, one.state,
        one.failing_since, one.last_success_at, one.resting_until, one.created_at,
        secret.public_key if secret else "", secret.created_at if secret else None, earlier_until,
    )  # fmt: skip


def count_deliveries(endpoint_id: Id) -> dict[str, int]:
    """Return how many of the kept deliveries stand in each state; `MOST_COUNTED` means that many or more.

    So that it costs the same for an endpoint of a million deliveries.
    """
    kept = Delivery.objects.filter(endpoint_id=endpoint_id).order_by("message_id")
    return {
        state.value: len(kept.filter(state=state).values_list("message_id")[:MOST_COUNTED])
        for state in DeliveryState
    }


def list_deliveries(
    endpoint_id: Id, *, state: str = "", name: str = "", after: Id | None = None, limit: int = 50
) -> list[DeliveryView]:
    """Return an endpoint's deliveries, the newest first, behind the message `after`; one statement."""
    found = Delivery.objects.filter(endpoint_id=endpoint_id)
    if state:
        found = found.filter(state=state)
    if name:
        found = found.filter(name=name)
    if after is not None:
        found = found.filter(message_id__lt=after)
    rows = found.order_by("-message_id").values_list(*_DELIVERY)[: max(1, min(limit, LONGEST_PAGE))]
    return [DeliveryView(*row) for row in rows]


def find_delivery(endpoint_id: Id, message_id: Id) -> DeliveryView:
    """Return what became of a message to an endpoint; raises DeliveryUnknown."""
    found = Delivery.objects.filter(endpoint_id=endpoint_id, message_id=message_id)
    row = found.values_list(*_DELIVERY).first()
    if row is None:
        raise DeliveryUnknown(message=show_id(message_id))
    return DeliveryView(*row)


def list_attempts(endpoint_id: Id, message_id: Id) -> list[AttemptView]:
    """Return all tries to deliver a message, the latest first."""
    found = Attempt.objects.filter(endpoint_id=endpoint_id, message_id=message_id).order_by("-number")
    rows = found.values_list("number", "at", "duration_ms", "status", "failure", "answer")
    return [AttemptView(*row) for row in rows]


def read_body(message_id: Id) -> str:
    """Return a message as it is sent; raises DeliveryUnknown where it is no longer kept."""
    body = Message.objects.filter(pk=message_id).values_list("body", flat=True).first()
    if body is None:
        raise DeliveryUnknown(message=show_id(message_id))
    return body


def list_changes(endpoint_id: Id, *, limit: int = 50) -> list[ChangeView]:
    """Return how an endpoint's state changed, the latest first."""
    found = EndpointChange.objects.filter(endpoint_id=endpoint_id).order_by("-pk")
    return [ChangeView(*row) for row in found.values_list(*ChangeView._fields)[:limit]]


def state_changes_since(after: Id | None, *, limit: int = 100) -> list[ChangeView]:
    """Return the changes of all endpoints' states behind `after`, oldest first: for telling the owner.

    Ids follow the time only roughly where two processes write at once: whoever may miss none looks back a
    minute and knows what it has told.
    """
    found = EndpointChange.objects.order_by("pk")
    if after is not None:
        found = found.filter(pk__gt=after)
    return [ChangeView(*row) for row in found.values_list(*ChangeView._fields)[:limit]]


def examples_since(at: datetime) -> list[tuple[Id, str, str]]:
    """Return the id, name and body of each made-up event left since."""
    found = Message.objects.filter(is_test=True, created_at__gte=at).order_by("pk")
    return list(found.values_list("pk", "name", "body"))


def count_by_state() -> dict[str, int]:
    """Return how many endpoints stand in each state, zero for none."""
    counted = dict(Endpoint.objects.order_by().values_list("state").annotate(Count("pk")))
    return {state.value: counted.get(state.value, 0) for state in EndpointState}


def oldest_pending(as_of: datetime) -> timedelta:
    """Return how long the longest waiting delivery has been due for; zero where none is."""
    due = Delivery.objects.filter(due_at__lte=as_of, state=DeliveryState.WAITING)
    first = due.aggregate(first=Min("due_at"))["first"]
    return as_of - first if first else timedelta(0)


def caller_for_endpoints() -> Caller:
    """Return what calls endpoints: public addresses only, unless the settings say otherwise."""
    return Caller(allow_private=settings.WEBHOOKS_PRIVATE)


def check_signature(
    endpoint_id: Id, *, headers: Mapping[str, str], body: bytes, computed: str = "", at: datetime
) -> Finding:
    """Say why a receiver finds the signature of a message wrong, by what it has received.

    `computed` is the signature its own code comes to, where it is known. Raises EndpointUnknown.
    """
    if not Endpoint.objects.filter(pk=endpoint_id).exists():
        raise EndpointUnknown(endpoint=show_id(endpoint_id))
    keys = signing_keys([endpoint_id], at=at).get(endpoint_id, [])
    sent = Message.objects.filter(pk=_message_id(headers)).values_list("body", flat=True).first()
    return explain_signature(keys, headers=headers, body=body, sent=sent, computed=computed, at=at)


def _message_id(headers: Mapping[str, str]) -> Id | None:
    text = next((value for name, value in headers.items() if name.lower() == ID), "")
    try:
        return parse_id(text)
    except ValueError:
        return None
