"""Members: making, finding, changing, and what was said and happened."""

from contextlib import nullcontext
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id, read_instant_and_number
from dangol.api.idempotency import once
from dangol.api.people import ErasedView, Given300, Reason, erase, reveal_member
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, GivenInstant, Limit, Reply, show
from dangol.api.showing import show_members
from dangol.api.views import ConsentsView, ConsentView, EventPage, EventView, MemberPage, MemberView, Trait
from dangol.core.access.rights import Right
from dangol.core.events.selectors import timeline_of
from dangol.core.messaging.address_changes import telling_old_address
from dangol.core.people.consents import ConsentDraft
from dangol.core.people.enrolling import Enrollment, enroll, give_consents
from dangol.core.people.guardians import GuardianDraft
from dangol.core.people.identities import Kind
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import consent_history, consents_of, find_stores, list_members
from dangol.core.people.shops import UnknownStore
from dangol.core.storage.ids import Id, show_id

router = Router(tags=["members"])
# Where the identities that come this way were told.
SOURCE = "api"
Text = Annotated[str, Field(min_length=1, max_length=254)]
Purpose = Annotated[str, Field(pattern="^[a-z][a-z_]{0,31}$")]
Channel = Literal["email", "sms", "kakao", "push", "call", "post", "none"]


class ConsentIn(Given):
    """That a member agreed, or took it back: by which channel, for what, having seen which wording."""

    channel: Channel
    purpose: Purpose
    granted: bool
    wording: Annotated[str, Field(max_length=64)] = ""
    source: Annotated[str, Field(min_length=1, max_length=64)] = "api"
    at: GivenInstant | None = None


class GuardianIn(Given):
    """Who consented for a member under 14; that it is them, your program has made sure of."""

    name: Text
    phone: Text


class MemberFields(Given):
    """What may be known of a member. Null, or nothing, leaves a field as it is."""

    name: Text | None = None
    birthday: date | None = None
    language: Annotated[str, Field(max_length=10)] | None = None
    home_store: Annotated[str, Field(max_length=64, description="A store's number.")] | None = None
    traits: dict[str, Trait | None] | None = None
    guardian: Annotated[GuardianIn | None, Field(description="Needed for a birthday below 14.")] = None


class MemberIn(MemberFields):
    """A new member. At least one of external_id, phone, email and card names them."""

    external_id: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    card: Text | None = None
    joined_at: GivenInstant | None = None
    consents: Annotated[list[ConsentIn], Field(default_factory=list, max_length=50)]


class MemberPatch(MemberFields):
    """What is newly known of a member. An identity replaces the earlier one of its kind."""

    email: Text | None = None
    phone: Text | None = None
    card: Text | None = None


@router.post("/members", auth=Needs(Right.MEMBERS_WRITE), response={201: MemberView})
@once
def create_member(request: HttpRequest, payload: MemberIn) -> Reply:
    """Enroll a member. Who is there already is not changed: the answer is 409 `people.identity_taken`."""
    at = caller_of(request).at
    given = {
        Kind.EXTERNAL: payload.external_id, Kind.PHONE: payload.phone,
        Kind.EMAIL: payload.email, Kind.CARD: payload.card,
    }  # fmt: skip
    new = Enrollment(
        {kind: value for kind, value in given.items() if value is not None},
        payload.name, payload.birthday, payload.language, _store_id(payload.home_store), payload.traits,
        payload.joined_at,
        _guardian(payload), source=SOURCE,
    )  # fmt: skip
    owner = enroll(new, recorded_at=at)
    give_consents([_draft(owner, one, at) for one in payload.consents], recorded_at=at)
    return Reply(_one(request, owner), 201, {"Location": f"/api/v1/members/{show_id(owner)}"})


@router.get("/members", auth=Needs(Right.MEMBERS_READ), response=MemberPage)
def list_of_members(request: HttpRequest, cursor: str | None = None, limit: Limit = 50) -> HttpResponse:
    """List members, the latest joined first."""
    rows = list_members(before=read_instant_and_id(cursor), limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    views = show_members([row.customer_id for row in shown], caller_of(request).key)
    after = make_cursor(shown[-1].joined_at, shown[-1].customer_id) if rest else None
    return show(MemberPage(data=views, next_cursor=after))


@router.get("/members/{member}", auth=Needs(Right.MEMBERS_READ), response=MemberView)
def get_member(
    request: HttpRequest, member: Path[MemberRef], reveal: str = "", reason: Given300 = ""
) -> HttpResponse:
    """Show a member. `reveal` names fields to show whole, with commas between, and needs members.unmask.

    Who has seen which fields, when and why (`reason`) is written into the access log.
    """
    owner = find_member(member)
    if reveal:
        return show(reveal_member(request, owner, reveal.split(","), reason))
    return show(_one(request, owner))


@router.delete(
    "/members/{member}", auth=Needs(Right.MEMBERS_ERASE), response=ErasedView,
    # Who is forgotten names the request: a header has nothing to add.
    openapi_extra={"x-names-itself": True},
)  # fmt: skip
def erase_member(request: HttpRequest, member: Path[MemberRef], reason: Query[Reason]) -> HttpResponse:
    """Forget a person for good: what is sealed can never be opened again. Refused under a legal hold.

    Asked again it does nothing more. It cannot be tried out.
    """
    return show(erase(request, find_member(member), reason))


@router.patch("/members/{member}", auth=Needs(Right.MEMBERS_WRITE), response=MemberView)
@once
def change_member(request: HttpRequest, member: Path[MemberRef], payload: MemberPatch) -> Reply:
    """Store what is newly known of a member. A trait of null is taken away.

    A birthday below 14 needs a guardian's consent, once.
    """
    owner = find_member(member)
    row = PersonRow(
        owner, payload.name, payload.email, payload.phone, payload.card, payload.birthday,
        payload.language, _store_id(payload.home_store), payload.traits, _guardian(payload),
    )  # fmt: skip
    at = caller_of(request).at
    with telling_old_address(owner, at=at) if payload.email is not None else nullcontext():
        refusal = set_people([row], recorded_at=at, source=SOURCE)[0]
        if refusal:
            raise refusal
    return Reply(_one(request, owner))


def _guardian(payload: MemberFields) -> GuardianDraft | None:
    return GuardianDraft(payload.guardian.name, payload.guardian.phone, SOURCE) if payload.guardian else None


@router.get("/members/{member}/timeline", auth=Needs(Right.EVENTS_READ), response=EventPage)
def show_timeline(
    request: HttpRequest, member: Path[MemberRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """Tell what happened to a member, the latest first."""
    before = read_instant_and_number(cursor)
    rows = timeline_of(find_member(member), before=before, limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    events = [
        EventView(
            id=show_id(one.id), name=one.name, seq=one.customer_seq,
            subject_id=show_id(one.subject_id) if one.subject_id else None,
            occurred_at=one.occurred_at, recorded_at=one.recorded_at,
            data=msgspec.json.decode(one.payload),
        )
        for one in shown
    ]  # fmt: skip
    after = make_cursor(shown[-1].occurred_at, shown[-1].customer_seq) if rest else None
    return show(EventPage(data=events, next_cursor=after))


@router.get("/members/{member}/consents", auth=Needs(Right.MEMBERS_READ), response=ConsentsView)
def show_consents(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Show what a member agreed to, now and ever."""
    return show(_consents(find_member(member)))


@router.post("/members/{member}/consents", auth=Needs(Right.CONSENTS_WRITE), response={201: ConsentsView})
@once
def give_consent(request: HttpRequest, member: Path[MemberRef], payload: ConsentIn) -> Reply:
    """Record that a member agreed, or took it back."""
    owner, at = find_member(member), caller_of(request).at
    give_consents([_draft(owner, payload, at)], recorded_at=at)
    return Reply(_consents(owner), 201)


def _one(request: HttpRequest, owner: Id) -> MemberView:
    return show_members([owner], caller_of(request).key)[0]


def _store_id(number: str | None) -> Id | None:
    if number is None:
        return None
    found = find_stores([number])
    if number not in found:
        raise UnknownStore(field="home_store", store=number)
    return found[number]


def _draft(owner: Id, given: ConsentIn, at: datetime) -> ConsentDraft:
    return ConsentDraft(
        owner, given.channel, given.purpose, given.granted, given.at or at, given.source, given.wording
    )


def _consents(owner: Id) -> ConsentsView:
    current = [ConsentView(**one._asdict()) for one in consents_of([owner]).get(owner, [])]
    history = [ConsentView(**one._asdict()) for one in consent_history(owner)]
    return ConsentsView(current=current, history=history)
