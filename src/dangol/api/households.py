"""Households: members who spend one another's points, and what is spent of their pools."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from django.conf import settings as conf
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.idempotency import effect_key, once
from dangol.api.points import Count, KindOfPoints, Reason
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, Instant, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.rooms.rewards.households import confirming, leaving, pool, selectors, services, settings
from dangol.rooms.rewards.households.errors import UnknownHousehold, UnknownSpending
from dangol.rooms.rewards.households.models import LONGEST_NAME
from dangol.rooms.rewards.households.selectors import HouseholdView as Found, InIt, SpendingView as Spent
from dangol.rooms.rewards.households.services import By
from dangol.rooms.rewards.wallets import find_wallet, list_wallets

router = Router(tags=["households"])
HouseholdRef = Annotated[str, Field(max_length=64, description="The id of a household.")]
SpendingRef = Annotated[str, Field(max_length=64, description="The id of a spending of a household.")]
_SHOWN = 50


class HouseholdIn(Given):
    """A household of one: its head, whose points are in the pool."""

    head: MemberRef
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class InviteIn(Given):
    """Who is asked to join."""

    member: MemberRef


class AcceptIn(Given):
    """Which household they join, and whether their points are in its pool; theirs is the yes."""

    household: HouseholdRef
    shares: bool = False


class DeclineIn(Given):
    """Which household they do not join."""

    household: HouseholdRef


class SharingIn(Given):
    """Whether a member's points are in the pool."""

    shares: bool


class PoolSpendIn(Given):
    """Points of a household to be exchanged, and for what."""

    points: Count
    reason: Reason
    currency: KindOfPoints | None = None


class GiveBackIn(Given):
    """How many of the points go back (null: all that are not back yet), and why."""

    points: Count | None = None
    reason: Reason


class HouseholdSettingsIn(Given):
    """How the shop answers, whole; `version` is the one you have seen (null: whichever holds)."""

    content: dict[str, Any]
    version: Annotated[int, Field(ge=0, strict=True)] | None = None


class HouseholdMemberView(Shown):
    """Somebody in a household, or asked to join (`joined_at` null); `shares`: their points are pooled."""

    member_id: str
    is_head: bool
    shares: bool
    joined_at: Instant | None


class HouseholdView(Shown):
    """A household: its members, the longest there first, and who is asked to join."""

    id: str
    name: str
    made_at: Instant
    members: list[HouseholdMemberView]
    invited: list[HouseholdMemberView]


class InvitationView(Shown):
    """A household somebody is asked to join; they may say yes before `until`."""

    household_id: str
    name: str
    until: Instant


class PoolView(Shown):
    """How many points of a kind somebody may spend of their household, their own among them."""

    currency: str
    usable: int


class MemberHouseholdView(Shown):
    """Where a member stands: in a household or none, what they may spend of it, what they are asked."""

    household: HouseholdView | None
    may_spend: bool
    pools: list[PoolView]
    invitations: list[InvitationView]


class PoolShareView(Shown):
    """What one member gave for a spending."""

    member_id: str
    points: int


class PoolSpendingView(Shown):
    """Points spent of a household by a member, and whose they were."""

    id: str
    member_id: str
    currency: str
    points: int
    at: Instant
    reason: str
    given: list[PoolShareView]


class PoolSpendingList(Shown):
    """What was spent of a household, the latest first."""

    data: list[PoolSpendingView]


class GivenBackView(Shown):
    """Points of a spending that went back to whose they were."""

    spending_id: str
    points: int
    given_back: list[PoolShareView]


class HouseholdSettingsView(Shown):
    """How the shop answers for households; version 0: nobody has changed anything."""

    content: dict[str, Any]
    version: int


@router.post("/households", auth=Needs(Right.MEMBERS_WRITE), response={201: HouseholdView})
@once
def create_household(request: HttpRequest, payload: HouseholdIn) -> Reply:
    """Make a household."""
    made = services.make_household(find_member(payload.head), name=payload.name, by=_by(request))
    headers = {"Location": f"/api/v1/households/{show_id(made)}"}
    return Reply(_view(selectors.find_household(made)), 201, headers)


@router.get("/households/{household}", auth=Needs(Right.MEMBERS_READ), response=HouseholdView)
def get_household(request: HttpRequest, household: Path[HouseholdRef]) -> HttpResponse:
    """Show a household."""
    return show(_view(selectors.find_household(_household_id(household))))


@router.post(
    "/households/{household}/members", auth=Needs(Right.MEMBERS_WRITE), response={201: HouseholdView}
)
@once
def invite_member(request: HttpRequest, household: Path[HouseholdRef], payload: InviteIn) -> Reply:
    """Ask a member to join: they say yes on their phone, or somebody notes it for them (`accept`)."""
    key = _household_id(household)
    services.invite(key, find_member(payload.member), by=_by(request))
    return Reply(_view(selectors.find_household(key)), 201)


@router.get("/households/{household}/spendings", auth=Needs(Right.POINTS_READ), response=PoolSpendingList)
def get_spendings(request: HttpRequest, household: Path[HouseholdRef]) -> HttpResponse:
    """List up to fifty of the latest spendings of a household."""
    key = selectors.find_household(_household_id(household)).id
    return show(PoolSpendingList(data=[_spending(one) for one in selectors.spendings_of(key, limit=_SHOWN)]))


@router.get("/members/{member}/household", auth=Needs(Right.POINTS_READ), response=MemberHouseholdView)
def get_member_household(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Show the household a member is in, what they may spend of it, and what they are asked to join."""
    return show(_standing(find_member(member), request))


@router.post(
    "/members/{member}/household/accept", auth=Needs(Right.MEMBERS_WRITE), response=MemberHouseholdView
)
@once
def accept_household(request: HttpRequest, member: Path[MemberRef], payload: AcceptIn) -> Reply:
    """Note that a member who was asked has said yes."""
    owner = find_member(member)
    services.accept(owner, _household_id(payload.household), shares=payload.shares, by=_by(request))
    return Reply(_standing(owner, request))


@router.post(
    "/members/{member}/household/decline", auth=Needs(Right.MEMBERS_WRITE), response=MemberHouseholdView
)
@once
def decline_household(request: HttpRequest, member: Path[MemberRef], payload: DeclineIn) -> Reply:
    """Note that a member who was asked has said no."""
    owner = find_member(member)
    household = selectors.find_household(_household_id(payload.household))
    services.decline(owner, household.id, by=_by(request))
    return Reply(_standing(owner, request))


@router.put(
    "/members/{member}/household/sharing", auth=Needs(Right.MEMBERS_WRITE), response=MemberHouseholdView
)
@once
def change_sharing(request: HttpRequest, member: Path[MemberRef], payload: SharingIn) -> Reply:
    """Put a member's points into the pool, or take them out."""
    owner = find_member(member)
    services.set_sharing(owner, shares=payload.shares, by=_by(request))
    return Reply(_standing(owner, request))


@router.post(
    "/members/{member}/household/head", auth=Needs(Right.MEMBERS_WRITE), response=MemberHouseholdView
)
@once
def change_head(request: HttpRequest, member: Path[MemberRef]) -> Reply:
    """Let a member be the head of their household."""
    owner = find_member(member)
    services.make_head(owner, by=_by(request))
    return Reply(_standing(owner, request))


@router.post(
    "/members/{member}/household/leave", auth=Needs(Right.MEMBERS_WRITE), response=MemberHouseholdView
)
@once
def leave_household(request: HttpRequest, member: Path[MemberRef]) -> Reply:
    """Let a member leave their household; where points stay with the head, with the scope `points.gift`."""
    owner = find_member(member)
    gives = leaving.points_left_behind(owner, at=caller_of(request).at)
    if gives:
        caller_of(request).key.require(Right.POINTS_GIFT)
    leaving.leave(owner, by=_by(request), gives=gives)
    return Reply(_standing(owner, request))


@router.post(
    "/members/{member}/household/spend", auth=Needs(Right.POINTS_SPEND), response={201: PoolSpendingView}
)
@once
def spend_of_household(request: HttpRequest, member: Path[MemberRef], payload: PoolSpendIn) -> Reply:
    """Exchange points of a member's household, soonest to lapse first, whoever they are of.

    From `DANGOL_STEP_UP_POINTS` on in a day it is for the member themselves (409
    `member.confirmation_required`), and for those whose points it takes to have said on their phone that they
    share (409 `households.not_their_own_yes`).
    """
    wanted = pool.Wanted(
        payload.points, find_wallet(payload.currency).row.points_currency, effect_key(request), payload.reason
    )
    made = confirming.spend_confirmed(
        find_member(member), wanted, limit=conf.STEP_UP_POINTS, at=caller_of(request).at
    )
    return Reply(_spending(selectors.find_spending(made.id)), 201)


@router.post(
    "/household-spendings/{spending}/give-back",
    auth=Needs(Right.POINTS_ADJUST),
    response={201: GivenBackView},
)
@once
def give_back(request: HttpRequest, spending: Path[SpendingRef], payload: GiveBackIn) -> Reply:
    """Give points of a spending back to the lots they came from, in proportion to what each gave."""
    key = _id(spending)
    if key is None:
        raise UnknownSpending(spending=spending)
    back = pool.give_back_to_pool(
        key, payload.points, key=effect_key(request), at=caller_of(request).at, reason=payload.reason
    )
    view = GivenBackView(
        spending_id=show_id(key), points=sum(back.values()), given_back=_shares(back.items())
    )
    return Reply(view, 201)


@router.get("/household-settings", auth=Needs(Right.PROGRAMS_READ), response=HouseholdSettingsView)
def get_household_settings(request: HttpRequest) -> HttpResponse:
    """Show how the shop answers for households."""
    return show(_settings())


@router.put("/household-settings", auth=Needs(Right.PROGRAMS_PUBLISH), response=HouseholdSettingsView)
@once
def write_household_settings(request: HttpRequest, payload: HouseholdSettingsIn) -> Reply:
    """Let the shop answer so from now on."""
    caller = caller_of(request)
    content = settings.unpack_settings(payload.content)
    settings.change_settings(content, seen=payload.version, actor=actor_of(request), at=caller.at)
    return Reply(_settings())


def _settings() -> HouseholdSettingsView:
    content = msgspec.to_builtins(settings.read_settings())
    return HouseholdSettingsView(content=content, version=settings.settings_number())


def _by(request: HttpRequest) -> By:
    return By(actor_of(request), caller_of(request).at)


def _id(reference: str) -> Id | None:
    try:
        return parse_id(reference)
    except ValueError:
        return None


def _household_id(reference: str) -> Id:
    key = _id(reference)
    if key is None:
        raise UnknownHousehold(household=reference)
    return key


def _standing(owner: Id, request: HttpRequest) -> MemberHouseholdView:
    at = caller_of(request).at
    found = selectors.standing_of(owner, at=at)
    kinds = [one.currency for one in list_wallets()] if found.may_spend else []
    usable = selectors.usable_of_pools(found, kinds, at=at)
    return MemberHouseholdView(
        household=_view(found.household) if found.household else None,
        may_spend=found.may_spend,
        pools=[PoolView(currency=one, usable=usable[one]) for one in kinds],
        invitations=[
            InvitationView(household_id=show_id(one.household_id), name=one.name, until=one.until)
            for one in found.invitations
        ],
    )


def _view(found: Found) -> HouseholdView:
    return HouseholdView(
        id=show_id(found.id), name=found.name, made_at=found.made_at,
        members=[_in_it(one) for one in found.members], invited=[_in_it(one) for one in found.invited],
    )  # fmt: skip


def _in_it(one: InIt) -> HouseholdMemberView:
    return HouseholdMemberView(
        member_id=show_id(one.customer_id), is_head=one.is_head, shares=one.shares, joined_at=one.joined_at
    )


def _spending(one: Spent) -> PoolSpendingView:
    return PoolSpendingView(
        id=show_id(one.id), member_id=show_id(one.customer_id), currency=one.currency, points=one.points,
        at=one.at, reason=one.reason, given=_shares(one.given),
    )  # fmt: skip


def _shares(given: Iterable[tuple[Id, int]]) -> list[PoolShareView]:
    return [PoolShareView(member_id=show_id(owner), points=points) for owner, points in given]
