"""What was asked for by hand, and whether a second person has let it happen. To decide is for people."""

from datetime import datetime
from enum import StrEnum

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.replies import Instant, Limit, Shown, show
from dangol.core.access.approvals import (
    ApprovalState,
    ApprovalView as Kept,
    Place,
    find_approval,
    list_requests,
)
from dangol.core.access.errors import NoSuchApproval
from dangol.core.access.rights import Right
from dangol.core.ledger.by_hand import ByHand, read_by_hand
from dangol.core.ledger.in_bulk import BULK, read_in_bulk
from dangol.core.storage.ids import parse_id, show_id
from dangol.rooms.rewards.event_rules import approving as rules
from dangol.rooms.rewards.promotions.approving import PUBLICATION, SETTINGS
from dangol.rooms.rewards.stored_value import credit, giving, settings_asks

router = Router(tags=["approvals"])


class Stand(StrEnum):
    """How a request stands: done at once, waiting, decided, taken back by who asked, or over because
    nobody decided in time.
    """

    DIRECT = "direct"
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    OVER = "over"


class ApprovalView(Shown):
    """Points to be given (positive) or taken by hand, or a transfer (`reverses_id`) to be undone.

    `points` are each member's. Of the kind `store_credit.by_hand` it is `credit_minor` of a `currency`, and
    no points. A request about many (`members` of them) names no `member_id`. Of the kinds
    `promotions.publish` (which names `promotion_id`), `event_rules.publish` (`event_rule_id`),
    `checkout.settings` and `stored_value.settings` there are neither; of `gift_cards.given` it is
    `given_minor` on cards.
    """

    id: str
    kind: str
    promotion_id: str | None
    event_rule_id: str | None
    state: Stand
    member_id: str | None
    members: int
    points: int
    credit_minor: int | None
    given_minor: int | None
    currency: str | None
    reverses_id: str | None
    reason: str
    asked_at: Instant
    asked_by: str
    open_until: Instant | None
    decided_at: Instant | None
    decided_by: str | None
    decided_reason: str | None


class ApprovalPage(Shown):
    """Requests, the latest first."""

    data: list[ApprovalView]
    next_cursor: str | None


@router.get("/approvals", auth=Needs(Right.APPROVALS_READ), response=ApprovalPage)
def get_approvals(
    request: HttpRequest, state: ApprovalState | None = None, cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List what was asked for by hand, the latest first, also what was small enough to be done at once."""
    place = read_instant_and_id(cursor)
    before = Place(*place) if place else None
    rows = list_requests(state=state.value if state else "", before=before, limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].asked_at, shown[-1].id) if rest else None
    at = caller_of(request).at
    return show(ApprovalPage(data=[show_approval(one, at) for one in shown], next_cursor=after))


@router.get("/approvals/{approval}", auth=Needs(Right.APPROVALS_READ), response=ApprovalView)
def get_approval(request: HttpRequest, approval: Path[str]) -> HttpResponse:
    """Show a request and how it stands."""
    try:
        found = find_approval(parse_id(approval))
    except ValueError:
        raise NoSuchApproval(approval=approval[:64]) from None
    return show(show_approval(found, caller_of(request).at))


def show_approval(found: Kept, at: datetime) -> ApprovalView:
    """Return a request as it is sent; one that nobody decided in time is over."""
    many = read_in_bulk(found.payload) if found.kind == BULK else None
    is_of_shop = found.kind in (PUBLICATION, SETTINGS, rules.PUBLICATION, settings_asks.KIND, giving.KIND)
    given = giving.read_given(found.payload) if found.kind == giving.KIND else None
    money = credit.read_by_hand(found.payload) if found.kind == credit.KIND else None
    held = money or given
    wanted = ByHand("") if is_of_shop or money else read_by_hand(found.payload)
    waits = found.state == ApprovalState.WAITING
    return ApprovalView(
        id=show_id(found.id), kind=found.kind,
        promotion_id=show_id(found.subject_id) if found.kind == PUBLICATION else None,
        event_rule_id=show_id(found.subject_id) if found.kind == rules.PUBLICATION else None,
        state=Stand.OVER if waits and not found.is_open(at) else Stand(found.state),
        member_id=None if many or is_of_shop else show_id(found.subject_id),
        members=len(many.members) if many else 0 if is_of_shop else 1,
        points=wanted.points, credit_minor=money.minor if money else None,
        given_minor=given.minor if given else None,
        currency=held.currency if held else None, reverses_id=wanted.reverses or None,
        reason=found.reason, asked_at=found.asked_at, asked_by=found.actor_name or found.actor,
        open_until=found.open_until if waits else None, decided_at=found.decided_at,
        decided_by=found.decided_name or found.decided_by or None,
        decided_reason=found.decided_reason or None,
    )  # fmt: skip
