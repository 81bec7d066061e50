"""Putting customers into the segments they belong in, and out of those they do not.

Whoever is due is looked at once for all segments, at the instant at which they fell due: when something
happened to them, or when time alone may have changed an answer. Reading and deciding take no lock. What came
of it is written under the customer's, in a short transaction, if nothing has happened to them in between;
else they stay due.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import DatabaseError
from django.db.models import Max

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.selectors import find_shop
from dangol.core.segments.events import SegmentEntered, SegmentLeft
from dangol.core.segments.models import Member, Segment, Watch
from dangol.core.segments.running import Running, all_needs, load_running
from dangol.core.segments.subjects import Known, load_subjects
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import delete_rows, insert_rows, select_matching, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.conditions import Subject, foresee

# So few that the lock is short, and that who fell due just now does not wait for many who did before.
PLACED_AT_ONCE = 200
PUT_OFF = timedelta(minutes=10)
logger = logging.getLogger(__name__)
_WATCH = ("customer_id", "due_at", "event_id", "seen_at")


class Due(NamedTuple):
    """A customer who is to be looked at, as things stood at `at`; `event_id` is why, None for time."""

    customer_id: Id
    at: datetime
    event_id: Id | None
    # The last look before: should another worker have looked since, this one is of the past.
    seen_at: datetime | None = None


class Placing(NamedTuple):
    """What became of a customer: the segments they are in, and until when that holds by itself."""

    due: Due
    inside: frozenset[Id]
    slugs: frozenset[str]
    changes_at: datetime | None


class Looked(NamedTuple):
    """What came of a look at some customers: placings, who is nobody any more, and how all stood."""

    placings: Sequence[Placing]
    gone: Sequence[Id]
    known: Known


class Move(NamedTuple):
    """A customer enters a segment, or leaves it."""

    due: Due
    segment_id: Id
    enters: bool


def place_due(as_of: datetime, *, limit: int = PLACED_AT_ONCE) -> int:
    """Look at up to `limit` customers who are due; returns how many were placed.

    Where more are, half of them are the latest due and half those who have waited longest.

    Records `segment.entered` and `segment.left`, dated at the instant at which it became so.
    """
    due = _read_due(as_of, limit)
    return _place_all(due, load_running(), as_of) if due else 0


def _place_all(due: Sequence[Due], running: Sequence[Running], as_of: datetime) -> int:
    """Place customers; one who cannot be is put off, and holds up nobody else."""
    try:
        looked = _look(due, running, as_of)
    except DatabaseError:
        raise
    except Exception:
        if len(due) == 1:
            return _put_off(due[0], as_of)
        half = len(due) // 2
        return _place_all(due[:half], running, as_of) + _place_all(due[half:], running, as_of)
    return _write(looked, running, as_of)


def _look(due: Sequence[Due], running: Sequence[Running], as_of: datetime) -> Looked:
    """Decide all segments for some customers."""
    zone = _zone()
    known = load_subjects(
        [one.customer_id for one in due],
        all_needs(one.condition for one in running),
        as_of=as_of,
        zone=zone,
        first=min(one.at for one in due),
    )
    there = [one for one in due if one.customer_id in known.subjects]
    placings = [place(one, known.subjects[one.customer_id], running, zone) for one in there]
    gone = [one.customer_id for one in due if one.customer_id not in known.subjects]
    return Looked(placings, gone, known)


def _put_off(due: Due, as_of: datetime) -> int:
    """Let a customer wait whom no condition can be asked about, and say so."""
    logger.exception("customer %s cannot be placed in segments", show_id(due.customer_id))
    with write_transaction():
        Watch.objects.filter(customer_id=due.customer_id).update(due_at=as_of + PUT_OFF)
    return 1


def _zone() -> ZoneInfo:
    shop = find_shop()
    return shop.tz if shop else ZoneInfo("UTC")


def _read_due(as_of: datetime, limit: int) -> list[Due]:
    waiting = Watch.objects.filter(due_at__lte=as_of).values_list(*_WATCH)
    rows = list(waiting.order_by("-due_at", "customer_id")[:limit])
    if len(rows) == limit:
        # The latest alone would keep the others waiting for as long as new ones come.
        longest = waiting.order_by("due_at", "customer_id")[: limit // 2]
        rows = list(dict.fromkeys([*longest, *rows]))[:limit]
    # Nobody goes back before they were last looked at, or before the conditions there are were written.
    written = Segment.objects.aggregate(at=Max("changed_at"))["at"] if rows else None
    return [
        Due(customer_id, max(at for at in (due_at, seen_at, written) if at), event_id, seen_at)
        for customer_id, due_at, event_id, seen_at in rows
    ]


def place(due: Due, subject: Subject, running: Sequence[Running], zone: ZoneInfo) -> Placing:
    """Decide all segments for one customer."""
    inside: dict[str, Id] = {}
    changes = []
    for one in running:
        holds, changes_at = foresee(one.condition, subject, as_of=due.at, zone=zone)
        if holds:
            inside[one.slug] = one.id
            subject = subject.among(frozenset(inside))
        if changes_at:
            changes.append(changes_at)
    return Placing(due, frozenset(inside.values()), frozenset(inside), min(changes, default=None))


def _write(looked: Looked, running: Sequence[Running], at: datetime) -> int:
    placings, gone, known = looked
    versions = {one.id: one.version for one in running}
    with write_transaction():
        places = lock_customers(known.places)
        # Locked before we ask which segments there are: who saves one lets everybody fall due after that.
        unseen = _lock_watches([one.due.customer_id for one in placings])
        if dict(Segment.objects.filter(archived_at=None).values_list("id", "version")) != versions:
            return 0
        sure = [
            one
            for one in placings
            if known.is_current(one.due.customer_id, places)
            and (one.due.customer_id, one.due.seen_at) in unseen
        ]
        before = _segments_of([*(one.due.customer_id for one in sure), *gone])
        moves = [move for one in sure for move in _moves(one, before.get(one.due.customer_id, frozenset()))]
        entered = [one for one in moves if one.enters]
        for model in (Member, Watch):
            delete_rows(model, ("customer_id",), [(one,) for one in gone])
        left = [(one.due.customer_id, one.segment_id) for one in moves if not one.enters]
        delete_rows(Member, ("customer_id", "segment_id"), left)
        insert_rows(
            Member,
            ("customer_id", "segment_id", "since", "version", "event_id"),
            [
                (due.customer_id, segment_id, due.at, versions[segment_id], due.event_id)
                for due, segment_id, _ in entered
            ],
        )
        watches = [(one.due.customer_id, one.changes_at, None, one.due.at) for one in sure]
        update_rows(Watch, ("customer_id",), ("due_at", "event_id", "seen_at"), watches)
        record_batch(_told(moves), recorded_at=at)
    return len(sure) + len(gone)


def _lock_watches(customer_ids: Sequence[Id]) -> set[tuple[Id, datetime | None]]:
    """Return when each of these was last looked at, as it stands until the transaction ends."""
    locked = Watch.objects.select_for_update().filter(customer_id__in=customer_ids).order_by("customer_id")
    return set(locked.values_list("customer_id", "seen_at"))


def _segments_of(customer_ids: Sequence[Id]) -> Mapping[Id, frozenset[Id]]:
    names = ("customer_id", "segment_id")
    found: dict[Id, set[Id]] = defaultdict(set)
    for customer_id, segment_id in select_matching(
        Member, names, ("customer_id",), [(one,) for one in customer_ids]
    ):
        found[customer_id].add(segment_id)
    return {customer_id: frozenset(own) for customer_id, own in found.items()}


def _moves(placing: Placing, before: frozenset[Id]) -> list[Move]:
    left = [Move(placing.due, one, enters=False) for one in sorted(before - placing.inside)]
    return left + [Move(placing.due, one, enters=True) for one in sorted(placing.inside - before)]


def _told(moves: Sequence[Move]) -> list[Draft]:
    rows = Segment.objects.filter(id__in={one.segment_id for one in moves})
    segments = {pk: (slug, version) for pk, slug, version in rows.values_list("id", "slug", "version")}
    drafts = []
    for due, segment_id, enters in moves:
        slug, version = segments[segment_id]
        payload = SegmentEntered if enters else SegmentLeft
        because = show_id(due.event_id) if due.event_id else None
        told = payload(segment=slug, version=version, because=because)
        drafts.append(Draft(due.customer_id, told, due.at, segment_id))
    return drafts
