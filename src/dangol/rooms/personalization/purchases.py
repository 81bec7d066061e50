"""The shop's purchases as the tables of `insight`."""

import ibis
import pyarrow as pa

from dangol.core.commerce.days import SCHEMA, read_days
from dangol.insight.engine import Engine


def customer_days(engine: Engine, currency: str) -> ibis.Table:
    """Return the daily rollup of all purchases in a currency: a row a customer and day, no day twice."""
    rows = engine.load(pa.Table.from_batches(read_days(currency), SCHEMA))
    summed = rows.group_by("customer", "day").agg(
        orders=rows.orders.sum().cast("int32"), amount_minor=rows.amount_minor.sum().cast("int64")
    )
    return engine.keep(summed)
