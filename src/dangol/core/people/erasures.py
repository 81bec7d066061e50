"""Forgetting a person: the key is destroyed, and with it all that was sealed, in every copy there is.

Two databases, which no transaction spans, so the steps are ordered: (1) the main database notes that the
person is to be erased, and puts up the tombstones while their identities can still be read; (2) the key store
destroys the key; (3) the main database deletes what is left, tells `customer.erased` and notes that it is
done. Each step does nothing where it was done before. Whoever is killed in between is finished by
`resume_erasures`; from (1) on nobody can stop it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from dangol.core.events.models import LakeKey
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.actors import HOUSE, Actor, columns_of, require_reason
from dangol.core.people.data_keys import Erased, destroy_key, find_data_keys
from dangol.core.people.events import CustomerErased
from dangol.core.people.holds import refuse_if_held
from dangol.core.people.identities import Kind
from dangol.core.people.lookup import Value, identity_place
from dangol.core.people.merged import family_of
from dangol.core.people.models import (
    Customer,
    Erasure,
    Guardian,
    Identity,
    Merge,
    MergedIdentity,
    Note,
    PersonKey,
    SearchToken,
)
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.sealing import Sealed, open_with
from dangol.core.people.selectors import ERASED_KIND
from dangol.core.people.tombstones import bury
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import delete_rows, insert_missing, select_matching, sorted_ids, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.core.storage.walks import walk

_ERASURE = ("customer_id", "at", "actor_kind", "actor", "actor_name", "reason")
_CLEARED = (
    "kind",
    "joined_at",
    "language",
    "home_store_id",
    "name_sealed",
    "birthday_sealed",
    "traits_sealed",
)
_AT_ONCE = 500
RESTORED = "the key was destroyed before the backup was restored"
_NOBODY = (ERASED_KIND, None, "", None, None, None, None)


class ErasureView(NamedTuple):
    """An erasure; `finished_at` is empty while it goes on."""

    customer_id: Id
    at: datetime
    actor_kind: str
    actor: str
    actor_name: str
    reason: str
    finished_at: datetime | None


def erase_customer(customer_id: Id, *, actor: Actor, reason: str, at: datetime) -> list[Id]:
    """Forget a person, for good; returns all the ids that were theirs (merged ones are the same person).

    Destroys their data keys, identities, search tokens, sealed fields and lake keys. What the law has the
    shop keep (orders, points, that they agreed) stays under ids that lead to nobody. Erasing again finishes
    what is left of the first time. Raises ReasonMissing, UnknownCustomer or UnderHold, and has then done
    nothing.

    Call it outside of a transaction: a key that a rollback would want back is gone.
    """
    assert not connection.in_atomic_block, "a destroyed key outlives a rollback"
    kept_reason = require_reason(reason)
    family = _begin(customer_id, actor=actor, reason=kept_reason, at=at)
    finish_erasures(family, at=at)
    return family


def _begin(customer_id: Id, *, actor: Actor, reason: str, at: datetime) -> list[Id]:
    """Note that the person is to be erased, and put up tombstones: from here on it will be done."""
    while True:
        family = family_of(customer_id)
        with write_transaction():
            lock_customers(family)
            if family_of(customer_id) != family:  # merged or parted before we had the lock
                continue
            _check(family, at)
            bury(_open_identities(family), at=at)
            who = columns_of(actor)
            rows = [(one, at, *who.values(), reason) for one in sorted_ids(family)]
            insert_missing(Erasure, _ERASURE, rows)
            return family


def _check(family: Sequence[Id], at: datetime) -> None:
    if Customer.objects.filter(customer_id__in=family).count() != len(family):
        raise UnknownCustomer(customer_id=show_id(family[0]))
    refuse_if_held(family, at=at)


def _open_identities(family: Sequence[Id]) -> list[Value]:
    keys = find_data_keys(family)
    rows = select_matching(
        Identity,
        ("customer_id", "kind", "value_hash", "value_sealed"),
        ("customer_id",),
        [(one,) for one in family],
    )
    values: list[Value] = []
    for owner, kind, value_hash, sealed in rows:
        key = keys.get(owner)
        if key is not None and not isinstance(key, Erased):
            place = identity_place((kind, value_hash))
            values.append((Kind(kind), open_with(key, Sealed(owner, place, sealed))))
    return values


def finish_erasures(customer_ids: Sequence[Id], *, at: datetime) -> None:
    """Do what is left of begun erasures: destroy the keys, then delete what they opened."""
    for one in customer_ids:
        destroy_key(one, at=at)
    with _overwriting(), write_transaction():
        lock_customers(customer_ids)
        waiting = Erasure.objects.select_for_update().filter(customer_id__in=customer_ids, finished_at=None)
        ids = sorted_ids(waiting.values_list("customer_id", flat=True))
        keys = [(one,) for one in ids]
        for model in (SearchToken, Identity, MergedIdentity, Note, Guardian, LakeKey):
            delete_rows(model, ("customer_id",), keys)
        update_rows(Customer, ("customer_id",), _CLEARED, [(one, *_NOBODY) for one in ids])
        Merge.objects.filter(customer_id__in=ids).update(filled="")
        record_batch([Draft(one, CustomerErased(), at) for one in ids], recorded_at=at)
        Erasure.objects.filter(customer_id__in=ids).update(finished_at=at)


@contextmanager
def _overwriting() -> Iterator[None]:
    """On SQLite, overwrite what is deleted within, and leave nothing of it in the write-ahead log."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA secure_delete").fetchone()[0]
        cursor.execute("PRAGMA secure_delete=ON")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA secure_delete={int(before)}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def resume_erasures(*, at: datetime, limit: int = 100) -> int:
    """Finish up to `limit` erasures that were begun and whose process was killed; returns how many."""
    waiting = list(
        Erasure.objects.filter(finished_at=None).order_by("at").values_list("customer_id", flat=True)[:limit]
    )
    if waiting:
        finish_erasures(waiting, at=at)
    return len(waiting)


def reapply_erasures(*, at: datetime) -> int:
    """Erase again whom a restored backup has brought back; returns how many they were.

    An older main database has people in it whose keys are destroyed: what is left of them is deleted anew. An
    older key store has keys of people who were erased: they are destroyed anew.
    """
    again = 0
    for rows in walk(PersonKey, ("customer_id", "destroyed_at"), ("customer_id",), size=_AT_ONCE):
        destroyed = [customer_id for customer_id, destroyed_at in rows if destroyed_at]
        living = _living_of(destroyed)
        with write_transaction():
            lock_customers(living)
            rows_of_ours = [(one, at, *columns_of(HOUSE).values(), RESTORED) for one in sorted_ids(living)]
            insert_missing(Erasure, _ERASURE, rows_of_ours)
            Erasure.objects.filter(customer_id__in=living).update(finished_at=None)
        if living:
            finish_erasures(living, at=at)
        keyed = {customer_id for customer_id, destroyed_at in rows if not destroyed_at}
        erased = Erasure.objects.filter(customer_id__in=keyed, finished_at__isnull=False)
        revived = list(erased.values_list("customer_id", flat=True))
        for customer_id in revived:
            destroy_key(customer_id, at=at)
        again += len(living) + len(revived)
    return again


def _living_of(customer_ids: Sequence[Id]) -> list[Id]:
    rows = select_matching(
        Customer, ("customer_id", "kind"), ("customer_id",), [(one,) for one in customer_ids]
    )
    return sorted_ids(customer_id for customer_id, kind in rows if kind != ERASED_KIND)


def find_erasure(customer_id: Id) -> ErasureView | None:
    """Return a person's erasure, if they were erased or are being so."""
    row = Erasure.objects.filter(customer_id=customer_id).values_list(*ErasureView._fields).first()
    return ErasureView(*row) if row else None


def scrub() -> None:
    """Rewrite the main database without what was ever deleted from it, on both databases.

    SQLite leaves old bytes in free pages, PostgreSQL in dead rows, until they are used again. It takes as
    long as copying the file; readers go on, writers wait on SQLite.
    """
    assert not connection.in_atomic_block, "a transaction cannot rewrite the database it stands in"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute(
                "VACUUM dg_customer, dg_identity, dg_search_token, dg_merged_identity, dg_note,"
                " dg_event_lake_key"
            )
