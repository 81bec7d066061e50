"""What each customer bought on which day, product by product: read from the lines, a batch at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa

from dangol.core.commerce.models import Order, OrderLine, Product, ReturnLine
from dangol.core.people.merged import all_merged
from dangol.core.people.selectors import all_erased, find_guests, shop
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Row, select_matching, sorted_ids
from dangol.core.storage.walks import walk
from dangol.domain.calendars import day_of

SCHEMA = pa.schema([("customer", pa.binary()), ("item", pa.binary()), ("day", pa.date32())])
_LINE = ("customer_id", "order_id", "number", "product_id", "quantity_milli")
_READ_AT_ONCE = 20_000


class ProductWords(NamedTuple):
    """What a product is called; each may be empty but the number."""

    number: str
    name: str
    category: str


def read_bought(*, since: date) -> Iterator[pa.RecordBatch]:
    """Yield who bought which product on which of the shop's days from `since` on (`SCHEMA`), in batches.

    What was brought back whole, or undone, was not bought. Guests, whom nobody knows, are left out; who was
    merged is the one they became. So a row may come twice: whoever reads them takes each once. Who was erased
    is left out, as from the days of purchases.
    """
    now, erased = all_merged(), all_erased()
    for rows in walk(OrderLine, _LINE, _LINE[:3], size=_READ_AT_ONCE):
        orders = sorted({row[:2] for row in rows})
        days = _days_of(orders, since)
        back = _brought_back(orders)
        owners = {row[0] for row in rows}
        nobody = find_guests(owners) | {one for one in owners if now.get(one, one) in erased}
        found = dict.fromkeys(
            (now.get(owner, owner), product, days[owner, order])
            for owner, order, number, product, quantity in rows
            if not nobody & {owner, now.get(owner, owner)}
            and (owner, order) in days
            and quantity > back[owner, order, number]
        )
        columns = ([row[at] for row in found] for at in range(len(SCHEMA)))
        yield pa.record_batch(
            [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)],
            schema=SCHEMA,
        )


def _days_of(orders: Sequence[Row], since: date) -> dict[tuple[Id, Id], date]:
    """Return the day of each of these orders that was placed from `since` on."""
    zone = shop().tz
    rows = select_matching(Order, ("customer_id", "id", "placed_at"), ("customer_id", "id"), orders)
    days = {(owner, order): day_of(at, zone) for owner, order, at in rows}
    return {key: day for key, day in days.items() if day >= since}


def _brought_back(orders: Sequence[Row]) -> defaultdict[tuple[Id, Id, int], int]:
    """Return how much of each line has come back."""
    keys = ("customer_id", "order_id")
    found: defaultdict[tuple[Id, Id, int], int] = defaultdict(int)
    for owner, order, line, quantity in select_matching(
        ReturnLine, (*keys, "order_line", "quantity_milli"), keys, orders, where="t.order_line IS NOT NULL"
    ):
        found[owner, order, line] += quantity
    return found


def product_words(ids: Iterable[Id]) -> dict[Id, ProductWords]:
    """Return what these products are called; one statement."""
    keys = [(one,) for one in sorted_ids(ids)]
    rows = select_matching(Product, ("id", *ProductWords._fields), ("id",), keys)
    return {row[0]: ProductWords(*row[1:]) for row in rows}
