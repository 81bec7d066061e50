"""Sales that a till kept while its network was gone: rung up once each, at the instant they were made."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from dangol.core.access.own_account import require_not_own
from dangol.core.access.selectors import find_staff_name
from dangol.core.people.actors import Actor
from dangol.core.people.searching import find_whole
from dangol.core.people.selectors import ShopView, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.domain.promotions.carts import Line
from dangol.rooms.rewards.promotions.counter import cart_of, finish
from dangol.rooms.rewards.promotions.sales import SaleView, UnknownSale, find_sale, reserve
from dangol.web.acting import Holder
from dangol.web.amounts import read_amount
from dangol.web.closed import closing_of
from dangol.web.reads.till import SOURCE, Basket, keep_shop, number_of
from dangol.web.sealing import NotOpened, Sealed, open_sealed
from dangol.web.till_cart import PRODUCT

# How long ago a sale may have been made that is rung up now.
OLDEST = timedelta(days=14)


class LateSale(NamedTuple):
    """A sale as it was kept: `key` names it for good, `who` is sealed, `age` is how long ago it was made."""

    key: UUID
    who: Sealed
    amount: str
    currency: str
    age: timedelta


class Rung(NamedTuple):
    """The order a kept sale has become."""

    number: str
    sale: SaleView


class Refused(Exception):
    """A kept sale cannot be rung up: why, and what puts it right."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(code)
        self.code, self.sentence, self.remedy = code, sentence, remedy


def ring_up_late(late: LateSale, shop: ShopView, *, sent_by: Actor, at: datetime) -> Rung:
    """Ring up a sale that was kept, without promotions: whoever paid then has paid the whole amount.

    It is the sale of whoever made it, in their store of then, though another is signed in when it is sent.

    Of the same key there is one sale, whoever sends it how often; what was answered first is answered again.
    Raises Refused, and then nothing is changed; and Busy or another retryable DomainError, after which the
    same sale may be sent again.
    """
    minor = read_amount(late.amount, shop.currency) if late.currency == shop.currency else None
    if minor is None:
        raise Refused(
            "till.amount",
            _("금액 %(amount)s을(를) 읽을 수 없어요.") % {"amount": late.amount[:20]},
            _("금액을 고쳐서 다시 보내세요."),
        )
    if known := _known(late.key, minor):
        return known
    if not timedelta(0) <= late.age <= OLDEST:
        raise Refused(
            "till.too_old",
            _("판매한 지 %(days)s일이 넘어서 적립할 수 없어요.") % {"days": OLDEST.days},
            _("고객 화면에서 포인트를 직접 주고 이 판매를 지우세요."),
        )
    owner = _owner(late)
    holder = msgspec.json.decode(late.who.holder, type=Holder)
    seller = sent_by._replace(key=holder.by, name=find_staff_name(holder.by))
    store_id = parse_id(holder.store) if holder.store else None
    try:
        require_not_own([owner], actor=seller)
        return _ring_up(late, owner, minor, shop, actor=seller, at=at, store_id=store_id)
    except DomainError as refusal:
        if refusal.retryable:
            raise
        raise Refused(refusal.code, *explain(refusal)) from None


def _known(key: UUID, minor: int) -> Rung | None:
    """Return what this key has become; raises Refused where that was another amount."""
    try:
        sale = find_sale(key.bytes)
    except UnknownSale:
        return None
    if sum(one.unit_minor * one.quantity for one in cart_of(sale.id).cart.lines) != minor:
        raise Refused(
            "till.key_reused",
            _("이 판매는 다른 금액으로 이미 적립했어요."),
            _("이 판매를 지우고 새로 판매하세요."),
        )
    return Rung(number_of(key), sale) if sale.committed_at else None


def _owner(late: LateSale) -> Id:
    """Return who told their number then; raises Refused for nobody, several, and who is closed."""
    try:
        text = open_sealed(late.who, name=str(late.key))
    except NotOpened:
        raise Refused(
            "till.not_opened",
            _("회원 번호를 열 수 없어요. 마스터 키가 바뀌었을 수 있어요."),
            _("회원 번호를 다시 적어서 보내세요."),
        ) from None
    found = find_whole(text.strip()[:100])
    if len(found) != 1:
        raise Refused(
            "till.nobody",
            _("그 번호의 회원이 없어요.") if not found else _("그 번호의 회원이 여럿이에요."),
            _("회원 번호를 고치거나, 가입한 뒤 다시 보내세요."),
        )
    person = names_of(found).get(found[0])
    if person is not None and (closing := closing_of(person)):
        raise Refused("till.closed", closing.title, closing.words)
    return found[0]


def _ring_up(
    late: LateSale,
    owner: Id,
    minor: int,
    shop: ShopView,
    *,
    actor: Actor,
    at: datetime,
    store_id: Id | None,
) -> Rung:
    basket = Basket(owner, (Line("amount", PRODUCT, minor, 1),))
    asked = replace(basket.as_asked(shop, at=at, store_id=store_id), only=frozenset())
    number = number_of(late.key)
    with write_transaction():
        keep_shop(shop, at)
        held = reserve(asked, at=at, sale_id=late.key.bytes)
        sale = finish(held.id, source=SOURCE, number=number, by=actor, at=at, placed_at=at - late.age)
    return Rung(number, sale)
