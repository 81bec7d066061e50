"""All segments asked of all customers in one query, on DuckDB or on Spark.

It reads the timeline and the traits for itself and shares nothing with `subjects` and `placing`, by which
customers are put into segments one by one: where both say the same, neither has missed anybody.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from dangol.core.events.models import Event
from dangol.core.events.payloads import PAYLOADS, decode
from dangol.core.people.merged import absorbed_by, all_merged
from dangol.core.people.models import Customer
from dangol.core.segments.catalog import read_traits
from dangol.core.segments.running import Running, all_needs
from dangol.core.segments.subjects import KNOWN
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.params import instant_param
from dangol.core.storage.rows import Row, batches, select_matching
from dangol.core.storage.walks import walk
from dangol.domain.conditions import Catalog, Happening, Needs
from dangol.domain.conditions.values import exact, of_kind
from dangol.insight.conditions import (
    EVENT_SCHEMA,
    compile_conditions,
    event_rows,
    trait_column,
    trait_type,
)
from dangol.insight.conditions.sources import naive
from dangol.insight.engine import Engine

PEOPLE_AT_ONCE, EVENTS_AT_ONCE = 2_000, 20_000
_KEY = ("customer_id", "customer_seq")
_TOLD = (*_KEY, "id", "name", "occurred_at", "payload")


def ask_all(
    engine: Engine,
    running: Sequence[Running],
    *,
    as_of: datetime,
    zone: ZoneInfo,
    among: Sequence[Id] | None = None,
) -> pa.Table:
    """Return who is in which segment at `as_of`: `customer`, and a flag in `answer_column` of each slug.

    All customers and members, or those `among` some ids; who is a guest, was erased or has become part of
    somebody else has no row. Takes no lock: what happens meanwhile is in it for some and not for others.
    Raises EngineGone.
    """
    conditions = {one.slug: one.condition for one in running}
    needed = all_needs(conditions.values())
    types = {name: one for condition in conditions.values() for name, one in condition.types.items()}
    people = engine.gather(_people(types, as_of, among), _people_schema(types))
    told = _events(needed, as_of, zone, among)
    events = engine.gather(told, EVENT_SCHEMA) if needed.events else None
    answers = compile_conditions(
        conditions, customers=people, as_of=as_of, zone=zone, traits=people, events=events
    )
    return engine.read(answers)


def _people_schema(types: Catalog) -> pa.Schema:
    traits = [(trait_column(name), trait_type(one.kind)) for name, one in types.items()]
    return pa.schema([("customer", pa.binary()), *traits])


def _people(types: Catalog, as_of: datetime, among: Sequence[Id] | None) -> Iterator[pa.RecordBatch]:
    """Yield who there is, with the traits that are asked about."""
    schema, names = _people_schema(types), frozenset(types)
    for ids in _known(among):
        told = read_traits(ids, names, as_of=as_of) if names else {}
        columns: list[Any] = [ids]
        for name, one in types.items():
            columns.append([_kept(of_kind(told.get(owner, {}).get(name), one.kind)) for owner in ids])
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _known(among: Sequence[Id] | None) -> Iterator[list[Id]]:
    names = ("customer_id",)
    if among is None:
        found: Iterator[list[Row]] = walk(Customer, names, names, size=PEOPLE_AT_ONCE, where=KNOWN)
    else:
        keys = ([(one,) for one in some] for some in batches(among, PEOPLE_AT_ONCE))
        found = (select_matching(Customer, names, names, some, where=KNOWN) for some in keys)
    for rows in found:
        yield [owner for (owner,) in rows]


def _kept(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() | Decimal():
            return exact(value)
        case datetime():
            return naive(value)
    return value


class _Asked(NamedTuple):
    """Which rows of the timeline may be asked for: SQL with its parameters."""

    sql: str
    params: list[Any]


def _events(
    needed: Needs, as_of: datetime, zone: ZoneInfo, among: Sequence[Id] | None
) -> Iterator[pa.RecordBatch]:
    """Yield what happened that is asked about, each under the one its customer is now."""
    asked = _asked(needed, as_of, zone)
    owner_of, found = _timeline(asked, among)
    for rows in found:
        told = []
        for customer_id, _, event_id, name, at, text in rows:
            payload = decode(name, text)
            known = payload.known_as
            if known in needed.events:
                wanted = needed.properties[known]
                seen = payload.properties_seen() if wanted else {}
                properties = {key: value for key, value in seen.items() if key in wanted}
                told.append((owner_of(customer_id), Happening(known, at, properties, show_id(event_id))))
        yield pa.RecordBatch.from_pydict(event_rows(told), EVENT_SCHEMA)


def _asked(needed: Needs, as_of: datetime, zone: ZoneInfo) -> _Asked:
    names = [name for name, payload in PAYLOADS.items() if payload.may_be(needed.events)]
    sql, params = f"name IN ({', '.join(['%s'] * len(names))})", list[Any](names)
    starts = [needed.since(event, as_of=as_of, zone=zone) for event in needed.events]
    if None not in starts:
        sql += " AND occurred_at > %s"
        params.append(instant_param(min(start for start in starts if start)))
    return _Asked(sql, params)


def _timeline(asked: _Asked, among: Sequence[Id] | None) -> tuple[Callable[[Id], Id], Iterator[list[Row]]]:
    """Return who a customer of the timeline is now, and its rows in batches."""
    owners: Mapping[Id, Id]
    if among is None:
        owners = all_merged()
        found: Iterator[list[Row]] = walk(
            Event, _TOLD, _KEY, size=EVENTS_AT_ONCE, where=asked.sql, params=asked.params
        )
    else:
        parts = absorbed_by(among)
        owners = {part: owner for owner, own in parts.items() for part in own}
        keys = batches([(one,) for one in (*among, *owners)], PEOPLE_AT_ONCE)
        found = (
            select_matching(Event, _TOLD, ("customer_id",), some, where=asked.sql, params=asked.params)
            for some in keys
        )
    return lambda one: owners.get(one, one), found
