"""What telling promotions takes: the words of what conditions ask of a cart, of products and of batches."""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.commerce.catalog import product_names
from dangol.core.segments.catalog import TraitSpec
from dangol.core.storage.ids import show_id
from dangol.domain.promotions.benefits import Bundle, BuyGet, Gift, Items
from dangol.domain.promotions.catalog import CART_SHIPPING, CART_TOTAL, CART_TRAITS, COUPON_CODE
from dangol.rooms.rewards.coupons.selectors import list_batches
from dangol.rooms.rewards.promotions.contents import PromotionContent
from dangol.rooms.rewards.stamps.selectors import list_programs
from dangol.web.benefit_words import Names
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.units import CLOCK, MONEY, Unit
from dangol.web.formats import language
from dangol.web.promotion_words import Setting, read_benefits

_CART: Mapping[str, Promise] = {
    CART_TOTAL: _("장바구니 금액"),
    CART_SHIPPING: _("배송비"),
    "cart.quantity": _("장바구니의 상품 개수"),
    "cart.line_count": _("장바구니의 상품 가짓수"),
    "cart.currency": _("장바구니의 통화"),
    "cart.products": _("장바구니의 상품 번호"),
    "cart.skus": _("장바구니의 SKU"),
    "cart.categories": _("장바구니의 상품 분류"),
    "cart.tags": _("장바구니의 상품 태그"),
    COUPON_CODE: _("이 프로모션의 쿠폰 코드"),
    "coupon.codes": _("낸 쿠폰 코드 모두"),
    "time.at": _("지금"),
    "time.day": _("오늘"),
    "time.weekday": _("요일"),
    "time.minute": _("시각"),
    "sale.channel": _("파는 경로"),
    "sale.store": _("파는 매장 번호"),
}
assert _CART.keys() == CART_TRAITS.keys(), "each trait of a cart has words"
_WEEKDAYS: Mapping[str, Promise] = {
    "mon": _("월요일"), "tue": _("화요일"), "wed": _("수요일"), "thu": _("목요일"), "fri": _("금요일"),
    "sat": _("토요일"), "sun": _("일요일"),
}  # fmt: skip


def promotion_offers(currency: str) -> Offers:
    """Return what a promotion's condition can ask: what segments can, and the cart, the code, the hour."""
    specs = [TraitSpec(name, type_, _CART[name]) for name, type_ in CART_TRAITS.items()]
    money = Unit(MONEY, currency)
    units = {CART_TOTAL: money, CART_SHIPPING: money, "time.minute": Unit(CLOCK)}
    return Offers(more=specs, values={"time.weekday": _WEEKDAYS}, units=units)


def card_names() -> dict[str, str]:
    """Return what stamp cards are called, by the key promotions name them by; those put away left out."""
    return {one.key: one.name(language()) for one in list_programs()}


def setting_of(contents: Sequence[PromotionContent], zone: ZoneInfo, offers: Offers) -> Setting:
    """Return what it takes to tell these contents: products and batches are read at once."""
    numbers = {one for content in contents for one in _products(content)}
    has_coupon = any(one.get("kind") == "coupon" for content in contents for one in content.benefits)
    has_stamps = any(one.get("kind") == "stamps" for content in contents for one in content.benefits)
    names = Names(
        product_names(numbers), batch_names() if has_coupon else {}, card_names() if has_stamps else {}
    )
    return Setting(zone, offers.catalog, offers.labels, names)


def batch_names() -> dict[str, str]:
    """Return what the latest batches of coupons are called, by the id promotions name them by."""
    return {show_id(one.id): one.name for one in list_batches(limit=500)}


def _products(content: PromotionContent) -> Iterable[str]:
    items: list[Items | None] = [content.target.include, content.target.exclude]
    for benefit in read_benefits(content):
        match benefit:
            case BuyGet(buy):
                items.append(buy)
            case Bundle(parts):
                items += [part.items for part in parts]
            case Gift(product):
                yield product
    for one in items:
        if one is not None:
            yield from one.products
