"""Single calls of the tracking API, read as events. None is refused: what does not fit is left out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from dangol.connectors.segment.bodies import EVENT_BYTES, KINDS, Call
from dangol.core.behavior.errors import EventTooLarge, InstantUnclear, MessageUnfit, TypeUnknown
from dangol.core.behavior.messages import PREVIOUS, Message
from dangol.core.people.identities import Kind
from dangol.domain.errors import DomainError

MOST_TRAITS, LONGEST_GROUP, LONGEST_ID = 300, 500, 255
_PROPERTIES = ("track", "page", "screen")
# What Segment's own clients call ids in `context.externalIds`.
_EXTERNAL = {
    "user_id": Kind.EXTERNAL,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "anonymous_id": Kind.ANONYMOUS,
}
_UNKNOWN = "unknown"


def read_calls(calls: Iterable[Call], sent_at: Any) -> list[Message]:
    """Return the calls of a request as events; `sent_at` is the batch's, where a call has none of its own.

    A call without `messageId` is known by its content and by its place, so that a retry of it is one.
    """
    sent = _instant(sent_at)
    return [_read(call, sent, place) for place, call in enumerate(calls)]


def _read(call: Call, sent: datetime | None, place: int) -> Message:
    fields, problems = call.fields, list[DomainError]()
    kind = KINDS.get(call.kind, "")
    if kind in ("", "batch"):
        problems.append(TypeUnknown(type=call.kind))
        kind = _UNKNOWN
    if call.size > EVENT_BYTES:
        problems.append(EventTooLarge(most=EVENT_BYTES))
        fields = {name: fields[name] for name in _HEAD if name in fields}
    context = _object(fields, "context", problems)
    original, own_sent = (_stamp(fields, name, problems) for name in ("timestamp", "sentAt"))
    return Message(
        kind,
        _message_id(fields, place),
        _name(kind, fields, problems),
        list(_ids(kind, fields, context, problems)),
        _properties(kind, fields, problems),
        _traits(kind, fields, problems),
        context,
        original or _stamp(fields, "originalTimestamp", problems),
        own_sent or sent,
        problems,
    )


_HEAD = (
    "type", "messageId", "userId", "anonymousId", "previousId", "groupId", "event", "name", "category",
    "timestamp", "originalTimestamp", "sentAt",
)  # fmt: skip


def _message_id(fields: Mapping[str, Any], place: int) -> str:
    given = fields.get("messageId", fields.get("message_id"))
    if isinstance(given, str | int) and not isinstance(given, bool):
        text = str(given).replace("\0", "").strip()
        if text:
            return text
    told = msgspec.json.encode([place, fields], order="sorted")
    return f"content-{blake2b(told, digest_size=16).hexdigest()}"


def _stamp(fields: Mapping[str, Any], name: str, problems: list[DomainError]) -> datetime | None:
    given = fields.get(name)
    if given is None:
        return None
    found = _instant(given)
    if found is None:
        problems.append(InstantUnclear(field=name))
    return found


def _instant(given: Any) -> datetime | None:
    """Return an instant: ISO 8601, in UTC where it says no offset, or milliseconds since 1970."""
    try:
        if isinstance(given, int) and not isinstance(given, bool):
            return datetime.fromtimestamp(given / 1000, UTC)
        if isinstance(given, str):
            at = datetime.fromisoformat(given.strip())
            return at.replace(tzinfo=UTC) if at.utcoffset() is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _name(kind: str, fields: Mapping[str, Any], problems: list[DomainError]) -> str:
    given = fields.get("event" if kind in ("track", _UNKNOWN) else "name")
    if kind in ("page", "screen") and not given:
        given = fields.get("category") or kind
    if kind == "group":
        given = "group"
    if given is None:
        if kind == "track":
            problems.append(MessageUnfit(field="event"))
        return kind if kind != "track" else ""
    if not isinstance(given, str):
        problems.append(MessageUnfit(field="event" if kind == "track" else "name"))
        return ""
    return " ".join(given.split())


def _ids(
    kind: str, fields: Mapping[str, Any], context: Mapping[str, Any], problems: list[DomainError]
) -> Iterable[tuple[str, str]]:
    named = [("userId", Kind.EXTERNAL.value), ("anonymousId", Kind.ANONYMOUS.value)]
    if kind == "alias":
        named.append(("previousId", PREVIOUS))
    for field, one in named:
        value = fields.get(field)
        if value is None:
            continue
        if (text := _id(value)) is None:
            problems.append(MessageUnfit(field=field))
        else:
            yield one, text
    yield from _external(context)


def _external(context: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    given = context.get("externalIds")
    for one in given[:20] if isinstance(given, list) else []:
        if isinstance(one, Mapping) and one.get("collection", "users") == "users":
            kind, text = _EXTERNAL.get(str(one.get("type"))), _id(one.get("id"))
            if kind and text is not None:
                yield kind.value, text


def _id(value: Any) -> str | None:
    """Return an id as text; None for what is none: clients write numbers, too."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).replace("\0", "").strip()
    return text if len(text) <= LONGEST_ID else None


def _properties(kind: str, fields: Mapping[str, Any], problems: list[DomainError]) -> Mapping[str, Any]:
    if kind == "group":
        group = _id(fields.get("groupId")) if fields.get("groupId") is not None else None
        if group is None or len(group) > LONGEST_GROUP:
            problems.append(MessageUnfit(field="groupId"))
            return {}
        return {"group_id": group}
    if kind not in _PROPERTIES and kind != _UNKNOWN:
        return {}
    found = dict(_object(fields, "properties", problems))
    category = fields.get("category")
    if kind in ("page", "screen") and isinstance(category, str) and category:
        found.setdefault("category", category)
    return found


def _traits(kind: str, fields: Mapping[str, Any], problems: list[DomainError]) -> Mapping[str, Any]:
    if kind not in ("identify", "group"):
        return {}
    traits = _object(fields, "traits", problems)
    if kind == "identify" and "traits" not in fields:  # where RudderStack's clients put them
        traits = _object(_object(fields, "context", []), "traits", problems)
    if len(traits) > MOST_TRAITS:
        problems.append(MessageUnfit(field="traits"))
    return dict(list(traits.items())[:MOST_TRAITS])


def _object(fields: Mapping[str, Any], name: str, problems: list[DomainError]) -> Mapping[str, Any]:
    given = fields.get(name)
    if given is None or isinstance(given, Mapping):
        return given or {}
    problems.append(MessageUnfit(field=name))
    return {}
