"""Enrolling: one new member, with all that is known of them, or nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.declared import Trait
from dangol.core.people.guardians import GuardianDraft, require_guardian
from dangol.core.people.identities import Kind
from dangol.core.people.profiles import IdentityTaken, PersonRow, set_people
from dangol.core.people.refused_values import EmptyValue
from dangol.core.people.services import find_or_make_customers, join_members
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.errors import DomainError

# By which of several identities a newcomer is made: the shop's own number first.
_ORDER = (Kind.EXTERNAL, Kind.PHONE, Kind.EMAIL, Kind.CARD)


class Enrollment(NamedTuple):
    """Someone who joins: identities by their kind (at least one), what else they said, where (`source`)."""

    identities: Mapping[Kind, str]
    name: str | None = None
    birthday: date | None = None
    language: str | None = None
    home_store_id: Id | None = None
    traits: Mapping[str, Trait | None] | None = None
    joined_at: datetime | None = None
    # Needed below 14; of anybody older nothing is kept of it.
    guardian: GuardianDraft | None = None
    source: str = ""


def enroll(new: Enrollment, *, recorded_at: datetime) -> Id:
    """Make a member; returns who it is.

    Must be called inside a write transaction, which whoever is refused has to let go of. Raises RefusedValue,
    IdentityTaken where somebody has one of the identities already, or GuardianNeeded for who is under 14 and
    has nobody's consent.
    """
    require_write_transaction()
    require_guardian(new.birthday, new.guardian, at=recorded_at)
    kinds = [kind for kind in _ORDER if kind in new.identities]
    if not kinds:
        raise EmptyValue(field="identities")
    first, value = kinds[0], new.identities[kinds[0]]
    found = find_or_make_customers(first, [value], recorded_at=recorded_at, source=new.source)
    owner = found.owners[value]
    if owner not in found.made:
        raise IdentityTaken(kind=str(first))
    _raise_first(set_people([_row(owner, new, first)], recorded_at=recorded_at, source=new.source))
    joined = {owner: new.joined_at or recorded_at}
    join_members([owner], recorded_at=recorded_at, joined_at=joined, via={owner: str(first)})
    return owner


def _row(owner: Id, new: Enrollment, first: Kind) -> PersonRow:
    given = {kind: value for kind, value in new.identities.items() if kind != first}
    return PersonRow(
        owner, new.name, given.get(Kind.EMAIL), given.get(Kind.PHONE), given.get(Kind.CARD),
        new.birthday, new.language, new.home_store_id, new.traits, new.guardian,
    )  # fmt: skip


def give_consents(drafts: Sequence[ConsentDraft], *, recorded_at: datetime) -> list[Id]:
    """Record one person's consents, all or none; returns their ids. Raises the first refusal."""
    outcomes = record_consents(drafts, recorded_at=recorded_at)
    _raise_first([outcome.refusal for outcome in outcomes])
    return [outcome.id for outcome in outcomes if outcome.id]


def _raise_first(refusals: Sequence[DomainError | None]) -> None:
    refusal = next(filter(None, refusals), None)
    if refusal:
        raise refusal
