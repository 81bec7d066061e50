"""Programs as the rules read them, and the only ways to change one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.ledger.models import PointCurrency
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain import accrual, membership, tiers
from dangol.domain.errors import NotFound
from dangol.rooms.rewards import models
from dangol.rooms.rewards.checking import (
    InvalidRule,
    LevelDraft,
    RuleDraft,
    TermsDraft,
    TiersDraft,
    check_rule,
    check_terms,
    check_tiers,
)

__all__ = ["InvalidRule", "LevelDraft", "RuleDraft", "TermsDraft", "TiersDraft"]


class UnknownProgram(NotFound):
    """There is no such program, or none at all."""

    code = "rewards.unknown_program"


class Running(NamedTuple):
    """A program in force: its row and the domain's view of it."""

    row: models.Program
    rules: membership.Program
    tiers_row: models.TierRules

    @property
    def id(self) -> Id:
        """The program's id."""
        return self.row.id

    def tier_name(self, level: int) -> str:
        """Return the tier's name as the shop calls it."""
        return str(self.tiers_row.levels[level]["name"])


def create_program(
    *,
    name: str,
    points_currency: str,
    money_currency: str,
    zone: str,
    rules: Sequence[RuleDraft],
    terms: TermsDraft,
    tiers_draft: TiersDraft,
    recorded_at: datetime,
    counts_from: datetime | None = None,
) -> Id:
    """Make a program with its first rules; raises InvalidRule. Its kind of points is made if it is new.

    One with `counts_from` need not have judged what was bought before.
    """
    check_terms(terms)
    check_tiers(tiers_draft)
    for rule in rules:
        check_rule(rule, [level.key for level in tiers_draft.levels])
    program_id = new_id()
    with write_transaction():
        PointCurrency.objects.get_or_create(code=points_currency, defaults={"name": points_currency})
        models.Program.objects.create(
            id=program_id, name=name, points_currency=points_currency,
            money_currency=money_currency, zone=zone, recorded_at=recorded_at, counts_from=counts_from,
        )  # fmt: skip
        models.Terms.objects.create(
            program_id=program_id, version=1, pending_days=terms.pending_days,
            expiry=terms.expiry, expiry_count=terms.expiry_count,
            activities=",".join(terms.activities), opens_on=terms.opens_on,
            most_per_order=terms.most_per_order, most_held=terms.most_held, recorded_at=recorded_at,
        )  # fmt: skip
        _write_tiers(program_id, 1, tiers_draft, recorded_at)
        for rule in rules:
            _write_rule(new_id(), 1, program_id, rule, recorded_at)
    return program_id


def supersede_rule(rule_id: Id, draft: RuleDraft, *, at: datetime, recorded_at: datetime) -> int:
    """Let a new version of a rule hold from `at` on; the old one ends there. Returns its version.

    Purchases before `at`, also those that come to light later, are judged by the old version.
    """
    with write_transaction():
        newest = models.EarningRule.objects.filter(id=rule_id).order_by("-version").first()
        if newest is None:
            raise InvalidRule(field="rule", problem="unknown")
        _check_follows(newest.active_from, at, recorded_at)
        latest = models.TierRules.objects.filter(program_id=newest.program_id).order_by("-version")[0]
        check_rule(draft, [level["key"] for level in latest.levels])
        _end_version(newest, at)
        _write_rule(
            rule_id, newest.version + 1, newest.program_id, draft._replace(active_from=at), recorded_at
        )
    return newest.version + 1


def add_rule(program_id: Id, draft: RuleDraft, *, at: datetime, recorded_at: datetime) -> Id:
    """Let a further rule pay for purchases from `at` on; returns its id. Raises InvalidRule.

    It never pays for what was bought before: an order that comes late is judged by its own instant.
    """
    with write_transaction():
        latest = models.TierRules.objects.filter(program_id=program_id).order_by("-version").first()
        if latest is None:
            raise InvalidRule(field="program", problem="unknown")
        own = draft._replace(active_from=at)
        check_rule(own, [level["key"] for level in latest.levels])
        rule_id = new_id()
        _write_rule(rule_id, 1, program_id, own, recorded_at)
    return rule_id


def end_rule(rule_id: Id, *, at: datetime, recorded_at: datetime) -> None:
    """Let a rule pay for nothing bought from `at` on; one that ends sooner stays so. Raises InvalidRule."""
    with write_transaction():
        newest = models.EarningRule.objects.filter(id=rule_id).order_by("-version").first()
        if newest is None:
            raise InvalidRule(field="rule", problem="unknown")
        _check_follows(newest.active_from, at, recorded_at)
        _end_version(newest, at)


def _check_follows(active_from: datetime | None, at: datetime, recorded_at: datetime) -> None:
    """Refuse a version that begins before the one it follows.

    It may take the place of one that has not begun: nothing was judged by that one.
    """
    if active_from is None or at > active_from or (at == active_from and at > recorded_at):
        return
    raise InvalidRule(field="at", problem="before_current_version")


def _end_version(version: models.EarningRule, at: datetime) -> None:
    if version.active_to is None or version.active_to > at:
        models.EarningRule.objects.filter(id=version.id, version=version.version).update(active_to=at)


def supersede_tiers(program_id: Id, draft: TiersDraft, *, at: datetime, recorded_at: datetime) -> int:
    """Let new thresholds, windows, grace and downgrades hold from `at` on; returns the new version.

    What is counted may change as well. A standing reached before is kept to its review, whatever it was
    reached by. The tiers themselves (their keys, in their order) stay: raises InvalidRule otherwise, since
    standings and rules refer to them.
    """
    check_tiers(draft)
    with write_transaction():
        newest = models.TierRules.objects.filter(program_id=program_id).order_by("-version").first()
        if newest is None:
            raise InvalidRule(field="program", problem="unknown")
        _check_follows(newest.active_from, at, recorded_at)
        if [level.key for level in draft.levels] != [level["key"] for level in newest.levels]:
            raise InvalidRule(field="levels", problem="keys_must_stay")
        _write_tiers(program_id, newest.version + 1, draft, recorded_at, active_from=at)
        if tiers.Measure.TENURE in (draft.measure, draft.also) or any(one.gate for one in draft.levels):
            # That alone may lift members: the worker looks at each as the version begins.
            models.SecondLook.objects.create(program_id=program_id, version=newest.version + 1, begins_at=at)
    return newest.version + 1


def supersede_terms(program_id: Id, draft: TermsDraft, *, at: datetime, recorded_at: datetime) -> int:
    """Let new terms hold for points earned from `at` on."""
    check_terms(draft)
    with write_transaction():
        newest = models.Terms.objects.filter(program_id=program_id).order_by("-version").first()
        if newest is None:
            raise InvalidRule(field="program", problem="unknown")
        _check_follows(newest.active_from, at, recorded_at)
        models.Terms.objects.create(
            program_id=program_id, version=newest.version + 1, active_from=at,
            pending_days=draft.pending_days, expiry=draft.expiry,
            expiry_count=draft.expiry_count, activities=",".join(draft.activities),
            opens_on=draft.opens_on, most_per_order=draft.most_per_order, most_held=draft.most_held,
            recorded_at=recorded_at,
        )  # fmt: skip
    return newest.version + 1


def _write_rule(rule_id: Id, version: int, program_id: Id, rule: RuleDraft, recorded_at: datetime) -> None:
    models.EarningRule.objects.create(
        id=rule_id, version=version, program_id=program_id, name=rule.name,
        rate_points=rule.rate_points, rate_minor=rule.rate_minor, category=rule.category,
        multipliers={key: list(ratio) for key, ratio in rule.multipliers.items()},
        rounding=rule.rounding, active_from=rule.active_from, active_to=rule.active_to,
        pending_days=rule.pending_days, expiry=rule.expiry, expiry_count=rule.expiry_count,
        awaits=rule.awaits, recorded_at=recorded_at,
    )  # fmt: skip


def pack_level(level: LevelDraft) -> dict[str, Any]:
    """Return a tier as it is kept: what it does not say is left out."""
    unsaid = ("extra_months", "also_threshold", "gate")
    return {key: value for key, value in level._asdict().items() if key not in unsaid or value}


def _write_tiers(
    program_id: Id,
    version: int,
    draft: TiersDraft,
    recorded_at: datetime,
    *,
    active_from: datetime | None = None,
) -> None:
    models.TierRules.objects.create(
        program_id=program_id, version=version, active_from=active_from,
        measure=draft.measure, window=draft.window, window_size=draft.window_size,
        grace_days=draft.grace_days, downgrade=draft.downgrade,
        levels=[pack_level(level) for level in draft.levels], also=draft.also or "",
        join=draft.join if draft.also else tiers.Join.ALL,
        recorded_at=recorded_at,
    )  # fmt: skip


def load_programs() -> list[Running]:
    """Return all programs with their rules, four statements in all.

    Programs first: of one that is seen, all else was there before it, also where no transaction holds it.
    """
    programs = list(models.Program.objects.order_by("id"))
    rules: dict[Id, list[models.EarningRule]] = {}
    for rule in models.EarningRule.objects.order_by("id", "version"):
        rules.setdefault(rule.program_id, []).append(rule)
    terms: dict[Id, list[models.Terms]] = {}
    for row in models.Terms.objects.order_by("version"):
        terms.setdefault(row.program_id, []).append(row)
    tier_rules: dict[Id, list[models.TierRules]] = {}
    for version in models.TierRules.objects.order_by("version"):
        tier_rules.setdefault(version.program_id, []).append(version)
    return [_running(row, rules.get(row.id, []), terms[row.id], tier_rules[row.id]) for row in programs]


def find_program(program_id: Id | None = None) -> Running:
    """Return a program; without an id, the shop's first. Raises UnknownProgram."""
    for running in load_programs():
        if program_id in (None, running.id):
            return running
    raise UnknownProgram()


def _running(
    row: models.Program,
    rules: Sequence[models.EarningRule],
    terms: Sequence[models.Terms],
    tier_rules: Sequence[models.TierRules],
) -> Running:
    zone = ZoneInfo(row.zone)
    return Running(
        row,
        membership.Program(
            row.id,
            tuple(_rule(rule) for rule in rules),
            tuple(
                (
                    one.active_from,
                    accrual.Terms(
                        zone,
                        one.pending_days,
                        accrual.Expiry(one.expiry),
                        one.expiry_count,
                        activities=tuple(filter(None, one.activities.split(","))),
                        opens_on=one.opens_on,
                        most_per_order=one.most_per_order,
                        most_held=one.most_held,
                    ),
                )
                for one in terms
            ),
            tuple(_tiers(one, zone) for one in tier_rules),
        ),
        tier_rules[-1],
    )


def _rule(row: models.EarningRule) -> accrual.EarningRule:
    multipliers: dict[str, Any] = row.multipliers
    return accrual.EarningRule(
        row.id, row.version, row.rate_points, row.rate_minor, row.category,
        {key: (num, den) for key, (num, den) in multipliers.items()},
        accrual.Rounding(row.rounding), row.active_from, row.active_to,
        accrual.OwnTerms(
            row.pending_days, accrual.Expiry(row.expiry) if row.expiry else None, row.expiry_count,
            row.awaits,
        ),
    )  # fmt: skip


def _tiers(row: models.TierRules, zone: ZoneInfo) -> tiers.TierRules:
    return tiers.TierRules(
        row.version,
        tuple(
            tiers.Level(
                level["key"],
                level["threshold"],
                level.get("extra_months", 0),
                level.get("also_threshold", 0),
                level.get("gate", ""),
            )
            for level in row.levels
        ),
        tiers.Measure(row.measure), tiers.Window(row.window), row.window_size, zone,
        row.grace_days, tiers.Downgrade(row.downgrade), row.active_from,
        tiers.Measure(row.also) if row.also else None, tiers.Join(row.join),
    )  # fmt: skip
