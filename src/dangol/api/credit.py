"""Store credit of members: what is there, how it came and went, and given or taken by hand."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import read_instant_and_id
from dangol.api.gift_cards import by_of, page_of
from dangol.api.idempotency import effect_key, once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Limit, Reply, show
from dangol.api.stored_value_views import (
    CreditIn,
    CreditList,
    TakeCreditIn,
    ValueMovePage,
    ValueMoveView,
    credit_view,
    move_view,
)
from dangol.core.access.rights import Right
from dangol.core.people.selectors import shop
from dangol.rooms.rewards.stored_value import credit, selectors

router = Router(tags=["store credit"])


@router.get("/members/{member}/credit", auth=Needs(Right.STORED_VALUE_READ), response=CreditList)
def get_member_credit(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Say how much store credit a member has, by currency."""
    found = selectors.credit_of(find_member(member), at=caller_of(request).at)
    return show(CreditList(data=[credit_view(one) for one in found]))


@router.get("/members/{member}/credit-moves", auth=Needs(Right.STORED_VALUE_READ), response=ValueMovePage)
def get_member_credit_moves(
    request: HttpRequest, member: Path[MemberRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List how money came to a member's credit and went, the latest first, with who did it and why."""
    before = read_instant_and_id(cursor)
    rows = selectors.credit_moves_of(find_member(member), before=before, limit=limit + 1)
    return show(page_of(rows, limit))


@router.post("/members/{member}/credit", auth=Needs(Right.STORED_VALUE_WRITE), response={201: ValueMoveView})
@once
def give_credit(request: HttpRequest, member: Path[MemberRef], payload: CreditIn) -> Reply:
    """Give a member store credit."""
    owner = find_member(member)
    made = credit.give_credit(
        owner, payload.minor, payload.currency or shop().currency, key=effect_key(request),
        reason=payload.reason, by=by_of(request, payload.store), expires_at=payload.expires_at,
    )  # fmt: skip
    return Reply(move_view(selectors.find_credit_move(owner, made)), 201)


@router.post(
    "/members/{member}/credit/take", auth=Needs(Right.STORED_VALUE_WRITE), response={201: ValueMoveView}
)
@once
def take_credit(request: HttpRequest, member: Path[MemberRef], payload: TakeCreditIn) -> Reply:
    """Take store credit of a member's away: never more than there is."""
    owner = find_member(member)
    made = credit.take_credit(
        owner, payload.minor, payload.currency or shop().currency, key=effect_key(request),
        reason=payload.reason, by=by_of(request, payload.store),
    )  # fmt: skip
    return Reply(move_view(selectors.find_credit_move(owner, made)), 201)
