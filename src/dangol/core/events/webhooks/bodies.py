"""What a webhook says: which event, when, and its ids and amounts; never a person's own words or data.

Payloads hold no personal data to begin with. But a reason somebody typed for an adjustment may, and what
is sent ends in the logs of others, where no erasure reaches. So text leaves only under names that are
listed here; numbers, instants and yes or no always do. A test sees that every name of every payload is
either listed or left out on purpose.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args, get_type_hints

import msgspec

from dangol.core.events.payloads import PAYLOADS, Payload
from dangol.core.events.records import Recorded
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.spaces import LIVE, current_space

# Ids, words of the shop's own catalog and of ours.
TOLD = frozenset(
    {
        "about", "also", "awaits", "because", "card", "category", "cause", "channel", "currency",
        "fields", "from_tier", "idle", "join", "kind", "measure", "name", "names", "number", "order",
        "parts", "product", "program", "promotion", "purpose", "reward", "segment", "side", "source",
        "store", "tier", "to_tier", "via", "wording",
    }
)  # fmt: skip
# Words a person typed, and what others' programs have sent.
LEFT_OUT = frozenset({"context", "message", "properties", "reason", "tail", "traits"})
# Standard Webhooks asks for less than 20 kB.
LONGEST_BYTES = 20_000
EXAMPLE = "webhook.tested"
_encoder = msgspec.json.Encoder()
_WORDS: Mapping[str, str] = {
    "currency": "KRW", "channel": "store", "source": "example", "number": "EXAMPLE-1",
    "store": "EXAMPLE-STORE", "product": "EXAMPLE-PRODUCT", "category": "example", "program": "example",
    "from_tier": "silver",
    "tier": "gold", "to_tier": "gold", "measure": "spend", "also": "orders", "join": "all",
    "cause": "example", "purpose": "marketing", "via": "phone", "wording": "example-1",
    "fields": "birthday", "segment": "example",
    "because": "00000000-0000-0000-0000-000000000000", "names": "example.trait", "kind": "track",
    "name": "Example", "promotion": "00000000-0000-0000-0000-000000000000",
    "order": "00000000-0000-0000-0000-000000000000", "awaits": "delivered",
}  # fmt: skip
_AMOUNT = 500


def body_of(event: Recorded) -> str:
    """Return the body that tells of an event: at most 20 kB of JSON, the same at each try.

    What happened in a test space is marked as a test.
    """
    is_test = current_space() != LIVE
    return _write(event.name, event.occurred_at, _head(event), thin(event.payload), is_test=is_test)


def example_body(name: str, *, at: datetime, customer_id: Id, subject_id: Id) -> str:
    """Return the body of a made-up event called `name` (declared, or `webhook.tested`), marked as a test."""
    head = {"customer_id": show_id(customer_id), "customer_seq": 1, "subject_id": show_id(subject_id)}
    if name == EXAMPLE:
        return _write(name, at, {}, {}, is_test=True)
    return _write(name, at, head, _thin_fields(_example_fields(PAYLOADS[name], at, subject_id)), is_test=True)


def known_names() -> list[str]:
    """Return the names of all events an endpoint may ask for."""
    return sorted(PAYLOADS)


def thin(payload: Payload) -> dict[str, Any]:
    """Return what may leave of a payload."""
    return _thin_fields({name: getattr(payload, name) for name in payload.__struct_fields__})


def _head(event: Recorded) -> dict[str, Any]:
    return {
        "customer_id": show_id(event.customer_id),
        "customer_seq": event.customer_seq,
        "subject_id": show_id(event.subject_id) if event.subject_id else None,
    }


def _write(
    name: str, at: datetime, head: Mapping[str, Any], data: Mapping[str, Any], *, is_test: bool
) -> str:
    mark = {"test": True} if is_test else {}
    told = {"type": name, "timestamp": at, **mark, "data": {**head, **data}}
    body = _encoder.encode(told)
    if len(body) > LONGEST_BYTES:
        counts = {
            f"{key}_count" if isinstance(value, list) else key: len(value)
            if isinstance(value, list)
            else value
            for key, value in data.items()
        }
        body = _encoder.encode({**told, "data": {**head, **counts, "truncated": True}})
    return body.decode()


def _thin_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _thin_value(value) for name, value in fields.items() if _may_leave(name, value)}


def _may_leave(name: str, value: Any) -> bool:
    if name in LEFT_OUT:
        return False
    if isinstance(value, str):
        return name in TOLD
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return all(_may_leave(name, one) for one in value)
    return True


def _thin_value(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return _thin_fields({name: getattr(value, name) for name in value.__struct_fields__})
    if hasattr(value, "_asdict"):
        return _thin_fields(value._asdict())
    if isinstance(value, dict):
        return _thin_fields(value)
    if isinstance(value, bytes):
        return show_id(value) if len(value) == 16 else None
    if isinstance(value, list | tuple):
        return [_thin_value(one) for one in value]
    return value


def _example_fields(kind: type, at: datetime, subject_id: Id) -> dict[str, Any]:
    hints = get_type_hints(kind)
    names: Sequence[str] = getattr(kind, "__struct_fields__", tuple(hints))
    return {name: _example(name, hints[name], at, subject_id) for name in names}


def _example(name: str, hint: Any, at: datetime, subject_id: Id) -> Any:
    """Return a made-up value of this type: text by the field's name, a list of one."""
    parts = [part for part in get_args(hint) if part not in (type(None), Ellipsis)]
    if hint is str:
        return _WORDS.get(name, show_id(subject_id))
    plain: Mapping[Any, Any] = {bool: False, int: _AMOUNT, datetime: at, bytes: subject_id}
    if hint in plain:
        return plain[hint]
    origin = getattr(hint, "__origin__", None)
    if origin is tuple and Ellipsis not in get_args(hint):
        return [_example(name, part, at, subject_id) for part in parts]
    if origin in (list, tuple):
        return [_example(name, parts[0], at, subject_id)]
    if parts:
        return _example(name, parts[0], at, subject_id)
    return _example_fields(hint, at, subject_id)
