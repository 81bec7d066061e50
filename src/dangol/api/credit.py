"""Store credit of members: what is there, how it came and went, and given or taken by hand."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from dangol.api.approvals import ApprovalView, show_approval
from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import read_instant_and_id
from dangol.api.gift_cards import by_of, page_of
from dangol.api.idempotency import form_of, once
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
from dangol.core.storage.ids import show_id
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


@router.post(
    "/members/{member}/credit",
    auth=Needs(Right.STORED_VALUE_WRITE),
    response={201: ValueMoveView, 202: ApprovalView},
)
@once
def give_credit(request: HttpRequest, member: Path[MemberRef], payload: CreditIn) -> Reply:
    """Give a member store credit: at once (201), or, above the limit of a day, when a person has approved.

    Then the answer is 202 with the request that waits; `GET /approvals/{id}` tells what became of it. What
    all programs have given and taken of the member in 24 hours counts together.
    """
    return _move(request, member, payload, payload.minor, payload.expires_at)


@router.post(
    "/members/{member}/credit/take",
    auth=Needs(Right.STORED_VALUE_WRITE),
    response={201: ValueMoveView, 202: ApprovalView},
)
@once
def take_credit(request: HttpRequest, member: Path[MemberRef], payload: TakeCreditIn) -> Reply:
    """Take store credit of a member's away: never more than there is, and much of it as it is given."""
    return _move(request, member, payload, -payload.minor, None)


def _move(
    request: HttpRequest, member: str, payload: CreditIn | TakeCreditIn, minor: int, end: datetime | None
) -> Reply:
    owner, by = find_member(member), by_of(request, payload.store)
    store = show_id(by.store_id) if by.store_id else None
    wanted = credit.ByHand(payload.currency or shop().currency, minor, end, store)
    made = credit.move_by_hand(
        owner, wanted, form=form_of(request), actor=by.actor, reason=payload.reason, at=by.at
    )
    if made.move_id is None:
        headers = {"Location": f"/api/v1/approvals/{show_id(made.approval.id)}"}
        return Reply(show_approval(made.approval, by.at), 202, headers)
    return Reply(move_view(selectors.find_credit_move(owner, made.move_id)), 201)
