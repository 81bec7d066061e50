"""Segments: saved conditions, who is in them, and why; and conditions tried out before they are saved."""

from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.conditions import ConditionIn, SegmentWhyView, show_why
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.idempotency import once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, Instant, Limit, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.people.selectors import shop
from dangol.core.segments import selectors, services
from dangol.core.segments.selectors import SegmentView as Kept
from dangol.core.segments.services import SegmentChange, SegmentDraft
from dangol.core.storage.ids import show_id

router = Router(tags=["segments"])
Slug = Annotated[str, Field(min_length=1, max_length=services.LONGEST_SLUG, examples=["lapsed-regulars"])]
Name = Annotated[str, Field(min_length=1, max_length=services.LONGEST_NAME)]
About = Annotated[str, Field(max_length=services.LONGEST_ABOUT)]
SegmentRef = Annotated[str, Field(max_length=64, description="A segment's slug.")]


class SegmentIn(Given):
    """A new segment. Its slug, of small letters, digits and hyphens, is for good."""

    slug: Slug
    name: Name
    about: About = ""
    condition: ConditionIn


class SegmentPatch(Given):
    """What changes of a segment; `revision` is the one you have seen."""

    revision: Annotated[int, Field(ge=1, strict=True)]
    name: Name | None = None
    about: About | None = None
    condition: ConditionIn | None = None


class PreviewIn(Given):
    """A condition to try out."""

    condition: ConditionIn


class SegmentView(Shown):
    """A segment. `waiting` is how many customers have not been looked at since its condition changed.

    `version` is its condition's; `revision` is another one after each change, of its name too. Where not
    `members_exact` — in lists, above 2,000 — `members` was counted a while ago and is rounded.
    """

    slug: str
    name: str
    about: str
    version: int
    revision: int
    condition: dict[str, Any]
    members: int
    members_exact: bool
    waiting: int
    created_at: Instant
    changed_at: Instant
    archived_at: Instant | None


class SegmentList(Shown):
    """All segments that are not archived by name, or a page of those that are, the latest first."""

    data: list[SegmentView]
    next_cursor: str | None


class ArchivedView(Shown):
    """A segment that is kept up to date no more."""

    slug: str
    archived_at: Instant


class SegmentMemberView(Shown):
    """Somebody in a segment, since when, and the event that brought them in (null: time, or a condition)."""

    member_id: str
    since: Instant
    event_id: str | None


class SegmentMemberPage(Shown):
    """Who is in a segment, the latest in first."""

    data: list[SegmentMemberView]
    next_cursor: str | None


class ShareView(Shown):
    """A share of all with its 95 % interval."""

    value: float
    low: float
    high: float


class PreviewView(Shown):
    """How many a condition has among the `seen` of `all` customers, and the ids of the first of them.

    Where `seen` is `all` the number is exact; else `share` has the interval in which the share of all lies.
    """

    matching: int
    seen: int
    all: int
    share: ShareView | None
    sample: list[str]


class MembershipView(Shown):
    """A segment a member is in, and since when."""

    slug: str
    name: str
    since: Instant


class MembershipList(Shown):
    """The segments a member is in, by name."""

    data: list[MembershipView]


class RebuildView(Shown):
    """The job that lets everybody be looked at anew."""

    job_id: str


@router.get("/segments", auth=Needs(Right.SEGMENTS_READ), response=SegmentList)
def get_segments(
    request: HttpRequest, archived: bool = False, cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List the segments, each with its condition and how many are in, all at once.

    With `archived` those that are, `limit` at a time.
    """
    at = caller_of(request).at
    if not archived:
        views = [_view(one) for one in selectors.list_segments(at=at)]
        return show(SegmentList(data=views, next_cursor=None))
    rows = selectors.list_archived(at=at, before=read_instant_and_id(cursor), limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    last = shown[-1] if rest else None
    after = make_cursor(last.archived_at, last.id) if last and last.archived_at else None
    return show(SegmentList(data=[_view(one) for one in shown], next_cursor=after))


@router.post("/segments", auth=Needs(Right.SEGMENTS_WRITE), response={201: SegmentView})
@once
def create_segment(request: HttpRequest, payload: SegmentIn) -> Reply:
    """Save a new segment. Who is in it follows by itself, within seconds."""
    draft = SegmentDraft(payload.slug, payload.name, payload.about, payload.condition)
    services.create_segment(draft, actor=actor_of(request), at=caller_of(request).at)
    view = _view(selectors.find_segment(payload.slug))
    return Reply(view, 201, {"Location": f"/api/v1/segments/{payload.slug}"})


@router.post("/segments/preview", auth=Needs(Right.SEGMENTS_READ), response=PreviewView)
def preview_segment(request: HttpRequest, payload: PreviewIn) -> HttpResponse:
    """Say how many a condition has, of as many customers as can be looked at in a second. Saves nothing."""
    condition = services.check_condition(payload.condition)
    found = selectors.preview(condition, as_of=caller_of(request).at, zone=shop().tz)
    share = None
    if found.share and not found.is_exact:
        share = ShareView(value=found.share.value, low=found.share.low, high=found.share.high)
    sample = [show_id(one) for one in found.samples]
    return show(
        PreviewView(matching=found.matching, seen=found.seen, all=found.all, share=share, sample=sample)
    )


@router.post("/segments/rebuild", auth=Needs(Right.SEGMENTS_WRITE), response={201: RebuildView})
@once
def rebuild_segments(request: HttpRequest) -> Reply:
    """Let everybody be looked at anew, for all segments: nothing needs it, but it can be asked for."""
    job = services.rebuild_segments(at=caller_of(request).at)
    return Reply(RebuildView(job_id=show_id(job)), 201)


@router.get("/segments/{segment}", auth=Needs(Right.SEGMENTS_READ), response=SegmentView)
def get_segment(request: HttpRequest, segment: Path[SegmentRef]) -> HttpResponse:
    """Show a segment; one that is archived says since when in `archived_at`, and nobody is in."""
    return show(_view(selectors.look_up(segment)))


@router.patch("/segments/{segment}", auth=Needs(Right.SEGMENTS_WRITE), response=SegmentView)
@once
def change_segment(request: HttpRequest, segment: Path[SegmentRef], payload: SegmentPatch) -> Reply:
    """Change a segment's name, its description or its condition; what is left out stays.

    Refused with `segments.changed` if it is not at `revision` any more. Another condition is a new version.
    """
    change = SegmentChange(payload.name, payload.about, payload.condition)
    services.change_segment(
        segment, change, expected=payload.revision, actor=actor_of(request), at=caller_of(request).at
    )
    return Reply(_view(selectors.find_segment(segment)))


@router.post("/segments/{segment}/archive", auth=Needs(Right.SEGMENTS_WRITE), response=ArchivedView)
@once
def archive_segment(request: HttpRequest, segment: Path[SegmentRef]) -> Reply:
    """Keep a segment up to date no more: everybody leaves it. Refused while another asks who is in it."""
    at = caller_of(request).at
    services.archive_segment(segment, actor=actor_of(request), at=at)
    return Reply(ArchivedView(slug=segment, archived_at=at))


@router.post("/segments/{segment}/restore", auth=Needs(Right.SEGMENTS_WRITE), response=SegmentView)
@once
def restore_segment(request: HttpRequest, segment: Path[SegmentRef]) -> Reply:
    """Keep an archived segment up to date again. Who is in it follows by itself, within seconds.

    Refused where its condition asks for traits or segments that are no more.
    """
    services.restore_segment(segment, actor=actor_of(request), at=caller_of(request).at)
    return Reply(_view(selectors.find_segment(segment)))


@router.get("/segments/{segment}/members", auth=Needs(Right.SEGMENTS_READ), response=SegmentMemberPage)
def get_segment_members(
    request: HttpRequest, segment: Path[SegmentRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List who is in a segment, the latest in first."""
    found = selectors.find_segment(segment)
    rows = selectors.members_of(found.id, before=read_instant_and_id(cursor), limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    views = [
        SegmentMemberView(
            member_id=show_id(one.customer_id), since=one.since,
            event_id=show_id(one.event_id) if one.event_id else None,
        )
        for one in shown
    ]  # fmt: skip
    after = make_cursor(shown[-1].since, shown[-1].customer_id) if rest else None
    return show(SegmentMemberPage(data=views, next_cursor=after))


@router.get("/members/{member}/segments", auth=Needs(Right.SEGMENTS_READ), response=MembershipList)
def get_member_segments(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """List the segments a member is in."""
    owner = find_member(member)
    own = selectors.segments_of([owner])[owner]
    data = [MembershipView(slug=slug, name=name, since=since) for slug, name, since in own]
    return show(MembershipList(data=data))


@router.get("/members/{member}/segments/{segment}", auth=Needs(Right.SEGMENTS_READ), response=SegmentWhyView)
def get_member_segment(
    request: HttpRequest, member: Path[MemberRef], segment: Path[SegmentRef]
) -> HttpResponse:
    """Say why a member is in a segment or not, and until when that holds by itself."""
    zone = shop().tz
    condition, decision = selectors.explain_member(
        find_member(member), segment, as_of=caller_of(request).at, zone=zone
    )
    return show(show_why(condition, decision))


def _condition(one: Kept) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(services.condition_text(one.id, one.version))
    return decoded


def _view(one: Kept) -> SegmentView:
    return SegmentView(
        slug=one.slug, name=one.name, about=one.about, version=one.version, revision=one.revision,
        condition=_condition(one), members=one.member_count, members_exact=one.is_exact,
        waiting=one.waiting, created_at=one.created_at, changed_at=one.changed_at,
        archived_at=one.archived_at,
    )  # fmt: skip
