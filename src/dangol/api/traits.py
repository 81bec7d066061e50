"""Traits: which there are, what is known of a member, and telling what your program knows."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, caller_of
from dangol.api.conditions import plain
from dangol.api.idempotency import once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, GivenInstant, Instant, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.segments.catalog import list_traits, trait_types
from dangol.core.segments.traits import NotATraitValue, TraitDraft, report_traits, traits_of
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Kind, Value, exact
from dangol.domain.conditions.values import time_of
from dangol.domain.trait_names import composed

router = Router(tags=["traits"])
MOST_AT_ONCE = 100
Told = TypeVar("Told")
TraitValue = str | bool | int | float | list[str] | None


class TraitsIn(Given):
    """What your program knows of a member, by names such as `app.last_plan`; null takes a trait away.

    Nothing personal: names, contacts and birthdays belong to the member's own fields, where they are sealed.
    `kinds` says of which kind a name is where its value alone does not: a `date` or an `instant` comes as a
    text. A name keeps the kind it was first told with, so that it has to be said once.
    """

    traits: Annotated[dict[str, TraitValue], Field(min_length=1, max_length=MOST_AT_ONCE)]
    kinds: Annotated[dict[str, Kind], Field(default_factory=dict, max_length=MOST_AT_ONCE)]
    source: Annotated[str, Field(min_length=1, max_length=64, description="Who says so.")] = "api"
    at: Annotated[GivenInstant | None, Field(description="As of when it holds; else now.")] = None


class TraitTypeView(Shown):
    """A trait conditions can ask about, its kind, and the order of its values if they have one."""

    name: str
    kind: Kind
    order: list[str]


class TraitTypeList(Shown):
    """All traits there are now."""

    data: list[TraitTypeView]


class KnownTraitView(Shown):
    """What was told of a member: by whom, and as of when. Days and instants are texts."""

    name: str
    value: str | bool | int | float | list[str]
    at: Instant
    source: str


class KnownTraitsView(Shown):
    """What was told of a member, by name."""

    traits: list[KnownTraitView]


@router.get("/traits", auth=Needs(Right.SEGMENTS_READ), response=TraitTypeList)
def get_traits(request: HttpRequest) -> HttpResponse:
    """List the traits conditions can ask about."""
    data = [
        TraitTypeView(name=one.name, kind=one.type.kind, order=list(one.type.order)) for one in list_traits()
    ]
    return show(TraitTypeList(data=data))


@router.get("/members/{member}/traits", auth=Needs(Right.MEMBERS_READ), response=KnownTraitsView)
def get_member_traits(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """List what programs and reports have told of a member."""
    return show(_known(find_member(member)))


@router.put("/members/{member}/traits", auth=Needs(Right.MEMBERS_WRITE), response=KnownTraitsView)
@once
def tell_traits(request: HttpRequest, member: Path[MemberRef], payload: TraitsIn) -> Reply:
    """Tell what your program knows of a member: all of it, or nothing where one of them is refused.

    The later one counts: what holds as of an earlier instant than what is known changes nothing.
    """
    owner, now = find_member(member), caller_of(request).at
    kinds = {name: one.kind for name, one in trait_types().items()} | _by_name(payload.kinds)
    drafts = [
        TraitDraft(owner, name, _value(name, value, kinds.get(name)), payload.at or now, payload.source)
        for name, value in _by_name(payload.traits).items()
    ]
    for refusal in report_traits(drafts, recorded_at=now):
        if refusal:
            if "name" in refusal.data:
                refusal.data.setdefault("field", f"traits.{refusal.data['name']}")
            raise refusal
    return Reply(_known(owner))


def _by_name(given: Mapping[str, Told]) -> dict[str, Told]:
    return {composed(name): told for name, told in given.items()}


def _value(name: str, given: TraitValue, kind: Kind | None) -> Value | None:
    """Return a value as traits have it. Raises NotATraitValue."""
    read: Value | None
    match given:
        case None | bool():
            return given
        case int() | float():
            read = exact(given)
        case list():
            return tuple(given)
        case _:
            read = _time(given, kind) if kind in (Kind.DATE, Kind.INSTANT) else given
    if read is None:
        reason = "no_number" if not isinstance(given, str) else f"no_{kind}"
        raise NotATraitValue(field=f"traits.{name}", name=name, reason=reason)
    return read


def _time(text: str, kind: Kind | None) -> date | datetime | None:
    found = time_of(text)
    return found if isinstance(found, datetime) is (kind is Kind.INSTANT) else None


def _known(owner: Id) -> KnownTraitsView:
    traits = [
        KnownTraitView(name=name, value=plain(value), at=at, source=source)
        for name, value, at, source in traits_of(owner)
    ]
    return KnownTraitsView(traits=traits)
