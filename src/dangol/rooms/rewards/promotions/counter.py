"""Sales at a counter: who rang one up, what the member said to it, and whoever rang it up may undo it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.commerce.acts import (
    Why,
    move_for_reason as move_order_for_reason,
    note_act,
    note_move,
    undo_for_reason as undo_order_for_reason,
)
from dangol.core.commerce.models import Act
from dangol.core.commerce.moving import MOVED, SameMember
from dangol.core.commerce.selectors import OrderFacts, find_order
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import Actor, require_reason
from dangol.core.people.merged import family_of
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions import limits, models
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.promotions.committing import commit, undo
from dangol.rooms.rewards.promotions.confirming import find_confirmation
from dangol.rooms.rewards.promotions.documents import StoredAsk, read_ask, read_split
from dangol.rooms.rewards.promotions.dues import due_of
from dangol.rooms.rewards.promotions.kept import current_shelf
from dangol.rooms.rewards.promotions.models import ConfirmationState, SaleState
from dangol.rooms.rewards.promotions.sales import (
    SaleView,
    UnknownSale,
    find_sale,
    lock_sale,
    release,
    require_reserved,
    reserve,
    view_of,
)

PHONE, PERSON = "phone", "person"


class NotAsked(DomainError):
    """Nothing waits for an answer in this sale (`sale`): nothing was asked, or it is answered."""

    code = "checkout.not_asked"


class AskedTooLongAgo(DomainError):
    """The time to answer on the phone is over (`until`); the till may ask again."""

    code = "checkout.asked_too_long_ago"


class RungUpByAnother(DomainError):
    """Somebody else rang the order up (`order`): at the till only they take it back."""

    code = "checkout.rung_up_by_another"


class TooLateToUndo(DomainError):
    """The order (`order`) was rung up longer ago than it may be undone at the till (`minutes`)."""

    code = "checkout.too_late_to_undo"


class NotOfTheCheckout(DomainError):
    """The order (`order`) was told of as it was: how its price came about is not known."""

    code = "checkout.not_of_the_checkout"


class UsesTheirOwn(DomainError):
    """The member's coupons, points, cards or credit were used (`order`): it cannot become another's sale."""

    code = "checkout.uses_their_own"


class ConfirmationView(NamedTuple):
    """What a member was asked and said; `state` as ConfirmationState, `how` phone or person."""

    state: str
    asked_at: datetime
    asked_until: datetime
    answered_at: datetime | None
    how: str
    witness: str


def confirmation_of(sale_id: Id) -> ConfirmationView | None:
    """Return what the member was asked of a sale's present turn and said; None: nothing needs to be.

    Raises UnknownSale.
    """
    row = models.Sale.objects.filter(id=sale_id).first()
    if row is None:
        raise UnknownSale(sale=show_id(sale_id))
    found = find_confirmation(row)
    if found is None:
        return None
    return ConfirmationView(*(getattr(found, name) for name in ConfirmationView._fields))


def waiting_for(customer_id: Id, *, at: datetime) -> list[SaleView]:
    """Return the sales to which a member may say yes or no on their phone now, the latest first."""
    family = family_of(customer_id)
    asked = models.SaleConfirmation.objects.filter(
        customer_id__in=family, state=ConfirmationState.WAITING, asked_until__gt=at
    )
    turns = dict(asked.order_by("-asked_at").values_list("sale_id", "turn")[:20])
    rows = models.Sale.objects.filter(
        customer_id__in=family, id__in=list(turns), state=SaleState.RESERVED, reserved_until__gt=at
    )
    found = [view_of(row) for row in rows if row.turn == turns[row.id]]
    return sorted(found, key=lambda one: one.reserved_at, reverse=True)


def answer_on_phone(sale_id: Id, customer_id: Id, *, says_yes: bool, at: datetime) -> None:
    """Note what the member said on their own phone; with a no the sale is let go at once.

    Said again it is the same. Raises UnknownSale for another's, NotAsked, AskedTooLongAgo, or as `commit` for
    a sale that is not held any more.
    """
    if find_sale(sale_id).customer_id not in family_of(customer_id):
        raise UnknownSale(sale=show_id(sale_id))
    _answer(sale_id, says_yes, PHONE, "", at)


def answer_in_person(sale_id: Id, *, says_yes: bool, witness: Actor, at: datetime) -> None:
    """Note what the member said at the counter, before this witness of the staff; else as on the phone."""
    _answer(sale_id, says_yes, PERSON, witness.key, at)


def _answer(sale_id: Id, says_yes: bool, how: str, witness: str, at: datetime) -> None:
    wanted = ConfirmationState.CONFIRMED if says_yes else ConfirmationState.DECLINED
    with write_transaction():
        row = lock_sale(sale_id)
        found = find_confirmation(row)
        if found is not None and (found.state, found.how) == (wanted, how):
            return
        if found is None or found.state != ConfirmationState.WAITING:
            raise NotAsked(sale=show_id(sale_id))
        require_reserved(row, at)
        if how == PHONE and found.asked_until <= at:
            raise AskedTooLongAgo(until=found.asked_until.isoformat())
        found.state, found.how, found.witness, found.answered_at = wanted, how, witness, at
        found.save(update_fields=["state", "how", "witness", "answered_at"])
        if not says_yes:
            release(row, SaleState.CANCELED, at=at)


def ask_again(sale_id: Id, *, at: datetime) -> None:
    """Give the member time anew. Raises UnknownSale, NotAsked, or for a sale that is not held any more."""
    with write_transaction():
        row = lock_sale(sale_id)
        require_reserved(row, at)
        found = find_confirmation(row)
        if found is None or found.state != ConfirmationState.WAITING:
            raise NotAsked(sale=show_id(sale_id))
        until = at + timedelta(minutes=read_checkout().confirm_minutes)
        found.asked_until = min(until, row.reserved_until)
        found.save(update_fields=["asked_until"])


def finish(
    sale_id: Id, *, source: str, number: str, by: Actor, at: datetime, placed_at: datetime | None = None
) -> SaleView:
    """Make a sale that is held an order that `by` rang up; raises as `commit`."""
    with write_transaction():
        sale = commit(sale_id, source=source, number=number, at=at, placed_at=placed_at)
        assert sale.order_id is not None, "it has just become one"
        note_rung(sale.customer_id, sale.order_id, by=by, at=at)
    return sale


def note_rung(customer_id: Id, order_id: Id, *, by: Actor, at: datetime) -> None:
    """Note who rang an order up; the first holds. Inside the write transaction that placed it."""
    _keep_rung([(customer_id, order_id, by.key, at)])


def _keep_rung(rows: list[tuple[Id, Id, str, datetime]]) -> None:
    insert_missing(models.CounterSale, ("customer_id", "order_id", "rung_by", "rung_at"), rows)


def sale_of(order: OrderFacts) -> SaleView | None:
    """Return the sale that has become this order; None for one that was told of as it was.

    None, too, for a guest's that somebody has claimed since: the sale stays the guest's.
    """
    return _sale_of(order, SaleState.COMMITTED)


def undone_sale_of(order: OrderFacts) -> SaleView | None:
    """Return the sale that had become this order before it was undone, with what was paid."""
    return _sale_of(order, SaleState.CANCELED)


def points_given(order: OrderFacts) -> int:
    """Return what promotions themselves have given for an order and was not taken back; one statement."""
    rows = models.Sale.objects.filter(
        customer_id=order.customer_id, order_id=order.id, state=SaleState.COMMITTED
    )
    split = rows.values_list("split", flat=True).first()
    if split is None:
        return 0
    sold = read_split(split)
    return sum(one.earned_points for key, one in sold.units.items() if key not in sold.back)


def _sale_of(order: OrderFacts, state: SaleState) -> SaleView | None:
    family = family_of(order.customer_id)
    row = models.Sale.objects.filter(customer_id__in=family, order_id=order.id, state=state).first()
    return view_of(row) if row else None


def obstacle_to_undoing(order: OrderFacts, *, by: Actor, at: datetime) -> DomainError | None:
    """Return why this person may not undo an order at the till now, as far as it is about who and when."""
    rung = models.CounterSale.objects.filter(order_id=order.id).first()
    minutes = read_checkout().undo_minutes
    if rung is None or rung.rung_by != by.key:
        return RungUpByAnother(order=order.number)
    if at - rung.rung_at >= timedelta(minutes=minutes):
        return TooLateToUndo(order=order.number, minutes=minutes)
    return None


def undo_own(order: OrderFacts, why: Why, *, at: datetime) -> None:
    """Undo what one rang up oneself a moment ago, and say why: as if it had never been.

    Points, coupons, budgets and tiers are as before. Raises ReasonMissing, RungUpByAnother, TooLateToUndo,
    and as `undo_for_reason`.
    """
    require_reason(why.reason)
    if (obstacle := obstacle_to_undoing(order, by=why.actor, at=at)) is not None:
        raise obstacle
    undo_for_reason(order, why, at=at)


def undo_for_reason(order: OrderFacts, why: Why, *, at: datetime) -> None:
    """Undo an order; of one that was a sale of the checkout all it used is free again.

    Raises ReasonMissing, HasReturns where something of a sale came back, and as `undo_order`.
    """
    sale = sale_of(order)
    if sale is None:
        undo_order_for_reason(order, why, at=at)
        return
    require_reason(why.reason)
    with write_transaction():
        undo(sale.id, at=at)
        note_act(order.customer_id, order.id, Act.UNDONE, None, why, at)


def move_own(order: OrderFacts, why: Why, *, to: Id, at: datetime) -> OrderFacts:
    """Give what one rang up oneself a moment ago to the member who made it; returns the new order.

    Raises RungUpByAnother, TooLateToUndo, and as `move_for_reason`.
    """
    if (obstacle := obstacle_to_undoing(order, by=why.actor, at=at)) is not None:
        raise obstacle
    return move_for_reason(order, why, to=to, at=at)


def move_for_reason(order: OrderFacts, why: Why, *, to: Id, at: datetime) -> OrderFacts:
    """Give an order to the member who made it; returns the new one, which is of the instant the first was.

    Whoever rang the first up has rung the new one up, as long ago. Sent twice it is moved once.
    Raises ReasonMissing, as `give_to` where it was a sale of the checkout, and as `move_order`.
    """
    require_reason(why.reason)
    with write_transaction():
        lock_customers([order.customer_id, to])
        sale = sale_of(order)
        if sale is None:
            made = move_order_for_reason(order, why, to=to, at=at)
        else:
            made = find_order(show_id(give_to(order, sale, to=to, at=at)))
            note_move(order, made, why, at)
        rung = models.CounterSale.objects.filter(order_id=order.id).first()
        if rung is not None:
            _keep_rung([(made.customer_id, made.id, rung.rung_by, rung.rung_at)])
    return made


def give_to(order: OrderFacts, sale: SaleView, *, to: Id, at: datetime) -> Id:
    """Give a sale to the member who made it: undone here, and rung up there by today's promotions.

    Inside the caller's write transaction. Returns the new order's id; it is of the instant the first was.
    Raises SameMember, UsesTheirOwn or HasReturns.
    """
    require_write_transaction()
    if to == order.customer_id:
        raise SameMember(order=order.number)
    if sale.answer["used_codes"] or sale.tender_points or sale.stored_minor or due_of(sale):
        raise UsesTheirOwn(order=order.number)
    lock_customers([order.customer_id, to])
    kept = cart_of(sale.id)
    # What is given back and what is taken anew together: two who move sales at once wait in one order.
    used = models.Redemption.objects.filter(customer_id=sale.customer_id, sale_id=sale.id)
    limits.lock({*used.values_list("promotion_id", flat=True), *current_shelf().limits})
    undo(sale.id, at=at)
    anew = Asked(
        cart=kept.cart, as_of=at, customer_id=to, channel=kept.channel, store=kept.store,
        only=kept.asked_only,
    )  # fmt: skip
    number = f"{order.number[: 64 - len(MOVED)]}{MOVED}"
    held = reserve(anew, at=at)
    made = commit(held.id, source=order.source, number=number, at=at, placed_at=order.placed_at)
    assert made.order_id is not None, "it has just become one"
    return made.order_id


def cart_of(sale_id: Id) -> StoredAsk:
    """Return what was asked of a sale in its present turn; raises UnknownSale."""
    row = models.Sale.objects.filter(id=sale_id).first()
    if row is None:
        raise UnknownSale(sale=show_id(sale_id))
    return read_ask(row.cart)
