"""pandas and Polars make the summary of customers, from a Parquet file to a Parquet file.

Arguments: pandas or polars, the file of purchases, the file to write, the last day, and how often. Prints the
processor and elapsed seconds, the least of each after one that is not counted. Days are those of Seoul.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import polars as pl


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


ENGINES: dict[str, Callable[[str, str, date], None]] = {"pandas": by_pandas, "polars": by_polars}


def main(engine: str, source: str, out: str, last: str, tries: int) -> None:
    """Make it some times and tell."""
    taken = []
    for _ in range(tries + 1):
        began = time.process_time(), time.monotonic()
        ENGINES[engine](source, out, date.fromisoformat(last))
        taken.append((time.process_time() - began[0], time.monotonic() - began[1]))
    processor, elapsed = zip(*taken[1:], strict=True)
    print(json.dumps([min(processor), min(elapsed)]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
