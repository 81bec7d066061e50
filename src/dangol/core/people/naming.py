"""Whom a request means: by our own id, or by what the shop calls them. Read together with something else.

Identities move along when two are merged; an id goes on naming the person, and means who they are now.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import found_owners, identity_keys, select_owners
from dangol.core.people.merged import select_current
from dangol.core.people.selectors import region_for
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import Select
from dangol.core.storage.rows import Row

# An id of ours, or a kind of identity and its value as given.
Name: TypeAlias = Id | tuple[str, str]


class Names:
    """Names of customers, each to be found; raises RefusedValue for one that can be none.

    Reads once more, for the shop's region, where a phone is among them.
    """

    def __init__(self, names: Iterable[Name]) -> None:
        given = set(names)
        self._ids = sorted(name for name in given if isinstance(name, bytes))
        values = [name for name in given if not isinstance(name, bytes)]
        region = region_for([kind for kind, _ in values])
        normal = {
            (kind, value): (Kind(kind), normalize_identity(kind, value, region=region))
            for kind, value in values
        }
        keys = identity_keys(normal.values())
        self._keys = {name: keys[one] for name, one in normal.items()}
        self.selects: tuple[Select, Select] = (
            select_current(self._ids),
            select_owners(self._keys.values()),
        )

    def found(self, customers: Sequence[Row], owners: Sequence[Row]) -> dict[Name, Id]:
        """Return whom each name means, by what the selects have found; unknown ones are left out."""
        by_key = found_owners(owners)
        known: dict[Name, Id] = dict(customers)
        return known | {name: by_key[key] for name, key in self._keys.items() if key in by_key}
