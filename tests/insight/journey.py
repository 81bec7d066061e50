"""The Complete Journey's baskets as orders, and their rollup, in whole cents."""

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from dangol.connectors.sample.complete_journey import ZONE, source_folder
from dangol.insight.rollup import roll_up

AS_OF = date(2017, 10, 15)


class Row(NamedTuple):
    """A row of a rollup."""

    customer: str
    day: date
    orders: int
    amount_minor: int


@lru_cache(maxsize=1)
def orders() -> pa.Table:
    """Return a row a basket: `customer`, `order_id`, `at` (UTC) and `amount_minor`."""
    lines = ibis.duckdb.connect().read_parquet(str(source_folder() / "transactions.parquet"))
    cents = (lines.sales_value * 100).round().cast("int64")
    baskets = lines.group_by("household_id", "basket_id").agg(
        at=lines.transaction_timestamp.min().cast("timestamp(6)"), amount_minor=cents.sum().cast("int64")
    )
    return baskets.select(
        customer=baskets.household_id.cast("string"),
        order_id=baskets.basket_id.cast("string"),
        at=baskets.at,
        amount_minor=baskets.amount_minor,
    ).to_pyarrow()


@lru_cache(maxsize=1)
def customer_days() -> ibis.Table:
    """Return the rollup of the year, as a table of DuckDB."""
    con = ibis.duckdb.connect()
    rolled = roll_up(con.create_table("orders", orders()), zone=ZONE, as_of=date(2017, 12, 31))
    return con.create_table("customer_days", rolled.to_pyarrow())


@lru_cache(maxsize=1)
def days_up_to_as_of() -> list[Row]:
    """Return the rows up to AS_OF, reckoned without an engine, in order of customer and day."""
    found: dict[tuple[str, date], list[int]] = {}
    for row in orders().to_pylist():
        at = row["at"].replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONE)
        if at.date() <= AS_OF:
            sums = found.setdefault((row["customer"], at.date()), [0, 0])
            sums[0] += 1
            sums[1] += row["amount_minor"]
    return [Row(*key, *sums) for key, sums in sorted(found.items())]


def rows_of(table: Any, *order: str) -> list[dict[str, Any]]:
    """Return a table's rows in the order of some columns."""
    rows: list[dict[str, Any]] = table.order_by(list(order)).to_pyarrow().to_pylist()
    return rows


def rollup_of(rows: list[Row]) -> ibis.Table:
    """Return a rollup of some rows."""
    kinds = [("customer", pa.string()), ("day", pa.date32()), ("orders", pa.int32())]
    schema = pa.schema([*kinds, ("amount_minor", pa.int64())])
    return ibis.memtable(pa.Table.from_pylist([row._asdict() for row in rows], schema=schema))
