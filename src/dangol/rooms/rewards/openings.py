"""Points that wait for their order: once it has come so far, they open, sooner than time would have it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from dangol.core.commerce.events import OrderConfirmed, OrderDelivered
from dangol.core.commerce.milestones import milestones_of
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.ledger.events import MergeReceived
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.ledger.services import Order, apply
from dangol.core.people.merged import kin_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.calendars import start_of_day
from dangol.domain.points import Open
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.models import Accrual, AccrualPortion
from dangol.rooms.rewards.whys import find_judged

NAMES = frozenset({OrderDelivered.event, OrderConfirmed.event, MergeReceived.event})
_OWN = ("customer_id", "order_id")
# Points of an order (its customer, its id, their currency) that open no sooner than the last.
Waiting = tuple[Id, Id, str, datetime | None]


def open_reached(events: Sequence[Recorded]) -> None:
    """Open what waited for these orders to come as far as they have, and what has just come with a merge.

    Told while points are on their way to another, it finds them with nobody: so whoever receives some asks.
    """
    recorded_at = max(event.recorded_at for event in events)
    about = [(event.customer_id, event.subject_id, event.name) for event in events if event.subject_id]
    come = {(owner, order_id) for owner, order_id, name in about if name != MergeReceived.event}
    open_of_orders(sorted(come), recorded_at=recorded_at)
    arrived = [(owner, transfer_id) for owner, transfer_id, name in about if name == MergeReceived.event]
    if orders := _orders_of(arrived):
        # Whoever receives is locked; of the others there is nothing that has just come.
        here = {receiver for receiver, _ in arrived}
        _open(orders, {buyer: here for buyer, _ in orders}, recorded_at)


def open_of_orders(keys: Collection[tuple[Id, Id]], *, recorded_at: datetime) -> None:
    """Open the points of these (customer, order) pairs that wait for what has come by now.

    It goes by how things stand: done twice it comes to the same, and what the night has opened, or a return
    has taken, is not touched. The points are looked for with all who have ever been one with the buyer: where
    two are parted, they are with the other until the worker comes by. Inside a write transaction; a constant
    number of statements for each kind of points.
    """
    _open(keys, None, recorded_at)


def _open(
    keys: Collection[tuple[Id, Id]], holders: Mapping[Id, Collection[Id]] | None, recorded_at: datetime
) -> None:
    """Open them with those who may hold each buyer's points; None: whoever has been one with the buyer."""
    come = milestones_of(sorted(keys)) if keys else {}
    lots = waiting_lots(sorted(come))
    if not lots:
        return
    holders = kin_of(customer_id for customer_id, *_ in lots) if holders is None else holders
    lock_customers({one for own in holders.values() for one in own})
    orders: dict[str, list[Order]] = defaultdict(list)
    for (customer_id, order_id, currency, floor), roots in lots.items():
        for milestone, at in come[customer_id, order_id].items():
            command = Open(
                frozenset(roots), milestone.meets, min(at, recorded_at), recorded_at, floor, order_id
            )
            orders[currency] += [Order(one, command) for one in holders[customer_id]]
    for currency, own in orders.items():
        apply(own, currency, recorded_at=recorded_at)


def _orders_of(arrived: Sequence[tuple[Id, Id]]) -> set[tuple[Id, Id]]:
    """Return of which orders, by their buyers, points that wait have come by these (customer, transfer)."""
    came = select_matching(
        Lot, ("customer_id", "root_id"), ("customer_id", "transfer_id"), arrived,
        where="t.awaits IS NOT NULL AND t.is_pending",
    )  # fmt: skip
    kin = kin_of(customer_id for customer_id, _ in came)
    began = [(one, root_id) for customer_id, root_id in came for one in kin[customer_id]]
    made = select_matching(Lot, ("customer_id", "transfer_id"), ("customer_id", "id"), sorted(set(began)))
    keys = select_matching(Transfer, ("customer_id", "key"), ("customer_id", "id"), made)
    found = ((buyer, find_judged(key)) for buyer, key in keys)
    return {(buyer, judged.order_id) for buyer, judged in found if judged}


def waiting_points(customer_id: Id, order_id: Id) -> int:
    """Return how many points of an order wait for what it is to come to, with whomever they are by now."""
    roots = {root_id for own in waiting_lots([(customer_id, order_id)]).values() for root_id in own}
    family = kin_of([customer_id])[customer_id]
    lots = Lot.objects.filter(customer_id__in=family, is_pending=True, left__gt=0, awaits__isnull=False)
    rows = lots.values_list("id", "root_id", "left")
    return sum(left for lot_id, root_id, left in rows if (root_id or lot_id) in roots)


def waiting_lots(keys: Sequence[tuple[Id, Id]]) -> dict[Waiting, set[Id]]:
    """Return the lots, as they began, that wait for these orders, by customer, order, kind and floor.

    Only a rule of its own terms lets points wait, so that each of them is a portion.
    """
    names = (*_OWN, "program_id", "accrual_number", "lot_id")
    portions = select_matching(
        AccrualPortion, names, _OWN, keys, where="t.points > 0 AND t.rule_id IS NOT NULL"
    )
    lots = {
        (customer_id, lot_id): root_id or lot_id
        for customer_id, lot_id, root_id in select_matching(
            Lot, ("customer_id", "id", "root_id"), ("customer_id", "id"),
            [(row[0], row[4]) for row in portions], where="t.awaits IS NOT NULL",
        )
    }  # fmt: skip
    if not lots:
        return {}
    numbered = (*_OWN, "program_id", "number")
    bought_at = {
        row[:4]: row[4]
        for row in select_matching(Accrual, (*numbered, "at"), numbered, [row[:4] for row in portions])
    }
    programs = {running.id: running for running in current_programs()}
    found: dict[Waiting, set[Id]] = defaultdict(set)
    for customer_id, order_id, program_id, number, lot_id in portions:
        if root_id := lots.get((customer_id, lot_id)):
            running = programs[program_id]
            terms = running.rules.terms_at(bought_at[customer_id, order_id, program_id, number])
            floor = start_of_day(terms.opens_on, terms.zone) if terms.opens_on else None
            found[customer_id, order_id, running.row.points_currency, floor].add(root_id)
    return found
