"""Goods that come back, linked to the sale they undo."""

from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from dangol.core.commerce.drafts import OrderDraft, Outcome, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.events import OrderReturned, ReturnedLine
from dangol.core.commerce.models import Order, OrderLine, OrderNumber, Return, ReturnLine, ReturnNumber
from dangol.core.commerce.services import (
    NumberTaken,
    find_numbers,
    former_owners,
    hash_content,
    store_orders,
    take_numbers,
)
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import find_guests
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction

_RETURN = (
    "id", "customer_id", "source", "number", "order_id",
    "returned_at", "recorded_at", "currency", "net_minor",
)  # fmt: skip
_LINE = (
    "customer_id", "return_id", "number", "product_id",
    "order_id", "order_line", "quantity_milli", "net_minor",
)  # fmt: skip


class _Sold(NamedTuple):
    """An order line something may still be brought back from."""

    placed_at: datetime
    order_id: Id
    number: int
    product_id: Id

    def fits(self, draft: ReturnDraft, line: ReturnLineDraft, order_id: Id | None) -> bool:
        """Whether the returned line may have come from here; `order_id` is the order it names, if known."""
        if order_id is None:
            return self.placed_at <= draft.returned_at
        return self.order_id == order_id and line.order_line in (None, self.number)


_Part: TypeAlias = tuple[ReturnLineDraft, _Sold | None]


class _Linked(NamedTuple):
    """A return, each line with the order line found for it (or none)."""

    return_id: Id
    draft: ReturnDraft
    lines: list[_Part]

    @property
    def order_id(self) -> Id | None:
        """The order all linked lines belong to; none where they belong to several or to none."""
        orders = {sold.order_id for _, sold in self.lines if sold}
        return orders.pop() if len(orders) == 1 else None


def record_returns(drafts: Sequence[ReturnDraft], *, recorded_at: datetime) -> list[Outcome]:
    """Store returns and put `order.returned` on the timeline; returns an outcome for each draft.

    A line is linked to its order by the order's number, else to the latest earlier sale of the same
    product to the same customer that has as much left to bring back, else kept unlinked. A line may come
    back from several lines of the order named. A repeat is recognized by (source, number).
    """
    require_write_transaction()
    drafts = _of_owners(drafts)
    lock_customers(draft.customer_id for draft in drafts)
    outcomes, told = _store_returns(drafts, _Shelf(drafts), recorded_at=recorded_at)
    record_batch(told, recorded_at=recorded_at)
    return outcomes


def record_sales(
    orders: Sequence[OrderDraft], returns: Sequence[ReturnDraft], *, recorded_at: datetime
) -> tuple[list[Outcome], list[Outcome]]:
    """Store orders and returns of one file, and put them on the timeline together, in time order.

    So a return is told before the orders that came after it, as it was at the till. Returns an outcome
    for each order and for each return.
    """
    require_write_transaction()
    returns = _of_owners(returns)
    # All at once and before any number is taken: a writer that holds numbers must not wait for customers.
    lock_customers([*(order.customer_id for order in orders), *(one.customer_id for one in returns)])
    shelf = _Shelf(returns)
    placed, sold = store_orders(orders, recorded_at=recorded_at)
    for draft, outcome in zip(orders, placed, strict=True):
        if not outcome.repeated and not outcome.conflict:
            shelf.add(outcome.id, draft)
    returned, brought_back = _store_returns(returns, shelf, recorded_at=recorded_at)
    told = sorted([*sold, *brought_back], key=lambda draft: draft.occurred_at)
    record_batch(told, recorded_at=recorded_at)
    return placed, returned


def _of_owners(drafts: Sequence[ReturnDraft]) -> Sequence[ReturnDraft]:
    """Have each return be of the customer its order is of, where that one has become part of who brings it.

    An order stays under the id it was made under, and so does what undoes it.
    """
    numbers = [(draft.source, draft.order_number) for draft in drafts if draft.order_number]
    owners = {key: found.customer_id for key, found in find_numbers(OrderNumber, "order_id", numbers).items()}
    of_order = [owners.get((draft.source, draft.order_number or "")) for draft in drafts]
    differing = {
        owner for owner, draft in zip(of_order, drafts, strict=True) if owner and owner != draft.customer_id
    }
    if not differing:
        return drafts
    now = resolve_merged(differing)
    return [
        draft._replace(customer_id=owner) if owner and now.get(owner) == draft.customer_id else draft
        for owner, draft in zip(of_order, drafts, strict=True)
    ]


def _store_returns(
    drafts: Sequence[ReturnDraft], shelf: "_Shelf", *, recorded_at: datetime
) -> tuple[list[Outcome], list[Draft]]:
    """Store returns; returns an outcome for each draft, and what is to be put on the timeline."""
    guests = _guests_among(drafts)
    offered = [
        NumberTaken(new_id(), draft.customer_id, _hash(draft, is_guest=draft.customer_id in guests))
        for draft in drafts
    ]
    taken = take_numbers(
        ReturnNumber,
        "return_id",
        [((draft.source, draft.number), one) for draft, one in zip(drafts, offered, strict=True)],
    )
    tellers = former_owners([draft.customer_id for draft in drafts], offered, taken)
    outcomes, fresh = [], []
    for draft, ours, kept, teller in zip(drafts, offered, taken, tellers, strict=True):
        if kept.id == ours.id:
            lines = [part for line in draft.lines for part in shelf.take(draft, line)]
            linked = _Linked(ours.id, draft, lines)
            fresh.append(linked)
            outcomes.append(Outcome(ours.id, draft.customer_id, is_linked=linked.order_id is not None))
        else:
            # A guest's return may have gone to the member who claimed the order since.
            told = draft if teller is None else draft._replace(customer_id=teller)
            same = kept.content_hash in {_hash(told, is_guest=False), _hash(draft, is_guest=True)}
            outcomes.append(Outcome(kept.id, kept.customer_id, repeated=same, conflict=not same))
    _store(fresh, recorded_at)
    return outcomes, [_event(one, is_guest=one.draft.customer_id in guests) for one in fresh]


def _guests_among(drafts: Sequence[ReturnDraft]) -> set[Id]:
    """Return which of the customers are guests: as told, else as recorded."""
    told = {draft.customer_id for draft in drafts if draft.is_guest}
    return told | find_guests(draft.customer_id for draft in drafts if draft.is_guest is None)


def _hash(draft: ReturnDraft, *, is_guest: bool) -> bytes:
    """Return what makes a return the same return when it is told again.

    Not the product's category, which the catalog may have changed since, and not who a guest was.
    """
    lines = [(line.product, *line[3:]) for line in draft.lines]
    owner = None if is_guest else draft.customer_id
    return hash_content(owner, draft.returned_at, draft.currency, lines, draft.order_number)


class _Shelf:
    """What the customers of a batch of returns have bought and not yet brought back.

    As recorded when it is made; what is sold from then on has to be added.
    """

    def __init__(self, drafts: Sequence[ReturnDraft]) -> None:
        numbers = [(one.source, one.order_number) for one in drafts if one.order_number]
        self._named = {key: found.id for key, found in find_numbers(OrderNumber, "order_id", numbers).items()}
        self._lines: dict[tuple[Id, Id], list[_Sold]] = defaultdict(list)
        self._left: dict[tuple[Id, int], int] = {}
        self._wanted = {(draft.customer_id, line.product_id) for draft in drafts for line in draft.lines}
        sold = select_matching(
            OrderLine,
            ("customer_id", "order_id", "number", "product_id", "quantity_milli"),
            ("customer_id", "product_id"),
            sorted(self._wanted),
        )
        orders = sorted({line[:2] for line in sold})
        placed: dict[Id, datetime] = dict(
            select_matching(Order, ("id", "placed_at"), ("customer_id", "id"), orders)
        )
        for customer_id, order_id, number, product_id, quantity in sold:
            line = _Sold(placed[order_id], order_id, number, product_id)
            insort(self._lines[customer_id, product_id], line)
            self._left[order_id, number] = quantity
        for order_id, number, quantity in select_matching(
            ReturnLine, ("order_id", "order_line", "quantity_milli"), ("customer_id", "order_id"), orders
        ):
            if (order_id, number) in self._left:
                self._left[order_id, number] -= quantity

    def add(self, order_id: Id, draft: OrderDraft) -> None:
        """Put what an order has just sold on the shelf, where a return may be about it."""
        self._named.setdefault((draft.source, draft.number), order_id)
        for number, line in enumerate(draft.lines, start=1):
            if (draft.customer_id, line.product_id) in self._wanted:
                sold = _Sold(draft.placed_at, order_id, number, line.product_id)
                insort(self._lines[draft.customer_id, line.product_id], sold)
                self._left[order_id, number] = line.quantity_milli

    def take(self, draft: ReturnDraft, line: ReturnLineDraft) -> list[_Part]:
        """Return the line with the order line it undoes, and count its quantity as brought back.

        Where no single line of the order named has as much left but several together have, the line comes
        back in parts.
        """
        order_id = self._named.get((draft.source, draft.order_number or ""))
        fitting = [
            sold
            for sold in reversed(self._lines[draft.customer_id, line.product_id])
            if sold.fits(draft, line, order_id)
        ]
        wanted = line.quantity_milli
        for sold in fitting:
            if self._left[sold.order_id, sold.number] >= wanted:
                self._left[sold.order_id, sold.number] -= wanted
                return [(line, sold)]
        if order_id is None or sum(self._left[sold.order_id, sold.number] for sold in fitting) < wanted:
            return [(line, None)]
        return self._split(line, fitting)

    def _split(self, line: ReturnLineDraft, order_lines: Sequence[_Sold]) -> list[_Part]:
        """Spread the line over the order's lines, in their order; its money in proportion, to the unit."""
        parts: list[_Part] = []
        quantity = net = 0
        for sold in sorted(order_lines):
            part = min(self._left[sold.order_id, sold.number], line.quantity_milli - quantity)
            if part > 0:
                self._left[sold.order_id, sold.number] -= part
                quantity += part
                share = line.net_minor * quantity // line.quantity_milli - net
                net += share
                parts.append((line._replace(quantity_milli=part, net_minor=share), sold))
        return parts


def _store(fresh: Sequence[_Linked], recorded_at: datetime) -> None:
    insert_rows(Return, _RETURN, [_return_row(one, recorded_at) for one in fresh])
    insert_rows(
        ReturnLine,
        _LINE,
        [
            (
                one.draft.customer_id, one.return_id, number, line.product_id,
                sold.order_id if sold else None, sold.number if sold else None,
                line.quantity_milli, line.net_minor,
            )
            for one in fresh
            for number, (line, sold) in enumerate(one.lines, start=1)
        ],
    )  # fmt: skip


def _return_row(one: _Linked, recorded_at: datetime) -> tuple[Any, ...]:
    draft = one.draft
    return (
        one.return_id, draft.customer_id, draft.source, draft.number, one.order_id,
        draft.returned_at, recorded_at, draft.currency, sum(line.net_minor for line in draft.lines),
    )  # fmt: skip


def _event(one: _Linked, *, is_guest: bool) -> Draft:
    draft = one.draft
    payload = OrderReturned(
        source=draft.source,
        number=draft.number,
        currency=draft.currency,
        net_minor=sum(line.net_minor for line in draft.lines),
        lines=[
            ReturnedLine(
                line.product,
                line.category,
                line.quantity_milli,
                line.net_minor,
                show_id(sold.order_id) if sold else None,
                sold.number if sold else None,
            )
            for line, sold in one.lines
        ],
        is_guest=is_guest,
        is_undo=draft.is_undo,
    )
    return Draft(draft.customer_id, payload, draft.returned_at, one.return_id)
