"""The coupons of one person, and what has happened to one code."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.coupon_codes import normalize
from dangol.rooms.rewards.coupons.models import (
    Act,
    CouponAct,
    CouponBatch,
    CouponCode,
    CouponIssue,
    CouponUse,
)
from dangol.rooms.rewards.coupons.selectors import BatchView, CodeView

MOST, MOST_MOMENTS = 200, 50


class State(StrEnum):
    """Where a coupon stands, the first that holds."""

    BLOCKED = "blocked"
    USED = "used"
    OVER = "over"
    NOT_YET = "not_yet"
    USABLE = "usable"


class OwnCoupon(NamedTuple):
    """A coupon that is somebody's, that they were handed, or that they used: `uses` are theirs alone."""

    key: str
    code: CodeView
    batch: BatchView
    uses: int
    used_at: datetime | None

    def state(self, at: datetime) -> State:
        """Return where it stands for its holder."""
        code, batch = self.code, self.batch
        if code.uses_limit is not None and code.used_count >= code.uses_limit:
            return State.USED
        if code.is_blocked or batch.is_blocked:
            return State.BLOCKED
        if batch.active_to and at >= batch.active_to:
            return State.OVER
        return State.NOT_YET if batch.active_from and at < batch.active_from else State.USABLE


class Moment(NamedTuple):
    """Something that happened to a code: who it was about, in which sale, and by whom, where that is known.

    `what` is `made`, `issued`, `taken_back`, `used`, `given_back`, or an act but that of handing out, whose
    actor stands with `issued`. `is_whole`: it was done to the whole batch.
    """

    at: datetime
    what: str
    customer_id: Id | None = None
    sale_id: Id | None = None
    actor: str = ""
    is_whole: bool = False


def coupons_of(customer_ids: Sequence[Id]) -> list[OwnCoupon]:
    """Return the coupons of one person by all their ids, the latest batch first, 200 at most.

    Five statements, however many they have.
    """
    people = [(one,) for one in customer_ids]
    names = ("key", *CodeView._fields)
    codes = {
        key: CodeView(*row) for key, *row in select_matching(CouponCode, names, ("customer_id",), people)
    }
    uses = _uses_by(customer_ids)
    issued = select_matching(CouponIssue, ("code_key",), ("customer_id",), people)
    # What is not theirs alone: codes of everybody that they were handed, and what they found and used.
    others = sorted(({key for (key,) in issued} | uses.keys()) - codes.keys())
    rows = select_matching(CouponCode, names, ("key",), [(key,) for key in others])
    codes |= {key: CodeView(*row) for key, *row in rows}
    wanted = [(one,) for one in sorted({code.batch_id for code in codes.values()})]
    found_batches = select_matching(CouponBatch, BatchView._fields, ("id",), wanted)
    batches = {row[0]: BatchView(*row) for row in found_batches}
    found = [
        OwnCoupon(key, code, batches[code.batch_id], *uses.get(key, (0, None))) for key, code in codes.items()
    ]
    return sorted(found, key=lambda one: (one.batch.id, one.key), reverse=True)[:MOST]


def _uses_by(customer_ids: Sequence[Id]) -> dict[str, tuple[int, datetime | None]]:
    found: dict[str, tuple[int, datetime | None]] = {}
    names = ("key", "used_at")
    people = [(one,) for one in customer_ids]
    for key, at in select_matching(
        CouponUse, names, ("customer_id",), people, where="t.given_back_at IS NULL"
    ):
        count, last = found.get(key, (0, None))
        found[key] = (count + 1, max(at, last) if last else at)
    return found


def history_of(code: str) -> list[Moment]:
    """Return what has happened to a code, the latest first, fifty moments of each kind at most.

    Nothing for a code there is not.
    """
    key = normalize(code)
    row = CouponCode.objects.filter(key=key).values_list("batch_id", flat=True).first()
    if row is None:
        return []
    batch = CouponBatch.objects.get(id=row)
    acts = [
        Moment(at, act, actor=name or actor, is_whole=not own)
        for own, act, at, actor, name in CouponAct.objects.filter(batch_id=row, key__in=(key, ""))
        .order_by("-id")
        .values_list("key", "act", "at", "actor", "actor_name")[:MOST_MOMENTS]
    ]
    givers = {one.at: one.actor for one in acts if one.what == Act.HANDED_OUT}
    moments = [
        Moment(batch.created_at, "made", actor=batch.created_by, is_whole=True),
        *_issues_of(row, key, givers),
        *_uses_of(key),
        *(one for one in acts if one.what != Act.HANDED_OUT),
    ]
    return sorted(moments, key=lambda one: one.at, reverse=True)


def _issues_of(batch_id: Id, key: str, givers: Mapping[datetime, str]) -> Iterator[Moment]:
    """Tell whom a code was handed to, and by whom, where somebody did; and when it was taken back."""
    issues = CouponIssue.objects.filter(batch_id=batch_id, code_key=key).order_by("-issued_at")
    names = ("customer_id", "issued_at", "taken_back_at")
    for customer, at, back in issues.values_list(*names)[:MOST_MOMENTS]:
        yield Moment(at, "issued", customer, actor=givers.get(at, ""))
        if back:
            yield Moment(back, "taken_back", customer)


def _uses_of(key: str) -> Iterator[Moment]:
    names = ("customer_id", "sale_id", "used_at", "given_back_at")
    uses = CouponUse.objects.filter(key=key).order_by("-used_at").values_list(*names)
    for customer, sale, at, back in uses[:MOST_MOMENTS]:
        yield Moment(at, "used", customer, sale)
        if back:
            yield Moment(back, "given_back", customer, sale)
