"""Going through a whole table in the order of its key, a batch at a time, so that memory stays flat."""

from collections.abc import Iterator, Sequence
from typing import Any

from dangol.core.storage.params import not_by_index
from dangol.core.storage.rows import Model, Row, columns, connection_of, read_rows, table


def walk(
    model: Model,
    names: Sequence[str],
    key: Sequence[str],
    *,
    size: int,
    where: str = "",
    params: Sequence[Any] = (),
) -> Iterator[list[Row]]:
    """Yield the named fields of all rows, in the order of `key`, at most `size` at a time.

    `key` is a unique, indexed key and stands among `names`. `where` is further SQL over the table with its
    `params`. Each batch is one statement that begins behind the last one: it costs the same at any depth.
    """
    places = [names.index(name) for name in key]
    order = columns(model, key)
    read = f"SELECT {columns(model, names)} FROM {table(model)}"  # noqa: S608 - our own names
    behind: list[Any] = []
    while True:
        conditions = [not_by_index(model, f"({where})")] if where else []
        if behind:
            conditions.append(f"({order}) > ({', '.join(['%s'] * len(key))})")
        filtered = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = read_rows(
            model, names, f"{read}{filtered} ORDER BY {order} LIMIT {size:d}", [*params, *behind]
        )
        if rows:
            yield rows
        if len(rows) < size:
            return
        behind = _sent(model, key, [rows[-1][place] for place in places])


def read_between(
    model: Model, names: Sequence[str], key: Sequence[str], first: Row, last: Row, *, order_by: Sequence[str]
) -> list[Row]:
    """Return the named fields of the rows whose `key` lies from `first` to `last`, both included."""
    marks = ", ".join(["%s"] * len(key))
    own = columns(model, key)
    return read_rows(
        model,
        names,
        f"SELECT {columns(model, names)} FROM {table(model)}"  # noqa: S608 - our own names
        f" WHERE ({own}) >= ({marks}) AND ({own}) <= ({marks}) ORDER BY {columns(model, order_by)}",
        [*_sent(model, key, first), *_sent(model, key, last)],
    )


def _sent(model: Model, key: Sequence[str], values: Sequence[Any]) -> list[Any]:
    """Return a key's values as the driver takes them in a WHERE clause."""
    connection = connection_of(model)
    fields = {field.name: field for field in model._meta.concrete_fields}
    return [
        fields[name].get_db_prep_value(value, connection) for name, value in zip(key, values, strict=True)
    ]
