"""Set-based SQL for both databases: many rows, one statement.

Where a till waits and where a million rows are imported, the object-relational mapper costs five to ten
times the statement itself. These functions take plain tuples in the order of the named fields and
keep to the model's own columns, so that no table or column name is written twice. Ids are `bytes`,
instants are aware datetimes in UTC, JSON is text.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import LOOKUP_SEP

from dangol.core.storage.ids import Id
from dangol.core.storage.plans import current_plan
from dangol.core.storage.postgres import INSTANT_LOADER, array_text, copy_text

Row: TypeAlias = tuple[Any, ...]
Model: TypeAlias = type[models.Model]
if TYPE_CHECKING:
    Column: TypeAlias = models.Field[Any, Any]
else:
    Column = models.Field

_COPIED_AT_ONCE = 10_000
_POSTGRES_TYPES = {
    "IdField": "uuid",
    "BinaryField": "bytea",
    "DateTimeField": "timestamptz",
    "DateField": "date",
}


def connection_of(model: Model) -> BaseDatabaseWrapper:
    """Return the connection to the database of the model's table: the key store has one of its own."""
    return connections[router.db_for_write(model)]


def _field(model: Model, name: str) -> Column:
    field = model._meta.get_field(name.split(LOOKUP_SEP)[0])
    assert isinstance(field, models.Field), f"{model.__name__}.{name} is no column"
    return field


def _column(model: Model, name: str) -> str:
    """Return the name of the named field's column."""
    column = _field(model, name).column
    assert column is not None, f"{model.__name__}.{name} is no column"
    return column


def _kind(field: Column) -> str:
    """Return how the field's values travel: by one of the kinds above, or plain."""
    kind = getattr(field, "target_field", field).get_internal_type()
    return kind if kind in _POSTGRES_TYPES else "plain"


@lru_cache(maxsize=1_024)
def _kinds(model: Model, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([_kind(_field(model, name)) for name in names])


def _quoted(name: str) -> str:
    """Return a name of our own as both databases quote it."""
    return f'"{name}"'


def table(model: Model) -> str:
    """Return the model's quoted table name."""
    return _quoted(model._meta.db_table)


def columns(model: Model, names: Sequence[str], prefix: str = "") -> str:
    """Return the quoted columns of the named fields, comma separated, each with `prefix`."""
    return _columns(model, tuple(names), prefix)


@lru_cache(maxsize=1_024)
def _columns(model: Model, names: tuple[str, ...], prefix: str) -> str:
    return ", ".join([prefix + _quoted(_column(model, name)) for name in names])


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


_TO_SQLITE: dict[str, Callable[[Any], Any]] = {
    # The driver's adapter protocol costs a microsecond for each `bytes`, and nothing for these.
    "IdField": bytearray,
    "BinaryField": bytearray,
    "DateTimeField": _text_of_instant,
    "DateField": date.isoformat,
}
_TO_POSTGRES: dict[str, Callable[[Any], Any]] = {"IdField": bytes.hex}
_TO_JSON: dict[str, Callable[[Any], Any]] = {
    "IdField": bytes.hex,
    "BinaryField": bytes.hex,
    "DateTimeField": _text_of_instant,
    "DateField": date.isoformat,
}


def _sent(column: Sequence[Any], encode: Callable[[Any], Any] | None) -> Sequence[Any]:
    if encode is None:
        return column
    if None in column:
        return [None if value is None else encode(value) for value in column]
    return list(map(encode, column))


def _encoded(
    rows: Iterable[Row], kinds: Sequence[str], encoders: dict[str, Callable[[Any], Any]]
) -> Iterator[Row]:
    """Turn rows into what a driver takes, by columns: going row by row would cost five times as much."""
    turned = zip(*rows, strict=True)
    return zip(
        *(_sent(column, encoders.get(kind)) for column, kind in zip(turned, kinds, strict=True)),
        strict=True,
    )


def _write(model: Model, write: Callable[[], int], expected: int | None = None) -> int:
    """Write now, or, while a plan is made, when it is carried out; then all `expected` rows must change."""
    plan = current_plan(connection_of(model).alias)
    if plan is None:
        return write()
    plan.add(model, write, expected)
    return expected or 0


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
    connection = connection_of(model)
    into = f"{table(model)} ({columns(model, names)})"
    kinds = _kinds(model, tuple(names[: len(rows[0])]))
    if connection.vendor == "postgresql" and len(rows) > 1:
        assert numbers is None, "PostgreSQL numbers nothing while it inserts"
        texts: Iterable[str] = (copy_text(some, kinds) for some in batches(rows, _COPIED_AT_ONCE))
        texts = list(texts) if current_plan(connection.alias) else texts
        _write(model, partial(_copy, connection, into, texts))
        return
    sql = f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608 - our own names
    ready = _encoded(rows, kinds, _TO_SQLITE if connection.vendor == "sqlite" else _TO_POSTGRES)
    asked = partial(numbers, len(rows)) if numbers else None
    _write(model, partial(_insert_each, connection, sql, ready, asked))


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


def write_sql(model: Model, sql: str, params: Sequence[Any], expected: int | None = None) -> int:
    """Run a statement that writes to the model's table; returns how many rows it changed."""

    def write() -> int:
        with connection_of(model).cursor() as cursor:
            cursor.execute(sql, params)
            return int(cursor.rowcount)

    return _write(model, write, expected)


@lru_cache(maxsize=512)
def _input_sql(vendor: str, model: Model, names: tuple[str, ...], alias: str) -> str:
    fields = [_field(model, name) for name in names]
    quoted = [_quoted(name) for name in names]
    if vendor == "postgresql":
        connection = connection_of(model)
        types = [_POSTGRES_TYPES.get(_kind(field)) or field.db_type(connection) for field in fields]
        arrays = ", ".join(f"%s::{str(kind).split('(')[0]}[]" for kind in types)
        return f"unnest({arrays}) AS {alias} ({', '.join(quoted)})"
    parts = (
        f"unhex(value ->> {number}) AS {name}"
        if _kind(field) in {"IdField", "BinaryField"}
        else f"value ->> {number} AS {name}"
        for number, (field, name) in enumerate(zip(fields, quoted, strict=True))
    )
    return f"(SELECT {', '.join(parts)} FROM json_each(%s)) AS {alias}"  # noqa: S608 - our own names


def input_table(
    model: Model, names: Sequence[str], rows: Sequence[Row], alias: str = "input"
) -> tuple[str, list[Any]]:
    """Return SQL and its parameters for a table of `rows`, to stand in FROM under `alias`."""
    connection = connection_of(model)
    kinds = _kinds(model, tuple(names))
    sql = _input_sql(connection.vendor, model, tuple(names), alias)
    if connection.vendor == "postgresql":
        encoded = _encoded(rows, kinds, _TO_POSTGRES)
        return sql, [array_text(column) for column in zip(*encoded, strict=True)] or ["{}" for _ in names]
    return sql, [json.dumps(list(_encoded(rows, kinds, _TO_JSON)))]


@lru_cache(maxsize=1_024)
def _decoders(vendor: str, model: Model, names: tuple[str, ...]) -> list[Callable[[Any], Any] | None]:
    if vendor == "postgresql":
        by_kind: dict[str, Callable[[Any], Any]] = {
            "IdField": lambda value: value.bytes,
            "DateTimeField": lambda value: value.replace(tzinfo=UTC),
        }
    else:
        by_kind = {"DateTimeField": _instant_of, "DateField": _date_of}
    found: list[Callable[[Any], Any] | None] = []
    for name in names:
        field = _field(model, name)
        if isinstance(field, models.BooleanField) and vendor == "sqlite":
            found.append(bool)
        else:
            found.append(by_kind.get(_kind(field)))
    return found


def read_rows(model: Model, names: Sequence[str], sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Run a SELECT whose columns are the named fields of `model`; return tuples of Python values.

    Raises Overtaken where a plan that is being made has written to the model's table.
    """
    connection = connection_of(model)
    plan = current_plan(connection.alias)
    if plan:
        plan.check_read(model)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Sessions are in UTC, so the driver's own loader will do; Django's reads each by a pattern.
            cursor.cursor.adapters.register_loader("timestamptz", INSTANT_LOADER)
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    if not rows:
        return []
    decoders = _decoders(connection.vendor, model, tuple(names))
    assert len(decoders) == len(rows[0]), "one name for each column"
    return list(
        zip(
            *(
                _sent(column, decode)
                for column, decode in zip(zip(*rows, strict=True), decoders, strict=True)
            ),
            strict=True,
        )
    )


@lru_cache(maxsize=1_024)
def _matched(model: Model, keys: tuple[str, ...]) -> str:
    return " AND ".join([f"t.{_quoted(_column(model, key))} = input.{_quoted(key)}" for key in keys])


@lru_cache(maxsize=1_024)
def _assigned(model: Model, names: tuple[str, ...]) -> str:
    return ", ".join([f"{_quoted(_column(model, name))} = input.{_quoted(name)}" for name in names])


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
    assert order_by or not lock, "locks over several rows are taken in sorted order"
    connection = connection_of(model)
    source, given = input_table(model, keys, rows)
    wanted = columns(model, names, "t.")
    sql = f"SELECT {wanted} FROM {source} JOIN {table(model)} AS t ON {_matched(model, tuple(keys))}"  # noqa: S608 - our own names
    if where:
        sql += f" WHERE {where}"
    if order_by:
        sql += f" ORDER BY {columns(model, order_by, 't.')}"
    if limit is not None:
        sql += f" LIMIT {limit:d}"
    if lock and connection.vendor == "postgresql" and not current_plan(connection.alias):
        sql += " FOR UPDATE OF t"
    return read_rows(model, names, sql, [*given, *params])


def update_rows(model: Model, keys: Sequence[str], changed: Sequence[str], rows: Sequence[Row]) -> int:
    """Set the `changed` fields of the rows found by `keys`; each tuple holds the keys, then the values.

    Returns how many rows there were to change.
    """
    if not rows:
        return 0
    source, params = input_table(model, [*keys, *changed], rows)
    assigned = _assigned(model, tuple(changed))
    return write_sql(
        model,
        f"UPDATE {table(model)} AS t SET {assigned} FROM {source} WHERE {_matched(model, tuple(keys))}",  # noqa: S608
        params,
        len(rows),
    )


def insert_missing(model: Model, names: Sequence[str], rows: Sequence[Row]) -> int:
    """Insert the rows whose keys are free, leave the others as they are; return how many were inserted."""
    if not rows:
        return 0
    source, params = input_table(model, names, rows)
    chosen = ", ".join([f"input.{_quoted(name)}" for name in names])
    return write_sql(
        model,
        f"INSERT INTO {table(model)} ({columns(model, names)})"  # noqa: S608 - our own names
        f" SELECT {chosen} FROM {source} WHERE true ON CONFLICT DO NOTHING",
        params,
        len(rows),
    )


def delete_rows(model: Model, keys: Sequence[str], rows: Sequence[Row]) -> int:
    """Delete the rows whose `keys` are among `rows`; returns how many there were."""
    if not rows:
        return 0
    source, params = input_table(model, keys, rows)
    chosen = ", ".join([f"input.{_quoted(key)}" for key in keys])
    return write_sql(
        model,
        f"DELETE FROM {table(model)} WHERE ({columns(model, keys)}) IN"  # noqa: S608 - our own names
        f" (SELECT {chosen} FROM {source})",
        params,
        len(rows),
    )


def batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut `items` into lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def sorted_ids(ids: Iterable[Id]) -> list[Id]:
    """Return the ids once each, in the order in which rows are locked everywhere."""
    return sorted(set(ids))
