"""Files of exports: whole or not there, in either format, and never a formula."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.connectors.files.errors import BadOption, FileMissing
from dangol.connectors.files.exports.cells import Field, kept
from dangol.connectors.files.exports.writing import Form, write_file
from dangol.connectors.files.guard import guarded, unguarded
from dangol.core.storage.rows import Row

SEOUL = ZoneInfo("Asia/Seoul")
FORM = Form(SEOUL, 0)


def silent(done: int) -> None:
    """Tell nobody how far it is."""


class Rows:
    """A table of given rows, which may break off."""

    fields = (Field("name"), Field("note"))

    def __init__(self, *batches: list[Row], breaks: bool = False) -> None:
        self._batches, self._breaks = batches, breaks

    def count(self) -> int:
        return sum(map(len, self._batches))

    def batches(self) -> Iterator[list[Row]]:
        yield from self._batches
        if self._breaks:
            raise RuntimeError("the power is gone")


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_write_file__broken_off__leaves_what_was_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("last week's")

    with pytest.raises(RuntimeError):
        write_file(Rows([("a", "b")], breaks=True), path, FORM, tell=silent)

    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert path.read_text() == "last week's"


def test_write_file__done__is_private_and_told(tmp_path: Path) -> None:
    told: list[int] = []

    rows = write_file(
        Rows([("a", None)], [("b", "c"), ("d", "e")]), tmp_path / "x.csv", FORM, tell=told.append
    )

    assert (rows, told) == (3, [1, 3])
    assert (tmp_path / "x.csv").read_bytes() == b"name,note\r\na,\r\nb,c\r\nd,e\r\n"
    assert (tmp_path / "x.csv").stat().st_mode & 0o777 == 0o600


def test_write_file__with_bom__begins_with_it(tmp_path: Path) -> None:
    write_file(Rows([("단골", 'a,"b"\r\nc')]), tmp_path / "x.csv", Form(SEOUL, 0, bom=True), tell=silent)

    text = (tmp_path / "x.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfname,note")
    [row] = csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    assert row == {"name": "단골", "note": 'a,"b"\r\nc'}


@pytest.mark.parametrize(
    ("name", "bom", "refusal"),
    [
        ("x.xlsx", False, BadOption),
        ("x", False, BadOption),
        ("x.parquet", True, BadOption),
        ("no/x.csv", False, FileMissing),
    ],
)
def test_write_file__what_cannot_be__is_refused(
    tmp_path: Path, name: str, bom: bool, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        write_file(Rows(), tmp_path / name, Form(SEOUL, 0, bom=bom), tell=silent)

    assert not list(tmp_path.iterdir())


@given(st.text(st.sampled_from("'=+-@\t\ra가"), max_size=6))
def test_kept__any_text__comes_back_from_an_import(text: str) -> None:
    assert unguarded(kept(text)) == text
    assert unguarded(guarded(text)) == text
    assert kept(text) == text or text.startswith("'")
