"""Orders and returns in the form the API shows."""

from collections.abc import Iterable

from dangol.api.replies import Instant, Shown
from dangol.api.showing import show_why
from dangol.api.views import Minor, WhyView
from dangol.core.commerce.selectors import OrderReading, read_return
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.reading import read_together
from dangol.domain.milestones import Milestone
from dangol.rooms.rewards.whys import Judgements, WhyView as Judged, accruals_of


class OrderLineView(Shown):
    """A line of an order; amounts are for the whole line."""

    line: int
    product: str
    product_name: str
    quantity_milli: int
    list_minor: Minor
    discount_minor: Minor
    net_minor: Minor


class AmountView(Shown):
    """A reduction, or a way of paying."""

    kind: str
    amount_minor: Minor


class EarnedView(Shown):
    """What an order earned in a program, and why: one judgement after another, the first one first.

    `not_given` of the points the member does not have, since it would have been more than one may have.
    """

    program_id: str
    currency: str
    points: int
    not_given: int
    whys: list[WhyView]


class ReturnedView(Shown):
    """A return of this order."""

    id: str
    number: str
    returned_at: Instant
    net_minor: Minor


class OrderView(Shown):
    """An order, its points with their whys, and what came back of it.

    `delivered_at` and `confirmed_at` say how far it has come, as far as was told. `not_judged` says why no
    program has looked at it: `other_currency`, or `no_program`.
    """

    id: str
    member_id: str
    source: str
    number: str
    placed_at: Instant
    recorded_at: Instant
    delivered_at: Instant | None
    confirmed_at: Instant | None
    store: str | None
    channel: str
    currency: str
    list_minor: Minor
    discount_minor: Minor
    net_minor: Minor
    lines: list[OrderLineView]
    discounts: list[AmountView]
    tenders: list[AmountView]
    earned: list[EarnedView]
    not_judged: str | None
    returns: list[ReturnedView]


class ReturnLineView(Shown):
    """A line of a return, and the line of its order that it undoes, where that is known."""

    line: int
    product: str
    product_name: str
    quantity_milli: int
    net_minor: Minor
    order_id: str | None
    order_line: int | None


class ReturnView(Shown):
    """Goods brought back, and how the order's points stand after it."""

    id: str
    member_id: str
    order_id: str | None
    source: str
    number: str
    returned_at: Instant
    recorded_at: Instant
    currency: str
    net_minor: Minor
    lines: list[ReturnLineView]
    earned: list[EarnedView]


def show_order(customer_id: Id, order_id: Id) -> OrderView:
    """Return an order."""
    reading, judgements = OrderReading(customer_id, order_id), Judgements([(customer_id, order_id)])
    size = len(reading.selects)
    rows = read_together(*reading.selects, *judgements.selects)
    whole, judged = reading.found(*rows[:size]), judgements.found(*rows[size:])
    facts = whole.facts
    return OrderView(
        id=show_id(facts.id), member_id=show_id(customer_id), source=facts.source, number=facts.number,
        placed_at=facts.placed_at, recorded_at=facts.recorded_at,
        delivered_at=whole.milestones.get(Milestone.DELIVERED.value),
        confirmed_at=whole.milestones.get(Milestone.CONFIRMED.value),
        store=whole.store, channel=facts.channel,
        currency=facts.currency, list_minor=facts.list_minor, discount_minor=facts.discount_minor,
        net_minor=facts.net_minor,
        lines=[
            OrderLineView(
                line=line.number, product=line.product, product_name=line.product_name,
                quantity_milli=line.quantity_milli, list_minor=line.list_minor,
                discount_minor=line.discount_minor, net_minor=line.net_minor,
            )
            for line in whole.lines
        ],
        discounts=[AmountView(kind=kind, amount_minor=amount) for kind, amount in whole.discounts],
        tenders=[AmountView(kind=kind, amount_minor=amount) for kind, amount in whole.tenders],
        earned=_earned(judged),
        not_judged=None if judged else judgements.not_judged(facts.currency, *rows[size:]),
        returns=[
            ReturnedView(
                id=show_id(one.id), number=one.number, returned_at=one.returned_at, net_minor=one.net_minor
            )
            for one in whole.returns
        ],
    )  # fmt: skip


def show_return(customer_id: Id, return_id: Id) -> ReturnView:
    """Return a return."""
    facts, lines = read_return(customer_id, return_id)
    return ReturnView(
        id=show_id(facts.id), member_id=show_id(customer_id),
        order_id=show_id(facts.order_id) if facts.order_id else None,
        source=facts.source, number=facts.number, returned_at=facts.returned_at,
        recorded_at=facts.recorded_at, currency=facts.currency, net_minor=facts.net_minor,
        lines=[
            ReturnLineView(
                line=line.number, product=line.product, product_name=line.product_name,
                quantity_milli=line.quantity_milli, net_minor=line.net_minor,
                order_id=show_id(line.order_id) if line.order_id else None, order_line=line.order_line,
            )
            for line in lines
        ],
        earned=_earned(accruals_of([(customer_id, facts.order_id)])) if facts.order_id else [],
    )  # fmt: skip


def _earned(judged: Iterable[Judged]) -> list[EarnedView]:
    by_program: dict[Id, list[Judged]] = {}
    for why in judged:
        by_program.setdefault(why.program_id, []).append(why)
    return [
        EarnedView(
            program_id=show_id(program_id), currency=own[0].currency,
            points=sum(one.part.points for one in own[-1].parts),
            not_given=sum(why.not_given for why in own), whys=[show_why(why) for why in own],
        )
        for program_id, own in by_program.items()
    ]  # fmt: skip
