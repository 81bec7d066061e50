"""Reading rows: by their keys, many at once, and several tables in one statement."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from dangol.core.storage.columns import (
    Model,
    Row,
    column_of,
    columns,
    connection_of,
    quoted,
    table,
    vendor_of,
)
from dangol.core.storage.cursors import prepared
from dangol.core.storage.plans import current_plan
from dangol.core.storage.postgres import INSTANT_LOADER
from dangol.core.storage.values import from_driver, from_json, input_params, input_sql

# From here on PostgreSQL's JSON costs more than the ways to the database that it saves.
_READ_TOGETHER = 200


class Select(NamedTuple):
    """A statement that reads: its columns are the named fields of the model. `matching` makes them.

    `size` is for how many keys it asks: nothing is read for none.
    """

    model: Model
    names: tuple[str, ...]
    sql: str
    params: Sequence[Any] = ()
    size: int = 0


def read_rows(model: Model, names: Sequence[str], sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Run a SELECT whose columns are the named fields of `model`; return tuples of Python values.

    Raises Overtaken where a plan that is being made has written to the model's table.
    """
    with connection_of(model).cursor() as cursor:
        return _read(cursor, Select(model, tuple(names), sql, params))


def _read(cursor: Any, select: Select) -> list[Row]:
    model, names, sql, params, _ = select
    connection = connection_of(model)
    if plan := current_plan(connection.alias):
        plan.check_read(model)
    if connection.vendor == "postgresql":
        # Sessions are in UTC, so the driver's own loader will do; Django's reads each by a pattern.
        cursor.cursor.adapters.register_loader("timestamptz", INSTANT_LOADER)
    cursor.execute(sql, params)
    return from_driver(model, names, cursor.fetchall())


def _read_prepared(select: Select) -> list[Row]:
    if not select.size:
        return []
    with prepared(connection_of(select.model), size=select.size) as cursor:
        return _read(cursor, select)


def matching(
    model: Model,
    names: Sequence[str],
    keys: Sequence[str],
    rows: Sequence[Row],
    *,
    where: str = "",
    params: Sequence[Any] = (),
    order_by: Sequence[str] = (),
    limit: int | None = None,
    lock: bool = False,
) -> Select:
    """Return what `select_matching` with the same arguments reads, to be read by `read_together`."""
    assert order_by or not lock, "locks over several rows are taken in sorted order"
    if not rows:
        return Select(model, tuple(names), "")
    sql = _matching_sql(model, tuple(names), tuple(keys))
    if where:
        sql += f" WHERE {where}"
    if order_by:
        sql += f" ORDER BY {columns(model, order_by, 't.')}"
    if limit is not None:
        sql += f" LIMIT {limit:d}"
    if lock and vendor_of(model) == "postgresql" and not current_plan(connection_of(model).alias):
        sql += " FOR UPDATE OF t"
    given = input_params(model, keys, rows)
    return Select(model, tuple(names), sql, [*given, *params], len(rows))


def all_of(model: Model, names: Sequence[str]) -> Select:
    """Return what reads all rows of a small table, to be read by `read_together`."""
    sql = f"SELECT {columns(model, names)} FROM {table(model)}"  # noqa: S608 - our own names
    return Select(model, tuple(names), sql, size=1)


@lru_cache(maxsize=512)
def _matching_sql(model: Model, names: tuple[str, ...], keys: tuple[str, ...]) -> str:
    return (
        f"SELECT {columns(model, names, 't.')} FROM {input_sql(model, keys, 'input')}"  # noqa: S608
        f" JOIN {table(model)} AS t ON {matched(model, keys)}"
    )


@lru_cache(maxsize=1_024)
def matched(model: Model, keys: tuple[str, ...]) -> str:
    """Return the condition under which a row of the table, `t`, is one of the `input`."""
    return " AND ".join([f"t.{quoted(column_of(model, key))} = input.{quoted(key)}" for key in keys])


def select_matching(
    model: Model,
    names: Sequence[str],
    keys: Sequence[str],
    rows: Sequence[Row],
    *,
    where: str = "",
    params: Sequence[Any] = (),
    order_by: Sequence[str] = (),
    limit: int | None = None,
    lock: bool = False,
) -> list[Row]:
    """Return the named fields of the rows whose `keys` are among `rows`, at most `limit` of them.

    `where` is further SQL over the table, aliased `t`, with its `params`. With `lock`, PostgreSQL locks
    the rows in the order of `order_by`, which must then be given; SQLite has one writer anyway.
    """
    if not rows:
        return []
    return _read_prepared(
        matching(
            model, names, keys, rows, where=where, params=params, order_by=order_by, limit=limit, lock=lock
        )
    )


def read_together(*selects: Select) -> list[list[Row]]:
    """Read several selects of one database, which lock one row at most; returns the rows of each.

    PostgreSQL reads small ones in one statement, all at one instant, as JSON. SQLite, to which the way is
    short, reads one after the other, and so do large ones.
    """
    asked = [select for select in selects if select.size]
    if not asked:
        return [[] for _ in selects]
    connection = connection_of(asked[0].model)
    plan = current_plan(connection.alias)
    is_small = sum(select.size for select in asked) <= _READ_TOGETHER
    if connection.vendor != "postgresql" or plan or not is_small or len(asked) == 1:
        return [_read_prepared(select) for select in selects]
    with prepared(connection) as cursor:
        cursor.execute(
            _together(tuple([(select.sql, len(select.names)) for select in asked])),
            [param for select in asked for param in select.params],
        )
        texts = iter(cursor.fetchone())
    found = []
    for select in selects:
        text = next(texts) if select.size else None
        rows = msgspec.json.decode(text) if text else []
        found.append(from_json(select.model, select.names, rows))
    return found


@lru_cache(maxsize=256)
def _together(parts: tuple[tuple[str, int], ...]) -> str:
    """Return one statement of a column for each part: its rows as an array of arrays, in JSON, as text."""
    return "SELECT " + ", ".join([_as_json(*part) for part in parts])


def _as_json(sql: str, width: int) -> str:
    names = [f"c{number}" for number in range(width)]
    values = ", ".join([f"s.{name}" for name in names])
    return (
        f"(SELECT json_agg(json_build_array({values}))::text"  # noqa: S608 - our own names
        f" FROM ({sql}) AS s ({', '.join(names)}))"
    )
