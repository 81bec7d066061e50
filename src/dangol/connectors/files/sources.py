"""One file as chunks of columns: CSV or Parquet, told by its first bytes."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from dangol.connectors.files.delimited import BadRow, CsvFile, sniff_delimiter
from dangol.connectors.files.encodings import detect_encoding
from dangol.connectors.files.errors import BadOption, FileEmpty, FileMissing, NotATable

ROWS = 100_000
LINE = "line"


class Piece(NamedTuple):
    """Some rows: an Arrow table of the wanted columns with their `line`, and the rows that are none."""

    table: pa.Table
    bad: list[BadRow]


def _numbers(lines: Sequence[int]) -> pa.Array:
    """Return line numbers as Arrow has them, without an object for each."""
    return pa.Array.from_buffers(pa.int64(), len(lines), [None, pa.py_buffer(array("q", lines))])


class Source(Protocol):
    """A file whose header is known."""

    headers: list[str]

    def pieces(self, names: Mapping[str, int]) -> Iterator[Piece]:
        """Yield the rows in order; `names` gives each wanted column's place in the header."""

    def close(self) -> None:
        """Let go of the file."""


class _Csv:
    def __init__(self, path: Path, encoding: str | None, delimiter: str | None) -> None:
        found = detect_encoding(path, wanted=encoding)
        if delimiter and len(delimiter) != 1:
            raise BadOption(option="--delimiter", value=delimiter, known=", ; tab |")
        self._file = CsvFile(path, found, delimiter or sniff_delimiter(path, found))
        self.headers = self._file.headers

    def close(self) -> None:
        self._file.close()

    def pieces(self, names: Mapping[str, int]) -> Iterator[Piece]:
        schema = pa.schema([(LINE, pa.int64()), *((name, pa.string()) for name in names)])
        batches: list[pa.RecordBatch] = []
        bad: list[BadRow] = []
        waiting = 0
        for chunk in self._file.chunks(list(names.values())):
            columns = [_numbers(chunk.lines), *(pa.array(one, pa.string()) for one in chunk.columns)]
            batches.append(pa.record_batch(columns, schema=schema))
            bad += chunk.bad
            waiting += len(chunk.lines)
            if waiting >= ROWS or len(bad) >= ROWS:
                yield Piece(pa.Table.from_batches(batches, schema), bad)
                batches, bad, waiting = [], [], 0
        yield Piece(pa.Table.from_batches(batches, schema), bad)


class _Parquet:
    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise NotATable(file=path.name, found="Parquet?") from error
        self.headers = list(self._file.schema_arrow.names)
        if not self.headers:
            raise FileEmpty(file=path.name)

    def close(self) -> None:
        self._file.close()

    def pieces(self, names: Mapping[str, int]) -> Iterator[Piece]:
        wanted = [self.headers[place] for place in names.values()]
        line = 1
        empty = pa.Table.from_batches([], self._file.schema_arrow)
        batches = self._file.iter_batches(batch_size=ROWS, columns=wanted)
        for table in (pa.Table.from_batches([batch]) for batch in batches):
            numbers = _numbers(range(line, line + len(table)))
            line += len(table)
            yield self._piece(table, names, wanted, numbers)
        if line == 1:
            yield self._piece(empty, names, wanted, pa.array([], pa.int64()))

    @staticmethod
    def _piece(table: pa.Table, names: Mapping[str, int], wanted: Sequence[str], lines: pa.Array) -> Piece:
        columns = [table.column(header) for header in wanted]
        return Piece(pa.table([lines, *columns], names=[LINE, *names]), [])


def open_source(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Source:
    """Open a file and read its header. Raises FileMissing, FileEmpty, NotATable or Undecodable."""
    if not path.is_file():
        raise FileMissing(file=str(path))
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    return _Parquet(path) if is_parquet else _Csv(path, encoding, delimiter)
