"""Writing a table to a file that is there whole or not at all, or to a stream, a batch at a time."""

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from dangol.connectors.files.columns import Type
from dangol.connectors.files.errors import BadOption, FileMissing
from dangol.connectors.files.exports.base import Table
from dangol.connectors.files.exports.cells import Field, each, kept, texts
from dangol.connectors.files.exports.locked import lock_stream
from dangol.core.storage.rows import Row

ROW_GROUP = 50_000
_BOM = b"\xef\xbb\xbf"
FORMATS = (".csv", ".parquet")
LOCKED = (".zip",)


class Form(NamedTuple):
    """How a file is to be written. `digits` is how many decimals its money has at most."""

    zone: ZoneInfo
    digits: int
    bom: bool = False


class _Sink(Protocol):
    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""

    def close(self) -> None:
        """Write what is still held; the stream stays open."""


class _Csv:
    """RFC 4180 in UTF-8, with a header."""

    def __init__(self, stream: BinaryIO, fields: Sequence[Field], form: Form) -> None:
        if form.bom:
            stream.write(_BOM)
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        known = texts(form.zone)
        self._encoders = [known[field.type] for field in fields]
        self._writer.writerow([known[Type.TEXT](field.name) for field in fields])

    def write(self, rows: Sequence[Row]) -> None:
        turned = zip(*rows, strict=True)
        cells = [each(one, encode, empty="") for one, encode in zip(turned, self._encoders, strict=True)]
        self._writer.writerows(zip(*cells, strict=True))

    def close(self) -> None:
        try:
            self._text.flush()
        finally:
            self._text.detach()


class _Parquet:
    """One file of row groups of about 50,000 rows, each column in its own type."""

    def __init__(self, stream: BinaryIO, fields: Sequence[Field], form: Form) -> None:
        types = {
            Type.TEXT: pa.string(),
            Type.MONEY: pa.decimal128(19, form.digits),
            Type.QUANTITY: pa.decimal128(19, 3),
            Type.POINTS: pa.int64(),
            Type.INSTANT: pa.timestamp("us", tz="UTC"),
            Type.DAY: pa.date32(),
            Type.FLAG: pa.bool_(),
        }
        self._fields = fields
        self._schema = pa.schema([(field.name, types[field.type]) for field in fields])
        self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    def write(self, rows: Sequence[Row]) -> None:
        columns = [
            each(one, kept, empty=None) if field.type is Type.TEXT else one
            for one, field in zip(zip(*rows, strict=True), self._fields, strict=True)
        ]
        arrays = [pa.array(one, kind) for one, kind in zip(columns, self._schema.types, strict=True)]
        self._waiting.append(pa.record_batch(arrays, schema=self._schema))
        if sum(map(len, self._waiting)) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting = []

    def close(self) -> None:
        self._flush()
        self._writer.close()


def check_target(path: Path, *, bom: bool, locked: bool = False) -> None:
    """Raise BadOption for an unknown ending or a mark that cannot stand, FileMissing without a folder.

    What is `locked` is a ZIP that holds a CSV.
    """
    endings = LOCKED if locked else FORMATS
    if path.suffix.lower() not in endings:
        raise BadOption(option="FILE", value=path.name, known=", ".join(f"*{one}" for one in endings))
    if bom and path.suffix.lower() not in (".csv", *LOCKED):
        raise BadOption(option="--bom", value=path.name, known="*.csv")
    if not path.parent.is_dir():
        raise FileMissing(file=str(path.parent))


def write_file(table: Table, path: Path, form: Form, *, tell: Callable[[int], None]) -> int:
    """Write the table to a CSV or Parquet file, as its ending says; returns how many rows there are.

    It is written under another name, readable for its owner only, and renamed at its end: a file of this
    name is whole, and what stood there before stays until then. Raises as `check_target` does.
    """
    check_target(path, bom=form.bom)
    sink_of = _Parquet if path.suffix.lower() == ".parquet" else _Csv
    with _whole_file(path) as stream:
        return _write(table, sink_of(stream, table.fields, form), tell)


def write_locked(
    table: Table, path: Path, form: Form, *, name: str, passphrase: str, tell: Callable[[int], None]
) -> int:
    """Write the table as the CSV `name` in a ZIP that the passphrase opens; else as `write_file`."""
    check_target(path, bom=form.bom, locked=True)
    with _whole_file(path) as stream, lock_stream(stream, name, passphrase) as inner:
        return _write(table, _Csv(inner, table.fields, form), tell)


def write_stream(table: Table, stream: BinaryIO, form: Form, *, tell: Callable[[int], None]) -> int:
    """Write the table as CSV to a stream that stays open; returns how many rows there are."""
    return _write(table, _Csv(stream, table.fields, form), tell)


def _write(table: Table, sink: _Sink, tell: Callable[[int], None]) -> int:
    written = 0
    try:
        for rows in table.batches():
            if rows:
                sink.write(rows)
                written += len(rows)
                tell(written)
    finally:
        sink.close()
    return written


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    draft = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
