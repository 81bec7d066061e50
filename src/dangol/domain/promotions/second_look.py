"""When what is published needs a second person, by limits the shop has set."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.promotions.benefits import (
    WHOLE,
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    FreeShipping,
    Gift,
    NewPrice,
    NthFree,
    Percent,
    Tiered,
)
from dangol.domain.promotions.book import OFF_MONEY


class SecondLook(NamedTuple):
    """Always; or above a budget (minor units), or a share of prices (basis points). None: no such limit."""

    always: bool = False
    budget_above: int | None = None
    share_above: int | None = None


class Cause(StrEnum):
    """What a publication needs a second person for."""

    ALWAYS = "always"
    BUDGET = "budget"
    NO_BUDGET = "no_budget"
    BESIDE_BUDGET = "beside_budget"
    SHARE = "share"
    UNKNOWN_SHARE = "unknown_share"


class Needed(NamedTuple):
    """A cause, with what the promotion has (None: nobody can tell) and what goes without a second person."""

    cause: Cause
    found: int | None = None
    most: int | None = None


def causes_of(benefits: Iterable[Benefit], budget_minor: int | None, rule: SecondLook) -> tuple[Needed, ...]:
    """Return for what a promotion with these benefits needs a second person; empty: one is enough.

    Without a budget it may give any amount; and points, gifts, stamps and coupons are counted by no budget.
    An amount or a price may be any share, down to prices of nothing.
    """
    benefits = tuple(benefits)
    found = [Needed(Cause.ALWAYS)] if rule.always else []
    if rule.budget_above is not None:
        if budget_minor is None:
            found += [Needed(Cause.NO_BUDGET, None, rule.budget_above)] if benefits else []
        elif budget_minor > rule.budget_above:
            found.append(Needed(Cause.BUDGET, budget_minor, rule.budget_above))
        elif not all(isinstance(one, OFF_MONEY) for one in benefits):
            found.append(Needed(Cause.BESIDE_BUDGET, budget_minor, rule.budget_above))
    if rule.share_above is not None:
        found += _above_share(map(largest_share, benefits), rule.share_above)
    return tuple(found)


def causes_of_points(rule: SecondLook) -> tuple[Needed, ...]:
    """Return for what that which gives points alone needs a second person: they take nothing off, and no
    budget of money counts them.
    """
    found = [Needed(Cause.ALWAYS)] if rule.always else []
    if rule.budget_above is not None:
        found.append(Needed(Cause.BESIDE_BUDGET, None, rule.budget_above))
    return tuple(found)


def _above_share(shares: Iterable[int | None], most: int) -> list[Needed]:
    known = list(shares)
    if None in known and most < WHOLE:
        return [Needed(Cause.UNKNOWN_SHARE, None, most)]
    largest = max((one for one in known if one is not None), default=0)
    return [Needed(Cause.SHARE, largest, most)] if largest > most else []


def largest_share(benefit: Benefit) -> int | None:
    """Return the largest share of the targeted prices a benefit takes off, in basis points.

    Of every third unit free that is a third, rounded up; of a delivery its part of that, and of a gift all.
    None: nobody knows before there is a cart. What is given besides (points, stamps, coupons) takes nothing.
    """
    match benefit:
        case Percent(share) | FreeShipping(share):
            return share
        case Tiered(steps):
            shares = [largest_share(step.benefit) for step in steps]
            return None if None in shares else max((one for one in shares if one is not None), default=0)
        case NthFree():
            return -(-benefit.basis_points // benefit.nth)
        case BuyGet():
            units = benefit.buy_count + benefit.get_count
            return -(-benefit.basis_points * benefit.get_count // units)
        case Gift():
            return WHOLE
        case Amount() | NewPrice() | Bundle():
            return None
    return 0


def is_looser(before: SecondLook, after: SecondLook) -> bool:
    """Say whether something goes without a second person by `after` that needed one by `before`.

    Whoever is held by a limit must not raise it alone.
    """
    if before.always:
        return not after.always
    if after.always:
        return False
    return _is_raised(before.budget_above, after.budget_above) or _is_raised(
        before.share_above, after.share_above
    )


def _is_raised(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after > before)
