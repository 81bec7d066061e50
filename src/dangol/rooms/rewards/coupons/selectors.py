"""Batches and codes as lists and pages show them."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from dangol.core.storage.ids import Id, show_id
from dangol.domain.coupon_codes import normalize
from dangol.rooms.rewards.coupons.batches import UnknownBatch
from dangol.rooms.rewards.coupons.holding import UnknownCode
from dangol.rooms.rewards.coupons.models import CouponBatch, CouponCode, CouponUse

A_TURN = 5_000


class BatchView(NamedTuple):
    """A batch. `made_count` of `code_count` codes are there; the rest is still being drawn."""

    id: Id
    promotion_id: Id
    name: str
    kind: str
    pattern: str
    code_count: int
    made_count: int
    uses_per_code: int | None
    active_from: datetime | None
    active_to: datetime | None
    is_blocked: bool
    created_at: datetime
    created_by: str


class BatchFigures(NamedTuple):
    """How a batch's codes stand. `used`: at least once; `held`: somebody's; `free`: neither, nor blocked.

    `uses` counts the sales.
    """

    used: int
    held: int
    blocked: int
    free: int
    uses: int


class CodeView(NamedTuple):
    """A code as it is printed, whose it is, and how often it was used of how often it may be."""

    shown: str
    batch_id: Id
    customer_id: Id | None
    uses_limit: int | None
    used_count: int
    is_blocked: bool


def find_batch(batch_id: Id) -> BatchView:
    """Return a batch; raises UnknownBatch."""
    row = CouponBatch.objects.filter(id=batch_id).values_list(*BatchView._fields).first()
    if row is None:
        raise UnknownBatch(batch=show_id(batch_id))
    return BatchView(*row)


def list_batches(
    *, promotion_id: Id | None = None, before: Id | None = None, limit: int = 50
) -> list[BatchView]:
    """Return batches, the latest first, from `before` on; with `promotion_id` that promotion's only."""
    found = CouponBatch.objects.order_by("-id")
    if promotion_id:
        found = found.filter(promotion_id=promotion_id)
    if before:
        found = found.filter(id__lt=before)
    return [BatchView(*row) for row in found.values_list(*BatchView._fields)[:limit]]


def figures_of(batch_id: Id) -> BatchFigures:
    """Return how a batch's codes stand: two statements."""
    was_used = Exists(CouponUse.objects.filter(key=OuterRef("key"), given_back_at=None))
    codes = CouponCode.objects.filter(batch_id=batch_id).annotate(was_used=was_used)
    is_free = Q(was_used=False, customer_id__isnull=True, is_blocked=False)
    counted = codes.aggregate(
        used=Count("key", filter=Q(was_used=True)),
        held=Count("key", filter=Q(customer_id__isnull=False)),
        blocked=Count("key", filter=Q(is_blocked=True)),
        free=Count("key", filter=is_free),
    )
    own = CouponCode.objects.filter(batch_id=batch_id, key=OuterRef("key"))
    uses = CouponUse.objects.filter(Exists(own), given_back_at=None).count()
    return BatchFigures(**counted, uses=uses)


def list_codes(batch_id: Id, *, after: str | None = None, limit: int = 50) -> list[tuple[str, CodeView]]:
    """Return a batch's codes behind the key `after`, each with its own key, in the order of these."""
    found = CouponCode.objects.filter(batch_id=batch_id).order_by("key")
    if after is not None:
        found = found.filter(key__gt=after)
    return [(key, CodeView(*row)) for key, *row in found.values_list("key", *CodeView._fields)[:limit]]


def each_code(batch_id: Id) -> Iterator[CodeView]:
    """Go through all codes of a batch, some thousand a statement."""
    after: str | None = None
    while found := list_codes(batch_id, after=after, limit=A_TURN):
        yield from (code for _, code in found)
        after = found[-1][0]


def find_code(code: str) -> CodeView:
    """Return a code however it is spelled, for those who may see all; raises UnknownCode."""
    found: QuerySet[CouponCode] = CouponCode.objects.filter(key=normalize(code))
    row = found.values_list(*CodeView._fields).first()
    if row is None:
        raise UnknownCode(coupon=code[:80])
    return CodeView(*row)


def uses_of(code: str) -> int:
    """Return in how many sales a code is used."""
    return CouponUse.objects.filter(key=normalize(code), given_back_at=None).count()
