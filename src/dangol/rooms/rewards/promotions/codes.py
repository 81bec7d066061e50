"""Coupon codes at the checkout."""

from collections.abc import Sequence
from datetime import datetime

from dangol.core.storage.ids import Id
from dangol.domain.promotions.rules import Coupon


def look_up(codes: Sequence[str], *, customer_id: Id | None) -> tuple[Coupon, ...]:
    """Return what is known of each code: nobody has made any yet, so nothing."""
    return tuple(Coupon(code) for code in codes)


def take(codes: Sequence[str], *, customer_id: Id, sale_id: Id, at: datetime) -> list[str]:
    """Return the codes that could not be used up."""
    return list(codes)


def give_back(*, customer_id: Id, sale_id: Id, at: datetime) -> None:
    """Let the codes of a sale be free again."""
