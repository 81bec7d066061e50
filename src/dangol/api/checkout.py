"""The checkout: what a cart gets, held and made an order; and what comes back."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field, model_validator

from dangol.api.caller import Needs, caller_of
from dangol.api.checkout_views import (
    CarriedView,
    EvaluationView,
    SaleReturnView,
    SaleView,
)
from dangol.api.idempotency import is_repeat, once
from dangol.api.orders import Currency, Number, Source
from dangol.api.promotion_refs import find_promotion_id
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, GivenInstant, Reply, show
from dangol.api.stored_value_views import CodeText
from dangol.core.access.rights import Right
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.promotions import Cart, Line
from dangol.rooms.rewards.coupons.guessing import guard_guess
from dangol.rooms.rewards.promotions import committing, returning, sales
from dangol.rooms.rewards.promotions.asking import Asked, ask
from dangol.rooms.rewards.promotions.documents import Json, tell_asked, write_answer
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.guessing import guard_cards
from dangol.rooms.rewards.stored_value.paying import MOST_CARDS

router = Router(tags=["checkout"])
MOST_LINES = 5_000
# What cannot be counted is answered with its reason, and not refused: so more than makes sense may come in.
Whole = Annotated[int, Field(ge=-(10**15), le=10**15, strict=True)]
Name = Annotated[str, Field(max_length=64)]
SaleRef = Annotated[str, Field(max_length=40, description="A sale's id.")]


class CartLineIn(Given):
    """So many units of a product at a price each. `key` names the line in its cart; empty: by its place.

    Categories are paths such as `Food > Coffee`; without any, the catalog's are taken.
    """

    key: Name = ""
    product: Number
    unit_minor: Whole
    quantity: Whole = 1
    sku: Name = ""
    categories: Annotated[
        list[Annotated[str, Field(max_length=250)]], Field(default_factory=list, max_length=20)
    ]
    tags: Annotated[list[Name], Field(default_factory=list, max_length=50)]
    is_discountable: bool = True
    is_discounted: bool = False
    floor_minor: Whole = 0


class CheckoutIn(Given):
    """A cart, whose it is, and what is to be used with it. Without a currency it is in the shop's."""

    member: MemberRef | None = None
    currency: Currency | None = None
    lines: Annotated[list[CartLineIn], Field(min_length=1, max_length=MOST_LINES)]
    shipping_minor: Annotated[int, Field(ge=0, le=10**12, strict=True)] = 0
    codes: Annotated[list[Name], Field(default_factory=list, max_length=30)]
    typed_by: Annotated[
        Literal["staff", "shopper"],
        Field(description="Who wrote the codes. Of a shopper wrong ones are counted, and no reason is told."),
    ] = "staff"
    address: Annotated[str, Field(max_length=64, description="The shopper's network address.")] = ""
    pay_points: Annotated[int, Field(ge=0, le=10**12, strict=True)] = 0
    gift_cards: Annotated[
        list[CodeText],
        Field(default_factory=list, max_length=MOST_CARDS, description="Codes of cards that pay."),
    ]
    pay_credit: (
        Annotated[int, Field(ge=0, le=10**12, strict=True)]
        | Annotated[Literal["most"], Field(description="As much of the member's store credit as pays.")]
    ) = 0
    channel: Annotated[str, Field(pattern="^[a-z][a-z_]{0,19}$")] = "store"
    store: Name = ""


class EvaluateIn(CheckoutIn):
    """A cart to be asked about. For dry runs: another instant, drafts as if published, and only some.

    `reasons`: why each promotion does nothing, or only codes, those named here, and what
    nearly applies.
    Nothing is written.
    """

    as_of: GivenInstant | None = None
    drafts: Annotated[list[Name], Field(default_factory=list, max_length=100)]
    only: Annotated[list[Name], Field(max_length=1_000)] | None = None
    reasons: Literal["all", "asked"] = "all"


class ReserveIn(CheckoutIn):
    """A cart to be held. `strict`: not where a code that was given cannot be used."""

    hold_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60, strict=True)] | None = None
    strict: bool = False


class CommitIn(Given):
    """The order it becomes: (`source`, `number`) names it for good."""

    number: Number
    source: Source = "api"


class ReopenIn(Given):
    """For how long it is to be held again."""

    hold_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60, strict=True)] | None = None


class BackIn(Given):
    """So many units of a line."""

    line: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Whole = 1


class SaleReturnIn(Given):
    """What comes back: units of lines, or an amount of what was paid. `number` names the return for good.

    `delivery`: what was paid for it comes back, with these units or by itself, where the shop says so.
    `as_credit`: the money becomes the member's store credit.
    """

    number: Number
    lines: Annotated[list[BackIn], Field(default_factory=list, max_length=MOST_LINES)]
    amount_minor: Whole | None = None
    delivery: bool = False
    as_credit: bool = False

    @model_validator(mode="after")
    def _is_one_of_two(self) -> "SaleReturnIn":
        if bool(self.lines or self.delivery) == (self.amount_minor is not None):
            raise ValueError("either lines (or delivery) or amount_minor")
        if len({one.line for one in self.lines}) < len(self.lines):
            raise ValueError("each line once")
        return self


@router.post("/checkout/evaluate", auth=Needs(Right.ORDERS_READ), response=EvaluationView)
def evaluate_cart(request: HttpRequest, payload: EvaluateIn) -> HttpResponse:
    """Ask what promotions do to a cart. It changes nothing and may be asked as often as one likes."""
    at = caller_of(request).at
    asked = _asked(payload, _guarded(payload, at), at=payload.as_of or at)
    drafts = frozenset(find_promotion_id(one) for one in payload.drafts)
    only = None if payload.only is None else frozenset(find_promotion_id(one) for one in payload.only)
    answer = ask(_dry(asked, drafts, only))
    return show(_evaluation(write_answer(answer) if payload.reasons == "all" else tell_asked(answer)))


def _dry(asked: Asked, drafts: frozenset[Id], only: frozenset[Id] | None) -> Asked:
    return Asked(
        cart=asked.cart, as_of=asked.as_of, customer_id=asked.customer_id, codes=asked.codes,
        by_shopper=asked.by_shopper,
        pay_points=asked.pay_points, gift_cards=asked.gift_cards, pay_credit=asked.pay_credit,
        channel=asked.channel, store=asked.store, drafts=drafts, only=only,
    )  # fmt: skip


@router.post("/checkout/reserve", auth=Needs(Right.ORDERS_WRITE), response={201: SaleView})
def reserve_sale(request: HttpRequest, payload: ReserveIn) -> HttpResponse:
    """Hold what a cart gets (codes, budgets, points) for some time; without a member it is a guest's."""
    # Outside the transaction: a wrong guess stays counted whatever becomes of the sale.
    # One that is told again is none: what it had used is used, and would look like a wrong guess.
    if is_repeat(request):
        return _reserve(request, payload, find_member(payload.member) if payload.member else None)
    return _reserve(request, payload, _guarded(payload, caller_of(request).at))


@once
def _reserve(request: HttpRequest, payload: ReserveIn, member: Id | None) -> Reply:
    at = caller_of(request).at
    hold = timedelta(minutes=payload.hold_minutes) if payload.hold_minutes else None
    sale = sales.reserve(_asked(payload, member, at=at), at=at, hold=hold, strict=payload.strict)
    return Reply(show_sale(sale), 201, {"Location": f"/api/v1/checkout/{show_id(sale.id)}"})


@router.get("/checkout/{sale}", auth=Needs(Right.ORDERS_READ), response=SaleView)
def get_sale(request: HttpRequest, sale: Path[SaleRef]) -> HttpResponse:
    """Show a sale as it stands."""
    return show(show_sale(sales.find_sale(_sale_id(sale))))


@router.post("/checkout/{sale}/commit", auth=Needs(Right.ORDERS_WRITE), response=SaleView)
@once
def commit_sale(request: HttpRequest, sale: Path[SaleRef], payload: CommitIn) -> Reply:
    """Make a sale that is held an order; its points are earned before the answer is given."""
    at = caller_of(request).at
    found = committing.commit(_sale_id(sale), source=payload.source, number=payload.number, at=at)
    return Reply(show_sale(found))


@router.post("/checkout/{sale}/cancel", auth=Needs(Right.ORDERS_WRITE), response=SaleView)
@once
def cancel_sale(request: HttpRequest, sale: Path[SaleRef]) -> Reply:
    """Let a sale go, or undo the order it became: all it held or used is free again."""
    at, sale_id = caller_of(request).at, _sale_id(sale)
    if sales.find_sale(sale_id).state == "committed":
        return Reply(show_sale(committing.undo(sale_id, at=at)))
    return Reply(show_sale(sales.cancel(sale_id, at=at)))


@router.post("/checkout/{sale}/reopen", auth=Needs(Right.ORDERS_WRITE), response=SaleView)
@once
def reopen_sale(request: HttpRequest, sale: Path[SaleRef], payload: ReopenIn) -> Reply:
    """Hold a sale again that was let go, was undone or has timed out, by the promotions there are now."""
    at = caller_of(request).at
    hold = timedelta(minutes=payload.hold_minutes) if payload.hold_minutes else None
    return Reply(show_sale(sales.reopen(_sale_id(sale), at=at, hold=hold)))


@router.post("/checkout/{sale}/returns", auth=Needs(Right.ORDERS_WRITE), response={201: SaleReturnView})
@once
def return_of_sale(request: HttpRequest, sale: Path[SaleRef], payload: SaleReturnIn) -> Reply:
    """Bring units back, or give back an amount: by the split that was kept when it was sold."""
    at, sale_id = caller_of(request).at, _sale_id(sale)
    if payload.amount_minor is not None:
        found = returning.give_back_amount(
            sale_id, number=payload.number, minor=payload.amount_minor, as_credit=payload.as_credit, at=at
        )
    else:
        units = {one.line: one.quantity for one in payload.lines}
        found = returning.bring_back(
            sale_id,
            number=payload.number,
            units=units,
            delivery=payload.delivery,
            as_credit=payload.as_credit,
            at=at,
        )
    return Reply(
        SaleReturnView(
            number=found.number, money_minor=found.money_minor, points_back=found.points_back,
            points_back_minor=found.points_back_minor, points_taken=found.points_taken,
            discount_minor=found.discount_minor, delivery_minor=found.delivery_minor,
            stored_back_minor=found.stored_back_minor, credit_minor=found.credit_minor,
            sale=show_sale(sales.find_sale(sale_id)),
        ),
        201,
    )  # fmt: skip


def _guarded(payload: CheckoutIn, at: datetime) -> Id | None:
    """Return whose cart it is, once a shopper's guesses at codes are counted; raises TooManyGuesses."""
    member = find_member(payload.member) if payload.member else None
    if payload.typed_by == "shopper":
        guard_guess(payload.codes, customer_id=member, address=payload.address, at=at)
        guard_cards(refs_of(payload.gift_cards), customer_id=member, address=payload.address, at=at)
    return member


def _sale_id(reference: str) -> Id:
    try:
        return parse_id(reference)
    except ValueError:
        raise sales.UnknownSale(sale=reference) from None


def _asked(payload: CheckoutIn, customer_id: Id | None, *, at: datetime) -> Asked:
    given = {one.key for one in payload.lines}
    lines = tuple(
        Line(
            one.key or (f"line-{place}" if str(place) in given else str(place)),
            one.product, one.unit_minor, one.quantity, one.sku, tuple(one.categories),
            frozenset(one.tags), one.is_discountable, one.is_discounted, one.floor_minor,
        )
        for place, one in enumerate(payload.lines, start=1)
    )  # fmt: skip
    currency = payload.currency or shop().currency
    return Asked(
        cart=Cart(currency, lines, payload.shipping_minor), as_of=at, customer_id=customer_id,
        codes=tuple(payload.codes), by_shopper=payload.typed_by == "shopper",
        pay_points=payload.pay_points, gift_cards=refs_of(payload.gift_cards), pay_credit=payload.pay_credit,
        channel=payload.channel,
        store=payload.store,
    )  # fmt: skip


def _evaluation(answer: Json) -> EvaluationView:
    return EvaluationView.model_validate(answer)


def show_sale(sale: sales.SaleView) -> SaleView:
    """Return a sale as it is sent."""
    return SaleView(
        id=show_id(sale.id), member_id=show_id(sale.customer_id), state=sale.state,
        reserved_at=sale.reserved_at, reserved_until=sale.reserved_until, committed_at=sale.committed_at,
        ended_at=sale.ended_at, order_id=show_id(sale.order_id) if sale.order_id else None,
        evaluation=_evaluation(sale.answer),
        units=[
            CarriedView(
                line=key, unit=place, money_minor=one.money_minor, stored_minor=one.stored_minor,
                points_paid=one.spent_points, points_earned=one.earned_points, is_back=(key, place) in
                sale.split.back,
            )
            for (key, place), one in sorted(sale.split.units.items())
        ],
    )  # fmt: skip
