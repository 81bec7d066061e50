"""Referrals: when a friend has earned what was promised, who may be one, and how much may be given.

Where a referral stands is worked out each time anew from what is so: the friend's orders as they are now, the
clock, what a person has said. So late orders, returns and things told twice all come to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import day_of, start_of_day

MOST_NTH, MOST_DAYS = 100, 3_650
# From these scores on a referral is looked at by a person, and is none at all.
LOOKED_AT, REFUSED_AT = 50, 100
# More friends than these of one referrer are unusual: within a day, and within seven.
USUAL_A_DAY, USUAL_A_WEEK = 5, 15
# Others of the same referrer who came from one network address; shops and homes have one for many.
USUAL_FROM_ADDRESS = 2


class EarnedBy(StrEnum):
    """What a friend has to do: join, or pay for so many orders."""

    JOINING = "joining"
    ORDER = "order"


class PromiseKind(StrEnum):
    """What somebody gets."""

    NONE = "none"
    POINTS = "points"
    COUPON = "coupon"
    STAMPS = "stamps"


class Side(StrEnum):
    """Who gets something."""

    REFERRER = "referrer"
    FRIEND = "friend"


class WhenReturned(StrEnum):
    """What becomes of what was given, when the order that earned it comes back or never counted."""

    TAKE_BACK = "take_back"
    KEEP = "keep"


class Stage(StrEnum):
    """Where a referral stands. `review`: a person has to look; `earned`: it waits to be due."""

    REVIEW = "review"
    WAITING = "waiting"
    EARNED = "earned"
    GIVEN = "given"
    LAPSED = "lapsed"
    REFUSED = "refused"
    VOID = "void"


class Verdict(StrEnum):
    """What was said of a suspicion: there was none, nothing yet, or what a person has decided."""

    CLEAR = "clear"
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"


class Why(StrEnum):
    """Why a referral is void."""

    SAME_PERSON = "same_person"
    NOT_NEW = "not_new"
    SECOND = "second"
    ERASED = "erased"
    LEFT = "left"


# Nothing was wrong with these: what was given before stays, as long as what earned it stands.
_NO_FAULT = frozenset({Why.ERASED, Why.LEFT})


class Terms(NamedTuple):
    """What a referral goes by: those of the program's revision it was told under.

    The friend has `within_days` days after the day of joining, that last one included; what is earned is
    given after `wait_days` whole days (0: at once). Of orders the `nth` of `least_minor` or more earns it.
    """

    earned_by: EarnedBy
    nth: int
    least_minor: int
    within_days: int
    wait_days: int
    on_return: WhenReturned
    only_new: bool
    zone: ZoneInfo


class Purchase(NamedTuple):
    """A friend's order as it is now: what is paid for and has not come back."""

    id: bytes
    placed_at: datetime
    net_minor: int


class Progress(NamedTuple):
    """How far a friend has come: orders that count, and when and by which order it was earned."""

    orders: int
    deadline: datetime
    earned_at: datetime | None = None
    due_at: datetime | None = None
    order_id: bytes | None = None


def first_instant(terms: Terms, joined_at: datetime) -> datetime:
    """Return from when on orders count: the midnight before joining. What came earlier makes nobody new."""
    return start_of_day(day_of(joined_at, terms.zone), terms.zone)


def progress_of(
    terms: Terms, *, joined_at: datetime, told_at: datetime, purchases: Iterable[Purchase]
) -> Progress:
    """Return how far a friend has come, whatever order their purchases are given in."""
    last = day_of(joined_at, terms.zone) + timedelta(days=terms.within_days + 1)
    deadline = start_of_day(last, terms.zone)
    if terms.earned_by is EarnedBy.JOINING:
        return Progress(0, deadline, told_at, _due(terms, told_at))
    first, least = first_instant(terms, joined_at), max(terms.least_minor, 1)
    counted = sorted(
        (one.placed_at, one.id)
        for one in purchases
        if first <= one.placed_at < deadline and one.net_minor >= least
    )
    if len(counted) < terms.nth:
        return Progress(len(counted), deadline)
    earned_at, order_id = counted[terms.nth - 1]
    return Progress(len(counted), deadline, earned_at, _due(terms, earned_at), order_id)


def _due(terms: Terms, earned_at: datetime) -> datetime:
    if not terms.wait_days:
        return earned_at
    return start_of_day(day_of(earned_at, terms.zone) + timedelta(days=terms.wait_days + 1), terms.zone)


def state_of(
    terms: Terms, progress: Progress, *, verdict: Verdict, why: Why | None, was_given: bool, at: datetime
) -> Stage:
    """Return where a referral stands at an instant; `why` it would be void, `was_given` whether it gave."""
    stands = why in _NO_FAULT and progress.due_at is not None
    keeps = was_given and (terms.on_return is WhenReturned.KEEP or stands)
    if verdict is Verdict.REFUSED:
        return Stage.REFUSED
    if keeps:
        return Stage.GIVEN
    if why is not None:
        return Stage.VOID
    if verdict is Verdict.OPEN:
        return Stage.REVIEW
    if progress.due_at is not None:
        return Stage.GIVEN if was_given or progress.due_at <= at else Stage.EARNED
    return Stage.LAPSED if progress.deadline <= at else Stage.WAITING


def sides_due(state: Stage, *, is_early: bool) -> frozenset[Side]:
    """Return who should have got something by now; `is_early`: the friend gets theirs at joining."""
    if state is Stage.GIVEN:
        return frozenset(Side)
    if is_early and state in (Stage.WAITING, Stage.EARNED, Stage.LAPSED):
        return frozenset({Side.FRIEND})
    return frozenset()


def sides_kept(terms: Terms, *, why: Why | None, is_early: bool) -> frozenset[Side]:
    """Return who keeps what they got though it is due no more.

    Whoever has only gone keeps what came with joining (`is_early`): no order had to earn it.
    """
    if terms.on_return is WhenReturned.KEEP:
        return frozenset(Side)
    return frozenset({Side.FRIEND}) if is_early and why in _NO_FAULT else frozenset()


class Caps(NamedTuple):
    """How often a referrer may get something, in a calendar month, a year and for good; None: no limit."""

    month: int | None = None
    year: int | None = None
    ever: int | None = None


def cap_reached(caps: Caps, earned_on: date, counted: Sequence[date]) -> str:
    """Return which cap stands in the way of one more, or nothing; `counted` are the days of those given.

    A referral belongs to the month and the year it was earned in, however late it is given. Months lie within
    years and years within all time, so as many are given in any order.

    >>> cap_reached(Caps(month=2), date(2026, 3, 9), [date(2026, 3, 1), date(2026, 2, 1)])
    ''
    >>> cap_reached(Caps(month=2), date(2026, 3, 9), [date(2026, 3, 1), date(2026, 3, 2)])
    'month'
    """
    return next((name for name, left in caps_left(caps, earned_on, counted).items() if left <= 0), "")


def caps_left(caps: Caps, earned_on: date, counted: Sequence[date]) -> dict[str, int]:
    """Return how many more may be given of what is earned on a day, by each cap there is."""
    in_year = [one for one in counted if one.year == earned_on.year]
    in_month = [one for one in in_year if one.month == earned_on.month]
    used = {"month": in_month, "year": in_year, "ever": counted}
    return {name: cap - len(used[name]) for name, cap in caps._asdict().items() if cap is not None}


def canonical_email(address: str) -> str:
    """Return what all spellings of one mailbox share: no +tag, and no dots where Gmail ignores them.

    It is compared only, never written to.

    >>> canonical_email("Min.Ji+shop@googlemail.com")
    'minji@gmail.com'
    """
    local, _, domain = address.casefold().rpartition("@")
    local = local.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of two who say they are two: `shared_…` by them both, `seen_…` with others."""

    shared_email: bool = False
    shared_device: bool = False
    shared_name: bool = False
    shared_birthday: bool = False
    shared_address: bool = False
    once_one: bool = False
    seen_email: bool = False
    seen_device: bool = False
    from_address: int = 0
    friends_today: int = 0
    friends_this_week: int = 0


# What each sign weighs. A mailbox or a device of the referrer's own is proof; each of the others alone is
# at most a reason to look. A name alone is shared by many Koreans, and an address by a whole café.
WEIGHTS: Mapping[str, int] = {
    "shared_email": 100,
    "shared_device": 100,
    "once_one": 60,
    "same_name_and_birthday": 60,
    "seen_email": 60,
    "seen_device": 60,
    "many_today": 50,
    "many_this_week": 50,
    "many_from_address": 30,
    "same_name": 20,
    "shared_address": 20,
}


class Suspicion(NamedTuple):
    """How suspicious a referral is, and by which signs, the heaviest first."""

    score: int
    reasons: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        """Whether it is no referral at all."""
        return self.score >= REFUSED_AT and any(WEIGHTS[one] >= REFUSED_AT for one in self.reasons)

    @property
    def is_looked_at(self) -> bool:
        """Whether a person has to look at it first."""
        return self.score >= LOOKED_AT


def suspicion_of(signs: Signs) -> Suspicion:
    """Weigh what is known. Only a proof refuses by itself; sums of hints are for a person to judge.

    >>> suspicion_of(Signs(shared_address=True, from_address=4)).is_looked_at
    True
    """
    same_both = signs.shared_name and signs.shared_birthday
    found = {
        "shared_email": signs.shared_email,
        "shared_device": signs.shared_device,
        "once_one": signs.once_one,
        "same_name_and_birthday": same_both,
        "seen_email": signs.seen_email,
        "seen_device": signs.seen_device,
        "many_today": signs.friends_today >= USUAL_A_DAY,
        "many_this_week": signs.friends_this_week >= USUAL_A_WEEK,
        "many_from_address": signs.from_address > USUAL_FROM_ADDRESS,
        "same_name": signs.shared_name and not same_both,
        "shared_address": signs.shared_address,
    }
    reasons = tuple(name for name in WEIGHTS if found[name])
    return Suspicion(sum(WEIGHTS[name] for name in reasons), reasons)
