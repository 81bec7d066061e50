"""Referrals: programs, members' codes, friends who tell one, and what a person has to look at."""

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.idempotency import once
from dangol.api.references import MemberRef, find_member
from dangol.api.referral_views import (
    MemberReferralView,
    ReferralPage,
    ReferralProgramFields,
    ReferralProgramList,
    ReferralProgramView,
    ReferralStepList,
    ReferralView,
    member_view,
    program_view,
    referral_view,
    step_view,
)
from dangol.api.replies import Given, Limit, Reply, show
from dangol.core.access.rights import Right
from dangol.core.people.selectors import find_stores
from dangol.core.people.shops import UnknownStore
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.referrals import Stage
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals import programs, selectors, services
from dangol.rooms.rewards.referrals.codes import guard_code, make_code
from dangol.rooms.rewards.referrals.errors import UnknownReferral, UnknownReferralProgram
from dangol.rooms.rewards.referrals.models import LONGEST_CODE, LONGEST_REASON
from dangol.rooms.rewards.referrals.signs import LONGEST_DEVICE, Came

router = Router(tags=["referrals"])
ProgramRef = Annotated[str, Field(max_length=64, description="The id of a referral program.")]
ReferralRef = Annotated[str, Field(max_length=64, description="The id of a referral.")]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class ReferralProgramIn(ReferralProgramFields):
    """A program as it is to be."""


class ReferralProgramEdit(ReferralProgramFields):
    """A program as it is to be, whole; `revision` is the one you have seen."""

    revision: Annotated[int, Field(ge=1, strict=True)]


class FriendCodeIn(Given):
    """A code that a new member was given by a friend.

    `typed_by`: `staff`, or the `friend` themselves, whose wrong guesses are counted. `device` (an
    id that your app gave it) and `address` (the network address they came from) help to tell two people from
    one; they are kept as hashes for 180 days.
    """

    code: Annotated[str, Field(min_length=1, max_length=4 * LONGEST_CODE)]
    typed_by: Literal["staff", "friend"] = "staff"
    device: Annotated[str, Field(max_length=LONGEST_DEVICE)] = ""
    address: Annotated[str, Field(max_length=64)] = ""
    store: Annotated[str, Field(max_length=64, description="A store's number.")] | None = None


class DecisionIn(Given):
    """Whether it is a referral, and why."""

    approved: bool
    reason: Reason


@router.get("/referral-programs", auth=Needs(Right.REWARDS_READ), response=ReferralProgramList)
def get_referral_programs(request: HttpRequest, archived: bool = False) -> HttpResponse:
    """Show the program that takes friends now with its figures; with `archived` those that take none more."""
    found = selectors.list_programs(archived=archived)
    return show(ReferralProgramList(data=[_shown(one) for one in found]))


@router.post("/referral-programs", auth=Needs(Right.REWARDS_WRITE), response={201: ReferralProgramView})
@once
def create_referral_program(request: HttpRequest, payload: ReferralProgramIn) -> Reply:
    """Make a program, which takes friends from now on. Refused while another one does."""
    made = programs.create_program(payload.draft(), actor=actor_of(request), at=caller_of(request).at)
    view = _program(made)
    return Reply(view, 201, {"Location": f"/api/v1/referral-programs/{view.id}"})


@router.get("/referral-programs/{scheme}", auth=Needs(Right.REWARDS_READ), response=ReferralProgramView)
def get_referral_program(request: HttpRequest, scheme: Path[ProgramRef]) -> HttpResponse:
    """Show a program with its figures."""
    return show(_program(_program_id(scheme)))


@router.put("/referral-programs/{scheme}", auth=Needs(Right.REWARDS_WRITE), response=ReferralProgramView)
@once
def change_referral_program(
    request: HttpRequest, scheme: Path[ProgramRef], payload: ReferralProgramEdit
) -> Reply:
    """Let a program be as given for codes told from now on; its caps and limits hold at once.

    Refused with `referrals.program_changed` if it is not at `revision` any more.
    """
    programs.change_program(
        _program_id(scheme), payload.draft(), expected=payload.revision, actor=actor_of(request),
        at=caller_of(request).at,
    )  # fmt: skip
    return Reply(_program(_program_id(scheme)))


@router.post(
    "/referral-programs/{scheme}/archive", auth=Needs(Right.REWARDS_WRITE), response=ReferralProgramView
)
@once
def archive_referral_program(request: HttpRequest, scheme: Path[ProgramRef]) -> Reply:
    """Take no friends any more; what was promised is still given."""
    return _archive(request, scheme, is_archived=True)


@router.post(
    "/referral-programs/{scheme}/restore", auth=Needs(Right.REWARDS_WRITE), response=ReferralProgramView
)
@once
def restore_referral_program(request: HttpRequest, scheme: Path[ProgramRef]) -> Reply:
    """Take friends again."""
    return _archive(request, scheme, is_archived=False)


def _archive(request: HttpRequest, scheme: str, *, is_archived: bool) -> Reply:
    programs.archive_program(
        _program_id(scheme), is_archived=is_archived, actor=actor_of(request), at=caller_of(request).at
    )
    return Reply(_program(_program_id(scheme)))


@router.get("/members/{member}/referral", auth=Needs(Right.POINTS_READ), response=MemberReferralView)
def get_member_referral(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Show a member's code and link, the friends who came by it, what the caps leave, and how they came."""
    return show(_member(request, find_member(member)))


@router.post("/members/{member}/referral/code", auth=Needs(Right.MEMBERS_WRITE), response=MemberReferralView)
@once
def make_referral_code(request: HttpRequest, member: Path[MemberRef]) -> Reply:
    """Make a member's code, once; after that it is always the same."""
    owner = find_member(member)
    make_code(owner, at=caller_of(request).at)
    return Reply(_member(request, owner))


@router.get("/members/{member}/referral/friends", auth=Needs(Right.POINTS_READ), response=ReferralPage)
def get_referral_friends(
    request: HttpRequest, member: Path[MemberRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List the referrals of friends who came by a member's code, the latest first."""
    before = read_instant_and_id(cursor)
    rows = selectors.friends_of(find_member(member), before=before, limit=limit + 1)
    return _page(request, rows, limit)


@router.post(
    "/members/{member}/referral/friend", auth=Needs(Right.MEMBERS_WRITE), response={201: ReferralView}
)
def tell_friend_code(request: HttpRequest, member: Path[MemberRef], payload: FriendCodeIn) -> HttpResponse:
    """Note by whose code this member came, once and for good; what joining earns is given at once."""
    friend = find_member(member)
    if payload.typed_by == "friend":
        # Outside the transaction: a wrong guess stays counted whatever becomes of it.
        guard_code(payload.code, customer_id=friend, address=payload.address, at=caller_of(request).at)
    return _tell(request, friend, payload)


@once
def _tell(request: HttpRequest, friend: Id, payload: FriendCodeIn) -> Reply:
    by = By(actor_of(request), caller_of(request).at, _store_id(payload.store))
    made = services.tell_code(friend, payload.code, by=by, came=Came(payload.device, payload.address))
    return Reply(referral_view(selectors.find_referral(made), caller_of(request).key), 201)


@router.get("/referrals", auth=Needs(Right.POINTS_READ), response=ReferralPage)
def get_referrals(
    request: HttpRequest,
    state: Annotated[Stage | None, Query()] = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """List referrals, the latest told first; `state=review` are those that a person has to look at."""
    states = [state] if state else []
    before = read_instant_and_id(cursor)
    return _page(request, selectors.list_referrals(states=states, before=before, limit=limit + 1), limit)


@router.get("/referrals/{referral}", auth=Needs(Right.POINTS_READ), response=ReferralView)
def get_referral(request: HttpRequest, referral: Path[ReferralRef]) -> HttpResponse:
    """Show a referral: where it stands, why, and what both got."""
    found = selectors.find_referral(_referral_id(referral))
    return show(referral_view(found, caller_of(request).key))


@router.get("/referrals/{referral}/history", auth=Needs(Right.POINTS_READ), response=ReferralStepList)
def get_referral_history(request: HttpRequest, referral: Path[ReferralRef]) -> HttpResponse:
    """Show all that happened to a referral, and who did it."""
    found = selectors.find_referral(_referral_id(referral))
    return show(ReferralStepList(data=[step_view(one) for one in selectors.steps_of(found.id)]))


@router.post("/referrals/{referral}/decide", auth=Needs(Right.POINTS_ADJUST), response=ReferralView)
@once
def decide_referral(request: HttpRequest, referral: Path[ReferralRef], payload: DecisionIn) -> Reply:
    """Say of a suspicious referral whether it is one; approved, what is due is given at once."""
    referral_id = _referral_id(referral)
    by = By(actor_of(request), caller_of(request).at)
    services.decide(referral_id, approved=payload.approved, reason=payload.reason, by=by)
    return Reply(referral_view(selectors.find_referral(referral_id), caller_of(request).key))


def _page(request: HttpRequest, rows: list[selectors.ReferralView], limit: int) -> HttpResponse:
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].told_at, shown[-1].id) if rest else None
    key = caller_of(request).key
    return show(ReferralPage(data=[referral_view(one, key) for one in shown], next_cursor=after))


def _member(request: HttpRequest, owner: Id) -> MemberReferralView:
    found = selectors.standing_of(owner, at=caller_of(request).at)
    link = request.build_absolute_uri(f"/r/{found.code}") if found.code else None
    return member_view(found, link, caller_of(request).key)


def _store_id(number: str | None) -> Id | None:
    if number is None:
        return None
    found = find_stores([number]).get(number)
    if found is None:
        raise UnknownStore(store=number)
    return found


def _program_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownReferralProgram(program=text) from None


def _referral_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownReferral(referral=text) from None


def _program(program_id: Id) -> ReferralProgramView:
    return _shown(selectors.find_referral_program(program_id))


def _shown(one: selectors.ProgramView) -> ReferralProgramView:
    return program_view(one, selectors.figures_of(one.id))
