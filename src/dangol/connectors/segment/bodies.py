"""Bodies of the tracking API: unpacked within limits, and split into single calls."""

import re
import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from dangol.connectors.segment.errors import (
    BatchTooLarge,
    BatchTooLong,
    BodyNotJson,
    BrokenGzip,
    EncodingUnknown,
    UnknownCall,
)

# Segment's own limit of a batch, and RudderStack's, whose client sends more at once.
SEGMENT_BYTES, RUDDER_BYTES = 500 * 1024, 4 * 1024 * 1024
MOST_EVENTS = 2_500
EVENT_BYTES = 32 * 1024
KINDS = {
    "identify": "identify", "i": "identify", "track": "track", "t": "track", "page": "page", "p": "page",
    "screen": "screen", "s": "screen", "group": "group", "g": "group", "alias": "alias", "a": "alias",
    "batch": "batch", "b": "batch", "import": "batch",
}  # fmt: skip
# Sites cut texts in the middle of an emoji. The half that is left is no character; a batch of thousands is
# not refused for it, but the half read as the sign for a broken character.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
_HALF = len(rb"\ud83d")
# Numbers with a point are read as they were written.
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class Call(NamedTuple):
    """One call: its kind as the sender says it, its fields, and the bytes it takes."""

    kind: str
    fields: Mapping[str, Any]
    size: int


class Body(NamedTuple):
    """What one request brings: a write key if it stands in the body, and the calls."""

    write_key: str
    sent_at: Any
    calls: list[Call]


def unpack(raw: bytes, encoding: str) -> bytes:
    """Return a body as it was before it was packed; raises EncodingUnknown, BrokenGzip or BatchTooLarge.

    No more than the limit is ever unpacked, whatever the packed bytes promise.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        if len(raw) > RUDDER_BYTES:
            raise BatchTooLarge(most=RUDDER_BYTES)
        return raw
    if name not in ("gzip", "x-gzip"):
        raise EncodingUnknown(encoding=name[:40])
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = unpacker.decompress(raw, RUDDER_BYTES + 1)
    except zlib.error:
        raise BrokenGzip() from None
    if len(body) > RUDDER_BYTES:
        raise BatchTooLarge(most=RUDDER_BYTES)
    if not unpacker.eof:
        raise BrokenGzip()
    return body


def read_body(action: str, body: bytes) -> Body:
    """Return the calls of a body sent to `/v1/<action>`.

    Raises UnknownCall, BodyNotJson, BatchTooLong, or BatchTooLarge for more than 500 KB that are not
    RudderStack's.
    """
    kind = KINDS.get(action)
    if kind is None:
        raise UnknownCall(action=action[:40])
    fields = _decode(body)
    calls = _batch(fields) if kind == "batch" else [Call(kind, fields, len(body))]
    if len(body) > SEGMENT_BYTES and not (kind == "batch" and _is_rudder(calls)):
        raise BatchTooLarge(most=SEGMENT_BYTES)
    key = fields.get("writeKey")
    return Body(key if isinstance(key, str) else "", fields.get("sentAt"), calls)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        fields = _decoder.decode(body if b"\\u" not in body else _ESCAPE.sub(_whole, body))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError):
        raise BodyNotJson() from None
    if not isinstance(fields, dict):
        raise BodyNotJson()
    return fields


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if len(escape[0]) == _HALF else escape[0]


def _batch(fields: Mapping[str, Any]) -> list[Call]:
    items = fields.get("batch")
    if not isinstance(items, list):
        raise BodyNotJson()
    if len(items) > MOST_EVENTS:
        raise BatchTooLong(most=MOST_EVENTS, events=len(items))
    shared = {
        name: fields[name] for name in ("context", "integrations") if isinstance(fields.get(name), dict)
    }
    return [_item(one, shared) for one in items]


def _item(one: Any, shared: Mapping[str, Any]) -> Call:
    if not isinstance(one, dict):
        return Call("", {}, 0)
    size = len(msgspec.json.encode(one))
    for name, values in shared.items():
        own = one.get(name)
        one[name] = values | own if isinstance(own, dict) else values
    kind = one.get("type")
    return Call(kind if isinstance(kind, str) else "", one, size)


def _is_rudder(calls: list[Call]) -> bool:
    """Say whether RudderStack's client sends: it packs up to 4 MB, and names itself with each call."""
    for call in calls[:1]:
        library = call.fields.get("context", {})
        library = library.get("library", {}) if isinstance(library, dict) else {}
        name = library.get("name", "") if isinstance(library, dict) else ""
        channel = call.fields.get("channel")
        return isinstance(name, str) and ("rudder" in name.lower() or channel == "server")
    return False
