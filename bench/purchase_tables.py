"""Reports on purchases: the expressions of `dangol.insight` beside SQL written by hand, in the same run.

Made-up purchases in a Parquet file (DANGOL_BENCH_PURCHASES of them, else 2,000,000; the promise is for
50,000,000), ten a customer. Both run on DuckDB in this process with two threads and the same memory, from
file to file, in turns; processor seconds of all threads, the least of several tries. pandas, Polars and
Spark make the same summary in an environment of their own, without a limit, of at most 10,000,000, and
lifetimes makes it of what was bought, since it knows no returns. No database has a part in it.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.figures import Figure, at_most
from bench.peers import ask, environment_of
from dangol.insight.lifetime.summaries import summarize
from dangol.insight.rfm import purchase_sums, rfm
from dangol.insight.rollup import roll_up

ROWS = int(os.environ.get("DANGOL_BENCH_PURCHASES", "2_000_000"))
PER_CUSTOMER, CHUNK, TRIES = 10, 1_000_000, 3
ZONE, START, AS_OF = ZoneInfo("Asia/Seoul"), "2024-01-01", date(2025, 12, 31)
SUMMED = ("frequency", "recency", "age", "repeat_minor")
LIMITS = {"threads": 2, "memory_limit": "1.5GB", "preserve_insertion_order": False}
GOAL_RATIO, GOAL_FROM_ROLLUP_S = 1.25, 2.5
PEERS = ("pandas==3.1.1", "polars==2.1.0", "pyarrow==26.0.1", "lifetimes==0.11.3", "pyspark==4.0.5")
PEER_ROWS = 10_000_000
# What each peer tells as we do.
TELLS = {"pandas": SUMMED, "polars": SUMMED, "lifetimes": SUMMED[:3], "spark": SUMMED}
DAYS = """
    select customer, cast("at" + interval 9 hour as date) as day,
           cast(count(*) filter (where amount_minor >= 0) as int) as orders,
           cast(sum(amount_minor) as bigint) as amount_minor
    from read_parquet('{source}') group by 1, 2
"""
SUMMARY = """
    with days as ({days}),
    seen as (
        select customer, count(*) as days, min(day) as first_day, max(day) as last_day,
               sum(amount_minor) as total, min_by(amount_minor, day) as first_minor
        from days where orders > 0 and day <= date '2025-12-31' group by 1
    )
    select customer, first_day, days - 1 as frequency, last_day - first_day as recency,
           date '2025-12-31' - first_day as age, cast(total - first_minor as bigint) as repeat_minor,
           (total - first_minor) / greatest(days - 1, 1) as spend_minor
    from seen
"""


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    with TemporaryDirectory(prefix="dangol-bench-") as folder:
        source, out = Path(folder) / "orders.parquet", Path(folder) / "out.parquet"
        make_orders(source)
        hand = duckdb.connect(config={name: str(value) for name, value in LIMITS.items()})
        con = ibis.duckdb.connect(**LIMITS)
        for engine in (hand, con.con):
            engine.execute("set enable_progress_bar = false")
        orders = con.read_parquet(str(source))
        rolled = roll_up(orders, zone=ZONE, as_of=AS_OF)
        days = DAYS.format(source=source)
        yield from _side_by_side(
            "customer summary", con, hand, summarize(rolled, as_of=AS_OF), SUMMARY.format(days=days), out
        )
        if ROWS <= PEER_ROWS:
            yield from _beside_peers(con, hand, summarize(rolled, as_of=AS_OF), source, out)
        yield from _side_by_side("daily rollup", con, hand, rolled, days, out)
        rollup = con.read_parquet(str(_in_order(out.rename(Path(folder) / "days.parquet"))))
        reports = {"RFM and histories": (purchase_sums, summarize), "RFM with scores": (rfm,)}
        for name, parts in reports.items():
            took = _least(partial(_write, con, [part(rollup, as_of=AS_OF) for part in parts], out))
            yield Figure(f"{name} from the rollup, processor", took[0], "s")
            yield at_most("elapsed", took[1], "s", GOAL_FROM_ROLLUP_S)


def _in_order(days: Path) -> Path:
    """Return a rollup's file in the order of customers and days, as the kept one is read from its table."""
    ordered = days.with_name("ordered.parquet")
    sql = f"copy (from '{days}' order by customer, day) to '{ordered}' (format parquet)"
    with duckdb.connect(config={"memory_limit": "1.5GB", "temp_directory": str(days.parent)}) as con:
        con.execute(sql)
    return ordered


def _write(con: Any, tables: Iterable[ibis.Table], out: Path) -> None:
    """Write tables to a file, one after the other."""
    for table in tables:
        con.to_parquet(table, out)


def _side_by_side(
    name: str, con: Any, hand: duckdb.DuckDBPyConnection, table: ibis.Table, sql: str, out: Path
) -> Iterator[Figure]:
    """Yield what both ways take for the same, once they have told the same."""
    by_hand = _least(lambda: hand.execute(f"copy ({sql}) to '{out}' (format parquet)"))
    theirs = _told(hand, out)
    ours = _least(lambda: con.to_parquet(table, out))
    assert _told(hand, out) == theirs, f"{name}: the two differ"
    yield Figure(f"{name} of {ROWS:,} purchases by hand, processor", by_hand[0], "s")
    yield Figure("by the library, processor", ours[0], "s")
    yield at_most("library : by hand", ours[0] / by_hand[0], "×", GOAL_RATIO)


def _beside_peers(
    con: Any, hand: duckdb.DuckDBPyConnection, table: ibis.Table, source: Path, out: Path
) -> Iterator[Figure]:
    """Yield how much longer the peers take for the summary, once they have told the same."""
    python = environment_of(*PEERS)
    ours = _least(partial(_write, con, [table], out))
    for engine, columns in TELLS.items():
        theirs = out.with_name(engine)
        processor, elapsed = ask(python, "tables.py", engine, source, theirs, AS_OF, TRIES)
        told = theirs / "*.parquet" if theirs.is_dir() else theirs
        assert _told(hand, told, columns) == _told(hand, out, columns), f"{engine} tells otherwise"
        yield Figure(f"{engine} : library, {ROWS:,} purchases, processor time", processor / ours[0], "×")
        yield Figure(f"{engine} : library, elapsed", elapsed / ours[1], "×")


def _told(con: duckdb.DuckDBPyConnection, file: Path, columns: Iterable[str] = ()) -> object:
    """Return the sums of these columns of a file, or of all whole ones, and its number of rows."""
    table = con.read_parquet(str(file))
    kinds = zip(table.columns, table.dtypes, strict=True)
    names = columns or [name for name, kind in kinds if kind in ("BIGINT", "INTEGER")]
    whole = [f"sum({name})" for name in names]
    return table.aggregate(f"count(*), {', '.join(whole)}").fetchall()


def _least(act: Callable[[], object]) -> tuple[float, float]:
    """Return the least processor and elapsed seconds of several tries, after one that is not counted."""
    act()
    taken = []
    for _ in range(TRIES):
        began = time.process_time(), time.monotonic()
        act()
        taken.append((time.process_time() - began[0], time.monotonic() - began[1]))
    return min(one[0] for one in taken), min(one[1] for one in taken)


def make_orders(file: Path) -> None:
    """Write made-up purchases in the order of their instants: some buy often, one in fifty is a return."""
    dice = np.random.default_rng(20_260_101)
    customers, seconds = ROWS // PER_CUSTOMER, 730 * 86_400
    kinds = [("customer", pa.int64()), ("at", pa.timestamp("us")), ("amount_minor", pa.int64())]
    with pq.ParquetWriter(file, pa.schema(kinds)) as writer:
        for start in range(0, ROWS, CHUNK):
            count = min(CHUNK, ROWS - start)
            number = (customers * dice.random(count) ** 1.5).astype(np.int64)
            second = ((start + np.sort(dice.random(count)) * count) / ROWS * seconds).astype("timedelta64[s]")
            amount = dice.integers(1_000, 90_000, count) * np.where(dice.random(count) < 0.02, -1, 1)
            columns = {
                "customer": number,
                "at": pa.array(np.datetime64(START, "us") + second),
                "amount_minor": amount,
            }
            writer.write_table(pa.table(columns, schema=pa.schema(kinds)))
