"""Writing down what came in, for the event debugger: one row an event, for a bounded time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dangol.core.behavior.identities import Person
from dangol.core.behavior.models import Entry
from dangol.core.behavior.preparing import TAKEN_OUT, Prepared
from dangol.core.behavior.purchases import Bought
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import insert_rows, select_matching, update_rows
from dangol.domain.errors import DomainError
from dangol.domain.personal_data import looks_personal

_COLUMNS = (
    "id", "received_at", "source", "kind", "name", "message", "person_id", "event_id", "problem", "details",
)  # fmt: skip
MOST_PROBLEMS, LONGEST_FACT = 10, 200
_encoder = msgspec.json.Encoder()


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong, as a refusal's code and facts: put into words where it is shown."""

    code: str
    data: dict[str, Any] = {}


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the debugger tells of an event beside its own columns. Ids are text.

    `values` are kept for an event that named nobody and so stands on no timeline. `caused` are pairs of a
    word (`order`, `return`, `merge`, `traits`, `view`, `person`) and what it is called. `notes` are worth
    knowing of an order, though nothing is wrong with it.
    """

    via: str = ""
    is_new: bool = False
    attached: tuple[str, ...] = ()
    absorbed: tuple[str, ...] = ()
    proposed: str | None = None
    taken: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    caused: tuple[tuple[str, str], ...] = ()
    values: dict[str, Any] | None = None
    original_at: datetime | None = None
    sent_at: datetime | None = None
    occurred_at: datetime | None = None


class Later(NamedTuple):
    """What showed of an event after it was written down: problems, and traits it did not tell after all."""

    problems: Sequence[DomainError]
    not_told: Collection[str] = ()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of an event once it is carried out."""

    id: Id
    event: Prepared
    person: Person | None
    event_id: Id | None
    bought: Bought | None
    caused: tuple[tuple[str, str], ...]
    sealed: tuple[str, ...]


def write_entries(written: Sequence[Written], *, source: str, received_at: datetime) -> None:
    """Write the events down. Inside the write transaction; one statement."""
    insert_rows(Entry, _COLUMNS, [_row(one, source, received_at) for one in written])


def amend_entries(found: Mapping[Id, Later]) -> None:
    """Add to events, by their entries' ids, what showed only later; those no longer kept are passed over.

    Must be called inside a write transaction; two statements. Told again, it changes nothing.
    """
    keys = [(one,) for one in sorted(found)]
    rows = select_matching(Entry, ("id", "details"), ("id",), keys)
    changed = []
    for entry_id, text in rows:
        details = _amended(msgspec.json.decode(text, type=Details), found[entry_id])
        first = details.problems[0].code if details.problems else ""
        changed.append((entry_id, first, _encoder.encode(details).decode()))
    update_rows(Entry, ("id",), ("problem", "details"), changed)


def _amended(details: Details, later: Later) -> Details:
    new = [one for one in map(_problem, later.problems) if one not in details.problems]
    gone = {("traits", name) for name in later.not_told}
    return msgspec.structs.replace(
        details,
        problems=(*details.problems, *new)[:MOST_PROBLEMS],
        caused=tuple(one for one in details.caused if one not in gone),
    )


def _row(one: Written, source: str, received_at: datetime) -> tuple[Any, ...]:
    message, problems = one.event.message, one.event.problems
    return (
        one.id, received_at, source, message.kind[:12], one.event.name, one.event.key,
        one.person.customer_id if one.person else None, one.event_id,
        problems[0].code if problems else "", _encoder.encode(_details(one)).decode(),
    )  # fmt: skip


def _details(one: Written) -> Details:
    event, person = one.event, one.person
    caused = one.caused
    if one.bought:
        caused = (*caused, (one.bought.what, show_id(one.bought.id)))
    return Details(
        via=person.via if person else "",
        is_new=bool(person and person.is_new),
        attached=person.attached if person else (),
        absorbed=tuple(map(show_id, person.absorbed)) if person else (),
        proposed=show_id(person.proposed) if person and person.proposed else None,
        taken=tuple(event.taken[:50]),
        sealed=one.sealed,
        problems=tuple(_problem(one) for one in event.problems[:MOST_PROBLEMS]),
        notes=tuple(_problem(one) for one in event.notes) if one.bought else (),
        caused=caused,
        values=None
        if person
        else {"properties": event.properties, "traits": event.traits, "context": event.context},
        original_at=event.message.original_at,
        sent_at=event.message.sent_at,
        occurred_at=event.occurred_at,
    )


def _problem(refusal: DomainError) -> Problem:
    return Problem(refusal.code, {name: _fact(value) for name, value in refusal.data.items()})


def _fact(value: Any) -> Any:
    """Return a fact as it is kept: some come from the sender as they are, so that they may be personal."""
    if looks_personal(str(value)):
        return TAKEN_OUT
    return value[:LONGEST_FACT] if isinstance(value, str) else value
