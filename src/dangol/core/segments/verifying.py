"""Proving that those are in the segments whom the conditions mean.

Members come and go one by one, with each event (`placing`). Here all segments are asked of everybody at once
(`all_at_once`), on the engine that is given, and both are laid side by side. What differs is read again a
moment later: it may have been written in between.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.models import Cursor, Event
from dangol.core.people.merged import absorbed_by
from dangol.core.people.selectors import shop
from dangol.core.segments.all_at_once import PEOPLE_AT_ONCE, ask_all
from dangol.core.segments.consumers import FOLLOW
from dangol.core.segments.models import Member, Watch
from dangol.core.segments.placing import Due, place
from dangol.core.segments.running import Running, all_needs, load_running
from dangol.core.segments.selectors import is_rebuilding, member_ids
from dangol.core.segments.subjects import OWN, load_subjects
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import batches, select_matching
from dangol.insight.conditions import answer_column
from dangol.insight.engine import Engine

TRIES, PAUSE_S = 3, 2.0
MOST_TOLD = 20


class Difference(NamedTuple):
    """A customer who is in a segment (`is_member`) and should not be, or the other way round.

    `compiled` is what the one query over all says, `evaluated` what the condition says of this customer
    alone: where these two agree, the membership is stale; where they differ, one reading is wrong.
    """

    segment: str
    customer_id: Id
    is_member: bool
    compiled: bool
    evaluated: bool


class Agreement(NamedTuple):
    """How a segment came out: how many are in it, and how many are who should not be, or should and are not.

    `moving` is how many differ because something has happened to them that segments have not followed yet,
    or have followed since.
    """

    segment: str
    version: int
    members: int
    differing: int
    moving: int


class Verdict(NamedTuple):
    """What a check of all segments has found; `differences` are at most MOST_TOLD for each segment."""

    as_of: datetime
    customers: int
    segments: list[Agreement]
    differences: list[Difference]

    @property
    def is_kept(self) -> bool:
        """Whether everybody is where the conditions put them."""
        return not any(one.differing for one in self.segments)

    @property
    def broken(self) -> list[str]:
        """The slugs of the segments in which somebody is not."""
        return [one.segment for one in self.segments if one.differing]


class _Sides(NamedTuple):
    """Both sides at one instant: how many there are and are in each segment, and who differs in which.

    A difference is of a segment's slug and a customer, and says whether they are in it.
    """

    as_of: datetime
    running: Sequence[Running]
    customers: int
    members: Mapping[str, int]
    differing: Mapping[tuple[str, Id], bool]


def verify_segments(engine: Engine, *, as_of: datetime, pause_s: float = PAUSE_S) -> Verdict:
    """Compare who is in each segment with its condition asked of everybody on an engine. Writes nothing.

    `as_of` is now. Whoever differs and is not on the move is read again up to twice, `pause_s` apart: what
    had happened by then may have been written in between. Raises EngineGone.
    """
    first = last = _compare(engine, load_running(), as_of, None)
    moving = _moving({owner for _, owner in last.differing}, last)
    for _ in range(TRIES - 1):
        # Of whoever is on the move it is known already why they differ.
        if moving.issuperset(owner for _, owner in last.differing):
            break
        time.sleep(pause_s)
        last = _again(engine, last)
        moving = _moving({owner for _, owner in last.differing}, last)
    sure = [key for key in last.differing if key[1] not in moving]
    differing = Counter(slug for slug, _ in sure)
    all_differing = Counter(slug for slug, _ in last.differing)
    segments = [
        Agreement(one.slug, one.version, first.members[one.slug], differing[one.slug],
                  all_differing[one.slug] - differing[one.slug])
        for one in sorted(first.running, key=lambda one: one.slug)
    ]  # fmt: skip
    return Verdict(as_of, first.customers, segments, _explain(sure, last))


def _again(engine: Engine, before: _Sides) -> _Sides:
    """Compare those who differed once more, in the segments that are still what they were."""
    now = {(one.slug, one.version) for one in load_running()}
    running = [one for one in before.running if (one.slug, one.version) in now]
    found = _compare(engine, running, before.as_of, sorted({owner for _, owner in before.differing}))
    still = {key: was for key, was in found.differing.items() if key in before.differing}
    return found._replace(differing=still)


def _compare(
    engine: Engine, running: Sequence[Running], as_of: datetime, among: Sequence[Id] | None
) -> _Sides:
    answers = ask_all(engine, running, as_of=as_of, zone=shop().tz, among=among)
    inside = None if among is None else _members(among)
    members, differing = {}, dict[tuple[str, Id], bool]()
    for one in running:
        own = set(member_ids(one.id)) if inside is None else inside.get(one.id, set())
        meant = set(answers.filter(answers[answer_column(one.slug)])["customer"].to_pylist())
        members[one.slug] = len(own)
        differing |= {(one.slug, owner): owner in own for owner in own ^ meant}
    return _Sides(as_of, running, answers.num_rows, members, differing)


def _members(among: Sequence[Id]) -> dict[Id, set[Id]]:
    found: dict[Id, set[Id]] = {}
    for some in batches(among, PEOPLE_AT_ONCE):
        keys = [(one,) for one in some]
        for segment, owner in select_matching(Member, ("segment_id", "customer_id"), ("customer_id",), keys):
            found.setdefault(segment, set()).add(owner)
    return found


def _moving(owners: Iterable[Id], sides: _Sides) -> set[Id]:
    """Return which of these are about to be looked at, or were since: they may be where they were before."""
    changed = max((one.changed_at for one in sides.running), default=sides.as_of)
    rebuilding = is_rebuilding()
    found: set[Id] = set()
    for some in batches(sorted(owners), PEOPLE_AT_ONCE):
        keys = [(one,) for one in some]
        rows = select_matching(Watch, ("customer_id", "due_at", "seen_at"), ("customer_id",), keys)
        watches = {owner: (due_at, seen_at) for owner, due_at, seen_at in rows}
        found |= _not_followed(some)
        for owner in some:
            due_at, seen_at = watches.get(owner, (None, None))
            is_due = due_at is not None and due_at <= sides.as_of
            is_noted = rebuilding and (seen_at is None or seen_at < changed)
            if is_due or is_noted or (seen_at is not None and seen_at > sides.as_of):
                found.add(owner)
    return found


def _not_followed(owners: Sequence[Id]) -> set[Id]:
    """Return to which of these something has happened that segments have not been told of yet."""
    absorbed = absorbed_by(owners)
    owner_of = {part: owner for owner in owners for part in (owner, *absorbed.get(owner, ()))}
    read = Cursor.objects.filter(consumer=FOLLOW.name).values_list("position", flat=True).first() or 0
    rows = select_matching(
        Event, ("customer_id", "name"), ("customer_id",), [(one,) for one in owner_of],
        where="t.position IS NULL OR t.position > %s", params=[read],
    )  # fmt: skip
    return {owner_of[part] for part, name in rows if name not in OWN}


def _explain(differing: Sequence[tuple[str, Id]], sides: _Sides) -> list[Difference]:
    """Return the first of each segment, with what the condition says of each customer alone."""
    told: dict[str, list[Id]] = {}
    for slug, owner in sorted(differing):
        own = told.setdefault(slug, [])
        if len(own) < MOST_TOLD:
            own.append(owner)
    owners = sorted({owner for own in told.values() for owner in own})
    needed, zone = all_needs(one.condition for one in sides.running), shop().tz
    known = load_subjects(owners, needed, as_of=sides.as_of, zone=zone).subjects
    meant = {
        owner: place(Due(owner, sides.as_of, None), subject, sides.running, zone).slugs
        for owner, subject in known.items()
    }
    return [
        Difference(slug, owner, sides.differing[slug, owner], not sides.differing[slug, owner],
                   slug in meant.get(owner, ()))
        for slug, own in told.items() for owner in own
    ]  # fmt: skip
