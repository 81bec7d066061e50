"""Ids: sixteen bytes, made by the application, never by a database sequence.

Rows get a UUIDv7 (RFC 9562, section 5.7), so that they lie in the order they were made; a customer
gets a random UUIDv4, so that no range of customers becomes a hot spot when tables are distributed.
In Python an id is plain `bytes`: a batch of a million rows cannot afford an object per id.
"""

from typing import TypeAlias
from uuid import UUID, uuid4

from uuid_utils import uuid7

Id: TypeAlias = bytes


def new_id() -> Id:
    """Return a new time-ordered id, larger than every one this process made before."""
    return uuid7().bytes


def random_id() -> Id:
    """Return a new random id, for customers."""
    return uuid4().bytes


def id_after(previous: Id | None) -> Id:
    """Return a new id that is larger than `previous`, even where the clock has been set back."""
    fresh = new_id()
    if previous is None or fresh > previous:
        return fresh
    return (int.from_bytes(previous) + 1).to_bytes(16)


def parse_id(text: str) -> Id:
    """Return the id that `text` spells, with or without dashes; raises ValueError for any other text."""
    return UUID(text).bytes


def show_id(value: Id) -> str:
    """Return the id in the usual form, 8-4-4-4-12 hexadecimal digits."""
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
