"""Traits that are told: by an app that knows the customer, by a report, one value of a name a customer."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import NamedTuple

import msgspec
from django.db.models import F, Q

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.merged import absorbed_by
from dangol.core.people.sealing import PersonErased
from dangol.core.people.selectors import find_erased
from dangol.core.segments.catalog import Provider, TraitSpec, is_provided, is_reported
from dangol.core.segments.events import TraitsReported
from dangol.core.segments.models import Trait, TraitName
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import (
    Row,
    delete_rows,
    insert_missing,
    insert_rows,
    select_matching,
    sorted_ids,
    update_rows,
)
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.conditions import Kind, TraitType, Value
from dangol.domain.errors import DomainError, Malformed
from dangol.domain.personal_data import is_personal_name, looks_personal
from dangol.domain.trait_names import LONGEST_NAME, is_trait_name

LONGEST_TEXT, MOST_ITEMS = 500, 100
# As exactly as this is known when a name was told last: not each event writes it.
NOTED_EVERY = timedelta(days=1)
_ROW = ("customer_id", "name", "value", "at", "source")
# What is stored where a value was taken away, so that none as of before comes back; a text has quotes.
_NOTHING = "null"
# From here on a number may be of a payment card, or a resident's.
_LONG = 10**12
_encoder = msgspec.json.Encoder()


class NotATraitName(Malformed):
    """`name` is of letters (small ones), digits, `_` and dots, at most 64."""

    code = "traits.bad_name"


class TraitProvided(Malformed):
    """The trait `name` is Dangol's own, told by itself or by its models: nobody else may tell it."""

    code = "traits.provided"


class PersonalTrait(Malformed):
    """The trait `name` is personal, by its name or by what it holds; the member has fields for that."""

    code = "traits.personal"


class NotATraitValue(Malformed):
    """The value of `name` is none a trait can have; `reason` says why."""

    code = "traits.bad_value"


class TraitOfAnotherKind(DomainError):
    """The trait `name` has always been of `kind`, and this value is of `given`."""

    code = "traits.other_kind"


class TraitDraft(NamedTuple):
    """A value told of a customer, by `source`; None takes it away. `at` is as of when it holds."""

    customer_id: Id
    name: str
    value: Value | None
    at: datetime
    source: str


def report_traits(drafts: Sequence[TraitDraft], *, recorded_at: datetime) -> list[DomainError | None]:
    """Store traits and record `traits.reported` for whoever's changed; returns a refusal for each, or None.

    Must be called inside a write transaction; a constant number of statements. The later value of a name
    counts; one as of an earlier instant than what is stored, or was taken away, changes nothing. A name keeps
    the kind it was first told with. Refusals: PersonErased, NotATraitName, TraitProvided,
    PersonalTrait, NotATraitValue, TraitOfAnotherKind.
    """
    require_write_transaction()
    # Lock before looking: who was erased meanwhile is told nothing, and who is going to be is forgotten then.
    lock_customers(draft.customer_id for draft in drafts)
    erased = find_erased(draft.customer_id for draft in drafts)
    outcomes = [_check(draft, erased) for draft in drafts]
    kinds = _kinds(drafts, outcomes, recorded_at)
    for number, draft in enumerate(drafts):
        if outcomes[number] is None and draft.value is not None:
            given = kind_of(draft.value)
            if kinds[draft.name] is not given:
                facts = {"name": draft.name, "kind": kinds[draft.name].value, "given": given.value}
                outcomes[number] = TraitOfAnotherKind(**facts)
    accepted = [draft for draft, refusal in zip(drafts, outcomes, strict=True) if refusal is None]
    _store(accepted, recorded_at)
    return outcomes


def _check(draft: TraitDraft, erased: Container[Id]) -> DomainError | None:
    if draft.customer_id in erased:
        return PersonErased(customer_id=show_id(draft.customer_id))
    if not is_trait_name(draft.name):
        return NotATraitName(name=draft.name[:LONGEST_NAME])
    if is_provided(draft.name) or is_reported(draft.name):
        return TraitProvided(name=draft.name)
    if reason := _fault_of(draft.value):
        return NotATraitValue(name=draft.name, reason=reason)
    return PersonalTrait(name=draft.name) if _is_personal(draft.name, draft.value) else None


def _is_personal(name: str, value: Value | None) -> bool:
    """Say whether a trait is what is taken out of behavior, too (domain.tracked_values)."""
    if value is None or isinstance(value, bool):
        return False
    if is_personal_name(name.rpartition(".")[2]):
        return True
    if isinstance(value, int | Decimal):
        number = abs(Decimal(value))
        return number >= _LONG and looks_personal(format(number, "f"))
    texts = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
    return any(looks_personal(text) for text in texts)


def _fault_of(value: Value | None) -> str:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return "too_long"
    if isinstance(value, tuple) and (
        len(value) > MOST_ITEMS or any(len(item) > LONGEST_TEXT for item in value)
    ):
        return "too_long"
    if isinstance(value, datetime) and value.tzinfo is None:
        return "no_zone"
    if isinstance(value, Decimal) and not value.is_finite():
        return "no_number"
    return ""


def kind_of(value: Value) -> Kind:
    """Return the kind a value is of."""
    for types, kind in _KINDS:
        if isinstance(value, types):
            return kind
    raise TypeError(type(value).__name__)


# In this order: a bool is an int, an instant is a date.
_KINDS: tuple[tuple[type | tuple[type, ...], Kind], ...] = (
    (bool, Kind.FLAG),
    (str, Kind.TEXT),
    ((int, Decimal), Kind.NUMBER),
    (datetime, Kind.INSTANT),
    (date, Kind.DATE),
    (tuple, Kind.LIST),
)


def _kinds(
    drafts: Sequence[TraitDraft], outcomes: Sequence[DomainError | None], recorded_at: datetime
) -> dict[str, Kind]:
    """Return the kind of each name, noted now where it is told for the first time."""
    told = {
        draft.name: kind_of(draft.value)
        for draft, refusal in reversed(list(zip(drafts, outcomes, strict=True)))
        if refusal is None and draft.value is not None
    }
    return note_names(told, at=recorded_at)


def note_names(told: Mapping[str, Kind], *, at: datetime) -> dict[str, Kind]:
    """Note that these names were told, to the day; returns of which kind each is, as it was told first.

    Must be called inside a write transaction; at most three statements.
    """
    names = sorted(told)
    insert_missing(
        TraitName,
        ("name", "kind", "first_at", "last_at"),
        [(name, told[name].value, at, at) for name in names],
    )
    rows = select_matching(TraitName, ("name", "kind", "last_at"), ("name",), [(name,) for name in names])
    stale = [(name, at) for name, _, last_at in rows if last_at is None or at - last_at >= NOTED_EVERY]
    update_rows(TraitName, ("name",), ("last_at",), stale)
    return {name: Kind(kind) for name, kind, _ in rows}


def _store(drafts: Sequence[TraitDraft], recorded_at: datetime) -> None:
    keys = sorted({(draft.customer_id, draft.name) for draft in drafts})
    rows = select_matching(Trait, _ROW, ("customer_id", "name"), keys)
    before = {row[:2]: row for row in rows}
    after = dict(before)
    for draft in drafts:
        key = (draft.customer_id, draft.name)
        if key in after and after[key][3] > draft.at:
            continue
        after[key] = (*key, encode_value(draft.value), draft.at, draft.source)
    touched = [key for key in keys if after.get(key) != before.get(key)]
    delete_rows(Trait, ("customer_id", "name"), [key for key in touched if key in before])
    insert_rows(Trait, _ROW, [after[key] for key in touched if key in after])
    _tell([key for key in touched if _value(after.get(key)) != _value(before.get(key))], drafts, recorded_at)


def encode_value(value: Value | None) -> str:
    """Return a value as it is stored; None where it was taken away."""
    return _encoder.encode(value).decode()


def _value(row: "tuple[object, ...] | None") -> object:
    return row[2] if row and row[2] != _NOTHING else None


def _tell(changed: Iterable[tuple[Id, str]], drafts: Sequence[TraitDraft], recorded_at: datetime) -> None:
    sources = {(draft.customer_id, draft.name): draft for draft in drafts}
    names: dict[tuple[Id, str], list[str]] = {}
    for customer_id, name in changed:
        names.setdefault((customer_id, sources[customer_id, name].source), []).append(name)
    record_batch(
        [
            Draft(customer_id, TraitsReported(source=source, names=tuple(own)), recorded_at)
            for (customer_id, source), own in names.items()
        ],
        recorded_at=recorded_at,
    )


def traits_of(customer_id: Id) -> list[tuple[str, Value, datetime, str]]:
    """Return what was told of a person: name, value, as of when, by whom; by name."""
    told = _read_told([customer_id])[customer_id]
    kinds = known_kinds(told)
    return [
        (name, _decode(kinds[name], value), at, source) for name, (value, at, source) in sorted(told.items())
    ]


def _read_told(
    customer_ids: Sequence[Id], names: Iterable[str] | None = None
) -> dict[Id, dict[str, tuple[str, datetime, str]]]:
    """Return what holds of each of these people by name (all names, or these): value, as of when, by whom.

    What was told of a customer stays theirs when they become part of somebody else, as what happened does. So
    a person is read under all their ids: the latest counts, and of two as of one instant that of who goes on.
    """
    absorbed = absorbed_by(customer_ids)
    parts = {one: [one, *absorbed.get(one, ())] for one in customer_ids}
    owned: dict[Id, list[Row]] = defaultdict(list)
    everybody = sorted_ids(part for own in parts.values() for part in own)
    wanted = None if names is None else sorted(names)
    keys = ("customer_id",) if wanted is None else ("customer_id", "name")
    given = product(everybody) if wanted is None else product(everybody, wanted)
    for customer_id, *row in select_matching(Trait, _ROW, keys, list(given)):
        owned[customer_id].append(tuple(row))
    found: dict[Id, dict[str, tuple[str, datetime, str]]] = {}
    for owner, own in parts.items():
        told: dict[str, tuple[str, datetime, str]] = {}
        for name, value, at, source in (row for part in own for row in owned[part]):
            if name not in told or told[name][1] < at:
                told[name] = (value, at, source)
        found[owner] = {name: one for name, one in told.items() if one[0] != _NOTHING}
    return found


def highest_told(
    name: str, *, limit: int, before: tuple[Decimal, Id] | None = None
) -> list[tuple[Id, Decimal]]:
    """Return of whom a trait is highest, with its value; equal ones by customer.

    For shares from 0 to 1 that are told with equally many places: as text they stand in the same order.
    `before` is the last one of the page before.
    """
    rows = Trait.objects.filter(name=name).order_by("-value", "customer_id")
    if before:
        value, owner = encode_value(before[0]), before[1]
        rows = rows.filter(Q(value__lt=value) | Q(value=value, customer_id__gt=owner))
    found = rows.values_list("customer_id", "value")[:limit]
    return [(owner, msgspec.json.decode(value, type=Decimal)) for owner, value in found]


def names_told(prefix: str) -> list[str]:
    """Return the traits whose names begin so and that are still told of somebody."""
    known = TraitName.objects.filter(name__startswith=prefix).order_by("name")
    return [name for name in known.values_list("name", flat=True) if Trait.objects.filter(name=name).exists()]


def lists_told(name: str, customer_ids: Iterable[Id]) -> dict[Id, tuple[str, ...]]:
    """Return a trait that is a list, of those of these customers of whom it was told."""
    keys = [(customer_id, name) for customer_id in sorted(set(customer_ids))]
    rows = select_matching(Trait, ("customer_id", "value"), ("customer_id", "name"), keys)
    return {owner: msgspec.json.decode(value, type=tuple[str, ...]) for owner, value in rows}


def known_kinds(names: Iterable[str]) -> dict[str, Kind]:
    """Return of which kind each of these traits is; one never told is left out."""
    rows = select_matching(TraitName, ("name", "kind"), ("name",), [(one,) for one in sorted(set(names))])
    return {name: Kind(kind) for name, kind in rows}


def _decode(kind: Kind, text: str) -> Value:
    return msgspec.json.decode(text, type=_TYPES[kind])


_TYPES = {
    Kind.FLAG: bool,
    Kind.TEXT: str,
    Kind.NUMBER: Decimal,
    Kind.INSTANT: datetime,
    Kind.DATE: date,
    Kind.LIST: tuple[str, ...],
}


def _specs() -> list[TraitSpec]:
    """Return the traits that were told, those told most recently first: of what is told no more, there may
    be much.
    """
    rows = TraitName.objects.order_by(F("last_at").desc(nulls_last=True), "name").values_list("name", "kind")
    return [TraitSpec(name, TraitType(Kind(kind)), name) for name, kind in rows]


def _read(
    customer_ids: Sequence[Id], names: frozenset[str], as_of: datetime
) -> Mapping[Id, Mapping[str, Value]]:
    kinds = known_kinds(names)
    return {
        owner: {name: _decode(kinds[name], value) for name, (value, *_) in told.items()}
        for owner, told in _read_told(customer_ids, names).items()
        if told
    }


TOLD = Provider("", _specs, _read)
