"""Any file at all: never a crash, never half an order, every row either good or bad."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.connectors.files.columns import COLUMNS, Kind
from dangol.connectors.files.jobs import Request
from dangol.connectors.files.services import dry_run, new_folder
from tests.connectors.files.shops import NOW, bad_rows, give_tiers, open_program, open_shop, write_file
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ROWS = 100
EXAMPLES = SIZE.fuzz_cases // ROWS
NASTY = (
    "", "0", "1", "-1", "1.5", "1,000", "₩5", "$5", "=1+1", "+82 10-1234-5678", "'", "''=x", "a@b.kr", "nan",
    "inf",
    "9" * 30, "-9223372036854775808", "1e308", "2026-03-01", "2026-02-30", "45352", "20260301", "0000-00-00",
    "2026-03-01T10:00:00+09:00", "2026-03-01 25:00", "9999-12-31", "0001-01-01", "2026-03-01T10:00+99:99",
    "오전 3:00",
    "김하늘", "\u200b", "\ufeff", "e\u0301", "💳", "\r", "\n", "\t", "\x07", "a" * 300, "NULL", "동의",
    "N", "true",
)  # fmt: skip


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), kind=st.sampled_from(Kind))
def test_import__any_cells__rows_are_good_or_bad(tmp_path: Path, data: st.DataObject, kind: Kind) -> None:
    headers = [column.name for column in COLUMNS[kind]]
    cells = st.sampled_from(NASTY) | st.text(
        st.characters(codec="utf-8", exclude_characters="\0"), max_size=8
    )
    row = st.lists(cells, min_size=len(headers), max_size=len(headers))
    rows = data.draw(st.lists(row, min_size=1, max_size=ROWS))
    rows = [one for one in rows if any(cell.strip() for cell in one)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([headers, *rows])
    path = write_file(tmp_path, text.getvalue())
    points = "points" if kind is Kind.BALANCES else ""
    request = Request(kind, (path,), {}, delimiter=",", points_currency=points)

    report = dry_run(request, at=NOW, folder=new_folder(tmp_path), give_tiers=give_tiers)

    assert report.rows == len(rows)
    assert report.bad == len({line for line, _, _ in bad_rows(report)})
    items = report.totals.get("lines", report.totals.get("lots", report.totals.get(kind.value)))
    assert report.good == items
