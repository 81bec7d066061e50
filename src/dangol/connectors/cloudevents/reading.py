"""CloudEvents 1.0 over HTTP, in its three modes, read as events.

Structured (`application/cloudevents+json`) and batched (`application/cloudevents-batch+json`) bodies hold the
attributes; in the binary mode they are headers `ce-…`, and the body is the data.
Source: CloudEvents 1.0.2 with its JSON format and its HTTP protocol binding.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from dangol.connectors.cloudevents.errors import (
    AttributeUnfit,
    CloudBatchTooLong,
    DataUnreadable,
    EventsNotJson,
    MediaTypeUnknown,
)
from dangol.core.behavior.errors import MessageUnfit
from dangol.core.behavior.messages import Message
from dangol.core.people.identities import Kind
from dangol.core.storage.ids import parse_id
from dangol.domain.errors import DomainError
from dangol.domain.personal_data import looks_personal

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
MOST_EVENTS, LONGEST, LONGEST_ID = 1_000, 255, 60
_PREFIX = "ce-"
_REQUIRED = ("id", "source", "specversion", "type")
_NAMED_BY = (Kind.EXTERNAL, Kind.EMAIL, Kind.PHONE, Kind.CARD)
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def read_events(content_type: str, headers: Mapping[str, str], body: bytes) -> list[Message]:
    """Return the events of a request; where one is broken none of them is meant.

    Raises EventsNotJson, MediaTypeUnknown, AttributeUnfit, DataUnreadable or CloudBatchTooLong, with paths.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media == BATCH:
        items = _decode(body)
        if not isinstance(items, list):
            raise EventsNotJson(field="")
        if len(items) > MOST_EVENTS:
            raise CloudBatchTooLong(most=MOST_EVENTS, events=len(items))
        return [_structured(one, f"[{place}]") for place, one in enumerate(items)]
    if media == STRUCTURED:
        return [_structured(_decode(body), "")]
    if media.startswith("application/cloudevents"):
        raise MediaTypeUnknown(type=media[:80])
    return [_binary(media, headers, body)]


def _decode(body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise EventsNotJson(field="") from None


def _structured(event: Any, path: str) -> Message:
    if not isinstance(event, dict):
        raise EventsNotJson(field=path)
    if "data" in event and "data_base64" in event:
        raise AttributeUnfit(field=_at(path, "data_base64"), why="twice")
    problems: list[DomainError] = []
    data = event.get("data")
    if (encoded := event.get("data_base64")) is not None:
        data = _from_base64(encoded, _at(path, "data_base64"))
        media = event.get("datacontenttype", "application/json")
        data = _data(str(media), data, _at(path, "data_base64"))
    return _message(event, data, path, problems)


def _from_base64(encoded: Any, path: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise DataUnreadable(field=path) from None


def _binary(media: str, headers: Mapping[str, str], body: bytes) -> Message:
    """Read an event whose attributes are headers, percent-encoded (HTTP binding, 3.1.3)."""
    event: dict[str, Any] = {}
    for name, value in headers.items():
        if name.lower().startswith(_PREFIX):
            event[name.lower().removeprefix(_PREFIX)] = _unquoted(value, name.lower())
    if "datacontenttype" in event:
        raise AttributeUnfit(field="ce-datacontenttype", why="header")
    if not event:
        raise MediaTypeUnknown(type=media[:80])
    data = _data(media or "application/json", body, "data") if body else None
    return _message(event, data, "", [], mark=_PREFIX)


def _unquoted(value: str, path: str) -> str:
    try:
        return unquote_to_bytes(value.strip().strip('"')).decode()
    except UnicodeDecodeError:
        raise AttributeUnfit(field=path, why="encoding") from None


def _data(media: str, body: bytes, path: str) -> Any:
    """Return data as JSON; of other kinds nothing is kept but that there was some."""
    kind = media.partition(";")[0].strip().lower()
    if not (kind.endswith(("/json", "+json"))):
        return {"media_type": kind[:80], "bytes": len(body)}
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise DataUnreadable(field=path) from None


def _message(
    event: Mapping[str, Any], data: Any, path: str, problems: list[DomainError], *, mark: str = ""
) -> Message:
    for name in _REQUIRED:
        value = event.get(name)
        if not isinstance(value, str) or not value.strip() or "\0" in value or len(value) > LONGEST:
            raise AttributeUnfit(field=_at(path, mark + name), why="missing" if value is None else "text")
    if event["specversion"] != "1.0":
        raise AttributeUnfit(field=_at(path, mark + "specversion"), why="version")
    message = Message(
        "event", _message_id(event), event["type"], properties=_properties(data), problems=problems,
        original_at=_time(event.get("time"), _at(path, mark + "time")), origin=event["source"],
    )  # fmt: skip
    _name_subject(message, event.get("subject"), _at(path, mark + "subject"))
    return message


def _message_id(event: Mapping[str, Any]) -> str:
    """Return what is unique: the id is so within its source only."""
    both = msgspec.json.encode([event["source"], event["id"]])
    # One that looks personal stays whole, so that it is seen and stands as its hash.
    shown = event["id"] if looks_personal(event["id"]) else event["id"][:LONGEST_ID]
    return f"{shown} {blake2b(both, digest_size=16).hexdigest()}"


def _properties(data: Any) -> Mapping[str, Any]:
    if data is None:
        return {}
    return data if isinstance(data, dict) else {"data": data}


def _time(given: Any, path: str) -> datetime | None:
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
        if at.utcoffset() is None:
            raise ValueError
        return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise AttributeUnfit(field=path, why="time") from None


def _name_subject(message: Message, subject: Any, path: str) -> None:
    """Take the subject as the customer: our own id, or `external:…`, `email:…`, `phone:…`, `card:…`."""
    if subject is None:
        return
    if not isinstance(subject, str) or not subject or len(subject) > LONGEST:
        raise AttributeUnfit(field=path, why="text")
    kind, colon, value = subject.partition(":")
    if colon and kind in _NAMED_BY:
        message.ids.append((kind, value.replace("\0", "")))
        return
    try:
        message.customer_id = parse_id(subject)
    except ValueError:
        message.problems.append(MessageUnfit(field="subject"))


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
