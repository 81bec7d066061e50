"""A member's points and tier: what there is, why, and the ways to move it."""

from typing import Annotated

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.approvals import ApprovalView, show_approval
from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.idempotency import effect_key, form_of, once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, GivenInstant, Instant, Limit, Reply, Shown, show
from dangol.api.showing import show_line, show_points, show_standing
from dangol.api.views import HistoryPage, PointsView, StandingView, TransferView
from dangol.core.access.members.codes import VALID_FOR, begin_try, issue_code
from dangol.core.access.members.confirming import challenge_of
from dangol.core.access.own_account import require_not_own
from dangol.core.access.rights import Right
from dangol.core.ledger.by_hand import ByHand, move_by_hand
from dangol.core.ledger.selectors import Mark, statement
from dangol.core.ledger.services import Result, gift_points
from dangol.core.ledger.spending import Confirmation, spend_confirmed
from dangol.core.messaging.codes import ask_spending_code, count_spending_code
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.spaces import LIVE
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.event_rules.judging import REASON as DEED
from dangol.rooms.rewards.event_rules.selectors import awards_by_transfer
from dangol.rooms.rewards.selectors import standings_of
from dangol.rooms.rewards.wallets import LONGEST_CODE, find_wallet
from dangol.rooms.rewards.whys import whys_of

router = Router(tags=["points"])
MOST = 100_000_000
Count = Annotated[int, Field(gt=0, le=MOST, strict=True)]
Reason = Annotated[str, Field(min_length=1, max_length=200)]
_KIND = Field(max_length=LONGEST_CODE, description="A kind of points; the first program's if left out.")
KindOfPoints = Annotated[str, _KIND]


class SpendIn(Given):
    """Points to be exchanged, and for what."""

    points: Count
    reason: Reason
    confirmation: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    currency: KindOfPoints | None = None


class ConfirmIn(Given):
    """How many points the member is about to spend."""

    points: Count


class ConfirmationView(Shown):
    """That a code for this spending is on its way to the member. `code`: test keys only, by answer."""

    points: int
    sent_by: str
    expires_at: Instant
    code: str | None


class AdjustIn(Given):
    """Points to be given (positive) or taken (negative) by hand, and why. Given ones may lapse."""

    points: Annotated[int, Field(ge=-MOST, le=MOST, strict=True)]
    reason: Reason
    expires_at: GivenInstant | None = None
    currency: KindOfPoints | None = None


class GiftIn(Given):
    """Points for another member."""

    points: Count
    to: MemberRef
    reason: Annotated[str, Field(max_length=200)] = ""
    currency: KindOfPoints | None = None


class ExpiryInThePast(DomainError):
    """Points were to be given that have lapsed already (`expires_at`)."""

    code = "points.expiry_in_the_past"


@router.get("/members/{member}/points", auth=Needs(Right.POINTS_READ), response=PointsView)
def get_points(
    request: HttpRequest, member: Path[MemberRef], currency: KindOfPoints | None = None
) -> HttpResponse:
    """Show what a member has: to spend, pending, each lot, and what lapses next."""
    return show(show_points(find_member(member), _currency(currency)))


@router.get("/members/{member}/points/history", auth=Needs(Right.POINTS_READ), response=HistoryPage)
def get_history(
    request: HttpRequest, member: Path[MemberRef], cursor: str | None = None, limit: Limit = 50,
    currency: KindOfPoints | None = None,
) -> HttpResponse:  # fmt: skip
    """Tell how a member's points came and went, the latest first; each line answers why."""
    owner, place = find_member(member), read_instant_and_id(cursor)
    before = Mark(*place) if place else None
    lines = statement(owner, _currency(currency), before=before, limit=limit + 1)
    shown, rest = lines[:limit], lines[limit:]
    whys = whys_of(owner, [line.transfer_id for line in shown])
    awards = awards_by_transfer(owner, [line.transfer_id for line in shown if line.reason == DEED])
    after = make_cursor(shown[-1].occurred_at, shown[-1].transfer_id) if rest else None
    data = [show_line(line, whys.get(line.transfer_id), awards.get(line.transfer_id)) for line in shown]
    return show(HistoryPage(data=data, next_cursor=after))


@router.get("/members/{member}/tier", auth=Needs(Right.POINTS_READ), response=StandingView)
def get_tier(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Show a member's tier, and how far it is to the next one and to keep this one."""
    owner = find_member(member)
    return show(show_standing(standings_of([owner], as_of=caller_of(request).at)[owner]))


@router.post(
    "/members/{member}/confirmations", auth=Needs(Right.POINTS_SPEND), response={202: ConfirmationView}
)
def ask_confirmation(request: HttpRequest, member: Path[MemberRef], payload: ConfirmIn) -> HttpResponse:
    """Send the member a code for spending so many points: six digits by mail, good for five minutes, once.

    They show it at the counter, and the spending carries it as `confirmation`. With a test key no mail is
    sent, and the answer has the code.
    """
    owner, caller = find_member(member), caller_of(request)
    if caller.key.space == LIVE:
        count_spending_code(owner, asker=caller.key.id.hex(), at=caller.at)
    return _ask_confirmation(request, owner, payload)


@once
def _ask_confirmation(request: HttpRequest, owner: Id, payload: ConfirmIn) -> Reply:
    caller, code = caller_of(request), None
    if caller.key.space == LIVE:
        ask_spending_code(owner, payload.points, at=caller.at)
    else:
        code = issue_code(owner, challenge_of(owner, payload.points), at=caller.at)
    view = ConfirmationView(
        points=payload.points, sent_by="email" if code is None else "answer",
        expires_at=caller.at + VALID_FOR, code=code,
    )  # fmt: skip
    return Reply(view, 202, holds_secret=code is not None)


@router.post("/members/{member}/points/spend", auth=Needs(Right.POINTS_SPEND), response={201: TransferView})
def spend(request: HttpRequest, member: Path[MemberRef], payload: SpendIn) -> HttpResponse:
    """Exchange points, soonest to lapse first.

    From `DANGOL_STEP_UP_POINTS` on in 24 hours the member confirms it: by the code of
    `/members/{member}/confirmations` (`confirmation`), or by *Confirm it is me* on their phone within the
    last five minutes. Otherwise 409 `member.confirmation_required`, and nothing is spent.
    """
    has_tried = False
    if payload.confirmation is not None:
        # Before the transaction: what is refused in it is taken back, and a try at a code must not be.
        challenge = challenge_of(find_member(member), payload.points)
        has_tried = begin_try(challenge, at=caller_of(request).at)
    return _spend(request, member, payload, has_tried)


@once
def _spend(request: HttpRequest, member: str, payload: SpendIn, has_tried: bool) -> Reply:
    owner, currency, caller = find_member(member), _currency(payload.currency), caller_of(request)
    made = spend_confirmed(
        owner, points=payload.points, currency=currency, key=effect_key(request), at=caller.at,
        reason=payload.reason, limit=settings.STEP_UP_POINTS,
        confirmation=Confirmation(payload.confirmation, has_tried),
    )  # fmt: skip
    return _moved(owner, currency, made)


@router.post(
    "/members/{member}/points/adjust",
    auth=Needs(Right.POINTS_ADJUST),
    response={201: TransferView, 202: ApprovalView},
)
@once
def adjust(request: HttpRequest, member: Path[MemberRef], payload: AdjustIn) -> Reply:
    """Give or take points by hand: at once (201), or, above the limit of a day, when a person has approved.

    Then the answer is 202 with the request that waits; `GET /approvals/{id}` tells what became of it. What
    all programs have given and taken of the member in 24 hours counts together.
    """
    owner, currency, caller = find_member(member), _currency(payload.currency), caller_of(request)
    if payload.expires_at and payload.expires_at <= caller.at:
        raise ExpiryInThePast(field="expires_at", expires_at=payload.expires_at.isoformat())
    wanted = ByHand(currency, payload.points, payload.expires_at)
    outcome = move_by_hand(
        owner, wanted, form=form_of(request), actor=actor_of(request), reason=payload.reason, at=caller.at,
        limit=settings.ADJUST_LIMIT,
    )  # fmt: skip
    if outcome.moved is None:
        headers = {"Location": f"/api/v1/approvals/{show_id(outcome.approval.id)}"}
        return Reply(show_approval(outcome.approval, caller.at), 202, headers)
    return _moved(owner, currency, outcome.moved)


@router.post("/members/{member}/points/gift", auth=Needs(Right.POINTS_GIFT), response={201: TransferView})
@once
def gift(request: HttpRequest, member: Path[MemberRef], payload: GiftIn) -> Reply:
    """Send points to another member, who has them, with their expiry, a moment later."""
    owner, currency, caller = find_member(member), _currency(payload.currency), caller_of(request)
    receiver = find_member(payload.to)
    require_not_own([receiver], actor=actor_of(request))
    made = gift_points(
        owner, receiver_id=receiver, points=payload.points, currency=currency,
        key=effect_key(request), at=caller.at, reason=payload.reason,
    )  # fmt: skip
    return _moved(owner, currency, made)


def _currency(wanted: str | None) -> str:
    """Return the kind of points that is meant; raises UnknownWallet."""
    return find_wallet(wanted).row.points_currency


def _moved(owner: Id, currency: str, made: Result) -> Reply:
    assert made.transfer_id is not None, "a refusal is raised"
    view = TransferView(
        id=show_id(made.transfer_id), points=made.points, balance=show_points(owner, currency)
    )
    return Reply(view, 201)
