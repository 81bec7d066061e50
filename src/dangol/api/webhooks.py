"""Webhook endpoints: who is told of what happens, what they were sent, and what came of it."""

from datetime import timedelta
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import make_cursor, read_id
from dangol.api.idempotency import once
from dangol.api.replies import Given, GivenInstant, Instant, Limit, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.events.webhooks import services
from dangol.core.events.webhooks.bodies import EXAMPLE
from dangol.core.events.webhooks.errors import DeliveryUnknown, EndpointUnknown
from dangol.core.events.webhooks.models import DeliveryState, Signature
from dangol.core.events.webhooks.selectors import (
    DeliveryView as KeptDelivery,
    EndpointView,
    find_delivery,
    find_endpoint,
    list_attempts,
    list_deliveries,
    list_endpoints,
    read_body,
)
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.webhooks import EndpointState

router = Router(tags=["webhooks"])
Url = Annotated[str, Field(min_length=1, max_length=2000, description="https, public, port 443.")]
EventName = Annotated[str, Field(min_length=1, max_length=64)]
EventNames = Annotated[list[EventName], Field(max_length=100, description="None named: all of them.")]
Description = Annotated[str, Field(max_length=services.LONGEST_DESCRIPTION)]
MOST_HOURS = int(services.LONGEST_OVERLAP.total_seconds() // 3600)


class WebhookIn(Given):
    """Whom to tell of what. `signature`: `v1` is a secret both sides know, `v1a` a pair of keys."""

    url: Url
    events: Annotated[EventNames, Field(default_factory=list)]
    description: Description = ""
    signature: Signature = Signature.HMAC


class WebhookPatch(Given):
    """What changes of an endpoint; what waits for it goes to the new address."""

    url: Url | None = None
    events: EventNames | None = None
    description: Description | None = None


class RotateIn(Given):
    """For how many hours the secret there is signs beside the new one; 0 for one that has leaked."""

    overlap_hours: Annotated[int, Field(ge=0, le=MOST_HOURS, strict=True)] = 24


class ExampleIn(Given):
    """Which made-up event is sent."""

    event: EventName = EXAMPLE


class ReplayIn(Given):
    """A stretch of time: what never arrived of it is sent again, or, with `all`, everything."""

    since: GivenInstant
    until: GivenInstant | None = None
    all: bool = False


class WebhookView(Shown):
    """An endpoint; never its secret. `events` empty means all; `public_key` is there for `v1a` only."""

    id: str
    url: str
    description: str
    events: list[str]
    signature: Signature
    state: EndpointState
    failing_since: Instant | None
    last_success_at: Instant | None
    resting_until: Instant | None
    created_at: Instant
    public_key: str | None
    secret_created_at: Instant | None
    earlier_secret_until: Instant | None


class NewWebhookView(Shown):
    """An endpoint with what its receiver checks signatures by: `whsec_…`, shown this once, or `whpk_…`."""

    webhook: WebhookView
    secret: str


class WebhookList(Shown):
    """All endpoints, the oldest first."""

    data: list[WebhookView]


class GoneView(Shown):
    """What is no longer there."""

    id: str


class DeliveryView(Shown):
    """A message on its way to an endpoint, or what became of it. Its id is the event's."""

    id: str
    event: str
    state: DeliveryState
    due_at: Instant | None
    tries: int
    is_test: bool
    created_at: Instant
    finished_at: Instant | None


class DeliveryPage(Shown):
    """Deliveries, the newest first."""

    data: list[DeliveryView]
    next_cursor: str | None


class TryView(Shown):
    """One try to deliver: `failure` is empty for a success, `status` null where no answer came."""

    number: int
    at: Instant
    duration_ms: int
    status: int | None
    failure: str
    answer: str


class DeliveryReportView(Shown):
    """A delivery with its body, word for word as it is sent, and each try, the latest first."""

    delivery: DeliveryView
    body: str
    tries: list[TryView]


class ReplayedView(Shown):
    """How many messages go out again."""

    count: int


@router.get("/webhooks", auth=Needs(Right.WEBHOOKS_READ), response=WebhookList)
def get_webhooks(request: HttpRequest) -> HttpResponse:
    """List the endpoints and how it stands with each."""
    return show(WebhookList(data=[_view(one) for one in list_endpoints()]))


@router.post("/webhooks", auth=Needs(Right.WEBHOOKS_WRITE), response={201: NewWebhookView})
@once
def create_webhook(request: HttpRequest, payload: WebhookIn) -> Reply:
    """Make an endpoint, told of what is recorded from now on. The answer is the only one with its secret."""
    made = services.create_endpoint(
        url=payload.url, events=payload.events, description=payload.description,
        signature=payload.signature.value, at=caller_of(request).at,
    )  # fmt: skip
    return _with_secret(made, {"Location": f"/api/v1/webhooks/{show_id(made.endpoint_id)}"})


@router.get("/webhooks/{webhook}", auth=Needs(Right.WEBHOOKS_READ), response=WebhookView)
def get_webhook(request: HttpRequest, webhook: Path[str]) -> HttpResponse:
    """Show an endpoint."""
    return show(_view(_find(webhook)))


@router.patch("/webhooks/{webhook}", auth=Needs(Right.WEBHOOKS_WRITE), response=WebhookView)
@once
def change_webhook(request: HttpRequest, webhook: Path[str], payload: WebhookPatch) -> Reply:
    """Change the address, the words or the events of an endpoint; what is left out stays."""
    found = _find(webhook)
    services.update_endpoint(
        found.id, url=payload.url, events=payload.events, description=payload.description
    )
    return _now(found.id)


@router.delete("/webhooks/{webhook}", auth=Needs(Right.WEBHOOKS_WRITE), response=GoneView)
@once
def delete_webhook(request: HttpRequest, webhook: Path[str]) -> Reply:
    """Delete an endpoint with its secrets. It cannot be undone."""
    found = _find(webhook)
    services.delete_endpoint(found.id)
    return Reply(GoneView(id=show_id(found.id)))


@router.post("/webhooks/{webhook}/rotate", auth=Needs(Right.WEBHOOKS_WRITE), response={201: NewWebhookView})
@once
def rotate_webhook_secret(request: HttpRequest, webhook: Path[str], payload: RotateIn) -> Reply:
    """Give an endpoint a new secret. The old one signs beside it for a while."""
    found = _find(webhook)
    overlap = timedelta(hours=payload.overlap_hours)
    return _with_secret(services.rotate_secret(found.id, at=caller_of(request).at, overlap=overlap))


@router.post("/webhooks/{webhook}/enable", auth=Needs(Right.WEBHOOKS_WRITE), response=WebhookView)
@once
def enable_webhook(request: HttpRequest, webhook: Path[str]) -> Reply:
    """Send to an endpoint again what happens from now on; what it missed can be replayed."""
    found = _find(webhook)
    services.enable_endpoint(found.id, at=caller_of(request).at)
    return _now(found.id)


@router.post("/webhooks/{webhook}/disable", auth=Needs(Right.WEBHOOKS_WRITE), response=WebhookView)
@once
def disable_webhook(request: HttpRequest, webhook: Path[str]) -> Reply:
    """Send nothing to an endpoint until it is enabled again."""
    found = _find(webhook)
    services.disable_endpoint(found.id, at=caller_of(request).at)
    return _now(found.id)


@router.post("/webhooks/{webhook}/test", auth=Needs(Right.WEBHOOKS_WRITE), response={201: DeliveryView})
@once
def test_webhook(request: HttpRequest, webhook: Path[str], payload: ExampleIn) -> Reply:
    """Send an endpoint a made-up event, marked as a test; its delivery says what comes of it."""
    found = _find(webhook)
    message = services.send_example(found.id, name=payload.event, at=caller_of(request).at)
    return Reply(_delivery(find_delivery(found.id, message)), 201)


@router.post("/webhooks/{webhook}/replay", auth=Needs(Right.WEBHOOKS_WRITE), response=ReplayedView)
@once
def replay_webhook(request: HttpRequest, webhook: Path[str], payload: ReplayIn) -> Reply:
    """Send again what was recorded in a stretch of time and never arrived, or all of it."""
    found, at = _find(webhook), caller_of(request).at
    replay = services.replay_range if payload.all else services.replay_failed
    count = replay(found.id, since=payload.since, until=payload.until or at, at=at)
    return Reply(ReplayedView(count=count))


@router.get("/webhooks/{webhook}/deliveries", auth=Needs(Right.WEBHOOKS_READ), response=DeliveryPage)
def get_deliveries(
    request: HttpRequest,
    webhook: Path[str],
    state: DeliveryState | None = None,
    event: str = "",
    cursor: str | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """List what an endpoint was sent in the last 30 days, the newest first."""
    found = _find(webhook)
    rows = list_deliveries(
        found.id, state=state.value if state else "", name=event.replace("\0", ""), after=read_id(cursor),
        limit=limit + 1,
    )  # fmt: skip
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].message_id) if rest else None
    return show(DeliveryPage(data=[_delivery(one) for one in shown], next_cursor=after))


@router.get(
    "/webhooks/{webhook}/deliveries/{delivery}", auth=Needs(Right.WEBHOOKS_READ), response=DeliveryReportView
)
def get_delivery(request: HttpRequest, webhook: Path[str], delivery: Path[str]) -> HttpResponse:
    """Show a message as it is sent, and each try."""
    found, message = _find(webhook), _message(delivery)
    kept = find_delivery(found.id, message)
    tries = [TryView(**one._asdict()) for one in list_attempts(found.id, message)]
    return show(DeliveryReportView(delivery=_delivery(kept), body=read_body(message), tries=tries))


@router.post(
    "/webhooks/{webhook}/deliveries/{delivery}/replay",
    auth=Needs(Right.WEBHOOKS_WRITE),
    response=DeliveryView,
)
@once
def replay_delivery(request: HttpRequest, webhook: Path[str], delivery: Path[str]) -> Reply:
    """Send one message again, under its own id."""
    found, message = _find(webhook), _message(delivery)
    services.replay_one(found.id, message, at=caller_of(request).at)
    return Reply(_delivery(find_delivery(found.id, message)))


def _find(reference: str) -> EndpointView:
    try:
        return find_endpoint(parse_id(reference))
    except ValueError:
        raise EndpointUnknown(endpoint=reference[:64]) from None


def _message(reference: str) -> Id:
    try:
        return parse_id(reference)
    except ValueError:
        raise DeliveryUnknown(message=reference[:64]) from None


def _now(endpoint_id: Id) -> Reply:
    return Reply(_view(find_endpoint(endpoint_id)))


def _with_secret(made: services.NewSecret, headers: dict[str, str] | None = None) -> Reply:
    view = NewWebhookView(webhook=_view(find_endpoint(made.endpoint_id)), secret=made.secret)
    return Reply(view, 201, headers or {}, holds_secret=True)


def _view(one: EndpointView) -> WebhookView:
    return WebhookView(
        id=show_id(one.id), url=one.url, description=one.description, events=list(one.events),
        signature=Signature(one.signature), state=EndpointState(one.state), failing_since=one.failing_since,
        last_success_at=one.last_success_at, resting_until=one.resting_until, created_at=one.created_at,
        public_key=one.public_key or None, secret_created_at=one.secret_created_at,
        earlier_secret_until=one.earlier_until,
    )  # fmt: skip


def _delivery(one: KeptDelivery) -> DeliveryView:
    return DeliveryView(
        id=show_id(one.message_id), event=one.name, state=DeliveryState(one.state), due_at=one.due_at,
        tries=one.attempts, is_test=one.is_test, created_at=one.created_at, finished_at=one.finished_at,
    )  # fmt: skip
