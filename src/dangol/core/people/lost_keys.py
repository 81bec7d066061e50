"""Whether the key store still has everyone's key: an older copy of it looks as good as a whole one."""

from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.people.data_keys import Erased, ensure_data_keys, find_data_keys
from dangol.core.people.models import Customer, Identity, PersonKey
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import Row, select_matching
from dangol.core.storage.walks import read_between, walk

BATCH = 10_000
_OWNER = ("customer_id",)
_SEALED = ("name_sealed", "birthday_sealed", "traits_sealed")


def count_lost_keys(*, batch: int = BATCH) -> int:
    """Return of how many people something is sealed that no key opens any more.

    A destroyed key is not lost: its tombstone is there. Customers are read before their keys, and keys are
    committed before their customers, so nobody who comes meanwhile is taken for one without a key.
    """
    return sum(_count_lost(people) for people in walk(Customer, _OWNER, _OWNER, size=batch))


def _count_lost(people: Sequence[Row]) -> int:
    keyed = set(read_between(PersonKey, _OWNER, _OWNER, people[0], people[-1], order_by=_OWNER))
    return len(find_lost(owner for (owner,) in people if (owner,) not in keyed))


def find_lost(keyless: Iterable[Id]) -> set[Id]:
    """Return of whom, among people without a key, something is sealed: their keys are lost.

    A guest has no key, since nothing of a guest is sealed.
    """
    rows = [(owner,) for owner in keyless]
    lost = {owner for (owner,) in select_matching(Identity, _OWNER, _OWNER, rows)}
    for owner, *sealed in select_matching(Customer, (*_OWNER, *_SEALED), _OWNER, rows):
        if any(blob is not None for blob in sealed):
            lost.add(owner)
    return lost


def keep_data_keys(customer_ids: Iterable[Id]) -> tuple[dict[Id, AESGCM | Erased], set[Id]]:
    """Return everyone's key, made for whom nothing is sealed yet, and whose key is lost.

    Another key in the place of a lost one would open nothing of what is sealed: not now, and not once the
    key store is restored.
    """
    wanted = set(customer_ids)
    keys = find_data_keys(wanted)
    missing = wanted.difference(keys)
    lost = find_lost(missing) if missing else set()
    return (keys | ensure_data_keys(missing - lost) if missing else keys), lost
