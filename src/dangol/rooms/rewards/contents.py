"""A program's content: all its rules, terms and tiers as one value, to be written, compared and published."""

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from dangol.core.segments.selectors import segment_names
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.accrual import Expiry, Rounding
from dangol.domain.idling import Activity
from dangol.domain.milestones import Milestone
from dangol.domain.tiers import Downgrade, Join, Measure, Window
from dangol.rooms.rewards import checking, models
from dangol.rooms.rewards.checking import LevelDraft, Problem, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.programs import Running

# A rule that is not there yet goes by a key of this form until it is published.
NEW = "new-"


class RuleContent(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it is, or is to be: `key` is its id, or `new-…`. `ends_at` is exclusive (None: never).

    How long its points wait and last (`pending_days`, `expiry`) is the program's where it is None. Those that
    `await` their order's delivery or confirmation wait `pending_days` at the latest.
    """

    key: str
    name: str
    rate_points: int
    rate_minor: int
    category: str = ""
    multipliers: dict[str, tuple[int, int]] = {}
    rounding: Rounding = Rounding.DOWN
    ends_at: datetime | None = None
    pending_days: int | None = None
    expiry: Expiry | None = None
    expiry_count: int = 0
    awaits: Milestone | None = None

    def as_draft(self) -> RuleDraft:
        """Return the rule as a service takes it."""
        return RuleDraft(
            self.name, self.rate_points, self.rate_minor, self.category, self.multipliers, self.rounding,
            None, self.ends_at, self.pending_days, self.expiry, self.expiry_count, self.awaits or "",
        )  # fmt: skip


class TermsContent(msgspec.Struct, frozen=True, kw_only=True):
    """How long points wait (none opens before a day) and last, and what keeps those that slide.

    One purchase earns `most_per_order` points at most, and none lifts a member above `most_held` (None: any
    number).
    """

    pending_days: int = 0
    expiry: Expiry = Expiry.NEVER
    expiry_count: int = 0
    activities: tuple[Activity, ...] = ()
    opens_on: date | None = None
    most_per_order: int | None = None
    most_held: int | None = None

    def as_draft(self) -> TermsDraft:
        """Return the terms as a service takes them."""
        return TermsDraft(
            self.pending_days, self.expiry, self.expiry_count, self.activities, self.opens_on,
            self.most_per_order, self.most_held,
        )  # fmt: skip


class LevelContent(msgspec.Struct, frozen=True, kw_only=True):
    """A tier: its key stays for good. Points earned in it last `extra_months` longer.

    `also_threshold` is what it asks of the second thing that counts, `gate` the segment that it is for.
    """

    key: str
    name: str
    threshold: int
    extra_months: int = 0
    also_threshold: int = 0
    gate: str = ""


class TiersContent(msgspec.Struct, frozen=True, kw_only=True):
    """The tiers, the lowest first, and how long what counts is counted.

    Where a second thing counts (`also`), `join` says whether a tier asks both, or either is enough.
    """

    levels: tuple[LevelContent, ...]
    measure: Measure
    window: Window
    window_size: int
    grace_days: int
    downgrade: Downgrade
    also: Measure | None = None
    join: Join = Join.ALL

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What counts: one thing, or two."""
        return (self.measure, self.also) if self.also else (self.measure,)

    def as_draft(self) -> TiersDraft:
        """Return the tiers as a service takes them."""
        return TiersDraft(
            [LevelDraft(*msgspec.structs.astuple(one)) for one in self.levels],
            self.measure, self.window, self.window_size, self.grace_days, self.downgrade, self.also,
            self.join,
        )  # fmt: skip


class ProgramContent(msgspec.Struct, frozen=True, kw_only=True):
    """All of a program that can be changed."""

    rules: tuple[RuleContent, ...]
    terms: TermsContent
    tiers: TiersContent

    @property
    def rules_by_key(self) -> dict[str, RuleContent]:
        """The rules by their keys."""
        return {rule.key: rule for rule in self.rules}

    @property
    def tier_keys(self) -> list[str]:
        """The keys of the tiers, the lowest first."""
        return [level.key for level in self.tiers.levels]


class Changes(NamedTuple):
    """In what one content differs from another: rules by key, and whether the terms or tiers do."""

    added: tuple[RuleContent, ...]
    changed: tuple[RuleContent, ...]
    ended: tuple[RuleContent, ...]
    terms: bool
    tiers: bool

    def __bool__(self) -> bool:
        return any(self)


def find_changes(before: ProgramContent, after: ProgramContent) -> Changes:
    """Return in what `after` differs from `before`."""
    known, wanted = before.rules_by_key, after.rules_by_key
    return Changes(
        tuple(rule for rule in after.rules if rule.key not in known),
        tuple(rule for rule in after.rules if rule.key in known and rule != known[rule.key]),
        tuple(rule for rule in before.rules if rule.key not in wanted),
        before.terms != after.terms,
        before.tiers != after.tiers,
    )


def load_content(running: Running, *, at: datetime) -> ProgramContent:
    """Return a program's content by its newest versions; rules that are over at `at` are left out."""
    newest: dict[Id, models.EarningRule] = {}
    for row in models.EarningRule.objects.filter(program_id=running.id).order_by("id", "version"):
        newest[row.id] = row
    terms, tiers = running.rules.terms[-1][1], running.tiers_row
    return ProgramContent(
        rules=tuple(_rule(row) for row in newest.values() if not _is_over(row, at)),
        terms=TermsContent(
            pending_days=terms.pending_days, expiry=terms.expiry, expiry_count=terms.expiry_count,
            activities=tuple([Activity(one) for one in terms.activities]), opens_on=terms.opens_on,
            most_per_order=terms.most_per_order, most_held=terms.most_held,
        ),
        tiers=TiersContent(
            levels=tuple(LevelContent(**level) for level in tiers.levels),
            measure=Measure(tiers.measure), window=Window(tiers.window), window_size=tiers.window_size,
            grace_days=tiers.grace_days, downgrade=Downgrade(tiers.downgrade),
            also=Measure(tiers.also) if tiers.also else None, join=Join(tiers.join),
        ),
    )  # fmt: skip


def _is_over(row: models.EarningRule, at: datetime) -> bool:
    return row.active_to is not None and row.active_to <= max(at, row.active_from or at)


def _rule(row: models.EarningRule) -> RuleContent:
    return RuleContent(
        key=show_id(row.id), name=row.name, rate_points=row.rate_points, rate_minor=row.rate_minor,
        category=row.category, multipliers={tier: (num, den) for tier, (num, den) in row.multipliers.items()},
        rounding=Rounding(row.rounding), ends_at=row.active_to, pending_days=row.pending_days,
        expiry=Expiry(row.expiry) if row.expiry else None, expiry_count=row.expiry_count,
        awaits=Milestone(row.awaits) if row.awaits else None,
    )  # fmt: skip


def fingerprint(running: Running) -> str:
    """Return what changes with every version of a program's rules, terms or tiers, and with nothing else."""
    return sha256(repr(running.rules).encode()).hexdigest()


def pack(content: ProgramContent) -> dict[str, Any]:
    """Return a content as JSON holds it."""
    packed: dict[str, Any] = msgspec.to_builtins(content)
    return packed


def unpack(packed: Any) -> ProgramContent:
    """Return the content that JSON holds."""
    return msgspec.convert(packed, ProgramContent)


def rule_id_of(key: str) -> Id | None:
    """Return the id a rule's key spells; None for a rule that is not there yet, and for any other text."""
    try:
        return parse_id(key)
    except ValueError:
        return None


def with_plain_keys(content: ProgramContent) -> ProgramContent:
    """Return a content whose rules' ids are spelled as we spell them, however somebody has."""
    rules = tuple(
        msgspec.structs.replace(rule, key=show_id(rule_id)) if (rule_id := rule_id_of(rule.key)) else rule
        for rule in content.rules
    )
    return msgspec.structs.replace(content, rules=rules)


def find_problems(content: ProgramContent, before: ProgramContent, *, at: datetime) -> list[Problem]:
    """Return all that makes no sense in a content that is to follow `before` from `at` on.

    A field is a path: `rules.<key>.rate`, `terms.expiry_count`, `tiers.levels.gold.threshold`.
    """
    found = list(_tiers(content, before))
    found += [
        Problem(f"terms.{field}", problem)
        for field, problem in checking.terms_problems(content.terms.as_draft())
    ]
    known = before.rules_by_key
    names = [rule.name for rule in content.rules]
    for rule in content.rules:
        own = [*_rule_problems(rule, content.tier_keys)]
        if rule != known.get(rule.key) and rule.ends_at is not None and rule.ends_at <= at:
            own.append(Problem("ends_at", "over"))
        if names.count(rule.name) > 1:
            own.append(Problem("name", "taken"))
        found += [Problem(f"rules.{rule.key}.{field}", problem) for field, problem in own]
    if len(content.rules_by_key) < len(content.rules):
        found.append(Problem("rules", "same_key_twice"))
    return found


def _rule_problems(rule: RuleContent, tier_keys: list[str]) -> Iterator[Problem]:
    yield from checking.rule_problems(rule.as_draft(), tier_keys)
    yield from _name_problems(rule.name, checking.LONGEST_NAME)
    if rule.rate_points > checking.MOST_POINTS or rule.rate_minor > checking.MOST_MINOR:
        yield Problem("rate", "too_large")
    if any(max(ratio) > checking.MOST_RATIO for ratio in rule.multipliers.values()):
        yield Problem("multipliers", "too_large")
    if len(rule.category) > checking.LONGEST_CATEGORY:
        yield Problem("category", "too_long")
    if not rule.key.startswith(NEW) and rule_id_of(rule.key) is None:
        yield Problem("key", "unknown")


def _name_problems(name: str, longest: int) -> Iterator[Problem]:
    if not name.strip() or not name.isprintable():
        yield Problem("name", "empty")
    elif len(name) > longest:
        yield Problem("name", "too_long")


def _tiers(content: ProgramContent, before: ProgramContent) -> Iterator[Problem]:
    tiers = content.tiers
    for field, problem in checking.tiers_problems(tiers.as_draft()):
        yield Problem(f"tiers.{field}", problem)
    if content.tier_keys != before.tier_keys:
        yield Problem("tiers.levels", "keys_must_stay")
    for field in ("window_size", "grace_days"):
        if getattr(tiers, field) > checking.MOST_DAYS:
            yield Problem(f"tiers.{field}", "too_large")
    known = segment_names() if any(level.gate for level in tiers.levels) else {}
    for level in tiers.levels:
        if level.gate and level.gate not in known:
            yield Problem(f"tiers.levels.{level.key}.gate", "unknown_segment")
        for field, problem in _name_problems(level.name, checking.LONGEST_TIER_NAME):
            yield Problem(f"tiers.levels.{level.key}.{field}", problem)
        for field in ("threshold", "also_threshold"):
            if getattr(level, field) > checking.MOST_THRESHOLD:
                yield Problem(f"tiers.levels.{level.key}.{field}", "too_large")
