"""Engines: opened with their limits, and gone without a wrong answer."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dangol.insight.clusters import is_lost
from dangol.insight.engine import Engine, Limits, open_engine, with_fallback
from dangol.insight.refusals import EngineGone
from tests.ports import free_port


def sum_of(engine: Engine) -> list[Any]:
    """Ask an engine for a sum."""
    table = engine.load(pa.table({"n": [1, 2, 3]}))
    found: list[Any] = engine.read(table.aggregate(total=table.n.sum())).column("total").to_pylist()
    return found


def test_open_engine__duckdb__has_its_limits_and_utc(tmp_path: Path) -> None:
    with open_engine(None, Limits(tmp_path, memory="300MB", threads=1)) as engine:
        asked = (
            "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('TimeZone')"
        )
        threads, memory, zone = engine.backend.raw_sql(asked).fetchone()

        assert (threads, memory, zone) == (1, "286.1 MiB", "UTC")
        assert engine.address is None
        assert sum_of(engine) == [6]


@pytest.mark.parametrize("address", ["spark://127.0.0.1:{port}", "spark://nowhere.invalid:7077"])
def test_with_fallback__cluster_that_is_not_there__asks_duckdb_and_says_so(
    address: str, tmp_path: Path
) -> None:
    # Chosen here: workers of a run have to name its tests alike.
    address = address.format(port=free_port())
    found, why = with_fallback(address, Limits(tmp_path), sum_of)

    assert found == [6]
    assert why is not None
    assert why.startswith(f"engine.gone address='{address}'")


def test_with_fallback__duckdb__has_nothing_to_say(tmp_path: Path) -> None:
    assert with_fallback(None, Limits(tmp_path), sum_of) == ([6], None)


def test_open_engine__cluster_that_is_not_there__is_gone(tmp_path: Path) -> None:
    address = f"spark://127.0.0.1:{free_port()}"

    with pytest.raises(EngineGone) as refusal, open_engine(address, Limits(tmp_path)):
        pass

    assert refusal.value.data["address"] == address
    assert refusal.value.retryable


@pytest.mark.parametrize(
    ("error", "lost"), [(ConnectionResetError(), True), (ValueError("cancelled"), False)]
)
def test_is_lost__an_error__is_the_cluster_s_or_ours(error: Exception, lost: bool) -> None:
    assert is_lost(error) is lost
