"""pandas, Polars, lifetimes and Spark make the summary of customers, from a Parquet file to a Parquet file.

Arguments: which of them, the file of purchases, the file to write (Spark writes a folder), the last day, and
how often. Prints the processor and elapsed seconds, the least of each after one that is not counted. Days are
those of Seoul.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from lifetimes.utils import summary_data_from_transaction_data
from pyspark.sql import SparkSession

SPARK_SQL = """
    with days as (
        select customer, cast(at + interval 9 hours as date) as day,
               count(*) filter (where amount_minor >= 0) as orders, sum(amount_minor) as amount_minor
        from parquet.`{source}` group by 1, 2
    ),
    seen as (
        select customer, count(*) as days, min(day) as first_day, max(day) as last_day,
               sum(amount_minor) as total, min_by(amount_minor, day) as first_minor
        from days where orders > 0 and day <= date '{last}' group by 1
    )
    select customer, first_day, days - 1 as frequency, datediff(last_day, first_day) as recency,
           datediff(date '{last}', first_day) as age, total - first_minor as repeat_minor,
           (total - first_minor) / greatest(days - 1, 1) as spend_minor
    from seen
"""


def by_pandas(source: str, out: str, last: date) -> None:
    """Make it with pandas."""
    rows = pd.read_parquet(source)
    rows["day"] = (rows["at"] + pd.Timedelta(hours=9)).to_numpy().astype("datetime64[D]").astype("int64")
    rows["orders"] = (rows["amount_minor"] >= 0).astype("int32")
    days = rows.groupby(["customer", "day"], sort=True)[["orders", "amount_minor"]].sum().reset_index()
    end = np.datetime64(last, "D").astype("int64")
    days = days[(days["orders"] > 0) & (days["day"] <= end)]
    seen = days.groupby("customer", sort=False).agg(
        days=("day", "size"), first=("day", "first"), last=("day", "last"),
        total=("amount_minor", "sum"), first_minor=("amount_minor", "first"),
    )  # fmt: skip
    repeat = seen["total"] - seen["first_minor"]
    frequency = seen["days"] - 1
    told = pd.DataFrame(
        {
            "customer": seen.index.to_numpy(), "first_day": seen["first"].to_numpy(),
            "frequency": frequency.to_numpy(), "recency": (seen["last"] - seen["first"]).to_numpy(),
            "age": (end - seen["first"]).to_numpy(), "repeat_minor": repeat.to_numpy(),
            "spend_minor": (repeat / frequency.clip(lower=1)).to_numpy(),
        }
    )  # fmt: skip
    told.to_parquet(out)


def by_polars(source: str, out: str, last: date) -> None:
    """Make it with Polars."""
    day = (pl.col("at") + pl.duration(hours=9)).dt.date().alias("day")
    orders = (pl.col("amount_minor") >= 0).cast(pl.Int32).sum().alias("orders")
    days = pl.scan_parquet(source).group_by("customer", day).agg(orders, pl.col("amount_minor").sum())
    seen = (
        days.filter((pl.col("orders") > 0) & (pl.col("day") <= last))
        .group_by("customer")
        .agg(
            days=pl.len().cast(pl.Int64), first=pl.col("day").min(), last=pl.col("day").max(),
            total=pl.col("amount_minor").sum(),
            first_minor=pl.col("amount_minor").gather(pl.col("day").arg_min()).first(),
        )
    )  # fmt: skip
    repeat, frequency = pl.col("total") - pl.col("first_minor"), pl.col("days") - 1
    told = seen.select(
        "customer", first_day="first", frequency=frequency,
        recency=(pl.col("last") - pl.col("first")).dt.total_days(),
        age=(pl.lit(last) - pl.col("first")).dt.total_days(), repeat_minor=repeat,
        spend_minor=repeat / pl.max_horizontal(frequency, 1),
    )  # fmt: skip
    told.sink_parquet(out)


def by_lifetimes(source: str, out: str, last: date) -> None:
    """Make it with lifetimes, which knows no returns: of what was bought only, so that amounts differ."""
    rows = pd.read_parquet(source)
    rows = rows[rows["amount_minor"] >= 0]
    rows["at"] += pd.Timedelta(hours=9)
    told = summary_data_from_transaction_data(
        rows, "customer", "at", monetary_value_col="amount_minor", observation_period_end=last
    )
    counts = {"frequency": "frequency", "recency": "recency", "T": "age"}
    told = told.rename(columns=counts).astype(dict.fromkeys(counts.values(), "int64"))
    told.reset_index().to_parquet(out)


@lru_cache
def _spark(scratch: str) -> SparkSession:
    """Return the session, on two threads of this machine; the first try, which is not counted, begins it."""
    settings: dict[str, Any] = {
        "spark.master": "local[2]", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "8",
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": scratch, "spark.log.level": "ERROR",
        # Java tells the processor time of its process by a class it does not open.
        "spark.driver.extraJavaOptions": "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
    }  # fmt: skip
    return SparkSession.Builder().config(map=settings).getOrCreate()


def by_spark(source: str, out: str, last: date) -> None:
    """Make it with Spark."""
    told = _spark(str(Path(out).parent)).sql(SPARK_SQL.format(source=source, last=last))
    told.write.mode("overwrite").parquet(out)


ENGINES: dict[str, Callable[[str, str, date], None]] = {
    "pandas": by_pandas, "polars": by_polars, "lifetimes": by_lifetimes, "spark": by_spark,
}  # fmt: skip


def processor_seconds() -> float:
    """Return what this process has taken, with Spark's if there is one."""
    session = SparkSession.getActiveSession()
    if session is None:
        return time.process_time()
    java: Any = session._jvm
    bean = java.java.lang.management.ManagementFactory.getOperatingSystemMXBean()
    return time.process_time() + float(bean.getProcessCpuTime()) / 1e9


def main(engine: str, source: str, out: str, last: str, tries: int) -> None:
    """Make it some times and tell."""
    taken = []
    for _ in range(tries + 1):
        began = processor_seconds(), time.monotonic()
        ENGINES[engine](source, out, date.fromisoformat(last))
        taken.append((processor_seconds() - began[0], time.monotonic() - began[1]))
    processor, elapsed = zip(*taken[1:], strict=True)
    print(json.dumps([min(processor), min(elapsed)]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
