"""Tombstones: that a value named somebody who was erased, so that an old file cannot bring them back.

Kept as hashes of a use of their own, which nothing else in the database resembles, and without a word of
whose they were. Somebody who joins anew by themselves is a new customer: their identity is then owned, and
owned ones are not looked up here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from dangol.core.people.blind_index import hash_values
from dangol.core.people.identities import Kind, index_form, normalize_identity
from dangol.core.people.lookup import Value, find_owners, identity_keys
from dangol.core.people.models import ErasedIdentity
from dangol.core.people.selectors import region_for
from dangol.core.storage.rows import insert_missing, select_matching
from dangol.domain.errors import DomainError


class IdentityErased(DomainError):
    """The value (`kind`) named somebody whose data was erased at their wish; only they can join anew."""

    code = "people.identity_erased"


def bury(values: Iterable[Value], *, at: datetime) -> None:
    """Put up a tombstone for each identity, given in its normal form. Inside the write transaction."""
    rows = [(kind, value_hash, at) for kind, value_hash in _hashes(values).values()]
    insert_missing(ErasedIdentity, ("kind", "value_hash", "erased_at"), sorted(set(rows)))


def find_erased(kind: str, values: Sequence[str]) -> set[str]:
    """Return which of these values, as given, named somebody erased and name nobody now.

    A constant number of statements, one where there is no tombstone. Raises RefusedValue for a value that is
    none.
    """
    kind = Kind(kind)
    if not ErasedIdentity.objects.filter(kind=kind.value).exists():
        return set()
    region = region_for([kind])
    normal = {value: (kind, normalize_identity(kind, value, region=region)) for value in values}
    hashes = _hashes(normal.values())
    rows = select_matching(
        ErasedIdentity, ("kind", "value_hash"), ("kind", "value_hash"), sorted(set(hashes.values()))
    )
    buried = {(found, bytes(value_hash)) for found, value_hash in rows}
    erased = {value for value, one in normal.items() if hashes[one] in buried}
    if not erased:
        return erased
    keys = identity_keys(normal[value] for value in erased)
    owned = find_owners(keys.values())
    return {value for value in erased if keys[normal[value]] not in owned}


def _hashes(values: Iterable[Value]) -> Mapping[Value, tuple[str, bytes]]:
    found: dict[Value, tuple[str, bytes]] = {}
    for kind, group in groupby(sorted(set(values)), key=lambda value: value[0]):
        forms = {value: index_form(kind, value) for _, value in group}
        hashes = hash_values(f"erased {kind}", set(forms.values()))
        found |= {(kind, value): (str(kind), hashes[form]) for value, form in forms.items()}
    return found
