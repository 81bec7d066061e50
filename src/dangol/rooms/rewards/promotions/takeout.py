"""What the checkout holds about one person: their sales, and the promotions they have used."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.promotions.models import Redemption, Sale, SaleConfirmation, SaleDue

_SALE = (
    "customer_id", "id", "state", "currency", "net_minor", "discount_minor", "shipping_minor",
    "tender_points", "tender_minor", "reserved_at", "committed_at", "ended_at", "order_id",
)  # fmt: skip
_USE = (
    "customer_id", "sale_id", "promotion_id", "version", "code", "at", "minor", "points", "given_back_at",
)  # fmt: skip

_CONFIRMATION = (
    "customer_id", "sale_id", "turn", "state", "asked_at", "asked_until", "answered_at", "how",
)  # fmt: skip


def read_sales(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return their sales, the earliest first."""
    return rows_of(Sale, _SALE, customer_ids, order_by=("reserved_at", "id"))


def read_uses(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return the promotions they have used, the earliest first."""
    return rows_of(Redemption, _USE, customer_ids, order_by=("at", "sale_id", "promotion_id"))


def read_confirmations(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what they were asked at a counter before something of theirs was used, and said."""
    return rows_of(SaleConfirmation, _CONFIRMATION, customer_ids, order_by=("asked_at", "sale_id"))


_DUE = ("customer_id", "sale_id", "minor", "reason", "noted_at", "paid_at", "ended_at")


def read_dues(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what was still to be paid of their sales once cards and credit had paid."""
    return rows_of(SaleDue, _DUE, customer_ids, order_by=("noted_at", "sale_id"))


SALES = Section("sales", read_sales)
PROMOTIONS = Section("promotions_used", read_uses)
CONFIRMATIONS = Section("sale_confirmations", read_confirmations)
DUES = Section("sale_dues", read_dues)
