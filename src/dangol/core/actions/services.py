"""Doing what the catalog offers: once for each key, for one customer or for many."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from dangol.core.actions.catalog import Action, ActionPayload, ActionResult, Call, find_action
from dangol.core.actions.models import ActionRun
from dangol.core.events.services import lock_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import try_out, write_transaction
from dangol.domain.errors import DomainError

LONGEST_KEY = 100
_encoder = msgspec.json.Encoder(order="sorted")
_ROW = ("customer_id", "key", "action", "content_hash", "at", "recorded_at", "payload", "result")


class KeyReused(DomainError):
    """An idempotency key came again with another action or payload."""

    code = "actions.key_reused"


class InvalidKey(DomainError):
    """An idempotency key that is empty or too long."""

    code = "actions.invalid_key"


class Request(NamedTuple):
    """An action for one customer. `at` is when it takes effect; it is no part of what the key names."""

    customer_id: Id
    idempotency_key: str
    payload: ActionPayload | dict[str, Any]


class Outcome(NamedTuple):
    """What became of a request: its result or its refusal. `repeated`: it was done before, under its key."""

    customer_id: Id
    result: ActionResult | None = None
    refusal: DomainError | None = None
    repeated: bool = False
    dry_run: bool = False


def run(
    name: str,
    payload: ActionPayload | dict[str, Any],
    *,
    customer_id: Id,
    idempotency_key: str,
    at: datetime,
    recorded_at: datetime | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Do an action for one customer, or answer what was done under this key before.

    Raises UnknownAction, InvalidPayload, InvalidKey, KeyReused or what the action's own rules refuse;
    then nothing is left behind, and the key is free. A dry run goes through all of it and takes it back.
    """
    request = Request(customer_id, idempotency_key, payload)
    outcome = run_batch(name, [request], at=at, recorded_at=recorded_at, dry_run=dry_run)[0]
    if outcome.refusal:
        raise outcome.refusal
    return outcome


def run_batch(
    name: str,
    requests: Sequence[Request],
    *,
    at: datetime,
    recorded_at: datetime | None = None,
    dry_run: bool = False,
) -> list[Outcome]:
    """Do an action for many customers, at most one request each; returns an outcome for each, in order.

    A refusal is in its outcome and hinders no other; only UnknownAction is raised. A dry run writes
    nothing: it does all of it in a transaction that is taken back, so it cannot be part of another.
    """
    action = find_action(name)
    assert len({one.customer_id for one in requests}) == len(requests), "one request a customer"
    if not dry_run:
        with write_transaction():
            return _run(action, requests, at, recorded_at or at)
    outcomes = try_out(lambda: _run(action, requests, at, recorded_at or at))
    return [outcome._replace(dry_run=True) for outcome in outcomes]


def _run(
    action: Action[Any, Any], requests: Sequence[Request], at: datetime, recorded_at: datetime
) -> list[Outcome]:
    lock_customers(one.customer_id for one in requests)
    known = _load_runs(requests)
    outcomes: dict[Id, Outcome] = {}
    calls, hashes = [], {}
    for customer_id, key, payload in requests:
        try:
            call = Call(customer_id, _check_key(key), at, action.read(payload))
            digest = _hash(action, call.payload)
            if earlier := known.get((customer_id, key)):
                outcomes[customer_id] = _repeat(action, earlier, digest, customer_id, key)
                continue
        except DomainError as refusal:
            outcomes[customer_id] = Outcome(customer_id, refusal=refusal)
            continue
        calls.append(call)
        hashes[customer_id] = digest
    for call, answer in zip(calls, action.perform(calls) if calls else (), strict=True):
        if isinstance(answer, DomainError):
            outcomes[call.customer_id] = Outcome(call.customer_id, refusal=answer)
        else:
            outcomes[call.customer_id] = Outcome(call.customer_id, answer)
    insert_rows(
        ActionRun,
        _ROW,
        [
            (
                call.customer_id, call.key, action.name, hashes[call.customer_id], at, recorded_at,
                _encoder.encode(call.payload).decode(),
                _encoder.encode(outcomes[call.customer_id].result).decode(),
            )
            for call in calls
            if outcomes[call.customer_id].result
        ],
    )  # fmt: skip
    return [outcomes[one.customer_id] for one in requests]


def _check_key(key: str) -> str:
    if not 0 < len(key) <= LONGEST_KEY:
        raise InvalidKey(length=len(key), longest=LONGEST_KEY)
    return key


def _load_runs(requests: Sequence[Request]) -> Mapping[tuple[Id, str], tuple[bytes, str]]:
    rows = select_matching(
        ActionRun,
        ("customer_id", "key", "content_hash", "result"),
        ("customer_id", "key"),
        [(one.customer_id, one.idempotency_key) for one in requests],
    )
    return {(customer_id, key): (bytes(digest), result) for customer_id, key, digest, result in rows}


def _repeat(
    action: Action[Any, Any], earlier: tuple[bytes, str], digest: bytes, customer_id: Id, key: str
) -> Outcome:
    stored, result = earlier
    if stored != digest:
        raise KeyReused(key=key)
    return Outcome(customer_id, msgspec.json.decode(result, type=action.result), repeated=True)


def _hash(action: Action[Any, Any], payload: ActionPayload) -> bytes:
    return blake2b(_encoder.encode([action.name, payload]), digest_size=16).digest()
