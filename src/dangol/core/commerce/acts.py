"""What staff do to put an order right, done and written down together: by whom, when and why.

The services do the work (`moving`, `claims`); the reason and the actor stay with the order.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.milestones import Reached, note_reached
from dangol.core.commerce.models import Act, Order, OrderAct
from dangol.core.commerce.moving import move_order, undo_order
from dangol.core.commerce.selectors import OrderFacts, find_order
from dangol.core.people.actors import Actor, columns_of, require_reason
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_missing, select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.domain.milestones import Milestone

_COLUMNS = (
    "customer_id", "id", "order_id", "act", "other_order_id", "at", "actor_kind", "actor", "actor_name",
    "reason",
)  # fmt: skip


class ActView(NamedTuple):
    """An act, as it is read. `other_order_id` is the order it was before, or became."""

    act: str
    other_order_id: Id | None
    at: datetime
    actor: str
    actor_name: str
    reason: str


class Why(NamedTuple):
    """Who does it and why; `form` names the form this comes from, so that sent twice it is kept once."""

    form: Id
    actor: Actor
    reason: str


def undo_for_reason(order: OrderFacts, why: Why, *, at: datetime) -> None:
    """Reverse all that is left of an order. Raises ReasonMissing and as `undo_order`."""
    require_reason(why.reason)
    with write_transaction():
        undo_order(order, at=at)
        note_act(order.customer_id, order.id, Act.UNDONE, None, why, at)


def move_for_reason(order: OrderFacts, why: Why, *, to: Id, at: datetime) -> OrderFacts:
    """Give an order to another member; returns the new one. Raises ReasonMissing and as `move_order`."""
    require_reason(why.reason)
    with write_transaction():
        made = find_order(show_id(move_order(order, to=to, at=at)))
        note_move(order, made, why, at)
    return made


def tell_for_reason(order: OrderFacts, milestone: Milestone, why: Why, *, at: datetime) -> None:
    """Note in its buyer's place how far an order has come; what was told before stays as it is.

    Raises ReasonMissing, and as `note_reached` refuses.
    """
    require_reason(why.reason)
    reached = Reached(order.customer_id, order.id, order.source, order.number, milestone, at)
    with write_transaction():
        [noted] = note_reached([reached], recorded_at=at)
        if noted.refusal:
            raise noted.refusal
        if noted.is_new:
            note_act(noted.order.customer_id, noted.order.order_id, Act(milestone), None, why, at)


def note_move(order: OrderFacts, made: OrderFacts, why: Why, at: datetime) -> None:
    """Write down with both orders that one became the other; of the same form once."""
    if note_act(order.customer_id, order.id, Act.MOVED, made.id, why, at):
        note_act(made.customer_id, made.id, Act.RECEIVED, order.id, why._replace(form=new_id()), at)


def claim_for_reason(order: OrderFacts, why: Why, *, to: Id, at: datetime, within: timedelta) -> OrderFacts:
    """Give a guest's order to who made it. Raises ReasonMissing and as `claim_guest_order`."""
    require_reason(why.reason)
    with write_transaction():
        claim_guest_order(
            source=order.source, number=order.number, customer_id=to, recorded_at=at, within=within
        )
        note_act(to, order.id, Act.CLAIMED, None, why, at)
    return find_order(f"{order.source}:{order.number}")


def note_act(owner: Id, order_id: Id, act: Act, other: Id | None, why: Why, at: datetime) -> bool:
    """Write an act down, inside the act's own write transaction; returns whether it was not yet."""
    who = columns_of(why.actor).values()
    row = (owner, why.form, order_id, act.value, other, at, *who, require_reason(why.reason))
    return bool(insert_missing(OrderAct, _COLUMNS, [row]))


def acts_of(customer_id: Id, order_id: Id) -> list[ActView]:
    """Return what staff have done to an order, the latest first."""
    rows = select_matching(
        OrderAct, ActView._fields, ("customer_id", "order_id"), [(customer_id, order_id)],
        order_by=("at", "id"),
    )  # fmt: skip
    return [ActView(*row) for row in reversed(rows)]


def numbers_of(order_ids: Sequence[Id]) -> dict[Id, tuple[str, str]]:
    """Return the source and number of each of these orders that are there."""
    rows = Order.objects.filter(id__in=order_ids).values_list("id", "source", "number")
    return {order_id: (source, number) for order_id, source, number in rows}
