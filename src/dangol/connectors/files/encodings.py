"""Which encoding a text file is in: told by its first bytes, else by which one can read all of it."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dangol.connectors.files.errors import BadOption, FileEmpty, NotATable, Undecodable

_CHUNK = 1 << 20
_HEAD = 4_096
_MAGIC = {
    b"PK\x03\x04": "Excel (xlsx) / ZIP",
    b"\xd0\xcf\x11\xe0": "Excel (xls)",
    b"\x1f\x8b": "gzip",
    b"%PDF": "PDF",
    b"SQLite format 3": "SQLite",
}
# How files begin that are no plain text, Parquet among them, which holds its columns packed.
PACKED = {
    **_MAGIC,
    b"PAR1": "Parquet",
    b"PK\x05\x06": "ZIP",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_MARKS = (
    (codecs.BOM_UTF8, ("utf-8", "cp949")),
    (codecs.BOM_UTF16_LE, ("utf-16-le",)),
    (codecs.BOM_UTF16_BE, ("utf-16-be",)),
)


class Encoding(NamedTuple):
    """A codec's name, and how many bytes of mark stand before the text."""

    name: str
    skip: int


def detect_encoding(path: Path, *, wanted: str | None = None) -> Encoding:
    """Return the encoding in which all of the file can be read: UTF-8, else CP949, or what its mark says.

    A mark for UTF-8 before bytes that are CP949 is passed over: some programs write one. `wanted` is
    tried alone. Raises FileEmpty, NotATable or Undecodable.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise FileEmpty(file=path.name)
    for magic, found in _MAGIC.items():
        if head.startswith(magic):
            raise NotATable(file=path.name, found=found)
    mark, candidates = next(
        ((mark, names) for mark, names in _MARKS if head.startswith(mark)), (b"", ("utf-8", "cp949"))
    )
    if wanted:
        try:
            candidates = (codecs.lookup(wanted).name,)
        except LookupError as error:
            raise BadOption(option="--encoding", value=wanted, known="utf-8, cp949, utf-16") from error
        if candidates[0] in {"utf-16", "utf-8-sig"} and mark:
            candidates = (
                ("utf-8",)
                if mark == codecs.BOM_UTF8
                else (_MARKS[1 if mark == codecs.BOM_UTF16_LE else 2][1])
            )
    elif not mark and head.count(0) * 3 > len(head):
        raise Undecodable(file=path.name, line=1, tried="utf-8, cp949", remedy="--encoding utf-16-le")
    failed_at = []
    for name in candidates:
        bad = _first_bad_byte(path, name, len(mark))
        if bad is None:
            return Encoding(name, len(mark))
        failed_at.append(bad)
    line = _line_at(path, failed_at[0])
    raise Undecodable(file=path.name, line=line, tried=", ".join(candidates), remedy="--encoding …")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _first_bad_byte(path: Path, name: str, skip: int) -> int | None:
    decoder = codecs.getincrementaldecoder(name)()
    place = skip
    with path.open("rb") as file:
        file.seek(skip)
        for chunk in _chunks(file):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return place - waiting + error.start
            place += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return place - 1
    return None


def _line_at(path: Path, place: int) -> int:
    with path.open("rb") as file:
        line, left = 1, place
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            line += chunk.count(b"\n")
            left -= len(chunk)
    return line


def open_text(path: Path, encoding: Encoding) -> io.TextIOWrapper:
    """Open the file as text, its mark passed over and its line ends untouched."""
    file = path.open("rb")
    file.seek(encoding.skip)
    return io.TextIOWrapper(file, encoding=encoding.name, newline="")
