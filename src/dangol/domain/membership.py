"""A member's life in a program: purchases and returns in time order become points and standings.

This is the one place where earning meets tiers. A purchase earns by the tier held just before it, and
then counts towards the next. The same functions judge one purchase at the till, a year of history in
one file, and a history that is judged again because a late order has come to light.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.absences import Absence
from dangol.domain.accrual import EarningRule, Part, Terms, accrue, limit, take_back
from dangol.domain.climbing import Climber
from dangol.domain.histories import Amounts, History
from dangol.domain.points import MOST_POINTS
from dangol.domain.portions import Portion, own_terms, portions_of, taken_portions
from dangol.domain.tiers import NOWHERE, Measure, Standing, Stays, TierMove, TierRules, Window, rules_at


class Program(NamedTuple):
    """All versions of a program's earning rules, of its terms (each with its start), and of its tiers."""

    id: bytes
    rules: tuple[EarningRule, ...]
    terms: tuple[tuple[datetime | None, Terms], ...]
    tier_versions: tuple[TierRules, ...]

    @property
    def tiers(self) -> TierRules:
        """The newest version of the tiers."""
        return self.tier_versions[-1]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What counts towards the tiers in any of their versions, each once."""
        return tuple(dict.fromkeys(one for rules in self.tier_versions for one in rules.measures))

    @property
    def gates(self) -> frozenset[str]:
        """The segments that levels are for in any version."""
        return frozenset(level.gate for rules in self.tier_versions for level in rules.levels if level.gate)

    @property
    def counts_from_joining(self) -> bool:
        """Whether the day somebody joined on makes a difference to their tier."""
        return Measure.TENURE in self.measures or any(
            one.window is Window.JOINING for one in self.tier_versions
        )

    @property
    def slides(self) -> bool:
        """Whether points lapse, or have lapsed, by inactivity."""
        return any(terms.idle for _, terms in self.terms)

    def terms_at(self, at: datetime) -> Terms:
        """Return the terms of points earned at an instant: the last version that had begun."""
        if len(self.terms) == 1:
            return self.terms[0][1]
        return [terms for start, terms in self.terms if start is None or start <= at][-1]

    def terms_in(self, tier: str, at: datetime) -> Terms:
        """Return the terms of points earned in a tier: the tier may let them last longer."""
        levels = rules_at(self.tier_versions, at).levels
        extra = next((level.extra_months for level in levels if level.key == tier), 0)
        terms = self.terms_at(at)
        return terms._replace(extra_months=extra) if extra else terms

    def limited(self, parts: Sequence[Part], at: datetime) -> list[Part]:
        """Return what rules pay for one purchase at an instant, cut to the most that one earns."""
        return limit(parts, self.terms_at(at).most_per_order)

    def portions(self, tier: str, parts: Sequence[Part], at: datetime) -> list[Portion]:
        """Return in which portions the points of an order stand, bought at an instant in a tier."""
        return portions_of(parts, own_terms(self.rules), self.terms_in(tier, at), at)


class Zero(StrEnum):
    """Why a purchase earned nothing, or a return or a correction changed nothing."""

    NO_RULE = "no_rule"
    NOTHING_TO_COUNT = "nothing_to_count"
    ROUNDED_DOWN = "rounded_down"
    ALREADY_PAID = "already_paid"
    UNLINKED = "unlinked"
    NOTHING_LEFT = "nothing_left"
    SAME_POINTS = "same_points"
    TOO_LARGE = "too_large"
    LEFT = "left"


class Purchase(NamedTuple):
    """A purchase: what it cost in all, and what each rule counts of it, in minor units."""

    order_id: bytes
    at: datetime
    net_minor: int
    bases: tuple[int, ...]
    earns: bool = True


class GivenBack(NamedTuple):
    """Goods of one order brought back: what they had cost, in all and by rule.

    `is_undo`: the order was a mistake, so that it counts towards no tier, and never has.
    """

    return_id: bytes
    order_id: bytes | None
    at: datetime
    net_minor: int
    bases: tuple[int, ...]
    is_undo: bool = False


class Granted(NamedTuple):
    """A tier given by hand or brought along from an earlier program."""

    at: datetime
    level: int
    held_until: datetime | None


class Merged(NamedTuple):
    """Another member became part of this one: what counted for them, where they stood, when they joined."""

    at: datetime
    amounts: Amounts
    standing: Standing
    joined_on: date | None = None


class Accrual(NamedTuple):
    """What a judgement of an order has added, with its why.

    `parts` say how the order's points stand after it; `points` is by how much that differs from before:
    what a purchase earned, or, negative, what a return took back; `portions` are what the ledger moves,
    which comes to the same.
    """

    about_id: bytes
    order_id: bytes | None
    at: datetime
    tier: str
    net_minor: int
    points: int
    parts: tuple[Part, ...]
    zero: Zero | None
    portions: tuple[Portion, ...] = ()
    is_return: bool = False

    @property
    def key(self) -> bytes:
        """What it is filed under: its order, or, for a return that belongs to none, the return."""
        return self.order_id or self.about_id


class Earned(NamedTuple):
    """How an order's points stand: the tier they were earned in and the parts as they are now."""

    tier: str
    parts: tuple[Part, ...]

    @property
    def points(self) -> int:
        """The points of the order now."""
        return sum([part.points for part in self.parts])


Act = Purchase | GivenBack | Granted | Merged
_PLACES = {Purchase: 0, GivenBack: 1, Granted: 2, Merged: 3}


@dataclass(slots=True)
class Member:
    """What judging needs to know of a member, and what it leaves behind.

    What was due by `judged_to` has been decided; of one who is judged from the beginning, nothing has.
    """

    standing: Standing = NOWHERE
    histories: Mapping[Measure, History] = field(default_factory=dict)
    joined_on: date | None = None
    earned: dict[bytes, Earned] = field(default_factory=dict)
    absences: Sequence[Absence] = ()
    judged_to: datetime | None = None
    stays: Stays = field(default_factory=dict)

    def is_away(self, at: datetime) -> bool:
        """Say whether they had left by this instant and were not back."""
        return any(one.holds(at) for one in self.absences)


@dataclass(slots=True)
class Judgement:
    """What has been decided for one member. `judged_to` is the instant of the last act or move.

    `fall` is what a member has to be told who held more than the moves lead to, until a sale was undone.
    """

    accruals: list[Accrual]
    moves: list[TierMove]
    standing: Standing
    next_review_at: datetime | None
    judged_to: datetime | None
    fall: TierMove | None = None


def match_rules(rules: Sequence[EarningRule], category: str) -> tuple[int, ...]:
    """Return the places of the rules that count a line of this category."""
    return tuple(place for place, rule in enumerate(rules) if rule.counts(category))


def in_time_order(acts: Sequence[Act]) -> list[Act]:
    """Return the acts in the order they count: by instant, and there purchases, returns, grants, then merges.

    Goods cannot come back before they were bought: a return that is dated earlier than its purchase
    (many shops note only the day) counts at the purchase's instant. Acts of one kind and instant keep
    the order in which they are given.
    """
    bought_at = {act.order_id: act.at for act in acts if isinstance(act, Purchase)}
    dated = [
        act._replace(at=max(act.at, bought_at.get(act.order_id or b"", act.at)))
        if isinstance(act, GivenBack)
        else act
        for act in acts
    ]
    return sorted(dated, key=lambda act: (act.at, _PLACES[type(act)]))


def undone_at(acts: Iterable[Act]) -> dict[bytes, datetime]:
    """Return the orders that are undone by these acts, and when each was."""
    return {
        act.order_id: act.at for act in acts if isinstance(act, GivenBack) and act.is_undo and act.order_id
    }


def judge(
    program: Program,
    member: Member,
    acts: Sequence[Act],
    *,
    upto: datetime | None,
    told_level: int = 0,
    fell_at: datetime | None = None,
) -> Judgement:
    """Decide what `acts`, in time order, earn and take back, and hold the reviews due by `upto`.

    None of the acts may be earlier than what the member's standing has been judged to; a late one is
    judged with the whole history, from an empty `Member`, and so is an order that is undone: it earns, and
    loses what it has earned, but counts towards no tier from the beginning. `told_level` is the level
    the member held before that was known: at `fell_at`, where the order was of who is part of them now.
    """
    undone = undone_at(acts)
    climber = Climber(
        program.tier_versions, member.standing, member.histories,
        joined_on=member.joined_on, judged_to=member.judged_to, stays=member.stays,
    )  # fmt: skip
    member.histories = climber.histories
    measures = program.measures
    accruals = []
    for act in acts:
        if isinstance(act, Granted):
            climber.grant(act.at, act.level, act.held_until)
            continue
        if isinstance(act, Merged):
            climber.merge(act.at, act.amounts, act.standing, joined_on=act.joined_on)
            continue
        climber.advance(act.at)
        if isinstance(act, Purchase):
            accrual = _buy(program, climber.tier, act, is_away=member.is_away(act.at))
            member.earned[act.order_id] = Earned(accrual.tier, accrual.parts)
        else:
            accrual = _bring_back(program, climber.tier, member.earned, act)
        accruals.append(accrual)
        if act.order_id not in undone:
            climber.add(act.at, {one: _amount(one, act, accrual) for one in measures})
    if upto is not None:
        climber.advance(upto)
    instants = [act.at for act in acts[-1:]] + [move.at for move in climber.moves[-1:]]
    return Judgement(
        accruals, climber.moves, climber.standing, climber.next_review_at, max(instants, default=None),
        climber.fall_from(told_level, at) if (at := max(undone.values(), default=fell_at)) else None,
    )  # fmt: skip


def _amount(measure: Measure, act: Purchase | GivenBack, accrual: Accrual) -> int:
    is_purchase = isinstance(act, Purchase)
    if measure is Measure.SPEND:
        return act.net_minor if is_purchase else -act.net_minor
    if measure is Measure.POINTS:
        return accrual.points
    return 1 if measure in (Measure.ORDERS, Measure.VISITS) and is_purchase else 0


def _buy(program: Program, tier: str, act: Purchase, *, is_away: bool) -> Accrual:
    earns = act.earns and not is_away
    parts = accrue(program.rules, act.bases, tier=tier, at=act.at) if earns else []
    points = sum([part.points for part in parts])
    zero = None
    if not points:
        zero = Zero.LEFT if is_away else _why_nothing(act, parts)
    elif points > MOST_POINTS:  # more than the ledger takes: a slip of the till, and no reason to stop it
        parts, points, zero = [], 0, Zero.TOO_LARGE
    else:
        parts = program.limited(parts, act.at)
        points = sum([part.points for part in parts])
    return Accrual(
        act.order_id, act.order_id, act.at, tier, act.net_minor, points, tuple(parts), zero,
        tuple(program.portions(tier, parts, act.at)) if points else (),
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
        return Accrual(
            act.return_id, act.order_id, act.at, tier, -act.net_minor, 0, (), Zero.UNLINKED, is_return=True
        )
    after = less_returned(program, before, act)
    earned[act.order_id] = after
    return taken_back(program, act, before, after)


def less_returned(program: Program, earned: Earned, act: GivenBack) -> Earned:
    """Return how an order's points stand once the goods of `act` are back."""
    places = {(rule.id, rule.version): place for place, rule in enumerate(program.rules)}
    returned = [act.bases[places[part.rule_id, part.rule_version]] for part in earned.parts]
    return Earned(earned.tier, tuple(take_back(earned.parts, returned)))


def taken_back(program: Program, act: GivenBack, before: Earned, after: Earned) -> Accrual:
    """Return what a return takes of an order's points, as they stood before it and stand after."""
    points = after.points - before.points
    return Accrual(
        act.return_id, act.order_id, act.at, before.tier, -act.net_minor, points, after.parts,
        None if points else Zero.NOTHING_LEFT,
        tuple(taken_portions(before.parts, after.parts, own_terms(program.rules), act.at)), is_return=True,
    )  # fmt: skip
