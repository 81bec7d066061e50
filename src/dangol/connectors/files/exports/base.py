"""What every export is, and how one customer is named in all of them."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from dangol.connectors.files.exports.cells import Field
from dangol.core.people.selectors import GUEST, names_of
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import Row

BATCH = 5_000


class Table(Protocol):
    """One kind of export: its columns and its rows, in an order that stays the same."""

    @property
    def fields(self) -> Sequence[Field]:
        """The columns."""

    def count(self) -> int:
        """Return how many rows there are to write."""

    def batches(self) -> Iterator[list[Row]]:
        """Yield the rows, some thousands at a time."""


def name_customers(customer_ids: Sequence[Id]) -> dict[Id, str | None]:
    """Return by what each customer is named in every file: the shop's own number, else our id.

    A guest has no name, as an import takes a line without a customer for a guest's. Who is unknown to
    `people` is named by our id.
    """
    people = names_of(customer_ids)
    named: dict[Id, str | None] = {customer_id: show_id(customer_id) for customer_id in customer_ids}
    for customer_id, person in people.items():
        named[customer_id] = None if person.kind == GUEST else person.external_id or show_id(customer_id)
    return named
