"""What each kind of shop may begin with: a first rule, terms and tiers, as a draft and never published.

The figures are ours, of what such shops commonly give; an owner reads them in words and changes them. A point
stands for the smallest sum that is counted: 100 won, a dollar, a dinar.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _

from dangol.core.people.shops import ShopKind
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards.contents import NEW, LevelContent, ProgramContent, RuleContent, TermsContent
from dangol.rooms.rewards.drafts import DraftView


class _Proposal(NamedTuple):
    """Points for each 100 won or dollar; how long they wait and last; what the upper tiers take and give.

    Thresholds are in thousands of won, or in dollars (each tier above the lowest, in order); `times` are what
    those tiers multiply by.
    """

    rate_points: int
    pending_days: int
    months: int
    thousands_of_won: tuple[int, ...]
    units: tuple[int, ...]
    times: tuple[tuple[int, int], ...]
    window_days: int = 365
    grace_days: int = 30


_PROPOSALS: Mapping[ShopKind, _Proposal] = {
    # Small sums, often: more points, tiers that a few visits a week reach.
    ShopKind.CAFE: _Proposal(5, 0, 12, (100, 300), (100, 300), ((6, 5), (3, 2)), 180),
    ShopKind.RESTAURANT: _Proposal(3, 0, 12, (200, 600), (250, 750), ((6, 5), (3, 2))),
    ShopKind.STORE: _Proposal(1, 0, 12, (300, 1_000), (500, 2_000), ((3, 2), (2, 1))),
    # Large sums, seldom: longer to collect, longer to last.
    ShopKind.CLINIC: _Proposal(1, 0, 24, (500, 2_000), (500, 2_000), ((3, 2), (2, 1)), 730, 90),
    # What can be sent back is counted once it no longer can.
    ShopKind.ONLINE: _Proposal(1, 14, 12, (300, 1_000), (500, 2_000), ((3, 2), (2, 1))),
}


def propose(kind: ShopKind, published: ProgramContent, *, currency: str) -> ProgramContent:
    """Return what a shop of this kind may begin with, made of what holds now: its tiers keep their keys.

    Only the first rule is written anew; others stay. For a kind of no figures of its own, and for tiers that
    are not three, what holds now is returned in that part.
    """
    proposal = _PROPOSALS.get(kind)
    if proposal is None:
        return published
    upper = published.tier_keys[1:]
    times = dict(zip(upper, proposal.times, strict=False)) if len(upper) == len(proposal.times) else {}
    rule = (
        published.rules[0]
        if published.rules
        else RuleContent(key=f"{NEW}1", name="", rate_points=1, rate_minor=1)
    )
    first = msgspec.structs.replace(
        rule, name=rule.name or _("모든 구매에 적립"), category="", rate_points=proposal.rate_points,
        rate_minor=_unit(currency), multipliers=times,
    )  # fmt: skip
    return ProgramContent(
        rules=(first, *published.rules[1:]),
        terms=TermsContent(
            pending_days=proposal.pending_days, expiry=Expiry.END_OF_MONTH, expiry_count=proposal.months
        ),
        tiers=msgspec.structs.replace(
            published.tiers, levels=_levels(proposal, published, currency),
            window=Window.ROLLING, window_size=proposal.window_days, grace_days=proposal.grace_days,
        ),
    )  # fmt: skip


def is_ours(draft: DraftView, kind: str, *, currency: str) -> bool:
    """Say whether a draft is still what a shop of this kind was proposed, or says nothing yet."""
    proposed = propose(ShopKind(kind), draft.published, currency=currency) if kind else draft.published
    return draft.content in (draft.published, proposed)


def _unit(currency: str) -> int:
    """Return what a point is given for, in minor units: 100, or a whole unit if that is more."""
    return int(max(100, 10 ** get_currency_precision(currency)))


def _levels(proposal: _Proposal, published: ProgramContent, currency: str) -> tuple[LevelContent, ...]:
    levels = published.tiers.levels
    wanted = [one * 1_000 for one in proposal.thousands_of_won]
    if currency != "KRW":
        wanted = [one * _unit(currency) for one in proposal.units]
    if len(levels) != len(wanted) + 1 or published.tiers.measure is not Measure.SPEND:
        return levels
    upper = zip(levels[1:], wanted, strict=True)
    return (levels[0], *(msgspec.structs.replace(one, threshold=sum_) for one, sum_ in upper))
