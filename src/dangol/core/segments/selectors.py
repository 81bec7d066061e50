"""Reading segments: which there are, who is in, why, and how many a condition would have."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from dangol.core.people.models import Customer
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.selectors import CUSTOMER, MEMBER
from dangol.core.segments.catalog import current_orders
from dangol.core.segments.counts import Counted, count_members
from dangol.core.segments.models import Member, Segment, SegmentVersion, Watch
from dangol.core.segments.placing import Due, place
from dangol.core.segments.running import Running, all_needs, load_running, parse, stored_types
from dangol.core.segments.services import WATCH_ALL, UnknownSegment, is_slug
from dangol.core.segments.subjects import KNOWN, load_subjects
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.walks import walk
from dangol.core.tasks.selectors import has_open_job
from dangol.domain.conditions import Condition, Decision, decide, evaluate, needs
from dangol.domain.statistics import Figure, wilson

_READ_AT_ONCE = 50_000
PREVIEW_SECONDS, PREVIEWED_AT_ONCE, SAMPLES = 1.0, 50, 10


class SegmentView(NamedTuple):
    """A segment; `waiting` is how many customers have not been looked at since its condition changed.

    `version` is its condition's, `revision` another one after each change, of its words too. Where it is not
    `is_exact`, `member_count` was counted a while ago and is rounded.
    """

    id: Id
    slug: str
    name: str
    about: str
    version: int
    revision: int
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None
    member_count: int
    waiting: int
    is_exact: bool = True


class SegmentName(NamedTuple):
    """What a segment is called."""

    id: Id
    slug: str
    name: str


class VersionView(NamedTuple):
    """A version of a segment's condition with its traits' types (JSON texts), and who wrote it."""

    number: int
    condition: str
    types: str
    made_at: datetime
    actor_name: str


class MemberView(NamedTuple):
    """Someone in a segment, since when, and the event that brought them in (None: time, or a condition)."""

    customer_id: Id
    since: datetime
    event_id: Id | None


class Preview(NamedTuple):
    """How many a condition has among `seen` of `all` customers, and the first of them.

    Who was seen is a random part of all, since ids are random; where that is not everybody, `share` has the
    interval in which the share of all lies. It is None where there is nobody.
    """

    matching: int
    seen: int
    all: int
    share: Figure | None
    samples: tuple[Id, ...]

    @property
    def is_exact(self) -> bool:
        """Whether everybody was looked at."""
        return self.seen == self.all


def list_segments(*, at: datetime) -> list[SegmentView]:
    """Return all segments that are not archived, by name; of large ones about how many are in, as of `at`."""
    rows = list(Segment.objects.filter(archived_at=None).order_by("name", "slug"))
    counts = count_members([one.id for one in rows], at=at)
    waiting = _waiting([one.changed_at for one in rows])
    return [_view(one, counts[one.id], waiting) for one in rows]


def list_archived(
    *, at: datetime, text: str = "", before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[SegmentView]:
    """Return the segments that are archived, the latest first; `before` is the last one of the page before.

    With `text` those that have it in their name or slug.
    """
    rows = Segment.objects.filter(archived_at__isnull=False).order_by("-archived_at", "-id")
    if before:
        archived_at, segment_id = before
        rows = rows.filter(archived_at__lte=archived_at).exclude(archived_at=archived_at, id__gte=segment_id)
    if text:
        named = rows.values_list("id", "name", "slug").iterator()
        found = (pk for pk, name, slug in named if text.casefold() in f"{name} {slug}".casefold())
        rows = rows.filter(id__in=list(islice(found, limit)))
    shown = list(rows[:limit])
    counts = count_members([one.id for one in shown], at=at)
    # Nobody is looked at for one that is archived.
    return [_view(one, counts[one.id], {one.changed_at: 0}) for one in shown]


def find_segment(slug: str) -> SegmentView:
    """Return a segment that is not archived. Raises UnknownSegment."""
    found = look_up(slug)
    if found.archived_at:
        raise UnknownSegment(segment=slug)
    return found


def look_up(slug: str) -> SegmentView:
    """Return a segment, also one that is archived: it says since when. Raises UnknownSegment."""
    one = Segment.objects.filter(slug=slug).first() if is_slug(slug) else None
    if one is None:
        raise UnknownSegment(segment=slug)
    count = Counted(Member.objects.filter(segment_id=one.id).count(), True)
    return _view(one, count, {one.changed_at: 0} if one.archived_at else _waiting([one.changed_at]))


def _waiting(changes: Iterable[datetime]) -> dict[datetime, int]:
    """Return how many have not been looked at since each of these instants; one statement."""
    instants = list(dict.fromkeys(changes))
    counts = {
        f"at_{place}": Count("pk", filter=Q(seen_at=None) | Q(seen_at__lt=at))
        for place, at in enumerate(instants)
    }
    if not counts:
        return {}
    # Along the index of the last looks: mostly all were looked at since, and then no row is read.
    unseen = Watch.objects.filter(Q(seen_at=None) | Q(seen_at__lt=max(instants)), due_at__isnull=False)
    found = unseen.aggregate(**counts)
    return {at: found[f"at_{place}"] for place, at in enumerate(instants)}


def _view(one: Segment, count: Counted, waiting: Mapping[datetime, int]) -> SegmentView:
    return SegmentView(
        one.id, one.slug, one.name, one.about, one.version, one.revision, one.created_at, one.changed_at,
        one.archived_at, count.people, waiting[one.changed_at], count.is_exact,
    )  # fmt: skip


def versions_of(segment_id: Id) -> list[VersionView]:
    """Return a segment's versions, the newest first."""
    rows = SegmentVersion.objects.filter(segment_id=segment_id).order_by("-number")
    return [VersionView(*row) for row in rows.values_list(*VersionView._fields)]


def find_version(segment_id: Id, number: int) -> VersionView | None:
    """Return a version of a segment; None where it has no such one."""
    rows = SegmentVersion.objects.filter(segment_id=segment_id, number=number)
    row = rows.values_list(*VersionView._fields).first()
    return VersionView(*row) if row else None


def condition_of(version: VersionView) -> Condition:
    """Return a version's condition."""
    types = stored_types(version.types)
    return parse(version.condition, types, current_orders(types))


def members_of(
    segment_id: Id, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[MemberView]:
    """Return who is in a segment, the latest in first; `before` is the last one of the page before."""
    rows = Member.objects.filter(segment_id=segment_id).order_by("-since", "-customer_id")
    if before:
        since, customer_id = before
        rows = rows.filter(since__lte=since).exclude(since=since, customer_id__gte=customer_id)
    return [MemberView(*row) for row in rows.values_list(*MemberView._fields)[:limit]]


def member_ids(segment_id: Id) -> list[Id]:
    """Return everybody who is in a segment, by id."""
    rows = Member.objects.filter(segment_id=segment_id).order_by("customer_id")
    return list(rows.values_list("customer_id", flat=True))


def all_members() -> Iterator[list[tuple[Id, Id]]]:
    """Yield, in batches, every customer in a segment with that segment's id, archived ones too."""
    key = ("customer_id", "segment_id")
    for rows in walk(Member, key, key, size=_READ_AT_ONCE):
        yield [(customer_id, segment_id) for customer_id, segment_id in rows]


def since_when(segment_id: Id, customer_id: Id) -> datetime | None:
    """Return since when a customer is in a segment; None for one who is not."""
    rows = Member.objects.filter(segment_id=segment_id, customer_id=customer_id)
    return rows.values_list("since", flat=True).first()


def segments_of(customer_ids: Iterable[Id]) -> dict[Id, list[tuple[str, str, datetime]]]:
    """Return the segments each of these customers is in: slug, name, since; by name."""
    wanted = [(one,) for one in sorted(set(customer_ids))]
    rows = select_matching(Member, ("customer_id", "segment_id", "since"), ("customer_id",), wanted)
    names = {pk: (slug, name) for pk, slug, name in Segment.objects.values_list("id", "slug", "name")}
    found: dict[Id, list[tuple[str, str, datetime]]] = {one: [] for (one,) in wanted}
    for customer_id, segment_id, since in rows:
        found[customer_id].append((*names[segment_id], since))
    return {one: sorted(own, key=lambda row: row[1]) for one, own in found.items()}


def explain_member(
    customer_id: Id, slug: str, *, as_of: datetime, zone: ZoneInfo
) -> tuple[Condition, Decision]:
    """Return a segment's condition and how it comes out for a customer now. Raises UnknownSegment."""
    running = load_running()
    one = next((one for one in running if one.slug == slug), None)
    if one is None:
        raise UnknownSegment(segment=slug)
    return one.condition, decide_for(customer_id, one.condition, running, as_of=as_of, zone=zone)


def decide_for(
    customer_id: Id, condition: Condition, running: Sequence[Running], *, as_of: datetime, zone: ZoneInfo
) -> Decision:
    """Return how a condition comes out for a customer, among the segments there are."""
    wanted = all_needs([one.condition for one in running] + [condition])
    known = load_subjects([customer_id], wanted, as_of=as_of, zone=zone)
    if customer_id not in known.subjects:
        raise UnknownCustomer(customer_id=show_id(customer_id))
    subject = known.subjects[customer_id]
    slugs = place(Due(customer_id, as_of, None), subject, running, zone).slugs
    return decide(condition, subject.among(slugs), as_of=as_of, zone=zone)


def is_rebuilding() -> bool:
    """Say whether everybody is about to be looked at, or just being noted for it."""
    return has_open_job(WATCH_ALL)


def count_watched() -> int:
    """Return how many customers segments know of."""
    return Watch.objects.count()


def waits_since(as_of: datetime) -> datetime | None:
    """Return since when the customer has been due who waits longest to be looked at; None: nobody waits."""
    due = Watch.objects.filter(due_at__lte=as_of).order_by("due_at")
    return due.values_list("due_at", flat=True).first()


def find_name(slug: str) -> SegmentName | None:
    """Return a segment by its slug; None where there is none, or no more."""
    if not is_slug(slug):
        return None
    row = Segment.objects.filter(slug=slug, archived_at=None).values_list(*SegmentName._fields).first()
    return SegmentName(*row) if row else None


def has_archived() -> bool:
    """Say whether a segment is archived."""
    return Segment.objects.filter(archived_at__isnull=False).exists()


def segment_slugs() -> dict[Id, str]:
    """Return the slugs of all segments that are not archived, by their ids."""
    return dict(Segment.objects.filter(archived_at=None).values_list("id", "slug"))


def taken_slugs() -> set[str]:
    """Return the slugs of all segments; an archived one keeps its own."""
    return set(Segment.objects.values_list("slug", flat=True))


def segment_names() -> dict[str, str]:
    """Return the names of all segments that are not archived by their slugs, by name."""
    rows = Segment.objects.filter(archived_at=None).order_by("name", "slug")
    return dict(rows.values_list("slug", "name"))


def preview(
    condition: Condition, *, as_of: datetime, zone: ZoneInfo, seconds: float = PREVIEW_SECONDS
) -> Preview:
    """Return how many a condition has: of as many customers as can be looked at in so many seconds."""
    running = load_running() if needs(condition).segments else []
    wanted = all_needs([one.condition for one in running] + [condition])
    until = time.monotonic() + seconds
    found: list[Id] = []
    seen = 0
    for rows in walk(Customer, ("customer_id",), ("customer_id",), size=PREVIEWED_AT_ONCE, where=KNOWN):
        known = load_subjects([owner for (owner,) in rows], wanted, as_of=as_of, zone=zone)
        for owner, subject in known.subjects.items():
            slugs = place(Due(owner, as_of, None), subject, running, zone).slugs
            if evaluate(condition, subject.among(slugs), as_of=as_of, zone=zone):
                found.append(owner)
        seen += len(known.subjects)
        if time.monotonic() >= until:
            break
    everybody = max(seen, Customer.objects.filter(kind__in=(CUSTOMER, MEMBER)).count())
    share = wilson(len(found), seen) if seen else None
    return Preview(len(found), seen, everybody, share, tuple(found[:SAMPLES]))
