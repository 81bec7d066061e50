"""Values on their way to a database, whole columns at a time, and back.

Ids are `bytes`, instants are aware datetimes in UTC, JSON is text. Leaving it to the drivers' own adapters
would cost five times as much. What is read is turned row by row: of one row that takes a quarter of the time
that columns take, of a thousand the same.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from dangol.core.storage.columns import (
    POSTGRES_TYPES,
    TRUTH,
    Model,
    Row,
    connection_of,
    field_of,
    kinds_of,
    quoted,
    vendor_of,
)
from dangol.core.storage.postgres import array_text

Turn = Callable[[Any], Any]


@lru_cache(maxsize=16_384)
def _text_of_instant(value: datetime) -> str:
    """Return the instant as SQLite holds it. An order's is written some ten times, hence the cache."""
    assert value.tzinfo is UTC, "instants are kept in UTC"
    return value.isoformat(" ")[:-6]


def _instant_of(value: str | datetime) -> datetime:
    """Return the instant SQLite held: a plain column's comes parsed, a computed one's as text."""
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    return parsed.replace(tzinfo=UTC)


def _date_of(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


_TO_SQLITE: dict[str, Turn] = {
    # The driver's adapter protocol costs a microsecond for each `bytes`, and nothing for these.
    "IdField": bytearray,
    "BinaryField": bytearray,
    "DateTimeField": _text_of_instant,
    "DateField": date.isoformat,
}
_TO_POSTGRES: dict[str, Turn] = {"IdField": bytes.hex}
_TO_JSON: dict[str, Turn] = {
    "IdField": bytes.hex,
    "BinaryField": bytes.hex,
    "DateTimeField": _text_of_instant,
    "DateField": date.isoformat,
}
# Instants and days as they are: the encoder writes them.
_TO_RECORDS: dict[str, Turn] = {"IdField": bytes.hex, "BinaryField": lambda value: "\\x" + value.hex()}
_FROM_SQLITE: dict[str, Turn] = {"DateTimeField": _instant_of, "DateField": _date_of, TRUTH: bool}
_FROM_POSTGRES: dict[str, Turn] = {
    "IdField": lambda value: value.bytes,
    "DateTimeField": lambda value: value.replace(tzinfo=UTC),
}
_FROM_JSON: dict[str, Turn] = {
    "IdField": lambda value: bytes.fromhex(value.replace("-", "")),
    "BinaryField": lambda value: bytes.fromhex(value.removeprefix("\\x")),
    "DateTimeField": lambda value: datetime.fromisoformat(value).astimezone(UTC),
    "DateField": date.fromisoformat,
}
_FROM = {"sqlite": _FROM_SQLITE, "postgresql": _FROM_POSTGRES, "json": _FROM_JSON}


def _turned(column: Sequence[Any], turn: Turn | None) -> Sequence[Any]:
    if turn is None:
        return column
    if None in column:
        return [None if value is None else turn(value) for value in column]
    return list(map(turn, column))


def _by_columns(rows: Iterable[Row], kinds: Sequence[str], turns: dict[str, Turn]) -> Iterator[Row]:
    turned = zip(*rows, strict=True)
    return zip(
        *(_turned(column, turns.get(kind)) for column, kind in zip(turned, kinds, strict=True)),
        strict=True,
    )


def to_driver(model: Model, names: Sequence[str], rows: Iterable[Row]) -> Iterator[Row]:
    """Return the rows of the named fields as the database's driver takes them."""
    kinds = kinds_of(model, tuple(names))
    return _by_columns(rows, kinds, _TO_SQLITE if vendor_of(model) == "sqlite" else _TO_POSTGRES)


def from_driver(model: Model, names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Return what the driver read of the named fields as Python values."""
    return _read(model, names, rows, vendor_of(model))


def from_json(model: Model, names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Return the named fields as PostgreSQL writes them into JSON as Python values."""
    return _read(model, names, rows, "json")


def _read(model: Model, names: Sequence[str], rows: Sequence[Row], source: str) -> list[Row]:
    if not rows:
        return []
    assert len(names) == len(rows[0]), "one name for each column"
    turns = _turns_from(model, tuple(names), source)
    read = []
    for row in rows:
        values = list(row)
        for place, turn in turns:
            value = values[place]
            if value is not None:
                values[place] = turn(value)
        read.append(tuple(values))
    return read


@lru_cache(maxsize=1_024)
def _turns_from(model: Model, names: tuple[str, ...], source: str) -> list[tuple[int, Turn]]:
    """Return which columns of what was read become something else, and how."""
    turns = _FROM[source]
    return [(place, turns[kind]) for place, kind in enumerate(kinds_of(model, names)) if kind in turns]


def _type_of(model: Model, name: str) -> str:
    """Return PostgreSQL's type of a column, without a length: what is too long is refused, not cut."""
    (kind,) = kinds_of(model, (name,))
    declared = POSTGRES_TYPES.get(kind) or field_of(model, name).db_type(connection_of(model))
    return str(declared).split("(")[0]


@lru_cache(maxsize=512)
def input_sql(model: Model, names: tuple[str, ...], alias: str) -> str:
    """Return SQL for a table of given rows; the same for any number of them."""
    kinds = kinds_of(model, names)
    if vendor_of(model) == "postgresql":
        arrays = ", ".join(f"%s::{_type_of(model, name)}[]" for name in names)
        return f"unnest({arrays}) AS {alias} ({', '.join(map(quoted, names))})"
    parts = (
        f"unhex(value ->> {number}) AS {quoted(name)}"
        if kind in {"IdField", "BinaryField"}
        else f"value ->> {number} AS {quoted(name)}"
        for number, (kind, name) in enumerate(zip(kinds, names, strict=True))
    )
    return f"(SELECT {', '.join(parts)} FROM json_each(%s)) AS {alias}"  # noqa: S608 - our own names


def input_params(model: Model, names: Sequence[str], rows: Sequence[Row]) -> list[Any]:
    """Return the parameters that go with `input_sql`, for at least one row."""
    kinds = kinds_of(model, tuple(names))
    if vendor_of(model) == "postgresql":
        return [array_text(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    return [json.dumps(list(_by_columns(rows, kinds, _TO_JSON)))]


@lru_cache(maxsize=512)
def records_sql(model: Model, names: tuple[str, ...], alias: str) -> str:
    """Return SQL for a table of given rows, to be added to the model's; on PostgreSQL from one JSON text.

    There an array for each column takes three times as long. But the planner takes a hundred rows for
    granted, so that what is to be found by them is better given as `input_sql`.
    """
    if vendor_of(model) != "postgresql":
        return input_sql(model, names, alias)
    declared = [f"{quoted(name)} {_type_of(model, name)}" for name in names]
    return f"json_to_recordset(%s::json) AS {alias} ({', '.join(declared)})"


def records_params(model: Model, names: Sequence[str], rows: Sequence[Row]) -> list[Any]:
    """Return the parameters that go with `records_sql`, for at least one row."""
    if vendor_of(model) != "postgresql":
        return input_params(model, names, rows)
    turns = _record_turns(model, tuple(names))
    records = [
        {
            name: value if turn is None or value is None else turn(value)
            for (name, turn), value in zip(turns, row, strict=True)
        }
        for row in rows
    ]
    return [msgspec.json.encode(records).decode()]


@lru_cache(maxsize=512)
def _record_turns(model: Model, names: tuple[str, ...]) -> list[tuple[str, Turn | None]]:
    return [(name, _TO_RECORDS.get(kind)) for name, kind in zip(names, kinds_of(model, names), strict=True)]


def input_table(
    model: Model, names: Sequence[str], rows: Sequence[Row], alias: str = "input"
) -> tuple[str, list[Any]]:
    """Return SQL and its parameters for a table of `rows`, to stand in FROM under `alias`."""
    return input_sql(model, tuple(names), alias), input_params(model, names, rows)
