"""Leaving a household: of one's own will, or sent away; and what of one's points stays with the head."""

from collections.abc import Mapping
from datetime import datetime

from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.services import gift_points
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.households import Leaving, gathered_since
from dangol.rooms.rewards.households.errors import LeavesPoints
from dangol.rooms.rewards.households.models import HouseholdMember, State
from dangol.rooms.rewards.households.pool import read_holdings
from dangol.rooms.rewards.households.services import By, end_membership, lock_joined, membership_of
from dangol.rooms.rewards.households.settings import read_settings


def leave(customer_id: Id, *, by: By, gives: int = 0) -> None:
    """Let somebody go of their own will; points go with them, or what they gathered to the head.

    `gives`: so many points at most they have agreed to leave with the head. Who leaves as the head is
    followed by who has been there longest; a household of nobody is over. Raises NotInOne, OwnAccount, or
    LeavesPoints where they would leave more; then they are still in it.
    """
    with write_transaction():
        row = lock_joined(customer_id, by)
        points = _left_behind(row, by.at)
        if sum(points.values()) > gives:
            raise LeavesPoints(points=sum(points.values()))
        household = end_membership(row, why="left", at=by.at)
        if household.ended_at is None:
            _hand_over(row, household.head_id, points, by.at)


def send_away(customer_id: Id, *, by: By) -> None:
    """Let the head do without somebody, who takes all points along. Raises NotInOne or OwnAccount."""
    with write_transaction():
        end_membership(lock_joined(customer_id, by), why="removed", at=by.at)


def points_left_behind(customer_id: Id, *, at: datetime) -> int:
    """Return how many points, of all kinds, somebody would leave with the head by leaving now."""
    row = membership_of(customer_id)
    return sum(_left_behind(row, at).values()) if row else 0


def _left_behind(row: HouseholdMember, at: datetime) -> Mapping[str, int]:
    """Return what is open of what somebody gathered while in a household, by kind: of who shared, alone."""
    since = row.joined_at
    if since is None or not row.shares or read_settings().leaving is not Leaving.LEAVES:
        return {}
    others = HouseholdMember.objects.filter(household_id=row.household_id, state=State.JOINED.value)
    if not others.exclude(customer_id=row.customer_id).exists():
        return {}
    found: dict[str, int] = {}
    for currency in PointCurrency.objects.order_by("code").values_list("code", flat=True):
        holding = read_holdings([row.customer_id], currency, at=at)[row.customer_id]
        if points := gathered_since(holding, since):
            found[currency] = points
    return found


def _hand_over(row: HouseholdMember, heir: Id, points: Mapping[str, int], at: datetime) -> None:
    for currency, count in points.items():
        key = f"household:{row.id.hex()}:{currency}"
        gift_points(
            row.customer_id, receiver_id=heir, points=count, currency=currency, key=key, at=at,
            reason="household",
        )  # fmt: skip
