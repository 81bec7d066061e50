"""Data keys: one for each person, and one for the blind index, kept wrapped in the key store.

The key store is another database, so no transaction spans it and the main one. Keys are therefore
written, and committed, first: a key whose person was never stored is harmless, a person whose key was
never stored would be unreadable.

A person's key is read from the store each time it is needed and only its unwrapping is remembered, by
the wrapped bytes: a key destroyed by another process is gone here too, at the next look.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connections

from dangol.core.people.keystore import KEY_STORE
from dangol.core.people.models import PersonKey, SharedKey
from dangol.core.storage.ids import Id
from dangol.core.storage.master_keys import KEY_BYTES, KeyRing, key_ring
from dangol.core.storage.rows import insert_missing, insert_rows, select_matching, sorted_ids
from dangol.core.storage.spaces import current_space, current_stamp
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

REMEMBERED = 4_096


class Erased(Enum):
    """What stands in place of a value whose person's key has been destroyed."""

    ERASED = "erased"


ERASED: Final = Erased.ERASED


class PersonKeyMissing(DomainError):
    """The key store has no key for this person (`customer_id`): it is older than the main database."""

    code = "keys.person_key_missing"


class KeyStoreGone(DomainError):
    """The key store is gone and this instance only shows what it can without it; nobody can be searched."""

    code = "keys.store_gone"


def make_data_keys(customer_ids: Sequence[Id]) -> dict[Id, AESGCM]:
    """Make and commit a key for each of these new people. None of them may have one yet."""
    ring = key_ring()
    secrets = {customer_id: os.urandom(KEY_BYTES) for customer_id in sorted_ids(customer_ids)}
    with write_transaction(using=KEY_STORE):
        insert_rows(
            PersonKey,
            ("customer_id", "master", "wrapped"),
            [(owner, *ring.wrap(secret, owner=owner)) for owner, secret in secrets.items()],
        )
    return {owner: AESGCM(secret) for owner, secret in secrets.items()}


def ensure_data_keys(customer_ids: Iterable[Id]) -> dict[Id, AESGCM | Erased]:
    """Return everyone's key, making and committing those that are missing; ERASED where it was destroyed."""
    wanted = sorted_ids(customer_ids)
    found = find_data_keys(wanted)
    missing = [customer_id for customer_id in wanted if customer_id not in found]
    if not missing:
        return found
    ring = key_ring()
    with write_transaction(using=KEY_STORE):
        insert_missing(
            PersonKey,
            ("customer_id", "master", "wrapped"),
            [(owner, *ring.wrap(os.urandom(KEY_BYTES), owner=owner)) for owner in missing],
        )
    # Read back, since another process may have made one for the same person just before.
    return found | find_data_keys(missing)


def find_data_keys(customer_ids: Iterable[Id]) -> dict[Id, AESGCM | Erased]:
    """Return the keys of those who have one, ERASED where it was destroyed; one statement.

    While the instance is shown without its key store, nobody's values can be opened, as if erased.
    """
    if settings.READ_ONLY == "keys":
        return dict.fromkeys(customer_ids, ERASED)
    rows = select_matching(
        PersonKey,
        ("customer_id", "wrapped", "destroyed_at"),
        ("customer_id",),
        [(customer_id,) for customer_id in set(customer_ids)],
    )
    ring = key_ring()
    return {
        owner: ERASED if destroyed_at else _unwrap(ring, bytes(wrapped), owner)
        for owner, wrapped, destroyed_at in rows
    }


def destroy_key(customer_id: Id, *, at: datetime) -> bool:
    """Destroy a person's key for good; False if it had been destroyed before.

    From then on everything sealed for this person opens as ERASED. A tombstone stays, so that no new
    key is made in its place. On SQLite the old bytes are overwritten and the write-ahead log is emptied; on
    PostgreSQL they go with the next vacuum of `dg_key_person`.
    """
    with write_transaction(using=KEY_STORE):
        PersonKey.objects.get_or_create(
            customer_id=customer_id, defaults={"master": "", "wrapped": b"", "destroyed_at": None}
        )
        changed = PersonKey.objects.filter(customer_id=customer_id, destroyed_at=None).update(
            master="", wrapped=b"", destroyed_at=at
        )
    _unwrap.cache_clear()
    if connections[KEY_STORE].vendor == "sqlite" and not connections[KEY_STORE].in_atomic_block:
        with connections[KEY_STORE].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return changed == 1


def shared_owner(name: str) -> Id:
    """Return what stands for a person's id where a key belongs to nobody: the name, filled up with NUL."""
    return name.encode().ljust(16, b"\0")


def shared_key(name: str) -> bytes:
    """Return the key called `name`, made at its first use and never changed after. Raises KeyStoreGone."""
    if settings.READ_ONLY == "keys":
        raise KeyStoreGone
    return _shared_key(name, current_space(), current_stamp())


@lru_cache(maxsize=8)
def _shared_key(name: str, _space: str, _stamp: str) -> bytes:
    owner = shared_owner(name)
    ring = key_ring()
    wrapped = SharedKey.objects.filter(name=name).values_list("wrapped", flat=True)
    if not (rows := list(wrapped)):
        with write_transaction(using=KEY_STORE):
            fresh = ring.wrap(os.urandom(KEY_BYTES), owner=owner)
            insert_missing(SharedKey, ("name", "master", "wrapped"), [(name, *fresh)])
        rows = list(wrapped.all())
    return ring.unwrap(bytes(rows[0]), owner=owner)


@lru_cache(maxsize=REMEMBERED)
def _unwrap(ring: KeyRing, blob: bytes, owner: Id) -> AESGCM:
    return AESGCM(ring.unwrap(blob, owner=owner))


def forget_cached_keys() -> None:
    """Forget every key this process remembers: for tests, which empty the key store under it."""
    _unwrap.cache_clear()
    _shared_key.cache_clear()
