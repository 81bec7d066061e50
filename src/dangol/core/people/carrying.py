"""Carrying what names and describes a person from one customer to another, sealed anew on the way."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.people.data_keys import Erased, PersonKeyMissing
from dangol.core.people.identities import Kind
from dangol.core.people.lookup import (
    Claim,
    Key,
    ending_tokens,
    identity_place,
    name_tokens,
)
from dangol.core.people.lost_keys import keep_data_keys
from dangol.core.people.models import Customer, Identity, SearchToken
from dangol.core.people.sealing import PersonErased, Place, Sealed, open_with, seal_with
from dangol.core.people.selectors import MERGED
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import delete_rows, insert_missing, select_matching, sorted_ids, update_rows

SEALED = ("name", "birthday", "traits")
PLAIN = ("language", "home_store_id")
TRAIT = "traits."
_COLUMNS = ("customer_id", "kind", "joined_at", *(f"{one}_sealed" for one in SEALED), *PLAIN)


class Known(NamedTuple):
    """What is known of a customer, open. `fields` holds only what is there; traits as a mapping."""

    customer_id: Id
    kind: str
    joined_at: Any
    fields: dict[str, Any]


def find_keys(customer_ids: Iterable[Id]) -> dict[Id, AESGCM]:
    """Return these people's data keys; raises PersonErased where one was destroyed.

    Who has none yet is given one, but not in the place of a lost one: that raises PersonKeyMissing.
    """
    found, lost = keep_data_keys(customer_ids)
    if lost:
        raise PersonKeyMissing(customer_id=show_id(min(lost)))
    keys: dict[Id, AESGCM] = {}
    for owner, key in found.items():
        if isinstance(key, Erased):
            raise PersonErased(customer_id=show_id(owner))
        keys[owner] = key
    return keys


def load_known(customer_ids: Iterable[Id], keys: Mapping[Id, AESGCM]) -> dict[Id, Known]:
    """Return what is known of these customers whose keys are at hand."""
    found = {}
    for owner, kind, joined_at, *values in select_matching(
        Customer, _COLUMNS, ("customer_id",), [(one,) for one in sorted_ids(customer_ids)]
    ):
        fields: dict[str, Any] = {}
        for name, blob in zip(SEALED, values[: len(SEALED)], strict=True):
            if blob is not None:
                text = open_with(keys[owner], Sealed(owner, _place(name), blob))
                fields[name] = msgspec.json.decode(text) if name == "traits" else text
        plain = zip(PLAIN, values[len(SEALED) :], strict=True)
        found[owner] = Known(owner, kind, joined_at, fields | {name: value for name, value in plain if value})
    return found


def gaps(kept: Known, absorbed: Known) -> dict[str, Any]:
    """Return what the absorbed one knows that the kept one does not; traits key by key, as `traits.key`."""
    filled = {
        name: value for name, value in absorbed.fields.items() if name != "traits" and name not in kept.fields
    }
    own = kept.fields.get("traits", {})
    others = absorbed.fields.get("traits", {})
    return filled | {TRAIT + trait: value for trait, value in others.items() if trait not in own}


def with_gaps(known: Known, filled: Mapping[str, Any]) -> dict[str, Any]:
    """Return a customer's fields with these filled in."""
    fields = dict(known.fields)
    traits = dict(fields.get("traits", {}))
    for name, value in filled.items():
        if name.startswith(TRAIT):
            traits[name.removeprefix(TRAIT)] = value
        else:
            fields[name] = value
    return fields | ({"traits": traits} if traits else {})


def without_gaps(kept: Known, absorbed: Known, filled: Sequence[str]) -> dict[str, Any]:
    """Return a customer's fields without those an absorbed one filled and nobody has changed since."""
    fields = dict(kept.fields)
    traits, others = dict(fields.get("traits", {})), absorbed.fields.get("traits", {})
    for name in filled:
        trait = name.removeprefix(TRAIT)
        if name.startswith(TRAIT):
            if trait in traits and traits[trait] == others.get(trait):
                del traits[trait]
        elif name in fields and fields[name] == absorbed.fields.get(name):
            del fields[name]
    fields.pop("traits", None)
    return fields | ({"traits": traits} if traits else {})


def store_known(
    customer_id: Id, fields: Mapping[str, Any], key: AESGCM, *, kind: str, joined_at: Any
) -> None:
    """Write a customer's fields, and no other ones, sealed under their key."""
    row: list[Any] = [customer_id, kind, joined_at]
    for name in SEALED:
        value = fields.get(name)
        if name == "traits" and value is not None:
            value = msgspec.json.encode(dict(sorted(value.items()))).decode()
        row.append(None if value is None else seal_with(key, customer_id, _place(name), value))
    row += [fields.get("language", ""), fields.get("home_store_id")]
    update_rows(Customer, ("customer_id",), _COLUMNS[1:], [tuple(row)])


def _place(field: str) -> Place:
    return Place("dg_customer", f"{field}_sealed")


def identities_of(customer_id: Id) -> dict[Key, bytes]:
    """Return a customer's identities by their keys, sealed."""
    rows = select_matching(
        Identity, ("kind", "value_hash", "value_sealed"), ("customer_id",), [(customer_id,)]
    )
    return {(kind, bytes(value_hash)): bytes(sealed) for kind, value_hash, sealed in rows}


def hand_over(identities: Mapping[Key, bytes], *, giver: Id, taker: Id, keys: Mapping[Id, AESGCM]) -> None:
    """Give these identities, which the giver has, to the taker, under the taker's key."""
    rows = []
    for key, sealed in sorted(identities.items()):
        place = identity_place(key)
        text = open_with(keys[giver], Sealed(giver, place, sealed))
        rows.append((*key, taker, seal_with(keys[taker], taker, place, text)))
    update_rows(Identity, ("kind", "value_hash"), ("customer_id", "value_sealed"), rows)


def renew_tokens(customer_ids: Sequence[Id], keys: Mapping[Id, AESGCM]) -> None:
    """Make the search tokens of these customers anew from what they have; who is merged has none."""
    delete_rows(SearchToken, ("customer_id",), [(one,) for one in sorted_ids(customer_ids)])
    tokens = []
    for owner, known in load_known(customer_ids, keys).items():
        if known.kind == MERGED:
            continue
        if "name" in known.fields:
            tokens += name_tokens({owner: known.fields["name"]})
        claims = [
            Claim(key, open_with(keys[owner], Sealed(owner, identity_place(key), sealed)), owner)
            for key, sealed in identities_of(owner).items()
            if key[0] in (Kind.PHONE, Kind.CARD)
        ]
        tokens += ending_tokens(claims)
    insert_missing(SearchToken, ("kind", "token", "customer_id"), sorted(set(tokens)))
