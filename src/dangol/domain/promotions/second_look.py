"""When a promotion needs a second person before it is published, by limits the shop has set."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.promotions.benefits import Benefit, BuyGet, NthFree, Percent, Tiered
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
    SHARE = "share"


class Needed(NamedTuple):
    """A cause, with what the promotion has (None: no budget at all) and what goes without a second person."""

    cause: Cause
    found: int | None = None
    most: int | None = None


def causes_of(benefits: Iterable[Benefit], budget_minor: int | None, rule: SecondLook) -> tuple[Needed, ...]:
    """Return for what a promotion with these benefits needs a second person; empty: one is enough.

    A promotion that takes money off without a budget may take any amount.
    """
    benefits = tuple(benefits)
    found = [Needed(Cause.ALWAYS)] if rule.always else []
    if rule.budget_above is not None:
        if budget_minor is None and any(isinstance(one, OFF_MONEY) for one in benefits):
            found.append(Needed(Cause.NO_BUDGET, None, rule.budget_above))
        elif budget_minor is not None and budget_minor > rule.budget_above:
            found.append(Needed(Cause.BUDGET, budget_minor, rule.budget_above))
    largest = max(map(largest_share, benefits), default=0)
    if rule.share_above is not None and largest > rule.share_above:
        found.append(Needed(Cause.SHARE, largest, rule.share_above))
    return tuple(found)


def largest_share(benefit: Benefit) -> int:
    """Return the largest share of the targeted prices a benefit takes off, in basis points; of money none.

    Of every third unit free that is a third, rounded up.
    """
    match benefit:
        case Percent(share):
            return share
        case Tiered(steps):
            return max((largest_share(step.benefit) for step in steps), default=0)
        case NthFree():
            return -(-benefit.basis_points // benefit.nth)
        case BuyGet():
            units = benefit.buy_count + benefit.get_count
            return -(-benefit.basis_points * benefit.get_count // units)
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
