"""Guest orders: bought without telling who, and claimed later by a member."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from dangol.core.commerce.events import OrderClaimed, OrderPlaced, OrderReturned
from dangol.core.commerce.milestones import tell_again
from dangol.core.commerce.models import (
    Order,
    OrderDiscount,
    OrderLine,
    OrderMilestone,
    OrderNumber,
    OrderTender,
    Return,
    ReturnLine,
    ReturnNumber,
)
from dangol.core.commerce.selectors import UnknownOrder
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch, touch_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Model, delete_rows, insert_rows, select_matching, sorted_ids, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError


class ClaimedTooLate(DomainError):
    """The order (`order`) is older than what is still taken (`days`)."""

    code = "order.claimed_too_late"


class AlreadyClaimed(DomainError):
    """The order belongs to a member already."""

    code = "order.already_claimed"


def claim_guest_order(
    *, source: str, number: str, customer_id: Id, recorded_at: datetime, within: timedelta | None = None
) -> Id:
    """Give a guest's order to the member who made it, who now earns for it; returns the order's id.

    What was brought back of it goes along and is told again for the member, so that nothing is earned on it.
    Claiming it again for the same member changes nothing. Raises UnknownOrder, AlreadyClaimed where it is
    another member's, or ClaimedTooLate where it was placed longer ago than `within`.
    """
    with write_transaction():
        named = OrderNumber.objects.filter(source=source, number=number).first()
        if named is None:
            raise UnknownOrder(order=f"{source}:{number}")
        lock_customers([named.customer_id, customer_id])
        owner = OrderNumber.objects.get(source=source, number=number).customer_id
        if owner == customer_id:
            return named.order_id
        placed = _told(owner, named.order_id)
        if not placed.is_guest:
            raise AlreadyClaimed(source=source, number=number)
        order = Order.objects.get(customer_id=owner, id=named.order_id)
        if within is not None and recorded_at - order.placed_at > within:
            raise ClaimedTooLate(order=number, days=within.days)
        return_ids = _move(owner, customer_id, named.order_id)
        touch_customers([owner])  # the guest, of whom no event tells
        claimed = msgspec.structs.asdict(placed) | {"is_guest": False}
        told = [Draft(customer_id, OrderClaimed(**claimed), order.placed_at, named.order_id)]
        told += tell_again(order, customer_id)
        record_batch([*told, *_returns_told(owner, customer_id, return_ids)], recorded_at=recorded_at)
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


def _returns_told(owner: Id, customer_id: Id, return_ids: Sequence[Id]) -> list[Draft]:
    """Return what the timeline tells of the guest's returns, to be told of the member at its instants."""
    rows = select_matching(
        Event,
        ("name", "payload", "occurred_at", "subject_id"),
        ("customer_id", "subject_id"),
        [(owner, return_id) for return_id in return_ids],
        where="t.name = %s",
        params=[OrderReturned.event],
        order_by=("occurred_at", "customer_seq"),
    )
    return [
        Draft(customer_id, msgspec.structs.replace(decode(name, payload), is_guest=False), at, return_id)
        for name, payload, at, return_id in rows
    ]


def _move(owner: Id, customer_id: Id, order_id: Id) -> list[Id]:
    """Write the order's rows under the member and delete the guest's: a row's customer is part of its key.

    Returns the ids of the returns that went along: all that undo something of the order.
    """
    brought_back = select_matching(
        ReturnLine, ("return_id",), ("customer_id", "order_id"), [(owner, order_id)]
    )
    return_ids = sorted_ids(return_id for (return_id,) in brought_back)
    moved: tuple[tuple[Model, str, list[Id]], ...] = (
        (Order, "id", [order_id]),
        (OrderLine, "order_id", [order_id]),
        (OrderDiscount, "order_id", [order_id]),
        (OrderTender, "order_id", [order_id]),
        (OrderMilestone, "order_id", [order_id]),
        (Return, "id", return_ids),
        (ReturnLine, "return_id", return_ids),
    )
    for model, key, ids in moved:
        names = [field.name for field in model._meta.concrete_fields if field.name != "customer_id"]
        rows = select_matching(model, names, ("customer_id", key), [(owner, one) for one in ids])
        insert_rows(model, ("customer_id", *names), [(customer_id, *row) for row in rows])
    for model, key, ids in reversed(moved):
        delete_rows(model, ("customer_id", key), [(owner, one) for one in ids])
    for model, owned, ids in ((OrderNumber, Order, [order_id]), (ReturnNumber, Return, return_ids)):
        keys = [(customer_id, one) for one in ids]
        found = select_matching(owned, ("source", "number", "customer_id"), ("customer_id", "id"), keys)
        update_rows(model, ("source", "number"), ("customer_id",), found)
    return return_ids
