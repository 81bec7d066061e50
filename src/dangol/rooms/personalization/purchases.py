"""The shop's purchases as the tables of `insight`."""

from collections.abc import Iterator
from contextlib import contextmanager

import ibis
import pyarrow as pa
from django.conf import settings

from dangol.core.commerce.days import SCHEMA, read_days
from dangol.insight.engine import Limits, open_engine


@contextmanager
def customer_days(currency: str) -> Iterator[ibis.Table]:
    """Give the daily rollup of all purchases in a currency: a row for each customer and day, no day twice."""
    with open_engine(None, Limits(settings.HOME / "scratch")) as engine:
        rows = engine.load(pa.Table.from_batches(read_days(currency), SCHEMA))
        summed = rows.group_by("customer", "day").agg(
            orders=rows.orders.sum().cast("int32"), amount_minor=rows.amount_minor.sum().cast("int64")
        )
        yield engine.backend.create_table("customer_days", engine.read(summed))
