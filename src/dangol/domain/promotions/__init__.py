"""Promotions: what they take off a cart and give for it, and of each that does nothing, why.

`evaluate` is the one question. It is pure and counts in whole minor units; what is stored of its answer is
what a return goes by. docs/algorithms/promotions.md has its numbers.
"""

from dangol.domain.promotions.book import Book
from dangol.domain.promotions.carts import Cart, Line
from dangol.domain.promotions.catalog import CART_TRAITS, CUSTOMER_TRAITS
from dangol.domain.promotions.effects import Evaluation, Reason, Rejection
from dangol.domain.promotions.evaluating import evaluate
from dangol.domain.promotions.rules import Context, Coupon, Minimum, Promotion, Remaining, Target
from dangol.domain.promotions.settings import Settings

__all__ = [
    "CART_TRAITS", "CUSTOMER_TRAITS", "Book", "Cart", "Context", "Coupon", "Evaluation", "Line", "Minimum",
    "Promotion", "Reason", "Rejection", "Remaining", "Settings", "Target", "evaluate",
]  # fmt: skip
