"""What is still to be paid of sales a till kept offline: their card or credit had not enough at replay.

Such a sale is made all the same, since the goods are gone; what is missing is told until somebody says that
it was paid in another way, or the sale is undone.
"""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions.models import Sale, SaleDue, SaleState
from dangol.rooms.rewards.promotions.sales import SaleView, UnknownSale, lock_sale

_MOST = 200


class StillToBePaid(DomainError):
    """So much of the sale (`minor`, in minor units of `currency`) was never paid: it is settled first."""

    code = "checkout.still_to_be_paid"


class DueView(NamedTuple):
    """What is missing of a sale, in minor units, and why; `paid_at` None: it still is."""

    sale_id: Id
    minor: int
    reason: str
    noted_at: datetime
    paid_at: datetime | None
    paid_to: str


class OpenDue(NamedTuple):
    """What is still missing of a sale, in minor units, and which order that has become."""

    sale_id: Id
    order_id: Id
    minor: int
    currency: str
    noted_at: datetime


def note_due(
    sale: Id, customer_id: Id, minor: int, *, reason: str, store_id: Id | None, at: datetime
) -> None:
    """Keep that so much of a sale is still to be paid. Inside the write transaction that makes it."""
    require_write_transaction()
    SaleDue.objects.create(
        customer_id=customer_id, sale_id=sale, minor=minor, reason=reason, store_id=store_id, noted_at=at
    )


def due_of(sale: SaleView) -> DueView | None:
    """Return what was missing of a sale; None where nothing was, or it was undone and made anew since."""
    row = SaleDue.objects.filter(sale_id=sale.id, ended_at=sale.ended_at).first()
    return DueView(*(getattr(row, name) for name in DueView._fields)) if row else None


def open_dues(*, store_id: Id | None) -> list[OpenDue]:
    """Return what is still missing of sales that hold, the earliest 200 first.

    Those of one store, and of none; `store_id` None: of all.
    """
    holds = Sale.objects.filter(
        customer_id=OuterRef("customer_id"), id=OuterRef("sale_id"), state=SaleState.COMMITTED
    )
    rows = SaleDue.objects.filter(Exists(holds), paid_at=None, ended_at=None)
    if store_id is not None:
        rows = rows.filter(Q(store_id=store_id) | Q(store_id=None))
    own = {row.sale_id: row for row in rows.order_by("noted_at", "sale_id")[:_MOST]}
    sales = Sale.objects.filter(customer_id__in={row.customer_id for row in own.values()}, id__in=list(own))
    orders = {one.id: (one.order_id, one.currency) for one in sales if one.order_id is not None}
    return [
        OpenDue(key, order_id, row.minor, currency, row.noted_at)
        for key, row in own.items()
        if key in orders
        for order_id, currency in [orders[key]]
    ]


def settle_due(sale_id: Id, *, by: Actor, at: datetime) -> None:
    """Keep that what was missing was paid in another way, and to whom; the first holds.

    Raises UnknownSale for a sale of which nothing was missing.
    """
    with write_transaction():
        lock_sale(sale_id)
        rows = SaleDue.objects.filter(sale_id=sale_id)
        if not rows.exists():
            raise UnknownSale(sale=show_id(sale_id))
        rows.filter(paid_at=None, ended_at=None).update(paid_at=at, paid_to=by.key)


def end_due(row: Sale, *, at: datetime) -> None:
    """Ask for nothing more of a sale that is undone. Its customer is locked."""
    require_write_transaction()
    own = SaleDue.objects.filter(customer_id=row.customer_id, sale_id=row.id)
    own.filter(ended_at=None).update(ended_at=at)


def require_paid(row: Sale) -> None:
    """Raise StillToBePaid for a sale of which something is missing. Its customer is locked."""
    own = SaleDue.objects.filter(customer_id=row.customer_id, sale_id=row.id)
    due = own.filter(paid_at=None, ended_at=None).first()
    if due is not None:
        raise StillToBePaid(minor=due.minor, currency=row.currency)
