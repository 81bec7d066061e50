"""A promotion tried on past orders: each is a cart again, and limits are used up in the order they came.

It is asked alone, at the prices that stood on the shelf, whatever its dates: what the past had taken off, and
what else is in force now, does not count.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import day_of
from dangol.domain.conditions import Subject
from dangol.domain.promotions.book import Book
from dangol.domain.promotions.carts import Cart, Line
from dangol.domain.promotions.effects import Evaluation, PointsGiven, Reason, ShippingDiscount
from dangol.domain.promotions.evaluating import evaluate
from dangol.domain.promotions.rules import NO_LIMIT, Context, Coupon, Promotion, Remaining
from dangol.domain.promotions.settings import Settings

_CODE = "past"
_MILLI = 1_000
# An order's own event is told at its very instant: what a condition asks is what stood just before.
_JUST_BEFORE = timedelta(microseconds=1)


class PastOrder(NamedTuple):
    """An order as it was: who bought (None: somebody unknown), when, where, and what it cost on the shelf."""

    customer_id: bytes | None
    placed_at: datetime
    cart: Cart
    channel: str = ""
    store: str = ""


def past_lines(key: str, product: str, category: str, *, list_minor: int, quantity_milli: int) -> list[Line]:
    """Return an order's line as those of a cart, with the same sum.

    What is sold by weight is one unit. Where a price does not part evenly, some units cost one more.
    """
    categories = (category,) if category else ()
    count, rest = divmod(quantity_milli, _MILLI)
    if rest or count < 1:
        return [Line(key, product, list_minor, 1, categories=categories)]
    unit, dearer = divmod(list_minor, count)
    parts = [(key, unit, count - dearer), (f"{key}+", unit + 1, dearer)]
    return [Line(name, product, price, many, categories=categories) for name, price, many in parts if many]


@dataclass
class DayFigure:
    """What a day's orders came to: orders, those that got something, and what came off."""

    orders: int = 0
    used: int = 0
    minor: int = 0


class Largest(NamedTuple):
    """The order of a customer on which most would have come off: when it was, what it cost, and that."""

    at: datetime
    list_minor: int
    minor: int


@dataclass
class Tally:
    """What it came to. `whys`: the orders that got nothing, by reason; `by_customer`: uses and money.

    `largest` is, by customer, the order that got most.
    """

    orders: int = 0
    list_minor: int = 0
    used: int = 0
    minor: int = 0
    points: int = 0
    guests_used: int = 0
    days: dict[date, DayFigure] = field(default_factory=dict)
    whys: Counter[Reason] = field(default_factory=Counter)
    by_customer: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    largest: dict[bytes, Largest] = field(default_factory=dict)
    # The day on which a limit or the budget first had nothing left.
    ran_out_on: date | None = None


class Trial:
    """A promotion under trial; `period_start` says when the period of its limit began that has an instant."""

    def __init__(
        self,
        promotion: Promotion,
        limits: Remaining,
        settings: Settings,
        *,
        zone: ZoneInfo,
        period_start: Callable[[datetime], datetime],
    ) -> None:
        self.promotion = replace(promotion, active_from=None, active_to=None)
        self.book = Book([self.promotion])
        self.limits, self.settings, self.zone, self.period_start = limits, settings, zone, period_start
        self.tally = Tally()
        self.units = 0
        # By customer, when the period began in which they used it last, and how often they have in it.
        self.lately: dict[bytes, tuple[datetime, int]] = {}

    def ask(self, orders: Sequence[tuple[PastOrder, Subject]]) -> None:
        """Ask about further orders, in the order they came, each with what is known of its customer."""
        for order, subject in orders:
            coupons = (Coupon(_CODE, self.promotion.id),) if self.promotion.needs_code else ()
            context = Context(
                as_of=order.placed_at - _JUST_BEFORE, zone=self.zone, customer=subject, coupons=coupons,
                remaining={self.promotion.id: self._remaining(order)}, channel=order.channel,
                store=order.store,
            )  # fmt: skip
            self._count(order, evaluate(order.cart, self.book, self.settings, context))

    def _remaining(self, order: PastOrder) -> Remaining:
        if self.limits == NO_LIMIT:
            return NO_LIMIT
        tally, own = self.tally, order.customer_id
        ever = tally.by_customer.get(own, (0, 0))[0] if own else 0
        since, lately = self.lately.get(own, (order.placed_at, 0)) if own else (order.placed_at, 0)
        if since != self.period_start(order.placed_at):
            lately = 0
        used = (tally.used, ever, lately, self.units, tally.minor)
        return Remaining(
            *(
                None if most is None else max(most - one, 0)
                for most, one in zip(self.limits, used, strict=True)
            )
        )

    def _count(self, order: PastOrder, found: Evaluation) -> None:
        tally, day = self.tally, day_of(order.placed_at, self.zone)
        figure = tally.days.setdefault(day, DayFigure())
        tally.orders += 1
        figure.orders += 1
        list_minor = sum(line.unit_minor * line.quantity for line in order.cart.lines)
        tally.list_minor += list_minor
        if not found.effects:
            why = next((one.reason for one in found.rejections if one.promotion_id), Reason.NO_TARGET)
            tally.whys[why] += 1
            if why is Reason.BUDGET_EXHAUSTED or (why is Reason.LIMIT_REACHED and self._is_shared_out()):
                tally.ran_out_on = tally.ran_out_on or day
            return
        off = found.discount_minor + sum(
            one.amount_minor for one in found.effects if isinstance(one, ShippingDiscount)
        )
        tally.used += 1
        figure.used += 1
        tally.minor += off
        figure.minor += off
        tally.points += sum(one.points for one in found.effects if isinstance(one, PointsGiven))
        self.units += sum(left < line.unit_minor for line in found.lines for left in line.left_minor)
        self._count_customer(order, off, list_minor)

    def _is_shared_out(self) -> bool:
        shared = ((self.limits.uses, self.tally.used), (self.limits.units, self.units))
        return any(most is not None and used >= most for most, used in shared)

    def _count_customer(self, order: PastOrder, off: int, list_minor: int) -> None:
        if order.customer_id is None:
            self.tally.guests_used += 1
            return
        uses, minor = self.tally.by_customer.get(order.customer_id, (0, 0))
        self.tally.by_customer[order.customer_id] = uses + 1, minor + off
        largest = self.tally.largest.get(order.customer_id)
        if largest is None or off > largest.minor:
            self.tally.largest[order.customer_id] = Largest(order.placed_at, list_minor, off)
        if self.limits.period_uses is not None:
            start = self.period_start(order.placed_at)
            since, lately = self.lately.get(order.customer_id, (start, 0))
            self.lately[order.customer_id] = start, (lately if since == start else 0) + 1
