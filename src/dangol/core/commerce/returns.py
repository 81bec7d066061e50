"""Goods that come back, linked to the sale they undo."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.commerce.drafts import OrderDraft, Outcome, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.events import OrderReturned, ReturnedLine
from dangol.core.commerce.models import Order, OrderLine, OrderNumber, Return, ReturnLine, ReturnNumber
from dangol.core.commerce.services import NumberTaken, find_numbers, hash_content, store_orders
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
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


class _Linked(NamedTuple):
    """A return, each line with the order line found for it (or none)."""

    return_id: Id
    draft: ReturnDraft
    content_hash: bytes
    lines: list[tuple[ReturnLineDraft, _Sold | None]]

    @property
    def order_id(self) -> Id | None:
        """The order all linked lines belong to; none where they belong to several or to none."""
        orders = {sold.order_id for _, sold in self.lines if sold}
        return orders.pop() if len(orders) == 1 else None


def record_returns(drafts: Sequence[ReturnDraft], *, recorded_at: datetime) -> list[Outcome]:
    """Store returns and put `order.returned` on the timeline; returns an outcome for each draft.

    A line is linked to its order by the order's number, else to the latest earlier sale of the same
    product to the same customer that has as much left to bring back, else kept unlinked. A repeat is
    recognized by (source, number).
    """
    outcomes, told = store_returns(drafts, recorded_at=recorded_at)
    record_batch(told, recorded_at=recorded_at)
    return outcomes


def record_sales(
    orders: Sequence[OrderDraft], returns: Sequence[ReturnDraft], *, recorded_at: datetime
) -> tuple[list[Outcome], list[Outcome]]:
    """Store orders and returns of one file, and put them on the timeline together, in time order.

    So a return is told before the orders that came after it, as it was at the till. Returns an outcome
    for each order and for each return.
    """
    placed, sold = store_orders(orders, recorded_at=recorded_at)
    returned, brought_back = store_returns(returns, recorded_at=recorded_at)
    told = sorted([*sold, *brought_back], key=lambda draft: draft.occurred_at)
    record_batch(told, recorded_at=recorded_at)
    return placed, returned


def store_returns(
    drafts: Sequence[ReturnDraft], *, recorded_at: datetime
) -> tuple[list[Outcome], list[Draft]]:
    """Store returns; returns an outcome for each draft, and what is to be put on the timeline."""
    require_write_transaction()
    lock_customers(draft.customer_id for draft in drafts)
    known = find_numbers(ReturnNumber, "return_id", [(draft.source, draft.number) for draft in drafts])
    shelf = _Shelf(drafts)
    outcomes, fresh = [], []
    for draft in drafts:
        content_hash = hash_content(*_content(draft))
        if earlier := known.get((draft.source, draft.number)):
            same = earlier.content_hash == content_hash
            outcomes.append(Outcome(earlier.id, earlier.customer_id, repeated=same, conflict=not same))
            continue
        linked = _Linked(
            new_id(), draft, content_hash, [(line, shelf.take(draft, line)) for line in draft.lines]
        )
        known[draft.source, draft.number] = NumberTaken(linked.return_id, draft.customer_id, content_hash)
        fresh.append(linked)
        outcomes.append(Outcome(linked.return_id, draft.customer_id))
    _store(fresh, recorded_at)
    return outcomes, [_event(one) for one in fresh]


def _content(draft: ReturnDraft) -> tuple[Any, ...]:
    """Return what makes a return the same return when it is told again; the catalog may have changed."""
    lines = [(line.product, *line[3:]) for line in draft.lines]
    return draft.customer_id, draft.returned_at, draft.currency, lines, draft.order_number


class _Shelf:
    """What the customers of a batch of returns have bought and not yet brought back."""

    def __init__(self, drafts: Sequence[ReturnDraft]) -> None:
        numbers = [(one.source, one.order_number) for one in drafts if one.order_number]
        self._named = {key: found.id for key, found in find_numbers(OrderNumber, "order_id", numbers).items()}
        customers = [(key,) for key in {draft.customer_id for draft in drafts}]
        self._lines: dict[tuple[Id, Id], list[_Sold]] = defaultdict(list)
        self._left: dict[tuple[Id, int], int] = {}
        wanted = {line.product_id for draft in drafts for line in draft.lines}
        placed: dict[Id, datetime] = dict(
            select_matching(Order, ("id", "placed_at"), ("customer_id",), customers)
        )
        for customer_id, order_id, number, product_id, quantity in select_matching(
            OrderLine,
            ("customer_id", "order_id", "number", "product_id", "quantity_milli"),
            ("customer_id",),
            customers,
        ):
            if product_id in wanted:
                sold = _Sold(placed[order_id], order_id, number, product_id)
                self._lines[customer_id, product_id].append(sold)
                self._left[order_id, number] = quantity
        for lines in self._lines.values():
            lines.sort(reverse=True)
        for order_id, number, quantity in select_matching(
            ReturnLine, ("order_id", "order_line", "quantity_milli"), ("customer_id",), customers
        ):
            if (order_id, number) in self._left:
                self._left[order_id, number] -= quantity

    def take(self, draft: ReturnDraft, line: ReturnLineDraft) -> _Sold | None:
        """Return the order line this line undoes and count its quantity as brought back."""
        order_id = self._named.get((draft.source, draft.order_number or ""))
        for sold in self._lines[draft.customer_id, line.product_id]:
            fits = sold.order_id == order_id if order_id else sold.placed_at <= draft.returned_at
            if line.order_line is not None and order_id:
                fits = fits and sold.number == line.order_line
            if fits and self._left[sold.order_id, sold.number] >= line.quantity_milli:
                self._left[sold.order_id, sold.number] -= line.quantity_milli
                return sold
        return None


def _store(fresh: Sequence[_Linked], recorded_at: datetime) -> None:
    insert_rows(
        ReturnNumber,
        ("source", "number", "customer_id", "return_id", "content_hash"),
        [
            (one.draft.source, one.draft.number, one.draft.customer_id, one.return_id, one.content_hash)
            for one in fresh
        ],
    )
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


def _event(one: _Linked) -> Draft:
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
    )
    return Draft(draft.customer_id, payload, draft.returned_at, one.return_id)
