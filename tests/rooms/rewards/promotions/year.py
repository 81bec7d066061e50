"""A shop that plays real baskets through its checkout, each at its own instant, and notes what it was told.

Every basket is asked about, held and made an order. So that the year has all that a year has, every tenth
pays with as many points as are taken, every 60th is let go and taken up again before it is an order, every
50th was a mistake and is undone, of every 37th an amount is given back, and of every 20th units come back
weeks later, of every 80th all.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple

from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.domain.accrual import Expiry
from dangol.domain.promotions import Cart
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from dangol.rooms.rewards.promotions.asking import Asked, ask
from dangol.rooms.rewards.promotions.checkout import unpack_checkout, write_checkout
from dangol.rooms.rewards.promotions.committing import commit, undo
from dangol.rooms.rewards.promotions.documents import Json
from dangol.rooms.rewards.promotions.editing import create_promotion, publish
from dangol.rooms.rewards.promotions.returning import ReturnView, bring_back, give_back_amount
from dangol.rooms.rewards.promotions.sales import SaleView, cancel, find_sale, reopen, reserve
from dangol.rooms.rewards.promotions.time_outs import release_due
from dangol.rooms.rewards.services import advance
from tests.core.segments.shop import come
from tests.rooms.rewards.promotions.journey import ZONE, Basket, Coupon

OPENED = datetime(2016, 11, 1, tzinfo=UTC)
POINTS = "P"
PRODUCE = "PRODUCE"
# Points for a dollar are two, and for one of produce four more.
RATE_MINOR, PRODUCE_RATE_MINOR = 50, 25
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def open_shop(coupons: Sequence[Coupon], households: Sequence[int]) -> dict[int, Id]:
    """Open a shop with a promotion and its printed code for each coupon; returns customers by household."""
    set_shop(name="Grocer", zone=ZONE.key, currency="USD", region="US")
    create_program(
        name="Regulars", points_currency=POINTS, money_currency="USD", zone=ZONE.key,
        rules=[
            RuleDraft("Base", 1, RATE_MINOR),
            RuleDraft("Produce", 1, PRODUCE_RATE_MINOR, category=PRODUCE),
        ],
        terms=TermsDraft(0, Expiry.ROLLING_MONTHS, 3),
        tiers_draft=TiersDraft((LevelDraft("member", "Member", 0), LevelDraft("gold", "Gold", 100_000))),
        recorded_at=OPENED,
    )  # fmt: skip
    tender = {"points": 1, "minor": 1, "least_points": 50, "most_share": 5_000}
    write_checkout(unpack_checkout({"tender": tender}), changed_by="owner", at=OPENED)
    for coupon in coupons:
        offer(coupon)
    return dict(zip(households, come(*map(str, households), at=OPENED), strict=True))


def offer(coupon: Coupon) -> None:
    """Publish a coupon: so much off one unit of its products, once a customer, while its campaign runs."""
    raw = {
        "name": coupon.code, "currency": "USD", "benefits": [{"kind": "amount", "minor": coupon.minor}],
        "target": {"include": {"tags": [coupon.tag]}, "most_units": 1}, "limits": {"customer_uses": 1},
        "active_from": coupon.active_from.isoformat(), "active_to": coupon.active_to.isoformat(),
        "needs_code": True,
    }  # fmt: skip
    promotion_id = create_promotion(raw, made_by="owner", at=OPENED)
    publish(promotion_id, revision=1, published_by="owner", at=OPENED)
    batch = BatchDraft(promotion_id, coupon.code, BatchKind.GENERIC, coupon.code, uses_per_code=None)
    create_batch(batch, by="owner", at=OPENED)


class Sold(NamedTuple):
    """A basket and the sale it became, as it was answered when it was held."""

    basket: Basket
    sale: SaleView
    asked: Asked


class Year:
    """The shop's year as it is played, and what came of it."""

    def __init__(self, customers: dict[int, Id]) -> None:
        self.customers = customers
        self.sold: list[Sold] = []
        self.returns: dict[Id, list[ReturnView]] = defaultdict(list)
        self.undone: set[Id] = set()
        self.reopened: set[Id] = set()
        self._later: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._counter = count()

    def play(self, baskets: Iterable[Basket]) -> None:
        """Play all baskets, and what comes of them later; time passes day by day, and to the end of it."""
        day = None
        for place, basket in enumerate(baskets, start=1):
            self._do_until(basket.at)
            if day != (day := basket.at.astimezone(ZONE).date()):
                release_due(as_of=basket.at)
                advance(as_of=basket.at)
            self._sell(place, basket)
        while self._later:
            self._do_until(self._later[0][0])
        end = max(one.sale.reserved_at for one in self.sold) + 365 * DAY
        assert release_due(as_of=end) == 0
        advance(as_of=end)

    def _do_until(self, at: datetime) -> None:
        while self._later and self._later[0][0] <= at:
            due, _, act = heapq.heappop(self._later)
            act(due)

    def _after(self, at: datetime, act: Callable[[datetime], None]) -> None:
        heapq.heappush(self._later, (at, next(self._counter), act))

    def _sell(self, place: int, basket: Basket) -> None:
        asked = Asked(
            cart=Cart("USD", basket.lines), as_of=basket.at, customer_id=self.customers[basket.household],
            codes=basket.codes,
        )  # fmt: skip
        answer = ask(asked)
        if place % 10 == 0 and answer.tender.most:
            asked = Asked(
                cart=asked.cart, as_of=asked.as_of, customer_id=asked.customer_id, codes=asked.codes,
                pay_points=answer.tender.most,
            )  # fmt: skip
        sale = reserve(asked, at=basket.at)
        assert sale.discount_minor == answer.evaluation.discount_minor
        if place % 60 == 0:
            cancel(sale.id, at=basket.at)
            again = reopen(sale.id, at=basket.at)
            assert _told(again.answer) == _told(sale.answer)
            self.reopened.add(sale.id)
        sale = commit(sale.id, source="till", number=basket.number, at=basket.at)
        self.sold.append(Sold(basket, sale, asked))
        self._plan(place, sale)

    def _plan(self, place: int, sale: SaleView) -> None:
        if place % 50 == 0:
            self._after(sale.reserved_at + HOUR, lambda at: self._undo(sale.id, at))
        elif place % 37 == 0:
            self._after(sale.reserved_at + 3 * DAY, lambda at: self._give_back(sale, at))
        elif place % 20 == 0:
            weeks = place // 20 % 7
            self._after(sale.reserved_at + weeks * 7 * DAY + HOUR, lambda at: self._bring_one(sale, at))
            if place % 80 == 0:
                self._after(
                    sale.reserved_at + weeks * 8 * DAY + 2 * HOUR, lambda at: self._bring_rest(sale, at)
                )

    def _undo(self, sale_id: Id, at: datetime) -> None:
        undo(sale_id, at=at)
        self.undone.add(sale_id)

    def _give_back(self, sale: SaleView, at: datetime) -> None:
        if minor := sale.net_minor // 3:
            back = give_back_amount(sale.id, number=f"amount-{sale.id.hex()}", minor=minor, at=at)
            self.returns[sale.id].append(back)

    def _bring_one(self, sale: SaleView, at: datetime) -> None:
        line = max(sale.answer["lines"], key=lambda one: (one["net_minor"], one["line"]))["line"]
        back = bring_back(sale.id, number=f"one-{sale.id.hex()}", units={line: 1}, at=at)
        self.returns[sale.id].append(back)

    def _bring_rest(self, sale: SaleView, at: datetime) -> None:
        split = find_sale(sale.id).split
        units = Counter(key for key, place in split.units if (key, place) not in split.back)
        if units:
            back = bring_back(sale.id, number=f"rest-{sale.id.hex()}", units=units, at=at)
            self.returns[sale.id].append(back)

    def outcomes(self) -> Iterator[tuple[Sold, str, str]]:
        """Yield every coupon that was put down, with its code and why it did nothing; empty where it did."""
        for one in self.sold:
            given = {effect["code"] for effect in one.sale.answer["effects"] if effect["code"]}
            refused = Counter(
                (told["code"], _reason(told)) for told in one.sale.answer["rejections"] if told["code"]
            )
            for code in one.basket.codes:
                reasons = [key for key in refused if key[0] == code and refused[key]]
                if code in given and one.basket.codes.count(code) - sum(refused[key] for key in reasons) > 0:
                    given.discard(code)
                    yield one, code, ""
                else:
                    reason = reasons[0] if reasons else (code, "")
                    assert reason[1], f"{code} was neither given nor refused"
                    refused[reason] -= 1
                    yield one, code, reason[1]


def _told(answer: Json) -> Json:
    return {key: answer[key] for key in ("effects", "rejections", "lines", "tender", "due_minor")}


def _reason(told: Json) -> str:
    return f"{told['reason']} ({told['limit']})" if told["limit"] else str(told["reason"])
