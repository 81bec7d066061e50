"""Reading the event debugger's log, what an event has caused, and who may be one person."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from dangol.core.behavior.entries import Details, Problem
from dangol.core.behavior.events import known_name
from dangol.core.behavior.models import Entry, MergeProposal
from dangol.core.events.models import Event
from dangol.core.events.payloads import Payload, decode
from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.errors import NotFound

MOST_CAUSED, MOST_PROPOSALS = 50, 50
_LOOKED_AT, _MOST_SEEN = 2_000, 100
ANY_PROBLEM = "any"
_decoder = msgspec.json.Decoder(Details)


class UnknownEntry(NotFound):
    """The event debugger has no such entry (any more)."""

    code = "behavior.unknown_entry"


class EntryView(NamedTuple):
    """An event that came in; `problem` is the code of its first problem, `person_id` whom it was about."""

    id: Id
    received_at: datetime
    source: str
    kind: str
    name: str
    message: str
    person_id: Id | None
    event_id: Id | None
    problem: str


class Caused(NamedTuple):
    """An event on the timeline that followed from one that came in."""

    name: str
    occurred_at: datetime
    subject_id: Id | None
    payload: Payload


class Proposal(NamedTuple):
    """Two who may be one person, as they are known now; `via` is the kind of id that both had to do with."""

    customer_id: Id
    other_id: Id
    via: str
    found_at: datetime


def events_seen() -> list[str]:
    """Return what conditions can call the events that came in lately, the most frequent first, at most 100.

    Of the latest 2,000 entries of the debugger; an event of an app is called as the app calls it.
    """
    rows = Entry.objects.order_by("-id").values_list("kind", "name")[:_LOOKED_AT]
    counted = Counter(known_name(kind, name) for kind, name in rows)
    return [name for name, _count in counted.most_common(_MOST_SEEN + 1) if name][:_MOST_SEEN]


def list_entries(
    *, source: str = "", kind: str = "", problem: str = "", before: Id | None = None, limit: int = 50
) -> list[EntryView]:
    """Return entries, the newest first; `problem` is a code, or `any`."""
    found = Entry.objects.order_by("-id")
    if source:
        found = found.filter(source=source)
    if kind:
        found = found.filter(kind=kind)
    if problem:
        found = found.exclude(problem="")
        found = found if problem == ANY_PROBLEM else found.filter(problem=problem)
    if before is not None:
        found = found.filter(id__lt=before)
    return [EntryView(*row) for row in found.values_list(*EntryView._fields)[:limit]]


def first_problems(entries: Iterable[EntryView]) -> dict[Id, Problem]:
    """Return the first problem of each of these that has one, with its facts; one statement."""
    wanted = [one.id for one in entries if one.problem]
    rows = Entry.objects.filter(pk__in=wanted).values_list("id", "details") if wanted else []
    told = {key: _decoder.decode(details).problems for key, details in rows}
    return {key: problems[0] for key, problems in told.items() if problems}


def list_sources() -> list[str]:
    """Return who has sent something that is still in the log, by name."""
    return sorted(Entry.objects.values_list("source", flat=True).distinct())


def find_entry(entry_id: Id) -> tuple[EntryView, Details]:
    """Return an entry with all that is told of it; raises UnknownEntry."""
    row = Entry.objects.filter(pk=entry_id).values_list(*EntryView._fields, "details").first()
    if row is None:
        raise UnknownEntry()
    return EntryView(*row[:-1]), _decoder.decode(row[-1])


def caused_by(entry: EntryView, details: Details) -> list[Caused]:
    """Return what stands on the timeline because of an event, in order; the event itself comes first.

    Found by what they are about: the entry, the order or the return it became, or a merge at that instant.
    """
    if entry.person_id is None:
        return []
    about = {text for _, text in details.caused}
    subjects = {entry.id, *filter(None, map(_id, about))}
    owners = [entry.person_id, *filter(None, map(_id, details.absorbed))]
    rows = Event.objects.filter(customer_id__in=owners, recorded_at=entry.received_at)
    if entry.event_id:
        rows = rows.filter(id__gte=entry.id)
    found = []
    for name, at, subject, payload in rows.order_by("id").values_list(
        "name", "occurred_at", "subject_id", "payload"
    ):
        told = decode(name, payload)
        is_merge = bool(details.absorbed) and name == "customer.merged"
        if subject in subjects or getattr(told, "about", None) in about or is_merge:
            found.append(Caused(name, at, subject, told))
    return found[:MOST_CAUSED]


def _id(text: str) -> Id | None:
    try:
        return parse_id(text)
    except ValueError:
        return None


def open_proposals() -> list[Proposal]:
    """Return the pairs somebody has to decide about, the latest first: neither refused nor merged since."""
    rows = MergeProposal.objects.filter(refused_at=None).order_by("-found_at", "customer_id", "other_id")
    found = [Proposal(*row) for row in rows.values_list(*Proposal._fields)[:MOST_PROPOSALS]]
    now = resolve_merged(_both(found))
    current = [one._replace(customer_id=now[one.customer_id], other_id=now[one.other_id]) for one in found]
    return [one for one in current if one.customer_id != one.other_id]


def _both(found: Iterable[Proposal]) -> set[Id]:
    return {person for one in found for person in (one.customer_id, one.other_id)}
