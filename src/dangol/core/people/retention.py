"""How long each class of records is kept, and the removing of what is over.

Each app tells its classes; they are listed in one place above (project/retention.py), which is the table
a shop shows to whoever asks. What the law has a shop keep is kept at least so long, and not removed here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.functional import Promise

from dangol.core.events.models import Event
from dangol.core.people.actors import HOUSE
from dangol.core.people.erasures import erase_customer, scrub
from dangol.core.people.holds import held_among
from dangol.core.people.models import Customer, Erasure, RetentionRun
from dangol.core.people.selectors import CUSTOMER, MEMBER
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import delete_rows
from dangol.core.storage.transactions import write_transaction

YEAR = timedelta(days=365)
_AT_ONCE = 500
LEFT = "left for as many years as the shop keeps those who left"


class RecordClass(NamedTuple):
    """A class of records: how long it is kept (None: for good), on what ground, and what removes it.

    `remove(before, as_of)` removes what is from before an instant, some at a time, and returns how many; it
    is called until it returns 0. Without it nothing is removed, or another task does it.
    """

    name: str
    label: Promise
    kept: timedelta | None
    ground: Promise
    remove: Callable[[datetime, datetime], int] | None = None


class Removed(NamedTuple):
    """How many records of a class were removed, and from before when."""

    name: str
    before: datetime
    records: int


@lru_cache(maxsize=1)
def record_classes() -> tuple[RecordClass, ...]:
    """Return the retention table."""
    return tuple(import_module(settings.RETENTION).RECORD_CLASSES)


def retain(*, as_of: datetime, report: Callable[[int], None] = lambda done: None) -> list[Removed]:
    """Remove what is over by the table, and write down how much of each class; returns the same.

    It may be stopped anywhere and run again. Whoever is under a legal hold keeps all of theirs.
    """
    done: list[Removed] = []
    for one in record_classes():
        if one.remove is None or one.kept is None:
            continue
        before = as_of - one.kept
        count = 0
        while removed := one.remove(before, as_of):
            count += removed
            report(sum(earlier.records for earlier in done) + count)
        done.append(Removed(one.name, before, count))
    with write_transaction():
        for one_done in done:
            RetentionRun.objects.update_or_create(
                at=as_of,
                record_class=one_done.name,
                defaults={"before": one_done.before, "removed": one_done.records},
            )
    return done


def last_runs(limit: int = 100) -> list[tuple[datetime, Removed]]:
    """Return what the last runs have removed, latest first."""
    rows = RetentionRun.objects.order_by("-at", "record_class")
    return [
        (at, Removed(name, before, count))
        for at, name, before, count in rows.values_list("at", "record_class", "before", "removed")[:limit]
    ]


def kept_years() -> timedelta | None:
    """Return how long those who left are kept (`DANGOL_FORGET_AFTER_YEARS`); None where it is for good."""
    years: int = settings.FORGET_AFTER_YEARS
    return years * YEAR if years else None


def find_left(
    *,
    before: datetime,
    as_of: datetime,
    limit: int = _AT_ONCE,
    after: Id | None = None,
    but_for: Callable[[Sequence[Id]], set[Id]] = lambda ids: set(),
) -> list[Id]:
    """Return customers to whom nothing has happened since that instant, and whom no hold protects.

    By id, behind `after`; `but_for` names those of a page who are left out.
    """
    since = Event.objects.filter(customer_id=OuterRef("customer_id"), occurred_at__gte=before)
    silent = Customer.objects.filter(~Exists(since), kind__in=(CUSTOMER, MEMBER), created_at__lt=before)
    found: list[Id] = []
    last = after
    while len(found) < limit:
        page = silent.filter(customer_id__gt=last) if last else silent
        ids = list(page.order_by("customer_id").values_list("customer_id", flat=True)[:limit])
        if not ids:
            break
        held = held_among(ids, at=as_of) | but_for(ids)
        found += [one for one in ids if one not in held]
        last = ids[-1]
    return found[:limit]


def forget_left(
    before: datetime, as_of: datetime, *, but_for: Callable[[Sequence[Id]], set[Id]] = lambda ids: set()
) -> int:
    """Erase some of those to whom nothing has happened since that instant; returns how many."""
    left = find_left(before=before, as_of=as_of, but_for=but_for)
    for customer_id in left:
        erase_customer(customer_id, actor=HOUSE, reason=LEFT, at=as_of)
    return len(left)


def scrub_after_erasures(before: datetime, as_of: datetime) -> int:
    """Rewrite the database without what was deleted, where somebody was erased since the last time.

    Returns 0: there is nothing more to do then.
    """
    last = RetentionRun.objects.filter(record_class="deleted_bytes").order_by("-at").first()
    erased = Erasure.objects.filter(finished_at__isnull=False)
    if (erased.filter(finished_at__gt=last.at) if last else erased).exists():
        scrub()
    return 0


def delete_runs(before: datetime, as_of: datetime) -> int:
    """Delete what old runs have written down; returns how many rows."""
    old = RetentionRun.objects.filter(at__lt=before).values_list("at", "record_class")[:_AT_ONCE]
    with write_transaction():
        return delete_rows(RetentionRun, ("at", "record_class"), list(old))
