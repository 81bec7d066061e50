"""What stamp cards hold about one person: their cards, and how stamps came and went."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.stamps.models import StampCard, StampMove


def read_cards(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return every card, with what it gave."""
    names = (
        "customer_id", "id", "program_id", "state", "size", "count", "opened_at", "expires_at", "filled_at",
        "given_at", "gift_kind", "gift_points", "gift_ref",
    )  # fmt: skip
    return rows_of(StampCard, names, customer_ids, order_by=("opened_at", "id"))


def read_moves(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return how stamps came and went, and why."""
    names = (
        "customer_id", "id", "program_id", "kind", "count", "laid", "paid", "lapsed", "off", "unpaid", "owed",
        "forgiven", "of_id", "at", "sale_id", "promotion_id", "reason",
    )  # fmt: skip
    return rows_of(StampMove, names, customer_ids, order_by=("at", "id"))


CARDS = Section("stamp_cards", read_cards)
STAMPS = Section("stamps", read_moves)
