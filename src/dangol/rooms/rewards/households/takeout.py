"""What households hold about one person: when they were in one, what they spent of it, and what they gave."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id, parse_id
from dangol.rooms.rewards.households.models import (
    Household,
    HouseholdMember,
    HouseholdShare,
    HouseholdSpending,
)


def read_memberships(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return when they were asked, joined and left, and what the household is called, while it is there.

    Who else was there is theirs to know from them.
    """
    names = (
        "customer_id", "household_id", "state", "shares", "is_own_yes", "invited_at", "joined_at", "ended_at",
        "why",
    )  # fmt: skip
    facts = rows_of(HouseholdMember, names, customer_ids, order_by=("invited_at", "id"))
    ids = [parse_id(one["household_id"]) for one in facts]
    called = dict(Household.objects.filter(id__in=ids).values_list("id", "name"))
    return [{**fact, "household_name": called.get(key, "")} for key, fact in zip(ids, facts, strict=True)]


def read_spendings(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what they spent of a household's pool."""
    names = ("customer_id", "id", "household_id", "currency", "points", "of_others", "at", "reason")
    return rows_of(HouseholdSpending, names, customer_ids, order_by=("at", "id"))


def read_shares(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return which points of theirs a household has spent: the transfers say when."""
    names = ("customer_id", "spending_id", "transfer_id", "points")
    return rows_of(HouseholdShare, names, customer_ids, order_by=("spending_id",))


MEMBERSHIPS = Section("households", read_memberships)
SPENDINGS = Section("household_spendings", read_spendings)
SHARES = Section("household_shares", read_shares)
