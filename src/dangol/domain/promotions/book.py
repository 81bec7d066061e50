"""Promotions made ready to be asked of cart after cart: checked, ordered, found by what they target."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dangol.domain.conditions.deciding import Plan, plan_of
from dangol.domain.promotions.benefits import (
    Amount,
    Bundle,
    BuyGet,
    FreeShipping,
    NewPrice,
    NthFree,
    Percent,
    Tiered,
)
from dangol.domain.promotions.catalog import COUPON_CODE
from dangol.domain.promotions.checking import RuleFault, find_fault
from dangol.domain.promotions.effects import Source
from dangol.domain.promotions.picking import tokens
from dangol.domain.promotions.rules import Promotion
from dangol.domain.promotions.tally import LineState

OFF_GOODS = (Percent, Amount, NewPrice, Tiered, NthFree, BuyGet, Bundle)
OFF_MONEY = (*OFF_GOODS, FreeShipping)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A promotion at its place in the order; `takes_money`: it competes for the best discount.

    `is_off_goods`: it takes money off goods, so that it is for none that may not be reduced. `gives`: it
    gives something besides money.
    """

    place: int
    promotion: Promotion
    plan: Plan | None
    fault: RuleFault | None
    reads_code: bool
    takes_money: bool
    is_off_goods: bool
    gives: bool

    def source(self, code: str) -> Source:
        """Return what effects name."""
        return Source(self.promotion.id, self.promotion.version, code)


class Book:
    """All live promotions. It knows nothing of a cart, so that one book serves all carts at once."""

    def __init__(self, promotions: Iterable[Promotion]) -> None:
        """Take promotions in any order; no two may have one id (of each, its version in force)."""
        ordered = sorted(promotions, key=lambda one: (one.priority, one.id))
        self.entries: Sequence[Entry] = [_entry(place, one) for place, one in enumerate(ordered)]
        self.by_id: Mapping[bytes, Entry] = {one.promotion.id: one for one in self.entries}
        assert len(self.by_id) == len(self.entries), "one version of a promotion is in force"
        self._of_some: dict[tuple[str, str], list[int]] = {}
        self._of_any: list[int] = []
        for place, one in enumerate(ordered):
            if one.target.include is None:
                self._of_any.append(place)
            else:
                for token in tokens(one.target.include):
                    self._of_some.setdefault(token, []).append(place)

    def lines_of(self, states: Sequence[LineState]) -> dict[int, Sequence[LineState]]:
        """Return, by an entry's place, the lines its target includes; those without any are not there."""
        found: dict[int, Sequence[LineState]] = dict.fromkeys(self._of_any, states) if states else {}
        some: dict[int, list[LineState]] = {}
        for state in states:
            places = {place for token in state.tokens for place in self._of_some.get(token, ())}
            for place in places:
                some.setdefault(place, []).append(state)
        return found | some


def _entry(place: int, promotion: Promotion) -> Entry:
    condition = promotion.condition
    return Entry(
        place,
        promotion,
        plan=plan_of(condition) if condition else None,
        fault=find_fault(promotion),
        reads_code=condition is not None and COUPON_CODE in condition.types,
        takes_money=any(isinstance(one, OFF_MONEY) for one in promotion.benefits),
        is_off_goods=any(isinstance(one, OFF_GOODS) for one in promotion.benefits),
        gives=not all(isinstance(one, OFF_MONEY) for one in promotion.benefits),
    )
