"""Reading the access log month by month: what happened, what is unusual in it, and who has signed for it.

The standard (개인정보의 안전성 확보조치 기준 §8②) leaves the cycle and the checks to the shop's own plan.
Ours is the calendar month in the shop's zone; the limits of what is shown as unusual stand below.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, TruncDate

from dangol.core.access.chain import chain_entries, read_head
from dangol.core.access.models import AccessEntry, SignIn
from dangol.core.access.sessions import Outcome
from dangol.core.duties.errors import AlreadyReviewed, MonthOpen, MonthUnknown
from dangol.core.duties.models import LogReview
from dangol.core.people.actors import Actor, ActorKind, columns_of, require_reason
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import add_months, day_of, start_of_day
from dangol.domain.duties import past_months, sign_by

# People looked at by one person on one day; people in one download.
MANY_A_DAY, MANY_AT_ONCE = 30, 100
# Hours of the shop's clock in which few have business with somebody's data.
NIGHT_FROM, NIGHT_TO = 22, 6
FAILURES = 10
# Of each kind so many lines are shown; the log itself has the rest.
MOST_LINES = 20


class ActCount(NamedTuple):
    """How often something was done in a month, and how many people it was about in all."""

    action: str
    entries: int
    people: int


class Unusual(NamedTuple):
    """Something to look at: `kind` is `many`, `large`, `night` or `failures`; `who` as the log names them.

    `on` is the day where it is about one; an empty `who` among failures is names nobody has.
    """

    kind: str
    who: str
    name: str
    times: int
    on: date | None = None


class MonthView(NamedTuple):
    """What a month holds. `number` counts the entries."""

    month: date
    since: datetime
    until: datetime
    number: int
    acts: list[ActCount]
    unusual: list[Unusual]


class ReviewView(NamedTuple):
    """Who signed for a month, when, with which note, and how much was unusual in it then."""

    month: date
    at: datetime
    actor: str
    actor_name: str
    note: str
    found: "Found"


class Found(msgspec.Struct, frozen=True):
    """What a signature is kept with: what was shown."""

    number: int
    acts: list[ActCount]
    unusual: list[Unusual]


class MonthLine(NamedTuple):
    """A month that is over: until when it is to be signed for, and who has."""

    month: date
    due_at: datetime
    review: ReviewView | None
    is_overdue: bool


def read_month(month: date, zone: ZoneInfo) -> MonthView:
    """Return what the access log and the door hold of a month. A constant number of statements."""
    since, until = start_of_day(month, zone), start_of_day(add_months(month, 1), zone)
    entries = AccessEntry.objects.filter(at__gte=since, at__lt=until)
    counted = entries.values("action").annotate(entries=Count("id"), of=Sum("people")).order_by("action")
    acts = [ActCount(row["action"], row["entries"], row["of"]) for row in counted]
    unusual = [
        *_many(entries, zone), *_large(entries, zone), *_by_night(entries, zone), *_failures(since, until)
    ]  # fmt: skip
    return MonthView(month, since, until, sum(one.entries for one in acts), acts, unusual)


def _many(entries: QuerySet[AccessEntry], zone: ZoneInfo) -> list[Unusual]:
    rows = (
        entries.exclude(subject_id=None)
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values("actor", "actor_name", "day")
        .annotate(of=Count("subject_id", distinct=True))
        .filter(of__gt=MANY_A_DAY)
        .order_by("-of", "day", "actor")[:MOST_LINES]
    )
    return [Unusual("many", row["actor"], row["actor_name"], row["of"], row["day"]) for row in rows]


def _large(entries: QuerySet[AccessEntry], zone: ZoneInfo) -> list[Unusual]:
    rows = entries.filter(people__gt=MANY_AT_ONCE).order_by("-people", "id")[:MOST_LINES]
    return [Unusual("large", one.actor, one.actor_name, one.people, day_of(one.at, zone)) for one in rows]


def _by_night(entries: QuerySet[AccessEntry], zone: ZoneInfo) -> list[Unusual]:
    is_night = Q(hour__gte=NIGHT_FROM) | Q(hour__lt=NIGHT_TO)
    rows = (
        entries.filter(actor_kind=ActorKind.STAFF)
        .annotate(hour=ExtractHour("at", tzinfo=zone))
        .filter(is_night)
        .values("actor", "actor_name")
        .annotate(of=Count("id"))
        .order_by("-of", "actor")[:MOST_LINES]
    )
    return [Unusual("night", row["actor"], row["actor_name"], row["of"]) for row in rows]


def _failures(since: datetime, until: datetime) -> list[Unusual]:
    rows = (
        SignIn.objects.filter(at__gte=since, at__lt=until, outcome=Outcome.FAILED)
        .values(who=F("staff__username"), called=F("staff__first_name"))
        .annotate(of=Count("id"))
        .filter(of__gte=FAILURES)
        .order_by("-of", "who")[:MOST_LINES]
    )
    return [Unusual("failures", row["who"] or "", row["called"] or "", row["of"]) for row in rows]


def list_months(*, as_of: datetime, zone: ZoneInfo) -> list[MonthLine]:
    """Return the months that are over and hold entries or lie between some, the latest first; a year at most.

    Two statements.
    """
    first = AccessEntry.objects.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return []
    months = list(past_months(day_of(first, zone), day_of(as_of, zone)))
    signed = {one.month: one for one in _views(months)}
    return [
        MonthLine(month, due, signed.get(month), month not in signed and due <= as_of)
        for month in months
        for due in (sign_by(month, zone),)
    ]


def _views(months: Sequence[date]) -> list[ReviewView]:
    return [
        ReviewView(
            one.month, one.at, one.actor, one.actor_name, one.note,
            msgspec.json.decode(one.found, type=Found),
        )
        for one in LogReview.objects.filter(month__in=months)
    ]  # fmt: skip


def find_review(month: date) -> ReviewView | None:
    """Return who signed for a month; None while nobody has."""
    return next(iter(_views([month])), None)


def sign_month(month: date, *, note: str, actor: Actor, at: datetime, zone: ZoneInfo) -> None:
    """Sign for having read a month: what it held, the chain's head and the note are kept for good.

    Raises ReasonMissing, MonthOpen, MonthUnknown, or AlreadyReviewed where somebody was first.
    """
    kept, shown = require_reason(note), f"{month:%Y-%m}"
    if at < start_of_day(add_months(month, 1), zone):
        raise MonthOpen(month=shown)
    if month not in {line.month for line in list_months(as_of=at, zone=zone)}:
        raise MonthUnknown(month=shown)
    while chain_entries():
        pass
    with write_transaction():
        view, head = read_month(month, zone), read_head()
        found = msgspec.json.encode(Found(view.number, view.acts, view.unusual)).decode()
        row = {
            "month": month, "at": at, **columns_of(actor), "note": kept, "found": found,
            "head_number": head.number, "head_digest": head.digest,
        }  # fmt: skip
        if not insert_missing(LogReview, tuple(row), [tuple(row.values())]):
            stands = LogReview.objects.get(month=month)
            raise AlreadyReviewed(month=shown, name=stands.actor_name or stands.actor)


def first_day_of(text: str) -> date | None:
    """Return the month that `2026-02` spells; None for anything else."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 and f"{day:%Y-%m}" == text else None
