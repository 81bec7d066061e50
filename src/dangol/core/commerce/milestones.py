"""How far orders have come since they were placed: delivered, confirmed. Each is told once for good."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.commerce.events import OrderConfirmed, OrderDelivered
from dangol.core.commerce.models import (
    Act,
    Order,
    OrderAct,
    OrderLine,
    OrderMilestone,
    OrderNumber,
    ReturnLine,
)
from dangol.core.commerce.selectors import OrderFacts, find_order
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.merged import absorbed_by, kin_of
from dangol.core.storage.columns import Row
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.calendars import CLOCKS_DIFFER
from dangol.domain.errors import DomainError
from dangol.domain.milestones import Milestone

_MILESTONE = ("customer_id", "order_id", "milestone", "at", "recorded_at")
# What an order is found by, and chosen by among several.
_NUMBERED = ("customer_id", "number", "source", "placed_at", "id")
_EVENTS = {Milestone.DELIVERED: OrderDelivered, Milestone.CONFIRMED: OrderConfirmed}


class NothingLeft(DomainError):
    """All of the order (`order`) has come back already."""

    code = "order.nothing_left"


class BeforePlaced(DomainError):
    """The order (`order`) was placed later, at `placed_at`, than it is said to have come so far (`at`), by
    more than clocks differ.
    """

    code = "order.before_placed"


class Reached(NamedTuple):
    """An order, by its customer, its id, its source and number, has come so far at an instant."""

    customer_id: Id
    order_id: Id
    source: str
    number: str
    milestone: Milestone
    at: datetime


class Stands(NamedTuple):
    """An order that stands in the place of one that was given away: its customer, id, source and number."""

    customer_id: Id
    order_id: Id
    source: str
    number: str


class Noted(NamedTuple):
    """What became of it: of the order that stands, whether it is news; or why it cannot be."""

    order: Reached
    is_new: bool
    refusal: DomainError | None = None


def note_reached(reached: Sequence[Reached], *, recorded_at: datetime) -> list[Noted]:
    """Note how far orders have come, and put it on the timeline; returns of each what became of it.

    Of an order that was given to another it is told of the one that stands in its place. What was told before
    stays as it was told first. Nothing came to pass later than it is heard of. Refused is what would lie
    before the order (BeforePlaced) by more than clocks differ, else it came to pass with it; and what is told
    of one that has come back whole (NothingLeft).
    Must be called inside the write transaction; a constant number of statements.
    """
    require_write_transaction()
    standing = _lock_standing(reached)
    keys = sorted({(one.customer_id, one.order_id) for one in standing})
    known = {row[:3] for row in _read(keys)}
    may_come = _MayCome(keys)
    noted, fresh = [], []
    for one in standing:
        key = (one.customer_id, one.order_id, one.milestone.value)
        refusal = None if key in known else may_come.refusal_of(one)
        is_new = key not in known and refusal is None
        noted.append(Noted(one, is_new, refusal))
        if is_new:
            known.add(key)
            fresh.append(one._replace(at=min(max(one.at, may_come.placed_at(one)), recorded_at)))
    rows = [(one.customer_id, one.order_id, one.milestone.value, one.at, recorded_at) for one in fresh]
    insert_rows(OrderMilestone, _MILESTONE, rows)
    record_batch([_told(one) for one in fresh], recorded_at=recorded_at)
    return noted


class _MayCome:
    """Which of these (customer, order) pairs can come further: what is back whole comes to nothing more."""

    def __init__(self, keys: Sequence[tuple[Id, Id]]) -> None:
        own = ("customer_id", "order_id")
        placed = select_matching(Order, ("customer_id", "id", "placed_at"), ("customer_id", "id"), keys)
        self._placed_at: dict[tuple[Id, Id], datetime] = {row[:2]: row[2] for row in placed}
        left: Counter[tuple[Id, Id, int]] = Counter()
        for *line, quantity in select_matching(OrderLine, (*own, "number", "quantity_milli"), own, keys):
            left[*line] += quantity
        back = select_matching(ReturnLine, (*own, "order_line", "quantity_milli"), own, keys)
        for customer_id, order_id, line, quantity in back:
            left[customer_id, order_id, line or 0] -= quantity
        self._has_returns = {row[:2] for row in back}
        self._has_left = {key[:2] for key, quantity in left.items() if quantity > 0}

    def placed_at(self, one: Reached) -> datetime:
        """Return when its order was placed."""
        return self._placed_at[one.customer_id, one.order_id]

    def refusal_of(self, one: Reached) -> DomainError | None:
        """Return why this cannot be, or nothing."""
        key = (one.customer_id, one.order_id)
        if key in self._has_returns - self._has_left:
            return NothingLeft(order=one.number)
        placed_at = self.placed_at(one)
        if one.at < placed_at - CLOCKS_DIFFER:
            instants = {"at": one.at.isoformat(), "placed_at": placed_at.isoformat()}
            return BeforePlaced(order=one.number, **instants)
        return None


def find_standing(order: OrderFacts) -> OrderFacts:
    """Return the order that stands in the place of one that was given to another; itself where it stands."""
    asked = Reached(
        order.customer_id, order.id, order.source, order.number, Milestone.CONFIRMED, order.placed_at
    )
    [now] = _standing([asked])
    return find_order(show_id(now.order_id))


def _lock_standing(reached: Sequence[Reached]) -> list[Reached]:
    """Return the orders that stand, once their customers cannot change any more.

    Locked are all who have been one with them, too: it is their points that open. An order claimed or given
    away before it was locked is looked for anew.
    """
    locked: set[Id] = set()
    while True:
        standing = _standing(reached)
        kin = kin_of(one.customer_id for one in standing)
        wanted = {one for own in kin.values() for one in own}
        if wanted <= locked:
            return standing
        lock_customers(wanted)
        locked |= wanted


def _standing(reached: Sequence[Reached]) -> list[Reached]:
    """Return these with whose each order is by now, and with what stands in place of one given away."""
    numbers = sorted({(one.source, one.number) for one in reached})
    own = ("source", "number")
    owners = {row[:2]: row[2] for row in select_matching(OrderNumber, (*own, "customer_id"), own, numbers)}
    now = [one._replace(customer_id=owners[one.source, one.number]) for one in reached]
    moved = find_moved({(one.customer_id, one.order_id) for one in now})
    return [
        one._replace(**moved[key]._asdict()) if (key := (one.customer_id, one.order_id)) in moved else one
        for one in now
    ]


def find_moved(keys: Collection[tuple[Id, Id]]) -> dict[tuple[Id, Id], Stands]:
    """Return what stands in the place of each (customer, order) that was given away, however often."""
    found = step = _moved(keys)
    while step := _moved({(one.customer_id, one.order_id) for one in step.values()}):
        found = {key: step.get((one.customer_id, one.order_id), one) for key, one in found.items()}
    return found


def _moved(keys: Collection[tuple[Id, Id]]) -> dict[tuple[Id, Id], Stands]:
    """Return which order has taken the place of each of these that was given away, one step."""
    own = ("customer_id", "order_id")
    acts = select_matching(
        OrderAct, (*own, "other_order_id"), own, sorted(keys), where="t.act = %s", params=[Act.MOVED.value]
    )
    names = ("id", "customer_id", "source", "number")
    made = {
        order_id: Stands(customer_id, order_id, source, number)
        for order_id, customer_id, source, number in select_matching(
            Order, names, ("id",), sorted({(other,) for *_, other in acts})
        )
    }
    return {(customer_id, order_id): made[other] for customer_id, order_id, other in acts}


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
) -> dict[tuple[Id, str], tuple[Id, Id, str, str]]:
    """Return which order each (customer, number) means: its customer, its id, its source and its own number.

    It is the customer's own, or of somebody who has become part of them; else what was given to them and bore
    the number before. Of several that bear a number it is the one of the source `prefer`, else the latest.
    """
    pairs = sorted(set(wanted))
    families = absorbed_by({customer_id for customer_id, _ in pairs}) if pairs else {}
    asked = {
        (one, number): (customer_id, number)
        for customer_id, number in pairs
        for one in (customer_id, *families.get(customer_id, ()))
    }
    rows = select_matching(Order, _NUMBERED, ("customer_id", "number"), sorted(asked))
    found = _chosen(((row[:2], row) for row in rows), asked, prefer)
    lacking = {key: pair for key, pair in asked.items() if pair not in found}
    return found | _chosen(_received({one for one, _ in lacking}), lacking, prefer)


def _chosen(
    borne: Iterable[tuple[tuple[Id, str], Row]], asked: Mapping[tuple[Id, str], tuple[Id, str]], prefer: str
) -> dict[tuple[Id, str], tuple[Id, Id, str, str]]:
    """Return of those asked for which order bears the number, of (customer, number) and the order's row."""
    found = {}
    for key, (customer_id, number, source, _, order_id) in sorted(
        borne, key=lambda one: (one[1][2] == prefer, *one[1][3:])
    ):
        if key in asked:
            found[asked[key]] = (customer_id, order_id, source, number)
    return found


def _received(customers: Collection[Id]) -> Iterator[tuple[tuple[Id, str], Row]]:
    """Yield each order that was given to these customers, under every number it bore with others before."""
    own = ("customer_id", "order_id")
    acts = select_matching(
        OrderAct, (*own, "other_order_id"), own[:1], [(one,) for one in sorted(customers)],
        where="t.act = %s", params=[Act.RECEIVED.value],
    )  # fmt: skip
    rows = select_matching(Order, _NUMBERED, ("customer_id", "id"), [act[:2] for act in acts])
    here = {row[4]: row for row in rows}
    before = [(other, here[order_id]) for _, order_id, other in acts if order_id in here]
    while before:
        rows = select_matching(Order, _NUMBERED, ("id",), sorted({(other,) for other, _ in before}))
        earlier = {row[4]: row for row in rows}
        yield from (((now[0], earlier[other][1]), now) for other, now in before if other in earlier)
        acts = select_matching(
            OrderAct, (*own, "other_order_id"), own, sorted({(row[0], row[4]) for row in rows}),
            where="t.act = %s", params=[Act.RECEIVED.value],
        )  # fmt: skip
        came_from = {order_id: other for _, order_id, other in acts}
        before = [(came_from[other], now) for other, now in before if other in came_from]
