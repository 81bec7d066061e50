"""Reading the catalog: what there is, what a member may have, and what became of what they took."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, QuerySet

from dangol.core.ledger.selectors import balances_of
from dangol.core.people.merged import family_of
from dangol.core.people.models import Customer
from dangol.core.storage.ids import Id, show_id
from dangol.domain.redeeming import (
    Offer,
    RedemptionState,
    RewardKind,
    counted_since,
    is_offered,
    price_for,
)
from dangol.rooms.rewards.catalog.errors import UnknownRedemption, UnknownReward
from dangol.rooms.rewards.catalog.models import Redemption, RedemptionMove, Reward
from dangol.rooms.rewards.catalog.offers import offer_of
from dangol.rooms.rewards.catalog.stock import codes_by_id, pools_of, stock_of
from dangol.rooms.rewards.catalog.taken import counts_as_had
from dangol.rooms.rewards.coupons.selectors import count_free_of, states_of
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.programs import find_program
from dangol.rooms.rewards.selectors import standings_of


class RewardView(NamedTuple):
    """A reward; `left` is how many there are, None: always some.

    An item waits `voucher_days` after its day (None: for good); points of what lapsed go back where it
    `gives_back`. A coupon is of the batch `batch_id`.
    """

    id: Id
    program_id: Id
    currency: str
    zone: ZoneInfo
    kind: RewardKind
    names: Mapping[str, str]
    abouts: Mapping[str, str]
    offer: Offer
    left: int | None
    revision: int
    created_at: datetime
    archived_at: datetime | None
    voucher_days: int | None = None
    gives_back: bool = False
    batch_id: Id | None = None

    def name(self, language: str) -> str:
        """The name in a language; in Korean where there is none in it."""
        return self.names.get(language) or self.names["ko"]

    def about(self, language: str) -> str:
        """The description in a language; in Korean where there is none in it."""
        return self.abouts.get(language) or self.abouts["ko"]


class Obstacle(StrEnum):
    """Why a member cannot have a reward now."""

    TIER = "tier"
    LIMIT = "limit"
    SOLD_OUT = "sold_out"
    POINTS = "points"


class OfferView(NamedTuple):
    """A reward as it stands for one member: what it costs them, and what is in the way."""

    reward: RewardView
    price: int | None
    obstacle: Obstacle | None
    missing: int


class RedemptionView(NamedTuple):
    """A redemption. `code` is the code of the pool, once it has been shown to the member, or the coupon's.

    `lapses_at`, exclusive; `is_used`: a sale uses its coupon.
    """

    id: Id
    customer_id: Id
    reward: RewardView
    state: RedemptionState
    points: int
    code: str | None
    redeemed_at: datetime
    changed_at: datetime
    lapses_at: datetime | None = None
    is_used: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it waits to be handed over."""
        return self.state is RedemptionState.ISSUED and self.reward.kind is RewardKind.ITEM


class MoveView(NamedTuple):
    """A step of a redemption, and who took it."""

    state: RedemptionState
    at: datetime
    actor_name: str
    reason: str


class Query(NamedTuple):
    """Which redemptions: of a state, of a reward, that very one, of members a store may see."""

    state: RedemptionState | None = None
    reward_id: Id | None = None
    redemption_id: Id | None = None
    bound_to: Id | None = None


def list_rewards(*, archived: bool = False) -> list[RewardView]:
    """Return the rewards on offer or to come, or those archived, the newest first."""
    return _views(Reward.objects.filter(archived_at__isnull=not archived).order_by("-id"))


def find_reward(reward_id: Id) -> RewardView:
    """Return a reward; raises UnknownReward."""
    found = _views(Reward.objects.filter(id=reward_id))
    if not found:
        raise UnknownReward(reward=show_id(reward_id))
    return found[0]


def _views(found: Iterable[Reward]) -> list[RewardView]:
    rows = list(found)
    ids = [row.id for row in rows]
    programs = {one.id: one for one in current_programs()}
    left = {**stock_of([row.id for row in rows if row.is_counted]), **dict.fromkeys(_pools(rows), 0)}
    left |= pools_of(ids)
    free = count_free_of({row.batch_id for row in rows if row.batch_id})
    left |= {row.id: free[row.batch_id] for row in rows if row.batch_id}
    return [
        RewardView(
            row.id, row.program_id, programs[row.program_id].row.points_currency,
            programs[row.program_id].rules.tiers.zone, RewardKind(row.kind),
            {"ko": row.name_ko, "en": row.name_en}, {"ko": row.about_ko, "en": row.about_en},
            offer_of(row), left.get(row.id), row.revision, row.created_at, row.archived_at,
            row.voucher_days, row.gives_back, row.batch_id,
        )
        for row in rows
    ]  # fmt: skip


def _pools(rows: Iterable[Reward]) -> list[Id]:
    return [row.id for row in rows if row.kind == RewardKind.CODE.value]


def offers_for(customer_id: Id, *, at: datetime) -> list[OfferView]:
    """Return what is on offer for a member, the cheapest first; what is only for other tiers comes last."""
    rewards = [one for one in list_rewards() if is_offered(one.offer, at)]
    family = family_of(customer_id)
    had = _had(family, rewards, at)
    offers = []
    for program_id in {one.program_id for one in rewards}:
        running = find_program(program_id)
        tier = standings_of([customer_id], as_of=at, program_id=program_id)[customer_id].tier.key
        points = balances_of([customer_id], running.row.points_currency)[customer_id].available
        own = [one for one in rewards if one.program_id == program_id]
        offers += [_offer(one, price_for(one.offer, tier), had[one.id], points) for one in own]
    return sorted(offers, key=lambda one: (one.price is None, one.price or 0, one.reward.id))


def _offer(reward: RewardView, price: int | None, had: int, points: int) -> OfferView:
    missing = max(0, (price or 0) - points)
    obstacle = None
    if price is None:
        obstacle = Obstacle.TIER
    elif reward.left == 0:
        obstacle = Obstacle.SOLD_OUT
    elif reward.offer.limit is not None and had >= reward.offer.limit:
        obstacle = Obstacle.LIMIT
    elif missing:
        obstacle = Obstacle.POINTS
    return OfferView(reward, price, obstacle, missing)


def _had(family: Sequence[Id], rewards: Sequence[RewardView], at: datetime) -> Counter[Id]:
    """Return how often each reward was had in the period that an instant lies in."""
    since = {one.id: counted_since(one.offer.period, at, one.zone) for one in rewards if one.offer.limit}
    rows = Redemption.objects.filter(customer_id__in=family, reward_id__in=list(since))
    rows = rows.filter(counts_as_had())
    had: Counter[Id] = Counter()
    for reward_id, redeemed_at in rows.values_list("reward_id", "redeemed_at"):
        begins = since[reward_id]
        had[reward_id] += begins is None or redeemed_at >= begins
    return had


def redemptions_of(
    customer_id: Id, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[RedemptionView]:
    """Return a member's redemptions, the latest first, also those from before a merge."""
    rows = Redemption.objects.filter(customer_id__in=family_of(customer_id))
    return _read(rows if before is None else rows.filter(_earlier(before)), limit)


def open_vouchers(customer_id: Id, *, at: datetime, limit: int = 50) -> list[RedemptionView]:
    """Return what waits to be handed over to a member at an instant, the latest first."""
    rows = Redemption.objects.filter(
        customer_id__in=family_of(customer_id), state=RedemptionState.ISSUED.value, kind=RewardKind.ITEM.value
    )
    return _read(rows.filter(Q(lapses_at=None) | Q(lapses_at__gt=at)), limit)


class Waiting(NamedTuple):
    """How many vouchers wait for a member, and until when, exclusive, the first of them (None: for good)."""

    vouchers: int
    first_end: datetime | None


def count_waiting(customer_id: Id, *, at: datetime) -> Waiting:
    """Return how many vouchers a member can pick up, and when the first of them lapses."""
    rows = Redemption.objects.filter(
        Q(lapses_at=None) | Q(lapses_at__gt=at), customer_id__in=family_of(customer_id),
        state=RedemptionState.ISSUED.value, kind=RewardKind.ITEM.value,
    )  # fmt: skip
    found = rows.aggregate(count=Count("id"), first=Min("lapses_at"))
    return Waiting(found["count"], found["first"])


def find_redemption(customer_id: Id, redemption_id: Id) -> RedemptionView:
    """Return a member's redemption; raises UnknownRedemption."""
    found = _read(Redemption.objects.filter(customer_id__in=family_of(customer_id), id=redemption_id), 1)
    if not found:
        raise UnknownRedemption(redemption=show_id(redemption_id))
    return found[0]


def list_redemptions(
    query: Query, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[RedemptionView]:
    """Return all members' redemptions of a kind, the latest first."""
    rows = Redemption.objects.all()
    if query.state:
        rows = rows.filter(state=query.state.value)
    if query.reward_id:
        rows = rows.filter(reward_id=query.reward_id)
    if query.redemption_id:
        rows = rows.filter(id=query.redemption_id)
    if query.bound_to:
        seen = Customer.objects.filter(Q(home_store_id=query.bound_to) | Q(home_store_id=None))
        rows = rows.filter(customer_id__in=seen.values("customer_id"))
    return _read(rows if before is None else rows.filter(_earlier(before)), limit)


def moves_of(redemptions: Sequence[RedemptionView]) -> dict[Id, list[MoveView]]:
    """Return the steps of these redemptions, earliest first, by the redemptions' ids."""
    ids = [one.id for one in redemptions]
    owners = {one.customer_id for one in redemptions}
    rows = RedemptionMove.objects.filter(customer_id__in=owners, redemption_id__in=ids).order_by("number")
    found: dict[Id, list[MoveView]] = defaultdict(list)
    for row in rows:
        name = row.actor_name or row.actor
        found[row.redemption_id].append(MoveView(RedemptionState(row.state), row.at, name, row.reason))
    return dict(found)


def _earlier(before: tuple[datetime, Id]) -> Q:
    at, redemption_id = before
    return Q(redeemed_at__lt=at) | Q(redeemed_at=at, id__lt=redemption_id)


def _read(found: QuerySet[Redemption], limit: int) -> list[RedemptionView]:
    rows = list(found.order_by("-redeemed_at", "-id")[:limit])
    rewards = {one.id: one for one in _views(Reward.objects.filter(id__in={row.reward_id for row in rows}))}
    shown = [(row.reward_id, row.code_id) for row in rows if row.code_id and row.revealed_at]
    codes = codes_by_id(shown)
    coupons = states_of(row.coupon_key for row in rows if row.coupon_key)
    return [
        RedemptionView(
            row.id, row.customer_id, rewards[row.reward_id], RedemptionState(row.state), row.points,
            coupons[row.coupon_key].shown if row.coupon_key
            else codes.get(row.code_id) if row.revealed_at and row.code_id else None,
            row.redeemed_at, row.changed_at, row.lapses_at,
            bool(row.coupon_key) and coupons[row.coupon_key].is_used,
        )
        for row in rows
    ]  # fmt: skip
