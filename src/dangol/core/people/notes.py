"""What staff note about a customer: sealed under the person's key, and gone with them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.services import lock_customers
from dangol.core.people.actors import Actor, columns_of, fitting
from dangol.core.people.data_keys import find_data_keys
from dangol.core.people.models import Customer, Note
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.refused_values import EmptyValue
from dangol.core.people.sealing import Place, Sealed, open_many, seal
from dangol.core.people.takeout import Fact, Section
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import delete_rows, insert_rows, select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, NotFound

LONGEST = 2_000
_NAMES = ("customer_id", "id", "number", "at", "actor_kind", "actor", "actor_name", "text_sealed")


class UnknownNote(NotFound):
    """The customer has no such note (`note`)."""

    code = "people.unknown_note"


class NotYourNote(DomainError):
    """A note is changed and deleted by who wrote it, `name`."""

    code = "people.not_your_note"


class NoteView(NamedTuple):
    """A note as it stands. `text` is None where it cannot be opened now; `number` counts its versions."""

    id: Id
    customer_id: Id
    written_at: datetime
    edited_at: datetime
    number: int
    actor: str
    actor_name: str
    text: str | None


def _place(note_id: Id, number: int) -> Place:
    return Place("dg_note", "text_sealed", note_id + number.to_bytes(2))


def _kept(text: str) -> str:
    kept = text.strip()[:LONGEST]
    if not kept:
        raise EmptyValue(field="text")
    return kept


def write_note(customer_id: Id, note_id: Id, text: str, *, actor: Actor, at: datetime) -> None:
    """Note something about a customer; under an id that is there already nothing is written.

    Raises EmptyValue, UnknownCustomer or PersonErased.
    """
    kept = _kept(text)
    with write_transaction():
        lock_customers([customer_id])
        if not Customer.objects.filter(customer_id=customer_id).exists():
            raise UnknownCustomer(customer_id=show_id(customer_id))
        if not Note.objects.filter(customer_id=customer_id, id=note_id).exists():
            _insert(customer_id, note_id, 1, kept, actor, at)


def edit_note(customer_id: Id, note_id: Id, text: str, *, actor: Actor, at: datetime) -> None:
    """Let a note say something else, as a new version. Raises EmptyValue, UnknownNote or NotYourNote."""
    kept = _kept(text)
    with write_transaction():
        lock_customers([customer_id])
        number = _number_of_own(customer_id, note_id, actor)
        _insert(customer_id, note_id, number + 1, kept, actor, at)


def delete_note(customer_id: Id, note_id: Id, *, actor: Actor) -> None:
    """Delete a note with all its versions. Raises UnknownNote or NotYourNote."""
    with write_transaction():
        lock_customers([customer_id])
        _number_of_own(customer_id, note_id, actor)
        delete_rows(Note, ("customer_id", "id"), [(customer_id, note_id)])


def _number_of_own(customer_id: Id, note_id: Id, actor: Actor) -> int:
    versions = Note.objects.filter(customer_id=customer_id, id=note_id).order_by("-number")
    last = versions.values_list("number", "actor", "actor_name").first()
    if last is None:
        raise UnknownNote(note=show_id(note_id))
    if last[1] != fitting(actor).key:
        raise NotYourNote(name=last[2] or last[1])
    return int(last[0])


def _insert(customer_id: Id, note_id: Id, number: int, text: str, actor: Actor, at: datetime) -> None:
    sealed = seal(customer_id, _place(note_id, number), text)
    who = columns_of(actor).values()
    insert_rows(Note, _NAMES, [(customer_id, note_id, number, at, *who, sealed)])


def notes_of(customer_ids: Iterable[Id], *, latest: int | None = None) -> list[NoteView]:
    """Return the notes about these customers as they stand, the latest written first; `latest`: so many."""
    wanted = [(one,) for one in sorted(set(customer_ids))]
    rows = select_matching(Note, _NAMES, ("customer_id",), wanted, order_by=("customer_id", "id", "number"))
    first: dict[Id, datetime] = {}
    last = {}
    for row in rows:
        first.setdefault(row[1], row[3])
        last[row[1]] = row
    order = sorted(last.values(), key=lambda row: (first[row[1]], row[1]), reverse=True)[:latest]
    keys = find_data_keys({row[0] for row in order}) if order else {}
    opened = [row for row in order if row[0] in keys]
    texts = open_many([Sealed(row[0], _place(row[1], row[2]), bytes(row[7])) for row in opened], keys)
    known = {row[1]: text for row, text in zip(opened, texts, strict=True) if isinstance(text, str)}
    return [
        NoteView(row[1], row[0], first[row[1]], row[3], row[2], row[5], row[6], known.get(row[1]))
        for row in order
    ]


def read_notes(customer_ids: Iterable[Id]) -> list[Fact]:
    """Return what staff have noted about them, as it stands."""
    return [
        {"customer_id": show_id(one.customer_id), "at": one.edited_at, "by": one.actor_name, "text": one.text}
        for one in notes_of(customer_ids)
    ]


NOTES = Section("notes", read_notes)
