"""A guardian's consent for who is under 14: who consented, and who made sure of it, sealed with the person.

Act §22의2, decree §17의2: below 14 a member joins only when a guardian has consented and the shop has made
sure that it is the guardian. So it is where a birthday below 14 is told later, too (`profiles.set_people`).
The age is counted by the shop's calendar.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dangol.core.people.data_keys import find_data_keys
from dangol.core.people.identities import Kind, normalize_phone
from dangol.core.people.merged import absorbed_by
from dangol.core.people.models import Guardian
from dangol.core.people.names import normalize_name
from dangol.core.people.refused_values import EmptyValue, RefusedValue
from dangol.core.people.sealing import Place, Sealed, open_many, seal
from dangol.core.people.selectors import region_for, shop
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.calendars import day_of
from dangol.domain.duties import needs_guardian

_NAMES = ("customer_id", "confirmed_at", "source", "name_sealed", "phone_sealed")
_NAME, _PHONE = Place("dg_guardian", "name_sealed"), Place("dg_guardian", "phone_sealed")


class GuardianNeeded(RefusedValue):
    """Nobody has consented (`field`) for who is under 14, so they neither join nor have such a birthday."""

    code = "people.guardian_needed"


class GuardianDraft(NamedTuple):
    """A guardian who has consented, as typed; `source` is where it was made sure that it is them."""

    name: str
    phone: str
    source: str


class GuardianView(NamedTuple):
    """A guardian who has consented: who, when, and where it was made sure of."""

    name: str
    phone: str
    confirmed_at: datetime
    source: str


def is_needed(birthday: date | None, *, at: datetime) -> bool:
    """Say whether whoever was born on that day needs a guardian's consent, by the shop's calendar."""
    return birthday is not None and needs_guardian(birthday, day_of(at, shop().tz))


def require_guardian(birthday: date | None, guardian: GuardianDraft | None, *, at: datetime) -> None:
    """Raise GuardianNeeded where one is needed and none is given."""
    if guardian is None and is_needed(birthday, at=at):
        raise GuardianNeeded(field="guardian")


def read_guardian(guardian: GuardianDraft) -> tuple[str, str]:
    """Return name and phone in normal form; raises EmptyValue or RefusedValue for `guardian_…` fields."""
    for field in ("name", "phone"):
        if not getattr(guardian, field).strip():
            raise EmptyValue(field=f"guardian_{field}")
    try:
        return normalize_name(guardian.name), normalize_phone(guardian.phone, region=region_for([Kind.PHONE]))
    except RefusedValue as refusal:
        # Their own fields, not those of whoever joins.
        raise type(refusal)(**{**refusal.data, "field": f"guardian_{refusal.field}"}) from None


def record_guardian(customer_id: Id, guardian: GuardianDraft, *, at: datetime) -> None:
    """Keep who consented for a person, sealed under the person's key; the first one stands.

    Must be called inside a write transaction. Raises EmptyValue or RefusedValue, naming the field
    `guardian_name` or `guardian_phone`, or PersonErased.
    """
    require_write_transaction()
    name, phone = read_guardian(guardian)
    if Guardian.objects.filter(customer_id=customer_id).exists():
        return
    sealed = seal(customer_id, _NAME, name), seal(customer_id, _PHONE, phone)
    insert_rows(Guardian, _NAMES, [(customer_id, at, guardian.source, *sealed)])


def require_guardian_of(customer_id: Id, birthday: date | None, *, at: datetime) -> None:
    """Raise GuardianNeeded where somebody born on that day is under 14 and nobody has consented for them."""
    if birthday is not None and lack_guardian({customer_id: birthday}, at=at):
        raise GuardianNeeded(field="guardian")


def lack_guardian(birthdays: Mapping[Id, date], *, at: datetime) -> set[Id]:
    """Return who of these, born on these days, is under 14 and has nobody's consent on record.

    A consent for somebody who has become part of them holds for them. No statement where nobody is near 14,
    else three, however many they are.
    """
    # No zone is more than a day from UTC, so whoever is left out is 14 wherever the shop is.
    eve = at.date() - timedelta(days=1)
    young = {owner: day for owner, day in birthdays.items() if needs_guardian(day, eve)}
    if not young:
        return set()
    today = day_of(at, shop().tz)
    needing = {owner for owner, day in young.items() if needs_guardian(day, today)}
    families = absorbed_by(needing)
    everybody = {(one,) for owner in needing for one in (owner, *families.get(owner, ()))}
    rows = select_matching(Guardian, ("customer_id",), ("customer_id",), sorted(everybody))
    consented = {one for (one,) in rows}
    return {owner for owner in needing if consented.isdisjoint((owner, *families.get(owner, ())))}


def guardians_of(customer_ids: Iterable[Id]) -> dict[Id, GuardianView]:
    """Return who consented for these people, opened; nobody for the erased."""
    wanted = [(one,) for one in sorted(set(customer_ids))]
    rows = select_matching(Guardian, _NAMES, ("customer_id",), wanted)
    keys = find_data_keys({row[0] for row in rows}) if rows else {}
    there = [row for row in rows if row[0] in keys]
    names = open_many([Sealed(row[0], _NAME, bytes(row[3])) for row in there], keys)
    phones = open_many([Sealed(row[0], _PHONE, bytes(row[4])) for row in there], keys)
    return {
        row[0]: GuardianView(name, phone, row[1], row[2])
        for row, name, phone in zip(there, names, phones, strict=True)
        if isinstance(name, str) and isinstance(phone, str)
    }
