"""Cursors: the place in a list from which it goes on, as a text that means nothing to whoever keeps it."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from dangol.api.refused import InvalidCursor
from dangol.core.storage.ids import Id

LONGEST = 500
_MOST = 2**63 - 1
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]


def make_cursor(*place: datetime | Id | int | str) -> str:
    """Return the cursor of a place."""
    values = [UUID(bytes=one) if isinstance(one, bytes) else one for one in place]
    return urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read_instant_and_id(cursor: str | None) -> tuple[datetime, Id] | None:
    """Return the instant and the id a cursor means; None without one. Raises InvalidCursor."""
    place = _read(cursor, tuple[_Instant, UUID])
    return (_in_utc(place[0]), place[1].bytes) if place else None


def read_instant_and_number(cursor: str | None) -> tuple[datetime, int] | None:
    """Return the instant and the number a cursor means; None without one. Raises InvalidCursor."""
    place = _read(cursor, tuple[_Instant, _Number])
    return (_in_utc(place[0]), place[1]) if place else None


def read_id(cursor: str | None) -> Id | None:
    """Return the id a cursor means; None without one. Raises InvalidCursor."""
    place = _read(cursor, tuple[UUID])
    return place[0].bytes if place else None


def read_number(cursor: str | None) -> int | None:
    """Return the number a cursor means; None without one. Raises InvalidCursor."""
    place = _read(cursor, tuple[_Number])
    return place[0] if place else None


def read_text(cursor: str | None) -> str | None:
    """Return the text a cursor means; None without one. Raises InvalidCursor."""
    place = _read(cursor, tuple[str])
    if place and "\0" in place[0]:
        raise InvalidCursor()
    return place[0] if place else None


def read_text_and_id(cursor: str | None) -> tuple[str, Id] | None:
    """Return the text and the id a cursor means; None without one. Raises InvalidCursor."""
    place = _read(cursor, tuple[str, UUID])
    return (place[0], place[1].bytes) if place else None


def _read(cursor: str | None, kind: Any) -> Any:
    if not cursor:
        return None
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(text, type=kind)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise InvalidCursor() from None


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise InvalidCursor() from None
