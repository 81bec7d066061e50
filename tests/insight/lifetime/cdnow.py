"""CDNOW: a tenth of those who first bought at a music shop in early 1997; lifetimes holds the public file."""

from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa

from dangol.insight.lifetime.histories import Floats, Histories, Whole

SPLIT, END = date(1997, 9, 30), date(1998, 6, 30)


@lru_cache(maxsize=1)
def purchases() -> tuple[Whole, Whole, Floats]:
    """Return the purchases, those of a day as one: customer, day (since 1970), dollars."""
    # Found without being imported: it would warn of what its own libraries have given up.
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt").read_text()
    rows = [line.split() for line in text.splitlines() if line.strip()]
    customer = np.array([int(row[1]) for row in rows])
    day = np.array([f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}" for row in rows], "datetime64[D]")
    keys, place = np.unique(customer * 100_000 + day.astype(np.int64), return_inverse=True)
    dollars = np.bincount(place, weights=[float(row[4]) for row in rows])
    return (keys // 100_000).astype(np.int64), (keys % 100_000).astype(np.int64), dollars.astype(np.float64)


def cdnow() -> tuple[Histories, Whole, Floats]:
    """Return the histories to 30 September 1997, each one's days with a purchase after it, and mean spend."""
    customer, day, dollars = purchases()
    split, end = (np.datetime64(day, "D").astype(np.int64) for day in (SPLIT, END))
    numbers, first_at = np.unique(customer, return_index=True)
    first = day[first_at]
    place = np.searchsorted(numbers, customer)
    repeat = np.ones(len(day), bool)
    repeat[first_at] = False
    seen = repeat & (day <= split)
    frequency = np.bincount(place[seen], minlength=len(numbers))
    last = first.copy()
    np.maximum.at(last, place[seen], day[seen])
    held_out = np.bincount(place[repeat & (day > split) & (day <= end)], minlength=len(numbers))
    spent = np.bincount(place[seen], weights=dollars[seen], minlength=len(numbers))
    return Histories(frequency, last - first, split - first), held_out, spent / np.maximum(frequency, 1)


@lru_cache(maxsize=1)
def cdnow_days() -> ibis.Table:
    """Return the rollup of all its purchases, customers named by five digits, in cents."""
    customer, day, dollars = purchases()
    columns = {
        "customer": [f"{number:05}" for number in customer],
        "day": pa.array(day.astype("datetime64[D]")),
        "orders": np.ones(len(day), np.int32),
        "amount_minor": np.rint(dollars * 100).astype(np.int64),
    }
    return ibis.duckdb.connect().create_table("customer_days", pa.table(columns))
