"""Where uploaded files lie: in a private folder of the home, under names that nobody chose."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

from dangol.connectors.files.encodings import PACKED
from dangol.connectors.files.errors import FileEmpty, OnlyCsv, Undecodable
from dangol.connectors.files.sources import open_source
from dangol.core.storage.ids import Id, show_id

UPLOADS, INCOMING, TABLE = "uploads", "incoming-", "table"
_HEAD = 4_096
# Control characters that text may have: tab, line feed, vertical tab, form feed, return, end of file.
_IN_TEXT = frozenset(b"\t\n\v\f\r\x1a")
_FIRST_PRINTED = 32
# Text of one byte a letter has hardly a zero byte; of two bytes it has many, and says so with a mark.
_FEW_ZEROS, _WIDE = 20, (BOM_UTF16_LE, BOM_UTF16_BE)


def uploads_folder(home: Path) -> Path:
    """Return the folder of uploaded files, which only the house may enter; made if need be."""
    folder = home / UPLOADS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder_of_upload(home: Path, upload_id: Id) -> Path:
    """Return where an upload's file and the errors of its check lie."""
    return home / UPLOADS / show_id(upload_id)


def used_bytes(home: Path) -> int:
    """Return how many bytes all uploaded files take, those on their way among them."""
    return sum(_sizes(home / UPLOADS))


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        try:
            yield path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # it was taken away meanwhile
            continue


def take_in(incoming: Path, home: Path, upload_id: Id) -> Path:
    """Move a file that has come whole to where it lies until it is imported; returns its place."""
    folder = folder_of_upload(home, upload_id)
    folder.mkdir(mode=0o700, parents=True)
    return incoming.rename(folder / TABLE)


def throw_away(home: Path, upload_id: Id) -> None:
    """Remove an upload's file and the errors of its check; nothing where they are gone."""
    rmtree(folder_of_upload(home, upload_id), ignore_errors=True)


def read_header(path: Path, *, name: str) -> list[str]:
    """Return the header of an uploaded file, told by its bytes and never by its name or type.

    Empty where it is text in an encoding that somebody has to name. Nothing packed is ever unpacked: what
    is, or is no text, raises OnlyCsv; a file without a header raises FileEmpty.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = next((words for magic, words in PACKED.items() if head.startswith(magic)), None)
    if not found and not head.startswith(_WIDE) and head.count(0) * _FEW_ZEROS > len(head):
        found = "?"
    if found:
        raise OnlyCsv(file=name, found=found)
    try:
        source = open_source(path)
    except FileEmpty:
        raise FileEmpty(file=name) from None
    except Undecodable as error:
        if any(byte < _FIRST_PRINTED and byte not in _IN_TEXT for byte in head):
            raise OnlyCsv(file=name, found="?") from error
        return []
    source.close()
    return source.headers
