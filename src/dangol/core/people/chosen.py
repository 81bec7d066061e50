"""Of those somebody chose from a list: for whom something can be done, and why not for the others."""

from collections.abc import Iterable, Sequence, Set
from enum import StrEnum
from typing import NamedTuple

from dangol.core.people.models import Customer
from dangol.core.people.selectors import ERASED_KIND, MEMBER, MERGED
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching


class Why(StrEnum):
    """Why somebody is left out."""

    UNKNOWN = "unknown"
    MERGED = "merged"
    ERASED = "erased"
    NOT_A_MEMBER = "not_a_member"
    OTHER_STORE = "other_store"
    OWN = "own"


class LeftOut(NamedTuple):
    """Somebody who is left out. `why` is one of `Why`, or the code of the refusal that met them."""

    customer_id: Id
    why: str


class Judged(NamedTuple):
    """Those it can be done for, in the order given, and the others."""

    fit: list[Id]
    left_out: list[LeftOut]


def judge_chosen(
    customer_ids: Iterable[Id], *, store_id: Id | None = None, own: Set[Id] = frozenset()
) -> Judged:
    """Return who is a member now and, for somebody bound to a store, at home there or nowhere.

    `own` are the members that those who do it are themselves: they are left out.
    """
    wanted = list(dict.fromkeys(customer_ids))
    rows = select_matching(
        Customer, ("customer_id", "kind", "home_store_id"), ("customer_id",), [(one,) for one in wanted]
    )
    found = {row[0]: _why(row[1], row[2], store_id) for row in rows}
    judged = [(one, found.get(one, Why.UNKNOWN) or (Why.OWN if one in own else None)) for one in wanted]
    return Judged(
        [one for one, why in judged if why is None], [LeftOut(one, why) for one, why in judged if why]
    )


def _why(kind: str, home_store_id: Id | None, store_id: Id | None) -> Why | None:
    if store_id and home_store_id and home_store_id != store_id:
        return Why.OTHER_STORE
    if kind == MEMBER:
        return None
    return {MERGED: Why.MERGED, ERASED_KIND: Why.ERASED}.get(kind, Why.NOT_A_MEMBER)


def count_by_why(left_out: Sequence[LeftOut]) -> dict[str, int]:
    """Return how many are left out for each reason, the most first."""
    whys = [one.why for one in left_out]
    return {why: whys.count(why) for why in sorted(set(whys), key=lambda one: (-whys.count(one), one))}
