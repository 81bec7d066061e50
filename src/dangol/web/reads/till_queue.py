"""Sales that a till kept while its network was gone: rung up once each, at the instant they were made."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
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
from dangol.domain.tender import StoredReason
from dangol.rooms.rewards.promotions.asking import Asked, ask
from dangol.rooms.rewards.promotions.counter import cart_of, finish
from dangol.rooms.rewards.promotions.dues import due_of, note_due
from dangol.rooms.rewards.promotions.kept import giving_only
from dangol.rooms.rewards.promotions.sales import SaleView, UnknownSale, find_sale, reserve
from dangol.rooms.rewards.promotions.tendering import StoredValueNotTaken
from dangol.rooms.rewards.stored_value.paying import CREDIT, MOST_CARDS, Credit
from dangol.rooms.rewards.stored_value.settings import read_settings
from dangol.web.acting import Holder
from dangol.web.amounts import read_amount
from dangol.web.closed import closing_of
from dangol.web.reads.till import SOURCE, Basket, keep_shop, number_of
from dangol.web.sealing import NotOpened, Sealed, open_sealed
from dangol.web.till_cart import LONGEST_CODE, PRODUCT

# How long ago a sale may have been made that is rung up now.
OLDEST = timedelta(days=14)


class Pays(StrEnum):
    """What a kept sale was paid with: money, or unseen a gift card or the member's store credit."""

    MONEY = ""
    CARD = "card"
    CREDIT = "credit"


class LateSale(NamedTuple):
    """A sale as it was kept: `key` names it for good, `who` is sealed, `age` is how long ago it was made.

    `card` is sealed, too: the codes of the gift cards that are to pay all of it.
    """

    key: UUID
    who: Sealed
    amount: str
    currency: str
    age: timedelta
    pays: Pays = Pays.MONEY
    card: Sealed | None = None


class Rung(NamedTuple):
    """The order a kept sale has become; `missing_minor` is what its card or credit had not enough for."""

    number: str
    sale: SaleView
    missing_minor: int = 0


class Terms(NamedTuple):
    """Up to which amount a sale may be kept that a card, or credit, is to pay, in minor units; 0: none."""

    card_minor: int
    credit_minor: int


def read_terms() -> Terms:
    """Return what a till without a network may take unseen."""
    settings = read_settings()
    credit = settings.offline_minor if settings.accepts_credit else 0
    if settings.confirm_credit_from_minor is not None:
        # From there on the member is asked, and that cannot be made up for later.
        credit = min(credit, settings.confirm_credit_from_minor - 1)
    return Terms(settings.offline_minor if settings.accepts_cards else 0, credit)


class Refused(Exception):
    """A kept sale cannot be rung up: why, and what puts it right."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(code)
        self.code, self.sentence, self.remedy = code, sentence, remedy


def ring_up_late(late: LateSale, shop: ShopView, *, sent_by: Actor, at: datetime) -> Rung:
    """Ring up a sale that was kept: whoever paid then has paid the whole amount, so nothing is taken off.

    Points and stamps are given as of when it was made. It is the sale of whoever made it, in their store of
    then, though another is signed in when it is sent. What its card or credit has not enough for is kept as
    still to be paid.

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
    if not sale.committed_at:
        return None
    due = due_of(sale)
    return Rung(number_of(key), sale, due.minor if due else 0)


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
    codes = _codes(late)
    credit: Credit = "most" if late.pays is Pays.CREDIT else 0
    basket = Basket(owner, (Line("amount", PRODUCT, minor, 1),), gift_cards=codes, credit=credit)
    number, made_at = number_of(late.key), at - late.age
    asked = replace(basket.as_asked(shop, at=made_at, store_id=store_id), only=giving_only())
    with write_transaction():
        keep_shop(shop, at)
        held, why = _hold(asked, sale_id=late.key.bytes, at=at)
        sale = finish(held.id, source=SOURCE, number=number, by=actor, at=at, placed_at=made_at)
        missing = sale.answer["due_minor"] if late.pays is not Pays.MONEY else 0
        if missing:
            note_due(sale.id, sale.customer_id, missing, reason=why, store_id=store_id, at=at)
    return Rung(number, sale, missing)


def _codes(late: LateSale) -> tuple[str, ...]:
    """Return the codes of the cards that are to pay; raises Refused."""
    if late.pays is not Pays.CARD:
        return ()
    try:
        text = open_sealed(late.card, name=f"{late.key}:card") if late.card else ""
    except NotOpened:
        text = ""
    codes = text.replace(",", " ").split()[:MOST_CARDS]
    if not codes:
        raise Refused(
            "till.card_not_opened",
            _("상품권 번호를 열 수 없어요. 마스터 키가 바뀌었을 수 있어요."),
            _("이 판매를 지우고, 상품권으로 다시 판매하세요."),
        )
    return tuple(one[:LONGEST_CODE] for one in codes)


def _hold(asked: Asked, *, sale_id: Id, at: datetime) -> tuple[SaleView, str]:
    """Hold a sale with what cards and credit can pay of it now; and why they do not pay the rest."""
    stored = ask(replace(asked, as_of=at)).stored
    paid = {one.ref for one in stored.paid}
    why = stored.refused[0].reason if stored.refused else StoredReason.EMPTY
    has_credit = CREDIT in paid and not stored.is_much_credit
    paying = replace(
        asked, gift_cards=tuple(one for one in asked.gift_cards if one.hash in paid),
        pay_credit=asked.pay_credit if has_credit else 0,
    )  # fmt: skip
    try:
        return reserve(paying, at=at, sale_id=sale_id), why.value
    except StoredValueNotTaken:
        # Another till was faster, or its time has run out since: then it is all still to be paid.
        none = replace(asked, gift_cards=(), pay_credit=0)
        return reserve(none, at=at, sale_id=sale_id), StoredReason.EMPTY.value
