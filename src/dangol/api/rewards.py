"""Rewards for points: what there is, and members who take it."""

from datetime import datetime
from typing import Annotated

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.idempotency import effect_key, once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Given, GivenInstant, Limit, Reply, show
from dangol.api.reward_views import (
    CodesView,
    RedemptionPage,
    RedemptionView,
    RewardList,
    RewardView,
    StateName,
    show_redemption,
    show_reward,
)
from dangol.core.access.members.codes import begin_try
from dangol.core.access.members.confirming import challenge_of
from dangol.core.access.rights import Right
from dangol.core.ledger.spending import Confirmation
from dangol.core.people.selectors import find_stores
from dangol.core.people.shops import UnknownStore
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.redeeming import Period, RedemptionState, RewardKind
from dangol.rooms.rewards.catalog import editing, selectors, services
from dangol.rooms.rewards.catalog.editing import (
    MOST_CODES,
    MOST_POINTS,
    MOST_STOCK,
    MOST_VOUCHER_DAYS,
    RewardDraft,
)
from dangol.rooms.rewards.catalog.errors import InvalidReward, UnknownRedemption, UnknownReward
from dangol.rooms.rewards.catalog.models import LONGEST_ABOUT, LONGEST_CODE, LONGEST_NAME
from dangol.rooms.rewards.catalog.selectors import Query, RedemptionView as Kept, RewardView as Found
from dangol.rooms.rewards.catalog.services import By, Payment

router = Router(tags=["rewards"])
RewardRef = Annotated[str, Field(max_length=64, description="A reward's id.")]
RedemptionRef = Annotated[str, Field(max_length=64, description="A redemption's id.")]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
About = Annotated[str, Field(max_length=LONGEST_ABOUT)]
Price = Annotated[int, Field(gt=0, le=MOST_POINTS, strict=True)]
Stock = Annotated[int, Field(ge=0, le=MOST_STOCK, strict=True)]
Code = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)]
VoucherDays = Annotated[int, Field(ge=0, le=MOST_VOUCHER_DAYS, strict=True)]


class RewardFields(Given):
    """What a reward is, and on what terms. `price` null: only for the tiers that `tier_prices` name.

    An item waits `voucher_days` after the day it was taken on (null: for good); with `gives_back` the points
    of what nobody picked up go back then. A coupon is handed out of the batch `batch`.
    """

    name_ko: Name
    name_en: Name = ""
    about_ko: About = ""
    about_en: About = ""
    price: Price | None = None
    tier_prices: Annotated[dict[str, Price], Field(default_factory=dict, max_length=20)]
    limit: Annotated[int, Field(gt=0, le=MOST_STOCK, strict=True)] | None = None
    limit_period: Period = Period.EVER
    active_from: GivenInstant | None = None
    active_to: GivenInstant | None = None
    voucher_days: VoucherDays | None = None
    gives_back: bool = False
    batch: Annotated[str, Field(max_length=64, description="A coupon batch's id.")] | None = None

    def draft(self) -> RewardDraft:
        """Return it as the catalog takes it."""
        return RewardDraft(
            self.name_ko, self.name_en, self.about_ko, self.about_en, self.price, self.tier_prices,
            self.limit, self.limit_period, self.active_from, self.active_to, self.voucher_days,
            self.gives_back, _batch_id(self.batch),
        )  # fmt: skip


class RewardIn(RewardFields):
    """A reward of the first program. `stock` null: there is always some. Codes come by `/codes`.

    The free codes of a coupon's batch are its stock.
    """

    kind: RewardKind = RewardKind.ITEM
    stock: Stock | None = None


class RewardEdit(RewardFields):
    """A reward as it is to be, whole; `revision` is the one you have seen."""

    revision: Annotated[int, Field(ge=1, strict=True)]


class StockIn(Given):
    """How many pieces come in (negative: go out)."""

    by: Annotated[int, Field(ge=-MOST_STOCK, le=MOST_STOCK, strict=True)]


class CodesIn(Given):
    """Codes for a pool. Those that are there already stay as they are."""

    codes: Annotated[list[Code], Field(min_length=1, max_length=MOST_CODES)]


class RedeemIn(Given):
    """That a member takes a reward; `confirmation` as for points that are spent."""

    confirmation: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    store: Annotated[str, Field(max_length=64, description="A store's number.")] | None = None


class HandOverIn(Given):
    """That a member has got what they took; in which store."""

    store: Annotated[str, Field(max_length=64, description="A store's number.")] | None = None


class CancelIn(Given):
    """That a redemption is taken back, and why."""

    reason: Annotated[str, Field(min_length=1, max_length=services.LONGEST_REASON)]


@router.get("/rewards", auth=Needs(Right.REWARDS_READ), response=RewardList)
def get_rewards(request: HttpRequest, archived: bool = False) -> HttpResponse:
    """List the rewards, those to come too; with `archived` those offered no more."""
    return show(RewardList(data=[show_reward(one) for one in selectors.list_rewards(archived=archived)]))


@router.post("/rewards", auth=Needs(Right.REWARDS_WRITE), response={201: RewardView})
@once
def create_reward(request: HttpRequest, payload: RewardIn) -> Reply:
    """Make a reward."""
    made = editing.create_reward(
        payload.draft(), kind=payload.kind, stock_count=payload.stock, actor=actor_of(request),
        at=caller_of(request).at,
    )  # fmt: skip
    view = show_reward(selectors.find_reward(made))
    return Reply(view, 201, {"Location": f"/api/v1/rewards/{view.id}"})


@router.get("/rewards/{reward}", auth=Needs(Right.REWARDS_READ), response=RewardView)
def get_reward(request: HttpRequest, reward: Path[RewardRef]) -> HttpResponse:
    """Show a reward."""
    return show(show_reward(selectors.find_reward(_reward_id(reward))))


@router.put("/rewards/{reward}", auth=Needs(Right.REWARDS_WRITE), response=RewardView)
@once
def change_reward(request: HttpRequest, reward: Path[RewardRef], payload: RewardEdit) -> Reply:
    """Let a reward be as given from now on; what was redeemed before keeps what it cost.

    Refused with `rewards.reward_changed` if it is not at `revision` any more.
    """
    at = caller_of(request).at
    editing.change_reward(
        _reward_id(reward), payload.draft(), expected=payload.revision, actor=actor_of(request), at=at
    )
    return Reply(show_reward(selectors.find_reward(_reward_id(reward))))


@router.post("/rewards/{reward}/archive", auth=Needs(Right.REWARDS_WRITE), response=RewardView)
@once
def archive_reward(request: HttpRequest, reward: Path[RewardRef]) -> Reply:
    """Offer a reward no more; what was redeemed can still be handed over."""
    editing.archive_reward(_reward_id(reward), actor=actor_of(request), at=caller_of(request).at)
    return Reply(show_reward(selectors.find_reward(_reward_id(reward))))


@router.post("/rewards/{reward}/stock", auth=Needs(Right.REWARDS_WRITE), response=RewardView)
@once
def change_stock(request: HttpRequest, reward: Path[RewardRef], payload: StockIn) -> Reply:
    """Add pieces or take some out; a reward that was not counted is from now on."""
    editing.change_stock(_reward_id(reward), payload.by, actor=actor_of(request), at=caller_of(request).at)
    return Reply(show_reward(selectors.find_reward(_reward_id(reward))))


@router.post("/rewards/{reward}/codes", auth=Needs(Right.REWARDS_WRITE), response=CodesView)
@once
def add_codes(request: HttpRequest, reward: Path[RewardRef], payload: CodesIn) -> Reply:
    """Add codes to the pool of a reward of the kind `code`; each is handed out once."""
    at, reward_id = caller_of(request).at, _reward_id(reward)
    added = editing.import_codes(reward_id, payload.codes, actor=actor_of(request), at=at)
    return Reply(CodesView(added=added, left=selectors.find_reward(reward_id).left or 0))


@router.post(
    "/members/{member}/rewards/{reward}/redeem",
    auth=Needs(Right.POINTS_SPEND),
    response={201: RedemptionView},
)
def redeem(
    request: HttpRequest, member: Path[MemberRef], reward: Path[RewardRef], payload: RedeemIn
) -> HttpResponse:
    """Let a member take a reward for its price in points. A code is in the answer.

    From `DANGOL_STEP_UP_POINTS` on in 24 hours the member confirms it, as for points that are spent.
    """
    owner, has_tried = find_member(member), False
    found = selectors.find_reward(_reward_id(reward))
    if payload.confirmation is not None:
        # Before the transaction: what is refused in it is taken back, and a try at a code must not be.
        offers = {one.reward.id: one.price for one in selectors.offers_for(owner, at=caller_of(request).at)}
        has_tried = begin_try(challenge_of(owner, offers.get(found.id) or 0), at=caller_of(request).at)
    return _redeem(request, owner, found, payload, has_tried)


@once
def _redeem(request: HttpRequest, owner: Id, found: Found, payload: RedeemIn, has_tried: bool) -> Reply:
    payment = Payment(settings.STEP_UP_POINTS, Confirmation(payload.confirmation, has_tried))
    made = services.redeem_reward(
        owner,
        found.id,
        key=effect_key(request),
        payment=payment,
        by=_by(request, payload.store),
        reveals=True,
    )
    # A code is worth money to whoever reads it: it is kept sealed with the answer.
    view = show_redemption(selectors.find_redemption(owner, made))
    return Reply(view, 201, holds_secret=view.code is not None)


@router.get("/members/{member}/rewards", auth=Needs(Right.POINTS_READ), response=RedemptionPage)
def get_member_rewards(
    request: HttpRequest, member: Path[MemberRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List what a member has taken, the latest first."""
    owner = find_member(member)
    rows = selectors.redemptions_of(owner, before=read_instant_and_id(cursor), limit=limit + 1)
    return _page(request, rows, limit)


@router.post(
    "/members/{member}/redemptions/{redemption}/hand-over",
    auth=Needs(Right.POINTS_SPEND),
    response=RedemptionView,
)
@once
def hand_over(
    request: HttpRequest, member: Path[MemberRef], redemption: Path[RedemptionRef], payload: HandOverIn
) -> Reply:
    """Note that the member has got what they took: once, and not what was canceled."""
    owner, made = find_member(member), _redemption_id(redemption)
    services.hand_over(owner, made, by=_by(request, payload.store))
    return Reply(_hidden(request, selectors.find_redemption(owner, made)))


@router.post(
    "/members/{member}/redemptions/{redemption}/cancel",
    auth=Needs(Right.POINTS_ADJUST),
    response=RedemptionView,
)
@once
def cancel(
    request: HttpRequest, member: Path[MemberRef], redemption: Path[RedemptionRef], payload: CancelIn
) -> Reply:
    """Take a redemption back: its points return to their old lots with their old expiry, a piece to stock.

    Its coupon is blocked; refused with `rewards.redemption_used` where a sale uses that.
    """
    owner, made = find_member(member), _redemption_id(redemption)
    services.cancel_redemption(owner, made, by=_by(request, None), reason=payload.reason)
    return Reply(_hidden(request, selectors.find_redemption(owner, made)))


@router.get("/redemptions", auth=Needs(Right.REWARDS_READ), response=RedemptionPage)
def get_redemptions(
    request: HttpRequest,
    state: StateName | None = None,
    reward: RewardRef | None = None,
    redemption: RedemptionRef | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """List all members' redemptions, the latest first; `redemption` finds the one whose voucher was read."""
    query = Query(
        RedemptionState(state) if state else None, _reward_id(reward) if reward else None,
        _redemption_id(redemption) if redemption else None,
    )  # fmt: skip
    rows = selectors.list_redemptions(query, before=read_instant_and_id(cursor), limit=limit + 1)
    return _page(request, rows, limit)


def _page(request: HttpRequest, rows: list[Kept], limit: int) -> HttpResponse:
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].redeemed_at, shown[-1].id) if rest else None
    return show(RedemptionPage(data=[_hidden(request, one) for one in shown], next_cursor=after))


def _by(request: HttpRequest, store: str | None) -> By:
    store_id = None
    if store is not None:
        store_id = find_stores([store]).get(store)
        if store_id is None:
            raise UnknownStore(store=store)
    at: datetime = caller_of(request).at
    return By(actor_of(request), at, store_id)


def _batch_id(text: str | None) -> Id | None:
    try:
        return parse_id(text) if text else None
    except ValueError:
        raise InvalidReward(field="batch", problem="unknown") from None


def _hidden(request: HttpRequest, one: Kept) -> RedemptionView:
    """Return a redemption; a coupon's code only to who may read coupons: it is worth money."""
    may_see = one.reward.kind is not RewardKind.COUPON or Right.COUPONS_READ in caller_of(request).key.scopes
    return show_redemption(one if may_see else one._replace(code=None))


def _reward_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownReward(reward=text) from None


def _redemption_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownRedemption(redemption=text) from None
