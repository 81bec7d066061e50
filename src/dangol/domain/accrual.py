"""Earning: which rules apply to a purchase, and the arithmetic they do.

A rule pays `rate_points` for each `rate_minor` minor units of the amount it counts, times the tier's
multiplier, rounded once for the purchase:

    points = round(base_minor x rate_points x multiplier / rate_minor)

Whole numbers go in and come out; the fraction is never a float. All that went into it is kept as a
`Part`, so that any points line can be computed again years later.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import add_months, day_of, end_of_month, next_day, start_of_day
from dangol.domain.idling import Idle
from dangol.domain.points import NEVER
from dangol.domain.splitting import Share, split

SEPARATOR = " > "


class Rounding(StrEnum):
    """What becomes of a fraction of a point."""

    DOWN = "down"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"


class Expiry(StrEnum):
    """When points lapse, counted from the day they are earned on. The last day counts in full."""

    NEVER = "never"
    ROLLING_DAYS = "rolling_days"
    ROLLING_MONTHS = "rolling_months"
    END_OF_MONTH = "end_of_month"
    END_OF_YEAR = "end_of_year"
    INACTIVITY = "inactivity"


class Terms(NamedTuple):
    """How long points wait and how long they last. `expiry_count` is in the unit of `expiry`.

    They do not open before the day `opens_on`. Points that `await` how far their order comes
    (domain.milestones) open with it, and after `pending_days` at the latest. By inactivity they lapse so many
    months after the last of these `activities`. `extra_months`, a tier's own, are added to the last day,
    whatever it is counted by. One purchase earns `most_per_order` points at most, and none lifts a member
    above `most_held` (None: any number).
    """

    zone: ZoneInfo
    pending_days: int = 0
    expiry: Expiry = Expiry.NEVER
    expiry_count: int = 0
    extra_months: int = 0
    activities: tuple[str, ...] = ()
    opens_on: date | None = None
    awaits: str = ""
    most_per_order: int | None = None
    most_held: int | None = None

    @property
    def idle(self) -> Idle | None:
        """By what points lapse without an activity; None where they lapse on a day of their own."""
        if self.expiry is not Expiry.INACTIVITY:
            return None
        return Idle(self.expiry_count + self.extra_months, self.activities, self.zone)


class OwnTerms(NamedTuple):
    """What a rule says of its own points otherwise than the program; None: as the program's terms have it.

    What they await is said together with how long they wait at the latest.
    """

    pending_days: int | None = None
    expiry: Expiry | None = None
    expiry_count: int = 0
    awaits: str = ""

    def __bool__(self) -> bool:
        return self.pending_days is not None or self.expiry is not None

    def over(self, terms: Terms) -> Terms:
        """Return the program's terms with what the rule says in their place."""
        if self.pending_days is not None:
            terms = terms._replace(pending_days=self.pending_days, awaits=self.awaits)
        if self.expiry is not None:
            terms = terms._replace(expiry=self.expiry, expiry_count=self.expiry_count)
        return terms


AS_THE_PROGRAM = OwnTerms()


class EarningRule(NamedTuple):
    """How points are earned. A rule is never edited: a change is a new version that supersedes it."""

    id: bytes
    version: int
    rate_points: int
    rate_minor: int
    category: str = ""
    multipliers: Mapping[str, tuple[int, int]] = {}
    rounding: Rounding = Rounding.DOWN
    active_from: datetime | None = None
    active_to: datetime | None = None
    own_terms: OwnTerms = AS_THE_PROGRAM

    def counts(self, category: str) -> bool:
        """Say whether a line of this category counts: the rule's own path and all below it."""
        return (
            not self.category or category == self.category or category.startswith(self.category + SEPARATOR)
        )

    def is_active(self, at: datetime) -> bool:
        """Say whether the rule pays for a purchase at this instant; its end is exclusive."""
        return (self.active_from is None or self.active_from <= at) and (
            self.active_to is None or at < self.active_to
        )


class Part(NamedTuple):
    """What one rule paid, and why: everything needed to compute `points` again.

    Where its purchase would have earned more than one may, `whole_points` is what the rule would have paid
    for the whole of it, and `share_points` what it paid; None: nothing was cut.
    """

    rule_id: bytes
    rule_version: int
    base_minor: int
    rate_points: int
    rate_minor: int
    multiplier_num: int
    multiplier_den: int
    rounding: str
    points: int
    whole_points: int | None = None
    share_points: int | None = None

    @property
    def uncut_points(self) -> int:
        """What the rule pays on its base where nothing is cut."""
        return divide(
            max(self.base_minor, 0) * self.rate_points * self.multiplier_num,
            self.rate_minor * self.multiplier_den,
            self.rounding,
        )


class Cut(NamedTuple):
    """What a purchase would have earned, and the most that one earns: what it did earn."""

    would_be: int
    most: int


def divide(numerator: int, denominator: int, rounding: str) -> int:
    """Return numerator / denominator as a whole number; both are non-negative, the second positive."""
    whole, rest = divmod(numerator, denominator)
    if not rest or rounding == Rounding.DOWN:
        return whole
    if rounding == Rounding.UP:
        return whole + 1
    doubled = 2 * rest
    if doubled == denominator:
        return whole + (1 if rounding == Rounding.HALF_UP else whole % 2)
    return whole + (doubled > denominator)


def compute_points(part: Part) -> int:
    """Return the points a part's own figures give: what it says must equal `part.points`.

    Of a purchase that was cut, what is left of a base keeps its part of the rule's share, rounded as the rule
    says: of all of it the share, of none of it nothing.
    """
    points = part.uncut_points
    if part.whole_points:
        return divide(points * (part.share_points or 0), part.whole_points, part.rounding)
    return points


def accrue(rules: Sequence[EarningRule], bases: Sequence[int], *, tier: str, at: datetime) -> list[Part]:
    """Return what each active rule pays on its base (minor units, in the order of `rules`).

    A rule with nothing to count gives no part; one whose points round to nothing gives a part of zero,
    which is its why.
    """
    return [
        _pay(rule, base_minor, tier)
        for rule, base_minor in zip(rules, bases, strict=True)
        if base_minor > 0 and rule.is_active(at)
    ]


def limit(parts: Sequence[Part], most: int | None) -> list[Part]:
    """Return the parts of one purchase cut so that they come to `most` points (None: never cut).

    What is to be had is split over them in proportion to what each would have paid, by largest remainder;
    equal remainders go by rule, so that the order of rules and lines makes no difference.
    """
    if most is None or sum([part.points for part in parts]) <= most:
        return list(parts)
    cut = split(most, [_share_of(part, part.points) for part in parts])
    return [
        part._replace(points=share, whole_points=part.points, share_points=share) if part.points else part
        for part, share in zip(parts, cut, strict=True)
    ]


def _share_of(part: Part, whole_points: int) -> Share:
    return Share((part.rule_id.hex(), part.rule_version), whole_points, whole_points)


def cut_of(parts: Sequence[Part]) -> Cut | None:
    """Return to how much the purchase of these parts was cut, also once some of it has come back; or None."""
    would_be = sum([part.whole_points or 0 for part in parts])
    return Cut(would_be, sum([part.share_points or 0 for part in parts])) if would_be else None


def is_cut_fairly(parts: Sequence[Part]) -> bool:
    """Say whether the parts of one purchase have the shares that `limit` gives them, or none was cut."""
    found = cut_of(parts)
    if found is None:
        return True
    shares = split(found.most, [_share_of(part, part.whole_points or 0) for part in parts])
    return shares == [part.share_points or 0 for part in parts]


def _pay(rule: EarningRule, base_minor: int, tier: str) -> Part:
    num, den = rule.multipliers.get(tier, (1, 1))
    rounding = rule.rounding.value
    points = divide(base_minor * rule.rate_points * num, rule.rate_minor * den, rounding)
    return Part(
        rule.id, rule.version, base_minor, rule.rate_points, rule.rate_minor, num, den, rounding, points
    )


def spread_discount(amounts: Mapping[str, int], *, reduction: int) -> dict[str, int]:
    """Return what is left of each amount once a reduction of their sum is spread over them in proportion.

    The parts taken are whole minor units and sum up to the reduction exactly: each is rounded down, and
    what is then missing is taken one by one where most was cut off (largest remainder; ties by key, so
    that the order of lines makes no difference). A reduction of all there is, or more, leaves nothing.
    """
    shares = [Share((key, 0), amount, amount) for key, amount in amounts.items()]
    parts = split(reduction, shares)
    return {key: amount - part for (key, amount), part in zip(amounts.items(), parts, strict=True)}


def take_back(parts: Sequence[Part], returned: Sequence[int]) -> list[Part]:
    """Return the parts as they stand once `returned` minor units of each base have come back.

    What is left is computed anew from the same figures, so that bringing everything back, at once or
    piece by piece, takes back exactly what was earned.
    """
    left = []
    for part, minor in zip(parts, returned, strict=True):
        rest = part._replace(base_minor=max(part.base_minor - minor, 0))
        left.append(rest._replace(points=compute_points(rest)))
    return left


@lru_cache(maxsize=8_192)
def _dates(terms: Terms, day: date) -> tuple[datetime | None, datetime]:
    """Return when points earned on `day` open (None: at once) and, exclusive, lapse."""
    release_at, opens_on = None, date.fromordinal(day.toordinal() + terms.pending_days)
    if terms.opens_on and terms.opens_on > opens_on:
        opens_on = terms.opens_on
    if opens_on > day:
        release_at = start_of_day(opens_on, terms.zone)
    match terms.expiry:
        case Expiry.NEVER:
            return release_at, NEVER
        case Expiry.ROLLING_DAYS:
            last = date.fromordinal(day.toordinal() + terms.expiry_count)
        case Expiry.ROLLING_MONTHS:
            last = add_months(day, terms.expiry_count)
        case Expiry.INACTIVITY:
            return release_at, Idle(terms.expiry_count + terms.extra_months, (), terms.zone).lapses_at(
                start_of_day(day, terms.zone)
            )
        case Expiry.END_OF_MONTH:
            last = end_of_month(add_months(day, terms.expiry_count + terms.extra_months))
            return release_at, start_of_day(next_day(last), terms.zone)
        case Expiry.END_OF_YEAR:
            last = date(day.year + terms.expiry_count, 12, 31)
    last = add_months(last, terms.extra_months)
    return release_at, start_of_day(next_day(last), terms.zone)


def dates_of(terms: Terms, at: datetime) -> tuple[datetime, datetime]:
    """Return when points earned at an instant open and, exclusive, lapse.

    Pending points open at the start of the shop's day, `pending_days` after the day they were earned
    on, or on `opens_on` if that is later. They never lapse before they open: the wait is then the longer of
    the two, and one day more.
    """
    release_at, expires_at = _dates(terms, day_of(at, terms.zone))
    opens_at = release_at or at
    if expires_at <= opens_at:
        expires_at = start_of_day(next_day(day_of(opens_at, terms.zone)), terms.zone)
    return opens_at, expires_at
