"""The daily rollup: the shop's days, returns, and tables that are none."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.errors import DomainError
from dangol.insight.refusals import ColumnsMissing, DuplicateDays, FutureDays, ValuesMissing
from dangol.insight.rollup import check_rollup, local_day, roll_up
from tests.insight.journey import AS_OF, Row, customer_days, days_up_to_as_of, rollup_of, rows_of
from tests.sizes import SIZE

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
MAY = date(2026, 5, 31)
# From 2 January 1970 to 28 May 2026.
INSTANTS = st.integers(86_400, 1_780_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def orders_of(rows: list[tuple[str, datetime, int]], kinds: list[str] | None = None) -> ibis.Table:
    customer, at, amount = zip(*rows, strict=True)
    columns: dict[str, Any] = {"customer": customer, "at": pa.array(at, pa.timestamp("us", "UTC"))}
    columns["amount_minor"] = pa.array(amount, pa.int64())
    return ibis.memtable(pa.table(columns | ({"kind": kinds} if kinds else {})))


def test_roll_up__a_real_year__is_what_a_loop_finds() -> None:
    rolled = customer_days()
    seen = rows_of(rolled.filter(rolled.day <= ibis.date(AS_OF)), "customer", "day")

    assert [Row(**row) for row in seen] == days_up_to_as_of()
    check_rollup(rolled, as_of=date(2017, 12, 31))


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        (SEOUL, datetime(2026, 5, 1, 14, 59, 59, tzinfo=UTC), date(2026, 5, 1)),
        (SEOUL, datetime(2026, 5, 1, 15, tzinfo=UTC), date(2026, 5, 2)),
        # Clocks went forward on 8 March 2026: midnight is at 5:00 before and at 4:00 after.
        (NEW_YORK, datetime(2026, 3, 8, 4, 59, tzinfo=UTC), date(2026, 3, 7)),
        (NEW_YORK, datetime(2026, 3, 9, 4, tzinfo=UTC), date(2026, 3, 9)),
    ],
)
def test_roll_up__an_instant__counts_on_the_day_of_the_shop_s_zone(
    zone: ZoneInfo, at: datetime, day: date
) -> None:
    rolled = roll_up(orders_of([("a", at, 500)]), zone=zone, as_of=MAY)

    assert rows_of(rolled, "day") == [{"customer": "a", "day": day, "orders": 1, "amount_minor": 500}]


def test_roll_up__returns__count_on_their_day_and_are_no_purchase() -> None:
    noon = datetime(2026, 5, 2, 3, tzinfo=UTC)
    rows = [("a", noon, 900), ("a", noon, 100), ("a", noon, -300), ("b", noon, 200), ("b", noon, -50)]

    signed = roll_up(orders_of(rows[:3]), zone=SEOUL, as_of=MAY)
    kinds = roll_up(orders_of(rows[3:], ["order", "return"]), zone=SEOUL, as_of=MAY)

    day = {"day": date(2026, 5, 2)}
    assert rows_of(signed, "day") == [{"customer": "a"} | day | {"orders": 2, "amount_minor": 700}]
    assert rows_of(kinds, "day") == [{"customer": "b"} | day | {"orders": 1, "amount_minor": 150}]


def test_roll_up__of_a_return_the_kind_says__its_sign_is_the_same() -> None:
    noon = datetime(2026, 5, 2, 3, tzinfo=UTC)

    rolled = roll_up(orders_of([("a", noon, 300)], ["return"]), zone=SEOUL, as_of=MAY)

    assert [(row["orders"], row["amount_minor"]) for row in rows_of(rolled, "day")] == [(0, -300)]


@settings(max_examples=max(SIZE.examples // 5, 20), deadline=None)
@given(
    st.lists(INSTANTS, min_size=1, max_size=40),
    st.sampled_from(["Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
)
def test_local_day__any_instant_and_zone__is_what_the_zone_s_own_clock_shows(
    instants: list[datetime], name: str
) -> None:
    zone = ZoneInfo(name)
    table = ibis.memtable(pa.table({"at": pa.array(instants, pa.timestamp("us", "UTC"))}))

    found = table.mutate(day=local_day(table.at, zone, MAY)).to_pyarrow()["day"].to_pylist()

    assert found == [at.astimezone(zone).date() for at in instants]


DAY = Row("a", date(2026, 5, 1), 1, 500)


@pytest.mark.parametrize(
    ("table", "refusal", "facts"),
    [
        (rollup_of([DAY]).drop("orders"), ColumnsMissing, {"columns": "orders"}),
        (rollup_of([DAY, DAY]), DuplicateDays, {"days": 1}),
        (rollup_of([DAY._replace(day=MAY + timedelta(1))]), FutureDays, {"latest": "2026-06-01", "rows": 1}),
        (rollup_of([DAY._replace(orders=-1)]), ValuesMissing, {"rows": 1}),
        (rollup_of([DAY._replace(customer=cast(str, None))]), ValuesMissing, {"rows": 1}),
    ],
)
def test_check_rollup__what_is_none__is_refused_with_the_fault(
    table: ibis.Table, refusal: type[DomainError], facts: dict[str, object]
) -> None:
    with pytest.raises(refusal) as refused:
        check_rollup(table, as_of=MAY)

    assert facts.items() <= refused.value.data.items()
