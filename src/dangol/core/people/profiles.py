"""Writing what we know about people, any number at a time: sealed, found by hashes, unique across all."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.data_keys import Erased, PersonKeyMissing
from dangol.core.people.declared import Trait, check_birthday, check_language, check_traits
from dangol.core.people.events import CustomerUpdated
from dangol.core.people.guardians import (
    GuardianDraft,
    GuardianNeeded,
    lack_guardian,
    read_guardian,
    record_guardian,
)
from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import (
    Claim,
    Key,
    Value,
    claim_identities,
    ending_tokens,
    find_owners,
    identity_keys,
    name_tokens,
    release_identities,
    replace_tokens,
)
from dangol.core.people.lost_keys import keep_data_keys
from dangol.core.people.models import Customer, Identity
from dangol.core.people.names import normalize_name
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.sealing import PersonErased, Place, Sealed, open_with, seal_with
from dangol.core.people.selectors import ERASED_KIND, MERGED, region_for
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.errors import DomainError, NotFound

_SEALED = ("name", "birthday", "traits")
_COLUMNS = ("name_sealed", "birthday_sealed", "traits_sealed", "language", "home_store_id")


class IdentityTaken(DomainError):
    """Another customer has this identity already; `kind` says which. Correct it, or merge the two."""

    code = "people.identity_taken"


class UnknownCustomer(NotFound):
    """There is no customer with this id (`customer_id`)."""

    code = "people.unknown_customer"


class NotThemselves(DomainError):
    """The customer (`customer_id`) has become part of another one: `merged.resolve_merged` names that one."""

    code = "people.merged"


class PersonRow(NamedTuple):
    """What is newly known about someone. None leaves a field as it is.

    An identity replaces the person's earlier one of its kind. Traits are merged by their keys; a trait of
    None is taken away. A guardian is kept only where a birthday below 14 asks for one.
    """

    customer_id: Id
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    card: str | None = None
    birthday: date | None = None
    language: str | None = None
    home_store_id: Id | None = None
    traits: Mapping[str, Trait | None] | None = None
    guardian: GuardianDraft | None = None


class _Wish(NamedTuple):
    """A row in normal form."""

    customer_id: Id
    identities: dict[Kind, str]
    fields: dict[str, Any]  # name, birthday as text; language, home_store_id; traits as a mapping


_Judged: TypeAlias = "_Wish | DomainError"


def set_people(
    rows: Sequence[PersonRow],
    *,
    recorded_at: datetime,
    occurred_at: datetime | None = None,
    source: str = "",
) -> list[DomainError | None]:
    """Store what the rows say and record `customer.updated` for whoever changed; repeats change nothing.

    Must be called inside a write transaction; a constant number of statements. Returns for each row None,
    or why all of it was refused: RefusedValue, IdentityTaken, UnknownCustomer, NotThemselves, PersonErased,
    PersonKeyMissing, or GuardianNeeded for a birthday below 14 of who has nobody's consent.
    Rows are judged in order: an identity that an earlier row has taken is taken, of two rows about one person
    the later one wins field by field. `source` is kept with what is new of identities: where they were told.
    """
    require_write_transaction()
    judged: list[_Judged] = _read_rows(rows, recorded_at)
    data_keys = _judge_people(judged)
    consents = _judge_guardians(judged, rows, recorded_at)
    keys = identity_keys(value for wish in _accepted(judged) for value in wish.identities.items())
    before = _judge_claims(judged, keys)
    won = _claim(judged, keys, before, data_keys, recorded_at, source)

    wishes = _merged(_accepted(judged))
    if wishes:
        lock_customers(wishes)
        changed = _store(wishes, data_keys)
        for owner, kinds in _replace_identities(_claims_of(wishes.values(), keys), won).items():
            changed.setdefault(owner, set()).update(kinds)
        for owner, guardian in consents.items():
            if owner in wishes:
                record_guardian(owner, guardian, at=recorded_at)
        record_batch(
            [
                Draft(owner, CustomerUpdated(fields=tuple(sorted(fields))), occurred_at or recorded_at)
                for owner, fields in changed.items()
            ],
            recorded_at=recorded_at,
        )
    return [one if isinstance(one, DomainError) else None for one in judged]


def _accepted(judged: Iterable[_Judged]) -> list[_Wish]:
    return [one for one in judged if isinstance(one, _Wish)]


def _read_rows(rows: Sequence[PersonRow], recorded_at: datetime) -> list[_Judged]:
    region = region_for([Kind.PHONE] if any(row.phone is not None for row in rows) else [])
    judged: list[_Judged] = []
    for row in rows:
        try:
            judged.append(_read_row(row, region, recorded_at.date()))
        except RefusedValue as refusal:
            judged.append(refusal)
    return judged


def _read_row(row: PersonRow, region: str, today: date) -> _Wish:
    given = {Kind.EMAIL: row.email, Kind.PHONE: row.phone, Kind.CARD: row.card}
    identities = {
        kind: normalize_identity(kind, value, region=region)
        for kind, value in given.items()
        if value is not None
    }
    fields = {
        "name": None if row.name is None else normalize_name(row.name),
        "birthday": None if row.birthday is None else check_birthday(row.birthday, today=today),
        "language": None if row.language is None else check_language(row.language),
        "home_store_id": row.home_store_id,
        "traits": None if row.traits is None else check_traits(row.traits),
    }
    given_fields = {field: value for field, value in fields.items() if value is not None}
    return _Wish(row.customer_id, identities, given_fields)


def _judge_people(judged: list[_Judged]) -> dict[Id, AESGCM]:
    """Refuse rows about nobody and about erased people; returns the others' keys, made where missing."""
    wanted = [(owner,) for owner in {wish.customer_id for wish in _accepted(judged)}]
    kinds: dict[Id, str] = dict(select_matching(Customer, ("customer_id", "kind"), ("customer_id",), wanted))
    known = kinds.keys()
    data_keys, lost = keep_data_keys(known)
    for number, one in enumerate(judged):
        if isinstance(one, DomainError):
            continue
        if one.customer_id not in known:
            judged[number] = UnknownCustomer(customer_id=show_id(one.customer_id))
        elif kinds[one.customer_id] == MERGED:
            judged[number] = NotThemselves(customer_id=show_id(one.customer_id))
        elif one.customer_id in lost:
            judged[number] = PersonKeyMissing(customer_id=show_id(one.customer_id))
        elif kinds[one.customer_id] == ERASED_KIND or isinstance(data_keys[one.customer_id], Erased):
            judged[number] = PersonErased(customer_id=show_id(one.customer_id))
    return {owner: key for owner, key in data_keys.items() if not isinstance(key, Erased)}


def _judge_guardians(
    judged: list[_Judged], rows: Sequence[PersonRow], recorded_at: datetime
) -> dict[Id, GuardianDraft]:
    """Refuse birthdays below 14 without a guardian's consent; returns the consents that are to be kept."""
    told = [
        (number, row, row.birthday)
        for number, (row, one) in enumerate(zip(rows, judged, strict=True))
        if row.birthday is not None and isinstance(one, _Wish)
    ]
    # Of two birthdays of one person the youngest asks: both rows are judged by it.
    lacking = lack_guardian(_youngest((row.customer_id, day) for _, row, day in told), at=recorded_at)
    given: dict[Id, GuardianDraft] = {}
    for number, row, _ in told:
        owner = row.customer_id
        if owner not in lacking:
            continue
        if row.guardian is None:
            if owner not in given:
                judged[number] = GuardianNeeded(field="guardian")
            continue
        try:
            read_guardian(row.guardian)
        except RefusedValue as refusal:
            judged[number] = refusal
        else:
            given.setdefault(owner, row.guardian)
    return given


def _youngest(birthdays: Iterable[tuple[Id, date]]) -> dict[Id, date]:
    youngest: dict[Id, date] = {}
    for owner, day in birthdays:
        youngest[owner] = max(day, youngest.get(owner, day))
    return youngest


def _judge_claims(judged: list[_Judged], keys: Mapping[Value, Key]) -> dict[Key, Id]:
    """Refuse rows whose identities somebody else or a row before them has; returns the owners now."""
    before = find_owners(keys.values())
    owners = dict(before)
    for number, one in enumerate(judged):
        if isinstance(one, DomainError):
            continue
        claims = {kind: keys[kind, value] for kind, value in one.identities.items()}
        for kind, key in claims.items():
            if owners.get(key, one.customer_id) != one.customer_id:
                judged[number] = IdentityTaken(kind=str(kind))
                break
        else:
            owners |= dict.fromkeys(claims.values(), one.customer_id)
    return before


def _claims_of(wishes: Iterable[_Wish], keys: Mapping[Value, Key]) -> list[Claim]:
    return [
        Claim(keys[kind, value], value, wish.customer_id)
        for wish in wishes
        for kind, value in wish.identities.items()
    ]


def _claim(
    judged: list[_Judged],
    keys: Mapping[Value, Key],
    before: Mapping[Key, Id],
    data_keys: Mapping[Id, AESGCM],
    recorded_at: datetime,
    source: str,
) -> set[Key]:
    """Claim what the rows want and nobody has; returns what is newly theirs.

    Rows that lost to another transaction since we looked are refused, and let go of what they got.
    """
    claims = {claim.key: claim for claim in _claims_of(_accepted(judged), keys)}
    fresh = [claim for key, claim in claims.items() if key not in before]
    owners = {**before, **claim_identities(fresh, data_keys, recorded_at=recorded_at, source=source)}
    won = {claim.key for claim in fresh if owners[claim.key] == claim.customer_id}
    lost: set[Key] = set()
    for number, one in enumerate(judged):
        if isinstance(one, DomainError):
            continue
        mine = {kind: keys[kind, value] for kind, value in one.identities.items()}
        taken = [kind for kind, key in mine.items() if owners[key] != one.customer_id]
        if taken:
            judged[number] = IdentityTaken(kind=str(taken[0]))
            lost.update(won.intersection(mine.values()))
    release_identities(lost)
    return won - lost


def _merged(wishes: Iterable[_Wish]) -> dict[Id, _Wish]:
    """Return one wish a person: of two rows the later one wins, field by field and trait by trait."""
    merged: dict[Id, _Wish] = {}
    for wish in wishes:
        if earlier := merged.get(wish.customer_id):
            traits = earlier.fields.get("traits", {}) | wish.fields.get("traits", {})
            fields = earlier.fields | wish.fields | ({"traits": traits} if traits else {})
            wish = _Wish(wish.customer_id, earlier.identities | wish.identities, fields)
        merged[wish.customer_id] = wish
    return merged


def _store(wishes: Mapping[Id, _Wish], data_keys: Mapping[Id, AESGCM]) -> dict[Id, set[str]]:
    """Write the fields that differ from what is there; returns their names for each person who changed."""
    rows = select_matching(
        Customer, ("customer_id", "kind", *_COLUMNS), ("customer_id",), [(owner,) for owner in wishes]
    )
    changed: dict[Id, dict[str, Any]] = {}
    updates = []
    for owner, kind, *columns in rows:
        if kind == MERGED:  # between our look and the lock
            raise NotThemselves(customer_id=show_id(owner))
        stored, key = dict(zip(_COLUMNS, columns, strict=True)), data_keys[owner]
        if fresh := _differences(wishes[owner], stored, key):
            changed[owner] = fresh
            stored |= dict(_written(owner, field, value, key) for field, value in fresh.items())
            updates.append((owner, *stored.values()))
    update_rows(Customer, ("customer_id",), _COLUMNS, updates)
    names = {owner: fresh["name"] for owner, fresh in changed.items() if "name" in fresh}
    replace_tokens(name_tokens(names))
    return {owner: set(fresh) for owner, fresh in changed.items()}


def _written(owner: Id, field: str, value: Any, key: AESGCM) -> tuple[str, Any]:
    if field not in _SEALED:
        return field, value
    place = _place(field)
    return place.column, seal_with(key, owner, place, value)


def _place(field: str) -> Place:
    return Place("dg_customer", f"{field}_sealed")


def _differences(wish: _Wish, stored: Mapping[str, Any], key: AESGCM) -> dict[str, Any]:
    """Return the wish's fields that differ from what is stored, in the form in which they are stored."""
    different = {}
    for field, value in wish.fields.items():
        if field in _SEALED:
            sealed = Sealed(wish.customer_id, _place(field), stored[_place(field).column])
            earlier = None if sealed.blob is None else open_with(key, sealed)
        else:
            earlier = stored[field]
        if field == "traits":
            earlier = earlier or "{}"
            value = _merge_traits(earlier, value)
        if value != earlier:
            different[field] = value
    return different


def _merge_traits(earlier: str, declared: Mapping[str, Trait | None]) -> str:
    merged = msgspec.json.decode(earlier) | declared
    kept = {trait: value for trait, value in sorted(merged.items()) if value is not None}
    return msgspec.json.encode(kept).decode()


def _replace_identities(claims: Sequence[Claim], won: Collection[Key]) -> dict[Id, set[str]]:
    """Let go of the identities that another of their kind replaces; returns the kinds that changed."""
    wanted = {(claim.customer_id, claim.key[0]): claim for claim in claims}
    rows = select_matching(
        Identity,
        ("customer_id", "kind", "value_hash"),
        ("customer_id",),
        [(owner,) for owner in {owner for owner, _ in wanted}],
    )
    replaced = [
        (kind, value_hash)
        for owner, kind, value_hash in rows
        if (owner, kind) in wanted and wanted[owner, kind].key != (kind, value_hash)
    ]
    release_identities(replaced)
    fresh = [claim for claim in wanted.values() if claim.key in won]
    replace_tokens(ending_tokens(fresh))
    changed: dict[Id, set[str]] = defaultdict(set)
    for claim in fresh:
        changed[claim.customer_id].add(str(claim.key[0]))
    return changed
