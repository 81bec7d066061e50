"""Sales: a cart is asked, held, and becomes an order; or is let go, and can be taken up again.

    reserved ──► committed ──► returns
        │            │
        ├► canceled ◄┘
        └► timed out

What was canceled or has timed out can be reopened, and an order that nothing came back of can be undone.
All that a sale holds (codes, limits, points) is taken when it is reserved, in one transaction under the
customer's lock, and counts against limits from then on: what was promised at the cart is there at the till.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from dangol.core.commerce.models import Order
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.merged import kept_by
from dangol.core.people.services import make_guests
from dangol.core.storage.faults import Busy
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, NotFound
from dangol.domain.promotions.returns import Sold, UnitKey, sold_of
from dangol.rooms.rewards.coupons import services as coupons
from dangol.rooms.rewards.promotions import limits, models
from dangol.rooms.rewards.promotions.amounts import amounts_of, shared_amounts_of
from dangol.rooms.rewards.promotions.asking import Answer, Asked, ask, spread_of
from dangol.rooms.rewards.promotions.confirming import note_need
from dangol.rooms.rewards.promotions.documents import (
    Json,
    keep_answer,
    read_ask,
    read_split,
    write_ask,
    write_split,
)
from dangol.rooms.rewards.promotions.events import SaleCanceled
from dangol.rooms.rewards.promotions.models import SaleState
from dangol.rooms.rewards.promotions.rows import find_place, read_sale
from dangol.rooms.rewards.promotions.tendering import (
    StoredValueNotTaken,
    TenderNotTaken,
    give_back_points,
    spend_points,
    take_stored,
)
from dangol.rooms.rewards.stored_value import paying as stored_value
from dangol.rooms.rewards.stored_value.locks import people_of_payment, people_of_sale

# Somebody else may take the last of something between two looks: then it is asked again without it.
_MOST_LOOKS = 50
_REDEMPTION = (
    "customer_id", "sale_id", "turn", "promotion_id", "version", "code", "at", "minor", "units", "points",
)  # fmt: skip
# What a reservation writes.
_HELD = (
    "state", "currency", "cart", "answer", "split", "net_minor", "discount_minor", "shipping_minor",
    "tender_points", "tender_minor", "tender_currency", "stored_minor", "spend_id", "turn", "reserved_at",
    "reserved_until", "committed_at", "ended_at", "order_id",
)  # fmt: skip


class UnknownSale(NotFound):
    """There is no such sale (`sale`)."""

    code = "checkout.unknown_sale"


class WrongState(DomainError):
    """What was asked cannot be done to a sale that is `state`."""

    code = "checkout.wrong_state"


class SaleTimedOut(DomainError):
    """The sale was held until an instant that is over (`until`); what it held went free."""

    code = "checkout.timed_out"


class NothingToSell(DomainError):
    """No line of the cart can be counted: there is nothing to hold."""

    code = "checkout.nothing_to_sell"


class CodesNotTaken(DomainError):
    """Codes that were given cannot be used, and all or nothing was asked (`codes`)."""

    code = "checkout.codes_not_taken"


class SaleOfAbsorbed(DomainError):
    """The sale's customer has become part of another (`customer`): a new sale is made for these."""

    code = "checkout.customer_merged"


class OtherCart(DomainError):
    """The sale of this name (`sale`) is of another cart, or of somebody else."""

    code = "checkout.other_cart"


class SaleView(NamedTuple):
    """A sale as it is kept; `split` is what each unit still carries."""

    id: Id
    customer_id: Id
    state: str
    answer: Json
    split: Sold
    currency: str
    net_minor: int
    discount_minor: int
    shipping_minor: int
    tender_points: int
    tender_minor: int
    stored_minor: int
    reserved_at: datetime
    reserved_until: datetime
    committed_at: datetime | None
    ended_at: datetime | None
    order_id: Id | None


def find_sale(sale_id: Id) -> SaleView:
    """Return a sale; raises UnknownSale."""
    row = models.Sale.objects.filter(id=sale_id).first()
    if row is None:
        raise UnknownSale(sale=show_id(sale_id))
    return view_of(row)


def view_of(row: models.Sale) -> SaleView:
    """Return a row as it is shown."""
    return SaleView(
        row.id, row.customer_id, row.state, row.answer, read_split(row.split), row.currency, row.net_minor,
        row.discount_minor, row.shipping_minor, row.tender_points, row.tender_minor, row.stored_minor,
        row.reserved_at,
        row.reserved_until, row.committed_at, row.ended_at, row.order_id,
    )  # fmt: skip


def lock_sale(sale_id: Id, *, also: Iterable[Id] = ()) -> models.Sale:
    """Return a sale under its customer's lock, and its order's, who may be another; raises UnknownSale.

    With them whoever holds the cards or owns the credit that paid, who is told of what lapses when it is
    moved, and `also`. Inside the write transaction. All are locked at once, in the order that everybody
    locks in.
    """
    found = find_place(sale_id)
    if found is None:
        raise UnknownSale(sale=show_id(sale_id))
    owner, order_id, stored_minor = found
    buyers = Order.objects.filter(id=order_id).values_list("customer_id", flat=True) if order_id else ()
    payers = people_of_sale(sale_id) if stored_minor else ()
    lock_customers({owner, *buyers, *payers, *also})
    return read_sale(owner, sale_id)


def reserve(
    asked: Asked,
    *,
    at: datetime,
    hold: timedelta | None = None,
    strict: bool = False,
    sale_id: Id | None = None,
) -> SaleView:
    """Hold what a cart gets: codes, limits, and the points, cards and credit that pay, for some time.

    `strict`: refuse where a code that was given cannot be used. `sale_id`: what the sale is to be called;
    asked for again it is the same sale. Raises TenderNotTaken, StoredValueNotTaken,
    CodesNotTaken, or OtherCart where the sale of this name is of another cart; then nothing is held.
    Somebody unknown gets a guest of their own.
    """
    with write_transaction():
        lock_customers(_people_of(asked))
        if sale_id and (known := models.Sale.objects.filter(id=sale_id).first()):
            return _same(known, asked)
        customer_id = asked.customer_id or make_guests(1, recorded_at=at)[0]
        if asked.customer_id is None:
            lock_customers([customer_id])
        row = models.Sale(
            id=sale_id or new_id(), customer_id=customer_id, turn=1, is_guest=asked.customer_id is None
        )
        _hold(row, asked, at=at, hold=hold, strict=strict)
        row.save(force_insert=True)
    return view_of(row)


def _people_of(asked: Asked) -> set[Id]:
    """Return whose sale it is, and whom the cards and credit belong to that are to pay."""
    people = {asked.customer_id} if asked.customer_id else set()
    if asked.gift_cards or asked.pay_credit:
        people |= people_of_payment(asked.gift_cards, asked.customer_id if asked.pay_credit else None)
    return people


def _same(row: models.Sale, asked: Asked) -> SaleView:
    """Return the sale of this name, if it is of this cart and this customer; raises OtherCart."""
    owner = None if row.is_guest else row.customer_id
    if owner != asked.customer_id or read_ask(row.cart) != read_ask(write_ask(asked)):
        raise OtherCart(sale=show_id(row.id))
    return view_of(row)


def _hold(row: models.Sale, asked: Asked, *, at: datetime, hold: timedelta | None, strict: bool) -> None:
    """Take what the cart gets for this sale, and write it down in its row. The customer is locked."""
    answer = _taken(row, asked, at=at, strict=strict)
    paid, evaluation = answer.tender.paid, answer.evaluation
    row.state = SaleState.RESERVED
    row.currency = asked.cart.currency
    row.cart, row.answer = write_ask(asked), keep_answer(answer)
    row.split = write_split(_split(answer))
    row.net_minor, row.discount_minor = evaluation.net_minor, evaluation.discount_minor
    row.shipping_minor = evaluation.shipping_minor
    row.tender_points, row.tender_minor = (paid.points, paid.minor) if paid else (0, 0)
    row.tender_currency = answer.tender.currency if paid else ""
    row.stored_minor = answer.stored.minor
    try:
        take_stored(row, answer, at)
        row.spend_id = spend_points(row, at) if paid else None
    except TenderNotTaken:
        # Whoever sells may go on without points in the same transaction: nothing stays taken.
        limits.give_back(shared_amounts_of(answer))
        coupons.give_back(customer_id=row.customer_id, sale_id=row.id, at=at)
        stored_value.give_back(None, sale_id=row.id, turn=row.turn, mark="let_go", at=at)
        raise
    row.reserved_at = at
    row.reserved_until = at + (hold or timedelta(minutes=answer.shelf.checkout.hold_minutes))
    row.committed_at = row.ended_at = row.order_id = None
    _note_uses(row, answer, at)
    note_need(row, asked, answer, at=at)


def _taken(row: models.Sale, asked: Asked, *, at: datetime, strict: bool) -> Answer:
    """Return an answer of which everything has been taken: what somebody else had first is not in it.

    Where there is too little of something, it is asked again under the lock that told so: what is then read
    of that limit is what is left, and nobody else can take it meanwhile. What is refused is so before
    anything is taken.
    """
    lost: set[str] = set()
    for _ in range(_MOST_LOOKS):
        answer = ask(asked, lost_codes=lost)
        _refuse(answer, strict=strict)
        wanted = shared_amounts_of(answer)
        if limits.take(wanted, spot=row.customer_id[0]):
            continue
        used = answer.evaluation.used_codes
        if missed := coupons.take(used, customer_id=row.customer_id, sale_id=row.id, at=at):
            limits.give_back(wanted)
            coupons.give_back(customer_id=row.customer_id, sale_id=row.id, at=at)
            lost.update(missed)
            continue
        return answer
    raise Busy(seconds=1)


def _refuse(answer: Answer, *, strict: bool) -> None:
    if (refused := answer.tender.refused) is not None:
        raise TenderNotTaken(reason=refused.reason.value, needed=refused.needed, found=refused.found)
    if answer.stored.refused:
        one = answer.stored.refused[0]
        raise StoredValueNotTaken(
            reason=one.reason.value,
            needed=one.needed,
            found=one.found,
            card=answer.stored.names.get(one.ref, ""),
        )
    refused_codes = sorted({one.code for one in answer.evaluation.rejections if one.code})
    if strict and refused_codes:
        raise CodesNotTaken(codes=", ".join(refused_codes))
    if not answer.evaluation.lines:
        raise NothingToSell()


def _split(answer: Answer) -> Sold:
    """Return what each unit carries: what was paid for it, and the points that promotions give on it."""
    tender = spread_of(answer.tender, answer.stored)
    added: Counter[UnitKey] = Counter()
    for own in answer.earning.multiplied.values():
        added.update(own)
    return sold_of(answer.evaluation, tender, added)


def _note_uses(row: models.Sale, answer: Answer, at: datetime) -> None:
    sources = {one.source.promotion_id: one.source for one in answer.evaluation.effects}
    insert_rows(
        models.Redemption,
        _REDEMPTION,
        [
            (
                row.customer_id, row.id, row.turn, key, sources[key].version, sources[key].code, at,
                amounts.minor, amounts.units, 0,
            )
            for key, amounts in amounts_of(answer).items()
        ],
    )  # fmt: skip


def uses_of(row: models.Sale) -> "QuerySet[models.Redemption]":
    """Return what a sale uses of promotions in its present turn, by promotion."""
    own = models.Redemption.objects.filter(customer_id=row.customer_id, sale_id=row.id, turn=row.turn)
    return own.order_by("promotion_id")


def change_uses(row: models.Sale, columns: Sequence[str], values: Mapping[Id, Sequence[object]]) -> None:
    """Set these columns of what a sale uses of promotions in its present turn. One statement."""
    keys = ("customer_id", "sale_id", "turn", "promotion_id")
    changed = [(row.customer_id, row.id, row.turn, key, *own) for key, own in sorted(values.items())]
    if changed:
        update_rows(models.Redemption, keys, columns, changed)


def require_reserved(row: models.Sale, at: datetime) -> None:
    """Raise WrongState for a sale that is not held, SaleTimedOut where its time is over."""
    if row.state == SaleState.TIMED_OUT or (row.state == SaleState.RESERVED and row.reserved_until <= at):
        raise SaleTimedOut(until=row.reserved_until.isoformat())
    if row.state != SaleState.RESERVED:
        raise WrongState(state=row.state)


def cancel(sale_id: Id, *, at: datetime) -> SaleView:
    """Let a sale that is held go: codes, limits and points are free again, these with their old expiry.

    One that was let go before stays so. Raises UnknownSale, or WrongState for an order.
    """
    with write_transaction():
        row = lock_sale(sale_id)
        if row.state in (SaleState.CANCELED, SaleState.TIMED_OUT):
            return view_of(row)
        if row.state != SaleState.RESERVED:
            raise WrongState(state=row.state)
        release(row, SaleState.CANCELED, at=at)
    return view_of(row)


def release(row: models.Sale, state: SaleState, *, at: datetime) -> None:
    """Give back all that a sale holds, and end it in this state. The customer is locked."""
    uses = uses_of(row).filter(given_back_at=None)
    limits.give_back({one.promotion_id: limits.Amounts(1, one.minor, one.units) for one in uses})
    uses.update(given_back_at=at)
    coupons.give_back(customer_id=row.customer_id, sale_id=row.id, at=at)
    if row.spend_id:
        give_back_points(row, None, key=f"sale:{row.id.hex()}:{row.turn}:let_go", at=at)
    if row.stored_minor:
        stored_value.give_back(None, sale_id=row.id, turn=row.turn, mark="let_go", at=at)
    was_committed = row.state == SaleState.COMMITTED
    row.state, row.ended_at = state, at
    models.Sale.objects.filter(customer_id=row.customer_id, id=row.id).update(state=state, ended_at=at)
    told = Draft(row.customer_id, SaleCanceled(was_committed=was_committed), at, row.id)
    record_batch([told], recorded_at=at)


def reopen(
    sale_id: Id, *, at: datetime, hold: timedelta | None = None, asked: Asked | None = None
) -> SaleView:
    """Take a sale up again that was let go, by today's promotions; `asked`: with another cart.

    Raises UnknownSale, WrongState for one that is held or an order (which is canceled first), SaleOfAbsorbed
    where its customer has become part of another, and whatever `reserve` raises.
    """
    with write_transaction():
        row = lock_sale(sale_id, also=_people_of(asked) if asked else ())
        if row.state not in (SaleState.CANCELED, SaleState.TIMED_OUT):
            raise WrongState(state=row.state)
        if row.customer_id in (merged := kept_by([row.customer_id])):
            raise SaleOfAbsorbed(customer=show_id(merged[row.customer_id]))
        kept = read_ask(row.cart)
        if asked is None:
            asked = Asked(
                cart=kept.cart, as_of=at, customer_id=None if row.is_guest else row.customer_id,
                codes=kept.codes,
                by_shopper=kept.by_shopper,
                pay_points=kept.pay_points, gift_cards=kept.card_refs, pay_credit=kept.pay_credit,
                channel=kept.channel, store=kept.store, only=kept.asked_only,
            )  # fmt: skip
        row.turn += 1
        _hold(row, asked, at=at, hold=hold, strict=False)
        row.save(update_fields=_HELD)
    return view_of(row)
