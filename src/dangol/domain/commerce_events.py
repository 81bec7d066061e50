"""Known commerce events (Segment's ecommerce spec) read as orders, refunds and views, or refused in words.

Amounts are decimal text or numbers in the currency's main unit and become minor units exactly, or not at all.
What does not add up is refused: an order is not corrected afterwards.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeAlias

from dangol.domain.errors import DomainError
from dangol.domain.milestones import Milestone
from dangol.domain.tracked_values import exact_number

Properties: TypeAlias = Mapping[str, Any]
# The decimal places of a currency (ISO 4217); None for one that does not exist.
Places: TypeAlias = Callable[[str], int | None]
MOST_MINOR, MOST_MILLI, MOST_LINES, LONGEST_NUMBER = 10**12, 10**9, 500, 64
_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
_NOT_WORDS = re.compile(r"[\W_]+")
_KNOWN = {
    "ordercompleted": "order", "completedorder": "order",
    "orderrefunded": "refund", "ordercancelled": "refund", "ordercanceled": "refund",
    "orderdelivered": "delivered", "배송완료": "delivered",
    "orderconfirmed": "confirmed", "구매확정": "confirmed",
    "productviewed": "view", "viewedproduct": "view",
    "productlistviewed": "view", "viewedproductcategory": "view",
}  # fmt: skip


class OrderUnnumbered(DomainError):
    """A commerce event names its order by `order_id`, of up to 64 characters that are not personal."""

    code = "behavior.order_unnumbered"


class NoProducts(DomainError):
    """An order has 1 to 500 `products`, each with a `product_id` or `sku`; `place` counts from 1."""

    code = "behavior.no_products"


class AmountUnclear(DomainError):
    """This (`field`, `value`) is no amount that the currency (`currency`) has: exact, and not negative."""

    code = "behavior.amount_unclear"


class QuantityUnclear(DomainError):
    """A quantity (`field`, `value`) is more than nothing, with up to three decimals."""

    code = "behavior.quantity_unclear"


class CurrencyUnknown(DomainError):
    """There is no such currency (`currency`, ISO 4217)."""

    code = "behavior.currency_unknown"


class AmountsDisagree(DomainError):
    """What the event states (`field`: `stated`) is not what its products make (`computed`)."""

    code = "behavior.amounts_disagree"


class Item(NamedTuple):
    """A product of an order: thousandths and minor units for the whole line."""

    product: str
    name: str
    category: str
    quantity_milli: int
    amount_minor: int


class Sold(NamedTuple):
    """An order that was completed. `discount_minor` goes off the whole of it."""

    number: str
    currency: str
    items: tuple[Item, ...]
    discount_minor: int


class Refunded(NamedTuple):
    """An order that was refunded: these products and thousandths of them, or what is left of the whole.

    `total_minor` is what the event says came back, where it says so and names no products.
    """

    number: str
    products: tuple[tuple[str, int], ...]
    total_minor: int | None
    key: str


class Viewed(NamedTuple):
    """A product, or a list of products, that somebody looked at."""

    product: str
    category: str


class Come(NamedTuple):
    """An order, by its number, that has come so far."""

    number: str
    milestone: Milestone


Commerce: TypeAlias = Sold | Refunded | Viewed | Come


def kind_of(name: str) -> str:
    """Return `order`, `refund`, `view` or a milestone for a known event's name, in any case; else nothing."""
    return _KNOWN.get(_NOT_WORDS.sub("", name.casefold()), "")


def read_commerce(name: str, properties: Properties, *, currency: str, places: Places) -> Commerce | None:
    """Return what a known event means; None for any other. `currency` is the shop's own.

    Raises OrderUnnumbered, NoProducts, AmountUnclear, QuantityUnclear, CurrencyUnknown or AmountsDisagree.
    """
    kind = kind_of(name)
    if kind == "order":
        return _read_order(properties, currency, places)
    if kind == "refund":
        return _read_refund(properties, currency, places)
    if kind in frozenset(Milestone):
        return Come(_order_number(properties), Milestone(kind))
    return _read_view(properties) if kind == "view" else None


def _read_order(properties: Properties, own: str, places: Places) -> Sold:
    number = _order_number(properties)
    currency, digits = _currency(properties, own, places)
    products = properties.get("products")
    if not isinstance(products, list) or not 1 <= len(products) <= MOST_LINES:
        raise NoProducts(place=0)
    items = tuple(
        _item(one, f"products[{place}]", place + 1, currency, digits) for place, one in enumerate(products)
    )
    gross = sum(item.amount_minor for item in items)
    discount = _optional(properties, "discount", currency, digits) or 0
    if discount > gross:
        raise AmountsDisagree(field="discount", stated=discount, computed=gross)
    _check_sums(properties, gross, discount, currency, digits)
    return Sold(number, currency, items, discount)


def _check_sums(properties: Properties, gross: int, discount: int, currency: str, digits: int) -> None:
    """Refuse an order whose own sums are not its products': `revenue` before or after the discount, `total`
    with or without tax and shipping.
    """
    net = gross - discount
    extra = [_optional(properties, name, currency, digits) or 0 for name in ("shipping", "tax")]
    fitting = {
        "subtotal": {gross, net},
        "revenue": {gross, net},
        "total": {net, net + extra[0], net + extra[1], net + sum(extra)},
        "value": {net, gross, net + extra[0], net + extra[1], net + sum(extra)},
    }
    for name, sums in fitting.items():
        stated = _optional(properties, name, currency, digits)
        if stated is not None and stated not in sums:
            raise AmountsDisagree(field=name, stated=stated, computed=net)


def _item(one: Any, field: str, place: int, currency: str, digits: int) -> Item:
    product = _product(one)
    if not product:
        raise NoProducts(place=place)
    quantity = _quantity(one.get("quantity", 1), f"{field}.quantity")
    price = _amount(one.get("price"), f"{field}.price", currency)
    minor = _minor(price * quantity / 1000, f"{field}.price", currency, digits)
    return Item(product, _word(one, "name", 200), _word(one, "category", 250), quantity, minor)


def _read_refund(properties: Properties, own: str, places: Places) -> Refunded:
    number = _order_number(properties)
    currency, digits = _currency(properties, own, places)
    products = properties.get("products")
    named: list[tuple[str, int]] = []
    if products is not None and not isinstance(products, list):
        raise NoProducts(place=0)
    for place, one in enumerate((products or [])[: MOST_LINES + 1]):
        if not (product := _product(one)) or place == MOST_LINES:
            raise NoProducts(place=place + 1)
        named.append((product, _quantity(one.get("quantity", 1), f"products[{place}].quantity")))
    total = None if named else _optional(properties, "total", currency, digits)
    return Refunded(number, tuple(named), total, _word(properties, "refund_id", LONGEST_NUMBER))


def _read_view(properties: Properties) -> Viewed | None:
    product, category = _product(properties), _word(properties, "category", 250)
    if not product and not category:
        return None
    return Viewed(product, category)


def _order_number(properties: Properties) -> str:
    given = properties.get("order_id", properties.get("orderId"))
    number = _as_word(given)
    if not number or len(number) > LONGEST_NUMBER:
        raise OrderUnnumbered(field="order_id")
    return number


def _product(one: Any) -> str:
    if not isinstance(one, Mapping):
        return ""
    for name in ("product_id", "productId", "sku", "id"):
        word = _as_word(one.get(name))
        if word and len(word) <= LONGEST_NUMBER:
            return word
    return ""


def _as_word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return "".join(sign for sign in str(value) if sign.isprintable()).strip()


def _word(properties: Properties, name: str, longest: int) -> str:
    return _as_word(properties.get(name))[:longest]


def _currency(properties: Properties, own: str, places: Places) -> tuple[str, int]:
    given = properties.get("currency")
    currency = own if given is None else str(given).strip().upper()[:8]
    digits = places(currency)
    if digits is None:
        raise CurrencyUnknown(currency=currency)
    return currency, digits


def _quantity(value: Any, field: str) -> int:
    try:
        milli = _amount(value, field, "") * 1000
    except AmountUnclear:
        raise QuantityUnclear(field=field, value=str(value)[:40]) from None
    if milli != milli.to_integral_value() or not 0 < milli <= MOST_MILLI:
        raise QuantityUnclear(field=field, value=str(value)[:40])
    return int(milli)


def _optional(properties: Properties, name: str, currency: str, digits: int) -> int | None:
    value = properties.get(name)
    if value is None:
        return None
    return _minor(_amount(value, name, currency), name, currency, digits)


def _amount(value: Any, field: str, currency: str) -> Decimal:
    """Return an amount as it was written: digits and a point, nothing that reads two ways (`1,000`)."""
    number: Decimal | None = None
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = exact_number(value)
        except InvalidOperation:
            number = None
    if number is None or number < 0:
        raise AmountUnclear(field=field, value=str(value)[:40], currency=currency)
    return number


def _minor(amount: Decimal, field: str, currency: str, digits: int) -> int:
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value() or minor > MOST_MINOR:
        raise AmountUnclear(field=field, value=str(amount)[:40], currency=currency)
    return int(minor)


class Share(NamedTuple):
    """A line of an order: thousandths and what was paid, and how much of both has come back."""

    number: int
    product: str
    quantity_milli: int
    paid_minor: int
    returned_milli: int
    returned_minor: int


class RefundUnclear(DomainError):
    """The refund states `stated` but names no products, and `left` minor units are left of the order."""

    code = "behavior.refund_unclear"


class RefundTooMuch(DomainError):
    """More of a product (`product`) is refunded than is left of the order."""

    code = "behavior.refund_too_much"


class NothingLeft(DomainError):
    """All of the order has been brought back already."""

    code = "behavior.nothing_left"


def share_discount(paid: Sequence[int], discount: int) -> list[int]:
    """Return what was paid for each line once a discount of the whole is spread over them, to the unit.

    In proportion, cumulatively rounded down, so that the parts make the whole: 100 and 200 less 10 are 97 and
    193.
    """
    total, before, taken = sum(paid), 0, 0
    nets = []
    for one in paid:
        before += one
        share = discount * before // total - taken if total else 0
        taken += share
        nets.append(one - share)
    return nets


def read_refund(refund: Refunded, lines: Sequence[Share]) -> list[tuple[Share, int, int]]:
    """Return which lines come back: each with its thousandths and minor units.

    All that is left for a refund without products; else the products named, at what was paid for them in
    proportion, the last part with what is left. Raises NothingLeft, RefundTooMuch or RefundUnclear.
    """
    left = {one.number: one.quantity_milli - one.returned_milli for one in lines}
    if not any(left.values()):
        raise NothingLeft()
    if not refund.products:
        parts = [
            (one, left[one.number], one.paid_minor - one.returned_minor) for one in lines if left[one.number]
        ]
        whole = sum(part[2] for part in parts)
        if refund.total_minor is not None and refund.total_minor < whole:
            raise RefundUnclear(stated=refund.total_minor, left=whole)
        return parts
    parts = []
    for product, wanted in refund.products:
        due = wanted
        for one in lines:
            if one.product != product or due == 0 or left[one.number] <= 0:
                continue
            quantity = min(due, left[one.number])
            parts.append((one, quantity, _paid_for(one, left[one.number], quantity)))
            left[one.number] -= quantity
            due -= quantity
        if due:
            raise RefundTooMuch(product=product)
    return parts


def _paid_for(line: Share, left: int, quantity: int) -> int:
    """Return what was paid for a part: cumulative, so that all parts together are what was paid."""
    before = line.quantity_milli - left
    return (
        line.paid_minor * (before + quantity) // line.quantity_milli
        - line.paid_minor * before // line.quantity_milli
    )
