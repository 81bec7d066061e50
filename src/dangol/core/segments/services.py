"""Saving segments: a condition under a name, in versions; who is in follows by itself."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.people.actors import Actor, columns_of
from dangol.core.segments.catalog import is_of_any_segment, is_of_segment, trait_types
from dangol.core.segments.models import Segment, SegmentVersion
from dangol.core.segments.running import read_segments, stored_types, types_text, users_of
from dangol.core.segments.subjects import can_be_asked
from dangol.core.segments.uses import uses_elsewhere
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.core.tasks.services import enqueue
from dangol.domain.conditions import Catalog, Condition, Kind, needs, read_condition, write_condition
from dangol.domain.conditions.dependencies import in_layers
from dangol.domain.errors import DomainError, Malformed, NotFound

WATCH_ALL = "segments.watch_all"
MOST_SEGMENTS = 500
LONGEST_SLUG, LONGEST_NAME, LONGEST_ABOUT = 40, 80, 300
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Addresses under /segments that are no segment.
RESERVED = frozenset({"new", "preview", "rebuild"})
_encoder = msgspec.json.Encoder()
_NEW = ("id", "slug", "name", "about", "version", "revision", "created_at", "changed_at")


class UnknownSegment(NotFound):
    """There is no segment called `segment`."""

    code = "segments.unknown"


class SlugTaken(DomainError):
    """Another segment is called `segment` already."""

    code = "segments.slug_taken"


class NotASlug(Malformed):
    """A segment's `slug` is of small letters, digits and single hyphens, at most 40; not `new`."""

    code = "segments.bad_slug"


class NameMissing(Malformed):
    """A segment has a `name` of at most 80 characters."""

    code = "segments.name_missing"


class TooManySegments(DomainError):
    """There are `most` segments; archive one first."""

    code = "segments.too_many"


class SegmentChanged(DomainError):
    """Somebody has saved the segment meanwhile: it is at revision `found`, not `expected`."""

    code = "segments.changed"


class SegmentInUse(DomainError):
    """Other segments (`segments`) ask who is in this one, or for a trait that goes with it."""

    code = "segments.in_use"


class SegmentAskedElsewhere(DomainError):
    """What is no segment (`names`) asks who is in this one (`segment`)."""

    code = "segments.asked_elsewhere"


class EventNotAsked(Malformed):
    """No condition can ask for `event`: it is our own account of others' events, or of the segments."""

    code = "segments.event_not_asked"


class SegmentDraft(NamedTuple):
    """What a segment is to be: `condition` as JSON text or as what JSON text says."""

    slug: str
    name: str
    about: str
    condition: bytes | object


class SegmentChange(NamedTuple):
    """What of a segment is to be another; what is None stays as it is when it is written."""

    name: str | None = None
    about: str | None = None
    condition: bytes | object | None = None


def is_slug(text: str) -> bool:
    """Say whether a segment can be called so."""
    return len(text) <= LONGEST_SLUG and bool(_SLUG.fullmatch(text))


def check_condition(raw: bytes | object, catalog: Catalog | None = None) -> Condition:
    """Return a condition over the traits and segments there are; `catalog` if the traits are known already.

    Raises BrokenCondition, UnknownSegment, EventNotAsked.
    """
    condition = read_condition(raw, trait_types() if catalog is None else catalog)
    asked = needs(condition)
    _require_known(asked.segments)
    _require_traits_kept(asked.traits)
    if strange := sorted(event for event in asked.events if not can_be_asked(event)):
        raise EventNotAsked(field="condition", event=strange[0])
    return condition


def create_segment(draft: SegmentDraft, *, actor: Actor, at: datetime) -> Id:
    """Save a new segment and let everybody be looked at; returns its id.

    Raises NotASlug, NameMissing, SlugTaken, TooManySegments, BrokenCondition, UnknownSegment,
    ConditionCycle.
    """
    if not is_slug(draft.slug) or draft.slug in RESERVED:
        raise NotASlug(field="slug")
    _check_words(draft.name, draft.about)
    with write_transaction():
        _lock_live()
        _require_room()
        condition = check_condition(draft.condition)
        _require_no_circle(draft.slug, condition)
        segment_id = new_id()
        row = (segment_id, draft.slug, draft.name.strip(), draft.about.strip(), 1, 1, at, at)
        # Where there is none yet, nothing is locked: of two with one slug the later writes no row.
        if not insert_missing(Segment, _NEW, [row]):
            raise SlugTaken(segment=draft.slug)
        _write_version(segment_id, 1, condition, actor, at)
    return segment_id


def change_segment(slug: str, change: SegmentChange, *, expected: int, actor: Actor, at: datetime) -> int:
    """Save what is another of a segment; returns its version, a new one where the condition is another.

    `expected` is the revision its writer has seen: of two who have seen the same one the later is refused,
    whatever they write. What comes to nothing new makes no revision. Raises UnknownSegment, SegmentChanged,
    and what `create_segment` does.
    """
    with write_transaction():
        segment = _lock(slug)
        if segment.revision != expected:
            raise SegmentChanged(found=segment.revision, expected=expected)
        name = segment.name if change.name is None else change.name.strip()
        about = segment.about if change.about is None else change.about.strip()
        _check_words(name, about)
        version = segment.version
        if change.condition is not None:
            version = _rewrite(segment, change.condition, actor, at)
        if (name, about, version) != (segment.name, segment.about, segment.version):
            Segment.objects.filter(pk=segment.id).update(
                name=name, about=about, version=version, revision=expected + 1,
                changed_at=segment.changed_at if version == segment.version else at,
            )  # fmt: skip
        return version


def _rewrite(segment: Segment, raw: bytes | object, actor: Actor, at: datetime) -> int:
    """Write a condition as a segment's next version, unless it is what it has; returns its version."""
    condition = check_condition(raw)
    _require_no_circle(segment.slug, condition)
    written = SegmentVersion.objects.get(segment_id=segment.id, number=segment.version)
    # The same words may be of traits that have become of another kind.
    if text_of(condition) == written.condition and _kinds(condition.types) == _kinds(
        stored_types(written.types)
    ):
        return segment.version
    _write_version(segment.id, segment.version + 1, condition, actor, at)
    return segment.version + 1


def archive_segment(slug: str, *, actor: Actor, at: datetime) -> None:
    """Keep a segment up to date no more: everybody leaves it.

    The access log tells who has done it. Raises UnknownSegment, SegmentInUse, SegmentAskedElsewhere.
    """
    with write_transaction():
        segment = _lock(slug)
        if users := users_of(slug):
            raise SegmentInUse(segment=slug, segments=", ".join(users))
        if others := uses_elsewhere(slug):
            raise SegmentAskedElsewhere(segment=slug, names=", ".join(others))
        Segment.objects.filter(pk=segment.id).update(
            archived_at=at, changed_at=at, revision=segment.revision + 1
        )
        enqueue(WATCH_ALL, {}, run_at=at)
        _note(segment, "segment.archived", actor, at)


def restore_segment(slug: str, *, actor: Actor, at: datetime) -> None:
    """Keep an archived segment up to date again, with the condition it had: everybody is looked at anew.

    Its slug has stayed its own. The condition has to make sense with the traits and segments there are now.
    The access log tells who has done it. Raises UnknownSegment where none is archived that is called so, and
    TooManySegments, BrokenCondition, EventNotAsked, ConditionCycle.
    """
    with write_transaction():
        _lock_live()
        archived = Segment.objects.select_for_update().filter(archived_at__isnull=False)
        segment = archived.filter(slug=slug).first() if is_slug(slug) else None
        if segment is None:
            raise UnknownSegment(segment=slug)
        _require_room()
        version = _rewrite(segment, condition_text(segment.id, segment.version).encode(), actor, at)
        Segment.objects.filter(pk=segment.id).update(
            archived_at=None, changed_at=at, version=version, revision=segment.revision + 1
        )
        enqueue(WATCH_ALL, {}, run_at=at)
        _note(segment, "segment.restored", actor, at)


def rebuild_segments(*, at: datetime) -> Id:
    """Let everybody be looked at anew, for all segments; returns the job that does it."""
    with write_transaction():
        return enqueue(WATCH_ALL, {}, run_at=at)


def condition_text(segment_id: Id, version: int) -> str:
    """Return a version's condition as it is stored."""
    return SegmentVersion.objects.values_list("condition", flat=True).get(
        segment_id=segment_id, number=version
    )


def text_of(condition: Condition) -> str:
    """Return a condition as it is stored: one text for each condition."""
    return _encoder.encode(write_condition(condition)).decode()


def _lock_live() -> dict[str, Segment]:
    """Lock all segments that are not archived, for one who writes them; returns them by slug.

    Whether one may be saved or archived depends on what the others ask: with each other two could make a
    circle that neither has seen.
    """
    live = Segment.objects.select_for_update().filter(archived_at=None).order_by("id")
    return {one.slug: one for one in live}


def _require_room() -> None:
    # Counted once the others' lock is ours: what it returned may be from before they wrote.
    if Segment.objects.filter(archived_at=None).count() >= MOST_SEGMENTS:
        raise TooManySegments(most=MOST_SEGMENTS)


def _lock(slug: str) -> Segment:
    segment = _lock_live().get(slug)
    if segment is None:
        raise UnknownSegment(segment=slug)
    return segment


def _check_words(name: str, about: str) -> None:
    if not name.strip() or len(name.strip()) > LONGEST_NAME or len(about) > LONGEST_ABOUT:
        raise NameMissing(field="name")


def _require_known(slugs: Iterable[str]) -> None:
    wanted = set(slugs)
    if strange := sorted(slug for slug in wanted if not is_slug(slug)):
        raise UnknownSegment(segment=strange[0])
    known = set(Segment.objects.filter(archived_at=None, slug__in=wanted).values_list("slug", flat=True))
    if missing := sorted(wanted - known):
        raise UnknownSegment(segment=missing[0])


def _require_traits_kept(traits: Iterable[str]) -> None:
    """Raise UnknownSegment for a trait of a segment that is kept up to date no more.

    Traits stay known for some minutes after their segment was archived.
    """
    if of_segments := sorted(name for name in traits if is_of_any_segment(name)):
        slugs = Segment.objects.filter(archived_at=None).values_list("slug", flat=True)
        for name in of_segments:
            if not any(is_of_segment(name, slug) for slug in slugs):
                raise UnknownSegment(segment=name.split(".")[1].replace("_", "-"))


def hold_segments(condition: Condition) -> None:
    """Keep the segments a condition asks about from being archived until the transaction ends.

    Raises UnknownSegment for one that is not there, or archived.
    """
    require_write_transaction()
    asked = needs(condition)
    if asked.segments or any(is_of_any_segment(name) for name in asked.traits):
        _lock_live()
        _require_known(asked.segments)
        _require_traits_kept(asked.traits)


def _require_no_circle(slug: str, condition: Condition) -> None:
    in_layers({one.slug: one.condition for one in read_segments()} | {slug: condition})


def _kinds(types: Catalog) -> dict[str, Kind]:
    return {name: one.kind for name, one in types.items()}


def _note(segment: Segment, what: str, actor: Actor, at: datetime) -> None:
    told = f"{segment.name} ({segment.slug})"
    record_access([AccessDraft(Access.CONFIGURE, actor, told, seen=(what,), people=0)], at=at)


def _write_version(segment_id: Id, number: int, condition: Condition, actor: Actor, at: datetime) -> None:
    SegmentVersion.objects.create(
        segment_id=segment_id,
        number=number,
        condition=text_of(condition),
        types=types_text(condition),
        made_at=at,
        **columns_of(actor),
    )
    enqueue(WATCH_ALL, {}, run_at=at)
