"""How cells are read: amounts exactly, times by the zone's own rules."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.guard import guarded, unguarded
from dangol.connectors.files.parsing import LARGEST, Reading
from dangol.connectors.files.staging import Stage, Wish
from tests.sizes import SIZE

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)
NEW_YORK, SEOUL = ZoneInfo("America/New_York"), ZoneInfo("Asia/Seoul")
VALUES_AT_ONCE = 100
# Each example reads a whole file of values, so a few of them try thousands.
EXAMPLES = SIZE.examples // 10


def local(*parts: int) -> datetime:
    """Return a local time, which has no zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def stage_cells(
    folder: Path,
    column: str,
    cells: Sequence[Any],
    *,
    currency: str = "KRW",
    exponent: int = 0,
    zone: ZoneInfo = SEOUL,
) -> list[tuple[Any, str | None]]:
    """Return what each cell of a column of orders is read as: its value, and the problem."""
    blank = ["x"] * len(cells)
    columns = {
        "order": blank,
        "placed_at": ["2026-01-01"] * len(cells),
        "product": blank,
        "amount": ["1"] * len(cells),
    }
    path = folder / "cells.parquet"
    pq.write_table(pa.table(columns | {column: cells}), path)
    stage = Stage(Kind.ORDERS, Reading(currency, exponent, zone, FIRST, LAST))
    try:
        stage.read([path], Wish())
        problems = dict(stage.fetch("SELECT line, code FROM problems"))
        return [
            (value, problems.get(line))
            for line, value in stage.fetch(f'SELECT line, "{column}" FROM typed ORDER BY line')  # noqa: S608
        ]
    finally:
        stage.close()


@pytest.mark.parametrize(
    ("text", "won"),
    [
        ("1234", 1234),
        ("1,234", 1234),
        ("₩1,234", 1234),
        ("1,234원", 1234),
        (" １，２３４ ", 1234),
        ("+5", 5),
        ("0", 0),
        ("KRW 1,000", 1000),
        ("1234.00", 1234),
        ("12.000", 12),
        ("100000000000000", LARGEST),
        ("\u00a012\u3000", 12),
        ("(500)", -500),
    ],
)
def test_amount__won_as_shops_write_it__exact(tmp_path: Path, text: str, won: int) -> None:
    assert stage_cells(tmp_path, "amount", [text]) == [(won, None)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,23", "amount.unreadable"),
        ("1.234,50", "amount.unreadable"),
        ("12.500,00", "amount.unreadable"),
        ("abc", "amount.unreadable"),
        ("1e3", "amount.unreadable"),
        ("--5", "amount.unreadable"),
        ("٣", "amount.unreadable"),
        ("NaN", "amount.unreadable"),
        ("0.5", "amount.too_precise"),
        ("1.0000001", "amount.too_precise"),
        ("100000000000001", "amount.too_large"),
        ("9223372036854775808", "amount.too_large"),
        ("-9223372036854775808", "amount.too_large"),
        ("1" * 60, "amount.too_large"),
        ("$5", "currency.not_the_shops"),
        ("5 EUR", "currency.not_the_shops"),
    ],
)
def test_amount__anything_else__refused_by_name(tmp_path: Path, text: str, code: str) -> None:
    assert [problem for _, problem in stage_cells(tmp_path, "amount", [text])] == [code]


AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, allow_nan=False, allow_infinity=False, places=4)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(AMOUNTS, min_size=1, max_size=VALUES_AT_ONCE), exponent=st.sampled_from([0, 2, 3]))
def test_amount__any_decimal_text__read_as_decimal_reads_it(
    tmp_path: Path, values: list[Decimal], exponent: int
) -> None:
    found = stage_cells(tmp_path, "amount", [f"{value:f}" for value in values], exponent=exponent)

    for value, (minor, problem) in zip(values, found, strict=True):
        exact = value.scaleb(exponent)
        if exact == exact.to_integral_value() and abs(exact) <= LARGEST:
            assert (minor, problem) == (int(exact), None)
        else:
            assert problem in {"amount.too_precise", "amount.too_large"}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(), min_size=1, max_size=VALUES_AT_ONCE))
def test_amount__any_float__taken_only_near_a_minor_unit(tmp_path: Path, values: list[float]) -> None:
    found = stage_cells(tmp_path, "amount", values, currency="USD", exponent=2)

    for value, (minor, problem) in zip(values, found, strict=True):
        if problem is None:
            assert abs(value * 100 - minor) <= 1e-6


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T14:05:06.789+09:00", "2026-03-01T05:05:06.789"),
        ("2026-03-01 14:05", "2026-03-01T05:05"),
        ("2026-03-01T05:05Z", "2026-03-01T05:05"),
        ("2026-03-01", "2026-02-28T15:00"),
        ("20260301", "2026-02-28T15:00"),
        ("20260301140506", "2026-03-01T05:05:06"),
        ("2026. 3. 1. 오후 2:05", "2026-03-01T05:05"),
        ("2026년 3월 1일 14시 5분", "2026-03-01T05:05"),
        ("2026/3/1 2:05 PM", "2026-03-01T05:05"),
        ("2026-03-01 오전 12:30", "2026-02-28T15:30"),
        ("２０２６-０３-０１", "2026-02-28T15:00"),
        ("2026-03-01 14:05:06-0530", "2026-03-01T19:35:06"),
        ("2026-03-01 14:05+14:00", "2026-03-01T00:05"),
        ("2026-03-01 14:05-14", "2026-03-02T04:05"),
        ("2026. 3. 1. 14:05 +13:45", "2026-03-01T00:20"),
    ],
)
def test_instant__as_shops_write_it__exact(tmp_path: Path, text: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)

    ((value, problem),) = stage_cells(tmp_path, "placed_at", [text])

    assert problem is None
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T14:05+99:00",
        "2026-03-01T14:05-99",
        "2026-03-01T14:05+14:01",
        "2026-03-01T14:05-1500",
        "2026-03-01T14:05+09:60",
        "2026. 3. 1. 14:05 +15:00",
    ],
)
def test_instant__offset_that_no_clock_has__unreadable(tmp_path: Path, text: str) -> None:
    assert stage_cells(tmp_path, "placed_at", [text]) == [(None, "time.unreadable")]


LOCALS = (
    st.datetimes(min_value=local(1950, 1, 1), max_value=local(2026, 5, 30))
    | st.datetimes(min_value=local(2025, 11, 2, 0), max_value=local(2025, 11, 2, 4))
    | st.datetimes(min_value=local(2025, 3, 9, 1), max_value=local(2025, 3, 9, 4))
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(LOCALS, min_size=1, max_size=VALUES_AT_ONCE),
    zone=st.sampled_from([NEW_YORK, SEOUL, ZoneInfo("Australia/Lord_Howe")]),
)
def test_instant__any_local_time__read_as_the_zone_says(
    tmp_path: Path, values: list[datetime], zone: ZoneInfo
) -> None:
    texts = stage_cells(tmp_path, "placed_at", [value.isoformat(" ") for value in values], zone=zone)
    natives = stage_cells(tmp_path, "placed_at", values, zone=zone)

    for value, (text, _), (native, _) in zip(values, texts, natives, strict=True):
        expected = (
            value.replace(tzinfo=zone, fold=0).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        ) // timedelta(microseconds=1)
        assert text == native == expected


@given(text=st.text("'=+-@\t\rab1", max_size=8))
def test_guard__any_text__comes_back_and_is_no_formula(text: str) -> None:
    out = guarded(text)

    assert unguarded(out) == text
    assert not out.startswith(("=", "+", "-", "@", "\t", "\r"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text("'=+-@ab1", min_size=1, max_size=8), min_size=1, max_size=VALUES_AT_ONCE))
def test_text__guarded_by_an_export__read_without_its_guard(tmp_path: Path, texts: list[str]) -> None:
    found = stage_cells(tmp_path, "name", [guarded(text) for text in texts])

    assert [value for value, _ in found] == texts
