"""What the till asks, sells and shows: a cart of one member, what it comes to, and what became of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from dangol.core.access.own_account import require_not_own
from dangol.core.commerce.catalog import find_products, upsert_products
from dangol.core.commerce.drafts import ProductDraft
from dangol.core.commerce.moving import is_all_back
from dangol.core.commerce.selectors import OrderFacts, read_order
from dangol.core.commerce.shop_facts import keep_currency
from dangol.core.people.absences import away_since
from dangol.core.people.actors import Actor
from dangol.core.people.selectors import ShopView, stores_by_id
from dangol.core.storage.faults import Busy
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.membership import Zero
from dangol.domain.promotions import Cart
from dangol.domain.promotions.carts import Line
from dangol.rooms.rewards.models import EarningRule
from dangol.rooms.rewards.promotions.asking import NO_EARNING, Answer, Asked, ask
from dangol.rooms.rewards.promotions.confirming import COUNTER
from dangol.rooms.rewards.promotions.counter import cart_of, confirmation_of, finish, sale_of
from dangol.rooms.rewards.promotions.dues import OpenDue, open_dues
from dangol.rooms.rewards.promotions.sales import OtherCart, SaleView, UnknownSale, cancel, reserve
from dangol.rooms.rewards.promotions.tendering import StoredValueNotTaken, TenderNotTaken
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.paying import CREDIT, Credit
from dangol.rooms.rewards.wallets import list_wallets
from dangol.rooms.rewards.whys import (
    NotJudged,
    PartView,
    WhyView,
    accruals_of,
    counted_currencies,
    why_not_judged,
)
from dangol.web.till_cart import PRODUCT

SOURCE = "till"


class Other(NamedTuple):
    """Points of another kind that a sale stands at."""

    wallet: str
    points: int


class Receipt(NamedTuple):
    """A sale as it stands: the amount in minor units, the points it stands at, and the checkout's sale."""

    number: str
    at: datetime
    amount_minor: int
    currency: str
    points: int
    why: WhyView | None
    is_undone: bool
    not_judged: NotJudged | None = None
    sale: SaleView | None = None
    others: tuple["Other", ...] = ()


class Outlook(NamedTuple):
    """What a cart would come to and earn: with the rules behind it, or the reason why it earns nothing."""

    answer: Answer
    points: int
    parts: tuple[PartView, ...]
    zero: str
    not_judged: NotJudged | None


class Sold(NamedTuple):
    """What became of a sale: an order's number, or that the member is asked first.

    `left_out` are the cards that were to pay and did not, by their last characters; an empty one is credit.
    """

    sale_id: Id
    number: str
    waits: bool
    left_out: tuple[str, ...] = ()


class TotalChanged(Exception):
    """What is to be paid is no longer what whoever sells has seen; nothing was sold."""


class Basket(NamedTuple):
    """What is sold to whom: lines, codes, and the points, gift cards and store credit that pay."""

    customer_id: Id
    lines: tuple[Line, ...]
    codes: tuple[str, ...] = ()
    points: int = 0
    gift_cards: tuple[str, ...] = ()
    credit: Credit = 0

    def as_asked(self, shop: ShopView, *, at: datetime, store_id: Id | None) -> Asked:
        """Return it as the checkout takes it."""
        store = stores_by_id([store_id])[store_id].number if store_id else ""
        return Asked(
            cart=Cart(shop.currency, self.lines), as_of=at, customer_id=self.customer_id, codes=self.codes,
            pay_points=self.points, gift_cards=refs_of(self.gift_cards),
            pay_credit=self.credit, channel=COUNTER, store=store,
        )  # fmt: skip


def look_ahead(basket: Basket, shop: ShopView, *, at: datetime, store_id: Id | None = None) -> Outlook:
    """Return what a basket would come to and earn. It writes nothing."""
    answer = ask(basket.as_asked(shop, at=at, store_id=store_id))
    if away_since([basket.customer_id]):
        answer = replace(answer, earning=NO_EARNING)
        return Outlook(answer, 0, (), Zero.LEFT.value, None)
    parts = answer.earning.parts
    keys = {(one.rule_id, one.rule_version) for one in parts}
    rules = EarningRule.objects.filter(id__in={one for one, _version in keys}) if keys else ()
    names = {(one.id, one.version): (one.name, one.category) for one in rules}
    told = tuple(PartView(one, *names[one.rule_id, one.rule_version]) for one in parts)
    not_judged = None if parts else why_not_judged(shop.currency, counted_currencies())
    zero = (
        "" if told else (Zero.NO_RULE.value if answer.evaluation.net_minor else Zero.NOTHING_TO_COUNT.value)
    )
    return Outlook(answer, answer.earning.points, told, zero, not_judged)


def sell(
    basket: Basket,
    shop: ShopView,
    *,
    actor: Actor,
    key: UUID,
    at: datetime,
    store_id: Id | None = None,
    seen_minor: int | None = None,
) -> Sold:
    """Ring up a sale. Of the same key there is one sale, however often it is sent.

    A code that cannot be used, or points, a card or credit that do not pay, are left out. Where something
    must be confirmed by the member first, the sale is held and waits. `seen_minor`: what was told to be paid;
    raises TotalChanged where it is not that any more, and where nobody was told that a card or credit is left
    out. Raises StoredValueNotTaken where another till has just emptied one, and OwnAccount where it is the
    one at the till who would earn.
    """
    require_not_own([basket.customer_id], actor=actor)
    number = number_of(key)
    with write_transaction():
        keep_shop(shop, at)
        sale = _reserve(basket, shop, key=key, at=at, store_id=store_id)
        left_out = _left_out(basket, sale)
        is_as_seen = not left_out if seen_minor is None else sale.answer["due_minor"] == seen_minor
        if sale.order_id is None and not is_as_seen:
            cancel(sale.id, at=at)
        elif confirmation_of(sale.id) is None:
            finish(sale.id, source=SOURCE, number=number, by=actor, at=at)
            return Sold(sale.id, number, waits=False, left_out=left_out)
        else:
            return Sold(sale.id, number, waits=True, left_out=left_out)
    raise TotalChanged


def _left_out(basket: Basket, sale: SaleView) -> tuple[str, ...]:
    """Return the cards that were to pay and do not, by their last characters; of credit an empty text."""
    paid = {one["card"] for one in sale.answer["stored"]["paid"]}
    cards = tuple(ref.tail for ref in refs_of(basket.gift_cards) if ref.tail not in paid)
    return (*cards, "") if basket.credit and "" not in paid else cards


def number_of(key: UUID) -> str:
    """Return the number of the order a sale of this key becomes."""
    return number_of_id(key.bytes)


def number_of_id(sale_id: Id) -> str:
    """Return the number of the order a sale of the till becomes."""
    # Of a time-ordered id the beginning is the instant: two tills may share it.
    return sale_id.hex()[-12:].upper()


def keep_shop(shop: ShopView, at: datetime) -> None:
    """Make sure that the shop is as the page has it, and that its till can sell amounts; raises Busy."""
    if keep_currency() != shop.currency:
        # Changed since the page was asked: asked again, it takes the amount for one of the new currency.
        raise Busy(seconds=0)
    if PRODUCT not in find_products([PRODUCT]):
        upsert_products([ProductDraft(PRODUCT, _("계산대 판매"))], recorded_at=at)


def _reserve(basket: Basket, shop: ShopView, *, key: UUID, at: datetime, store_id: Id | None) -> SaleView:
    """Hold the basket; where its points do not pay, without them, and without cards and credit that do not.

    One that paid a moment ago and does not any more is refused: whoever sells has to know.
    """
    asked = basket.as_asked(shop, at=at, store_id=store_id)
    if asked.gift_cards or asked.pay_credit:
        asked = _paying(asked, key.bytes)
    try:
        return reserve(asked, at=at, sale_id=key.bytes)
    except StoredValueNotTaken:
        raise
    except (TenderNotTaken, OtherCart):
        if not basket.points:
            raise
    return reserve(replace(asked, pay_points=0), at=at, sale_id=key.bytes)


def _paying(asked: Asked, sale_id: Id) -> Asked:
    """Return what is asked with those cards and that credit alone that pay, or as it was sold before."""
    try:
        kept = cart_of(sale_id)
    except UnknownSale:
        paid = {one.ref for one in ask(asked).stored.paid}
        cards = tuple(one for one in asked.gift_cards if one.hash in paid)
        return replace(asked, gift_cards=cards, pay_credit=asked.pay_credit if CREDIT in paid else 0)
    is_of_these = set(kept.card_refs) <= set(asked.gift_cards) and kept.pay_credit in (0, asked.pay_credit)
    return replace(asked, gift_cards=kept.card_refs, pay_credit=kept.pay_credit) if is_of_these else asked


def read_open_dues(store_id: Id | None) -> list[tuple[str, OpenDue]]:
    """Return what is still to be paid of sales of a store (None: of all), with the orders' numbers."""
    return [(number_of_id(one.sale_id), one) for one in open_dues(store_id=store_id)]


def read_receipt(order: OrderFacts) -> Receipt:
    """Return the receipt of an order as it stands now."""
    whole = read_order(order.customer_id, order.id)
    all_after = accruals_of([(order.customer_id, order.id)])
    # In the order of their programs: the first one's points are what the till tells.
    after = [why for why in all_after if why.program_id == all_after[0].program_id]
    judged = [why for why in after if not why.is_return]
    points = sum(why.moved for why in after)
    sale = sale_of(order)
    given, is_undone = 0, is_all_back(whole)
    if sale:
        # It is an order still, whatever it came to: only its units say whether all of it is back.
        units = sale.split.units.items()
        given = sum(one.earned_points for key, one in units if key not in sale.split.back)
        is_undone = sale.split.back >= sale.split.units.keys()
    return Receipt(
        order.number, order.placed_at, order.net_minor, order.currency, points + given,
        judged[-1] if judged else None, is_undone,
        None if judged else why_not_judged(order.currency, counted_currencies()), sale,
        _others([why for why in all_after if why not in after]),
    )  # fmt: skip


def _others(whys: Sequence[WhyView]) -> tuple[Other, ...]:
    """Return how an order stands in the programs beside the first."""
    if not whys:
        return ()
    points: dict[Id, int] = defaultdict(int)
    for why in whys:
        points[why.program_id] += why.moved
    return tuple(
        Other(one.name, points[one.program_id]) for one in list_wallets() if points.get(one.program_id)
    )
