"""What came of tries: noted all at once, with the next try and how it stands with the endpoint."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from dangol.core.events.webhooks.models import (
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointChange,
)
from dangol.core.events.webhooks.transport import Reply
from dangol.core.events.webhooks.watching import StateChange, watchers
from dangol.core.metrics import WEBHOOK_ATTEMPTS
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import Row, insert_rows, select_matching, sorted_ids, update_rows
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.webhooks import (
    FAILURES_TO_FAIL,
    FAILURES_WITHIN,
    GONE,
    Cause,
    EndpointState,
    Recent,
    Standing,
    judge,
    next_try_at,
    read_retry_after,
    rest_until,
)

_KEY = ("endpoint_id", "message_id")
_ATTEMPT = (
    *_KEY, "number", "at", "duration_ms", "status", "failure", "answer", "is_test",
)  # fmt: skip
_CHANGED = ("state", "due_at", "claim", "tries", "attempts", "finished_at")


class Taken(NamedTuple):
    """A delivery that a sender has taken: `claim` says that it, and no other, may tell what came of it."""

    endpoint_id: Id
    message_id: Id
    claim: Id
    tries: int
    attempts: int
    is_test: bool


class Outcome(NamedTuple):
    """What came of a delivery, and when."""

    taken: Taken
    reply: Reply
    at: datetime


def record_outcomes(outcomes: Sequence[Outcome], *, chances: Iterable[float]) -> int:
    """Note tries, plan the next ones, and judge the endpoints; returns how many counted.

    A delivery that another sender has taken meanwhile, since its lease had run out, is left to that one.
    `chances`, from 0 to 1, are the shares of jitter. A constant number of statements per endpoint.
    """
    if not outcomes:
        return 0
    ordered = sorted(outcomes, key=lambda one: one.taken[:2])
    with write_transaction():
        endpoints = _lock_endpoints(one.taken.endpoint_id for one in ordered)
        held = select_matching(
            Delivery, (*_KEY, "claim"), _KEY, [one.taken[:2] for one in ordered], order_by=_KEY, lock=True
        )
        claims = {row[:2]: row[2] for row in held}
        ours = [one for one in ordered if claims.get(one.taken[:2]) == one.taken.claim]
        insert_rows(Attempt, _ATTEMPT, [_attempt(one) for one in ours])
        rows = [_changed(one, chance) for one, chance in zip(ours, chances, strict=False)]
        update_rows(Delivery, _KEY, _CHANGED, rows)
        for endpoint in endpoints:
            _judge_endpoint(endpoint, [one for one in ours if one.taken.endpoint_id == endpoint.pk])
    for one in ours:
        WEBHOOK_ATTEMPTS.labels("failed" if one.reply.failure else "delivered").inc()
    return len(ours)


def change_state(endpoint: Endpoint, standing: Standing, cause: Cause, *, at: datetime) -> None:
    """Move a locked endpoint to another state, note it, and let nothing wait for a disabled one.

    Those who watch endpoints are told in the same transaction.
    """
    require_write_transaction()
    change = (new_id(), endpoint.pk, endpoint.state, standing.state.value, cause.value, at)
    insert_rows(EndpointChange, ("id", "endpoint_id", "from_state", "to_state", "cause", "at"), [change])
    endpoint.state, endpoint.failing_since = standing.state.value, standing.failing_since
    endpoint.save(update_fields=["state", "failing_since"])
    if standing.state is EndpointState.DISABLED:
        waiting = Delivery.objects.filter(endpoint_id=endpoint.pk, due_at__isnull=False)
        waiting.update(state=DeliveryState.FAILED, due_at=None, claim=None, finished_at=at)
    told = StateChange(
        change[0], endpoint.pk, urlsplit(endpoint.url).hostname or "", endpoint.description, standing.state,
        cause, at,
    )  # fmt: skip
    for watch in watchers():
        watch(told)


def _lock_endpoints(endpoint_ids: Iterable[Id]) -> list[Endpoint]:
    wanted = sorted_ids(endpoint_ids)
    return list(Endpoint.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))


def _attempt(one: Outcome) -> Row:
    taken, reply = one.taken, one.reply
    return (
        taken.endpoint_id, taken.message_id, taken.attempts + 1, one.at, reply.duration_ms, reply.status,
        str(reply.failure), reply.answer, taken.is_test,
    )  # fmt: skip


def _changed(one: Outcome, chance: float) -> Row:
    """Return the delivery's key and how it stands after this try."""
    taken, reply, at = one
    attempts = taken.attempts + 1
    if not reply.failure:
        return (*taken[:2], DeliveryState.DELIVERED.value, None, None, taken.tries, attempts, at)
    tries = taken.tries + 1
    asked = read_retry_after(reply.retry_after, at=at)
    # An example is sent once: whoever sends it is looking on.
    due_at = None if taken.is_test else next_try_at(tries, at=at, chance=chance, asked=asked)
    if due_at is None:
        return (*taken[:2], DeliveryState.FAILED.value, None, None, tries, attempts, at)
    return (*taken[:2], DeliveryState.WAITING.value, due_at, None, tries, attempts, None)


def _judge_endpoint(endpoint: Endpoint, outcomes: Sequence[Outcome]) -> None:
    """Bring an endpoint's state up to date after these tries of its own; examples say nothing of it."""
    real = [one for one in outcomes if not one.taken.is_test]
    if not real:
        return
    at = max(one.at for one in real)
    successes = [one.at for one in real if not one.reply.failure]
    endpoint.last_success_at = max([*successes, *filter(None, [endpoint.last_success_at])], default=None)
    endpoint.resting_until = _rest(real) or endpoint.resting_until
    endpoint.save(update_fields=["last_success_at", "resting_until"])
    recent = _recent(endpoint, real, at)
    standing = Standing(EndpointState(endpoint.state), endpoint.failing_since)
    judged, cause = judge(standing, recent, at=at)
    if cause:
        change_state(endpoint, judged, cause, at=at)


def _recent(endpoint: Endpoint, real: Sequence[Outcome], at: datetime) -> Recent:
    since = max(filter(None, [endpoint.last_success_at, at - FAILURES_WITHIN]))
    failed = Attempt.objects.filter(endpoint_id=endpoint.pk, at__gt=since, is_test=False).exclude(failure="")
    return Recent(
        failures=len(failed.values_list("number")[:FAILURES_TO_FAIL]),
        last_success_at=endpoint.last_success_at,
        last_failure_at=max((one.at for one in real if one.reply.failure), default=None),
        is_gone=any(one.reply.status == GONE for one in real),
    )


def _rest(real: Sequence[Outcome]) -> datetime | None:
    asked: Mapping[Outcome, datetime | None] = {
        one: rest_until(one.reply.status, read_retry_after(one.reply.retry_after, at=one.at), at=one.at)
        for one in real
    }
    return max(filter(None, asked.values()), default=None)
