"""Orders and returns, as a till or an online shop tells them."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field, model_validator

from dangol.api.caller import Needs, caller_of
from dangol.api.idempotency import once
from dangol.api.order_views import OrderView, ReturnView, show_order, show_return
from dangol.api.references import MemberRef, find_member, name_member
from dangol.api.replies import Given, GivenInstant, Reply, show
from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import find_products
from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.drafts import Outcome, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.milestones import Reached, note_reached
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.selectors import OrderFacts, find_order
from dangol.core.commerce.tills import Sale, SaleLine, ring_up
from dangol.core.storage.ids import show_id
from dangol.domain.calendars import CLOCKS_DIFFER
from dangol.domain.errors import DomainError
from dangol.domain.milestones import Milestone
from dangol.rooms.rewards.promotions.returning import refuse_returned_here

router = Router(tags=["orders"])
MOST_MINOR = 10**12
Minor = Annotated[int, Field(ge=0, le=MOST_MINOR, strict=True, description="Minor units; won have none.")]
Quantity = Annotated[
    int, Field(gt=0, le=10**9, strict=True, description="Thousandths of the product's unit: 1000 is one.")
]
Number = Annotated[str, Field(min_length=1, max_length=64)]
Word = Annotated[str, Field(min_length=1, max_length=40)]
Source = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$", description="Who tells of it.")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class LineIn(Given):
    """A product of an order; amounts are for the whole line. Without `net_minor` nothing was taken off.

    `name` and `category` are kept of a product nobody has told us of; a known one stays as it is.
    """

    product: Number
    name: Annotated[str, Field(max_length=200)] = ""
    category: Annotated[str, Field(max_length=250)] = ""
    quantity_milli: Quantity = 1000
    list_minor: Minor
    net_minor: Minor | None = None

    @property
    def net(self) -> int:
        """What was paid for the line."""
        return self.list_minor if self.net_minor is None else self.net_minor

    @model_validator(mode="after")
    def _net_is_no_more(self) -> "LineIn":
        if self.net_minor is not None and self.net_minor > self.list_minor:
            raise ValueError("net_minor is more than list_minor")
        return self


class AmountIn(Given):
    """A reduction of the whole order, or a way it was paid: a word and minor units."""

    kind: Word
    amount_minor: Minor


class OrderIn(Given):
    """An order. (`source`, `number`) names it for good; without a member it is a guest's."""

    number: Number
    source: Source = "api"
    member: MemberRef | None = None
    placed_at: GivenInstant | None = None
    currency: Currency | None = None
    store: Number | None = None
    channel: Annotated[str, Field(pattern="^[a-z][a-z_]{0,19}$")] = "store"
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=500)]
    discounts: Annotated[list[AmountIn], Field(default_factory=list, max_length=50)]
    tenders: Annotated[list[AmountIn], Field(default_factory=list, max_length=50)]


class ReturnLineIn(Given):
    """A product brought back; `line` is the order's line it came from, counted from 1, if known."""

    product: Number
    quantity_milli: Quantity = 1000
    net_minor: Minor
    line: Annotated[int, Field(ge=1, le=500, strict=True)] | None = None


class ReturnIn(Given):
    """Goods brought back. (`source` of the order, `number`) names the return for good."""

    number: Number
    returned_at: GivenInstant | None = None
    lines: Annotated[list[ReturnLineIn], Field(min_length=1, max_length=500)]


class MilestoneIn(Given):
    """How far an order has come: it has arrived (`delivered`), or its buyer keeps it (`confirmed`)."""

    milestone: Milestone
    at: GivenInstant | None = None


class OrderClaimIn(Given):
    """The member who made a guest's order."""

    member: MemberRef


class NumberTaken(DomainError):
    """The source's number (`source`, `number`) names something with other content."""

    code = "order.number_taken"


class OffTooMuch(DomainError):
    """The discounts on the whole order (`discount_minor`) are more than its lines (`net_minor`)."""

    code = "order.off_too_much"


class NotSold(DomainError):
    """Something is brought back that nobody has sold (`product`)."""

    code = "order.not_sold"


class InTheFuture(DomainError):
    """What is told of lies in the future: `field` at `at`."""

    code = "order.in_the_future"


@router.post("/orders", auth=Needs(Right.ORDERS_WRITE), response={201: OrderView})
@once
def place_order(request: HttpRequest, payload: OrderIn) -> Reply:
    """Tell of an order. Points are earned before the answer is given, and it says why.

    An order told before with the same content is answered as it stands, and nothing happens again.
    """
    at = caller_of(request).at
    outcome = ring_up([_sale(payload, at)], recorded_at=at)[0]
    _refuse_taken(outcome, payload.source, payload.number)
    headers = {"Location": f"/api/v1/orders/{show_id(outcome.id)}"}
    return Reply(show_order(outcome.customer_id, outcome.id), 201, headers)


@router.get("/orders/{order}", auth=Needs(Right.ORDERS_READ), response=OrderView)
def get_order(request: HttpRequest, order: Path[str]) -> HttpResponse:
    """Show an order with its lines, its returns, and what it earned. `{order}` is our id or source:number."""
    found = find_order(order)
    return show(show_order(found.customer_id, found.id))


@router.post("/orders/{order}/claim", auth=Needs(Right.ORDERS_WRITE), response=OrderView)
@once
def claim_order(request: HttpRequest, order: Path[str], payload: OrderClaimIn) -> Reply:
    """Give a guest's order to the member who made it, who earns for it from now on."""
    found, owner = find_order(order), find_member(payload.member)
    claim_guest_order(
        source=found.source, number=found.number, customer_id=owner, recorded_at=caller_of(request).at
    )
    return Reply(show_order(owner, found.id))


@router.post("/orders/{order}/milestones", auth=Needs(Right.ORDERS_WRITE), response=OrderView)
@once
def tell_milestone(request: HttpRequest, order: Path[str], payload: MilestoneIn) -> Reply:
    """Tell that an order is delivered, or confirmed. Points that waited for it may be used from now on.

    It is told once for good: told again, the order is answered as it stands. Of an order that was given to
    another member, it is told of the one that stands in its place, which is answered.
    """
    found, now = find_order(order), caller_of(request).at
    at = _not_later(payload.at or now, "at", now)
    reached = Reached(found.customer_id, found.id, found.source, found.number, payload.milestone, at)
    [noted] = note_reached([reached], recorded_at=now)
    if noted.refusal:
        raise noted.refusal
    return Reply(show_order(noted.order.customer_id, noted.order.order_id))


@router.post("/orders/{order}/returns", auth=Needs(Right.ORDERS_WRITE), response={201: ReturnView})
@once
def return_goods(request: HttpRequest, order: Path[str], payload: ReturnIn) -> Reply:
    """Tell that goods of an order came back. The points they had earned are taken back with them."""
    found, at = find_order(order), caller_of(request).at
    draft = _return_draft(found, payload, at)
    refuse_returned_here(found)
    outcome = record_returns([draft], recorded_at=at)[0]
    _refuse_taken(outcome, found.source, payload.number)
    return Reply(show_return(outcome.customer_id, outcome.id), 201)


def _sale(payload: OrderIn, at: datetime) -> Sale:
    lines = [
        SaleLine(
            line.product, line.quantity_milli, line.list_minor, line.list_minor - line.net, line.net,
            line.name, line.category,
        )
        for line in payload.lines
    ]  # fmt: skip
    off, net = sum(one.amount_minor for one in payload.discounts), sum(line.net_minor for line in lines)
    if off > net:
        raise OffTooMuch(field="discounts", discount_minor=off, net_minor=net)
    return Sale(
        name_member(payload.member) if payload.member else None, payload.source, payload.number,
        _not_later(payload.placed_at or at, "placed_at", at), payload.currency, lines, payload.store,
        payload.channel,
        tuple((one.kind, one.amount_minor) for one in payload.discounts),
        tuple((one.kind, one.amount_minor) for one in payload.tenders),
    )  # fmt: skip


def _return_draft(order: OrderFacts, payload: ReturnIn, at: datetime) -> ReturnDraft:
    returned_at = _not_later(payload.returned_at or at, "returned_at", at)
    products = find_products([line.product for line in payload.lines])
    lines = []
    for place, line in enumerate(payload.lines):
        if line.product not in products:
            raise NotSold(field=f"lines.{place}.product", product=line.product)
        product = products[line.product]
        lines.append(
            ReturnLineDraft(
                product.id, line.product, product.category, line.quantity_milli, line.net_minor, line.line
            )
        )
    return ReturnDraft(
        order.customer_id, order.source, payload.number, returned_at, order.currency, lines, order.number
    )


def _not_later(instant: datetime, field: str, at: datetime) -> datetime:
    """Return an instant that is not in the future; a till's clock may be a little ahead."""
    if instant > at + CLOCKS_DIFFER:
        raise InTheFuture(field=field, at=instant.isoformat())
    return min(instant, at)


def _refuse_taken(outcome: Outcome, source: str, number: str) -> None:
    if outcome.conflict:
        raise NumberTaken(field="number", source=source, number=number)
