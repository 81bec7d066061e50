"""Stamp cards: programs, and members' cards with the stamps that come and go by hand."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.idempotency import effect_key, once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, Limit, Reply, show
from dangol.api.stamp_views import (
    StampCardList,
    StampMovePage,
    StampMoveView,
    StampProgramFields,
    StampProgramList,
    StampProgramView,
    StampStandingList,
    card_view,
    move_view,
    program_view,
    standing_view,
)
from dangol.core.access.rights import Right
from dangol.core.people.selectors import find_stores
from dangol.core.people.shops import UnknownStore
from dangol.core.storage.ids import Id, parse_id
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stamps import editing, selectors, services
from dangol.rooms.rewards.stamps.errors import UnknownStampMove, UnknownStampProgram
from dangol.rooms.rewards.stamps.models import LONGEST_KEY, LONGEST_REASON

router = Router(tags=["stamp cards"])
ProgramRef = Annotated[str, Field(max_length=64, description="The id of a program of stamp cards.")]
MoveRef = Annotated[str, Field(max_length=64, description="The id of stamps that came by hand.")]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
_CARDS = 50


class StampProgramIn(StampProgramFields):
    """A program as it is to be; promotions name it by its `key`, which never changes."""

    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]


class StampProgramEdit(StampProgramFields):
    """A program as it is to be, whole; `revision` is the one you have seen."""

    revision: Annotated[int, Field(ge=1, strict=True)]


class StampsIn(Given):
    """So many stamps by hand, on the card of which program, in which store, and why."""

    program: ProgramRef
    count: Annotated[int, Field(ge=1, le=services.MOST_BY_HAND, strict=True)]
    reason: Reason
    store: Annotated[str, Field(max_length=64, description="A store's number.")] | None = None


class UndoStampsIn(Given):
    """Why stamps are taken back."""

    reason: Reason


@router.get("/stamp-programs", auth=Needs(Right.REWARDS_READ), response=StampProgramList)
def get_stamp_programs(request: HttpRequest, archived: bool = False) -> HttpResponse:
    """List the programs of stamp cards with their figures; with `archived` those that take no stamps more."""
    return show(StampProgramList(data=_programs(selectors.list_programs(archived=archived))))


@router.post("/stamp-programs", auth=Needs(Right.REWARDS_WRITE), response={201: StampProgramView})
@once
def create_stamp_program(request: HttpRequest, payload: StampProgramIn) -> Reply:
    """Make a program of stamp cards."""
    made = editing.create_program(
        payload.draft(), key=payload.key, actor=actor_of(request), at=caller_of(request).at
    )
    view = _program(made)
    return Reply(view, 201, {"Location": f"/api/v1/stamp-programs/{view.id}"})


@router.get("/stamp-programs/{card}", auth=Needs(Right.REWARDS_READ), response=StampProgramView)
def get_stamp_program(request: HttpRequest, card: Path[ProgramRef]) -> HttpResponse:
    """Show a program with its figures."""
    return show(_program(_program_id(card)))


@router.put("/stamp-programs/{card}", auth=Needs(Right.REWARDS_WRITE), response=StampProgramView)
@once
def change_stamp_program(request: HttpRequest, card: Path[ProgramRef], payload: StampProgramEdit) -> Reply:
    """Let a program be as given: for cards opened from now on, and for what full ones give.

    Refused with `stamps.program_changed` if it is not at `revision` any more.
    """
    editing.change_program(
        _program_id(card), payload.draft(), expected=payload.revision, actor=actor_of(request),
        at=caller_of(request).at,
    )  # fmt: skip
    return Reply(_program(_program_id(card)))


@router.post("/stamp-programs/{card}/archive", auth=Needs(Right.REWARDS_WRITE), response=StampProgramView)
@once
def archive_stamp_program(request: HttpRequest, card: Path[ProgramRef]) -> Reply:
    """Take no stamps any more; what full cards give is still given."""
    return _archive(request, card, is_archived=True)


@router.post("/stamp-programs/{card}/restore", auth=Needs(Right.REWARDS_WRITE), response=StampProgramView)
@once
def restore_stamp_program(request: HttpRequest, card: Path[ProgramRef]) -> Reply:
    """Take stamps again."""
    return _archive(request, card, is_archived=False)


def _archive(request: HttpRequest, program: str, *, is_archived: bool) -> Reply:
    editing.archive_program(
        _program_id(program), is_archived=is_archived, actor=actor_of(request), at=caller_of(request).at
    )
    return Reply(_program(_program_id(program)))


@router.get("/stamp-programs/{card}/waiting", auth=Needs(Right.REWARDS_READ), response=StampCardList)
def get_waiting_cards(request: HttpRequest, card: Path[ProgramRef]) -> HttpResponse:
    """List up to fifty full cards whose reward still waits, the longest first; `trouble` says for what."""
    found = selectors.find_stamp_program(_program_id(card))
    return show(
        StampCardList(
            data=[card_view(one, caller_of(request).key) for one in selectors.waiting_cards(found.id)]
        )
    )


@router.get("/members/{member}/stamps", auth=Needs(Right.POINTS_READ), response=StampStandingList)
def get_member_stamps(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Say how many stamps lie on a member's open card of each program."""
    standings = selectors.standings_for(find_member(member), at=caller_of(request).at)
    return show(StampStandingList(data=[standing_view(one) for one in standings]))


@router.get("/members/{member}/stamp-cards", auth=Needs(Right.POINTS_READ), response=StampCardList)
def get_member_stamp_cards(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """List a member's fifty latest cards, and what they gave."""
    cards = selectors.cards_of(find_member(member), limit=_CARDS)
    return show(StampCardList(data=[card_view(one, caller_of(request).key) for one in cards]))


@router.get("/members/{member}/stamp-moves", auth=Needs(Right.POINTS_READ), response=StampMovePage)
def get_member_stamp_moves(
    request: HttpRequest, member: Path[MemberRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List how a member's stamps came and went, the latest first, each with what became of it."""
    before = read_instant_and_id(cursor)
    rows = selectors.moves_of(find_member(member), before=before, limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].at, shown[-1].id) if rest else None
    return show(StampMovePage(data=[move_view(one) for one in shown], next_cursor=after))


@router.post("/members/{member}/stamps", auth=Needs(Right.STAMPS_WRITE), response={201: StampMoveView})
@once
def add_stamps(request: HttpRequest, member: Path[MemberRef], payload: StampsIn) -> Reply:
    """Lay stamps on a member's card by hand; what full cards give is given at once."""
    owner = find_member(member)
    made = services.add_stamps(
        owner, _program_id(payload.program), count=payload.count, key=effect_key(request),
        reason=payload.reason, by=_by(request, payload.store),
    )  # fmt: skip
    return Reply(move_view(selectors.find_move(owner, made)), 201)


@router.post("/members/{member}/stamps/take", auth=Needs(Right.STAMPS_WRITE), response={201: StampMoveView})
@once
def take_stamps(request: HttpRequest, member: Path[MemberRef], payload: StampsIn) -> Reply:
    """Take the latest stamps off a member's open card; never more than lie on it."""
    owner = find_member(member)
    made = services.strike_stamps(
        owner, _program_id(payload.program), count=payload.count, key=effect_key(request),
        reason=payload.reason, by=_by(request, payload.store),
    )  # fmt: skip
    return Reply(move_view(selectors.find_move(owner, made)), 201)


@router.post(
    "/members/{member}/stamps/{stamp}/undo",
    auth=Needs(Right.STAMPS_WRITE),
    response={201: StampMoveView},
)
@once
def undo_stamps(
    request: HttpRequest, member: Path[MemberRef], stamp: Path[MoveRef], payload: UndoStampsIn
) -> Reply:
    """Take back what stamps given by hand have left; a reward given already goes by the program's setting."""
    owner = find_member(member)
    made = services.undo_stamps(owner, _move_id(stamp), reason=payload.reason, by=_by(request, None))
    return Reply(move_view(selectors.find_move(owner, made)), 201)


@router.post(
    "/members/{member}/stamp-programs/{card}/give",
    auth=Needs(Right.STAMPS_WRITE),
    response=StampStandingList,
)
@once
def give_full_cards(request: HttpRequest, member: Path[MemberRef], card: Path[ProgramRef]) -> Reply:
    """Try again to give what a member's full cards give, as when there are codes or pieces again."""
    owner = find_member(member)
    services.give_full_cards(owner, _program_id(card), by=_by(request, None))
    standings = selectors.standings_for(owner, at=caller_of(request).at)
    return Reply(StampStandingList(data=[standing_view(one) for one in standings]))


def _by(request: HttpRequest, store: str | None) -> By:
    store_id = None
    if store is not None:
        store_id = find_stores([store]).get(store)
        if store_id is None:
            raise UnknownStore(store=store)
    return By(actor_of(request), caller_of(request).at, store_id)


def _program_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownStampProgram(program=text) from None


def _move_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownStampMove(move=text) from None


def _program(program_id: Id) -> StampProgramView:
    (view,) = _programs([selectors.find_stamp_program(program_id)])
    return view


def _programs(found: list[selectors.ProgramView]) -> list[StampProgramView]:
    figures = selectors.figures_of([one.id for one in found])
    return [program_view(one, figures[one.id]) for one in found]
