"""Rewards as staff make and change them. A change of a price counts for redemptions after it only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.people.actors import Actor, columns_of
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.redeeming import Period, RewardKind
from dangol.rooms.rewards.catalog import stock
from dangol.rooms.rewards.catalog.errors import InvalidReward, RewardChanged, UnknownReward
from dangol.rooms.rewards.catalog.models import (
    LONGEST_ABOUT,
    LONGEST_CODE,
    LONGEST_NAME,
    Reward,
    RewardChange,
)
from dangol.rooms.rewards.coupons.batches import UnknownBatch
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.rooms.rewards.coupons.selectors import find_batch
from dangol.rooms.rewards.programs import find_program

MOST_POINTS = 100_000_000
MOST_STOCK = 10_000_000
MOST_CODES = 10_000
MOST_VOUCHER_DAYS = 3_650


class RewardDraft(NamedTuple):
    """A reward as somebody wants it. Prices are points; `active_to` is exclusive.

    An item can be picked up for `voucher_days` after its day (None: for good), and its points go back then
    where it `gives_back`. A coupon is handed out of the batch `batch_id`.
    """

    name_ko: str
    name_en: str = ""
    about_ko: str = ""
    about_en: str = ""
    price: int | None = None
    tier_prices: Mapping[str, int] = {}
    limit_count: int | None = None
    limit_period: Period = Period.EVER
    active_from: datetime | None = None
    active_to: datetime | None = None
    voucher_days: int | None = None
    gives_back: bool = False
    batch_id: Id | None = None


def create_reward(
    draft: RewardDraft,
    *,
    kind: RewardKind,
    stock_count: int | None = None,
    reward_id: Id | None = None,
    program_id: Id | None = None,
    actor: Actor,
    at: datetime,
) -> Id:
    """Make a reward of a program (without an id, the shop's first); `stock_count` None: there is always some.

    Under a `reward_id` that is there already nothing is made: a form sent twice makes one. Raises
    InvalidReward or UnknownProgram.
    """
    running = find_program(program_id)
    _check(draft, kind, [level.key for level in running.rules.tiers.levels])
    if stock_count is not None and not 0 <= stock_count <= MOST_STOCK:
        raise InvalidReward(field="stock", problem="range")
    if stock_count is not None and kind is not RewardKind.ITEM:
        raise InvalidReward(field="stock", problem="codes_are_the_stock")
    made = reward_id or new_id()
    with write_transaction():
        if Reward.objects.filter(id=made).exists():
            return made
        Reward.objects.create(
            id=made, program_id=running.id, kind=kind.value, is_counted=stock_count is not None,
            created_at=at, **_columns(draft),
        )  # fmt: skip
        if stock_count is not None:
            stock.fill_stock(made, stock_count)
        _note(made, 1, "made", {**_content(draft), "kind": kind.value, "stock": stock_count}, actor, at)
    return made


def change_reward(reward_id: Id, draft: RewardDraft, *, expected: int, actor: Actor, at: datetime) -> None:
    """Let a reward be as drafted from now on; what was redeemed keeps what it cost.

    Raises UnknownReward, RewardChanged where it is not at the revision `expected`, or InvalidReward.
    """
    with write_transaction():
        row = _locked(reward_id)
        running = find_program(row.program_id)
        _check(draft, RewardKind(row.kind), [level.key for level in running.rules.tiers.levels])
        if row.revision != expected:
            raise RewardChanged(revision=row.revision)
        _turn(row, "changed", _content(draft), actor, at, **_columns(draft))


def archive_reward(reward_id: Id, *, actor: Actor, at: datetime) -> None:
    """Offer a reward no more; what was redeemed can still be handed over. Raises UnknownReward."""
    with write_transaction():
        row = _locked(reward_id)
        if row.archived_at is None:
            _turn(row, "archived", {}, actor, at, archived_at=at)


def change_stock(reward_id: Id, by: int, *, actor: Actor, at: datetime) -> None:
    """Add pieces (negative: take out); of a reward that was not counted, begin to count with so many.

    Raises UnknownReward, InvalidReward or NotSoMuchStock.
    """
    with write_transaction():
        row = _locked(reward_id)
        if row.kind != RewardKind.ITEM.value:
            raise InvalidReward(field="stock", problem="codes_are_the_stock")
        if not -MOST_STOCK <= by <= MOST_STOCK:
            raise InvalidReward(field="stock", problem="range")
        stock.add_stock(reward_id, by)
        _turn(row, "stock", {"by": by}, actor, at, is_counted=True)


def import_codes(reward_id: Id, codes: Sequence[str], *, actor: Actor, at: datetime) -> int:
    """Add codes to a reward's pool; returns how many were new. Raises UnknownReward or InvalidReward."""
    wanted = _kept_codes(codes)
    with write_transaction():
        row = _locked(reward_id)
        if row.kind != RewardKind.CODE.value:
            raise InvalidReward(field="codes", problem="no_pool")
        added = stock.add_codes(reward_id, wanted, at=at)
        _turn(row, "codes", {"added": added}, actor, at)
    return added


def _kept_codes(codes: Iterable[str]) -> list[str]:
    wanted = [code.strip() for code in codes if code.strip()]
    if not 0 < len(wanted) <= MOST_CODES:
        raise InvalidReward(field="codes", problem="count")
    if any(len(code) > LONGEST_CODE or not code.isprintable() for code in wanted):
        raise InvalidReward(field="codes", problem="text")
    return wanted


def _locked(reward_id: Id) -> Reward:
    row = Reward.objects.select_for_update().filter(id=reward_id).first()
    if row is None:
        raise UnknownReward(reward=show_id(reward_id))
    return row


def _turn(
    row: Reward, what: str, content: Mapping[str, Any], actor: Actor, at: datetime, **fields: Any
) -> None:
    row.revision += 1
    Reward.objects.filter(id=row.id).update(revision=row.revision, **fields)
    _note(row.id, row.revision, what, content, actor, at)


def _note(
    reward_id: Id, revision: int, what: str, content: Mapping[str, Any], actor: Actor, at: datetime
) -> None:
    require_write_transaction()
    RewardChange.objects.create(
        reward_id=reward_id, revision=revision, at=at, what=what, content=dict(content), **columns_of(actor)
    )


def _columns(draft: RewardDraft) -> dict[str, Any]:
    return draft._asdict() | {
        "tier_prices": dict(draft.tier_prices), "limit_period": draft.limit_period.value,
    }  # fmt: skip


def _content(draft: RewardDraft) -> dict[str, Any]:
    """Return the draft as JSON holds it."""
    days = {name: at and at.isoformat() for name, at in draft._asdict().items() if name.startswith("active")}
    return _columns(draft) | days | {"batch_id": show_id(draft.batch_id) if draft.batch_id else None}


def _check(draft: RewardDraft, kind: RewardKind, tiers: Sequence[str]) -> None:
    _check_kind(draft, kind)
    for field, longest in (
        ("name_ko", LONGEST_NAME), ("name_en", LONGEST_NAME), ("about_ko", LONGEST_ABOUT),
        ("about_en", LONGEST_ABOUT),
    ):  # fmt: skip
        if len(getattr(draft, field)) > longest:
            raise InvalidReward(field=field, problem="too_long")
    if not draft.name_ko.strip():
        raise InvalidReward(field="name_ko", problem="empty")
    if draft.price is None and not draft.tier_prices:
        raise InvalidReward(field="price", problem="empty")
    if unknown := set(draft.tier_prices) - set(tiers):
        raise InvalidReward(field="tier_prices", problem="unknown_tier", tier=min(unknown))
    prices = [*draft.tier_prices.values(), *([] if draft.price is None else [draft.price])]
    if not all(0 < one <= MOST_POINTS for one in prices):
        raise InvalidReward(field="price", problem="range")
    if draft.limit_count is not None and not 0 < draft.limit_count <= MOST_STOCK:
        raise InvalidReward(field="limit_count", problem="range")
    if draft.active_from and draft.active_to and draft.active_to <= draft.active_from:
        raise InvalidReward(field="active_to", problem="order")


def _check_kind(draft: RewardDraft, kind: RewardKind) -> None:
    """Refuse what only another kind of reward can have: an end of vouchers, or a batch of coupons."""
    if kind is not RewardKind.ITEM and (draft.voucher_days is not None or draft.gives_back):
        raise InvalidReward(field="voucher_days", problem="only_for_items")
    if draft.voucher_days is not None and not 0 <= draft.voucher_days <= MOST_VOUCHER_DAYS:
        raise InvalidReward(field="voucher_days", problem="range")
    if draft.gives_back and draft.voucher_days is None:
        raise InvalidReward(field="gives_back", problem="never_lapses")
    if kind is not RewardKind.COUPON:
        if draft.batch_id is not None:
            raise InvalidReward(field="batch", problem="only_for_coupons")
        return
    if draft.batch_id is None:
        raise InvalidReward(field="batch", problem="empty")
    try:
        batch = find_batch(draft.batch_id)
    except UnknownBatch:
        raise InvalidReward(field="batch", problem="unknown") from None
    if batch.kind == BatchKind.GENERIC:
        # Its one code is everybody's: nobody has to pay points for it.
        raise InvalidReward(field="batch", problem="everybodys")
