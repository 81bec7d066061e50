"""All reports: money stays whole in files, and a report of nobody is an empty table or a refusal."""

from pathlib import Path

import ibis
import pyarrow.parquet as pq
import pytest

from dangol.connectors.sample.complete_journey import ZONE
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.reports import ALL_REPORTS
from dangol.insight.rollup import roll_up
from tests.insight.journey import AS_OF, customer_days, orders, rollup_of

NEED_DATA = {"time_to_second", "gap_quantiles"}


@pytest.mark.parametrize("name", ALL_REPORTS)
def test_report__written_to_a_file__has_the_kinds_it_says(name: str, tmp_path: Path) -> None:
    rollup = customer_days()
    table = ALL_REPORTS[name](rollup, as_of=AS_OF)
    file = tmp_path / "report.parquet"

    table.to_parquet(file)

    assert pq.read_schema(file).types == table.schema().to_pyarrow().types


def test_roll_up__written_to_a_file__has_the_kinds_it_says(tmp_path: Path) -> None:
    con = ibis.duckdb.connect()
    rolled = roll_up(con.create_table("orders", orders()), zone=ZONE, as_of=AS_OF)

    con.to_parquet(rolled, tmp_path / "days.parquet")

    kinds = [str(kind) for kind in pq.read_schema(tmp_path / "days.parquet").types]
    assert kinds == ["string", "date32[day]", "int32", "int64"]


@pytest.mark.parametrize("name", ALL_REPORTS)
def test_report__nobody__is_empty_or_says_what_is_needed(name: str) -> None:
    nobody = rollup_of([])

    if name in NEED_DATA:
        with pytest.raises(NotEnoughData):
            ALL_REPORTS[name](nobody, as_of=AS_OF)
    else:
        assert ALL_REPORTS[name](nobody, as_of=AS_OF).to_pyarrow().num_rows == 0
