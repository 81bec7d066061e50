"""Known commerce events become orders and returns, as if told over the API: set-based, once each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.behavior.errors import (
    KeyMayNotOrder,
    OrderMissing,
    OrderTold,
)
from dangol.core.behavior.messages import Sender
from dangol.core.behavior.preparing import Prepared
from dangol.core.commerce.drafts import Outcome, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.milestones import Reached, Stands, find_moved, find_numbered, note_reached
from dangol.core.commerce.models import Order, OrderLine, OrderNumber, Product, ReturnLine
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.services import find_numbers
from dangol.core.commerce.tills import Sale, SaleLine, ring_up
from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.commerce_events import Come, Refunded, Share, Sold, read_refund, share_discount
from dangol.domain.errors import DomainError

# One source for all of them, so that an order told by the site and by the shop's server is one order.
SOURCE, CHANNEL = "events", "online"
_LINE = ("order_id", "number", "product_id", "quantity_milli", "net_minor")
_BACK = ("order_id", "order_line", "quantity_milli", "net_minor")


class Bought(NamedTuple):
    """What became of a commerce event: an order or a return, by its id; `is_new` says whether just now.

    An order that has come further is named as well, by how far.
    """

    what: str
    id: Id
    is_new: bool


class Placed(NamedTuple):
    """A commerce event and whom it is about."""

    event: Prepared
    customer_id: Id | None


def carry_out(events: Sequence[Placed], *, sender: Sender, recorded_at: datetime) -> list[Bought | None]:
    """Place the orders and record the returns these events tell; what does not fit gets its problem.

    Must be called inside the write transaction. Orders come before returns, and these before how far orders
    have come, whatever their places in the batch; a constant number of statements.
    """
    made: list[Bought | None] = [None] * len(events)
    allowed = [place for place, one in enumerate(events) if _may(one, sender)]
    sold = [(place, one) for place in allowed if isinstance((one := events[place]).event.commerce, Sold)]
    for place, bought in zip(
        [place for place, _ in sold], _place_orders([one for _, one in sold], recorded_at), strict=True
    ):
        made[place] = bought
    back = [(place, one) for place in allowed if isinstance((one := events[place]).event.commerce, Refunded)]
    for place, bought in zip(
        [place for place, _ in back], _take_back([one for _, one in back], recorded_at), strict=True
    ):
        made[place] = bought
    come = [(place, one) for place in allowed if isinstance((one := events[place]).event.commerce, Come)]
    for place, bought in zip(
        [place for place, _ in come], _note_come([one for _, one in come], recorded_at), strict=True
    ):
        made[place] = bought
    return made


def _may(one: Placed, sender: Sender) -> bool:
    """Say whether an event may become an order or a return; why not, is written to its problems."""
    commerce = one.event.commerce
    if not isinstance(commerce, Sold | Refunded | Come):
        return False
    if not sender.may_order:
        one.event.problems.append(KeyMayNotOrder())
        return False
    return one.customer_id is not None


def _place_orders(sold: Sequence[Placed], recorded_at: datetime) -> list[Bought | None]:
    if not sold:
        return []
    # Each customer's orders in time order, as the timeline and the tiers want them.
    order = sorted(range(len(sold)), key=lambda place: sold[place].event.occurred_at)
    outcomes = ring_up([_sale(sold[place]) for place in order], recorded_at=recorded_at)
    placed: dict[int, Outcome] = dict(zip(order, outcomes, strict=True))
    return [_outcome("order", one, placed[place]) for place, one in enumerate(sold)]


def _sale(one: Placed) -> Sale:
    commerce = one.event.commerce
    assert isinstance(commerce, Sold)
    lines = [
        SaleLine(
            item.product,
            item.quantity_milli,
            item.amount_minor,
            0,
            item.amount_minor,
            item.name,
            item.category,
        )
        for item in commerce.items
    ]
    off = (("discount", commerce.discount_minor),) if commerce.discount_minor else ()
    return Sale(
        one.customer_id, SOURCE, commerce.number, one.event.occurred_at, commerce.currency, lines,
        channel=CHANNEL, discounts=off,
    )  # fmt: skip


def _outcome(what: str, one: Placed, outcome: Outcome) -> Bought | None:
    if outcome.conflict:
        commerce = one.event.commerce
        assert isinstance(commerce, Sold | Refunded)
        one.event.problems.append(OrderTold(number=commerce.number))
        return None
    return Bought(what, outcome.id, is_new=not outcome.repeated)


def _note_come(come: Sequence[Placed], recorded_at: datetime) -> list[Bought | None]:
    """Note how far orders have come; an event whose order nobody knows is kept with its problem."""
    told = [(one, one.customer_id or b"", _come(one)) for one in come]
    orders = find_numbered([(owner, thing.number) for _, owner, thing in told], prefer=SOURCE)
    made: list[Bought | None] = [None] * len(told)
    places, reached = [], []
    for place, (one, owner, thing) in enumerate(told):
        found = orders.get((owner, thing.number))
        if found is None:
            one.event.problems.append(OrderMissing(number=thing.number))
            continue
        places.append(place)
        reached.append(Reached(*found, thing.milestone, one.event.occurred_at))
    for place, noted in zip(places, note_reached(reached, recorded_at=recorded_at), strict=True):
        if noted.refusal:
            come[place].event.problems.append(noted.refusal)
            continue
        made[place] = Bought(noted.order.milestone.value, noted.order.order_id, is_new=noted.is_new)
    return made


def _come(one: Placed) -> Come:
    commerce = one.event.commerce
    assert isinstance(commerce, Come)
    return commerce


class _Books(NamedTuple):
    """Orders that are refunded, by the number they were told under, in what currency, and what is left of
    their lines.
    """

    orders: Mapping[str, "_Refundable"]
    currencies: dict[Id, str]
    lines: dict[Id, list[Share]]
    products: dict[str, tuple[Id, str]]


class _Refundable(NamedTuple):
    """The order that stands: its customer, its id and its own number; `owners` may tell of its refund."""

    customer_id: Id
    id: Id
    number: str
    owners: frozenset[Id]


def _take_back(refunds: Sequence[Placed], recorded_at: datetime) -> list[Bought | None]:
    if not refunds:
        return []
    books = _read_books(refunds)
    drafts: list[tuple[Placed, ReturnDraft] | None] = []
    for one in sorted(refunds, key=lambda one: one.event.occurred_at):
        try:
            drafts.append((one, _draft(one, books)))
        except DomainError as refusal:
            one.event.problems.append(refusal)
    told = [one for one in drafts if one]
    outcomes = record_returns([draft for _, draft in told], recorded_at=recorded_at)
    bought = {
        id(one): _outcome("return", one, outcome) for (one, _), outcome in zip(told, outcomes, strict=True)
    }
    return [bought.get(id(one)) for one in refunds]


def _read_books(refunds: Sequence[Placed]) -> _Books:
    wanted = sorted({_refunded(one).number for one in refunds})
    sold = _find_refundable(wanted)
    keys = sorted({(one.customer_id, one.id) for one in sold.values()})
    orders = select_matching(Order, ("id", "currency", "discount_minor"), ("customer_id", "id"), keys)
    rows = select_matching(OrderLine, ("customer_id", *_LINE), ("customer_id", "order_id"), keys)
    back = select_matching(ReturnLine, _BACK, ("customer_id", "order_id"), keys)
    product_ids = sorted({row[3] for row in rows})
    found = select_matching(Product, ("id", "number", "category"), ("id",), [(one,) for one in product_ids])
    by_id = {product_id: (number, category) for product_id, number, category in found}
    returned: dict[tuple[Id, int], list[int]] = defaultdict(lambda: [0, 0])
    for order_id, line, quantity, net in back:
        returned[order_id, line][0] += quantity
        returned[order_id, line][1] += net
    lines: dict[Id, list[Share]] = {}
    for order_id, _, discount in orders:
        own = sorted(row[2:] for row in rows if row[1] == order_id)
        paid = share_discount([row[3] for row in own], discount)
        lines[order_id] = [
            Share(number, by_id[product_id][0], quantity, net, *returned[order_id, number])
            for (number, product_id, quantity, _), net in zip(own, paid, strict=True)
        ]
    return _Books(
        sold,
        {order_id: currency for order_id, currency, _ in orders},
        lines,
        {number: (product_id, category) for product_id, (number, category) in by_id.items()},
    )


def _find_refundable(numbers: Sequence[str]) -> dict[str, _Refundable]:
    """Return the order of each number, or the one that stands in its place where it was given to another.

    Of its refund may tell whoever bought it, and whoever has it now.
    """
    told = find_numbers(OrderNumber, "order_id", [(SOURCE, number) for number in numbers])
    moved = find_moved({(taken.customer_id, taken.id) for taken in told.values()})
    found = {}
    for (_, number), taken in told.items():
        now = moved.get((taken.customer_id, taken.id)) or Stands(taken.customer_id, taken.id, SOURCE, number)
        found[number] = taken.customer_id, now
    roots = resolve_merged({one for buyer, now in found.values() for one in (buyer, now.customer_id)})
    return {
        number: _Refundable(
            now.customer_id, now.order_id, now.number, frozenset({roots[buyer], roots[now.customer_id]})
        )
        for number, (buyer, now) in found.items()
    }


def _refunded(one: Placed) -> Refunded:
    commerce = one.event.commerce
    assert isinstance(commerce, Refunded)
    return commerce


def _draft(one: Placed, books: _Books) -> ReturnDraft:
    refund = _refunded(one)
    sold = books.orders.get(refund.number)
    if sold is None or one.customer_id not in sold.owners:
        raise OrderMissing(number=refund.number)
    shares = books.lines[sold.id]
    parts = read_refund(refund, shares)
    # What this one brings back is no longer left for the next of the batch.
    for line, quantity, net in parts:
        place = next(place for place, share in enumerate(shares) if share.number == line.number)
        shares[place] = shares[place]._replace(
            returned_milli=shares[place].returned_milli + quantity,
            returned_minor=shares[place].returned_minor + net,
        )
    lines = [
        ReturnLineDraft(product_id, line.product, category, quantity, net, line.number)
        for line, quantity, net in parts
        for product_id, category in [books.products[line.product]]
    ]  # fmt: skip
    return ReturnDraft(
        sold.customer_id, SOURCE, _number(one, refund), one.event.occurred_at,
        books.currencies[sold.id], lines, sold.number, is_guest=False,
    )  # fmt: skip


def _number(one: Placed, refund: Refunded) -> str:
    """Return what the return is called: as the sender calls it, else by the message that tells of it."""
    number = f"{refund.number}/{refund.key or one.event.key}"
    return number if len(number) <= 64 else f"{refund.key or one.event.key}"[:64]
