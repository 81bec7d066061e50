"""What there is of a reward: pieces in buckets, and codes of a pool. Each is given out once.

Always after the taker's lock, and one row at most that is not theirs: so nobody waits in a circle.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count, F, Q, Sum

from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.redeeming import bucket_order, split_stock
from dangol.rooms.rewards.catalog.errors import NotSoMuchStock, SoldOut
from dangol.rooms.rewards.catalog.models import RewardCode, RewardStock


def fill_stock(reward_id: Id, count: int) -> None:
    """Lay so many pieces into new buckets."""
    require_write_transaction()
    buckets = [
        RewardStock(reward_id=reward_id, number=number, left=left)
        for number, left in enumerate(split_stock(count))
    ]
    RewardStock.objects.bulk_create(buckets)


def add_stock(reward_id: Id, by: int) -> None:
    """Add pieces, or take so many out; raises NotSoMuchStock where there are fewer."""
    require_write_transaction()
    # In the order of their numbers, which all who lock several take them in.
    buckets = list(RewardStock.objects.select_for_update().filter(reward_id=reward_id).order_by("number"))
    whole = sum(one.left for one in buckets) + by
    if whole < 0:
        raise NotSoMuchStock(left=whole - by)
    parts = split_stock(whole)
    for number in range(max(len(parts), len(buckets))):
        left = parts[number] if number < len(parts) else 0
        if number < len(buckets):
            RewardStock.objects.filter(reward_id=reward_id, number=number).update(left=left)
        else:
            RewardStock.objects.create(reward_id=reward_id, number=number, left=left)


def take_piece(reward_id: Id, taker: Id) -> int:
    """Take a piece; returns the bucket it came from. Raises SoldOut where all are empty."""
    require_write_transaction()
    buckets = RewardStock.objects.filter(reward_id=reward_id)
    numbers = list(buckets.order_by("number").values_list("number", flat=True))
    for number in bucket_order(numbers, taker):
        # The limit stands in the statement itself: what was read before it may be over.
        if buckets.filter(number=number, left__gt=0).update(left=F("left") - 1):
            return number
    raise SoldOut(reward=show_id(reward_id))


def give_back_piece(reward_id: Id, bucket: int) -> None:
    """Lay a piece back into its bucket."""
    require_write_transaction()
    RewardStock.objects.filter(reward_id=reward_id, number=bucket).update(left=F("left") + 1)


def add_codes(reward_id: Id, codes: Iterable[str], *, at: datetime) -> int:
    """Add codes to a pool; returns how many are new: one that is there already stays as it is."""
    require_write_transaction()
    rows = [(reward_id, new_id(), code, at) for code in dict.fromkeys(codes)]
    return insert_missing(RewardCode, ("reward_id", "id", "code", "added_at"), rows)


def take_code(reward_id: Id, redemption_id: Id) -> Id:
    """Hand a code of the pool out with a redemption; returns its id. Raises SoldOut where none is left."""
    require_write_transaction()
    free = RewardCode.objects.filter(reward_id=reward_id, redemption_id=None).order_by("id")
    found = free.select_for_update(skip_locked=True).values_list("id", flat=True).first()
    if found is None:
        # Somebody else holds the last ones, and may yet let one go.
        found = free.select_for_update().values_list("id", flat=True).first()
    taken = RewardCode.objects.filter(reward_id=reward_id, id=found, redemption_id=None)
    if found is None or not taken.update(redemption_id=redemption_id):
        raise SoldOut(reward=show_id(reward_id))
    return found


def give_back_code(reward_id: Id, code_id: Id) -> None:
    """Put a code that nobody could have read back into its pool."""
    require_write_transaction()
    RewardCode.objects.filter(reward_id=reward_id, id=code_id).update(redemption_id=None)


def codes_by_id(code_ids: Sequence[tuple[Id, Id]]) -> dict[Id, str]:
    """Return the codes of these (reward, code) pairs by the codes' ids."""
    if not code_ids:
        return {}
    rewards, ids = {reward_id for reward_id, _ in code_ids}, {code_id for _, code_id in code_ids}
    rows = RewardCode.objects.filter(reward_id__in=rewards, id__in=ids)
    return dict(rows.values_list("id", "code"))


def stock_of(reward_ids: Sequence[Id]) -> dict[Id, int]:
    """Return how many pieces are left of each of these rewards, of which any are counted."""
    rows = RewardStock.objects.filter(reward_id__in=reward_ids).order_by()
    return dict(rows.values_list("reward_id").annotate(whole=Sum("left")))


def pools_of(reward_ids: Sequence[Id]) -> dict[Id, int]:
    """Return how many codes are left in the pool of each of these rewards that has one."""
    free = Count("id", filter=Q(redemption_id__isnull=True))
    rows = RewardCode.objects.filter(reward_id__in=reward_ids).order_by()
    return dict(rows.values_list("reward_id").annotate(free=free))
