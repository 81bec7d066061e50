"""Who has become part of whom, and back: an absorbed customer's id goes on naming the person.

Looked up by a room or a shell that is handed an id from outside, and by whoever reads the whole of a
person's history, which stays under the ids it was made under.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from dangol.core.people.models import Customer, Merge
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching

_CURRENT = "t.undone_at IS NULL"


class MergeView(NamedTuple):
    """A merge that holds or was undone."""

    id: Id
    customer_id: Id
    kept_id: Id
    at: datetime
    actor_kind: str
    actor: str
    actor_name: str
    reason: str
    undone_at: datetime | None
    undone_by: str
    undone_reason: str


def kept_by(customer_ids: Iterable[Id]) -> dict[Id, Id]:
    """Return into whom each of these was merged, one step; who was not is left out. One statement."""
    wanted = [(one,) for one in set(customer_ids)]
    return dict(select_matching(Merge, ("customer_id", "kept_id"), ("customer_id",), wanted, where=_CURRENT))


def resolve_merged(customer_ids: Iterable[Id]) -> dict[Id, Id]:
    """Return who each of these is now: themselves, or the one they were merged into, however often.

    One statement for each step of the longest chain, and one more.
    """
    now = {one: one for one in customer_ids}
    while steps := kept_by(now.values()):
        now = {one: steps.get(current, current) for one, current in now.items()}
    return now


def find_current(customer_id: Id) -> Id | None:
    """Return who this id names now, also where they were merged; None where it names nobody."""
    current = resolve_merged([customer_id])[customer_id]
    known = select_matching(Customer, ("customer_id",), ("customer_id",), [(current,)])
    return current if known else None


def absorbed_by(customer_ids: Iterable[Id]) -> dict[Id, list[Id]]:
    """Return who has become part of each of these, all the way down; who absorbed nobody is left out."""
    roots = {one: one for one in customer_ids}
    found: dict[Id, list[Id]] = defaultdict(list)
    level = list(roots)
    while level:
        rows = select_matching(
            Merge,
            ("customer_id", "kept_id"),
            ("kept_id",),
            [(one,) for one in level],
            where=_CURRENT,
            order_by=("customer_id",),
        )
        level = []
        for absorbed, kept in rows:
            if absorbed not in roots:
                roots[absorbed] = roots[kept]
                found[roots[kept]].append(absorbed)
                level.append(absorbed)
    return dict(found)


def family_of(customer_id: Id) -> list[Id]:
    """Return all ids that are one person: the one who goes on first, then all who became part of them."""
    root = resolve_merged([customer_id])[customer_id]
    return [root, *absorbed_by([root]).get(root, [])]


def merges_of(customer_id: Id) -> list[MergeView]:
    """Return the merges a customer took part in, on either side, undone ones too, earliest first."""
    names = MergeView._fields
    rows = select_matching(Merge, names, ("customer_id",), [(customer_id,)])
    rows += select_matching(Merge, names, ("kept_id",), [(customer_id,)])
    return sorted((MergeView(*row) for row in rows), key=lambda one: (one.at, one.id))
