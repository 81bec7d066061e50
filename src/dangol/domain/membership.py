"""A member's life in a program: purchases and returns in time order become points and standings.

This is the one place where earning meets tiers. A purchase earns by the tier held just before it, and
then counts towards the next. The same functions judge one purchase at the till, a year of history in
one file, and a history that is judged again because a late order has come to light.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.accrual import EarningRule, Part, Terms, accrue, dates_of, take_back
from dangol.domain.tiers import Climber, History, Measure, Standing, TierMove, TierRules


class Program(NamedTuple):
    """All versions of a program's earning rules, of its terms (each with its start), and its tiers."""

    id: bytes
    rules: tuple[EarningRule, ...]
    terms: tuple[tuple[datetime | None, Terms], ...]
    tiers: TierRules

    def terms_at(self, at: datetime) -> Terms:
        """Return the terms of points earned at an instant: the last version that had begun."""
        if len(self.terms) == 1:
            return self.terms[0][1]
        return [terms for start, terms in self.terms if start is None or start <= at][-1]


class Zero(StrEnum):
    """Why a purchase earned nothing."""

    NO_RULE = "no_rule"
    NOTHING_TO_COUNT = "nothing_to_count"
    ROUNDED_DOWN = "rounded_down"
    ALREADY_PAID = "already_paid"
    UNLINKED = "unlinked"
    NOTHING_LEFT = "nothing_left"


class Purchase(NamedTuple):
    """A purchase: what it cost in all, and what each rule counts of it, in minor units."""

    order_id: bytes
    at: datetime
    net_minor: int
    bases: tuple[int, ...]
    earns: bool = True


class GivenBack(NamedTuple):
    """Goods of one order brought back: what they had cost, in all and by rule."""

    return_id: bytes
    order_id: bytes | None
    at: datetime
    net_minor: int
    bases: tuple[int, ...]


class Granted(NamedTuple):
    """A tier given by hand or brought along from an earlier program."""

    at: datetime
    level: int
    held_until: datetime | None


class Accrual(NamedTuple):
    """What a judgement of an order has added, with its why.

    `parts` say how the order's points stand after it; `points` is by how much that differs from before:
    what a purchase earned, or, negative, what a return took back.
    """

    about_id: bytes
    order_id: bytes | None
    at: datetime
    tier: str
    net_minor: int
    points: int
    parts: tuple[Part, ...]
    zero: Zero | None
    release_at: datetime
    expires_at: datetime
    is_return: bool = False


class Earned(NamedTuple):
    """How an order's points stand: the tier they were earned in and the parts as they are now."""

    tier: str
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Member:
    """What judging needs to know of a member, and what it leaves behind."""

    standing: Standing = Standing()
    history: History = field(default_factory=History)
    joined_on: date | None = None
    earned: dict[bytes, Earned] = field(default_factory=dict)


@dataclass(slots=True)
class Judgement:
    """What has been decided for one member."""

    accruals: list[Accrual]
    moves: list[TierMove]
    standing: Standing
    next_review_at: datetime | None
    judged_to: datetime | None


def match_rules(rules: Sequence[EarningRule], category: str) -> tuple[int, ...]:
    """Return the places of the rules that count a line of this category."""
    return tuple(place for place, rule in enumerate(rules) if rule.counts(category))


def judge(
    program: Program, member: Member, acts: Sequence[Purchase | GivenBack | Granted], *, upto: datetime
) -> Judgement:
    """Decide what `acts`, in time order, earn and take back, and hold the reviews due by `upto`.

    None of the acts may be earlier than what the member's standing has been judged to; a late one is
    judged with the whole history, from an empty `Member`.
    """
    climber = Climber(program.tiers, member.standing, member.history, joined_on=member.joined_on)
    accruals = []
    for act in acts:
        climber.advance(act.at)
        if isinstance(act, Granted):
            climber.grant(act.at, act.level, act.held_until)
            continue
        if isinstance(act, Purchase):
            accrual = _buy(program, climber.tier, act)
            member.earned[act.order_id] = Earned(accrual.tier, accrual.parts)
        else:
            accrual = _bring_back(program, climber.tier, member.earned, act)
        accruals.append(accrual)
        climber.add(act.at, _amount(program.tiers.measure, act, accrual))
    climber.advance(upto)
    instants = [act.at for act in acts[-1:]] + [move.at for move in climber.moves[-1:]]
    return Judgement(
        accruals, climber.moves, climber.standing, climber.next_review_at, max(instants, default=None)
    )


def _amount(measure: Measure, act: Purchase | GivenBack, accrual: Accrual) -> int:
    is_purchase = isinstance(act, Purchase)
    if measure is Measure.SPEND:
        return act.net_minor if is_purchase else -act.net_minor
    if measure is Measure.POINTS:
        return accrual.points
    return 1 if measure is Measure.ORDERS and is_purchase else 0


def _buy(program: Program, tier: str, act: Purchase) -> Accrual:
    parts = accrue(program.rules, act.bases, tier=tier, at=act.at) if act.earns else []
    points = sum([part.points for part in parts])
    zero = None
    if not points:
        zero = _why_nothing(act, parts)
    release_at, expires_at = dates_of(program.terms_at(act.at), act.at)
    return Accrual(
        act.order_id, act.order_id, act.at, tier, act.net_minor, points, tuple(parts), zero,
        release_at, expires_at,
    )  # fmt: skip


def _why_nothing(act: Purchase, parts: Sequence[Part]) -> Zero:
    if not act.earns:
        return Zero.ALREADY_PAID
    if parts:
        return Zero.ROUNDED_DOWN
    return Zero.NO_RULE if act.net_minor > 0 else Zero.NOTHING_TO_COUNT


def _bring_back(program: Program, tier: str, earned: dict[bytes, Earned], act: GivenBack) -> Accrual:
    before = earned.get(act.order_id) if act.order_id else None
    if before is None or act.order_id is None:
        return _taken(act, tier, 0, (), Zero.UNLINKED)
    places = {(rule.id, rule.version): place for place, rule in enumerate(program.rules)}
    returned = [act.bases[places[part.rule_id, part.rule_version]] for part in before.parts]
    after = tuple(take_back(before.parts, returned))
    earned[act.order_id] = Earned(before.tier, after)
    points = sum(part.points for part in after) - sum(part.points for part in before.parts)
    return _taken(act, before.tier, points, after, None if points else Zero.NOTHING_LEFT)


def _taken(act: GivenBack, tier: str, points: int, parts: tuple[Part, ...], zero: Zero | None) -> Accrual:
    return Accrual(
        act.return_id, act.order_id, act.at, tier, -act.net_minor, points, parts, zero,
        act.at, act.at, is_return=True,
    )  # fmt: skip


def differences(
    wanted: Sequence[Accrual], recorded: Mapping[tuple[bytes, bytes | None], int]
) -> list[tuple[Accrual, int]]:
    """Return the accruals whose points differ from what is recorded, and by how many points.

    `recorded` holds points by (what it is about, order). An accrual that is not recorded at all is among
    them, also where it is worth nothing: its why is owed.
    """
    found = []
    for accrual in wanted:
        earlier = recorded.get((accrual.about_id, accrual.order_id))
        if earlier is None or earlier != accrual.points:
            found.append((accrual, accrual.points - (earlier or 0)))
    return found
