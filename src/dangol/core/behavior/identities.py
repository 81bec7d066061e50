"""Whom a batch of events is about: read at once, decided by the identity graph, written at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dangol.core.access.acts import merge_customers
from dangol.core.behavior.errors import IdDropped, IdUnfit, MergeRefused, NobodyNamed
from dangol.core.behavior.messages import PREVIOUS, Sender
from dangol.core.behavior.models import MergeProposal
from dangol.core.behavior.preparing import Prepared
from dangol.core.people.attaching import attach_identities
from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import Claim, Key, Value, find_owners, identity_keys
from dangol.core.people.merged import resolve_merged
from dangol.core.people.models import Customer, Identity
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import ERASED_KIND, region_for
from dangol.core.people.tombstones import IdentityErased, find_erased
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.rows import insert_missing, select_matching
from dangol.domain.errors import DomainError
from dangol.domain.identity_graph import Graph, Known, Match, by_priority

# Where an identity was told, as it is kept with it.
SOURCE = "events"
# Why a browser's customer became part of somebody's: kept with the merge, like a reason somebody typed.
REASON = "events: signed in"


@dataclass(slots=True)
class Person:
    """Whom an event is about, and what came of its ids; `via` is the kind of id they were found by."""

    customer_id: Id
    via: str
    is_new: bool
    attached: tuple[str, ...]
    absorbed: list[Id] = field(default_factory=list)
    proposed: Id | None = None


@dataclass(slots=True)
class _Read:
    """An event's ids in normal form."""

    event: Prepared
    values: list[Value]


def find_people(events: Sequence[Prepared], *, sender: Sender, recorded_at: datetime) -> list[Person | None]:
    """Return whom each event is about, having made and joined who was to be; None for who names nobody.

    Must be called inside the write transaction, before any customer is locked. A constant number of
    statements, and one merge for each browser whose person was known already. Raises attaching.Outrun.
    """
    direct = _find_direct(events)
    read = _read_values(events)
    keys = identity_keys(value for one in read for value in one.values)
    owners = find_owners(keys.values())
    _drop_erased(read, keys, owners)
    graph: Graph[Key, Id] = Graph(dict(owners), _held_by(read, keys, owners))
    matches = [_match(one, keys, graph) for one in read]
    final = _finals(matches)
    made = {match.person for match in matches if match and match.is_new}
    # Who was new and became part of somebody else in the same batch was never there.
    gone = {one for match in matches if match for one in match.absorbed if one in made}
    involved = {one for match in matches if match for one in (match.person, *match.absorbed)}
    attach_identities(
        _claims(matches, read, keys, final), made=made - gone,
        locked=(involved - gone).union(direct.values()), recorded_at=recorded_at, source=SOURCE,
    )  # fmt: skip
    people = [
        _directly(one.event, direct) or _person(match, one, final, gone)
        for match, one in zip(matches, read, strict=True)
    ]
    _merge(people, events, sender, recorded_at)
    _propose(people, events, recorded_at)
    return people


def _find_direct(events: Sequence[Prepared]) -> dict[Id, Id]:
    """Return who the customers are now whom events name by our own id; those nobody is are left out."""
    named = {one.message.customer_id for one in events if one.message.customer_id}
    if not named:
        return {}
    now = resolve_merged(named)
    rows = select_matching(
        Customer, ("customer_id", "kind"), ("customer_id",), [(one,) for one in sorted(set(now.values()))]
    )
    known = {customer_id for customer_id, kind in rows if kind != ERASED_KIND}
    return {one: current for one, current in now.items() if current in known}


def _directly(event: Prepared, direct: Mapping[Id, Id]) -> Person | None:
    wanted = event.message.customer_id
    if wanted is None:
        return None
    if wanted not in direct:
        event.problems.append(NobodyNamed())
        return None
    return Person(direct[wanted], "id", False, ())


def _claims(
    matches: Sequence[Match[Key, Id] | None],
    read: Sequence[_Read],
    keys: Mapping[Value, Key],
    final: Mapping[Id, Id],
) -> list[Claim]:
    """Return what names whom from now on, each value once."""
    claims: dict[Key, Claim] = {}
    for match, one in zip(matches, read, strict=True):
        if match:
            owner = final.get(match.person, match.person)
            claims |= {
                known.key: Claim(known.key, value, owner) for known, value in _attached(match, one, keys)
            }
    return list(claims.values())


def _read_values(events: Sequence[Prepared]) -> list[_Read]:
    kinds = {kind for one in events for kind, _ in one.ids}
    region = region_for(kinds & {Kind.PHONE.value})
    return [_Read(one, list(_values(one, region))) for one in events]


def _values(event: Prepared, region: str) -> Iterable[Value]:
    for kind, value in event.ids:
        kinds = (Kind.EXTERNAL, Kind.ANONYMOUS) if kind == PREVIOUS else (Kind(kind),)
        for one in kinds:
            try:
                yield one, normalize_identity(one, value, region=region)
            except RefusedValue as refusal:
                event.problems.append(IdUnfit(kind=str(one), why=refusal.code))


def _drop_erased(read: Sequence[_Read], keys: Mapping[Value, Key], owners: Mapping[Key, Id]) -> None:
    """Leave out values that named somebody who was erased: only they themselves come back."""
    fresh: dict[str, set[str]] = {}
    for kind, value in {value for one in read for value in one.values}:
        if keys[kind, value] not in owners:
            fresh.setdefault(kind, set()).add(value)
    erased = {(kind, value) for kind, values in fresh.items() for value in find_erased(kind, sorted(values))}
    if not erased:
        return
    for one in read:
        if buried := [value for value in one.values if value in erased]:
            one.values = [value for value in one.values if value not in erased]
            one.event.problems += [IdentityErased(kind=str(kind)) for kind, _ in buried]


def _held_by(
    read: Sequence[_Read], keys: Mapping[Value, Key], owners: Mapping[Key, Id]
) -> dict[Id, Counter[str]]:
    """Return how many ids of each kind those have whose events bring several; one statement, or none."""
    several = {
        owner
        for one in read
        if len(one.values) > 1
        for value in one.values
        if (owner := owners.get(keys[value]))
    }
    held: dict[Id, Counter[str]] = {one: Counter() for one in several}
    if several:
        rows = select_matching(
            Identity, ("customer_id", "kind"), ("customer_id",), [(one,) for one in sorted(several)]
        )
        for owner, kind in rows:
            held[owner][kind] += 1
    return held


def _match(one: _Read, keys: Mapping[Value, Key], graph: Graph[Key, Id]) -> Match[Key, Id] | None:
    ids = [Known(str(kind), keys[kind, value]) for kind, value in _settled(one, keys, graph)]
    match = graph.match(ids, random_id())
    for dropped in match.dropped if match else ():
        one.event.problems.append(IdDropped(kind=dropped.kind))
    return match


def _settled(one: _Read, keys: Mapping[Value, Key], graph: Graph[Key, Id]) -> list[Value]:
    """Return the event's values, where one that may be a user's or a browser's is what it is known as."""
    previous = [value for kind, value in one.event.ids if kind == PREVIOUS]
    if not previous:
        return one.values
    is_user = any(
        keys[value] in graph.owners
        for value in one.values
        if value[0] == Kind.EXTERNAL and value[1] in previous
    )
    other = Kind.ANONYMOUS if is_user else Kind.EXTERNAL
    return [value for value in one.values if not (value[0] == other and value[1] in previous)]


def _attached(
    match: Match[Key, Id], one: _Read, keys: Mapping[Value, Key]
) -> Iterable[tuple[Known[Key], str]]:
    by_key = {keys[value]: value[1] for value in one.values}
    return ((known, by_key[known.key]) for known in match.attached)


def _finals(matches: Sequence[Match[Key, Id] | None]) -> dict[Id, Id]:
    """Return who goes on for each who became part of somebody else in this batch, however often."""
    final: dict[Id, Id] = {}
    for match in matches:
        for one in match.absorbed if match else ():
            assert match is not None
            final[one] = match.person
            final |= {former: match.person for former, now in final.items() if now == one}
    return final


def _person(match: Match[Key, Id] | None, one: _Read, final: Mapping[Id, Id], gone: set[Id]) -> Person | None:
    if match is None:
        return None
    person = final.get(match.person, match.person)
    return Person(
        person,
        min((str(kind) for kind, _ in one.values), key=by_priority),
        match.is_new and person == match.person,
        tuple(known.kind for known in match.attached),
        [former for former in match.absorbed if former not in gone],
        match.proposed and final.get(match.proposed, match.proposed),
    )


def _merge(
    people: Sequence[Person | None], events: Sequence[Prepared], sender: Sender, recorded_at: datetime
) -> None:
    """Make one of a browser's customer and the person, as by hand: audited and undoable."""
    for person, event in zip(people, events, strict=True):
        for one in list(person.absorbed) if person else []:
            assert person is not None
            try:
                merge_customers(person.customer_id, one, actor=sender.actor, reason=REASON, at=recorded_at)
            except DomainError as refusal:
                person.absorbed.remove(one)
                event.problems.append(MergeRefused(why=refusal.code))


def _propose(people: Sequence[Person | None], events: Sequence[Prepared], recorded_at: datetime) -> None:
    found = {}
    for person, event in zip(people, events, strict=True):
        if person and person.proposed and person.proposed != person.customer_id:
            pair = min(person.customer_id, person.proposed), max(person.customer_id, person.proposed)
            via = next((one.data["kind"] for one in event.problems if isinstance(one, IdDropped)), "")
            found[pair] = (*pair, via, recorded_at)
    insert_missing(
        MergeProposal, ("customer_id", "other_id", "via", "found_at"),
        [found[pair] for pair in sorted(found)],
    )  # fmt: skip
