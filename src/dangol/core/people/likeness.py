"""Whether two customers may be one person: compared here, so that nothing of what is sealed leaves.

What comes out is yes or no, or a keyed hash of a use of its own.
"""

from collections.abc import Iterable
from typing import NamedTuple

from dangol.core.people.blind_index import hash_values
from dangol.core.people.data_keys import find_data_keys
from dangol.core.people.identities import Kind
from dangol.core.people.lookup import identity_place
from dangol.core.people.models import Identity
from dangol.core.people.names import fold_name
from dangol.core.people.opening import open_people
from dangol.core.people.sealing import Sealed, open_many
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.referrals import canonical_email


class Likeness(NamedTuple):
    """What two people have in common, as far as both have said it."""

    name: bool = False
    birthday: bool = False


def likeness_of(customer_id: Id, other_id: Id) -> Likeness:
    """Return what two people have in common; of who is erased, or whose key is lost, nothing."""
    opened = open_people([customer_id, other_id], ("name_sealed", "birthday_sealed"), strict=False)
    mine, other = (opened[one].texts if one in opened else {} for one in (customer_id, other_id))
    names = {fold_name(one["name"]) for one in (mine, other) if "name" in one}
    birthdays = {one["birthday"] for one in (mine, other) if "birthday" in one}
    both = {field: field in mine and field in other for field in ("name", "birthday")}
    return Likeness(both["name"] and len(names) == 1, both["birthday"] and len(birthdays) == 1)


def mailbox_tokens(customer_ids: Iterable[Id]) -> frozenset[bytes]:
    """Return a hash of each mailbox of these people, one for all of its spellings (`canonical_email`)."""
    wanted = [(customer_id, Kind.EMAIL.value) for customer_id in sorted(set(customer_ids))]
    names = ("customer_id", "value_hash", "value_sealed")
    rows = select_matching(Identity, names, ("customer_id", "kind"), wanted)
    keys = find_data_keys(owner for owner, *_ in rows)
    sealed = [
        Sealed(owner, identity_place((Kind.EMAIL, bytes(value_hash))), blob)
        for owner, value_hash, blob in rows
        if owner in keys
    ]
    found = {canonical_email(text) for text in open_many(sealed, keys) if isinstance(text, str)}
    return frozenset(hash_values("mailbox", found).values())
