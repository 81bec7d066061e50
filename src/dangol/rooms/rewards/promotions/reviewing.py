"""What somebody should know of a promotion beside those in force, before it is published."""

from datetime import datetime

from dangol.core.segments.catalog import trait_types
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Catalog
from dangol.domain.promotions.concerns import Finding, Placed, find_concerns
from dangol.domain.promotions.rules import Remaining
from dangol.rooms.rewards.promotions import limits
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.promotions.contents import LimitsContent, PromotionContent, read_promotion
from dangol.rooms.rewards.promotions.kept import load_live

# That of a promotion that is yet to be made: younger than all others.
UNMADE: Id = bytes([255] * 16)


def review(
    promotion_id: Id | None,
    content: PromotionContent,
    *,
    as_of: datetime,
    traits: Catalog | None = None,
) -> list[Finding]:
    """Return what there is to know of a content that would be published at `as_of`, the worst first.

    `traits`, if they are known already. Raises PromotionInvalid or a BrokenCondition for what cannot be read.
    """
    key = promotion_id or UNMADE
    known = trait_types() if traits is None else traits
    own = read_promotion(key, 0, content, known, checked=False)
    live = [one for one in load_live() if one.promotion.id != key]
    left = limits.left_of([one.promotion.id for one in live])
    used = limits.used_by_promotion([key]).get(key, limits.Amounts())
    others = [Placed(one.promotion, _left(one.limits, left.get(one.promotion.id))) for one in live]
    placed = Placed(own.promotion, _left(own.limits, limits.rest_of(own.limits, used)))
    return find_concerns(placed, others, read_checkout().as_settings(), as_of=as_of)


def _left(own: LimitsContent, left: limits.Left | None) -> Remaining:
    shared = left or limits.Left()
    return Remaining(shared.uses, own.customer_uses, own.period_uses, shared.units, shared.minor)
