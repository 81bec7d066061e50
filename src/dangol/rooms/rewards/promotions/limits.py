"""What promotions may give in all: taken before it is promised, given back where it was not used.

A limit lies in one row or, where it is large, in several buckets, so that its customers do not wait for one
another. Rows are locked by promotion, then by bucket, and looked at under their lock: two who reach for the
last of something do not both have it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum

from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows, select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.calendars import start_of_period
from dangol.domain.promotions.rules import Remaining
from dangol.rooms.rewards.promotions.contents import LimitsContent
from dangol.rooms.rewards.promotions.models import LimitBucket, Redemption

# A limit of at least so many uses lies in buckets; of a smaller one, or of money, one row is exact at once.
_USES_WORTH_BUCKETS = 10_000
_BUCKETS = 8
_MUCH = 500
_KEYS = ("promotion_id", "number")
_USED = ("uses", "minor", "units")
_LIMITS = ("uses_limit", "minor_limit", "units_limit")


class Amounts(NamedTuple):
    """What sales take of a promotion: uses, minor units, reduced units."""

    uses: int = 0
    minor: int = 0
    units: int = 0


class Left(NamedTuple):
    """What is left of each limit; None where there is none."""

    uses: int | None = None
    minor: int | None = None
    units: int | None = None


# A bucket that is in no use any more.
_CLOSED = Left(0, 0, 0)


class _Bucket(NamedTuple):
    """A row, and what of it is used."""

    promotion_id: Id
    number: int
    used: Amounts
    limits: Left

    @property
    def left(self) -> Left:
        return Left(
            *(
                None if limit is None else max(limit - used, 0)
                for limit, used in zip(self.limits, self.used, strict=True)
            )
        )


def set_limits(promotion_id: Id, limits: LimitsContent) -> None:
    """Let a promotion's limits be these; what sales have used stays used. Inside the write transaction.

    Of a limit that is now below what was used, nothing is left. Rows are changed where they lie: who waits
    for one of them goes on with it.
    """
    require_write_transaction()
    there = {one.number for one in _read([promotion_id], lock=True)}
    used = used_by_promotion([promotion_id]).get(promotion_id, Amounts())
    wanted = (limits.uses, limits.budget_minor, limits.units)
    has_uses_alone = limits.budget_minor is None and limits.units is None
    count = _BUCKETS if has_uses_alone and (limits.uses or 0) >= _USES_WORTH_BUCKETS else 1
    rows = [
        (
            promotion_id, number,
            *(_share(one, count, number) for one in used),
            *(_share(one, count, number) for one in wanted),
        )
        for number in range(count)
    ]  # fmt: skip
    # What is in no use any more has nothing to give.
    rows += [(promotion_id, number, 0, 0, 0, 0, 0, 0) for number in sorted(there) if number >= count]
    update_rows(LimitBucket, _KEYS, (*_USED, *_LIMITS), [row for row in rows if row[1] in there])
    if limits.is_shared:
        insert_rows(LimitBucket, (*_KEYS, *_USED, *_LIMITS), [row for row in rows if row[1] not in there])


def _share(amount: int | None, count: int, number: int) -> int | None:
    if amount is None:
        return None
    whole, rest = divmod(amount, count)
    return whole + (number < rest)


def _read(promotion_ids: Iterable[Id], *, lock: bool = False) -> list[_Bucket]:
    return _buckets(("promotion_id",), [(one,) for one in sorted(set(promotion_ids))], lock=lock)


def _buckets(keys: Sequence[str], wanted: Sequence[tuple[object, ...]], *, lock: bool) -> list[_Bucket]:
    rows = select_matching(
        LimitBucket, (*_KEYS, *_USED, *_LIMITS), keys, wanted, order_by=_KEYS if lock else (), lock=lock
    )
    return [_Bucket(row[0], row[1], Amounts(*row[2:5]), Left(*row[5:8])) for row in rows]


def _total(amounts: Iterable[Amounts]) -> Amounts:
    return Amounts(*(sum(column) for column in zip(Amounts(), *amounts, strict=True)))


def left_of(promotion_ids: Iterable[Id]) -> dict[Id, Left]:
    """Return what is left of these promotions' limits; those without a limit are left out. One statement."""
    buckets: dict[Id, list[_Bucket]] = defaultdict(list)
    for one in _read(promotion_ids):
        buckets[one.promotion_id].append(one)
    return {key: _left(own) for key, own in buckets.items()}


def _left(buckets: Sequence[_Bucket]) -> Left:
    columns = zip(*(one.left for one in buckets), strict=True)
    return Left(*(None if None in column else sum(column) for column in columns))


def rest_of(limits: LimitsContent, used: Amounts) -> Left:
    """Return what would be left of limits of which so much is used already."""
    wanted = (limits.uses, limits.budget_minor, limits.units)
    return Left(*(None if one is None else max(one - own, 0) for one, own in zip(wanted, used, strict=True)))


def used_by_promotion(promotion_ids: Iterable[Id]) -> dict[Id, Amounts]:
    """Return what sales have used of each promotion and not given back; unused ones are left out."""
    rows = Redemption.objects.filter(promotion_id__in=list(promotion_ids), given_back_at=None)
    sums = rows.values_list("promotion_id").annotate(Count("at"), Sum("minor"), Sum("units")).order_by()
    return {key: Amounts(*own) for key, *own in sums}


def take(wanted: Mapping[Id, Amounts], *, spot: int) -> list[Id]:
    """Take of several promotions at once; returns those of which there is not enough: then none is taken.

    `spot` spreads customers over buckets: any number of theirs. A bucket in which much is left serves alone,
    else all of the promotion's do together. Three statements at most. Inside the write transaction.
    """
    require_write_transaction()
    seen: dict[Id, list[_Bucket]] = defaultdict(list)
    for one in _read(wanted):
        seen[one.promotion_id].append(one)
    chosen = sorted(one[:2] for own in seen.values() for one in _serving(own, spot))
    locked = _buckets(_KEYS, chosen, lock=True)
    if not (short := _short(locked, wanted)):
        _write(locked, wanted)
    return short


def _serving(buckets: list[_Bucket], spot: int) -> list[_Bucket]:
    buckets.sort(key=lambda one: one.number)
    living = [one for one in buckets if one.limits != _CLOSED] or buckets
    own = living[spot % len(living)]
    # More than are taken at once between this look and the lock.
    return [own] if (own.left.uses or 0) >= _MUCH else buckets


def _short(buckets: Sequence[_Bucket], wanted: Mapping[Id, Amounts]) -> list[Id]:
    by_promotion: dict[Id, list[_Bucket]] = defaultdict(list)
    for one in buckets:
        by_promotion[one.promotion_id].append(one)
    return [
        key
        for key, own in sorted(by_promotion.items())
        if any(
            left is not None and left < amount for left, amount in zip(_left(own), wanted[key], strict=True)
        )
    ]


def _write(buckets: Sequence[_Bucket], wanted: Mapping[Id, Amounts]) -> None:
    rest = {key: list(amounts) for key, amounts in wanted.items()}
    last = {one.promotion_id: one.number for one in buckets}
    rows = []
    for one in buckets:
        own = rest[one.promotion_id]
        used = []
        for place, (before, left) in enumerate(zip(one.used, one.left, strict=True)):
            # Without a limit there is always room; what no bucket has room for does not occur.
            part = (
                own[place] if left is None or one.number == last[one.promotion_id] else min(own[place], left)
            )
            own[place] -= part
            used.append(before + part)
        rows.append((one.promotion_id, one.number, *used))
    update_rows(LimitBucket, _KEYS, _USED, rows)


def lock(promotion_ids: Iterable[Id]) -> None:
    """Lock all rows of these promotions' limits, in the order in which everybody locks them."""
    require_write_transaction()
    _read(promotion_ids, lock=True)


def give_back(amounts: Mapping[Id, Amounts]) -> None:
    """Let what was taken be there again; of what has no limit any more nothing is kept. Two statements."""
    require_write_transaction()
    rest = {key: list(own) for key, own in amounts.items()}
    rows = []
    for one in _read(amounts, lock=True):
        own, used = rest[one.promotion_id], []
        for place, before in enumerate(one.used):
            part = min(own[place], before)
            own[place] -= part
            used.append(before - part)
        rows.append((one.promotion_id, one.number, *used))
    if rows:
        update_rows(LimitBucket, _KEYS, _USED, rows)


def remaining(
    limits: Mapping[Id, LimitsContent], family: Sequence[Id], *, as_of: datetime, zone: ZoneInfo
) -> dict[Id, Remaining]:
    """Return what is left of each promotion for a customer with all their ids (none: for somebody unknown).

    At most one statement for what all draw on, and one for what the customer has used.
    """
    shared = left_of(key for key, own in limits.items() if own.is_shared)
    theirs = {
        key: own
        for key, own in limits.items()
        if own.customer_uses is not None or own.period_uses is not None
    }
    used = _used_by(theirs, family, as_of=as_of, zone=zone)
    found = {}
    for key, own in limits.items():
        if key not in shared and key not in theirs:
            continue
        left = shared.get(key, Left())
        ever, lately = used.get(key, (0, 0))
        found[key] = Remaining(
            uses=left.uses,
            customer_uses=None if own.customer_uses is None else max(own.customer_uses - ever, 0),
            period_uses=None if own.period_uses is None else max(own.period_uses - lately, 0),
            units=left.units,
            budget_minor=left.minor,
        )
    return found


def _used_by(
    limits: Mapping[Id, LimitsContent], family: Sequence[Id], *, as_of: datetime, zone: ZoneInfo
) -> dict[Id, tuple[int, int]]:
    """Return how often a customer has used each, ever and in the shop's present period of its limit.

    It is asked by customer alone: of thousands of promotions one customer has used few.
    """
    if not limits or not family:
        return {}
    periods = sorted({own.period for own in limits.values()})
    lately = {one: Count("at", filter=Q(at__gte=start_of_period(one, as_of, zone))) for one in periods}
    own = Redemption.objects.filter(customer_id__in=list(family), given_back_at=None)
    rows = own.values_list("promotion_id").annotate(ever=Count("at"), **lately).order_by()
    used = {key: (ever, dict(zip(periods, recent, strict=True))) for key, ever, *recent in rows}
    return {key: (used[key][0], used[key][1][one.period]) for key, one in limits.items() if key in used}
