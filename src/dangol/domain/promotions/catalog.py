"""What conditions of promotions may ask: the cart, the code, the hour, and what is known of the customer.

These are traits like any other, so that the one language, its schema and its `explain` hold for promotions
unchanged. A shop's own traits come beside them: `{**CUSTOMER_TRAITS, **shop's own, **CART_TRAITS}`.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from dangol.domain.calendars import day_of
from dangol.domain.conditions import Catalog, Kind, TraitType, Value

CART_TOTAL = "cart.total_minor"
CART_SHIPPING = "cart.shipping_minor"
COUPON_CODE = "coupon.code"
# Those of the cart that change as promotions apply.
MOVING = frozenset({CART_TOTAL, CART_SHIPPING})
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# With what the names begin that evaluation itself tells; nobody else's may.
PREFIXES = frozenset({"cart", "coupon", "time", "sale"})

CART_TRAITS: Catalog = {
    CART_TOTAL: TraitType(Kind.NUMBER),
    CART_SHIPPING: TraitType(Kind.NUMBER),
    "cart.quantity": TraitType(Kind.NUMBER),
    "cart.line_count": TraitType(Kind.NUMBER),
    "cart.currency": TraitType(Kind.TEXT),
    "cart.products": TraitType(Kind.LIST),
    "cart.skus": TraitType(Kind.LIST),
    "cart.categories": TraitType(Kind.LIST),
    "cart.tags": TraitType(Kind.LIST),
    COUPON_CODE: TraitType(Kind.TEXT),
    "coupon.codes": TraitType(Kind.LIST),
    "time.at": TraitType(Kind.INSTANT),
    "time.day": TraitType(Kind.DATE),
    "time.weekday": TraitType(Kind.TEXT, WEEKDAYS),
    "time.minute": TraitType(Kind.NUMBER),
    "sale.channel": TraitType(Kind.TEXT),
    "sale.store": TraitType(Kind.TEXT),
}

# What templates ask of the customer; some of these the core tells already, under the same names.
CUSTOMER_TRAITS: Catalog = {
    "customer.order_count": TraitType(Kind.NUMBER),
    "customer.last_order_at": TraitType(Kind.INSTANT),
    "customer.is_member": TraitType(Kind.FLAG),
    "customer.joined_at": TraitType(Kind.INSTANT),
    "customer.birthday": TraitType(Kind.DATE),
}


def time_traits(as_of: datetime, zone: ZoneInfo) -> Mapping[str, Value]:
    """Return the hour as the shop lives it: its day, its weekday, and the minute of its day (0 to 1,439)."""
    local = as_of.astimezone(zone)
    return {
        "time.at": as_of,
        "time.day": day_of(as_of, zone),
        "time.weekday": WEEKDAYS[local.weekday()],
        "time.minute": local.hour * 60 + local.minute,
    }
