"""Coupons: batches of codes, and what is known of a code."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_id, read_text
from dangol.api.idempotency import once
from dangol.api.references import find_member
from dangol.api.replies import Given, GivenInstant, Instant, Limit, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.coupon_codes import LONGEST_CODE
from dangol.domain.errors import Malformed
from dangol.rooms.rewards.coupons import selectors
from dangol.rooms.rewards.coupons.batches import (
    LONGEST_NAME,
    MOST_CODES,
    BatchDraft,
    UnknownBatch,
    block_batch,
    create_batch,
)
from dangol.rooms.rewards.coupons.figures import stand_of
from dangol.rooms.rewards.coupons.holding import bind_code, block_code
from dangol.rooms.rewards.coupons.importing import Problem, import_codes
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.rooms.rewards.coupons.selectors import BatchView as Kept, CodeView as KeptCode

router = Router(tags=["coupons"])
BatchRef = Annotated[str, Field(max_length=64, description="A batch's id.")]
CouponRef = Annotated[str, Field(max_length=200, description="A code, however it is spelled.")]
MOST_USES = 2**31 - 1


class InvalidPromotion(Malformed):
    """What is given as a promotion (`promotion_id`) is no id."""

    code = "coupons.invalid_promotion"


class CouponBatchIn(Given):
    """A new batch of codes for a promotion.

    `pattern`: for `unique` ones such as `SPRING-####-####-####`, in which each `#` is drawn; for a `generic`
    one the code itself; for `imported` ones empty. `count` is of unique ones. `uses_per_code` null: as often
    as the promotion allows. `active_to` is exclusive.
    """

    promotion_id: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    kind: BatchKind
    pattern: Annotated[str, Field(max_length=LONGEST_CODE)] = ""
    count: Annotated[int, Field(ge=0, le=MOST_CODES, strict=True)] = 0
    uses_per_code: Annotated[int, Field(ge=1, le=MOST_USES, strict=True)] | None = 1
    active_from: GivenInstant | None = None
    active_to: GivenInstant | None = None


class CouponBatchView(Shown):
    """A batch. `made_count` of `count` codes are there already."""

    id: str
    promotion_id: str
    name: str
    kind: BatchKind
    pattern: str
    count: int
    made_count: int
    uses_per_code: int | None
    active_from: Instant | None
    active_to: Instant | None
    is_blocked: bool
    created_at: Instant
    created_by: str


class CouponFiguresView(Shown):
    """How codes stand, each in one of the first four: used, blocked, somebody's, or free.

    `uses` counts the sales, `handed_out` the occasions on which somebody was handed a code and kept it.
    """

    used: int
    blocked: int
    held: int
    free: int
    uses: int
    handed_out: int


class CouponBatchWholeView(Shown):
    """A batch and how its codes stand."""

    batch: CouponBatchView
    figures: CouponFiguresView


class CouponBatchPage(Shown):
    """Batches, the latest first."""

    data: list[CouponBatchView]
    next_cursor: str | None


class CouponView(Shown):
    """A code as it is printed; `member_id`: whose alone it is. What has no limit is counted by its sales."""

    coupon: str
    batch_id: str
    member_id: str | None
    uses_limit: int | None
    used: int
    is_blocked: bool


class CouponPage(Shown):
    """Codes of a batch."""

    data: list[CouponView]
    next_cursor: str | None


class CouponsIn(Given):
    """Codes of somebody else's, as CSV: one a row, in its first column."""

    csv: str


class CouponProblemView(Shown):
    """A row that was not taken, counted from 1, and why."""

    row: int
    coupon: str
    problem: Problem


class CouponImportView(Shown):
    """How many codes were added, and which rows were not."""

    added: int
    problems: list[CouponProblemView]


class HolderIn(Given):
    """Whose alone the code is to be."""

    member: Annotated[str, Field(max_length=300)]


@router.get("/coupon-batches", auth=Needs(Right.COUPONS_READ), response=CouponBatchPage)
def get_coupon_batches(
    request: HttpRequest, promotion: str | None = None, cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List batches of coupons, the latest first; with `promotion` those of that one."""
    rows = selectors.list_batches(
        promotion_id=_promotion(promotion) if promotion else None, before=read_id(cursor), limit=limit + 1
    )
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].id) if rest else None
    return show(CouponBatchPage(data=[_view(one) for one in shown], next_cursor=after))


@router.post("/coupon-batches", auth=Needs(Right.COUPONS_WRITE), response={201: CouponBatchView})
@once
def create_coupon_batch(request: HttpRequest, payload: CouponBatchIn) -> Reply:
    """Make a batch of codes. More than a thousand are drawn within seconds, by a job."""
    draft = BatchDraft(
        _promotion(payload.promotion_id), payload.name, payload.kind, payload.pattern, payload.count,
        payload.uses_per_code, payload.active_from, payload.active_to,
    )  # fmt: skip
    batch_id = create_batch(draft, by=actor_of(request).key, at=caller_of(request).at)
    place = f"/api/v1/coupon-batches/{show_id(batch_id)}"
    return Reply(_view(selectors.find_batch(batch_id)), 201, {"Location": place})


@router.get("/coupon-batches/{batch}", auth=Needs(Right.COUPONS_READ), response=CouponBatchWholeView)
def get_coupon_batch(request: HttpRequest, batch: Path[BatchRef]) -> HttpResponse:
    """Show a batch and how its codes stand."""
    found = selectors.find_batch(_batch(batch))
    figures = CouponFiguresView(**stand_of(found.id)._asdict())
    return show(CouponBatchWholeView(batch=_view(found), figures=figures))


@router.get("/coupon-batches/{batch}/codes", auth=Needs(Right.COUPONS_READ), response=CouponPage)
def get_coupon_codes(
    request: HttpRequest, batch: Path[BatchRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List the codes of a batch."""
    found = selectors.find_batch(_batch(batch))
    rows = selectors.list_codes(found.id, after=read_text(cursor), limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1][0]) if rest else None
    return show(CouponPage(data=[_code_view(code, code.used_count) for _, code in shown], next_cursor=after))


@router.post("/coupon-batches/{batch}/codes", auth=Needs(Right.COUPONS_WRITE), response=CouponImportView)
@once
def import_coupon_codes(request: HttpRequest, batch: Path[BatchRef], payload: CouponsIn) -> Reply:
    """Add somebody else's codes to an `imported` batch. Rows that cannot be taken are named, the rest is."""
    done = import_codes(_batch(batch), payload.csv, actor=actor_of(request), at=caller_of(request).at)
    problems = [CouponProblemView(**one._asdict()) for one in done.problems]
    return Reply(CouponImportView(added=done.added, problems=problems))


@router.post("/coupon-batches/{batch}/block", auth=Needs(Right.COUPONS_WRITE), response=CouponBatchView)
@once
def block_coupon_batch(request: HttpRequest, batch: Path[BatchRef]) -> Reply:
    """Let no code of a batch be used or handed out any more."""
    block_batch(_batch(batch), actor=actor_of(request), at=caller_of(request).at)
    return Reply(_view(selectors.find_batch(_batch(batch))))


@router.post("/coupon-batches/{batch}/unblock", auth=Needs(Right.COUPONS_WRITE), response=CouponBatchView)
@once
def unblock_coupon_batch(request: HttpRequest, batch: Path[BatchRef]) -> Reply:
    """Let the codes of a blocked batch be used again."""
    block_batch(_batch(batch), is_blocked=False, actor=actor_of(request), at=caller_of(request).at)
    return Reply(_view(selectors.find_batch(_batch(batch))))


@router.get("/coupons/{coupon}", auth=Needs(Right.COUPONS_READ), response=CouponView)
def get_coupon(request: HttpRequest, coupon: Path[CouponRef]) -> HttpResponse:
    """Show what is known of a code, to programs that may see all of them."""
    return show(_coupon(coupon))


@router.post("/coupons/{coupon}/bind", auth=Needs(Right.COUPONS_WRITE), response=CouponView)
@once
def bind_coupon(request: HttpRequest, coupon: Path[CouponRef], payload: HolderIn) -> Reply:
    """Let nobody but a member use a code. Refused where it is another's, was used, or is everybody's."""
    bind_code(coupon, find_member(payload.member), actor=actor_of(request), at=caller_of(request).at)
    return Reply(_coupon(coupon))


@router.post("/coupons/{coupon}/block", auth=Needs(Right.COUPONS_WRITE), response=CouponView)
@once
def block_coupon(request: HttpRequest, coupon: Path[CouponRef]) -> Reply:
    """Let a code not be used any more."""
    block_code(coupon, actor=actor_of(request), at=caller_of(request).at)
    return Reply(_coupon(coupon))


@router.post("/coupons/{coupon}/unblock", auth=Needs(Right.COUPONS_WRITE), response=CouponView)
@once
def unblock_coupon(request: HttpRequest, coupon: Path[CouponRef]) -> Reply:
    """Let a blocked code be used again."""
    block_code(coupon, is_blocked=False, actor=actor_of(request), at=caller_of(request).at)
    return Reply(_coupon(coupon))


def _batch(reference: str) -> Id:
    try:
        return parse_id(reference)
    except ValueError:
        raise UnknownBatch(batch=reference) from None


def _promotion(given: str) -> Id:
    try:
        return parse_id(given)
    except ValueError:
        raise InvalidPromotion(promotion_id=given) from None


def _coupon(reference: str) -> CouponView:
    found = selectors.find_code(reference)
    return _code_view(found, selectors.uses_of(reference))


def _code_view(code: KeptCode, used: int) -> CouponView:
    return CouponView(
        coupon=code.shown, batch_id=show_id(code.batch_id),
        member_id=show_id(code.customer_id) if code.customer_id else None,
        uses_limit=code.uses_limit, used=used, is_blocked=code.is_blocked,
    )  # fmt: skip


def _view(batch: Kept) -> CouponBatchView:
    return CouponBatchView(
        id=show_id(batch.id), promotion_id=show_id(batch.promotion_id), name=batch.name,
        kind=BatchKind(batch.kind), pattern=batch.pattern, count=batch.code_count,
        made_count=batch.made_count,
        uses_per_code=batch.uses_per_code, active_from=batch.active_from, active_to=batch.active_to,
        is_blocked=batch.is_blocked, created_at=batch.created_at, created_by=batch.created_by,
    )  # fmt: skip
