"""Portions: the points of one order that wait and lapse together, and so make one lot.

What the program's terms hold for is one portion; each rule with terms of its own has its own. A portion is
a function of the order's instant, the tier it was judged in and its parts: so it is the same years later.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.domain.accrual import EarningRule, OwnTerms, Part, Terms, dates_of
from dangol.domain.idling import Idle

# The rule and its version whose own terms hold; None: the program's do.
Source = tuple[bytes, int] | None


class Portion(NamedTuple):
    """Points given (or, negative, taken back) under the same terms. `expires_at` is exclusive.

    `is_moved` says that they are taken only to be given again with other dates.
    """

    source: Source
    points: int
    release_at: datetime
    expires_at: datetime
    is_moved: bool = False
    idle: Idle | None = None
    awaits: str = ""

    @property
    def rule_id(self) -> bytes | None:
        """The rule whose own terms hold, in whichever version; None: the program's do."""
        return self.source[0] if self.source else None


def own_terms(rules: Sequence[EarningRule]) -> dict[tuple[bytes, int], OwnTerms]:
    """Return the versions of rules that have terms of their own, with these."""
    return {(rule.id, rule.version): rule.own_terms for rule in rules if rule.own_terms}


def portions_of(
    parts: Sequence[Part], own: Mapping[tuple[bytes, int], OwnTerms], terms: Terms, at: datetime
) -> list[Portion]:
    """Return in which portions an order's points stand that was bought at an instant; none is empty."""
    return [
        Portion(source, points, *dates_of(held, at), idle=held.idle, awaits=held.awaits)
        for source, points in _sums(parts, own).items()
        if points
        for held in (own[source].over(terms) if source else terms,)
    ]


def taken_portions(
    before: Sequence[Part], after: Sequence[Part], own: Mapping[tuple[bytes, int], OwnTerms], at: datetime
) -> list[Portion]:
    """Return what a return has taken of each portion."""
    left = _sums(after, own)
    return [
        Portion(source, left[source] - points, at, at)
        for source, points in _sums(before, own).items()
        if points > left[source]
    ]


def corrected_portions(before: Sequence[Portion], after: Sequence[Portion]) -> list[Portion]:
    """Return what turns portions into others: what is too much first, then what is given.

    A portion that would wait or lapse otherwise is taken back whole and given anew, so that its lot is one
    with the right dates. What is taken to be given again is never let go: it is `is_moved`.
    """
    wanted = {one.source: one for one in after}
    taken, given = [], []
    for old in before:
        new = wanted.pop(old.source, None)
        rest = new.points if new else 0
        if old.points > rest:
            taken.append(old._replace(points=rest - old.points))
        if new and (new[2:4], new.idle, new.awaits) != (old[2:4], old.idle, old.awaits):
            taken.append(old._replace(points=-min(old.points, rest), is_moved=True))
            given.append(new)
        elif new and new.points > old.points:
            given.append(new._replace(points=new.points - old.points))
    return [*taken, *given, *wanted.values()]


def _sums(parts: Sequence[Part], own: Mapping[tuple[bytes, int], OwnTerms]) -> dict[Source, int]:
    sums: dict[Source, int] = {}
    for part in parts:
        key = part[:2]
        source = key if key in own else None
        sums[source] = sums.get(source, 0) + part.points
    return sums
