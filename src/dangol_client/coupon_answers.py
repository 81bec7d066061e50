"""What the API answers about coupons."""

from datetime import datetime
from typing import Literal

from dangol_client.answers import Answer

CouponKind = Literal["generic", "unique", "imported"]


class CouponBatch(Answer, frozen=True):
    """A batch. `made_count` of `count` codes are there already."""

    id: str
    promotion_id: str
    name: str
    kind: CouponKind
    pattern: str
    count: int
    made_count: int
    uses_per_code: int | None
    active_from: datetime | None
    active_to: datetime | None
    is_blocked: bool
    created_at: datetime
    created_by: str


class CouponFigures(Answer, frozen=True):
    """How codes stand, each in one of the first four: used, blocked, somebody's, or free.

    `uses` counts the sales, `handed_out` the occasions on which somebody was handed a code and kept it.
    """

    used: int
    blocked: int
    held: int
    free: int
    uses: int
    handed_out: int


class CouponBatchWhole(Answer, frozen=True):
    """A batch and how its codes stand."""

    batch: CouponBatch
    figures: CouponFigures


class Coupon(Answer, frozen=True):
    """A code as it is printed; `member_id`: whose alone it is."""

    coupon: str
    batch_id: str
    member_id: str | None
    uses_limit: int | None
    used: int
    is_blocked: bool


class CouponProblem(Answer, frozen=True):
    """A row that was not taken, counted from 1, and why."""

    row: int
    coupon: str
    problem: Literal["no_code", "too_short", "too_long", "twice", "here", "taken"]


class CouponImport(Answer, frozen=True):
    """How many codes were added, and which rows were not."""

    added: int
    problems: list[CouponProblem]
