"""Reading programs: where members stand, what they lack, and what each rule has paid.

Each function takes a constant number of statements. Where a program may be named and is not, the shop's
first one is meant. Whys are read in whys.py.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count

from dangol.core.storage.ids import Id
from dangol.core.storage.params import id_param, instant_param
from dangol.core.storage.rows import read_rows, table
from dangol.domain.accrual import Terms
from dangol.domain.calendars import day_of
from dangol.domain.climbing import Climber
from dangol.domain.tiers import Downgrade, Join, TierRules, Window, reaches, reviewed_from, rules_at
from dangol.rooms.rewards import store
from dangol.rooms.rewards.models import Accrual, AccrualPart, EarningRule, Membership
from dangol.rooms.rewards.programs import Running, find_program, load_programs
from dangol.rooms.rewards.stays import stays_of
from dangol.rooms.rewards.store import Known, Totals


class TierView(NamedTuple):
    """A tier; the threshold is in the unit of the program's measure, points last `extra_months` longer.

    `also_threshold` is in that of the second thing that counts.
    """

    level: int
    key: str
    name: str
    threshold: int
    extra_months: int = 0
    also_threshold: int = 0
    gate: str = ""


class RuleView(NamedTuple):
    """A version of an earning rule. How long points wait and last is the program's where it is None."""

    id: Id
    version: int
    name: str
    category: str
    rate_points: int
    rate_minor: int
    multipliers: Mapping[str, tuple[int, int]]
    rounding: str
    active_from: datetime | None
    active_to: datetime | None
    pending_days: int | None
    expiry: str | None
    expiry_count: int
    awaits: str


class ProgramView(NamedTuple):
    """A program as it is in force: the newest terms and tiers, and all versions of its rules."""

    id: Id
    name: str
    points_currency: str
    money_currency: str
    zone: ZoneInfo
    pending_days: int
    expiry: str
    expiry_count: int
    activities: tuple[str, ...]
    opens_on: date | None
    most_per_order: int | None
    most_held: int | None
    measure: str
    window: str
    window_size: int
    grace_days: int
    downgrade: str
    also: str
    join: str
    tiers: tuple[TierView, ...]
    rules: tuple[RuleView, ...]


class WayView(NamedTuple):
    """One of the things that count: what there is of it, what is missing to the next tier, and to stay.

    `asked` is what the next tier asks of it (0 at the top).
    """

    unit: str
    value: int
    asked: int
    missing: int
    to_keep: int


class StandingView(NamedTuple):
    """Where a member stands, and how far it is to the next tier, and to keep this one.

    `value`, `missing`, `to_keep` and thresholds are in `unit`: minor units of money (spend), points,
    orders, visits (days with a purchase), or days (tenure). `value` is what counts now, since
    `window_from` (None: ever). `to_keep` is what is still lacking at `keep_by`, exclusive, to stay; 0 where
    all is well. `held_until`, exclusive.

    `ways` tell the same of each thing that counts. Where two do, `join` says whether both are needed (all)
    or either is enough (any); `unit`, `value`, `missing` and `to_keep` are those of the first that is needed:
    of all, the first that lacks something; of any, the one that lacks the smallest share.

    A rolling window is `window_days` long (0: another one). `next_closed`: the next tier is for members of a
    segment that this one is not in; `keep_closed`: so is the tier held, which is kept to its review only.
    """

    customer_id: Id
    program_id: Id
    tier: TierView
    since: datetime | None
    held_until: datetime | None
    in_grace: bool
    unit: str
    value: int
    window_from: datetime | None
    next: TierView | None
    missing: int
    to_keep: int
    keep_by: datetime | None
    next_review_at: datetime | None
    totals: Totals
    join: str = Join.ALL.value
    ways: tuple[WayView, ...] = ()
    window_days: int = 0
    next_closed: bool = False
    keep_closed: bool = False

    @property
    def level(self) -> int:
        """The place of the tier held."""
        return self.tier.level


class RuleTotal(NamedTuple):
    """What a rule has paid, net of what returns took back, and for how many orders."""

    rule_id: Id
    rule_name: str
    points: int
    order_count: int


def list_programs() -> list[ProgramView]:
    """Return all programs; empty where there is none."""
    names = {(rule.id, rule.version): rule.name for rule in EarningRule.objects.all()}
    return [_view(running, names) for running in load_programs()]


def _view(running: Running, names: Mapping[tuple[Id, int], str]) -> ProgramView:
    row, terms, tiers = running.row, running.rules.terms[-1][1], running.rules.tiers
    return ProgramView(
        row.id, row.name, row.points_currency, row.money_currency, terms.zone,
        terms.pending_days, terms.expiry.value, terms.expiry_count, terms.activities,
        terms.opens_on, terms.most_per_order, terms.most_held,
        tiers.measure.value, tiers.window.value, tiers.window_size, tiers.grace_days, tiers.downgrade.value,
        tiers.also.value if tiers.also else "", tiers.join.value, tier_views(running),
        tuple(
            RuleView(
                rule.id, rule.version, names[rule.id, rule.version], rule.category, rule.rate_points,
                rule.rate_minor, rule.multipliers, rule.rounding.value, rule.active_from, rule.active_to,
                *rule.own_terms,
            )
            for rule in running.rules.rules
        ),
    )  # fmt: skip


def tier_views(running: Running) -> tuple[TierView, ...]:
    """Return a program's tiers, the lowest first."""
    return tuple(
        TierView(
            place,
            level.key,
            running.tier_name(place),
            level.threshold,
            level.extra_months,
            level.also_threshold,
            level.gate,
        )
        for place, level in enumerate(running.rules.tiers.levels)
    )


def standings_of(
    customer_ids: Sequence[Id], *, as_of: datetime, program_id: Id | None = None
) -> dict[Id, StandingView]:
    """Return where each of these customers stands at an instant not before what was judged last.

    Who has done nothing yet is in the lowest tier. Raises UnknownProgram.
    """
    return standings_in(find_program(program_id), customer_ids, as_of=as_of)


def standings_in(running: Running, customer_ids: Sequence[Id], *, as_of: datetime) -> dict[Id, StandingView]:
    """Return where each of these customers stands in a program that is at hand, as `standings_of` does."""
    known = store.load_known(running.id, customer_ids)
    climbers = _climbers(running, known, since=as_of)
    for climber in climbers.values():
        climber.advance(as_of)
    return {one: _standing(running, one, known[one], climber, as_of) for one, climber in climbers.items()}


def terms_in(running: Running, gifts: Sequence[tuple[Id, datetime]]) -> list[Terms]:
    """Return the terms of what each of these members is given at an instant: a tier may let it last longer.

    An instant before what was judged last counts as that. A constant number of statements; none where no tier
    lets points last longer.
    """
    rules = running.rules
    if not any(level.extra_months for one in rules.tier_versions for level in one.levels):
        return [rules.terms_at(at) for _, at in gifts]
    known = store.load_known(running.id, sorted({customer_id for customer_id, _ in gifts}))
    climbers = _climbers(running, known, since=min(at for _, at in gifts))
    tiers = {}
    for customer_id, at in sorted(set(gifts)):
        climbers[customer_id].advance(at)
        tiers[customer_id, at] = climbers[customer_id].tier
    return [rules.terms_in(tiers[gift], gift[1]) for gift in gifts]


def _climbers(running: Running, known: Mapping[Id, Known], *, since: datetime) -> dict[Id, Climber]:
    """Return each of these customers as they were judged last, to be led on from an instant."""
    versions = running.rules.tier_versions
    earliest = store.earliest_counted(versions, known.values(), since)
    histories = store.load_histories(running, known, list(known), earliest)
    joined = store.load_joined_on(running.rules, known)
    stays = stays_of(running.rules.gates, known)
    return {
        customer_id: Climber(
            versions, one.standing, histories.get(customer_id) or {},
            joined_on=joined.get(customer_id), judged_to=one.judged_to, stays=stays.get(customer_id, {}),
        )
        for customer_id, one in known.items()
    }  # fmt: skip


def _standing(
    running: Running, customer_id: Id, known: Known, climber: Climber, as_of: datetime
) -> StandingView:
    standing, rules = climber.standing, rules_at(running.rules.tier_versions, as_of)
    tiers = tier_views(running)
    above = tiers[standing.level + 1] if standing.level + 1 < len(tiers) else None
    ways, window_from = _ways(rules, climber, as_of)
    nearest, closed = _nearest(rules, ways), climber.closed(rules, as_of)
    return StandingView(
        customer_id, running.id, tiers[standing.level], standing.since, standing.held_until,
        standing.in_grace, nearest.unit, nearest.value, window_from, above, nearest.missing,
        nearest.to_keep, standing.held_until, climber.next_review_at, known.totals, rules.join.value, ways,
        rules.window_size if window_from and rules.window is Window.ROLLING else 0,
        bool(above and above.gate in closed), tiers[standing.level].gate in closed,
    )  # fmt: skip


def _ways(rules: TierRules, climber: Climber, as_of: datetime) -> tuple[tuple[WayView, ...], datetime | None]:
    """Return how far it is by each thing that counts, and since when it does (None: ever)."""
    counts, window_from = climber.value(as_of)
    place, levels = climber.standing.level, rules.levels
    above = rules.asked(levels[place + 1]) if place + 1 < len(levels) else (0,) * len(counts)
    to_keep = _to_keep(rules, climber, as_of)
    return tuple(
        WayView(measure.value, value, asked, max(asked - value, 0), keep)
        for measure, value, asked, keep in zip(rules.measures, counts, above, to_keep, strict=True)
    ), window_from


def _nearest(rules: TierRules, ways: Sequence[WayView]) -> WayView:
    """Return the way that tells most: of all, the first that lacks something; of any, the shortest."""
    if rules.join is Join.ANY:
        return min(ways, key=lambda way: Fraction(way.missing, way.asked or 1))
    return next((way for way in ways if way.missing), ways[0])


def _to_keep(rules: TierRules, climber: Climber, as_of: datetime) -> tuple[int, ...]:
    """Return what is lacking at the next review of each thing, if nothing more happens until then.

    Nothing of any where the level is kept, or never lost, or where only its segment is lacking: days since
    joining go on by themselves.
    """
    standing, review_at = climber.standing, climber.standing.held_until
    nothing = (0,) * len(rules.measures)
    if review_at is None or rules.is_by_days or rules.downgrade is Downgrade.NEVER:
        return nothing
    start = reviewed_from(rules, standing, review_at, climber.joined_on)
    counts = climber.count(rules, day_of(review_at, rules.zone), start, as_of)
    level = rules.levels[standing.level]
    if reaches(rules, level, counts) or level.gate in climber.closed(rules, as_of):
        return nothing
    return tuple(max(asked - count, 0) for asked, count in zip(rules.asked(level), counts, strict=True))


def count_by_tier(*, program_id: Id | None = None) -> list[tuple[TierView, int]]:
    """Return how many members each tier has, the lowest first. Raises UnknownProgram."""
    running = find_program(program_id)
    members = Membership.objects.filter(program_id=running.id, merged_into=None)
    counts = dict(members.values_list("level").annotate(Count("customer_id")).order_by())
    return [(tier, counts.get(tier.level, 0)) for tier in tier_views(running)]


def count_active(*, start: datetime, end: datetime, program_id: Id | None = None) -> int:
    """Return how many members bought something from `start` to, exclusive, `end`. Raises UnknownProgram."""
    bought = Accrual.objects.filter(
        program_id=find_program(program_id).id, is_return=False, number=1, at__gte=start, at__lt=end
    )
    return int(bought.aggregate(members=Count("customer_id", distinct=True))["members"])


def points_by_rule(
    *, start: datetime | None = None, end: datetime | None = None, program_id: Id | None = None
) -> list[RuleTotal]:
    """Return what each rule has paid for what happened from `start` to, exclusive, `end`.

    A judgement says how all of an order's points stand after it; so it counts for the difference to the
    judgement before it, rule by rule. Raises UnknownProgram.
    """
    running = find_program(program_id)
    where, params = _within(start, end)
    program = id_param(running.id)
    rows = read_rows(
        AccrualPart,
        ("rule_id", "points", "base_minor"),
        f"""
        SELECT part.rule_id, sum(part.points * part.sign), sum(part.is_first)
        FROM (
            SELECT a.at, p.rule_id, p.points, 1 AS sign, CASE WHEN a.number = 1 THEN 1 ELSE 0 END AS is_first
            FROM {table(Accrual)} a JOIN {table(AccrualPart)} p
              ON p.customer_id = a.customer_id AND p.order_id = a.order_id
             AND p.program_id = a.program_id AND p.accrual_number = a.number
            WHERE a.program_id = %s
            UNION ALL
            SELECT a.at, p.rule_id, p.points, -1, 0
            FROM {table(Accrual)} a JOIN {table(AccrualPart)} p
              ON p.customer_id = a.customer_id AND p.order_id = a.order_id
             AND p.program_id = a.program_id AND p.accrual_number = a.number - 1
            WHERE a.program_id = %s AND a.number > 1
        ) AS part {where}
        GROUP BY part.rule_id
        """,  # noqa: S608 - our own tables
        [program, program, *params],
    )
    names = dict(
        EarningRule.objects.filter(program_id=running.id).order_by("version").values_list("id", "name")
    )
    paid = {
        rule_id: RuleTotal(rule_id, names[rule_id], int(points), int(count))
        for rule_id, points, count in rows
    }
    return [paid.get(rule_id, RuleTotal(rule_id, name, 0, 0)) for rule_id, name in sorted(names.items())]


def _within(start: datetime | None, end: datetime | None) -> tuple[str, list[Any]]:
    bounds = [(">=", start), ("<", end)]
    conditions = [f"part.at {sign} %s" for sign, at in bounds if at is not None]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return where, [instant_param(at) for _, at in bounds if at is not None]
