"""Set-based SQL for both databases: many rows, one statement.

Where a till waits and where a million rows are imported, the object-relational mapper costs five to ten
times the statement itself. These functions take plain tuples in the order of the named fields and
keep to the model's own columns, so that no table or column name is written twice. Ids are `bytes`,
instants are aware datetimes in UTC, JSON is text.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Any, cast

from django.db.backends.base.base import BaseDatabaseWrapper

from dangol.core.storage.columns import (
    Model,
    Row,
    column_of,
    columns,
    connection_of,
    kinds_of,
    quoted,
    table,
    vendor_of,
)
from dangol.core.storage.cursors import prepared
from dangol.core.storage.gathering import Write, current_gathering
from dangol.core.storage.ids import Id
from dangol.core.storage.plans import current_plan
from dangol.core.storage.postgres import copy_text
from dangol.core.storage.reading import matched, read_rows, select_matching
from dangol.core.storage.values import (
    input_params,
    input_sql,
    input_table,
    records_params,
    records_sql,
    to_driver,
)

__all__ = [
    "Model", "Row", "batches", "columns", "connection_of", "delete_rows", "input_table", "insert_missing",
    "insert_rows", "read_rows", "select_matching", "sorted_ids", "table", "update_rows", "write_from",
]  # fmt: skip
_COPIED_AT_ONCE = 10_000


def _carry(write: Write, rows: Sequence[Row]) -> int:
    """Write now, or at the end of what gathers writes, or when a plan that is being made is carried out."""
    connection = connection_of(write.model)
    if plan := current_plan(connection.alias):
        expected = len(rows) if write.keys else None
        plan.add(write.model, write.ready(rows), expected)
        return expected or 0
    if gathering := current_gathering(connection):
        return gathering.add(write, rows)
    return write.ready(rows)()


def insert_rows(
    model: Model,
    names: Sequence[str],
    rows: Sequence[Row],
    *,
    numbers: Callable[[int], Iterable[int]] | None = None,
) -> None:
    """Insert `rows`, tuples in the order of the named fields. Conflicts raise IntegrityError.

    With `numbers` the rows lack the last field: asked, when they are written, for as many as there are
    rows, it gives its values.
    """
    if not rows:
        return
    wanted = tuple(names)
    assert numbers is None or vendor_of(model) == "sqlite", "PostgreSQL numbers nothing while it inserts"
    ready = partial(_ready_to_insert, model, wanted, numbers)
    _carry(Write(model, _insert_sql(model, wanted), wanted, ready), rows)


@lru_cache(maxsize=512)
def _insert_sql(model: Model, names: tuple[str, ...], end: str = "") -> str:
    chosen = ", ".join([f"input.{quoted(name)}" for name in names])
    return (
        f"INSERT INTO {table(model)} ({columns(model, names)})"  # noqa: S608 - our own names
        f" SELECT {chosen} FROM {records_sql(model, names, 'input')}{end}"
    )


def _ready_to_insert(
    model: Model,
    names: tuple[str, ...],
    numbers: Callable[[int], Iterable[int]] | None,
    rows: Sequence[Row],
) -> Callable[[], int]:
    connection = connection_of(model)
    into = f"{table(model)} ({columns(model, names)})"
    given = names[: len(rows[0])]
    if connection.vendor == "postgresql" and len(rows) > 1:
        texts: Iterable[str] = (
            copy_text(some, kinds_of(model, given)) for some in batches(rows, _COPIED_AT_ONCE)
        )
        texts = list(texts) if current_plan(connection.alias) else texts
        return partial(_copy, connection, into, texts)
    sql = f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608 - our own names
    encoded = to_driver(model, given, rows)
    asked = partial(numbers, len(rows)) if numbers else None
    return partial(_insert_each, connection, sql, encoded, asked)


def _insert_each(
    connection: BaseDatabaseWrapper, sql: str, rows: Iterable[Row], asked: Callable[[], Iterable[int]] | None
) -> int:
    if asked:
        rows = ((*row, number) for row, number in zip(rows, asked(), strict=True))
    with connection.cursor() as cursor:
        cursor.executemany(sql, cast(Sequence[Any], rows))
    return 0


def _copy(connection: BaseDatabaseWrapper, into: str, texts: Iterable[str]) -> int:
    # Django's cursor has no COPY, and only its own methods turn the driver's errors into Django's.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.cursor.copy(f"COPY {into} FROM STDIN") as copy,
    ):
        for text in texts:
            copy.write(text)
    return 0


def write_from(
    model: Model, names: Sequence[str], rows: Sequence[Row], sql: str, *, keys: int, sums: bool = False
) -> int:
    """Run a statement that changes rows of the model's table; returns how many it changed.

    `{input}` in it stands for the table `input` of the named fields, of which the first `keys` say which
    row is changed. `sums`: what is written adds to what is there.
    """
    if not rows:
        return 0
    wanted = tuple(names)
    filled = _filled(model, wanted, sql)
    return _carry(Write(model, filled, wanted, partial(_ready, model, wanted, filled), keys, sums), rows)


@lru_cache(maxsize=256)
def _filled(model: Model, names: tuple[str, ...], sql: str) -> str:
    return sql.replace("{input}", input_sql(model, names, "input"))


def _ready(model: Model, names: tuple[str, ...], sql: str, rows: Sequence[Row]) -> Callable[[], int]:
    connection = connection_of(model)
    params = input_params(model, names, rows)
    return partial(_execute, connection, sql, params, len(rows))


def _execute(connection: BaseDatabaseWrapper, sql: str, params: Sequence[Any], size: int) -> int:
    with prepared(connection, size=size) as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def update_rows(model: Model, keys: Sequence[str], changed: Sequence[str], rows: Sequence[Row]) -> int:
    """Set the `changed` fields of the rows found by `keys`; each tuple holds the keys, then the values.

    Returns how many rows there were to change.
    """
    sql = _update_sql(model, tuple(keys), tuple(changed))
    return write_from(model, [*keys, *changed], rows, sql, keys=len(keys))


@lru_cache(maxsize=512)
def _update_sql(model: Model, keys: tuple[str, ...], changed: tuple[str, ...]) -> str:
    assigned = ", ".join([f"{quoted(column_of(model, name))} = input.{quoted(name)}" for name in changed])
    return f"UPDATE {table(model)} AS t SET {assigned} FROM {{input}} WHERE {matched(model, keys)}"  # noqa: S608


def insert_missing(model: Model, names: Sequence[str], rows: Sequence[Row]) -> int:
    """Insert the rows whose keys are free, leave the others as they are; return how many were inserted."""
    if not rows:
        return 0
    sql = _insert_sql(model, tuple(names), " WHERE true ON CONFLICT DO NOTHING")
    return _write_now(model, rows, sql, records_params(model, names, rows))


def delete_rows(model: Model, keys: Sequence[str], rows: Sequence[Row]) -> int:
    """Delete the rows whose `keys` are among `rows`; returns how many there were."""
    if not rows:
        return 0
    source = input_sql(model, tuple(keys), "input")
    chosen = ", ".join([f"input.{quoted(key)}" for key in keys])
    sql = (
        f"DELETE FROM {table(model)} WHERE ({columns(model, keys)}) IN"  # noqa: S608 - our own names
        f" (SELECT {chosen} FROM {source})"
    )
    return _write_now(model, rows, sql, input_params(model, keys, rows))


def _write_now(model: Model, rows: Sequence[Row], sql: str, params: Sequence[Any]) -> int:
    """Write even where writes are gathered, since the caller has to know what came of it."""
    write = partial(_execute, connection_of(model), sql, params, len(rows))
    if plan := current_plan(connection_of(model).alias):
        plan.add(model, write, len(rows))
        return len(rows)
    return write()


def batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut `items` into lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def sorted_ids(ids: Iterable[Id]) -> list[Id]:
    """Return the ids once each, in the order in which rows are locked everywhere."""
    return sorted(set(ids))
