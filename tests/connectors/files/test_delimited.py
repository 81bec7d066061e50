"""Reading CSV: encodings, delimiters, true line numbers, and files meant to hurt."""

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.connectors.files.delimited import LONGEST_LINE, CsvFile, sniff_delimiter
from dangol.connectors.files.encodings import detect_encoding
from dangol.connectors.files.errors import BadOption, FileEmpty, NotATable, Undecodable
from dangol.connectors.files.problems import Code
from dangol.connectors.files.sources import open_source
from tests.sizes import SIZE

KOREAN = "주문번호,이름\n1,김하늘\n2,뷁\n"


def read(
    path: Path, *, delimiter: str | None = None
) -> tuple[list[str], list[tuple[int, tuple[str, ...]]], list[tuple[int, Code]]]:
    """Return headers, good rows with their lines, and bad rows."""
    encoding = detect_encoding(path)
    file = CsvFile(path, encoding, delimiter or sniff_delimiter(path, encoding))
    rows, bad = [], []
    for chunk in file.chunks(range(len(file.headers))):
        rows += list(zip(chunk.lines, zip(*chunk.columns, strict=True), strict=False)) if chunk.lines else []
        bad += [(one.line, one.code) for one in chunk.bad]
    file.close()
    return file.headers, rows, bad


@pytest.mark.parametrize(
    "data",
    [
        KOREAN.encode(),
        codecs.BOM_UTF8 + KOREAN.encode(),
        KOREAN.encode("cp949"),
        codecs.BOM_UTF8 + KOREAN.encode("cp949"),
        codecs.BOM_UTF16_LE + KOREAN.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 mark", "cp949", "cp949 behind a utf-8 mark", "utf-16-le", "utf-16-be"],
)
def test_read__korean_in_every_encoding__the_same_rows(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)

    headers, rows, bad = read(path)

    assert headers == ["주문번호", "이름"]
    assert rows == [(2, ("1", "김하늘")), (3, ("2", "뷁"))]
    assert bad == []


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", FileEmpty),
        (b"\n\n", FileEmpty),
        (codecs.BOM_UTF8, FileEmpty),
        (b"PK\x03\x04 sheet", NotATable),
        (b"\xd0\xcf\x11\xe0 sheet", NotATable),
        (b"a,b\n1,2\n3,\xff\xff\n", Undecodable),
        ("a,b\n1,2\n".encode("utf-16-le"), Undecodable),
    ],
)
def test_read__no_table__refused(tmp_path: Path, data: bytes, refusal: type[Exception]) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)

    with pytest.raises(refusal):
        read(path)


@pytest.mark.parametrize("option", [{"encoding": "klingon"}, {"delimiter": "ab"}])
def test_read__option_that_means_nothing__named(tmp_path: Path, option: dict[str, str]) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(BadOption) as refusal:
        open_source(path, **option)

    assert refusal.value.data["option"] == f"--{next(iter(option))}"


def test_read__undecodable__names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("이름\n".encode() * 3 + b"\xff\xff\n")

    with pytest.raises(Undecodable) as refusal:
        read(path)

    assert refusal.value.data["line"] == 4


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_read__any_delimiter__sniffed(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'a{delimiter}b\n"1{delimiter}5"{delimiter}x y\n')

    assert read(path)[1] == [(2, (f"1{delimiter}5", "x y"))]


def test_read__quoted_newlines_and_blank_lines__true_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\r\n1,"x\r\ny"\r\n\r\n,\r\n2,z\r\n3,"w\n\n"\n4,v')

    assert read(path)[1] == [(2, ("1", "x\r\ny")), (6, ("2", "z")), (7, ("3", "w\n\n")), (10, ("4", "v"))]


def test_read__quote_nobody_closes__costs_only_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,x\n2,"y\n3,z\n4,w\n')

    _, rows, bad = read(path)

    assert rows == [(2, ("1", "x")), (4, ("3", "z")), (5, ("4", "w"))]
    assert bad == [(3, Code.MALFORMED)]


def test_read__endless_line__passed_over_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("a,b\n1,x\n2,")
        for _ in range(40):
            file.write("y" * (LONGEST_LINE // 4))
        file.write("\r\n3,z\n")

    _, rows, bad = read(path)

    assert rows == [(2, ("1", "x")), (4, ("3", "z"))]
    assert bad == [(3, Code.LINE_TOO_LONG)]


def test_read__cell_too_long_nul_and_ragged__each_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a,b\n{'x' * 200_000},1\n2,\0\n3\n4,5,6\n7,8,\n9,9\n")

    _, rows, bad = read(path)

    assert rows == [(6, ("7", "8")), (7, ("9", "9"))]
    assert bad == [(2, Code.CELL_TOO_LONG), (3, Code.NUL), (4, Code.TOO_FEW_CELLS), (5, Code.TOO_MANY_CELLS)]


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)


@settings(
    max_examples=SIZE.fuzz_cases, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=8))
def test_read__whatever_a_writer_wrote__comes_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if "\0" not in "".join(row) and any(cell.strip() for cell in row)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode())

    _, read_rows, bad = read(path, delimiter=",")

    assert [row for _, row in read_rows] == rows
    assert bad == []


@settings(
    max_examples=SIZE.fuzz_cases, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text('ab,"\n\r;\t\0 1', max_size=60))
def test_read__any_text_at_all__every_line_accounted_for(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + text.encode() + b"\n9,9\n")

    _, rows, bad = read(path, delimiter=",")

    begins = sorted([line for line, _ in rows] + [line for line, _ in bad])
    assert begins == sorted(set(begins)), "no line begins two rows"
    lines = io.StringIO("a,b\n" + text + "\n9,9\n", newline="").readlines()
    starts = [*begins, len(lines) + 1]
    whole = [line for line, _ in rows] + [line for line, code in bad if code is not Code.MALFORMED]
    covered = {line for first in whole for line in range(first, next(one for one in starts if one > first))}
    left = set(range(2, len(lines) + 1)) - covered - set(begins)
    assert all(not lines[line - 1].replace('"', "").replace(",", "").strip() for line in left)
