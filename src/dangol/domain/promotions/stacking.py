"""Who may stand beside those that have applied: exclusive groups, the category matrix, most a cart."""

from typing import NamedTuple

from dangol.domain.promotions.effects import Reason
from dangol.domain.promotions.rules import Promotion
from dangol.domain.promotions.settings import Settings


class Bar(NamedTuple):
    """Why a promotion may not apply, and which one stands in its way."""

    reason: Reason
    other: bytes | None = None
    needed: int | None = None


class Company:
    """Those that have applied, as far as others have to get along with them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # The first of each group and of each category: what one more has to get along with.
        self._groups: dict[str, bytes] = {}
        self._categories: dict[str, bytes] = {}
        self._count = self._with_code = 0

    def join(self, promotion: Promotion, *, has_code: bool) -> None:
        """Take a promotion in."""
        if promotion.exclusive_group:
            self._groups.setdefault(promotion.exclusive_group, promotion.id)
        self._categories.setdefault(promotion.category, promotion.id)
        self._count += 1
        self._with_code += has_code

    def bars(self, promotion: Promotion, *, has_code: bool) -> Bar | None:
        """Return why a promotion may not join; None if it may."""
        settings = self._settings
        if (winner := self._groups.get(promotion.exclusive_group)) is not None:
            return Bar(Reason.EXCLUSIVE_LOST, winner)
        for category, first in self._categories.items():
            if not settings.go_together(category, promotion.category):
                return Bar(Reason.NOT_STACKABLE, first)
        is_full = settings.most_promotions is not None and self._count >= settings.most_promotions
        if is_full:
            return Bar(Reason.TOO_MANY, needed=self._count + 1)
        if has_code and settings.most_codes is not None and self._with_code >= settings.most_codes:
            return Bar(Reason.TOO_MANY, needed=self._with_code + 1)
        return None
