"""The tables conditions are asked of, and how events become rows of them.

Events have one row each. Their properties stand in a map for each kind, since types do not convert and both
engines read maps natively: a number in `numbers`, a text in `texts` and, where it names a day or an instant,
in `dates` or `instants`, too.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dangol.domain.conditions import Happening, Kind, Value
from dangol.domain.conditions.values import time_of

NUMBER = pa.decimal128(38, 6)
_TIME = pa.timestamp("us")
_MAPS: dict[str, pa.DataType] = {
    "texts": pa.string(), "numbers": NUMBER, "flags": pa.bool_(), "dates": pa.date32(), "instants": _TIME,
    "lists": pa.list_(pa.string()),
}  # fmt: skip
# Which map holds the properties of a kind; what is asked as a day may be an instant, too.
MAP_OF = {
    Kind.TEXT: "texts", Kind.NUMBER: "numbers", Kind.FLAG: "flags", Kind.DATE: "dates",
    Kind.INSTANT: "instants", Kind.LIST: "lists",
}  # fmt: skip
_TRAIT_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(), Kind.NUMBER: NUMBER, Kind.FLAG: pa.bool_(), Kind.DATE: pa.date32(),
    Kind.INSTANT: _TIME, Kind.LIST: pa.list_(pa.string()),
}  # fmt: skip


def event_schema(customer: pa.DataType) -> pa.Schema:
    """Return the schema of the event table: `at` is in UTC, without a zone."""
    fields = [("customer", customer), ("event_id", pa.string()), ("name", pa.string()), ("at", _TIME)]
    return pa.schema(fields + [(name, pa.map_(pa.string(), kind)) for name, kind in _MAPS.items()])


EVENT_SCHEMA = event_schema(pa.binary())


def trait_column(trait: str) -> str:
    """Return the name of a trait's column: engines take a dot for a path."""
    return trait.replace(".", "__")


def trait_type(kind: Kind) -> pa.DataType:
    """Return the Arrow type of a trait's column; instants are in UTC, without a zone."""
    return _TRAIT_TYPES[kind]


def naive(at: datetime) -> datetime:
    """Return an instant as the tables have it: in UTC, without a zone."""
    return at.astimezone(UTC).replace(tzinfo=None)


def event_rows(events: Iterable[tuple[Any, Happening]]) -> dict[str, list[Any]]:
    """Return the columns of `event_schema` for events, each given with its customer."""
    columns: dict[str, list[Any]] = {name: [] for name in EVENT_SCHEMA.names}
    for customer, one in events:
        columns["customer"].append(customer)
        columns["event_id"].append(one.id)
        columns["name"].append(one.event)
        columns["at"].append(naive(one.at))
        maps: dict[str, list[tuple[str, Any]]] = {name: [] for name in _MAPS}
        for name, value in one.properties.items():
            for place, kept in _places(value):
                maps[place].append((name, kept))
        for place, pairs in maps.items():
            columns[place].append(pairs)
    return columns


def _places(value: Value) -> list[tuple[str, Any]]:
    """Return the maps a property stands in, with what stands there."""
    match value:
        case bool():
            return [("flags", value)]
        case int() | Decimal():
            return [("numbers", Decimal(value))]
        case tuple():
            return [("lists", list(value))]
    places: list[tuple[str, Any]] = [("texts", value)] if isinstance(value, str) else []
    time = time_of(value)
    if isinstance(time, datetime):
        places.append(("instants", naive(time)))
    elif isinstance(time, date):
        places.append(("dates", time))
    return places
