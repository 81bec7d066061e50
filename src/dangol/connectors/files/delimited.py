"""Reading CSV: every row with the number of the line it begins on, and every line accounted for.

The standard library's reader does the parsing, strictly. A block of lines in which each line is one
well-formed row goes through it at once; any other block goes line by line, where a quote nobody closes
costs the row it stands in, not the rows behind it. An endless line is passed over without being held.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from dangol.connectors.files.encodings import Encoding, open_text
from dangol.connectors.files.errors import FileEmpty
from dangol.connectors.files.problems import Code

LONGEST_LINE = 1_000_000
_BLOCK = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 20
_SHOWN = 200


class BadRow(NamedTuple):
    """A row that could not be cut into the header's cells: where it begins, how it begins, and why."""

    line: int
    text: str
    code: Code


class Chunk(NamedTuple):
    """Some rows of a file: a tuple for each wanted column, and the line each row begins on."""

    lines: Sequence[int]
    columns: list[tuple[str, ...]]
    bad: list[BadRow]


class _LineTooLong(Exception):
    """A line goes on beyond what a row can be."""


class _Lines:
    """The lines of a text, counted, read a block ahead; lines can be handed back."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._ahead: list[str] = []
        self._place = 0
        self._tail = ""
        self._skips = False
        self.number = 0
        self.pulled: list[str] = []

    def close(self) -> None:
        """Close the text."""
        self._file.close()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._place >= len(self._ahead) and not self._fill():
            raise StopIteration
        line = self._ahead[self._place]
        self._place += 1
        self.number += 1
        self.pulled.append(line)
        if len(line) > LONGEST_LINE:
            raise _LineTooLong
        return line

    def hand_back(self) -> None:
        """Take back all lines pulled for this row but the first."""
        returned = self.pulled[1:]
        self._ahead[: self._place] = returned
        self._place = 0
        self.number -= len(returned)

    def waiting(self) -> list[str]:
        """Return the lines read ahead, reading a block if there are none; empty at the end."""
        if self._place >= len(self._ahead):
            self._fill()
        return self._ahead[self._place :]

    def pass_over(self, count: int) -> None:
        """Count lines that were waiting as pulled."""
        self._place += count
        self.number += count

    def _fill(self) -> bool:
        """Read blocks until there is a whole line; says whether there is one."""
        self._ahead, self._place = [], 0
        while not self._ahead:
            block = self._file.read(_BLOCK)
            text = self._tail + (self._after_skipped(block) if self._skips else block)
            if not block:
                self._ahead, self._tail = io.StringIO(text, newline="").readlines(), ""
                return bool(self._ahead)
            lines = io.StringIO(text, newline="").readlines()
            # A return at the very end may be half of a line end: the next block tells.
            self._tail = lines.pop() if lines and not lines[-1].endswith("\n") else ""
            self._ahead = lines
            if len(self._tail) > LONGEST_LINE and not lines and not self._tail.endswith("\r"):
                self._ahead, self._tail, self._skips = [self._tail[: LONGEST_LINE + 1]], "", True
        return True

    def _after_skipped(self, block: str) -> str:
        """Return what stands behind the end of an endless line, if this block holds it."""
        ends = [place for place in (block.find("\n"), block.find("\r")) if place >= 0]
        if not ends:
            return ""
        self._skips = False
        end = min(ends)
        return block[end + (2 if block.startswith("\r\n", end) else 1) :]


def sniff_delimiter(path: Path, encoding: Encoding) -> str:
    """Return the sign that cuts the first lines into the same number of cells, at least two."""
    with open_text(path, encoding) as file:
        sample = [file.readline(LONGEST_LINE) for _ in range(_SAMPLE_LINES)]
    sample = [line for line in sample if line.strip()]
    if not sample:
        raise FileEmpty(file=path.name)

    def fitness(delimiter: str) -> tuple[bool, int, int]:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            widths = []
        first = widths[0] if widths else 1
        return first > 1, sum(width == first for width in widths), first

    return max(_DELIMITERS, key=fitness)


class CsvFile:
    """A CSV file whose header has been read. Raises FileEmpty where there is none."""

    def __init__(self, path: Path, encoding: Encoding, delimiter: str) -> None:
        self.path, self._delimiter = path, delimiter
        self._lines = _Lines(open_text(path, encoding))
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self.headers = self._read_header()

    def _read_header(self) -> list[str]:
        while True:
            self._lines.pulled.clear()
            try:
                row = next(self._reader)
            except (StopIteration, csv.Error, _LineTooLong) as error:
                self.close()
                raise FileEmpty(file=self.path.name) from error
            if any(cell.strip() for cell in row):
                return [cell.strip().lstrip("\ufeff") for cell in row]

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def chunks(self, places: Sequence[int]) -> Iterator[Chunk]:
        """Yield the rows in chunks, with only the columns at `places`, in that order; blank rows are left
        out.
        """
        while block := self._lines.waiting():
            bad: list[BadRow] = []
            start = self._lines.number + 1
            rows = self._read_at_once(block)
            lines: Sequence[int] = range(start, start + len(block))
            if rows is None:
                found = list(self._read_by_line(len(block), bad))
                lines, rows = [line for line, _ in found], [row for _, row in found]
            elif not all(map(any, rows)):
                lines = [line for line, row in zip(lines, rows, strict=True) if any(row)]
                rows = [row for row in rows if any(row)]
            turned = list(zip(*rows, strict=True))
            yield Chunk(lines, [turned[place] if rows else () for place in places], bad)

    def _read_at_once(self, block: list[str]) -> list[list[str]] | None:
        """Return a row for each line of the block; none if any line is not a row as wide as the header."""
        if len(max(block, key=len)) > LONGEST_LINE:
            return None
        try:
            rows = list(csv.reader(block, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        if len(rows) != len(block) or set(map(len, rows)) - {0} != {len(self.headers)}:
            return None
        if any("\0" in line for line in block):
            return None
        self._lines.pass_over(len(block))
        return rows

    def _read_by_line(self, count: int, bad: list[BadRow]) -> Iterator[tuple[int, list[str]]]:
        """Yield the good rows of at least the next `count` lines; what cannot be cut into cells goes to
        `bad`.
        """
        source = self._lines
        pulled, upto = source.pulled, source.number + count
        while source.number < upto:
            pulled.clear()
            line = source.number + 1
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except _LineTooLong:
                code = Code.LINE_TOO_LONG if len(pulled) == 1 else Code.MALFORMED
                bad.append(BadRow(line, pulled[0][:_SHOWN], code))
                source.hand_back()
                continue
            except csv.Error as error:
                code = Code.CELL_TOO_LONG if "field limit" in str(error) else Code.MALFORMED
                bad.append(BadRow(line, pulled[0].rstrip("\r\n")[:_SHOWN], code))
                source.hand_back()
                continue
            if fitting := self._fit(line, row, bad):
                yield line, fitting

    def _fit(self, line: int, row: list[str], bad: list[BadRow]) -> list[str] | None:
        """Return a row cut to the header's width; none if it is blank or bad."""
        width = len(self.headers)
        if not any(cell.strip() for cell in row):
            return None
        if any("\0" in cell for cell in row):
            code = Code.NUL
        elif len(row) < width:
            code = Code.TOO_FEW_CELLS
        elif any(cell.strip() for cell in row[width:]):
            code = Code.TOO_MANY_CELLS
        else:
            return row[:width]
        bad.append(BadRow(line, self._lines.pulled[0].rstrip("\r\n")[:_SHOWN], code))
        return None
