"""Batches and codes as lists and pages show them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from dangol.core.storage.ids import Id, show_id
from dangol.core.tasks.selectors import JobView, list_jobs
from dangol.domain.coupon_codes import normalize
from dangol.rooms.rewards.coupons.batches import FILL, Fill, UnknownBatch
from dangol.rooms.rewards.coupons.holding import UnknownCode
from dangol.rooms.rewards.coupons.models import CouponBatch, CouponCode, CouponUse

A_TURN = 5_000
SOON = timedelta(days=7)


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


class BatchQuery(NamedTuple):
    """Which batches to list: whose name has `text`, of one kind, of one promotion, in one state.

    `state` is `open`, `soon` (it ends within a week), `blocked` or `over`; empty: in any.
    """

    text: str = ""
    kind: str = ""
    promotion_id: Id | None = None
    state: str = ""


def search_batches(
    query: BatchQuery, *, at: datetime, before: Id | None = None, limit: int = 50
) -> list[BatchView]:
    """Return the batches a query means, the latest first, from `before` on."""
    found = CouponBatch.objects.filter(_in_state(query.state, at)).order_by("-id")
    wanted: dict[str, Any] = {
        "name__icontains": query.text, "kind": query.kind, "promotion_id": query.promotion_id,
        "id__lt": before,
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    return [BatchView(*row) for row in found.values_list(*BatchView._fields)[:limit]]


def _in_state(state: str, at: datetime) -> Q:
    is_over, is_soon = Q(active_to__lte=at), Q(active_to__lte=at + SOON)
    return {
        "open": Q(is_blocked=False) & ~is_over,
        "soon": Q(is_blocked=False) & ~is_over & is_soon,
        "blocked": Q(is_blocked=True),
        "over": is_over,
    }.get(state, Q())


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


def list_free(batch_id: Id, *, after: str = "", limit: int = 50) -> list[tuple[str, str]]:
    """Return codes of a batch that are nobody's, unused and not blocked, each with its key, behind `after`.

    What has no limit is free as long as nobody holds it.
    """
    found = _free(batch_id).filter(key__gt=after).order_by("key")
    return list(found.values_list("key", "shown")[:limit])


def count_free(batch_id: Id, *, up_to: str | None = None) -> int:
    """Return how many codes `list_free` tells of, or how many of them come no later than a key."""
    found = _free(batch_id)
    return (found if up_to is None else found.filter(key__lte=up_to)).count()


def count_free_of(batch_ids: Iterable[Id]) -> dict[Id, int]:
    """Return how many codes of each of these batches are nobody's yet, in one statement."""
    wanted = list(batch_ids)
    if not wanted:
        return {}
    rows = _free_codes().filter(batch_id__in=wanted).order_by().values_list("batch_id")
    return dict.fromkeys(wanted, 0) | dict(rows.annotate(free=Count("key")))


def _free(batch_id: Id) -> QuerySet[CouponCode]:
    return _free_codes().filter(batch_id=batch_id)


def _free_codes() -> QuerySet[CouponCode]:
    return CouponCode.objects.filter(customer_id__isnull=True, used_count=0, is_blocked=False)


class CouponState(NamedTuple):
    """A code as it is printed, and whether a sale uses it."""

    shown: str
    is_used: bool


def states_of(keys: Iterable[str]) -> dict[str, CouponState]:
    """Return how codes stand, by their keys, in two statements."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    used = set(CouponUse.objects.filter(key__in=wanted, given_back_at=None).values_list("key", flat=True))
    shown = CouponCode.objects.filter(key__in=wanted).values_list("key", "shown")
    return {key: CouponState(text, key in used) for key, text in shown}


def find_job(batch: BatchView) -> JobView | None:
    """Return the job that draws a batch's codes; None where there is none (any more)."""
    found = list_jobs(names=[FILL], payload=Fill(show_id(batch.id)), limit=1)
    return found[0] if found else None


def find_code(code: str) -> CodeView:
    """Return a code however it is spelled, for those who may see all; raises UnknownCode."""
    found: QuerySet[CouponCode] = CouponCode.objects.filter(key=normalize(code))
    row = found.values_list(*CodeView._fields).first()
    if row is None:
        raise UnknownCode(coupon=code[:80])
    return CodeView(*row)


class HeldCode(NamedTuple):
    """A code somebody may still use, what its batch is called, and until when, exclusive (None: no end)."""

    shown: str
    promotion_id: Id
    name: str
    active_to: datetime | None


def held_by(customer_ids: Sequence[Id], *, at: datetime, limit: int = 50) -> list[HeldCode]:
    """Return the codes bound to one of these ids of a person that may be used now; what ends first, first."""
    batch = CouponBatch.objects.filter(
        Q(active_from=None) | Q(active_from__lte=at), Q(active_to=None) | Q(active_to__gt=at),
        id=OuterRef("batch_id"), is_blocked=False,
    )  # fmt: skip
    own = CouponCode.objects.filter(Exists(batch), customer_id__in=list(customer_ids), is_blocked=False)
    codes = own.filter(Q(uses_limit=None) | Q(used_count__lt=F("uses_limit")))
    ends = F("ends").asc(nulls_last=True)
    found = codes.annotate(ends=Subquery(batch.values("active_to")), called=Subquery(batch.values("name")))
    rows = list(found.order_by(ends, "called", "shown").values_list("shown", "batch_id")[:limit])
    batches = CouponBatch.objects.in_bulk({batch_id for _, batch_id in rows})
    return [
        HeldCode(shown, batches[key].promotion_id, batches[key].name, batches[key].active_to)
        for shown, key in rows
    ]


def uses_of(code: str) -> int:
    """Return in how many sales a code is used."""
    return CouponUse.objects.filter(key=normalize(code), given_back_at=None).count()
