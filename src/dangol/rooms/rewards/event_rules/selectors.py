"""Reading event rules: what they gave, what they can give a member still, and why they gave nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from dangol.core.people.merged import family_of
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.event_rules import Doer, Left, Why, left_of
from dangol.rooms.rewards.event_rules.editing import EventRuleView, list_rules
from dangol.rooms.rewards.event_rules.in_force import Live, load_live
from dangol.rooms.rewards.event_rules.models import EventRule, EventRuleAward, EventRuleRefusal
from dangol.rooms.rewards.event_rules.people import read_doer

_AWARD = (
    "customer_id", "rule_id", "deed_id", "version", "trigger", "at", "given_at", "fixed", "number", "rated",
    "points", "owner_id", "transfer_id", "taken_back_at",
)  # fmt: skip


class AwardView(NamedTuple):
    """Points a rule gave: for which deed, by which version, and the arithmetic."""

    customer_id: Id
    rule_id: Id
    deed_id: Id
    version: int
    trigger: str
    at: datetime
    given_at: datetime
    fixed: int
    number: Decimal | None
    rated: int
    points: int
    owner_id: Id
    transfer_id: Id
    taken_back_at: datetime | None
    rule: str


class RefusalView(NamedTuple):
    """That a rule gave nothing: why, how often, the last time, and from when it may again."""

    rule_id: Id
    why: Why
    times: int
    version: int
    last_at: datetime
    again_at: datetime | None


class RuleStanding(NamedTuple):
    """How a member stands to a rule in force: what it gave them, what is left, and why it gave nothing.

    `now` is why a deed at this instant would earn nothing, as far as that does not hang on the deed.
    """

    rule: EventRuleView
    times: int
    points: int
    last_at: datetime | None
    left: Left
    now: Why | None
    refusals: tuple[RefusalView, ...]


class Figures(NamedTuple):
    """What a rule has given and not taken back: times, points, members; and of the others why not."""

    times: int
    points: int
    people: int
    taken_back: int
    whys: Mapping[str, int]


def awards_of_rule(
    rule_id: Id, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[AwardView]:
    """Return what a rule gave, the latest first; `before`: the instant and transfer of the last one seen."""
    rows = EventRuleAward.objects.filter(rule_id=rule_id)
    return _awards(rows, before, limit)


def awards_of_member(
    customer_id: Id,
    *,
    before: tuple[datetime, Id] | None = None,
    limit: int = 50,
    family: Sequence[Id] = (),
) -> list[AwardView]:
    """Return what rules gave a member, under all their ids (`family`, if known), the latest first."""
    rows = EventRuleAward.objects.filter(customer_id__in=family or family_of(customer_id))
    return _awards(rows, before, limit)


def _awards(
    rows: QuerySet[EventRuleAward], before: tuple[datetime, Id] | None, limit: int
) -> list[AwardView]:
    if before:
        at, last = before
        rows = rows.filter(Q(given_at__lt=at) | Q(given_at=at, transfer_id__lt=last))
    return _named(rows.order_by("-given_at", "-transfer_id"), limit)


def _named(rows: QuerySet[EventRuleAward], limit: int | None = None) -> list[AwardView]:
    """Return awards with what their rules are called; one statement."""
    name = Subquery(EventRule.objects.filter(id=OuterRef("rule_id")).values("name")[:1])
    found = rows.annotate(rule_name=name).values_list(*_AWARD, "rule_name")[:limit]
    return [
        AwardView._make((*row[:8], Decimal(row[8]) if row[8] else None, *row[9:-1], row[-1] or ""))
        for row in found
    ]


def awards_by_transfer(customer_id: Id, transfer_ids: Iterable[Id]) -> dict[Id, AwardView]:
    """Return the awards behind a member's transfers; those of other origins are left out.

    One statement, or none where there are none.
    """
    wanted = sorted(set(transfer_ids))
    if not wanted:
        return {}
    rows = EventRuleAward.objects.filter(owner_id=customer_id, transfer_id__in=wanted)
    return {award.transfer_id: award for award in _named(rows)}


def figures_of(rule_ids: Iterable[Id]) -> dict[Id, Figures]:
    """Return what these rules have come to; two statements."""
    wanted = list(rule_ids)
    rows = EventRuleAward.objects.filter(rule_id__in=wanted).values_list("rule_id").order_by()
    is_live = Q(taken_back_at=None)
    sums = rows.annotate(
        times=Count("deed_id", filter=is_live), sum=Sum("points", filter=is_live),
        people=Count("owner_id", filter=is_live, distinct=True), taken=Count("deed_id", filter=~is_live),
    )  # fmt: skip
    refused = EventRuleRefusal.objects.filter(rule_id__in=wanted).values_list("rule_id", "why").order_by()
    whys: dict[Id, dict[str, int]] = {one: {} for one in wanted}
    for rule_id, why, times in refused.annotate(sum=Sum("times")):
        whys[rule_id][why] = times
    found = {rule_id: Figures(0, 0, 0, 0, whys[rule_id]) for rule_id in wanted}
    for rule_id, times, points, people, taken in sums:
        found[rule_id] = Figures(times, points or 0, people, taken, whys[rule_id])
    return found


def standings_of(
    customer_id: Id, *, at: datetime, only_shown: bool = False, family: Sequence[Id] = ()
) -> list[RuleStanding]:
    """Return how a member stands to each rule in force, or to those told on phones, the newest first.

    Those that pay for an event that is refused since are left out: they give nothing to anybody.
    A constant number of statements, however many rules there are.
    """
    zone = shop().tz
    live = {one.id: one for one in load_live(zone, since=at) if not only_shown or one.latest.content.is_shown}
    views = [
        one
        for one in list_rules()
        if one.id in live and not one.is_refused and one.state(at) in ("live", "scheduled")
    ]
    family = family or family_of(customer_id)
    keys = [(part, one.id) for part in family for one in views]
    awards = select_matching(
        EventRuleAward, ("rule_id", "at", "points"), ("customer_id", "rule_id"), keys,
        where="t.taken_back_at IS NULL",
    )  # fmt: skip
    given: dict[Id, list[tuple[datetime, int]]] = {one.id: [] for one in views}
    for rule_id, when, points in awards:
        given[rule_id].append((when, points))
    refusals = _refusals(keys)
    conditions = [live[one.id].latest.condition for one in views]
    doers = read_doer(customer_id, conditions, as_of=at, zone=zone)
    return [
        _standing(one, live[one.id], doer, given[one.id], refusals.get(one.id, ()), at)
        for one, doer in zip(views, doers, strict=True)
    ]


def _standing(
    view: EventRuleView,
    live: Live,
    doer: Doer,
    awards: Sequence[tuple[datetime, int]],
    refusals: Sequence[RefusalView],
    at: datetime,
) -> RuleStanding:
    rule, instants = live.latest.rule, [when for when, _ in awards]
    left = left_of(rule.caps, instants, at, rule.zone)
    now = _why_now(view, live, doer, left, at)
    points = sum(each for _, each in awards)
    last_at = max(instants, default=None)
    return RuleStanding(view, len(awards), points, last_at, left, now, tuple(refusals))


def _why_now(view: EventRuleView, live: Live, doer: Doer, left: Left, at: datetime) -> Why | None:
    """Return why a deed at an instant would earn nothing, before anything is known of it."""
    latest = live.latest
    room = latest.content.room(used_times=view.used_times, used_points=view.used_points)
    starts_at = latest.content.active_from
    for why, holds in (
        (Why.NOT_MEMBER, not doer.is_member),
        (Why.BEFORE, starts_at is not None and at < starts_at),
        (Why.CONDITION, not doer.fits),
        (Why.BUDGET_TIMES, room.times is not None and room.times < 1),
        (Why.BUDGET_POINTS, room.points is not None and room.points < max(latest.content.points, 1)),
    ):
        if holds:
            return why
    return left.by if left.times == 0 else None


def _refusals(keys: Sequence[tuple[Id, Id]]) -> dict[Id, list[RefusalView]]:
    """Return of each rule why it gave nothing, the latest first; of merged ids the sums."""
    names = ("rule_id", "why", "times", "version", "last_at", "again_at")
    found: dict[tuple[Id, str], RefusalView] = {}
    for rule_id, why, times, *rest in select_matching(
        EventRuleRefusal, names, ("customer_id", "rule_id"), keys
    ):
        one = RefusalView(rule_id, Why(why), times, *rest)
        other = found.get((rule_id, why))
        if other is not None:
            later = max(one, other, key=lambda each: each.last_at)
            one = later._replace(times=one.times + other.times)
        found[rule_id, why] = one
    by_rule: dict[Id, list[RefusalView]] = {}
    for one in sorted(found.values(), key=lambda each: each.last_at, reverse=True):
        by_rule.setdefault(one.rule_id, []).append(one)
    return by_rule
