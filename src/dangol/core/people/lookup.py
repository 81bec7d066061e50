"""The lookup tables: who owns an identity, and by what else a customer is found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, TypeAlias

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.people.blind_index import hash_values
from dangol.core.people.identities import Kind, index_form
from dangol.core.people.models import Identity, SearchToken
from dangol.core.people.names import leading_parts
from dangol.core.people.sealing import Place, seal_with
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import Select, matching, read_together
from dangol.core.storage.rows import Row, delete_rows, insert_missing

Value: TypeAlias = tuple[Kind, str]
Key: TypeAlias = tuple[str, bytes]
ENDING_LENGTH = 4
NAME = "name"
ENDINGS = (Kind.PHONE, Kind.CARD)


class Claim(NamedTuple):
    """A customer's wish to own an identity; `value` is in normal form, `key` its place in the table."""

    key: Key
    value: str
    customer_id: Id


def identity_keys(values: Iterable[Value]) -> dict[Value, Key]:
    """Return each value's key in the table of identities; values of one index form share one."""
    keys: dict[Value, Key] = {}
    for kind, group in groupby(sorted(set(values)), key=lambda value: value[0]):
        forms = {value: index_form(kind, value) for _, value in group}
        hashes = hash_values(kind, set(forms.values()))
        keys |= {(kind, value): (kind, hashes[form]) for value, form in forms.items()}
    return keys


def find_owners(keys: Iterable[Key]) -> dict[Key, Id]:
    """Return who owns each identity that somebody owns; one statement."""
    return found_owners(read_together(select_owners(keys))[0])


def select_owners(keys: Iterable[Key]) -> Select:
    """Return what reads who owns each of these identities, for `found_owners`."""
    return matching(
        Identity, ("kind", "value_hash", "customer_id"), ("kind", "value_hash"), sorted(set(keys))
    )


def found_owners(rows: Sequence[Row]) -> dict[Key, Id]:
    """Return the owners that `select_owners` has found."""
    return {(kind, bytes(value_hash)): owner for kind, value_hash, owner in rows}


def identity_place(key: Key) -> Place:
    """Return the place of an identity's sealed value: a customer may have several of a kind."""
    return Place("dg_identity", "value_sealed", b"\0".join((key[0].encode(), key[1])))


def claim_identities(
    claims: Sequence[Claim], data_keys: Mapping[Id, AESGCM], *, recorded_at: datetime, source: str = ""
) -> dict[Key, Id]:
    """Give each identity to its claimant unless somebody has it; returns who owns each one now.

    Claims are made in the order of their keys, so that two transactions with the same ones do not wait
    for each other; the later one waits for the earlier one's commit and then finds its customer.
    """
    rows = [
        (*key, owner, seal_with(data_keys[owner], owner, identity_place(key), value), recorded_at, source)
        for key, value, owner in sorted(claims)
    ]
    columns = ("kind", "value_hash", "customer_id", "value_sealed", "added_at", "source")
    if insert_missing(Identity, columns, rows) == len(rows):
        return {claim.key: claim.customer_id for claim in claims}
    owners = find_owners(claim.key for claim in claims)
    released = [claim for claim in claims if claim.key not in owners]  # between our two looks
    if not released:
        return owners
    return owners | claim_identities(released, data_keys, recorded_at=recorded_at, source=source)


def release_identities(keys: Iterable[Key]) -> None:
    """Take identities out of the table, so that anyone may claim them."""
    delete_rows(Identity, ("kind", "value_hash"), sorted(set(keys)))


def name_tokens(names: Mapping[Id, str]) -> list[tuple[str, bytes, Id]]:
    """Return the search tokens of people's names."""
    parts = {owner: leading_parts(name) for owner, name in names.items()}
    hashes = hash_names(part for found in parts.values() for part in found)
    return [(NAME, hashes[part], owner) for owner, found in parts.items() for part in found]


def ending_tokens(claims: Iterable[Claim]) -> list[tuple[str, bytes, Id]]:
    """Return the search tokens of the last four digits of phones and cards; other kinds have none."""
    ending = [claim for claim in claims if claim.key[0] in ENDINGS]
    hashes = hash_ending(claim.value[-ENDING_LENGTH:] for claim in ending)
    return [(claim.key[0], hashes[claim.value[-ENDING_LENGTH:]], claim.customer_id) for claim in ending]


def hash_names(parts: Iterable[str]) -> dict[str, bytes]:
    """Return the tokens of folded names and their leading parts."""
    return hash_values(NAME, set(parts))


def hash_ending(digits: Iterable[str]) -> dict[str, bytes]:
    """Return the tokens of last four digits; phones and cards share them, told apart by their kind."""
    return hash_values("ending", set(digits))


def replace_tokens(tokens: Sequence[tuple[str, bytes, Id]], *, fresh: bool = False) -> None:
    """Make these the only tokens of their customers and kinds; `fresh` ones have none to drop."""
    if not fresh:
        delete_rows(
            SearchToken, ("customer_id", "kind"), sorted({(owner, kind) for kind, _, owner in tokens})
        )
    insert_missing(SearchToken, ("kind", "token", "customer_id"), sorted(set(tokens)))
