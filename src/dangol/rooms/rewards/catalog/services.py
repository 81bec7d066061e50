"""Redeeming a reward, handing it over, taking it back: each in one transaction under the member's lock."""

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from dangol.core.access.own_account import require_not_own
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.ledger.services import reverse_transfer
from dangol.core.ledger.spending import Confirmation, spend_confirmed
from dangol.core.people.actors import HOUSE, Actor, columns_of
from dangol.core.people.merged import family_of
from dangol.core.people.selectors import stores_by_id
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.coupon_codes import normalize
from dangol.domain.points import NothingToReverse
from dangol.domain.redeeming import (
    NotOffered,
    RedemptionState,
    RewardKind,
    counted_since,
    is_offered,
    lapses_at,
    require_move,
    require_redeemable,
)
from dangol.rooms.rewards.catalog import stock
from dangol.rooms.rewards.catalog.errors import (
    RedemptionKeyReused,
    RedemptionUsed,
    SoldOut,
    UnknownRedemption,
    UnknownReward,
    VoucherLapsed,
)
from dangol.rooms.rewards.catalog.events import (
    RewardCanceled,
    RewardHandedOver,
    RewardLapsed,
    RewardRedeemed,
)
from dangol.rooms.rewards.catalog.models import Redemption, RedemptionMove, Reward
from dangol.rooms.rewards.catalog.offers import offer_of
from dangol.rooms.rewards.catalog.taken import counts_as_had
from dangol.rooms.rewards.coupons.holding import BatchClosed, NoCodesLeft, block_unused, issue
from dangol.rooms.rewards.programs import Running, find_program
from dangol.rooms.rewards.selectors import standings_of

LONGEST_REASON = 200
LAPSED = "reward_lapsed"


class By(NamedTuple):
    """Who does it, when, and in which store, if in one."""

    actor: Actor
    at: datetime
    store_id: Id | None = None


class Payment(NamedTuple):
    """How points are spent: from `limit` on in a day only with the member's confirmation."""

    limit: int
    confirmation: Confirmation = Confirmation()


def redeem_reward(
    customer_id: Id, reward_id: Id, *, key: str, payment: Payment, by: By, reveals: bool = False
) -> Id:
    """Spend a member's points on a reward; returns the redemption, under a repeated key the first one.

    `reveals`: whoever asks is shown the code at once. Raises UnknownReward, RedemptionKeyReused, NotOffered,
    NotForTier, LimitReached, SoldOut, InsufficientPoints, ConfirmationRequired or WrongCode; then nothing is
    spent or taken, once the transaction is let go.
    """
    with write_transaction():
        # Before looking: two tills may redeem for the same member at once.
        lock_customers([customer_id])
        if earlier := Redemption.objects.filter(customer_id=customer_id, key=key).first():
            if earlier.reward_id != reward_id:
                raise RedemptionKeyReused(key=key)
            return earlier.id
        reward = _reward(reward_id)
        running = find_program(reward.program_id)
        price = _price(customer_id, reward, running, by.at)
        made, currency = new_id(), running.row.points_currency
        spent = spend_confirmed(
            customer_id, points=price, currency=currency, key=f"reward:{show_id(made)}", at=by.at,
            reason=reward.name_ko, limit=payment.limit, confirmation=payment.confirmation,
        )  # fmt: skip
        row = Redemption(
            customer_id=customer_id, id=made, reward_id=reward_id, key=key, currency=currency, points=price,
            transfer_id=spent.transfer_id,
        )  # fmt: skip
        return _issue(row, reward, by, reveals=reveals)


def give_reward(customer_id: Id, reward_id: Id, *, key: str, by: By) -> Id:
    """Give somebody a reward for nothing; returns the redemption, under a repeated key the first one.

    Prices, tiers and limits are for those who redeem; what is given has been earned elsewhere. Raises
    UnknownReward, RedemptionKeyReused, NotOffered or SoldOut, and then has changed nothing.
    """
    with write_transaction():
        lock_customers([customer_id])
        if earlier := Redemption.objects.filter(customer_id=customer_id, key=key).first():
            if earlier.reward_id != reward_id:
                raise RedemptionKeyReused(key=key)
            return earlier.id
        reward = _reward(reward_id)
        if not is_offered(offer_of(reward), by.at):
            raise NotOffered()
        row = Redemption(
            customer_id=customer_id, id=new_id(), reward_id=reward_id, key=key, points=0,
            currency=find_program(reward.program_id).row.points_currency,
        )  # fmt: skip
        return _issue(row, reward, by, reveals=False)


def _reward(reward_id: Id) -> Reward:
    found = Reward.objects.filter(id=reward_id).first()
    if found is None:
        raise UnknownReward(reward=show_id(reward_id))
    return found


def _price(customer_id: Id, reward: Reward, running: Running, at: datetime) -> int:
    offer = offer_of(reward)
    standing = standings_of([customer_id], as_of=at, program_id=running.id)[customer_id]
    had = 0
    if offer.limit is not None:
        # What either had before they were found to be one person counts for both.
        mine = Redemption.objects.filter(customer_id__in=family_of(customer_id), reward_id=reward.id)
        since = counted_since(offer.period, at, running.rules.tiers.zone)
        had = (mine.filter(redeemed_at__gte=since) if since else mine).filter(counts_as_had()).count()
    return require_redeemable(offer, tier=standing.tier.key, had=had, at=at)


def _issue(row: Redemption, reward: Reward, by: By, *, reveals: bool) -> Id:
    """Take what is to be had last, so that its row is locked for the shortest time."""
    if reward.kind == RewardKind.CODE.value:
        row.code_id = stock.take_code(reward.id, row.id)
        row.revealed_at = by.at if reveals else None
    elif reward.kind == RewardKind.COUPON.value:
        row.coupon_key = _issue_coupon(row, reward, by.at)
        # It stands among their coupons from now on.
        row.revealed_at = by.at
    elif reward.is_counted:
        row.bucket = stock.take_piece(reward.id, row.customer_id)
    if reward.kind == RewardKind.ITEM.value:
        zone = find_program(reward.program_id).rules.tiers.zone
        row.lapses_at, row.gives_back = lapses_at(reward.voucher_days, by.at, zone), reward.gives_back
    row.kind, row.state = reward.kind, RedemptionState.ISSUED.value
    row.redeemed_at = row.changed_at = by.at
    row.save(force_insert=True)
    _note(row, 1, by)
    told = RewardRedeemed(
        reward=show_id(reward.id), kind=reward.kind, points=row.points, currency=row.currency
    )
    record_batch([Draft(row.customer_id, told, by.at, row.id)], recorded_at=by.at)
    return row.id


def _issue_coupon(row: Redemption, reward: Reward, at: datetime) -> str:
    """Hand a code of the reward's batch out; returns its key. Raises SoldOut or NotOffered."""
    batch_id = reward.batch_id
    assert batch_id is not None, "checked as the reward was made"
    try:
        return normalize(issue(batch_id, row.customer_id, f"reward:{show_id(row.id)}", at=at))
    except NoCodesLeft:
        raise SoldOut(reward=show_id(reward.id)) from None
    except BatchClosed:
        raise NotOffered() from None


def hand_over(customer_id: Id, redemption_id: Id, *, by: By) -> None:
    """Note that the member has got what they redeemed.

    Raises UnknownRedemption, RedemptionOver, or VoucherLapsed, also where no worker has come by since.
    """
    with write_transaction():
        row = _locked(customer_id, redemption_id)
        require_move(RewardKind(row.kind), RedemptionState(row.state), RedemptionState.HANDED_OVER)
        if row.lapses_at is not None and by.at >= row.lapses_at:
            raise VoucherLapsed(lapsed_at=row.lapses_at.isoformat())
        _move(row, RedemptionState.HANDED_OVER, by)
        stores = stores_by_id([by.store_id]) if by.store_id else {}
        store = stores[by.store_id].number if by.store_id in stores else ""
        told = RewardHandedOver(reward=show_id(row.reward_id), store=store)
        record_batch([Draft(row.customer_id, told, by.at, row.id)], recorded_at=by.at)


def reveal_code(customer_id: Id, redemption_id: Id, *, at: datetime) -> None:
    """Note that the member can read their code: from now on it goes back into no pool.

    Raises UnknownRedemption.
    """
    with write_transaction():
        row = _locked(customer_id, redemption_id)
        own = Redemption.objects.filter(customer_id=row.customer_id, id=row.id, revealed_at=None)
        own.filter(state=RedemptionState.ISSUED.value, code_id__isnull=False).update(revealed_at=at)


def cancel_redemption(customer_id: Id, redemption_id: Id, *, by: By, reason: str = "") -> None:
    """Take a redemption back: points to their old lots, a piece to its stock, an unread code to its pool.

    A coupon is blocked. Raises UnknownRedemption, RedemptionOver, RedemptionUsed where a sale uses its
    coupon, or OwnAccount.
    """
    with write_transaction():
        require_not_own([customer_id], actor=by.actor)
        row = _locked(customer_id, redemption_id)
        cancel_locked(row, by, reason=reason.strip()[:LONGEST_REASON], gives_points=True)


def cancel_locked(row: Redemption, by: By, *, reason: str, gives_points: bool) -> None:
    """Take back a redemption whose owner is locked. Raises RedemptionOver or RedemptionUsed."""
    require_write_transaction()
    _move(row, RedemptionState.CANCELED, by, reason)
    if row.coupon_key and not block_unused(row.coupon_key, at=by.at):
        raise RedemptionUsed()
    points = _give_points_back(row, by.at, "reward-canceled", reason) if gives_points else 0
    if row.bucket is not None:
        stock.give_back_piece(row.reward_id, row.bucket)
    if row.code_id is not None and row.revealed_at is None:
        stock.give_back_code(row.reward_id, row.code_id)
    told = RewardCanceled(reward=show_id(row.reward_id), points=points, currency=row.currency)
    record_batch([Draft(row.customer_id, told, by.at, row.id)], recorded_at=by.at)


def lapse_some(*, as_of: datetime, limit: int = 200) -> int:
    """Let lapse what was not picked up in time, each at its own end; returns for how many. 0: all is done.

    Its piece goes back to stock, and its points to their lots where that was promised as it was redeemed.
    """
    due = Redemption.objects.filter(state=RedemptionState.ISSUED.value, lapses_at__lte=as_of)
    with write_transaction():
        places = list(due.order_by("lapses_at", "id").values_list("customer_id", "id")[:limit])
        lock_customers(owner for owner, _ in places)
        # Before the lock somebody may have handed one over.
        rows = due.filter(id__in=[one for _, one in places]).order_by("lapses_at", "id")
        for row in rows:
            _lapse(row)
    return len(places)


def _lapse(row: Redemption) -> None:
    assert row.lapses_at is not None, "only what has an end is due"
    by = By(HOUSE, row.lapses_at)
    _move(row, RedemptionState.LAPSED, by)
    points = _give_points_back(row, by.at, "reward-lapsed", LAPSED) if row.gives_back else 0
    if row.bucket is not None:
        stock.give_back_piece(row.reward_id, row.bucket)
    told = RewardLapsed(
        reward=show_id(row.reward_id), points=points, currency=row.currency, gives_back=row.gives_back
    )
    record_batch([Draft(row.customer_id, told, by.at, row.id)], recorded_at=by.at)


def _give_points_back(row: Redemption, at: datetime, key: str, reason: str) -> int:
    """Give back to their lots what was spent; returns how many points that is."""
    if row.transfer_id is None:
        return 0
    # Somebody may have undone the spending by hand: then there is nothing left to give.
    with suppress(NothingToReverse):
        return reverse_transfer(
            row.customer_id, transfer_id=row.transfer_id, points=None, key=f"{key}:{show_id(row.id)}", at=at,
            reason=reason,
        ).points  # fmt: skip
    return 0


def _locked(customer_id: Id, redemption_id: Id) -> Redemption:
    """Return a redemption of this person, whichever of their ids it was made under, with its owner locked."""
    family = family_of(customer_id)
    owners = Redemption.objects.filter(customer_id__in=family, id=redemption_id)
    owner = owners.values_list("customer_id", flat=True).first()
    if owner is None:
        raise UnknownRedemption(redemption=show_id(redemption_id))
    lock_customers([owner])
    return Redemption.objects.get(customer_id=owner, id=redemption_id)


def _move(row: Redemption, to: RedemptionState, by: By, reason: str = "") -> None:
    require_move(RewardKind(row.kind), RedemptionState(row.state), to)
    row.state, row.changed_at = to.value, by.at
    row.save(update_fields=["state", "changed_at"])
    moves = RedemptionMove.objects.filter(customer_id=row.customer_id, redemption_id=row.id)
    _note(row, moves.count() + 1, by, reason)


def _note(row: Redemption, number: int, by: By, reason: str = "") -> None:
    RedemptionMove.objects.create(
        customer_id=row.customer_id, redemption_id=row.id, number=number, state=row.state, at=by.at,
        store_id=by.store_id, reason=reason, **columns_of(by.actor),
    )  # fmt: skip
