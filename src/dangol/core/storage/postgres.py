"""Values as PostgreSQL reads and writes them, whole columns at a time.

The driver turns values one by one, in Python where it has no other way: for a batch of rows that takes
several times as long as the statement itself. What is here gives the same text in one pass.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.pq import Format

# Of an instant in a session whose zone is UTC, as Django's are.
INSTANT_LOADER = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def array_text(values: Iterable[Any], kind: str) -> str:
    """Return a column as the text of an array; `kind` says what its values are."""
    text = _ELEMENTS.get(kind, _element)
    return "{" + ",".join(["NULL" if value is None else text(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _bytes_element(value: bytes) -> str:
    return '"\\\\x' + value.hex() + '"'


@lru_cache(maxsize=16_384)
def _instant(value: datetime) -> str:
    return value.isoformat(" ")


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


_ELEMENTS: dict[str, Callable[[Any], str]] = {
    "IdField": bytes.hex,
    "BinaryField": _bytes_element,
    "DateTimeField": _instant,
    "DateField": date.isoformat,
}
_TEXTS: dict[str, Callable[[Any], str]] = {
    "IdField": bytes.hex,
    "BinaryField": _bytes,
    "DateTimeField": _instant,
    "DateField": date.isoformat,
}


def copy_text(rows: Iterable[Sequence[Any]], kinds: Sequence[str]) -> str:
    """Return rows as lines of COPY's text format; `kinds` says of each column what its values are."""
    columns = zip(*rows, strict=True)
    texts = [_texts(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return "".join([f"{line}\n" for line in map("\t".join, zip(*texts, strict=True))])


def _texts(column: Sequence[Any], kind: str) -> Sequence[str]:
    text = _TEXTS.get(kind)
    if text is None:
        return _plain(column)
    if None in column:
        return [_NULL if value is None else text(value) for value in column]
    return list(map(text, column))


def _plain(column: Sequence[Any]) -> Sequence[str]:
    """Return numbers, truths and words; words are escaped where one of them needs it."""
    values = [_NULL if value is None else value for value in column] if None in column else column
    if not isinstance(next((value for value in column if value is not None), None), str):
        return list(map(str, values))
    together = "".join(values)
    if not any(sign in together for sign in "\\\t\n\r"):
        return values
    return [_NULL if value is None else value.translate(_ESCAPES) for value in column]
