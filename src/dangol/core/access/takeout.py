"""A person's own data, to be handed to them: read at one instant, and written down that it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dangol.core.access.errors import NobodyThere
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.models import AccessEntry
from dangol.core.people.actors import Actor
from dangol.core.people.merged import family_of
from dangol.core.people.models import Customer
from dangol.core.people.sealing import PersonErased
from dangol.core.people.selectors import ERASED_KIND
from dangol.core.people.takeout import Fact, Section, sections
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.transactions import write_transaction

SCHEMA = "dangol.person/1"


class Takeout(NamedTuple):
    """All that is held about a person. `ids` are all they are known by here, the one that goes on first."""

    ids: tuple[Id, ...]
    at: datetime
    sections: dict[str, list[Fact]]

    def as_document(self) -> dict[str, Any]:
        """Return it as one document that JSON can hold."""
        return {
            "schema": SCHEMA,
            "customer_ids": [show_id(one) for one in self.ids],
            "at": self.at.isoformat(),
            **self.sections,
        }

    def as_json(self) -> bytes:
        """Return it as JSON, instants in UTC."""
        return msgspec.json.format(msgspec.json.encode(self.as_document()), indent=2)


def take_out(customer_id: Id, *, actor: Actor, reason: str, at: datetime) -> Takeout:
    """Return all that is held about a person, whole, under all their ids, and write down that it was read.

    Raises ReasonMissing, NobodyThere, or PersonErased, of whom nothing is left to be handed to anyone.
    """
    with write_transaction():
        ids = family_of(customer_id)
        kinds = dict(Customer.objects.filter(customer_id__in=ids).values_list("customer_id", "kind"))
        if ids[0] not in kinds:
            raise NobodyThere(customer_id=show_id(customer_id))
        if kinds[ids[0]] == ERASED_KIND:
            raise PersonErased(customer_id=show_id(customer_id))
        found = {section.name: list(section.read(ids)) for section in sections()}
        record_access([AccessDraft(Access.TAKEOUT, actor, reason, ids[0], tuple(found))], at=at)
    return Takeout(tuple(ids), at, found)


def read_entries(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return who looked at them, when, at what and why. The address is the staff's, and not told."""
    names = ("at", "actor_kind", "actor_name", "action", "seen", "reason")
    rows = select_matching(
        AccessEntry, names, ("subject_id",), [(one,) for one in customer_ids], order_by=("at", "id")
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


ACCESS = Section("access", read_entries)
