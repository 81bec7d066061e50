"""Writing orders: set-based, one order being a batch of one."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import msgspec

from dangol.core.commerce.drafts import OrderDraft, Outcome
from dangol.core.commerce.events import OrderPlaced, SoldLine
from dangol.core.commerce.models import Order, OrderDiscount, OrderLine, OrderNumber, OrderTender
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.plans import Overtaken, current_plan
from dangol.core.storage.rows import Model, insert_missing, insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction

_ORDER = (
    "id", "customer_id", "source", "number", "placed_at", "recorded_at", "store_id", "channel",
    "currency", "list_minor", "discount_minor", "net_minor", "line_count", "earns",
)  # fmt: skip
_LINE = (
    "customer_id", "order_id", "number", "product_id",
    "quantity_milli", "list_minor", "discount_minor", "net_minor",
)  # fmt: skip
_PART = ("customer_id", "order_id", "number", "kind", "amount_minor")
_encoder = msgspec.json.Encoder()
# A source and what it calls an order or a return.
Number: TypeAlias = tuple[str, str]


class NumberTaken(NamedTuple):
    """What a source's number already names."""

    id: Id
    customer_id: Id
    content_hash: bytes


def hash_content(*content: Any) -> bytes:
    """Return a 16-byte fingerprint by which a repeat is told from another thing of the same name."""
    return blake2b(_encoder.encode(content), digest_size=16).digest()


def find_numbers(model: Model, target: str, keys: Sequence[Number]) -> dict[Number, NumberTaken]:
    """Return what is known under each (source, number); `target` names the column of the id.

    A plan made on it is overtaken where a number meanwhile names something else, or something at all.
    """
    found = _find_numbers(model, target, keys)
    if plan := current_plan():
        plan.guard(_LookedUp).note(model, target, keys, found)
    return found


class _LookedUp:
    """Numbers a plan has looked up, and what they named then: no customer's head tells of a new one."""

    def __init__(self) -> None:
        self._looks: list[tuple[Model, str, Sequence[Number], dict[Number, NumberTaken]]] = []

    def note(
        self, model: Model, target: str, keys: Sequence[Number], found: dict[Number, NumberTaken]
    ) -> None:
        """Remember what was found under these numbers."""
        self._looks.append((model, target, keys, found))

    def confirm(self) -> None:
        """Look again; raises Overtaken where something else is found."""
        for model, target, keys, found in self._looks:
            if _find_numbers(model, target, keys) != found:
                raise Overtaken


def _find_numbers(model: Model, target: str, keys: Sequence[Number]) -> dict[Number, NumberTaken]:
    rows = select_matching(
        model, ("source", "number", target, "customer_id", "content_hash"), ("source", "number"), keys
    )
    return {
        (source, number): NumberTaken(found, customer_id, bytes(content_hash))
        for source, number, found, customer_id, content_hash in rows
    }


def take_numbers(
    model: Model, target: str, offers: Sequence[tuple[Number, NumberTaken]]
) -> list[NumberTaken]:
    """Let each (source, number) name what is offered, unless it names something already.

    Returns what each offer's number names now; of two offers under one number the first holds. Numbers are
    taken in sorted order, so that two writers telling of the same things wait for each other and do not
    fail: the customer's lock is no guard where each of them has made a guest of its own.
    """
    first = dict(reversed(offers))
    # A plan writes nothing yet, and must know: elsewhere most numbers are new, and taking them asks too.
    known = _find_numbers(model, target, list(first)) if current_plan() else {}
    free = sorted(first.keys() - known.keys())
    inserted = insert_missing(
        model,
        ("source", "number", target, "customer_id", "content_hash"),
        [(*key, *first[key]) for key in free],
    )
    if inserted < len(free):
        known |= _find_numbers(model, target, free)
    else:
        known |= {key: first[key] for key in free}
    return [known[key] for key, _ in offers]


def place_orders(drafts: Sequence[OrderDraft], *, recorded_at: datetime) -> list[Outcome]:
    """Store orders and put `order.placed` on the timeline; returns an outcome for each draft, in order.

    Must be called inside the write transaction. An order already there is not stored again; one whose
    number is taken by other content is refused (`conflict`). Each customer's drafts come in time order.
    """
    outcomes, told = store_orders(drafts, recorded_at=recorded_at)
    record_batch(told, recorded_at=recorded_at)
    return outcomes


def store_orders(drafts: Sequence[OrderDraft], *, recorded_at: datetime) -> tuple[list[Outcome], list[Draft]]:
    """Store orders; returns an outcome for each draft, and what is to be put on the timeline."""
    require_write_transaction()
    lock_customers(draft.customer_id for draft in drafts)
    offered = [NumberTaken(new_id(), draft.customer_id, hash_content(*_content(draft))) for draft in drafts]
    taken = take_numbers(
        OrderNumber,
        "order_id",
        [((draft.source, draft.number), one) for draft, one in zip(drafts, offered, strict=True)],
    )
    outcomes, fresh = [], []
    for draft, ours, kept in zip(drafts, offered, taken, strict=True):
        if kept.id == ours.id:
            fresh.append((ours.id, draft))
            outcomes.append(Outcome(ours.id, draft.customer_id))
        else:
            same = kept.content_hash == ours.content_hash
            outcomes.append(Outcome(kept.id, kept.customer_id, repeated=same, conflict=not same))
    _store(fresh, recorded_at)
    told = [Draft(draft.customer_id, _placed(draft), draft.placed_at, order_id) for order_id, draft in fresh]
    return outcomes, told


def _content(draft: OrderDraft) -> tuple[Any, ...]:
    """Return what makes an order the same order when it is told again.

    Not the product's category, which the catalog may have changed since, and not who a guest was: a
    guest's order may have been claimed.
    """
    lines = [(line[1], *line[3:]) for line in draft.lines]
    owner = None if draft.is_guest else draft.customer_id
    return owner, draft.placed_at, draft.currency, lines, draft.store, *draft[8:]


def _store(fresh: Sequence[tuple[Id, OrderDraft]], recorded_at: datetime) -> None:
    insert_rows(Order, _ORDER, [_order_row(key, one, recorded_at) for key, one in fresh])
    insert_rows(
        OrderLine,
        _LINE,
        [
            (draft.customer_id, order_id, number, line[0], line[3], line[4], line[5], line[6])
            for order_id, draft in fresh
            for number, line in enumerate(draft.lines, start=1)
        ],
    )
    for model, parts in ((OrderDiscount, "discounts"), (OrderTender, "tenders")):
        insert_rows(
            model,
            _PART,
            [
                (draft.customer_id, order_id, number, kind, amount_minor)
                for order_id, draft in fresh
                for number, (kind, amount_minor) in enumerate(getattr(draft, parts), start=1)
            ],
        )


def _order_row(order_id: Id, draft: OrderDraft, recorded_at: datetime) -> tuple[Any, ...]:
    lines = draft.lines
    return (
        order_id, draft.customer_id, draft.source, draft.number, draft.placed_at, recorded_at,
        draft.store_id, draft.channel, draft.currency,
        sum([line[4] for line in lines]),
        sum([line[5] for line in lines]) + sum([amount for _, amount in draft.discounts]),
        net_minor(draft),
        len(lines), draft.earns,
    )  # fmt: skip


def net_minor(draft: OrderDraft) -> int:
    """Return what the shop received for the order, in minor units: its lines less its order discounts."""
    return sum([line[6] for line in draft.lines]) - sum([amount for _, amount in draft.discounts])


def _placed(draft: OrderDraft) -> OrderPlaced:
    return OrderPlaced(
        source=draft.source,
        number=draft.number,
        channel=draft.channel,
        store=draft.store,
        currency=draft.currency,
        net_minor=net_minor(draft),
        discount_minor=sum([line[5] for line in draft.lines])
        + sum([amount for _, amount in draft.discounts]),
        earns=draft.earns,
        is_guest=draft.is_guest,
        lines=[SoldLine(line[1], line[2], line[3], line[6]) for line in draft.lines],
    )
