"""A batch of deeds: judged by the rules in force under their people's locks, given, and written down.

A constant number of statements, whatever it holds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from dangol.core.ledger.services import Order, apply
from dangol.core.people.merged import absorbed_by, resolve_merged
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows, select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.accrual import dates_of
from dangol.domain.conditions import Subject, evaluate
from dangol.domain.event_rules import Deed, Doer, Trigger, Verdict, Why, decide
from dangol.domain.points import Earn
from dangol.rooms.rewards.event_rules import models
from dangol.rooms.rewards.event_rules.in_force import Live, Version
from dangol.rooms.rewards.event_rules.people import members_among, read_subjects
from dangol.rooms.rewards.programs import find_program
from dangol.rooms.rewards.selectors import terms_in

REASON = "event_rule"
_AWARD = (
    "customer_id", "rule_id", "deed_id", "version", "trigger", "subject_id", "at", "given_at", "fixed",
    "number", "rated", "points", "owner_id", "transfer_id",
)  # fmt: skip
_REFUSAL = ("customer_id", "rule_id", "why", "times", "version", "last_deed_id", "last_at", "again_at")


class Told(NamedTuple):
    """A deed as it was told: whose, under the id they had then, and what it was about."""

    customer_id: Id
    deed_id: Id
    deed: Deed
    subject_id: Id | None = None


class _Judged(NamedTuple):
    """A deed with the version of a rule that it was judged by, and what that said."""

    told: Told
    version: Version
    verdict: Verdict


@dataclass
class _Batch:
    """What is known of a batch's people and rules while it is judged."""

    roots: Mapping[Id, Id]
    members: frozenset[Id]
    subjects: Mapping[Id, Subject]
    # By person and rule: what earned already, and when of what was not taken back.
    given: Mapping[tuple[Id, Id], set[Id]]
    earlier: Mapping[tuple[Id, Id], list[datetime]]
    # By rule: how often, and how many points, of its budget are used.
    used: dict[Id, tuple[int, int]]
    judged: list[_Judged] = field(default_factory=list)

    def judge(self, told: Told, version: Version) -> None:
        """Judge a deed by a rule, unless it has earned by it already."""
        root = self.roots[told.customer_id]
        key = root, version.rule_id
        if told.deed_id in self.given[key]:
            return
        doer = Doer(root in self.members, self._fits(root, version, told.deed.told_at))
        times, points = self.used[version.rule_id]
        room = version.content.room(used_times=times, used_points=points)
        verdict = decide(version.rule, told.deed, doer, self.earlier[key], room)
        self.judged.append(_Judged(told, version, verdict))
        if verdict.why is None:
            self.given[key].add(told.deed_id)
            self.earlier[key].append(told.deed.at)
            self.used[version.rule_id] = times + 1, points + verdict.sum.points

    def _fits(self, root: Id, version: Version, at: datetime) -> bool:
        if version.condition is None:
            return True
        subject = self.subjects.get(root)
        return subject is not None and evaluate(version.condition, subject, as_of=at, zone=version.rule.zone)


def judge_deeds(told: Sequence[Told], live: Sequence[Live], *, recorded_at: datetime) -> int:
    """Give what these deeds earn by the rules in force, once each; returns how many times something was.

    Told again it comes to the same. Inside a write transaction that has locked the people and then all rules,
    and has read the rules since.
    """
    require_write_transaction()
    wanted = [(one, version) for one in told for version in _asked(one, live)]
    if not wanted:
        return 0
    batch = _open_batch(wanted, recorded_at)
    for one, version in wanted:
        batch.judge(one, version)
    given = [one for one in batch.judged if one.verdict.why is None]
    _give(batch, given, recorded_at)
    _note_refusals([one for one in batch.judged if one.verdict.why is not None])
    return len(given)


def lock_rules(also: Iterable[Id] = ()) -> None:
    """Lock all rules that are not put away, and these, until the transaction ends; their people before them.

    All in the order of their ids, whichever are asked: so nobody waits for each other, and whoever publishes
    or pauses one is waited for.
    """
    wanted = Q(archived_at=None) | Q(id__in=sorted(set(also)))
    list(models.EventRule.objects.select_for_update().filter(wanted).order_by("id").values_list("id"))


def _asked(told: Told, live: Iterable[Live]) -> list[Version]:
    """Return the rules that pay for such a deed, in the versions that held when it was done."""
    held = (one.version_for(told.deed) for one in live)
    return [one for one in held if one is not None and _pays(one, told.deed)]


def _pays(version: Version, deed: Deed) -> bool:
    trigger = version.content.trigger
    if deed.day_began is None:
        return trigger is Trigger.EVENT and deed.event == version.content.event
    return deed.event == trigger.value


def _open_batch(wanted: Sequence[tuple[Told, Version]], recorded_at: datetime) -> _Batch:
    """Read what is known of the people and the rules."""
    roots = resolve_merged({told.customer_id for told, _ in wanted})
    rule_ids = sorted({version.rule_id for _, version in wanted})
    rows = models.EventRule.objects.filter(id__in=rule_ids).values_list("id", "used_times", "used_points")
    used = {rule_id: (times, points) for rule_id, times, points in rows}
    owners = sorted(set(roots.values()))
    members = members_among(owners)
    given, earlier = _read_awards(owners, rule_ids)
    return _Batch(roots, members, _read_subjects(wanted, roots, members), given, earlier, used)


def _read_awards(
    owners: Sequence[Id], rule_ids: Sequence[Id]
) -> tuple[dict[tuple[Id, Id], set[Id]], dict[tuple[Id, Id], list[datetime]]]:
    absorbed = absorbed_by(owners)
    owner_of = {part: owner for owner in owners for part in (owner, *absorbed.get(owner, ()))}
    rows = select_matching(
        models.EventRuleAward,
        ("customer_id", "rule_id", "deed_id", "at", "taken_back_at"),
        ("customer_id", "rule_id"),
        [(part, rule_id) for part in sorted(owner_of) for rule_id in rule_ids],
    )
    given: dict[tuple[Id, Id], set[Id]] = defaultdict(set)
    earlier: dict[tuple[Id, Id], list[datetime]] = defaultdict(list)
    for customer_id, rule_id, deed_id, at, taken_back_at in rows:
        given[owner_of[customer_id], rule_id].add(deed_id)
        if taken_back_at is None:
            earlier[owner_of[customer_id], rule_id].append(at)
    return given, earlier


def _read_subjects(
    wanted: Sequence[tuple[Told, Version]], roots: Mapping[Id, Id], members: frozenset[Id]
) -> Mapping[Id, Subject]:
    """Return what conditions have to know of the members whom some rule asks about."""
    asked = [(told, version) for told, version in wanted if version.condition is not None]
    if not asked:
        return {}
    conditions = [version.condition for _, version in asked if version.condition is not None]
    instants = [told.deed.told_at for told, _ in asked]
    owners = {roots[told.customer_id] for told, _ in asked} & members
    zone = asked[0][1].rule.zone
    return read_subjects(owners, conditions, first=min(instants), as_of=max(instants), zone=zone)


def _give(batch: _Batch, given: Sequence[_Judged], recorded_at: datetime) -> None:
    """Give the points in the ledger, under the program's terms or the rule's own, and write down the why."""
    if not given:
        return
    running = find_program()
    gifts = [(batch.roots[one.told.customer_id], one.told.deed.told_at) for one in given]
    orders = []
    for one, (owner, told_at), usual in zip(given, gifts, terms_in(running, gifts), strict=True):
        terms = one.version.content.own_terms.over(usual)
        release_at, expires_at = dates_of(terms, told_at)
        earn = Earn(
            key_of(one.version.rule_id, one.told.deed_id), told_at, one.verdict.sum.points, release_at,
            expires_at, REASON, one.version.rule_id, idle=terms.idle,
        )  # fmt: skip
        orders.append(Order(owner, earn))
    results = apply(orders, running.row.points_currency, recorded_at=recorded_at)
    rows = []
    for one, order, result in zip(given, orders, results, strict=True):
        if result.refusal:
            raise result.refusal
        told, verdict = one.told, one.verdict
        rows.append((
            told.customer_id, one.version.rule_id, told.deed_id, one.version.number,
            one.version.content.trigger.value, told.subject_id, told.deed.at, recorded_at, verdict.sum.fixed,
            _number(verdict.sum.number), verdict.sum.rated, verdict.sum.points, order.customer_id,
            result.transfer_id,
        ))  # fmt: skip
    insert_rows(models.EventRuleAward, _AWARD, rows)
    use_budgets([(one.version.rule_id, 1, one.verdict.sum.points) for one in given])


def _number(found: Decimal | None) -> str:
    return "" if found is None else f"{found.normalize():f}"


def key_of(rule_id: Id, deed_id: Id) -> str:
    """Return the key under which the ledger knows what a rule gave for a deed."""
    return f"event_rule:{rule_id.hex()}:{deed_id.hex()}"


def use_budgets(uses: Sequence[tuple[Id, int, int]]) -> None:
    """Add times and points (or, negative, give them back) to what is used of rules, which must be locked."""
    times: Counter[Id] = Counter()
    points: Counter[Id] = Counter()
    for rule_id, more_times, more_points in uses:
        times[rule_id] += more_times
        points[rule_id] += more_points
    used = models.EventRule.objects.filter(id__in=list(times)).values_list("id", "used_times", "used_points")
    rows = [(one, had_times + times[one], had_points + points[one]) for one, had_times, had_points in used]
    update_rows(models.EventRule, ("id",), ("used_times", "used_points"), sorted(rows))


def _note_refusals(refused: Sequence[_Judged]) -> None:
    """Count of each reason how often, with the last time; of who is no member nothing is kept."""
    kept = [one for one in refused if one.verdict.why is not Why.NOT_MEMBER]
    latest: dict[tuple[Id, Id, str], _Judged] = {}
    times: Counter[tuple[Id, Id, str]] = Counter()
    for one in kept:
        key = one.told.customer_id, one.version.rule_id, str(one.verdict.why)
        latest[key] = one
        times[key] += 1
    known = select_matching(models.EventRuleRefusal, _REFUSAL[:4], _REFUSAL[:3], sorted(latest))
    before = {(row[0], row[1], row[2]): row[3] for row in known}
    rows = [
        (
            *key, times[key] + before.get(key, 0), one.version.number, one.told.deed_id, one.told.deed.at,
            one.verdict.again_at,
        )
        for key, one in sorted(latest.items(), key=lambda pair: pair[0])
    ]  # fmt: skip
    insert_rows(models.EventRuleRefusal, _REFUSAL, [row for row in rows if row[:3] not in before])
    changed = [row for row in rows if row[:3] in before]
    update_rows(models.EventRuleRefusal, _REFUSAL[:3], _REFUSAL[3:], changed)
