"""A shop whose customers each buy of one of two ranges, some things again and again."""

import random
from datetime import date, timedelta

from dangol.core.commerce.catalog import upsert_products
from dangol.core.commerce.drafts import ProductDraft
from dangol.core.commerce.models import Order, OrderLine
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import start_of_day
from tests.core.commerce.shop import MORNING
from tests.core.segments.shop import SEOUL, open_shop

FIRST, DAYS, PRODUCTS = date(2026, 1, 1), 120, 40
LAST = FIRST + timedelta(days=DAYS - 1)
RANGES = ("음료", "빵")
_ORDER = (
    "customer_id", "id", "source", "number", "placed_at", "recorded_at", "channel", "currency", "list_minor",
    "discount_minor", "net_minor", "line_count", "earns",
)  # fmt: skip
_LINE = (
    "customer_id", "order_id", "number", "product_id", "quantity_milli", "list_minor", "discount_minor",
    "net_minor",
)  # fmt: skip


def fill_baskets(customers: int, *, seed: int = 5) -> list[Id]:
    """Let so many customers buy for 120 days: product P00, P02 … are drinks, P01, P03 … are bread."""
    owners = open_shop(*(f"C{number}" for number in range(customers)))
    drafts = [
        ProductDraft(f"P{number:02}", f"{RANGES[number % 2]} {number}", RANGES[number % 2], "")
        for number in range(PRODUCTS)
    ]
    with write_transaction():
        shelf = upsert_products(drafts, recorded_at=MORNING)
    ids = [shelf[draft.number].id for draft in drafts]
    dice = random.Random(seed)
    orders, lines = list[tuple[object, ...]](), list[tuple[object, ...]]()
    for number, owner in enumerate(owners):
        own = dice.sample(ids[number % 2 :: 2], 8)
        for day in sorted(dice.sample(range(DAYS), 12)):
            order, at = new_id(), start_of_day(FIRST + timedelta(days=day), SEOUL)
            basket = dict.fromkeys(dice.choices(own, weights=range(8, 0, -1), k=3))
            orders.append((owner, order, "till", f"{number}-{day}", at, at, "store", "KRW", 9, 0, 9, 3, True))
            lines += [(owner, order, at, one, 1_000, 3, 0, 3) for at, one in enumerate(basket)]
    with write_transaction():
        insert_rows(Order, _ORDER, orders)
        insert_rows(OrderLine, _LINE, lines)
    return owners


def bought_by(customer_id: Id) -> set[Id]:
    """Return what somebody bought."""
    return set(OrderLine.objects.filter(customer_id=customer_id).values_list("product_id", flat=True))
