"""A coffee shop in Seoul: carts and promotions as tests write them, and what was done to each unit."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dangol.domain.conditions import Condition, read_condition
from dangol.domain.promotions import (
    CART_TRAITS,
    CUSTOMER_TRAITS,
    Book,
    Cart,
    Context,
    Evaluation,
    Line,
    Promotion,
    Reason,
    Settings,
    evaluate,
)
from dangol.domain.promotions.benefits import Benefit, Items

SEOUL = ZoneInfo("Asia/Seoul")
# Friday 27 November 2026, noon in Seoul.
NOON = datetime(2026, 11, 27, 3, tzinfo=UTC)
AS_IT_COMES = Settings()
COFFEE, CAKE = Items(categories=frozenset({"Coffee"})), Items(categories=frozenset({"Cake"}))


def line(key: str, unit_minor: int, quantity: int = 1, **rest: Any) -> Line:
    """Return a line whose product is named as the line is."""
    return Line(key, rest.pop("product", key), unit_minor, quantity, **rest)


def cart(*lines: Line, shipping: int = 0, currency: str = "KRW") -> Cart:
    """Return a cart."""
    return Cart(currency, lines, shipping)


def promotion(name: str, *benefits: Benefit, **rest: Any) -> Promotion:
    """Return a promotion in won whose id is its name."""
    return Promotion(
        **{"id": name.encode(), "version": 1, "name": name, "currency": "KRW", **rest}, benefits=benefits
    )


def condition(raw: object) -> Condition:
    """Return a condition over the cart and the customer."""
    return read_condition(raw, {**CUSTOMER_TRAITS, **CART_TRAITS})


def run(
    of: Cart, *promotions: Promotion, settings: Settings = AS_IT_COMES, at: datetime = NOON, **context: Any
) -> Evaluation:
    """Return what promotions do to a cart."""
    return evaluate(of, Book(promotions), settings, Context(at, SEOUL, **context))


def off(found: Evaluation) -> dict[str, list[int]]:
    """Return by line what each of its units has become cheaper by."""
    return {one.key: [one.unit_minor - left for left in one.left_minor] for one in found.lines}


def why(found: Evaluation) -> dict[str, Reason]:
    """Return by promotion, or by code where there is none, why it does nothing."""
    return {(one.promotion_id or one.code.encode()).decode(): one.reason for one in found.rejections}
