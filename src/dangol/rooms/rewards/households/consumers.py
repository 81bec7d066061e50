"""Households follow their people: who was merged is in them as who they are now, who went is in none."""

from collections.abc import Sequence

from dangol.core.events.consumers import Consumer
from dangol.core.events.records import Recorded
from dangol.core.events.services import lock_customers
from dangol.core.people.events import CustomerErased, CustomerLeft, CustomerMerged
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.households.models import Household, HouseholdMember, State
from dangol.rooms.rewards.households.services import end_membership, lock_membership, membership_of

_PEOPLE = frozenset({CustomerMerged.event, CustomerLeft.event, CustomerErased.event})


def follow(events: Sequence[Recorded]) -> None:
    """Let those be in no household who are no members any more. Twice comes to the same."""
    _lock_all({event.customer_id for event in events})
    for event in events:
        if isinstance(event.payload, CustomerMerged):
            _merge(event)
        else:
            _end(event, "erased" if isinstance(event.payload, CustomerErased) else "left")


def _lock_all(customer_ids: set[Id]) -> None:
    """Lock all at once, and so in sorted order, though they are followed one by one."""
    kept = resolve_merged(customer_ids).values()
    joined = HouseholdMember.objects.filter(state=State.JOINED.value)
    households = joined.filter(customer_id__in=[*customer_ids]).values("household_id")
    people = joined.filter(household_id__in=households).values_list("customer_id", flat=True)
    lock_customers({*customer_ids, *kept, *people})


def _merge(event: Recorded) -> None:
    """Let the kept one stand where the absorbed one stood, unless they are in a household themselves."""
    absorbed = event.customer_id
    kept = resolve_merged([absorbed])[absorbed]
    if kept == absorbed:
        return
    with write_transaction():
        row = lock_membership(absorbed, also=[kept])
        if row is None:
            return
        if membership_of(kept) is None:
            _step_in(row, kept)
        end_membership(row, why="merged", at=event.occurred_at)


def _step_in(row: HouseholdMember, kept: Id) -> None:
    HouseholdMember.objects.filter(
        customer_id=kept, household_id=row.household_id, state=State.INVITED.value
    ).delete()
    HouseholdMember.objects.create(
        customer_id=kept, id=new_id(), household_id=row.household_id, state=State.JOINED.value,
        shares=row.shares, is_own_yes=row.is_own_yes, invited_at=row.invited_at, invited_by=row.invited_by,
        joined_at=row.joined_at,
    )  # fmt: skip
    Household.objects.filter(id=row.household_id, head_id=row.customer_id).update(head_id=kept)


def _end(event: Recorded, why: str) -> None:
    with write_transaction():
        _end_time(event, why)
        if why == "erased":
            _forget_names(event.customer_id)


def _forget_names(customer_id: Id) -> None:
    """Let households be without a name where somebody was who is erased: it may be their own."""
    theirs = HouseholdMember.objects.filter(
        customer_id__in=family_of(customer_id), state__in=[State.JOINED.value, State.LEFT.value]
    )
    Household.objects.filter(id__in=theirs.values("household_id")).exclude(name="").update(name="")


def _end_time(event: Recorded, why: str) -> None:
    open_ones = HouseholdMember.objects.filter(customer_id=event.customer_id, state=State.INVITED.value)
    open_ones.update(state=State.DECLINED.value, ended_at=event.occurred_at, why="declined")
    row = lock_membership(event.customer_id)
    if row is not None:
        end_membership(row, why=why, at=event.occurred_at)


FOLLOW = Consumer("households.follow", _PEOPLE, follow)
