"""What somebody should know before a promotion is published: what stands in its way, and what it may cost.

Nothing of it forbids anything. What a condition asks cannot be told beforehand: where one decides, two
promotions are said to meet although no cart may ever have both.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.accrual import SEPARATOR
from dangol.domain.promotions.benefits import (
    WHOLE,
    Amount,
    Benefit,
    BuyGet,
    FreeShipping,
    Gift,
    IssueCoupon,
    Items,
    NewPrice,
    NthFree,
    Percent,
    Points,
    Stamps,
    Tiered,
)
from dangol.domain.promotions.book import OFF_MONEY
from dangol.domain.promotions.checking import find_fault
from dangol.domain.promotions.rules import ANY_LINE, NO_LIMIT, Minimum, Promotion, Remaining
from dangol.domain.promotions.settings import Choice, Settings
from dangol.domain.promotions.stacking import Company

# From here on somebody is asked whether they mean it: more than half of the price.
DEEP = WHOLE // 2
# What every cart gets that has anything in it; no promotion with others than these always applies.
_SURE = (Percent, Amount, Gift, Points, Stamps, IssueCoupon)


class Concern(StrEnum):
    """What there is to know."""

    OVER = "over"
    UNKNOWN_LANE = "unknown_lane"
    USED_UP = "used_up"
    SHADOWED = "shadowed"
    NO_CEILING = "no_ceiling"
    DEEP_DISCOUNT = "deep_discount"
    SMALL_CARTS_FREE = "small_carts_free"
    DEEP_TOGETHER = "deep_together"
    ONE_OF_THEM = "one_of_them"
    BEST_OF_THEM = "best_of_them"
    SAME_PLACE = "same_place"


# With these the promotion does nothing, or hardly ever anything.
NEVER_ACTS = frozenset({Concern.OVER, Concern.UNKNOWN_LANE, Concern.USED_UP, Concern.SHADOWED})


class Finding(NamedTuple):
    """A concern, the promotions it is about, and a share in basis points where it is about one."""

    concern: Concern
    others: tuple[bytes, ...] = ()
    share: int | None = None


class Placed(NamedTuple):
    """A promotion, and what is left of its limits; None: without a limit."""

    promotion: Promotion
    left: Remaining = NO_LIMIT


def find_concerns(
    own: Placed, others: Sequence[Placed], settings: Settings, *, as_of: datetime
) -> list[Finding]:
    """Return what there is to know of a promotion beside the `others` that are in force, the worst first.

    `as_of` is when it would be published. What is wrong with the promotion itself, `find_fault` tells.
    """
    near = [
        one
        for one in others
        if one.promotion.id != own.promotion.id and _meet(own.promotion, one.promotion, as_of)
    ]
    return [
        *_obstacles(own, near, settings, as_of),
        *_costs(own),
        *_together(own.promotion, [one.promotion for one in near], settings),
    ]


def _obstacles(own: Placed, near: Sequence[Placed], settings: Settings, as_of: datetime) -> Iterator[Finding]:
    promotion, left = own
    if promotion.active_to and promotion.active_to <= as_of:
        yield Finding(Concern.OVER)
    if all(promotion.lane != lane.key for lane in settings.lanes):
        yield Finding(Concern.UNKNOWN_LANE)
        return
    if any(one is not None and one < 1 for one in left):
        yield Finding(Concern.USED_UP)
    if winners := _winners(promotion, near, settings, as_of):
        yield Finding(Concern.SHADOWED, winners)


def _winners(
    promotion: Promotion, near: Sequence[Placed], settings: Settings, as_of: datetime
) -> tuple[bytes, ...]:
    """Return which promotions always apply before this one and leave it no place; none where none do.

    Asked of the engine's own rule of who may stand beside whom.
    """
    company, joined = Company(settings), []
    before = [one for one in near if _is_before(one.promotion, promotion, settings)]
    for one in sorted(before, key=lambda one: _place(one.promotion, settings)):
        other = one.promotion
        is_sure = _always_applies(one) and _covers(other, promotion, as_of)
        if is_sure and company.bars(other, has_code=False) is None:
            company.join(other, has_code=False)
            joined.append(other.id)
    bar = company.bars(promotion, has_code=promotion.needs_code)
    if bar is None:
        return ()
    return (bar.other,) if bar.other else tuple(joined)


def _place(promotion: Promotion, settings: Settings) -> tuple[int, int, bytes]:
    """Return where a promotion stands in the order in which they are asked."""
    lanes = [lane.key for lane in settings.lanes]
    lane = lanes.index(promotion.lane) if promotion.lane in lanes else len(lanes)
    return lane, promotion.priority, promotion.id


def _is_before(one: Promotion, other: Promotion, settings: Settings) -> bool:
    """Say whether one is always asked before the other: in a lane of the best, money is asked at once."""
    if one.lane == other.lane and _choice(one, settings) is Choice.BEST and _takes_money(one):
        return not _takes_money(other)
    return _place(one, settings) < _place(other, settings)


def _choice(promotion: Promotion, settings: Settings) -> Choice | None:
    return next((lane.choice for lane in settings.lanes if lane.key == promotion.lane), None)


def _takes_money(promotion: Promotion) -> bool:
    return any(isinstance(one, OFF_MONEY) for one in promotion.benefits)


def _always_applies(placed: Placed) -> bool:
    """Say whether every cart gets it, but for one of goods that may not be reduced."""
    promotion, left = placed
    return (
        promotion.condition is None
        and not promotion.needs_code
        and promotion.minimum == Minimum()
        and promotion.target == ANY_LINE
        and left == NO_LIMIT
        and all(isinstance(one, _SURE) for one in promotion.benefits)
        and find_fault(promotion) is None
    )


def _covers(one: Promotion, other: Promotion, as_of: datetime) -> bool:
    """Say whether one is in force as long as the other is, from `as_of` on, and for its money."""
    begins = max(as_of, other.active_from or as_of)
    starts_early = one.active_from is None or one.active_from <= begins
    ends_late = one.active_to is None or (other.active_to is not None and other.active_to <= one.active_to)
    return starts_early and ends_late and one.currency in ("", other.currency)


def _meet(one: Promotion, other: Promotion, as_of: datetime) -> bool:
    """Say whether both may be in force at once, from `as_of` on, for one money and one line."""
    begins = max(as_of, *(own.active_from or as_of for own in (one, other)))
    is_over = any(own.active_to is not None and own.active_to <= begins for own in (one, other))
    same_money = one.currency == other.currency or "" in (one.currency, other.currency)
    return not is_over and same_money and _share_lines(one.target.include, other.target.include)


def _share_lines(one: Items | None, other: Items | None) -> bool:
    """Say whether a line may be of both; only of names of one kind it is known that none can."""
    if one is None or other is None:
        return True
    kinds = [{kind for kind in Items.__dataclass_fields__ if getattr(own, kind)} for own in (one, other)]
    if len(kinds[0] | kinds[1]) > 1:
        return True
    return (
        bool(one.products & other.products or one.skus & other.skus or one.tags & other.tags)
        or any(_lies_in(a, b) or _lies_in(b, a) for a in one.categories for b in other.categories)
    )  # fmt: skip


def _lies_in(category: str, above: str) -> bool:
    return category == above or category.startswith(f"{above}{SEPARATOR}")


def _costs(own: Placed) -> Iterator[Finding]:
    promotion, left = own
    if any(map(_grows, promotion.benefits)) and promotion.cap_minor is None and left.budget_minor is None:
        yield Finding(Concern.NO_CEILING)
    if (share := max(map(_share, promotion.benefits), default=0)) > DEEP:
        yield Finding(Concern.DEEP_DISCOUNT, share=share)
    least = promotion.minimum.minor
    off = sum(one.minor for one in promotion.benefits if isinstance(one, Amount) and not one.is_each)
    if off and off >= least:
        yield Finding(Concern.SMALL_CARTS_FREE)
    elif off * 2 > least:
        yield Finding(Concern.DEEP_DISCOUNT, share=off * WHOLE // least)


def _grows(benefit: Benefit) -> bool:
    """Say whether what comes off grows with the cart."""
    match benefit:
        case Amount(_, is_each):
            return is_each
        case Tiered(steps):
            return any(_grows(step.benefit) for step in steps)
        case FreeShipping(_, most):
            return most is None
    return isinstance(benefit, Percent | NewPrice | NthFree | BuyGet)


def _share(benefit: Benefit) -> int:
    """Return the largest share of a cart's goods that surely comes off where it applies; 0: none is named."""
    match benefit:
        case Percent(points):
            return points
        case Tiered(steps):
            return max(_share(step.benefit) for step in steps) if steps else 0
    return 0


def _together(own: Promotion, near: Sequence[Promotion], settings: Settings) -> Iterator[Finding]:
    competing = {one.id for one in near if _compete(own, one, settings)}
    barred = [one for one in near if one.id not in competing and _bar_each_other(own, one, settings)]
    beside = [one for one in near if one.id not in competing and one not in barred]
    share = _all_off([own, *beside])
    if share > DEEP and max(map(_share, own.benefits), default=0) not in (0, share):
        deep = [one for one in beside if any(map(_share, one.benefits))]
        yield Finding(Concern.DEEP_TOGETHER, _ids(deep), share)
    if barred:
        yield Finding(Concern.ONE_OF_THEM, _ids(barred))
    if competing:
        yield Finding(Concern.BEST_OF_THEM, tuple(sorted(competing)))
    tied = [one for one in beside if (one.lane, one.priority) == (own.lane, own.priority)]
    if any(_takes_money(one) for one in tied) and _takes_money(own):
        yield Finding(Concern.SAME_PLACE, _ids([one for one in tied if _takes_money(one)]))


def _ids(promotions: Sequence[Promotion]) -> tuple[bytes, ...]:
    return tuple(sorted(one.id for one in promotions))


def _compete(one: Promotion, other: Promotion, settings: Settings) -> bool:
    is_best = one.lane == other.lane and _choice(one, settings) is Choice.BEST
    return is_best and _takes_money(one) and _takes_money(other)


def _bar_each_other(one: Promotion, other: Promotion, settings: Settings) -> bool:
    company = Company(settings)
    company.join(one, has_code=one.needs_code)
    return company.bars(other, has_code=other.needs_code) is not None


def _all_off(promotions: Sequence[Promotion]) -> int:
    """Return the share that comes off where all of them apply one after another, in basis points."""
    left = WHOLE
    for one in promotions:
        left = left * (WHOLE - max(map(_share, one.benefits), default=0)) // WHOLE
    return WHOLE - left
