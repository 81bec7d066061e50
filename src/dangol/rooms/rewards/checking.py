"""Rules, terms and tiers as somebody wants them to be, and what makes no sense in them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from dangol.domain import accrual, tiers
from dangol.domain.calendars import EARLIEST, LATEST
from dangol.domain.errors import DomainError
from dangol.domain.idling import Activity
from dangol.domain.milestones import Milestone
from dangol.domain.points import MOST_POINTS as MOST_EARNED

# The most a rule can be written with: beyond it stands a slip, not a rule.
MOST_POINTS, MOST_MINOR, MOST_RATIO, MOST_DAYS, MOST_THRESHOLD = 10**6, 10**9, 10**4, 3_650, 10**12
MOST_MONTHS = 120
# Of what a program's rules pay, as its terms name them: for one purchase, and to one member.
LIMITS = ("most_per_order", "most_held")
LONGEST_NAME, LONGEST_TIER_NAME, LONGEST_CATEGORY = 80, 40, 250


class InvalidRule(DomainError):
    """A rule, terms or tiers that make no sense; the data names the field and the remedy."""

    code = "rewards.invalid_rule"


class RuleDraft(NamedTuple):
    """An earning rule to be: points for each so many minor units of what it counts.

    How long they wait and last is the program's where it is None. Those that `await` how far an order comes
    (domain.milestones) wait `pending_days` at the latest.
    """

    name: str
    rate_points: int
    rate_minor: int
    category: str = ""
    multipliers: Mapping[str, tuple[int, int]] = {}
    rounding: accrual.Rounding = accrual.Rounding.DOWN
    active_from: datetime | None = None
    active_to: datetime | None = None
    pending_days: int | None = None
    expiry: accrual.Expiry | None = None
    expiry_count: int = 0
    awaits: str = ""

    @property
    def own_terms(self) -> accrual.OwnTerms:
        """What it says of its points otherwise than the program."""
        return accrual.OwnTerms(self.pending_days, self.expiry, self.expiry_count, self.awaits)


class TermsDraft(NamedTuple):
    """How long points wait and last; none open before the day `opens_on`.

    What keeps those that lapse by inactivity are `activities`: kinds of domain.idling.Activity. One purchase
    earns `most_per_order` points at most, and none lifts a member above `most_held` (None: any number).
    """

    pending_days: int = 0
    expiry: accrual.Expiry = accrual.Expiry.NEVER
    expiry_count: int = 0
    activities: tuple[str, ...] = ()
    opens_on: date | None = None
    most_per_order: int | None = None
    most_held: int | None = None


class LevelDraft(NamedTuple):
    """A tier: a key for rules and files, a name for people, and what has to be reached.

    What is bought in it earns points that last `extra_months` longer. `also_threshold` is what it asks of
    the second thing that counts, if one does; `gate` is the segment that it is for (empty: everybody).
    """

    key: str
    name: str
    threshold: int
    extra_months: int = 0
    also_threshold: int = 0
    gate: str = ""


class TiersDraft(NamedTuple):
    """The tiers of a program, the lowest (threshold 0) first.

    A second thing counts where `also` names it: `join` says whether a level asks both, or either is enough.
    """

    levels: Sequence[LevelDraft]
    measure: tiers.Measure = tiers.Measure.SPEND
    window: tiers.Window = tiers.Window.ROLLING
    window_size: int = 365
    grace_days: int = 0
    downgrade: tiers.Downgrade = tiers.Downgrade.QUALIFIED
    also: tiers.Measure | None = None
    join: tiers.Join = tiers.Join.ALL


class Problem(NamedTuple):
    """What makes no sense: in which field, and what about it."""

    field: str
    problem: str


def rule_problems(rule: RuleDraft, tier_keys: Sequence[str]) -> Iterator[Problem]:
    """Yield what makes no sense in a rule: it pays nothing, takes points, or names a tier there is not."""
    if rule.rate_points <= 0 or rule.rate_minor <= 0:
        yield Problem("rate", "not_positive")
    if any(num <= 0 or den <= 0 for num, den in rule.multipliers.values()):
        yield Problem("multipliers", "not_positive")
    if not set(rule.multipliers) <= set(tier_keys):
        yield Problem("multipliers", "unknown_tier")
    if rule.active_from and rule.active_to and rule.active_to <= rule.active_from:
        yield Problem("active_to", "before_start")
    if rule.awaits and rule.awaits not in frozenset(Milestone):
        yield Problem("awaits", "unknown")
    elif rule.awaits and not rule.pending_days:  # nothing waits for ever
        yield Problem("pending_days", "needed_for_awaits")
    expiry = rule.expiry or accrual.Expiry.NEVER
    if expiry is accrual.Expiry.INACTIVITY:  # what keeps points is said once, for all of them
        yield Problem("expiry", "only_for_all")
        return
    yield from terms_problems(TermsDraft(rule.pending_days or 0, expiry, rule.expiry_count))


def _limit_problems(terms: TermsDraft) -> Iterator[Problem]:
    for field in LIMITS:
        most: int | None = getattr(terms, field)
        if most is not None and not 0 < most <= MOST_EARNED:
            yield Problem(field, "not_positive" if most <= 0 else "too_large")


def terms_problems(terms: TermsDraft) -> Iterator[Problem]:
    """Yield what makes no sense in terms: a negative wait, a validity without length, a limit of nothing."""
    if terms.pending_days < 0:
        yield Problem("pending_days", "negative")
    elif terms.pending_days > MOST_DAYS:
        yield Problem("pending_days", "too_large")
    if terms.opens_on and not EARLIEST.date() <= terms.opens_on <= LATEST.date():
        yield Problem("opens_on", "not_a_day")
    yield from _limit_problems(terms)
    by_inactivity = terms.expiry is accrual.Expiry.INACTIVITY
    if by_inactivity and not terms.activities:
        yield Problem("activities", "needed")
    if not set(terms.activities) <= set(Activity):
        yield Problem("activities", "unknown")
    if by_inactivity and terms.expiry_count > MOST_MONTHS:
        yield Problem("expiry_count", "too_large")
    needs_count = {
        accrual.Expiry.ROLLING_DAYS, accrual.Expiry.ROLLING_MONTHS, accrual.Expiry.INACTIVITY,
    }  # fmt: skip
    if terms.expiry_count < (1 if terms.expiry in needs_count else 0):
        yield Problem("expiry_count", "too_small")
    elif terms.expiry_count > MOST_DAYS:
        yield Problem("expiry_count", "too_large")


def tiers_problems(draft: TiersDraft) -> Iterator[Problem]:
    """Yield what makes no sense in tiers: levels climb from 0, and a window has a length it can have."""
    thresholds = [level.threshold for level in draft.levels]
    if not thresholds or thresholds[0] != 0 or thresholds != sorted(set(thresholds)):
        yield Problem("levels", "must_climb_from_zero")
    yield from _second_problems(draft)
    if draft.levels and draft.levels[0].gate:
        yield Problem(f"levels.{draft.levels[0].key}.gate", "lowest_is_for_all")
    if len({level.key for level in draft.levels}) != len(draft.levels):
        yield Problem("levels", "same_key_twice")
    if draft.window is tiers.Window.ROLLING and draft.window_size < 1:
        yield Problem("window_size", "too_small")
    has_periods = draft.window in (tiers.Window.CALENDAR, tiers.Window.JOINING)
    if has_periods and draft.window_size not in {1, 3, 6, 12}:
        yield Problem("window_size", "not_a_calendar_period")
    if draft.grace_days < 0:
        yield Problem("grace_days", "negative")
    for level in draft.levels:
        if not 0 <= level.extra_months <= MOST_MONTHS:
            problem = "negative" if level.extra_months < 0 else "too_large"
            yield Problem(f"levels.{level.key}.extra_months", problem)


def _second_problems(draft: TiersDraft) -> Iterator[Problem]:
    """Yield what makes no sense in what the tiers ask of a second thing.

    Where either is enough, each tier asks more of it than the one below. Where both are needed, a tier may
    ask as much as the one below, or nothing.
    """
    asked = [level.also_threshold for level in draft.levels]
    if draft.also is None:
        if any(asked):
            yield Problem("also", "needed_for_thresholds")
        return
    if draft.also is draft.measure:
        yield Problem("also", "same_as_first")
    climbs = sorted(set(asked) if draft.join is tiers.Join.ANY else asked)
    if asked and (asked[0] != 0 or asked != climbs):
        yield Problem("also_levels", "must_climb_from_zero")
    elif not any(asked):
        yield Problem("also_levels", "asks_nothing")


def check_rule(rule: RuleDraft, tier_keys: Sequence[str]) -> None:
    """Raise InvalidRule for the first problem of a rule."""
    _refuse_first(rule_problems(rule, tier_keys))


def check_terms(terms: TermsDraft) -> None:
    """Raise InvalidRule for the first problem of terms."""
    _refuse_first(terms_problems(terms))


def check_tiers(draft: TiersDraft) -> None:
    """Raise InvalidRule for the first problem of tiers."""
    _refuse_first(tiers_problems(draft))


def _refuse_first(problems: Iterator[Problem]) -> None:
    for field, problem in problems:
        raise InvalidRule(field=field, problem=problem)
