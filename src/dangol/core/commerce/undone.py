"""Orders that came back whole, in one return or in several: nothing was bought by them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from dangol.core.commerce.events import OrderReturned
from dangol.core.commerce.models import Order, OrderLine, ReturnLine
from dangol.core.events.models import Event
from dangol.core.events.records import Recorded
from dangol.core.storage.ids import Id, parse_id
from dangol.core.storage.rows import select_matching


class Undone(NamedTuple):
    """An order of which all has come back."""

    customer_id: Id
    placed_at: datetime
    currency: str


def find_undone(returns: Sequence[Recorded]) -> list[Undone]:
    """Return the orders of which these returns brought back the last there was, each with one return only.

    Whether a return is that one follows from what was sold and from the returns before it on the customer's
    timeline, and from nothing recorded since. Four statements.
    """
    touched: dict[tuple[Id, Id], set[int]] = defaultdict(set)
    for event in returns:
        assert isinstance(event.payload, OrderReturned)
        for line in event.payload.lines:
            if line.order:
                touched[event.customer_id, parse_id(line.order)].add(event.customer_seq)
    last = _last_returns(sorted(touched))
    undone = [key for key, seqs in sorted(touched.items()) if last.get(key) in seqs]
    rows = select_matching(Order, ("customer_id", "placed_at", "currency"), ("customer_id", "id"), undone)
    return [Undone(*row) for row in rows]


def _last_returns(orders: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, Id], int]:
    """Return which event of its customer's brought back the last of an order; none of which there is left."""
    keys = ("customer_id", "order_id")
    sold = select_matching(OrderLine, (*keys, "number", "quantity_milli"), keys, orders)
    parts = select_matching(ReturnLine, (*keys, "order_line", "return_id", "quantity_milli"), keys, orders)
    seqs = {
        (owner, return_id): seq
        for owner, return_id, seq in select_matching(
            Event,
            ("customer_id", "subject_id", "customer_seq"),
            ("customer_id", "subject_id"),
            sorted({(part[0], part[3]) for part in parts}),
            where="t.name = %s",
            params=[OrderReturned.event],
        )
    }
    back: dict[tuple[Id, Id, int], list[tuple[int, int]]] = defaultdict(list)
    for owner, order_id, line, return_id, quantity in parts:
        back[owner, order_id, line].append((seqs[owner, return_id], quantity))
    emptied: dict[tuple[Id, Id], list[int | None]] = defaultdict(list)
    for owner, order_id, line, quantity in sold:
        emptied[owner, order_id].append(_emptied_by(quantity, sorted(back[owner, order_id, line])))
    found: dict[tuple[Id, Id], int] = {}
    for key, own in emptied.items():
        known = [seq for seq in own if seq is not None]
        if len(known) == len(own):
            found[key] = max(known)
    return found


def _emptied_by(sold: int, back: Sequence[tuple[int, int]]) -> int | None:
    """Return by which of these returns (its place, how much of the line) nothing of a line is left."""
    for (seq, _), total in zip(back, accumulate(quantity for _, quantity in back), strict=True):
        if total >= sold:
            return seq
    return None
