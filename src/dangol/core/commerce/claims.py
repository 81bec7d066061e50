"""Guest orders: bought without telling who, and claimed later by a member."""

from datetime import datetime

import msgspec

from dangol.core.commerce.events import OrderClaimed, OrderPlaced
from dangol.core.commerce.models import (
    Order,
    OrderDiscount,
    OrderLine,
    OrderNumber,
    OrderTender,
)
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Model, insert_rows, select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, NotFound


class UnknownOrder(NotFound):
    """There is no order of this number from this source."""

    code = "order.unknown"


class AlreadyClaimed(DomainError):
    """The order belongs to a member already."""

    code = "order.already_claimed"


def claim_guest_order(*, source: str, number: str, customer_id: Id, recorded_at: datetime) -> Id:
    """Give a guest's order to the member who made it, who now earns for it; returns the order's id.

    Claiming it again for the same member changes nothing. Raises UnknownOrder, or AlreadyClaimed where
    it is another member's.
    """
    with write_transaction():
        named = OrderNumber.objects.filter(source=source, number=number).first()
        if named is None:
            raise UnknownOrder(source=source, number=number)
        lock_customers([named.customer_id, customer_id])
        owner = OrderNumber.objects.get(source=source, number=number).customer_id
        if owner == customer_id:
            return named.order_id
        placed = _told(owner, named.order_id)
        if not placed.is_guest:
            raise AlreadyClaimed(source=source, number=number)
        _move(owner, customer_id, named.order_id)
        OrderNumber.objects.filter(source=source, number=number).update(customer_id=customer_id)
        claimed = msgspec.structs.asdict(placed) | {"is_guest": False}
        at = Order.objects.get(customer_id=customer_id, id=named.order_id).placed_at
        record_batch(
            [Draft(customer_id, OrderClaimed(**claimed), at, named.order_id)], recorded_at=recorded_at
        )
    return named.order_id


def _told(customer_id: Id, order_id: Id) -> OrderPlaced:
    """Return what the timeline tells of the order."""
    event = Event.objects.filter(
        customer_id=customer_id,
        subject_id=order_id,
        name__in=[OrderPlaced.event, OrderClaimed.event],
    ).latest("customer_seq")
    payload = decode(event.name, event.payload)
    assert isinstance(payload, OrderPlaced)
    return payload


def _move(owner: Id, customer_id: Id, order_id: Id) -> None:
    """Write the order's rows under the member and delete the guest's: a row's customer is part of its key."""
    copies: tuple[tuple[Model, str], ...] = (
        (Order, "id"),
        (OrderLine, "order_id"),
        (OrderDiscount, "order_id"),
        (OrderTender, "order_id"),
    )
    for model, key in copies:
        names = [field.name for field in model._meta.concrete_fields if field.name != "customer_id"]
        rows = select_matching(model, names, ("customer_id", key), [(owner, order_id)])
        insert_rows(model, ("customer_id", *names), [(customer_id, *row) for row in rows])
    for model, key in reversed(copies):
        model._default_manager.filter(customer_id=owner, **{key: order_id}).delete()
