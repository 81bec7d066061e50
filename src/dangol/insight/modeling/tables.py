"""Tables as models take them: checked in the engine, and brought into memory as Arrow arrays and codes."""

from collections.abc import Callable, Mapping
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.insight.lifetime.histories import Whole
from dangol.insight.modeling.refusals import BrokenTable

# What a column may hold, in words and as a look at its type.
IDS, DAYS, NUMBERS, FLAGS = "text, bytes or a whole number", "a date", "a number", "true or false"
_KINDS: dict[str, Callable[[Any], bool]] = {
    IDS: lambda kind: bool(kind.is_string() or kind.is_binary() or kind.is_integer()),
    DAYS: lambda kind: bool(kind.is_date()),
    NUMBERS: lambda kind: bool(kind.is_numeric() and not kind.is_boolean()),
    FLAGS: lambda kind: bool(kind.is_boolean()),
}


def require(table: ibis.Table, name: str, columns: Mapping[str, str]) -> None:
    """Raise BrokenTable where a column is not there, is of another kind, or lacks values."""
    kinds = table.schema()
    for column, kind in columns.items():
        if column not in kinds:
            raise BrokenTable(table=name, column=column, fault="it is not there")
        if not _KINDS[kind](kinds[column]):
            raise BrokenTable(table=name, column=column, fault=f"it holds {kinds[column]}, not {kind}")
    gaps = table.agg(**{column: table[column].isnull().sum() for column in columns}).to_pyarrow()
    for column, rows in gaps.to_pylist()[0].items():
        if rows:
            raise BrokenTable(table=name, column=column, fault=f"{rows} rows have no value")


def whole(column: Any) -> Whole:
    """Return an Arrow column of whole numbers as an array; dates are days since 1970."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    return np.asarray(
        column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column, np.int64
    )


def coded(column: Any) -> tuple[Any, Whole]:
    """Return the different values of an Arrow column, rising, and for each row which of them it is."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values = pc.unique(flat)
    values = values.take(pc.sort_indices(values))
    return values, whole(pc.index_in(flat, value_set=values))


def numbered(keys: Whole) -> Whole:
    """Return for each row the how manieth of its key it is, from 0; equal keys stand together."""
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else keys
    return np.arange(len(keys)) - np.repeat(first, np.diff(np.append(first, len(keys))))
