"""Endpoints: made, changed, given new secrets, switched on and off, tried, and sent what they missed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from dangol.core.events.webhooks.bodies import EXAMPLE, example_body, known_names
from dangol.core.events.webhooks.consumers import DELIVERY, MESSAGE, subscribers
from dangol.core.events.webhooks.errors import (
    DeliveryUnknown,
    DescriptionTooLong,
    EndpointDisabled,
    EndpointUnknown,
    EventUnknown,
    OverlapOutOfRange,
    PeriodBackwards,
    SignatureUnknown,
    TooManyEndpoints,
)
from dangol.core.events.webhooks.models import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointChange,
    Message,
    Secret,
    Signature,
)
from dangol.core.events.webhooks.outcomes import change_state
from dangol.core.events.webhooks.sealed_secrets import end_earlier, issue
from dangol.core.events.webhooks.transport import check_url
from dangol.core.storage.ids import Id, new_id, random_id, show_id
from dangol.core.storage.rows import delete_rows, insert_missing, insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.webhooks import Cause, EndpointState, Standing

MOST_ENDPOINTS = 50
LONGEST_DESCRIPTION = 200
OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=30)
_COLUMNS = ("id", "url", "description", "events", "signature", "state", "created_at")


class NewSecret(NamedTuple):
    """An endpoint, and what its receiver checks signatures with: `whsec_…`, shown this once, or `whpk_…`."""

    endpoint_id: Id
    secret: str


def create_endpoint(
    *,
    url: str,
    events: Iterable[str] = (),
    description: str = "",
    signature: str = Signature.HMAC.value,
    at: datetime,
) -> NewSecret:
    """Make an endpoint that is told of these events (none named: of all) recorded from `at` on.

    Raises UrlMalformed, UrlNotPublic, EventUnknown, DescriptionTooLong, SignatureUnknown, TooManyEndpoints,
    or NoMasterKey; then there is none.
    """
    kind = _signature(signature)
    row = (
        new_id(), _checked_url(url), _description(description), _events(events), kind.value,
        EndpointState.ACTIVE.value, at,
    )  # fmt: skip
    with write_transaction():
        if Endpoint.objects.count() >= MOST_ENDPOINTS:
            raise TooManyEndpoints(limit=MOST_ENDPOINTS)
        insert_rows(Endpoint, _COLUMNS, [row])
        issued = issue(row[0], kind, at=at)
        change = (new_id(), row[0], "", EndpointState.ACTIVE.value, Cause.CREATED.value, at)
        insert_rows(EndpointChange, ("id", "endpoint_id", "from_state", "to_state", "cause", "at"), [change])
    return NewSecret(row[0], issued.shown)


def update_endpoint(
    endpoint_id: Id,
    *,
    url: str | None = None,
    events: Iterable[str] | None = None,
    description: str | None = None,
) -> None:
    """Change what is given of an endpoint; what waits for it goes to the new address.

    Raises EndpointUnknown, UrlMalformed, UrlNotPublic, EventUnknown or DescriptionTooLong.
    """
    changed: dict[str, str] = {}
    if url is not None:
        changed["url"] = _checked_url(url)
    if events is not None:
        changed["events"] = _events(events)
    if description is not None:
        changed["description"] = _description(description)
    with write_transaction():
        found = Endpoint.objects.filter(pk=endpoint_id)
        if not (found.update(**changed) if changed else found.exists()):
            raise EndpointUnknown(endpoint=show_id(endpoint_id))


def delete_endpoint(endpoint_id: Id) -> None:
    """Delete an endpoint and its secrets; its long log goes by night. Raises EndpointUnknown."""
    with write_transaction():
        endpoint = _lock(endpoint_id)
        for model in (Secret, EndpointChange):
            model.objects.filter(endpoint_id=endpoint_id).delete()
        delete_rows(Endpoint, ["id"], [(endpoint.pk,)])


def rotate_secret(
    endpoint_id: Id, *, at: datetime, overlap: timedelta = OVERLAP, signature: str | None = None
) -> NewSecret:
    """Give an endpoint a new secret, of another kind where `signature` names one.

    Until `overlap` has passed messages carry the signatures of both; zero ends the old one at once, for one
    that has leaked. Raises EndpointUnknown, OverlapOutOfRange, SignatureUnknown or NoMasterKey.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise OverlapOutOfRange(field="overlap", longest_hours=int(LONGEST_OVERLAP.total_seconds() // 3600))
    with write_transaction():
        endpoint = _lock(endpoint_id)
        kind = _signature(signature or endpoint.signature)
        issued = issue(endpoint_id, kind, at=at)
        end_earlier(endpoint_id, kept=issued.secret_id, ends_at=at + overlap)
        endpoint.signature = kind.value
        endpoint.save(update_fields=["signature"])
    return NewSecret(endpoint_id, issued.shown)


def disable_endpoint(endpoint_id: Id, *, at: datetime) -> None:
    """Send nothing to an endpoint; what happens meanwhile may be replayed. Raises EndpointUnknown."""
    _switch(endpoint_id, EndpointState.DISABLED, at=at)


def enable_endpoint(endpoint_id: Id, *, at: datetime) -> None:
    """Send to an endpoint again what happens from now on; for the rest see `replay_failed`.

    Raises EndpointUnknown.
    """
    _switch(endpoint_id, EndpointState.ACTIVE, at=at)


def replay_one(endpoint_id: Id, message_id: Id, *, at: datetime) -> None:
    """Send a message again, under its own id. One that is on its way goes at once.

    Raises EndpointUnknown, EndpointDisabled or DeliveryUnknown.
    """
    with write_transaction():
        _lock_enabled(endpoint_id)
        found = Delivery.objects.filter(endpoint_id=endpoint_id, message_id=message_id)
        if not _send_again(found, at) and not found.exists():
            raise DeliveryUnknown(message=show_id(message_id))


def replay_range(endpoint_id: Id, *, since: datetime, until: datetime, at: datetime) -> int:
    """Send again all that was recorded from `since` until, exclusive, `until`; returns how many that is.

    Raises EndpointUnknown, EndpointDisabled or PeriodBackwards.
    """
    if until < since:
        raise PeriodBackwards(field="until", since=since.isoformat(), until=until.isoformat())
    with write_transaction():
        _lock_enabled(endpoint_id)
        found = Delivery.objects.filter(endpoint_id=endpoint_id, created_at__gte=since, created_at__lt=until)
        return _send_again(found, at)


def replay_failed(endpoint_id: Id, *, since: datetime, until: datetime | None = None, at: datetime) -> int:
    """Send again all that was recorded since, before `until`, and never arrived; returns how many that is.

    Raises EndpointUnknown, EndpointDisabled or PeriodBackwards.
    """
    if until is not None and until < since:
        raise PeriodBackwards(field="until", since=since.isoformat(), until=until.isoformat())
    with write_transaction():
        _lock_enabled(endpoint_id)
        found = Delivery.objects.filter(endpoint_id=endpoint_id, created_at__gte=since)
        if until is not None:
            found = found.filter(created_at__lt=until)
        return _send_again(found.filter(state=DeliveryState.FAILED), at)


def send_example(endpoint_id: Id, *, name: str = EXAMPLE, customer_id: Id | None = None, at: datetime) -> Id:
    """Send an endpoint a made-up event, marked as a test, once; returns its message's id.

    Raises EndpointUnknown, EndpointDisabled or EventUnknown.
    """
    with write_transaction():
        _lock_enabled(endpoint_id)
        return _leave_example([endpoint_id], name, customer_id, at)


def trigger(*, name: str, customer_id: Id | None = None, at: datetime) -> tuple[Id, list[Id]]:
    """Send a made-up event, marked as a test, to all who would be told of a real one.

    Listeners (`dangol listen`) hear of it too. Nothing goes on the timeline, and the ledger is not touched.
    Returns the message's id and the endpoints'. Raises EventUnknown.
    """
    with write_transaction():
        chosen = [one.endpoint_id for one in subscribers() if not one.is_disabled and one.wants(name)]
        return _leave_example(chosen, name, customer_id, at), chosen


def _leave_example(endpoint_ids: Sequence[Id], name: str, customer_id: Id | None, at: datetime) -> Id:
    _check_name(name)
    message_id = new_id()
    body = example_body(name, at=at, customer_id=customer_id or random_id(), subject_id=new_id())
    insert_missing(Message, MESSAGE, [(message_id, name, body, True, at)])
    rows = [
        (one, message_id, name, True, DeliveryState.WAITING.value, at, 0, 0, at, None) for one in endpoint_ids
    ]
    insert_missing(Delivery, DELIVERY, rows)
    return message_id


def _send_again(found: QuerySet[Delivery], at: datetime) -> int:
    # What is being sent at this moment is left to its sender.
    chosen = found.exclude(state=DeliveryState.SENDING)
    return chosen.update(state=DeliveryState.WAITING, due_at=at, claim=None, tries=0, finished_at=None)


def _switch(endpoint_id: Id, state: EndpointState, *, at: datetime) -> None:
    with write_transaction():
        endpoint = _lock(endpoint_id)
        is_disabled = endpoint.state == EndpointState.DISABLED
        if is_disabled == (state is EndpointState.DISABLED):
            return
        endpoint.resting_until = None
        endpoint.save(update_fields=["resting_until"])
        change_state(endpoint, Standing(state), Cause.BY_HAND, at=at)


def _lock(endpoint_id: Id) -> Endpoint:
    endpoint = Endpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None:
        raise EndpointUnknown(endpoint=show_id(endpoint_id))
    return endpoint


def _lock_enabled(endpoint_id: Id) -> None:
    if _lock(endpoint_id).state == EndpointState.DISABLED:
        raise EndpointDisabled(endpoint=show_id(endpoint_id))


def _checked_url(url: str) -> str:
    return check_url(url.strip(), allow_private=settings.WEBHOOKS_PRIVATE)


def _description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION or "\0" in text:
        raise DescriptionTooLong(field="description", limit=LONGEST_DESCRIPTION)
    return text


def _signature(text: str) -> Signature:
    if text not in Signature.values:
        raise SignatureUnknown(field="signature", signature=text[:16], known=", ".join(Signature.values))
    return Signature(text)


def _events(names: Iterable[str]) -> str:
    wanted = sorted(set(names))
    for name in wanted:
        _check_name(name)
    return " ".join(wanted)


def _check_name(name: str) -> None:
    if name != EXAMPLE and name not in known_names():
        raise EventUnknown(field="events", name=name[:64])
