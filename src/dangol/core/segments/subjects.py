"""What conditions have to know of customers: their traits, and what happened to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.events.heads import Place, places_of
from dangol.core.events.models import Event
from dangol.core.events.payloads import PAYLOADS, decode
from dangol.core.people.merged import absorbed_by
from dangol.core.people.models import Customer
from dangol.core.people.selectors import CUSTOMER, MEMBER
from dangol.core.segments.catalog import read_traits
from dangol.core.segments.events import SegmentEntered, SegmentLeft
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.params import instant_param
from dangol.core.storage.rows import connection_of, select_matching
from dangol.domain.conditions import Happening, Needs, Subject

# Guests have one order and no name; who was absorbed or erased is nobody any more.
KINDS = (CUSTOMER, MEMBER)
KNOWN = f"kind IN ('{CUSTOMER}', '{MEMBER}')"
# What segments tell: it comes of what has been decided, and nobody is looked at again because of it.
OWN = frozenset({SegmentEntered.event, SegmentLeft.event})
_TOLD = ("customer_id", "id", "name", "occurred_at", "payload")


class Known(NamedTuple):
    """Customers as they stood when they were read, each under all their ids' `places`."""

    subjects: Mapping[Id, Subject]
    parts: Mapping[Id, Sequence[Id]]
    places: Mapping[Id, Place]

    def is_current(self, customer_id: Id, places: Mapping[Id, Place]) -> bool:
        """Say whether nothing has happened to a customer between the reading and these places."""
        return all(places[one] == self.places[one] for one in self.parts[customer_id])


def load_subjects(
    customer_ids: Iterable[Id],
    needs: Needs,
    *,
    as_of: datetime,
    zone: ZoneInfo,
    first: datetime | None = None,
) -> Known:
    """Return what conditions with these needs have to know of customers; who is none (any more) is left out.

    They are going to be asked about instants up to `as_of`, the earliest of them `first` (None: only that).
    Takes no lock. A constant number of statements.
    """
    current = _current(customer_ids)
    absorbed = absorbed_by(current)
    parts = {one: [one, *absorbed.get(one, ())] for one in current}
    places = places_of(part for own in parts.values() for part in own)
    happenings = _load_happenings(parts, needs, first or as_of, zone)
    traits = read_traits(current, needs.traits, as_of=as_of) if needs.traits else {}
    nobody: frozenset[str] = frozenset()
    subjects = {one: Subject(traits.get(one, {}), happenings.get(one, ()), nobody) for one in current}
    return Known(subjects, parts, places)


def _current(customer_ids: Iterable[Id]) -> list[Id]:
    # Their kinds are looked at here: asked for them, SQLite goes through the index of kinds, and so all.
    keys = [(one,) for one in sorted(set(customer_ids))]
    rows = select_matching(Customer, ("customer_id", "kind"), ("customer_id",), keys)
    return [one for one, kind in rows if kind in KINDS]


def _load_happenings(
    parts: Mapping[Id, Sequence[Id]], needs: Needs, first: datetime, zone: ZoneInfo
) -> dict[Id, list[Happening]]:
    """Return what happened to each, in time order: only what is asked for, and no further back."""
    since = {event: needs.since(event, as_of=first, zone=zone) for event in needs.events}
    wanted = _wanted(since)
    if not wanted.sql:
        return {}
    owners = {part: owner for owner, own in parts.items() for part in own}
    keys = [(one,) for one in owners]
    rows = select_matching(Event, _TOLD, ("customer_id",), keys, where=wanted.sql, params=wanted.params)
    found: dict[Id, list[Happening]] = defaultdict(list)
    for customer_id, event_id, name, at, text in rows:
        payload = decode(name, text)
        known = payload.known_as
        if known in since and ((start := since[known]) is None or at > start):
            # That it happened is often all that is asked.
            properties = payload.properties_seen() if needs.properties[known] else {}
            told = Happening(known, at, properties, show_id(event_id))
            found[owners[customer_id]].append(told)
    for own in found.values():
        own.sort(key=lambda one: (one.at, one.id))
    return found


class _Wanted(NamedTuple):
    """Which rows of the timeline may be asked for, as SQL; empty: none."""

    sql: str
    params: list[object]


def _wanted(since: Mapping[str, datetime | None]) -> _Wanted:
    """Return the rows of each stored name as far back as its windows go, of an app's what may be meant."""
    either: list[str] = []
    params: list[object] = []
    for name, payload in PAYLOADS.items():
        meant = [event for event in since if payload.may_be(frozenset({event}))]
        if not meant:
            continue
        asked = ["t.name = %s"]
        params.append(name)
        starts = [since[event] for event in meant]
        if None not in starts:
            asked.append("t.occurred_at > %s")
            params.append(instant_param(min(start for start in starts if start)))
        if hints := payload.hints(frozenset(meant)):
            asked.append(f"({' OR '.join([f'{_place_of(Event)} > 0'] * len(hints))})")
            params.extend(hints)
        either.append(f"({' AND '.join(asked)})")
    return _Wanted(f"({' OR '.join(either)})" if either else "", params)


def _place_of(model: type[Event]) -> str:
    """Return the SQL for where a text stands in the payload; 0: nowhere."""
    if connection_of(model).vendor == "postgresql":
        return "strpos(t.payload, %s)"
    return "instr(t.payload, %s)"


def can_be_asked(event: str) -> bool:
    """Say whether a condition can ask for an event: segments ask each other, and not what they told."""
    return event not in OWN and any(one.may_be(frozenset({event})) for one in PAYLOADS.values())
