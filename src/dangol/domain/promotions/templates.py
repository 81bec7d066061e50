"""Ready-made offers: each adds its condition to a promotion, so that they may be put on top of one another.

A promotion without a condition is for everybody; `members_only(birthday(it, days_before=7))` is for members
in the week of their birthday. What is asked is the customer's, so a guest at the till, of whom nothing is
known, gets none of them.
"""

from dataclasses import replace
from typing import Any

from dangol.domain.conditions import Catalog, Condition, read_condition, write_condition
from dangol.domain.promotions.catalog import CUSTOMER_TRAITS
from dangol.domain.promotions.rules import Promotion


def first_purchase(promotion: Promotion) -> Promotion:
    """Return the promotion for those of whom it is known that they have not bought yet."""
    return _for(promotion, {"type": "trait", "trait": "customer.order_count", "op": "equals", "value": 0})


def members_only(promotion: Promotion) -> Promotion:
    """Return the promotion for members."""
    return _for(promotion, {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True})


def birthday(promotion: Promotion, *, days_before: int = 0) -> Promotion:
    """Return the promotion from so many days before the customer's birthday to that day, at most 365.

    Who was born on 29 February has it on the 28th in years without one; days are the shop's.
    """
    span = {"n": days_before + 1, "unit": "days"}
    return _for(
        promotion, {"type": "trait", "trait": "customer.birthday", "op": "anniversary_within", "value": span}
    )


def from_tier(promotion: Promotion, tier: str, *, trait: str, catalog: Catalog) -> Promotion:
    """Return the promotion for a tier and all above it: for VIPs. `catalog` has the trait with its order."""
    return _for(promotion, {"type": "trait", "trait": trait, "op": "at_least", "value": tier}, catalog)


def win_back(promotion: Promotion, *, days_away: int) -> Promotion:
    """Return the promotion for those who have bought, but not in so many days by the shop's clock."""
    last = {"type": "trait", "trait": "customer.last_order_at"}
    since = {**last, "op": "within_last", "value": {"n": days_away, "unit": "days"}}
    return _for(promotion, {"type": "all", "of": [{**last, "op": "is_set"}, {"type": "not", "of": since}]})


def _for(promotion: Promotion, raw: dict[str, Any], catalog: Catalog = CUSTOMER_TRAITS) -> Promotion:
    """Return the promotion with one condition more, besides its own. Raises a BrokenCondition."""
    own: Condition | None = promotion.condition
    if own is not None:
        raw = {"type": "all", "of": [write_condition(own), raw]}
    return replace(promotion, condition=read_condition(raw, {**catalog, **(own.types if own else {})}))
