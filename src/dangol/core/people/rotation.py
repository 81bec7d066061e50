"""Changing the master key while the shop is open.

Rotation adds a master key and wraps every data key, and what webhooks are signed with, again under it, in
batches that each commit. Nothing sealed is touched, no hash changes, and until the last batch the earlier
master key opens what it still holds; so it may be stopped anywhere and started again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db.models import Count

from dangol.core.events.webhooks import sealed_secrets
from dangol.core.people.data_keys import shared_owner
from dangol.core.people.keystore import KEY_STORE
from dangol.core.people.models import PersonKey, SharedKey
from dangol.core.storage.ids import Id
from dangol.core.storage.master_keys import KeyRing, UnknownMasterKey, key_ring
from dangol.core.storage.rows import update_rows
from dangol.core.storage.transactions import write_transaction

BATCH = 1_000


class KeysStatus(NamedTuple):
    """How many keys each master key in the ring wraps, newest last, and how many were destroyed.

    `missing` counts keys under master keys that are no longer in the ring: they cannot be opened.
    """

    newest: str
    wrapped: dict[str, int]
    missing: dict[str, int]
    destroyed: int

    @property
    def waiting(self) -> int:
        """How many keys the newest master key does not wrap yet."""
        return sum(self.wrapped.values()) - self.wrapped[self.newest]


def keys_status() -> KeysStatus:
    """Return what the key store holds, by master key. Raises NoMasterKey."""
    ring = key_ring()
    counts: Counter[str] = Counter()
    for model in (PersonKey, SharedKey):
        counts.update(dict(model.objects.order_by().values_list("master").annotate(Count("pk"))))
    counts.update(sealed_secrets.count_by_master())
    destroyed = counts.pop("", 0)
    wrapped = {name: counts.pop(name, 0) for name in ring.keys}
    return KeysStatus(ring.newest, wrapped, dict(counts), destroyed)


def rewrap_keys(*, batch: int = BATCH, on_batch: Callable[[int], None] = lambda count: None) -> int:
    """Wrap under the newest master key whatever an earlier one wraps; returns how many keys that were.

    `on_batch` is told the number of keys after each committed batch. Raises UnknownMasterKey if some
    are under a master key that is gone, after having wrapped all the others.
    """
    done = 0
    for name in [name for name in key_ring().keys if name != key_ring().newest]:
        while count := _rewrap_batch(name, batch) + sealed_secrets.rewrap(name, batch):
            done += count
            on_batch(count)
    if missing := keys_status().missing:
        raise UnknownMasterKey(name=min(missing))
    return done


def _rewrap_batch(name: str, batch: int) -> int:
    # Locked while it is wrapped: a key destroyed meanwhile must not come back.
    with write_transaction(using=KEY_STORE):
        ring = key_ring()
        people = _take(PersonKey, "customer_id", name, batch)
        update_rows(
            PersonKey, ("customer_id",), ("master", "wrapped"), _rewrapped(ring, people, lambda key: key)
        )
        shared = _take(SharedKey, "name", name, batch)
        update_rows(SharedKey, ("name",), ("master", "wrapped"), _rewrapped(ring, shared, shared_owner))
    return len(people) + len(shared)


def _take(
    model: type[PersonKey] | type[SharedKey], key: str, name: str, batch: int
) -> list[tuple[Any, bytes]]:
    rows = model.objects.select_for_update().filter(master=name).order_by(key)
    return [(owner, bytes(blob)) for owner, blob in rows.values_list(key, "wrapped")[:batch]]


def _rewrapped(
    ring: KeyRing, rows: Sequence[tuple[Any, bytes]], owner_of: Callable[[Any], Id]
) -> list[tuple[Any, str, bytes]]:
    rewrapped = []
    for key, blob in rows:
        owner = owner_of(key)
        rewrapped.append((key, *ring.wrap(ring.unwrap(blob, owner=owner), owner=owner)))
    return rewrapped
