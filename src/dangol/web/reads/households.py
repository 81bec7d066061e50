"""A member's household as pages show it: who is in it by name, what there is to spend, what was spent."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.ledger.selectors import usable_by_kind
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.households.selectors import (
    HouseholdView,
    InIt,
    Invitation,
    SpendingView,
    Standing,
    spendings_of,
    standing_of,
    usable_of_pool,
    usable_of_pools,
)
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.wallets import Wallet, list_wallets
from dangol.web.reads.wallets import name_of

SHOWN = 20


class Person(NamedTuple):
    """Somebody in a household, or asked to join; nobody's name where the reader may not see it."""

    one: InIt
    person: PersonView | None
    is_self: bool


class PoolLine(NamedTuple):
    """How many points of a kind there are to spend; `name` is empty in a shop with one kind."""

    currency: str
    name: str
    usable: int
    own: int


class SpentLine(NamedTuple):
    """A spending: by whom, and how many of the points were the reader's own."""

    one: SpendingView
    person: PersonView | None
    is_self: bool
    own: int
    kind: str


class Asked(NamedTuple):
    """An invitation, and who the household's head is."""

    one: Invitation
    head: PersonView | None


class HouseholdPage(NamedTuple):
    """All that a page about a member's household shows."""

    standing: Standing
    people: list[Person]
    invited: list[Person]
    pools: list[PoolLine]
    spent: list[SpentLine]
    invitations: list[Asked]


def read_household(customer_id: Id, *, at: datetime, seen: Sequence[Id] | None = None) -> HouseholdPage:
    """Return a member's household, names masked; with `seen` only those of these, and the member's own."""
    standing = standing_of(customer_id, at=at)
    household = standing.household
    spendings = spendings_of(household.id, limit=SHOWN) if household else []
    heads = [one.head_id for one in standing.invitations]
    names = names_of({*_ids(household), *heads, *(one.customer_id for one in spendings)})
    if seen is not None:
        names = {one: person for one, person in names.items() if one in seen or one == customer_id}
    kinds = {one.currency: one for one in list_wallets()} if household else {}
    return HouseholdPage(
        standing,
        [_person(one, names, customer_id) for one in household.members] if household else [],
        [_person(one, names, customer_id) for one in household.invited] if household else [],
        _pools(customer_id, standing, kinds, at),
        [_spent(one, names, customer_id, kinds) for one in spendings],
        [Asked(one, names.get(one.head_id)) for one in standing.invitations],
    )


def _ids(household: HouseholdView | None) -> list[Id]:
    return [one.customer_id for one in (*household.members, *household.invited)] if household else []


def _person(one: InIt, names: dict[Id, PersonView], reader: Id) -> Person:
    return Person(one, names.get(one.customer_id), one.customer_id == reader)


def _pools(customer_id: Id, standing: Standing, kinds: dict[str, Wallet], at: datetime) -> list[PoolLine]:
    if not standing.may_spend:
        return []
    usable, own = usable_of_pools(standing, list(kinds), at=at), usable_by_kind(customer_id, at=at)
    return [
        PoolLine(key, name_of(one) if len(kinds) > 1 else "", usable[key], own.get(key, 0))
        for key, one in kinds.items()
    ]


def _spent(one: SpendingView, names: dict[Id, PersonView], reader: Id, kinds: dict[str, Wallet]) -> SpentLine:
    own = dict(one.given).get(reader, 0)
    kind = kinds.get(one.currency)
    told = name_of(kind) if kind and len(kinds) > 1 else ""
    return SpentLine(one, names.get(one.customer_id), one.customer_id == reader, own, told)


def usable_in_household(customer_id: Id, *, at: datetime) -> int | None:
    """Return how many of the first kind of points somebody may spend of their household; None: of none."""
    programs = current_programs()
    return usable_of_pool(customer_id, programs[0].row.points_currency, at=at) if programs else None
