"""All that is held about one person, section by section: each app tells its own, listed in one place above.

Values are what JSON knows, and instants; ids are text, amounts in minor units, points whole numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

import msgspec
from django.conf import settings

from dangol.core.events.models import Event
from dangol.core.people.data_keys import Erased
from dangol.core.people.guardians import guardians_of
from dangol.core.people.holds import holds_of
from dangol.core.people.lookup import identity_place
from dangol.core.people.merged import merges_of
from dangol.core.people.models import Consent, Identity
from dangol.core.people.sealing import Sealed, open_many
from dangol.core.people.selectors import profiles_of, stores_by_id
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import Model, select_matching

Fact: TypeAlias = Mapping[str, Any]


class Section(NamedTuple):
    """A part of what is held about a person: its name, and the function that reads it for all their ids."""

    name: str
    read: Callable[[Sequence[Id]], list[Fact]]


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """Return the sections of all apps, in the order in which they are told."""
    return tuple(import_module(settings.PERSON_SECTIONS).SECTIONS)


def rows_of(
    model: Model,
    names: Sequence[str],
    customer_ids: Sequence[Id],
    *,
    order_by: Sequence[str],
    where: str = "",
    params: Sequence[Any] = (),
) -> list[Fact]:
    """Return the named fields of all rows these customers own, ids as text: for sections to be read with."""
    keys = [(one,) for one in customer_ids]
    rows = select_matching(
        model, names, ("customer_id",), keys, order_by=order_by, where=where, params=params
    )
    return [{name: shown(value) for name, value in zip(names, row, strict=True)} for row in rows]


def shown(value: Any) -> Any:
    """Return a value as a person can read it: an id as text, anything else as it is."""
    return show_id(value) if isinstance(value, bytes) and len(value) == 16 else value


def read_profile(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return who they are, whole."""
    profiles = profiles_of(customer_ids, unmasked=True)
    stores = stores_by_id(one.home_store_id for one in profiles.values() if one.home_store_id)
    return [
        {
            "customer_id": show_id(one),
            "kind": profile.person.kind,
            "name": profile.person.name,
            "birthday": profile.birthday,
            "language": profile.language,
            "home_store": stores[profile.home_store_id].number if profile.home_store_id else None,
            "traits": profile.traits,
            "joined_at": profile.person.joined_at,
            "created_at": profile.created_at,
        }
        for one, profile in ((one, profiles[one]) for one in customer_ids if one in profiles)
    ]


def read_identities(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return every value that names them, whole."""
    rows = select_matching(
        Identity,
        ("customer_id", "kind", "value_hash", "value_sealed", "added_at", "source", "verified_at"),
        ("customer_id",),
        [(one,) for one in customer_ids],
        order_by=("added_at", "kind", "value_hash"),
    )
    texts = open_many(
        [Sealed(row[0], identity_place((row[1], bytes(row[2]))), bytes(row[3])) for row in rows]
    )
    return [
        {
            "customer_id": show_id(row[0]),
            "kind": row[1],
            "value": text,
            "added_at": row[4],
            "source": row[5],
            "verified_at": row[6],
        }
        for row, text in zip(rows, texts, strict=True)
        if not isinstance(text, Erased)
    ]


def read_consents(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return all they ever agreed to and took back, with the wording they saw."""
    names = ("customer_id", "channel", "purpose", "granted", "at", "recorded_at", "source", "wording")
    return rows_of(Consent, names, customer_ids, order_by=("at", "id"))


def read_merges(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return when they were taken for one person with another customer, or for two again."""
    merges = {merge.id: merge for one in customer_ids for merge in merges_of(one)}
    names = ("customer_id", "kept_id", "at", "reason", "undone_at", "undone_reason")
    return [{name: shown(getattr(one, name)) for name in names} for one in merges.values()]


def read_guardians(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return who consented for them when they were under 14."""
    return [
        {"customer_id": show_id(owner), **one._asdict()} for owner, one in guardians_of(customer_ids).items()
    ]


def read_holds(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return why, and how long, their records had to be kept."""
    names = ("customer_id", "since", "until", "reason", "released_at", "released_reason")
    return [{name: shown(getattr(one, name)) for name in names} for one in holds_of(customer_ids)]


def read_timeline(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return everything that happened to them, as it was recorded."""
    names = ("customer_id", "customer_seq", "name", "subject_id", "occurred_at", "recorded_at", "payload")
    rows = rows_of(Event, names, customer_ids, order_by=("occurred_at", "id"))
    return [{**row, "payload": msgspec.json.decode(row["payload"])} for row in rows]


PROFILE = Section("profile", read_profile)
IDENTITIES = Section("identities", read_identities)
CONSENTS = Section("consents", read_consents)
MERGES = Section("merges", read_merges)
GUARDIANS = Section("guardians", read_guardians)
HOLDS = Section("holds", read_holds)
TIMELINE = Section("timeline", read_timeline)
