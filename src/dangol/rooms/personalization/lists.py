"""The lists of products that models tell of each customer: kept whole each night, and forgotten with them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.selectors import find_erased
from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import batches, delete_rows, insert_rows, sorted_ids
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.personalization.models import ProductList

_AT_ONCE = 1_000
_ROW = ("customer_id", "model", "items", "as_of", "version")
_encoder = msgspec.json.Encoder()


def keep_lists(
    model: str, lists: Mapping[Id, Sequence[Mapping[str, Any]]], *, as_of: date, version: str
) -> None:
    """Store a model's list of each customer in the place of all it said before; the best product is first.

    A thousand customers a transaction. Nothing is kept of who was erased.
    """
    known = ProductList.objects.filter(model=model).values_list("customer_id", flat=True)
    for some in batches(sorted_ids([*known, *lists]), _AT_ONCE):
        with write_transaction():
            lock_customers(some)
            gone = find_erased(some)
            delete_rows(ProductList, ("customer_id", "model"), [(one, model) for one in some])
            rows = [
                (one, model, _encoder.encode(lists[one]).decode(), as_of, version)
                for one in some
                if one in lists and one not in gone
            ]
            insert_rows(ProductList, _ROW, rows)


def forget_lists(events: Sequence[Recorded]) -> None:
    """Delete the lists of people who were erased."""
    delete_rows(ProductList, ("customer_id",), [(event.customer_id,) for event in events])


def read_lists(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what the models say they will buy, as it is kept."""
    rows = rows_of(ProductList, _ROW, customer_ids, order_by=("customer_id", "model"))
    return [{**row, "items": msgspec.json.decode(row["items"])} for row in rows]


FORGET_ERASED = Consumer("personalization.forget_erased", frozenset({"customer.erased"}), forget_lists)
PRODUCT_LISTS = Section("product_lists", read_lists)
