"""What comes back of a sale: by units or by an amount, from the split that was kept when it was sold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from dangol.core.commerce.drafts import ReturnDraft, ReturnLineDraft
from dangol.core.commerce.models import Return
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.selectors import OrderFacts
from dangol.core.commerce.services import hash_content
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.selectors import find_erased
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError
from dangol.domain.promotions.returns import (
    NOTHING,
    Back,
    Carried,
    Refused,
    UnitKey,
    points_by_giver,
    return_amount,
    return_delivery,
    return_units,
)
from dangol.domain.stored_value import Kind
from dangol.domain.tender import StoredReason
from dangol.rooms.rewards.coupons import services as coupons
from dangol.rooms.rewards.coupons.taking_back import take_back as take_coupons_back
from dangol.rooms.rewards.promotions import limits, models
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.promotions.committing import sold_lines, take_points_back
from dangol.rooms.rewards.promotions.documents import (
    delivery_discounts_of,
    discounts_of,
    points_of,
    read_ask,
    read_split,
    stamps_of,
    write_split,
)
from dangol.rooms.rewards.promotions.dues import require_paid
from dangol.rooms.rewards.promotions.events import SaleReturned, told_stamps
from dangol.rooms.rewards.promotions.models import SaleState
from dangol.rooms.rewards.promotions.sales import (
    WrongState,
    change_uses,
    lock_sale,
    uses_of,
)
from dangol.rooms.rewards.promotions.tendering import give_back_points
from dangol.rooms.rewards.stored_value import paying as stored_value
from dangol.rooms.rewards.stored_value.credit import put_credit
from dangol.rooms.rewards.stored_value.store import Note

LineCounts: TypeAlias = Mapping[str, int]


class NotReturnable(DomainError):
    """What is brought back cannot be (`reason`): `line` names the line, where it is about one."""

    code = "checkout.not_returnable"


class ReturnedElsewhere(DomainError):
    """Something of the order came back at another door, which knows nothing of the split: both would pay."""

    code = "checkout.returned_elsewhere"


class ReturnNumberTaken(DomainError):
    """This number (`number`) names another return of the sale, or of the shop's."""

    code = "checkout.return_number_taken"


class ReturnView(NamedTuple):
    """What came back: minor units of money, points given back, points taken, and what discounts it undid.

    `delivery_minor` is the part of the money that had been paid for the delivery. `stored_back_minor` went
    back to the cards and credit that had paid, and of the money `credit_minor` was given as store credit.
    What had been paid for the credit of somebody erased is handed out with the money.
    """

    number: str
    money_minor: int
    points_back: int
    points_back_minor: int
    points_taken: int
    discount_minor: int
    delivery_minor: int = 0
    stored_back_minor: int = 0
    credit_minor: int = 0
    repeated: bool = False


def bring_back(
    sale_id: Id,
    *,
    number: str,
    units: LineCounts,
    at: datetime,
    delivery: bool = False,
    as_credit: bool = False,
) -> ReturnView:
    """Bring so many units of each line back, the last of a line first; each takes with it what it carries.

    Money and points paid are given back, and so is to cards and credit what they paid; points earned are
    taken back, and what promotions took off the units is their budgets' again. `delivery`: what was paid for
    it, too, where the shop gives it back when it is asked for. `as_credit`: the money is not handed out, but
    becomes the member's store credit. Told again with the same number it is the same return. Raises
    UnknownSale, WrongState, NotReturnable or ReturnNumberTaken; then nothing is changed.
    """
    with write_transaction():
        row = lock_sale(sale_id)
        told = hash_content("units", sorted(units.items()), *_marks(delivery=delivery, credit=as_credit))
        if (known := _known(row, number, told)) is not None:
            return known
        sold, rule = read_split(row.split), read_checkout().delivery_back
        wanted = _units(sold.units, sold.back, units) if units or not delivery else []
        back = _allowed(return_units(sold, wanted, rule))
        if delivery:
            with_it = _allowed(return_delivery(back.sold, rule))
            back = Back(back.units, with_it.sold, with_it.delivery)
        return _book(row, number, told, back, wanted, at, as_credit=as_credit)


def _marks(**asked: bool) -> list[str]:
    return [name for name, is_asked in asked.items() if is_asked]


def give_back_amount(
    sale_id: Id, *, number: str, minor: int, at: datetime, as_credit: bool = False
) -> ReturnView:
    """Give back an amount of what was paid, without goods: in money, points, cards and credit as they paid.

    Raises what `bring_back` raises.
    """
    with write_transaction():
        row = lock_sale(sale_id)
        told = hash_content("amount", minor, *_marks(credit=as_credit))
        if (known := _known(row, number, told)) is not None:
            return known
        back = _allowed(return_amount(read_split(row.split), minor))
        return _book(row, number, told, back, (), at, as_credit=as_credit)


def returns_of(sale_id: Id) -> list[ReturnView]:
    """Return what came back of a sale, the first first."""
    found = models.SaleReturn.objects.filter(sale_id=sale_id).order_by("at", "number")
    return [ReturnView(**raw) for raw in found.values_list("content", flat=True)]


def _known(row: models.Sale, number: str, told: bytes) -> ReturnView | None:
    """Return the return this number names already; raises where it was another, or the sale is no order."""
    known = models.SaleReturn.objects.filter(
        customer_id=row.customer_id, sale_id=row.id, number=number
    ).first()
    if known is not None:
        if bytes(known.content_hash) != told:
            raise ReturnNumberTaken(number=number)
        return ReturnView(**known.content)._replace(repeated=True)
    if row.state != SaleState.COMMITTED:
        raise WrongState(state=row.state)
    return None


def _units(sold: Mapping[UnitKey, Carried], back: frozenset[UnitKey], wanted: LineCounts) -> list[UnitKey]:
    """Return which units come back, the last of each line first; raises NotReturnable."""
    found: list[UnitKey] = []
    for line, count in sorted(wanted.items()):
        own = sorted((one for one in sold if one[0] == line and one not in back), reverse=True)
        if not any(one[0] == line for one in sold):
            raise NotReturnable(reason=Refused.UNKNOWN_UNIT.value, line=line)
        if count < 1:
            raise NotReturnable(reason=Refused.NOT_POSITIVE.value, line=line)
        if count > len(own):
            raise NotReturnable(reason=Refused.ALREADY_BACK.value, line=line)
        found += own[:count]
    if not found:
        raise NotReturnable(reason=Refused.NOT_POSITIVE.value, line="")
    return found


def _allowed(back: Back | Refused) -> Back:
    if isinstance(back, Refused):
        raise NotReturnable(reason=back.value, line="")
    return back


def _book(
    row: models.Sale,
    number: str,
    told: bytes,
    back: Back,
    units: Sequence[UnitKey],
    at: datetime,
    *,
    as_credit: bool,
) -> ReturnView:
    total = back.total
    if as_credit and (row.is_guest or find_erased([row.customer_id])):
        raise NotReturnable(reason=StoredReason.NO_MEMBER.value, line="")
    _refuse_returned_elsewhere(row)
    require_paid(row)
    return_id = _tell_commerce(row, number, back, units, at)
    # A number may be longer than a key has room for.
    mark = f"back:{hash_content(number).hex()}"
    if total.spent_points:
        key = f"sale:{row.id.hex()}:{row.turn}:{mark}"
        give_back_points(row, total.spent_points, key=key, at=at)
    if total.earned_points:
        take_points_back(row, _points_by_promotion(row, total.earned_points, units), mark=mark, at=at)
    is_all = len(back.sold.back) == len(back.sold.units)
    delivery_off = delivery_discounts_of(row.answer) if back.delivery != NOTHING else {}
    _give_uses_back(row, units, delivery_off, is_all=is_all, at=at)
    if is_all:
        take_coupons_back(customer_id=row.customer_id, sale_id=row.id, at=at)
    gone = [one for one in _give_stored_back(row, total.stored_minor, mark, at) if one.is_erased]
    handed_out = sum(one.cash_minor for one in gone)
    credit = total.money_minor if as_credit else 0
    if credit:
        _give_credit(row, credit, mark, at)
    row.split = write_split(back.sold)
    row.save(update_fields=["split"])
    view = ReturnView(
        number, total.money_minor + handed_out, total.spent_points, total.spent_minor, total.earned_points,
        total.discount_minor, back.delivery.money_minor,
        total.stored_minor - sum(one.minor for one in gone), credit,
    )  # fmt: skip
    models.SaleReturn.objects.create(
        customer_id=row.customer_id, sale_id=row.id, number=number, at=at, content_hash=told,
        content=view._asdict(), return_id=return_id,
    )  # fmt: skip
    payload = SaleReturned(
        number=number, currency=row.currency, money_minor=view.money_minor, points_back=total.spent_points,
        points_taken=total.earned_points,
        stamps=() if row.is_guest else told_stamps(stamps_of(row.answer, units)),
    )  # fmt: skip
    record_batch([Draft(row.customer_id, payload, at, row.id)], recorded_at=at)
    return view


def _give_stored_back(row: models.Sale, minor: int, mark: str, at: datetime) -> list[stored_value.Back]:
    if not minor:
        return []
    return stored_value.give_back(minor, sale_id=row.id, turn=row.turn, mark=mark, at=at)


def _give_credit(row: models.Sale, minor: int, mark: str, at: datetime) -> None:
    """Make the money of a return its member's credit, who may have become part of another since."""
    owner = resolve_merged([row.customer_id])[row.customer_id]
    put_credit(
        owner, minor, row.currency, kind=Kind.REFUND, key=f"sale:{row.id.hex()}:{row.turn}:{mark}:credit",
        note=Note(customer_id=owner, sale_id=row.id), at=at, price_minor=minor,
    )  # fmt: skip


def _tell_commerce(
    row: models.Sale, number: str, back: Back, units: Sequence[UnitKey], at: datetime
) -> Id | None:
    """Record what comes back of the order; None for the delivery alone, which no line of it has."""
    if not back.units and not units:
        return None
    outcome = record_returns([_draft(row, number, back, units, at)], recorded_at=at)[0]
    if outcome.repeated or outcome.conflict:
        raise ReturnNumberTaken(number=number)
    return outcome.id


def refuse_returned_here(order: OrderFacts) -> None:
    """Raise ReturnedElsewhere for an order of which something came back by the split of its sale.

    Whoever tells of returns as they come must not pay once more. In the write transaction that tells of it,
    under the lock of the order's customer.
    """
    require_write_transaction()
    lock_customers([order.customer_id])
    sales = models.Sale.objects.filter(order_id=order.id, customer_id__in=family_of(order.customer_id))
    own = sales.values_list("id", flat=True)
    if models.SaleReturn.objects.filter(sale_id__in=list(own)).exists():
        raise ReturnedElsewhere()


def _refuse_returned_elsewhere(row: models.Sale) -> None:
    order, _, _ = sold_lines(row)
    ours = models.SaleReturn.objects.filter(customer_id=row.customer_id, sale_id=row.id)
    back = Return.objects.filter(customer_id=order.customer_id, order_id=order.id)
    if back.exclude(id__in=list(ours.values_list("return_id", flat=True))).exists():
        raise ReturnedElsewhere()


def _draft(row: models.Sale, number: str, back: Back, units: Sequence[UnitKey], at: datetime) -> ReturnDraft:
    """Return what commerce is told: lines of the order with what was paid for what comes back of them."""
    order, lines, products = sold_lines(row)
    counted = [line["line"] for line in row.answer["lines"]]
    order_lines = {
        line.key: place
        for place, line in enumerate(
            (one for one in read_ask(row.cart).cart.lines if one.key in set(counted)), start=1
        )
    }
    counts = Counter(key for key, _ in units)
    by_points = not row.answer["tender"]["is_discount"]
    by_stored = not row.answer.get("stored", {}).get("is_discount")
    net: Counter[str] = Counter()
    for (key, _), carried in back.units.items():
        net[key] += carried.money_minor
        net[key] += (carried.spent_minor if by_points else 0) + (carried.stored_minor if by_stored else 0)
    told = []
    for key in sorted(set(net) | set(counts), key=lambda one: order_lines[one]):
        line = lines[order_lines[key] - 1]
        product = products[line.product_id]
        told.append(
            ReturnLineDraft(
                line.product_id, product.number, product.category, counts[key] * 1000, net[key], line.number
            )
        )
    return ReturnDraft(
        order.customer_id, order.source, number, at, order.currency, told, order_number=order.number
    )


def _points_by_promotion(row: models.Sale, points: int, units: Sequence[UnitKey]) -> dict[Id, int]:
    """Return which promotions lose how many points: in proportion to what each gave on what comes back."""
    uses = uses_of(row).filter(points__gt=0)
    left = dict(uses.values_list("promotion_id", "points"))
    on_units = points_of(row.answer, units) if units else left
    parts = points_by_giver(points, on_units, left)
    change_uses(row, ("points",), {key: (left[key] - part,) for key, part in parts.items()})
    return parts


def _give_uses_back(
    row: models.Sale, units: Sequence[UnitKey], delivery_off: Mapping[Id, int], *, is_all: bool, at: datetime
) -> None:
    """Give what promotions took off these units, and off the delivery, back to their limits.

    With the last unit the uses, too.
    """
    uses = {one.promotion_id: one for one in uses_of(row).filter(given_back_at=None)}
    if is_all and read_checkout().gives_use_back:
        limits.give_back({key: limits.Amounts(1, one.minor, one.units) for key, one in uses.items()})
        uses_of(row).filter(given_back_at=None).update(given_back_at=at)
        coupons.give_back(customer_id=row.customer_id, sale_id=row.id, at=at)
        return
    all_off = Counter(discounts_of(row.answer, units)) + Counter(delivery_off)
    off = {key: min(minor, uses[key].minor) for key, minor in all_off.items() if key in uses}
    limits.give_back({key: limits.Amounts(0, minor, 0) for key, minor in off.items()})
    change_uses(row, ("minor",), {key: (uses[key].minor - minor,) for key, minor in off.items()})
