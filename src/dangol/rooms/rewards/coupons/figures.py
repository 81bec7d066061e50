"""How the codes of batches stand, in numbers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from dangol.core.storage.ids import Id
from dangol.rooms.rewards.coupons.models import CouponCode, CouponIssue, CouponUse
from dangol.rooms.rewards.coupons.selectors import BatchView


class Worn(NamedTuple):
    """How many codes of a batch are used, and how many are blocked."""

    used: int = 0
    blocked: int = 0


class Stand(NamedTuple):
    """How a batch's codes stand: each code is in one of the first four.

    `used`: in at least one sale; `blocked`: not used; `held`: somebody's, not used; `free`: nobody's.
    `uses` counts the sales, `handed_out` the occasions on which somebody was handed a code and kept it.
    """

    used: int
    blocked: int
    held: int
    free: int
    uses: int
    handed_out: int

    @property
    def made(self) -> int:
        """How many codes there are."""
        return self.used + self.blocked + self.held + self.free

    def expired(self, batch: BatchView, at: datetime) -> int:
        """Return how many codes have gone unused because the batch is over."""
        return self.held + self.free if batch.active_to and at >= batch.active_to else 0


_IS_USED = Exists(CouponUse.objects.filter(key=OuterRef("key"), given_back_at=None))


def worn_of(batches: Sequence[BatchView]) -> dict[Id, Worn]:
    """Return how many codes of each batch are used and blocked. Three statements.

    Codes with a limit are counted from an index of those used; without one each code's uses are looked at.
    """
    ids = [one.id for one in batches]
    limited = [one.id for one in batches if one.uses_per_code is not None]
    unlimited = [one.id for one in batches if one.uses_per_code is None]
    used = _by_batch(CouponCode.objects.filter(batch_id__in=limited, used_count__gt=0))
    used |= _by_batch(CouponCode.objects.filter(_IS_USED, batch_id__in=unlimited)) if unlimited else {}
    blocked = _by_batch(CouponCode.objects.filter(batch_id__in=ids, is_blocked=True))
    return {one: Worn(used.get(one, 0), blocked.get(one, 0)) for one in ids}


def _by_batch(codes: QuerySet[CouponCode]) -> dict[Id, int]:
    return dict(codes.order_by().values_list("batch_id").annotate(Count("key")))


def stand_of(batch_id: Id) -> Stand:
    """Return how a batch's codes stand: three statements."""
    codes = CouponCode.objects.filter(batch_id=batch_id).annotate(was_used=_IS_USED)
    is_held, is_unused = Q(customer_id__isnull=False), Q(was_used=False)
    counted = codes.aggregate(
        used=Count("key", filter=Q(was_used=True)),
        blocked=Count("key", filter=is_unused & Q(is_blocked=True)),
        held=Count("key", filter=is_unused & is_held & Q(is_blocked=False)),
        free=Count("key", filter=is_unused & ~is_held & Q(is_blocked=False)),
    )
    handed_out = CouponIssue.objects.filter(batch_id=batch_id, taken_back_at=None).count()
    return Stand(**counted, uses=_uses(batch_id).count(), handed_out=handed_out)


def _uses(batch_id: Id) -> QuerySet[CouponUse]:
    own = CouponCode.objects.filter(batch_id=batch_id, key=OuterRef("key"))
    return CouponUse.objects.filter(Exists(own), given_back_at=None)


def uses_by_day(batch_id: Id, *, since: datetime, zone: ZoneInfo) -> dict[date, int]:
    """Return in how many sales a batch's codes were used on each of the shop's days that had any."""
    found = _uses(batch_id).filter(used_at__gte=since).order_by()
    days = found.annotate(day=TruncDate("used_at", tzinfo=zone))
    return dict(days.values_list("day").annotate(Count("key")))
