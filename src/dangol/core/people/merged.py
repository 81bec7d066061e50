"""Who has become part of whom, and back: an absorbed customer's id goes on naming the person.

Looked up by a room or a shell that is handed an id from outside, and by whoever reads the whole of a
person's history, which stays under the ids it was made under.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.people.models import Customer, Merge
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import Select, read_together
from dangol.core.storage.rows import select_matching, table
from dangol.core.storage.values import input_params, input_sql

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


def all_merged() -> dict[Id, Id]:
    """Return everybody who has become part of somebody else, with the one they are now."""
    merged = Merge.objects.filter(undone_at=None).values_list("customer_id", flat=True)
    return resolve_merged(list(merged))


def select_current(customer_ids: Sequence[Id]) -> Select:
    """Return what reads who each of these is now, as pairs; who names nobody is left out.

    For `read_together`: however long the chains of merges are, it is one statement.
    """
    names = ("customer_id", "kept_id")
    if not customer_ids:
        return Select(Merge, names, "")
    rows = [(one,) for one in customer_ids]
    return Select(Merge, names, _current_sql(), input_params(Customer, ("customer_id",), rows), len(rows))


def _current_sql() -> str:
    merge, customer = table(Merge), table(Customer)
    return f"""
        SELECT chain.asked, t.customer_id FROM (
            WITH RECURSIVE steps (asked, current) AS (
                SELECT input.customer_id, input.customer_id
                FROM {input_sql(Customer, ("customer_id",), "input")}
                UNION ALL
                SELECT steps.asked, m.kept_id FROM steps
                JOIN {merge} AS m ON m.customer_id = steps.current AND m.undone_at IS NULL
            )
            SELECT asked, current FROM steps
        ) AS chain
        JOIN {customer} AS t ON t.customer_id = chain.current
        WHERE NOT EXISTS (
            SELECT 1 FROM {merge} AS m WHERE m.customer_id = chain.current AND m.undone_at IS NULL
        )
    """  # noqa: S608 - our own names


def find_current(customer_id: Id) -> Id | None:
    """Return who this id names now, also where they were merged; None where it names nobody."""
    current = resolve_merged([customer_id])[customer_id]
    known = select_matching(Customer, ("customer_id",), ("customer_id",), [(current,)])
    return current if known else None


def absorbed_by(customer_ids: Iterable[Id]) -> dict[Id, list[Id]]:
    """Return who has become part of each of these, all the way down; who absorbed nobody is left out.

    Those who came in directly stand first. One statement, however long the chains of merges are.
    """
    return _told_of(customer_ids, _absorbed_sql(), asked="kept_id", told="customer_id")


def _absorbed_sql() -> str:
    merge = table(Merge)
    return f"""
        SELECT root, absorbed FROM (
            WITH RECURSIVE chain (root, absorbed, depth) AS (
                SELECT input.kept_id, m.customer_id, 1 FROM {input_sql(Merge, ("kept_id",), "input")}
                JOIN {merge} AS m ON m.kept_id = input.kept_id AND m.undone_at IS NULL
                UNION ALL
                SELECT chain.root, m.customer_id, chain.depth + 1 FROM chain
                JOIN {merge} AS m ON m.kept_id = chain.absorbed AND m.undone_at IS NULL
            )
            SELECT root, absorbed, depth FROM chain
        ) AS family ORDER BY depth, absorbed
    """  # noqa: S608 - our own names


def kin_of(customer_ids: Iterable[Id]) -> dict[Id, list[Id]]:
    """Return with whom each of these has ever been one, step by step, undone merges too; themselves as well.

    With one of them is whatever has begun as theirs and follows a merge and its undoing. One statement.
    """
    return _told_of(customer_ids, _kin_sql(), asked="customer_id", told="kept_id")


def _kin_sql() -> str:
    return f"""
        SELECT asked, one FROM (
            WITH RECURSIVE kin (asked, one) AS (
                SELECT input.customer_id, input.customer_id
                FROM {input_sql(Merge, ("customer_id",), "input")}
                UNION
                SELECT kin.asked, CASE WHEN m.customer_id = kin.one THEN m.kept_id ELSE m.customer_id END
                FROM kin JOIN {table(Merge)} AS m ON m.customer_id = kin.one OR m.kept_id = kin.one
            )
            SELECT asked, one FROM kin
        ) AS family ORDER BY asked, one
    """  # noqa: S608 - our own names


def _told_of(customer_ids: Iterable[Id], sql: str, *, asked: str, told: str) -> dict[Id, list[Id]]:
    """Return what a statement over merges tells of each of these, in its order."""
    rows = [(one,) for one in sorted(set(customer_ids))]
    found: dict[Id, list[Id]] = defaultdict(list)
    if rows:
        select = Select(Merge, (asked, told), sql, input_params(Merge, (asked,), rows), len(rows))
        for one, other in read_together(select)[0]:
            found[one].append(other)
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
