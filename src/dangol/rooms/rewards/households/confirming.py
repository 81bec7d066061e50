"""Spending of a pool by somebody else's hand: much of it only when it is they, and theirs who gave it."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Sum

from dangol.core.access.members.confirming import require_confirmed
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.spending import DAY
from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import Kind
from dangol.rooms.rewards.households.errors import NotTheirOwnYes
from dangol.rooms.rewards.households.models import (
    HouseholdMember,
    HouseholdShare,
    HouseholdSpending,
    State,
)
from dangol.rooms.rewards.households.pool import Spent, Wanted, spend_of_pool


def spend_confirmed(customer_id: Id, wanted: Wanted, *, limit: int, at: datetime) -> Spent:
    """Let a member spend of their household by somebody else's hand: from `limit` on only if it is they.

    What was spent in 24 hours in smaller parts counts together, of all kinds of points, alone and of a pool:
    by the spender, and of each whose points it takes. Of who has not said themselves that they share, others
    never reach `limit`. Raises what `spend_of_pool` raises, ConfirmationRequired or NotTheirOwnYes; then
    nothing is spent.
    """
    with write_transaction():
        customer_id = resolve_merged([customer_id])[customer_id]
        made = spend_of_pool(customer_id, wanted, at=at)
        if made.repeated:
            return made
        before = _taken_before({customer_id, *made.given}, made, limit, at)
        much = {owner for owner, part in made.given.items() if before[owner] + part >= limit}
        spent = before[customer_id] + _of_others_before(customer_id, made, limit, at) + wanted.points
        if much or spent >= limit:
            require_confirmed(
                customer_id, points=wanted.points, limit=limit, confirmation=None, has_tried=False, at=at
            )
        _require_own_yes(much - {customer_id}, limit)
    return made


def _taken_before(owners: Iterable[Id], made: Spent, limit: int, at: datetime) -> dict[Id, int]:
    """Return how many points of each were spent in 24 hours in small parts, by whom- and whatever for."""
    owners = list(owners)
    now = HouseholdShare.objects.filter(spending_id=made.id).values_list("transfer_id", flat=True)
    small = Transfer.objects.filter(
        customer_id__in=owners, kind=Kind.SPEND.value, occurred_at__gt=at - DAY, points__lt=limit
    ).exclude(id__in=list(now))
    found = dict(small.order_by().values_list("customer_id").annotate(Sum("points")))
    return {owner: found.get(owner, 0) for owner in owners}


def _of_others_before(customer_id: Id, made: Spent, limit: int, at: datetime) -> int:
    """Return how many points of others somebody has spent in 24 hours in small parts."""
    small = HouseholdSpending.objects.filter(
        customer_id=customer_id, at__gt=at - DAY, points__lt=limit
    ).exclude(id=made.id)
    return int(small.aggregate(points=Sum("of_others"))["points"] or 0)


def _require_own_yes(owners: Iterable[Id], limit: int) -> None:
    """Refuse where one of these shares only by what somebody has noted for them."""
    noted = HouseholdMember.objects.filter(
        customer_id__in=list(owners), state=State.JOINED.value, is_own_yes=False
    )
    if noted.exists():
        raise NotTheirOwnYes(limit=limit)
