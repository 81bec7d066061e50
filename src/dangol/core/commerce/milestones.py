"""How far orders have come since they were placed: delivered, confirmed. Each is told once for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.commerce.events import OrderConfirmed, OrderDelivered
from dangol.core.commerce.models import Order, OrderMilestone
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.merged import absorbed_by, kin_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.milestones import Milestone

_MILESTONE = ("customer_id", "order_id", "milestone", "at", "recorded_at")
_EVENTS = {Milestone.DELIVERED: OrderDelivered, Milestone.CONFIRMED: OrderConfirmed}


class Reached(NamedTuple):
    """An order, by its customer, its id, its source and number, has come so far at an instant."""

    customer_id: Id
    order_id: Id
    source: str
    number: str
    milestone: Milestone
    at: datetime


def note_reached(reached: Sequence[Reached], *, recorded_at: datetime) -> list[bool]:
    """Note how far orders have come, and put it on the timeline; returns of each whether it is news.

    What was told before stays as it was told first. Nothing came to pass later than it is heard of. Must be
    called inside the write transaction; a constant number of statements.
    """
    require_write_transaction()
    owners = {one.customer_id for one in reached}
    # And all who have been one with them: it is their points that open.
    lock_customers(one for own in kin_of(owners).values() for one in own)
    keys = sorted({(one.customer_id, one.order_id) for one in reached})
    known = {row[:3] for row in _read(keys)}
    news, fresh = [], []
    for one in reached:
        key = (one.customer_id, one.order_id, one.milestone.value)
        news.append(key not in known)
        if key not in known:
            known.add(key)
            fresh.append(one._replace(at=min(one.at, recorded_at)))
    rows = [(one.customer_id, one.order_id, one.milestone.value, one.at, recorded_at) for one in fresh]
    insert_rows(OrderMilestone, _MILESTONE, rows)
    record_batch([_told(one) for one in fresh], recorded_at=recorded_at)
    return news


def _told(one: Reached) -> Draft:
    payload = _EVENTS[one.milestone](source=one.source, number=one.number)
    return Draft(one.customer_id, payload, one.at, one.order_id)


def _read(keys: Sequence[tuple[Id, Id]]) -> list[tuple[Id, Id, str, datetime]]:
    rows = select_matching(OrderMilestone, _MILESTONE[:4], ("customer_id", "order_id"), keys)
    return [(customer_id, order_id, milestone, at) for customer_id, order_id, milestone, at in rows]


def milestones_of(keys: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, Id], dict[Milestone, datetime]]:
    """Return how far each of these (customer, order) pairs has come, and when; one statement."""
    found: dict[tuple[Id, Id], dict[Milestone, datetime]] = {}
    for customer_id, order_id, milestone, at in sorted(_read(keys), key=lambda row: row[3]):
        found.setdefault((customer_id, order_id), {})[Milestone(milestone)] = at
    return found


def tell_again(order: Order, customer_id: Id) -> list[Draft]:
    """Return what the timeline is told of how far an order has come that is this customer's now."""
    own = milestones_of([(customer_id, order.id)]).get((customer_id, order.id), {})
    return [
        _told(Reached(customer_id, order.id, order.source, order.number, milestone, at))
        for milestone, at in own.items()
    ]


def find_numbered(
    wanted: Iterable[tuple[Id, str]], *, prefer: str
) -> dict[tuple[Id, str], tuple[Id, Id, str]]:
    """Return which order each (customer, number) means: its customer, its id and its source.

    It is the customer's own, or of somebody who has become part of them. Of several that bear a number it is
    the one of the source `prefer`, else the latest.
    """
    pairs = sorted(set(wanted))
    families = absorbed_by({customer_id for customer_id, _ in pairs}) if pairs else {}
    asked = {
        (one, number): (customer_id, number)
        for customer_id, number in pairs
        for one in (customer_id, *families.get(customer_id, ()))
    }
    names = ("customer_id", "number", "source", "placed_at", "id")
    rows = select_matching(Order, names, ("customer_id", "number"), sorted(asked))
    found = {}
    for customer_id, number, source, _, order_id in sorted(
        rows, key=lambda row: (row[2] == prefer, *row[3:])
    ):
        found[asked[customer_id, number]] = (customer_id, order_id, source)
    return found
