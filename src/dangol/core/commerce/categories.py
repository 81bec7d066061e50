"""What each customer spent in which category: the lines of their orders, less those that came back."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import pyarrow as pa

from dangol.core.commerce.models import Order, OrderLine, Product, Return, ReturnLine
from dangol.core.people.merged import all_merged
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Model, select_matching
from dangol.core.storage.walks import walk
from dangol.domain.accrual import SEPARATOR
from dangol.domain.calendars import day_of

SCHEMA = pa.schema([("customer", pa.binary()), ("category", pa.string()), ("amount_minor", pa.int64())])
_READ_AT_ONCE = 20_000


def top_categories() -> list[str]:
    """Return the widest categories of the catalog, by name."""
    paths = Product.objects.exclude(category="").values_list("category", flat=True).distinct()
    return sorted({path.split(SEPARATOR)[0] for path in paths})


def read_categories(currency: str, *, as_of: date) -> Iterator[pa.RecordBatch]:
    """Yield what was spent in which of the widest categories (`SCHEMA`) up to the end of a day, in batches.

    Amounts of a currency, less what came back; a customer and category may come several times. Who was merged
    is the one they became. What has no category is left out, and guests are not.
    """
    now = all_merged()
    paths = Product.objects.exclude(category="").values_list("id", "category")
    tops = {product: path.split(SEPARATOR)[0] for product, path in paths}
    for lines, parents, key, at, sign in (
        (OrderLine, Order, "order_id", "placed_at", 1), (ReturnLine, Return, "return_id", "returned_at", -1)
    ):  # fmt: skip
        names = ("customer_id", key, "number", "product_id", "net_minor")
        for rows in walk(lines, names, names[:3], size=_READ_AT_ONCE):
            counted = _counted(parents, at, sorted({row[:2] for row in rows}), currency, as_of)
            sums: dict[tuple[Id, str], int] = defaultdict(int)
            for owner, parent, _, product, amount in rows:
                if product in tops and (owner, parent) in counted:
                    kept: Id = now.get(owner) or owner
                    sums[kept, tops[product]] += sign * amount
            yield _batch(sums)


def _counted(
    parents: Model, at: str, keys: Sequence[tuple[Id, Id]], currency: str, as_of: date
) -> set[tuple[Id, Id]]:
    """Return which of these orders or returns are of the currency, and of that day or before."""
    zone = shop().tz
    rows = select_matching(parents, ("customer_id", "id", "currency", at), ("customer_id", "id"), keys)
    return {(owner, one) for owner, one, of, when in rows if of == currency and day_of(when, zone) <= as_of}


def _batch(sums: dict[tuple[Id, str], int]) -> pa.RecordBatch:
    columns = [[owner for owner, _ in sums], [category for _, category in sums], list(sums.values())]
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )
