"""What is done to a person: seen whole, merged and parted, handed out, forgotten. Each for a reason."""

from collections.abc import Sequence
from typing import Annotated

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.idempotency import DRY_RUN, once
from dangol.api.references import MemberRef, find_member
from dangol.api.refused import NoDryRun, ReadOnly, UnknownField, UnknownMember
from dangol.api.replies import Given, Reply, Shown
from dangol.api.showing import show_members
from dangol.api.views import MemberView
from dangol.core.access import acts
from dangol.core.access.log import unmask
from dangol.core.access.rights import Right
from dangol.core.access.takeout import take_out
from dangol.core.people.actors import LONGEST_REASON
from dangol.core.storage.ids import Id, parse_id, show_id

router = Router(tags=["members"])
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
Given300 = Annotated[str, Field(max_length=LONGEST_REASON)]
REVEALED = ("name", "phone", "email", "card", "birthday")


class MergeIn(Given):
    """Who becomes part of the member in the address, and why."""

    absorb: MemberRef
    reason: Reason


class UnmergeIn(Given):
    """Why two who were merged are parted."""

    reason: Reason


class MergeView(Shown):
    """A merge that was done: fields that were filled in, identities that moved by kind."""

    kept: str
    absorbed: str
    filled: list[str]
    identities: dict[str, int]


class UnmergeView(Shown):
    """Two who are two again."""

    kept: str
    absorbed: str


class ErasedView(Shown):
    """All ids that were the person's."""

    erased: list[str]


@router.post("/members/{member}/merge", auth=Needs(Right.MEMBERS_MERGE), response={201: MergeView})
@once
def merge_member(request: HttpRequest, member: Path[MemberRef], payload: MergeIn) -> Reply:
    """Make one person of two: the member in the address goes on. `dry_run` shows what would be done."""
    plan = acts.merge_customers(
        find_member(member), find_member(payload.absorb), actor=actor_of(request), reason=payload.reason,
        at=caller_of(request).at,
    )  # fmt: skip
    view = MergeView(
        kept=show_id(plan.kept_id), absorbed=show_id(plan.absorbed_id), filled=list(plan.filled),
        identities=plan.identities,
    )  # fmt: skip
    return Reply(view, 201)


@router.post("/members/{absorbed}/unmerge", auth=Needs(Right.MEMBERS_MERGE), response={201: UnmergeView})
@once
def unmerge_member(request: HttpRequest, absorbed: Path[str], payload: UnmergeIn) -> Reply:
    """Part two who were merged. The address has the id of the one who was absorbed."""
    try:
        owner = parse_id(absorbed)
    except ValueError:
        raise UnknownMember() from None
    kept = acts.undo_merge(owner, actor=actor_of(request), reason=payload.reason, at=caller_of(request).at)
    return Reply(UnmergeView(kept=show_id(kept), absorbed=show_id(owner)), 201)


@router.get("/members/{member}/export", auth=Needs(Right.MEMBERS_EXPORT), response=dict)
def export_member(request: HttpRequest, member: Path[MemberRef], reason: Query[Reason]) -> HttpResponse:
    """Hand out all that is held about a person, whole, as one document (`dangol.person/1`)."""
    _require_writing()
    taken = take_out(find_member(member), actor=actor_of(request), reason=reason, at=caller_of(request).at)
    return HttpResponse(taken.as_json(), content_type="application/json")


def reveal_member(request: HttpRequest, owner: Id, fields: Sequence[str], reason: str) -> MemberView:
    """Return a member with some fields whole, and write down who saw them. Raises what `unmask` raises."""
    caller_of(request).key.require(Right.MEMBERS_UNMASK)
    _require_writing()
    for field in fields:
        if field not in REVEALED:
            raise UnknownField(field=field[:40], known=", ".join(REVEALED))
    profile = unmask(
        [owner], actor=actor_of(request), reason=reason, at=caller_of(request).at, fields=fields
    )[owner]
    whole = {**profile.person._asdict(), **profile._asdict()}
    masked = show_members([owner], caller_of(request).key)[0]
    return masked.model_copy(update={field: whole[field] for field in fields})


def erase(request: HttpRequest, owner: Id, reason: str) -> ErasedView:
    """Forget a person. Raises NoDryRun, and what `erase_customer` raises."""
    if DRY_RUN in request.GET:
        raise NoDryRun()
    ids = acts.erase_customer(owner, actor=actor_of(request), reason=reason, at=caller_of(request).at)
    return ErasedView(erased=[show_id(one) for one in ids])


def _require_writing() -> None:
    """Refuse to show what could not be written down."""
    if settings.READ_ONLY:
        raise ReadOnly(why=settings.READ_ONLY)
