"""What stored value holds about one person: their credit, the cards they hold, and how money moved."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.stored_value.models import ValueAccount, ValueMove


def read_accounts(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what is on their credit and on the cards they hold; a card's code is money, and not told."""
    names = ("customer_id", "id", "holding", "currency", "balance")
    return rows_of(ValueAccount, names, customer_ids, order_by=("holding", "id"))


def read_moves(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what came to their credit, and what they paid with it or with cards."""
    names = (
        "customer_id", "account_id", "id", "kind", "minor", "paid_out_minor", "at", "sale_id", "of_id",
        "reason",
    )  # fmt: skip
    return rows_of(ValueMove, names, customer_ids, order_by=("at", "id"))


STORED = Section("stored_value", read_accounts)
MOVES = Section("stored_value_moves", read_moves)
