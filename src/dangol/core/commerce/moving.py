"""Orders undone, and given to whom they belong: as a reversal, and where wanted a new order."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.commerce.catalog import find_products
from dangol.core.commerce.drafts import LineDraft, OrderDraft, Outcome, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.milestones import NothingLeft, Reached, milestones_of, note_reached
from dangol.core.commerce.models import OrderNumber, ReturnLine
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.selectors import OrderFacts, WholeOrder, read_order
from dangol.core.commerce.services import place_orders
from dangol.core.events.services import lock_customers
from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.errors import DomainError

# What is added to an order's own number: for its reversal, and for the order made in its place.
UNDONE, MOVED = "-undo", "-moved"


class PartlyReturned(DomainError):
    """Some of the order (`order`) has come back, so it cannot be another member's as a whole."""

    code = "order.partly_returned"


class SameMember(DomainError):
    """The order (`order`) is this member's already."""

    code = "order.same_member"


class _Left(NamedTuple):
    """What has not come back of a line: thousandths and minor units."""

    line: int
    product: str
    quantity_milli: int
    net_minor: int


def undo_order(order: OrderFacts, *, at: datetime) -> Id:
    """Reverse all that is left of an order: its goods come back, its points go, and so does a tier it gave.

    Returns the return's id.

    Must be called inside a write transaction. A second time changes nothing. Raises NothingLeft.
    """
    require_write_transaction()
    lock_customers(_family_of([order.customer_id]))
    return _undo(read_order(order.customer_id, order.id), at).id


def move_order(order: OrderFacts, *, to: Id, at: datetime) -> Id:
    """Give an order to the member who made it: it is reversed here and placed anew there, at its own instant.

    Must be called inside a write transaction. Returns the new order's id; a second time the same one.
    Raises SameMember, PartlyReturned or NothingLeft.
    """
    require_write_transaction()
    if to == order.customer_id:
        raise SameMember(order=order.number)
    lock_customers(_family_of([order.customer_id, to]))
    number = f"{order.number[: 64 - len(MOVED)]}{MOVED}"
    made = OrderNumber.objects.filter(source=order.source, number=number, customer_id=to).first()
    if made:
        return made.order_id
    whole = read_order(order.customer_id, order.id)
    if whole.returns:
        raise PartlyReturned(order=order.number)
    _undo(whole, at)
    made_id = place_orders([_again(whole, to, number)], recorded_at=at)[0].id
    come = milestones_of([(order.customer_id, order.id)]).get((order.customer_id, order.id), {})
    reached = [Reached(to, made_id, order.source, number, one, when) for one, when in come.items()]
    note_reached(reached, recorded_at=at)
    return made_id


def _family_of(customer_ids: Sequence[Id]) -> list[Id]:
    """Return these customers and who they are now: what a tier of theirs rests on may go."""
    return [*customer_ids, *resolve_merged(customer_ids).values()]


def _undo(whole: WholeOrder, at: datetime) -> Outcome:
    order = whole.facts
    number = f"{order.number[: 64 - len(UNDONE)]}{UNDONE}"
    if any(one.number == number for one in whole.returns):
        return next(Outcome(one.id, one.customer_id) for one in whole.returns if one.number == number)
    left = _left_of(whole)
    if not left:
        raise NothingLeft(order=order.number)
    products = find_products([one.product for one in left])
    lines = [
        ReturnLineDraft(
            products[one.product].id, one.product, products[one.product].category,
            one.quantity_milli, one.net_minor, one.line,
        )
        for one in left
    ]  # fmt: skip
    draft = ReturnDraft(
        order.customer_id, order.source, number, at, order.currency, lines, order.number, is_undo=True
    )
    return record_returns([draft], recorded_at=at)[0]


def is_all_back(whole: WholeOrder) -> bool:
    """Return whether every line of an order has come back whole, whatever it cost."""
    return bool(whole.returns) and not _left_of(whole)


def _left_of(whole: WholeOrder) -> list[_Left]:
    back: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    rows = ReturnLine.objects.filter(customer_id=whole.facts.customer_id, order_id=whole.facts.id)
    for line, quantity, net in rows.values_list("order_line", "quantity_milli", "net_minor"):
        back[line or 0][0] += quantity
        back[line or 0][1] += net
    left = [
        _Left(
            line.number, line.product,
            line.quantity_milli - back[line.number][0], line.net_minor - back[line.number][1],
        )
        for line in whole.lines
    ]  # fmt: skip
    return [one for one in left if one.quantity_milli > 0]


def _again(whole: WholeOrder, to: Id, number: str) -> OrderDraft:
    order = whole.facts
    products = find_products([line.product for line in whole.lines])
    lines = [
        LineDraft(
            products[line.product].id, line.product, products[line.product].category,
            line.quantity_milli, line.list_minor, line.discount_minor, line.net_minor,
        )
        for line in whole.lines
    ]  # fmt: skip
    return OrderDraft(
        to, order.source, number, order.placed_at, order.currency, lines, order.store_id, whole.store,
        order.channel, tuple(whole.discounts), tuple(whole.tenders), earns=order.earns,
    )  # fmt: skip
