"""Reading households: who is in one, what a pool holds, and what was spent of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id, show_id
from dangol.domain.households import Spender, Terms
from dangol.rooms.rewards.households.errors import UnknownHousehold, UnknownSpending
from dangol.rooms.rewards.households.models import (
    Household,
    HouseholdMember,
    HouseholdShare,
    HouseholdSpending,
    State,
)
from dangol.rooms.rewards.households.pool import read_holdings_by_kind
from dangol.rooms.rewards.households.services import INVITED_FOR, membership_of
from dangol.rooms.rewards.households.settings import read_settings


class InIt(NamedTuple):
    """Somebody who is in a household, or is asked to join it; `id` names their time in it."""

    id: Id
    customer_id: Id
    is_head: bool
    shares: bool
    joined_at: datetime | None
    is_own_yes: bool = False

    @property
    def shown(self) -> str:
        """What names their time in it, as it stands in forms."""
        return show_id(self.id)


class HouseholdView(NamedTuple):
    """A household that is there: its members, the longest there first, and who is asked to join."""

    id: Id
    name: str
    head_id: Id
    made_at: datetime
    members: tuple[InIt, ...]
    invited: tuple[InIt, ...]


class Invitation(NamedTuple):
    """A household somebody is asked to join, and until when, exclusive, they may say yes."""

    household_id: Id
    name: str
    head_id: Id
    until: datetime

    @property
    def shown(self) -> str:
        """The household's id as it stands in forms."""
        return show_id(self.household_id)


class Standing(NamedTuple):
    """Where somebody stands: the household they are in, whether they may spend of it, what they are asked."""

    household: HouseholdView | None
    own: InIt | None
    may_spend: bool
    invitations: tuple[Invitation, ...]


class SpendingView(NamedTuple):
    """A spending of a pool, and what each gave for it."""

    id: Id
    customer_id: Id
    currency: str
    points: int
    at: datetime
    reason: str
    given: tuple[tuple[Id, int], ...]


def find_household(household_id: Id) -> HouseholdView:
    """Return a household; raises UnknownHousehold for none, and for one that is over."""
    row = Household.objects.filter(id=household_id, ended_at=None).first()
    if row is None:
        raise UnknownHousehold(household=show_id(household_id))
    people = HouseholdMember.objects.filter(
        household_id=row.id, state__in=[State.JOINED.value, State.INVITED.value]
    ).order_by("joined_at", "id")
    found = [(one.state, _in_it(one, row)) for one in people]
    return HouseholdView(
        row.id, row.name, row.head_id, row.made_at,
        tuple(one for state, one in found if state == State.JOINED.value),
        tuple(one for state, one in found if state == State.INVITED.value),
    )  # fmt: skip


def _in_it(one: HouseholdMember, household: Household) -> InIt:
    is_head = one.customer_id == household.head_id
    return InIt(one.id, one.customer_id, is_head, one.shares, one.joined_at, one.is_own_yes)


def standing_of(customer_id: Id, *, at: datetime) -> Standing:
    """Return where a member stands with households."""
    customer_id = resolve_merged([customer_id])[customer_id]
    terms = read_settings().as_terms()
    row = membership_of(customer_id)
    household = find_household(row.household_id) if row else None
    own = (
        next((one for one in household.members if one.customer_id == customer_id), None)
        if household
        else None
    )
    return Standing(household, own, _may_spend(own, terms), _invitations(customer_id, at))


def _may_spend(own: InIt | None, terms: Terms) -> bool:
    if own is None or not terms.is_open or not own.shares:
        return False
    return own.is_head or terms.spender is Spender.EVERYBODY


def _invitations(customer_id: Id, at: datetime) -> tuple[Invitation, ...]:
    rows = HouseholdMember.objects.filter(
        customer_id=customer_id, state=State.INVITED.value, invited_at__gt=at - INVITED_FOR
    ).order_by("-invited_at", "id")
    open_rows = {one.household_id: one.invited_at + INVITED_FOR for one in rows}
    found = Household.objects.filter(id__in=list(open_rows), ended_at=None)
    return tuple(Invitation(one.id, one.name, one.head_id, open_rows[one.id]) for one in found)


def usable_of_pool(customer_id: Id, currency: str, *, at: datetime) -> int | None:
    """Return how many points somebody may spend of their household; None where they may spend of none."""
    return usable_of_pools(standing_of(customer_id, at=at), [currency], at=at).get(currency)


def usable_of_pools(standing: Standing, currencies: list[str], *, at: datetime) -> dict[str, int]:
    """Return how many points of each kind somebody who stands so may spend; empty where of none."""
    if standing.household is None or not standing.may_spend:
        return {}
    sharing = [one.customer_id for one in standing.household.members if one.shares]
    held = read_holdings_by_kind(sharing, currencies, at=at)
    return {one: sum(own.usable for own in holdings.values()) for one, holdings in held.items()}


def spendings_of(household_id: Id, *, limit: int = 50) -> list[SpendingView]:
    """Return what was spent of a pool, the latest first."""
    rows = HouseholdSpending.objects.filter(household_id=household_id).order_by("-at", "-id")[:limit]
    return _spendings(list(rows))


def find_spending(spending_id: Id) -> SpendingView:
    """Return a spending of a pool; raises UnknownSpending."""
    found = _spendings(list(HouseholdSpending.objects.filter(id=spending_id)))
    if not found:
        raise UnknownSpending(spending=show_id(spending_id))
    return found[0]


def _spendings(rows: Sequence[HouseholdSpending]) -> list[SpendingView]:
    shares = HouseholdShare.objects.filter(spending_id__in=[one.id for one in rows])
    given: dict[Id, list[tuple[Id, int]]] = {}
    for one in shares.order_by("customer_id"):
        given.setdefault(one.spending_id, []).append((one.customer_id, one.points))
    return [
        SpendingView(
            one.id, one.customer_id, one.currency, one.points, one.at, one.reason,
            tuple(given.get(one.id, ())),
        )
        for one in rows
    ]  # fmt: skip
