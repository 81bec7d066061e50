"""Sealing: personal text as AES-256-GCM under the person's own key, bound to where it stands.

A sealed value is `format (1 byte) · person (16) · nonce (12) · ciphertext and tag`. Authenticated with it,
though not stored, are table, column and, where one person has several rows, the row: a value that was
moved elsewhere does not open. docs/algorithms/privacy.md has the bytes of an example.
"""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.people.data_keys import (
    ERASED,
    Erased,
    PersonKeyMissing,
    ensure_data_keys,
    find_data_keys,
)
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.master_keys import NONCE_BYTES
from dangol.domain.errors import DomainError

SEALED_FORMAT = 1
_HEADER_BYTES = 17


class SealBroken(DomainError):
    """A sealed value is not the one put there: changed, or brought from another row, column or person."""

    code = "people.seal_broken"


class PersonErased(DomainError):
    """The person's key has been destroyed: nothing can be stored for them any more."""

    code = "people.erased"


class Place(NamedTuple):
    """Where a sealed value stands. `row` tells rows of one person apart; its columns join with NUL."""

    table: str
    column: str
    row: bytes = b""


class Sealed(NamedTuple):
    """A sealed value as read from its place; None where there is none."""

    customer_id: Id
    place: Place
    blob: bytes | None


def _bound(header: bytes, place: Place) -> bytes:
    # Unambiguous: the header has a fixed length, names hold no NUL, and the row comes last.
    return b"\0".join((header, place.table.encode(), place.column.encode(), place.row))


def seal_with(key: AESGCM, customer_id: Id, place: Place, text: str) -> bytes:
    """Return `text` sealed under a key that is at hand, for this person at this place."""
    header = bytes((SEALED_FORMAT,)) + customer_id
    nonce = os.urandom(NONCE_BYTES)
    return header + nonce + key.encrypt(nonce, text.encode("utf-8", "surrogatepass"), _bound(header, place))


def open_with(key: AESGCM, sealed: Sealed) -> str:
    """Return the text of a sealed value that is there; raises SealBroken."""
    blob = sealed.blob
    assert blob is not None, "nothing is there to open"
    header, nonce = blob[:_HEADER_BYTES], blob[_HEADER_BYTES : _HEADER_BYTES + NONCE_BYTES]
    if header != bytes((SEALED_FORMAT,)) + sealed.customer_id:
        raise _broken(sealed)
    try:
        plain = key.decrypt(nonce, blob[_HEADER_BYTES + NONCE_BYTES :], _bound(header, sealed.place))
    except (InvalidTag, ValueError):
        raise _broken(sealed) from None
    return plain.decode("utf-8", "surrogatepass")


def _broken(sealed: Sealed) -> SealBroken:
    place = sealed.place
    return SealBroken(customer_id=show_id(sealed.customer_id), table=place.table, column=place.column)


def seal(customer_id: Id, place: Place, text: str) -> bytes:
    """Return `text` sealed for this person at this place; raises PersonErased."""
    key = ensure_data_keys([customer_id])[customer_id]
    if isinstance(key, Erased):
        raise PersonErased(customer_id=show_id(customer_id))
    return seal_with(key, customer_id, place, text)


def open_sealed(customer_id: Id, place: Place, blob: bytes) -> str | Erased:
    """Return the text, or ERASED if the person's key is destroyed. Raises SealBroken, PersonKeyMissing."""
    [text] = open_many([Sealed(customer_id, place, blob)])
    assert text is not None, "a value was given"
    return text


def open_many(
    values: Sequence[Sealed], keys: Mapping[Id, AESGCM | Erased] | None = None
) -> list[str | Erased | None]:
    """Open many sealed values with one look into the key store (none if `keys` are given).

    None stays None. Raises SealBroken or PersonKeyMissing.
    """
    if keys is None:
        keys = find_data_keys(value.customer_id for value in values if value.blob is not None)
    return [_open_one(value, keys) for value in values]


def _open_one(value: Sealed, keys: Mapping[Id, AESGCM | Erased]) -> str | Erased | None:
    if value.blob is None:
        return None
    key = keys.get(value.customer_id)
    if key is None:
        raise PersonKeyMissing(customer_id=show_id(value.customer_id))
    return ERASED if isinstance(key, Erased) else open_with(key, value)
