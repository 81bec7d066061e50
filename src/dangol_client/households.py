"""Households: members who spend one another's points, and what is spent of their pools."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack

from dangol_client.answers import Answer
from dangol_client.sending import Sending, Wire, place


class HouseholdMember(Answer, frozen=True):
    """Somebody in a household, or asked to join (`joined_at` None); `shares`: their points are pooled."""

    member_id: str
    is_head: bool
    shares: bool
    joined_at: datetime | None


class Household(Answer, frozen=True):
    """A household: its members, the longest there first, and who is asked to join."""

    id: str
    name: str
    made_at: datetime
    members: list[HouseholdMember]
    invited: list[HouseholdMember]


class Invitation(Answer, frozen=True):
    """A household somebody is asked to join; they may say yes before `until`."""

    household_id: str
    name: str
    until: datetime


class Pool(Answer, frozen=True):
    """How many points of a kind somebody may spend of their household, their own among them."""

    currency: str
    usable: int


class MemberHousehold(Answer, frozen=True):
    """Where a member stands: in a household or none, what they may spend of it, what they are asked."""

    household: Household | None
    may_spend: bool
    pools: list[Pool]
    invitations: list[Invitation]


class PoolShare(Answer, frozen=True):
    """What one member gave for a spending."""

    member_id: str
    points: int


class PoolSpending(Answer, frozen=True):
    """Points spent of a household by a member, and whose they were."""

    id: str
    member_id: str
    currency: str
    points: int
    at: datetime
    reason: str
    given: list[PoolShare]


class GivenBack(Answer, frozen=True):
    """Points of a spending that went back to whose they were."""

    spending_id: str
    points: int
    given_back: list[PoolShare]


class HouseholdSettings(Answer, frozen=True):
    """How the shop answers for households; version 0: nobody has changed anything."""

    content: dict[str, Any]
    version: int


class HouseholdCalls:
    """Households, and what their members spend of one another's points."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create(self, head: str, name: str, **sending: Unpack[Sending]) -> Household:
        """Make a household of one, its head."""
        return self._wire.write("/households", {"head": head, "name": name}, Household, sending)

    def get(self, household: str) -> Household:
        """Return a household."""
        return self._wire.read(place("/households/{household}", household=household), Household)

    def invite(self, household: str, member: str, **sending: Unpack[Sending]) -> Household:
        """Ask a member to join."""
        path = place("/households/{household}/members", household=household)
        return self._wire.write(path, {"member": member}, Household, sending)

    def accept(
        self, member: str, household: str, *, shares: bool = False, **sending: Unpack[Sending]
    ) -> MemberHousehold:
        """Note that a member who was asked has said yes."""
        path = place("/members/{member}/household/accept", member=member)
        return self._wire.write(path, {"household": household, "shares": shares}, MemberHousehold, sending)

    def decline(self, member: str, household: str, **sending: Unpack[Sending]) -> MemberHousehold:
        """Note that a member who was asked has said no."""
        path = place("/members/{member}/household/decline", member=member)
        return self._wire.write(path, {"household": household}, MemberHousehold, sending)

    def set_sharing(self, member: str, shares: bool, **sending: Unpack[Sending]) -> MemberHousehold:
        """Put a member's points into the pool, or take them out."""
        path = place("/members/{member}/household/sharing", member=member)
        return self._wire.write(path, {"shares": shares}, MemberHousehold, sending, method="PUT")

    def make_head(self, member: str, **sending: Unpack[Sending]) -> MemberHousehold:
        """Let a member be the head of their household."""
        path = place("/members/{member}/household/head", member=member)
        return self._wire.write(path, None, MemberHousehold, sending)

    def leave(self, member: str, **sending: Unpack[Sending]) -> MemberHousehold:
        """Let a member leave their household; where points stay with the head, with `points.gift`."""
        path = place("/members/{member}/household/leave", member=member)
        return self._wire.write(path, None, MemberHousehold, sending)

    def of_member(self, member: str) -> MemberHousehold:
        """Return where a member stands with households."""
        return self._wire.read(place("/members/{member}/household", member=member), MemberHousehold)

    def spend(
        self,
        member: str,
        points: int,
        reason: str,
        *,
        currency: str | None = None,
        **sending: Unpack[Sending],
    ) -> PoolSpending:
        """Exchange points of a member's household, soonest to lapse first, whoever they are of.

        Refused: `points.insufficient`, `households.not_in_one`, `households.pool_limit`.
        """
        path = place("/members/{member}/household/spend", member=member)
        body = {"points": points, "reason": reason, "currency": currency}
        return self._wire.write(path, body, PoolSpending, sending)

    def spendings(self, household: str) -> Iterator[PoolSpending]:
        """Go through the latest spendings of a household."""
        return self._wire.pages(
            place("/households/{household}/spendings", household=household), PoolSpending, {}
        )

    def give_back(
        self, spending: str, reason: str, points: int | None = None, **sending: Unpack[Sending]
    ) -> GivenBack:
        """Give points of a spending back to whose they were; without `points` all that are not back yet."""
        path = place("/household-spendings/{spending}/give-back", spending=spending)
        return self._wire.write(path, {"points": points, "reason": reason}, GivenBack, sending)

    def settings(self) -> HouseholdSettings:
        """Return how the shop answers for households."""
        return self._wire.read("/household-settings", HouseholdSettings)

    def write_settings(
        self, content: Mapping[str, Any], *, version: int | None = None, **sending: Unpack[Sending]
    ) -> HouseholdSettings:
        """Let the shop answer so from now on, if it is still at the version you have seen."""
        body = {"content": dict(content), "version": version}
        return self._wire.write("/household-settings", body, HouseholdSettings, sending, method="PUT")
