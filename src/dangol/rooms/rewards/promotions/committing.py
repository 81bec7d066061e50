"""A sale becomes an order, and an order that was a mistake is undone."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from dangol.core.commerce.drafts import ReturnDraft, ReturnLineDraft
from dangol.core.commerce.models import Order, OrderLine, Product, Return
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.tills import Sale as Told, SaleLine, ring_up
from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.ledger.services import Order as Move, apply, reverse_transfer
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import dates_of
from dangol.domain.errors import DomainError
from dangol.domain.points import Earn, NothingToReverse
from dangol.rooms.rewards.coupons.batches import UnknownBatch
from dangol.rooms.rewards.coupons.holding import BatchClosed, NoCodesLeft, issue
from dangol.rooms.rewards.coupons.taking_back import issue_key_of, take_back as take_coupons_back
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.models import Accrual
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.promotions import models
from dangol.rooms.rewards.promotions.confirming import require_confirmed
from dangol.rooms.rewards.promotions.documents import points_given, read_ask, read_split, stamps_of
from dangol.rooms.rewards.promotions.dues import end_due
from dangol.rooms.rewards.promotions.events import SaleCommitted, UsedPromotion, told_stamps
from dangol.rooms.rewards.promotions.models import SaleState
from dangol.rooms.rewards.promotions.rows import Use, read_turn, write_commit
from dangol.rooms.rewards.promotions.sales import (
    SaleView,
    WrongState,
    change_uses,
    lock_sale,
    release,
    require_reserved,
    uses_of,
    view_of,
)

Amounts: TypeAlias = tuple[tuple[str, int], ...]


class NumberTaken(DomainError):
    """The source's number (`source`, `number`) names another order."""

    code = "checkout.number_taken"


class HasReturns(DomainError):
    """Something of the order came back already: what is left is brought back, too, and not undone."""

    code = "checkout.has_returns"


def commit(
    sale_id: Id, *, source: str, number: str, at: datetime, placed_at: datetime | None = None
) -> SaleView:
    """Let a sale that is held be an order: points are earned before the answer is given.

    `placed_at`: when it was sold, where that was earlier. Told again with the same number it is the same
    order. Raises UnknownSale, SaleTimedOut, WrongState, ConfirmationMissing or NumberTaken; then nothing is
    changed.
    """
    with write_transaction():
        row = lock_sale(sale_id)
        if row.state == SaleState.COMMITTED and _is_named(row, source, number):
            return view_of(row)
        require_reserved(row, at)
        asked, uses = read_turn(row)
        require_confirmed(asked)
        outcome = ring_up([_told(row, source, number, placed_at or at)], recorded_at=at)[0]
        if outcome.repeated or outcome.conflict:
            raise NumberTaken(source=source, number=number)
        row.state, row.committed_at, row.order_id = SaleState.COMMITTED, at, outcome.id
        given = _give_points(row, at)
        write_commit(row, with_answer=_issue_coupons(row, at))
        _tell(row, uses, given, at)
    return view_of(row)


def _is_named(row: models.Sale, source: str, number: str) -> bool:
    return Order.objects.filter(id=row.order_id, source=source, number=number).exists()


def _told(row: models.Sale, source: str, number: str, at: datetime) -> Told:
    """Return the sale as a till tells of it. What counts as a discount is one of the whole order."""
    kept, answer = read_ask(row.cart), row.answer
    net = {line["line"]: line["net_minor"] for line in answer["lines"]}
    lines = []
    for line in kept.cart.lines:
        if line.key not in net:
            continue
        listed = line.unit_minor * line.quantity
        category = line.categories[0] if line.categories else ""
        lines.append(
            SaleLine(
                line.product,
                line.quantity * 1000,
                listed,
                listed - net[line.key],
                net[line.key],
                "",
                category,
            )
        )
    lines += [
        SaleLine(one["product"], one["count"] * 1000, 0, 0, 0)
        for one in answer["effects"]
        if one["type"] == "gift"
    ]
    discounts, tenders = _paid(row)
    return Told(
        buyer=row.customer_id, source=source, number=number, placed_at=at, currency=row.currency, lines=lines,
        store=kept.store or None, channel=kept.channel or "store",
        discounts=discounts, tenders=tenders,
        is_guest=row.is_guest,
    )  # fmt: skip


def _paid(row: models.Sale) -> tuple[Amounts, Amounts]:
    """Return what was paid besides money, as the order's discounts and its tenders."""
    points = (("points", row.tender_minor),) if row.tender_minor else ()
    discounts, tenders = (points, ()) if row.answer["tender"]["is_discount"] else ((), points)
    stored = row.answer.get("stored")
    if not row.stored_minor or stored is None:
        return discounts, tenders
    if stored["is_discount"]:
        # Of goods alone: the delivery is no part of the order.
        on_goods = read_split(row.split).carried.stored_minor
        return (*discounts, ("stored_value", on_goods)) if on_goods else discounts, tenders
    sums: Counter[str] = Counter()
    for one in stored["paid"]:
        sums[one["kind"]] += one["minor"]
    return discounts, (*tenders, *sums.items())


def _give_points(row: models.Sale, at: datetime) -> dict[Id, int]:
    """Give what promotions give, besides what the program's rules did; returns it by promotion."""
    # Nobody unknown earns anything: their order does, once it is claimed.
    wanted = {} if row.is_guest else points_given(row.answer)
    running = next(iter(current_programs()), None) if wanted else None
    if running is None:
        return {}
    terms = running.rules.terms_in(_tier_of(row, running), at)
    release_at, expires_at = dates_of(terms, at)
    moves = [
        Move(
            row.customer_id,
            Earn(
                f"sale:{row.id.hex()}:{row.turn}:{key.hex()}", at, points, release_at, expires_at,
                "promotion", row.order_id, idle=terms.idle,
            ),
        )
        for key, points in wanted.items()
    ]  # fmt: skip
    results = apply(moves, running.row.points_currency, recorded_at=at)
    for result in results:
        if result.refusal:
            raise result.refusal
    earned = zip(wanted.items(), results, strict=True)
    change_uses(row, ("points", "earn_id"), {key: (points, one.transfer_id) for (key, points), one in earned})
    return wanted


def _tier_of(row: models.Sale, running: Running) -> str:
    """Return the tier in which the order of a sale was judged; empty where none makes points last longer."""
    if not any(level.extra_months for rules in running.rules.tier_versions for level in rules.levels):
        return ""
    own = [(row.customer_id, row.order_id, running.id)]
    judged = select_matching(
        Accrual, ("tier",), ("customer_id", "order_id", "program_id"), own, order_by=("number",), limit=1
    )
    return judged[0][0] if judged else ""


def _issue_coupons(row: models.Sale, at: datetime) -> bool:
    """Hand out the coupons that promotions give for later, and say whether there are any.

    Where a batch has none left, the sale goes on.
    """
    is_any = False
    for place, effect in enumerate(row.answer["effects"]):
        if effect["type"] != "coupon" or row.is_guest:
            continue
        is_any = True
        # Without the turn: a sale that is taken up again gets the same code again.
        key = issue_key_of(row.id, f"{place}:{effect['coupon']}")
        try:
            effect["issued"] = issue(parse_id(effect["coupon"]), row.customer_id, key, at=at)
        except (UnknownBatch, BatchClosed, NoCodesLeft, ValueError):
            effect["issued"] = None
    return is_any


def _tell(row: models.Sale, uses: Iterable[Use], given: dict[Id, int], at: datetime) -> None:
    payload = SaleCommitted(
        order=show_id(row.order_id or bytes(16)), currency=row.currency, net_minor=row.net_minor,
        discount_minor=row.discount_minor, tender_points=row.tender_points,
        promotions=[
            UsedPromotion(
                promotion=show_id(one.promotion_id), version=one.version, minor=one.minor,
                points=given.get(one.promotion_id, 0),
            )
            for one in uses
        ],
        # Nobody unknown has a card.
        stamps=() if row.is_guest else told_stamps(stamps_of(row.answer)),
    )  # fmt: skip
    record_batch([Draft(row.customer_id, payload, at, row.id)], recorded_at=at)


def undo(sale_id: Id, *, at: datetime) -> SaleView:
    """Take an order back that was a mistake: as if it had never been, for points, tiers, codes and limits.

    Coupons that it brought its customer are blocked, unless they were used meanwhile.

    Raises UnknownSale, WrongState, or HasReturns where something came back already.
    """
    with write_transaction():
        row = lock_sale(sale_id)
        if row.state != SaleState.COMMITTED:
            raise WrongState(state=row.state)
        at_the_order = Return.objects.filter(
            order_id=row.order_id, customer_id=sold_lines(row)[0].customer_id
        )
        # The delivery alone is no return of the order's lines.
        here = models.SaleReturn.objects.filter(customer_id=row.customer_id, sale_id=row.id)
        if at_the_order.exists() or here.exists():
            raise HasReturns()
        _bring_all_back(row, at)
        take_points_back(row, None, mark="undo", at=at)
        release(row, SaleState.CANCELED, at=at)
        end_due(row, at=at)
        take_coupons_back(customer_id=row.customer_id, sale_id=row.id, at=at)
    return view_of(row)


def take_points_back(row: models.Sale, points: dict[Id, int] | None, *, mark: str, at: datetime) -> None:
    """Take back what promotions gave: so many points by promotion, or all that is left of it (None)."""
    uses = uses_of(row).filter(earn_id__isnull=False)
    for one in uses:
        wanted = None if points is None else points.get(one.promotion_id, 0)
        if wanted == 0:
            continue
        assert one.earn_id is not None, "filtered above"
        key = f"sale:{row.id.hex()}:{row.turn}:{one.promotion_id.hex()}:{mark}"
        try:
            reverse_transfer(
                row.customer_id, transfer_id=one.earn_id, points=wanted, key=key, at=at, reason="promotion"
            )
        except NothingToReverse:
            continue


def sold_lines(row: models.Sale) -> tuple[Order, list[OrderLine], dict[Id, Product]]:
    """Return the order a sale became, its lines by number, and their products by id.

    The order may be another's than the sale is: of who claimed it, or whom its buyer was merged into before.
    """
    order = Order.objects.get(id=row.order_id)
    own = OrderLine.objects.filter(customer_id=order.customer_id, order_id=order.id)
    lines = list(own.order_by("number"))
    products = Product.objects.in_bulk({line.product_id for line in lines})
    return order, lines, products


def _bring_all_back(row: models.Sale, at: datetime) -> None:
    order, lines, products = sold_lines(row)
    draft = ReturnDraft(
        order.customer_id, order.source, f"undo:{show_id(row.id)}:{row.turn}", at, order.currency,
        [
            ReturnLineDraft(
                line.product_id, products[line.product_id].number, products[line.product_id].category,
                line.quantity_milli, line.net_minor, line.number,
            )
            for line in lines
        ],
        order_number=order.number, is_undo=True,
    )  # fmt: skip
    record_returns([draft], recorded_at=at)
