"""What compiling does beside answering: nesting, cycles, and only as much of the history as is needed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import pytest

from dangol.domain.conditions import Happening, Subject, read_condition
from dangol.domain.conditions.moments import Moment
from dangol.insight.conditions import ConditionCycle, compile_conditions
from dangol.insight.engine import Limits, open_engine
from tests.domain.conditions.drawn import CATALOG
from tests.insight.conditions.both import asked_of_all, tables_of

AS_OF = datetime(2026, 3, 1, 3, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
BOUGHT = {"type": "did", "event": "order", "window": {"type": "last", "n": 7, "unit": "days"}}


def member(slug: str) -> dict[str, Any]:
    """Return the leaf that asks for a segment."""
    return {"type": "member", "segment": slug}


def subject(days_ago: int, *segments: str) -> Subject:
    """Return a customer who ordered so many days ago."""
    return Subject({}, [Happening("order", AS_OF - timedelta(days=days_ago), {}, "e")], frozenset(segments))


def test_compile__segments_in_segments__are_answered_in_their_order(tmp_path: Path) -> None:
    raws = {
        "outer": {"type": "all", "of": [member("inner"), {"type": "not", "of": member("vips")}]},
        "inner": {"type": "not", "of": member("bought")},
        "bought": BOUGHT,
    }
    conditions = {slug: read_condition(raw, CATALOG) for slug, raw in raws.items()}
    subjects = [subject(1), subject(30), subject(30, "vips"), subject(7)]

    with open_engine(None, Limits(tmp_path)) as engine:
        answers = asked_of_all(engine, conditions, subjects, Moment(AS_OF, SEOUL), CATALOG)

    assert answers == {
        "outer": [False, True, False, True],
        "inner": [False, True, True, True],
        "bought": [True, False, False, False],
    }
    assert list(answers) == list(raws)


def test_compile__segments_that_ask_for_one_another__are_refused_with_the_circle() -> None:
    raws = {"a": member("b"), "b": {"type": "any", "of": [BOUGHT, member("c")]}, "c": member("b")}
    conditions = {slug: read_condition(raw, CATALOG) for slug, raw in raws.items()}

    with pytest.raises(ConditionCycle) as refusal:
        compile_conditions(conditions, customers=ibis.table({"customer": "binary"}), as_of=AS_OF, zone=SEOUL)

    assert refusal.value.data == {"path": "b → c → b"}


def test_compile__no_conditions__are_the_customers_alone() -> None:
    table = ibis.memtable(tables_of([subject(1)], CATALOG)["customers"])

    found = compile_conditions({}, customers=table, as_of=AS_OF, zone=SEOUL)

    assert found.columns == ("customer",)


def test_compile__events_that_no_condition_needs__are_left_out_before_the_group_by() -> None:
    condition = read_condition(BOUGHT, CATALOG)
    tables = {name: ibis.memtable(one) for name, one in tables_of([subject(1)], CATALOG).items()}

    sql = str(ibis.to_sql(compile_conditions({"a": condition}, as_of=AS_OF, zone=SEOUL, **tables), "duckdb"))

    filtered = sql[: sql.index("GROUP BY")]
    assert "'order'" in filtered
    assert "2026, 2, 22, 3" in filtered
    assert "traits" not in sql
