"""Batches: made at once where they are small, else by a job, ten thousand codes a transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec

from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.services import enqueue, revive_job
from dangol.domain.coupon_codes import LONGEST_CODE, Pattern, draw, normalize, read_pattern
from dangol.domain.errors import DomainError, Malformed, NotFound
from dangol.rooms.rewards.coupons.acts import note
from dangol.rooms.rewards.coupons.models import Act, BatchKind, CouponBatch, CouponCode

FILL = "coupons.fill"
MOST_CODES, LONGEST_NAME, SHORTEST_CODE = 1_000_000, 80, 3
# So many are drawn where they are asked for; more are drawn by a job, so many a transaction: about a tenth
# of a second for which, on SQLite, nobody else writes.
AT_ONCE, A_TURN = 1_000, 10_000
CODE = ("key", "shown", "batch_id", "uses_limit", "used_count", "is_blocked")


class UnknownBatch(NotFound):
    """There is no such batch (`batch`)."""

    code = "coupons.unknown_batch"


class InvalidBatch(Malformed):
    """A batch cannot be so: `field`, and what is wrong with it (`problem`)."""

    code = "coupons.invalid_batch"


class CodeTaken(DomainError):
    """There is this code already, or one that is read alike (`coupon`)."""

    code = "coupons.code_taken"


class BatchDraft(NamedTuple):
    """A batch as somebody wants it. `pattern`: for generic ones the code itself, for imported ones empty.

    `code_count` is for unique ones. `uses_per_code` None: as often as the promotion allows. `active_to` is
    exclusive.
    """

    promotion_id: Id
    name: str
    kind: BatchKind
    pattern: str = ""
    code_count: int = 0
    uses_per_code: int | None = 1
    active_from: datetime | None = None
    active_to: datetime | None = None


class Fill(msgspec.Struct, frozen=True):
    """The payload of the task: which batch to fill."""

    batch: str


def create_batch(draft: BatchDraft, *, by: str, at: datetime, batch_id: Id | None = None) -> Id:
    """Make a batch and return its id. More than a thousand codes are drawn by a job, soon after.

    With a `batch_id` that there is already, that one is left as it is: a form sent twice makes one.

    Raises InvalidBatch, InvalidPattern, GuessablePattern, or CodeTaken for a generic code there is.
    """
    _check(draft)
    pattern = read_pattern(draft.pattern) if draft.kind is BatchKind.UNIQUE else None
    made, count = batch_id or new_id(), draft.code_count if pattern else int(draft.kind is BatchKind.GENERIC)
    with write_transaction():
        if batch_id and CouponBatch.objects.filter(id=batch_id).exists():
            return made
        batch = CouponBatch.objects.create(
            id=made, promotion_id=draft.promotion_id, name=draft.name.strip(), kind=draft.kind.value,
            pattern=pattern.text if pattern else "", prefix=pattern.prefix if pattern else "",
            code_count=count, uses_per_code=draft.uses_per_code, active_from=draft.active_from,
            active_to=draft.active_to, created_at=at, created_by=by,
        )  # fmt: skip
        if draft.kind is BatchKind.GENERIC:
            shown = draft.pattern.strip()
            if not _put(batch, [shown]):
                raise CodeTaken(coupon=shown)
        elif count > AT_ONCE:
            _leave_job(made, at)
        elif pattern:
            while batch.made_count < count:
                _put(batch, draw(pattern, count - batch.made_count))
    return made


def _leave_job(batch_id: Id, at: datetime) -> Id:
    shown = show_id(batch_id)
    return enqueue(FILL, Fill(shown), run_at=at, key=f"{FILL} {shown}")


def resume_batch(batch_id: Id, *, at: datetime) -> None:
    """Have a batch filled on whose job was given up or is gone; one that has all its codes stays as it is.

    Raises UnknownBatch.
    """
    with write_transaction():
        batch = locked(batch_id)
        if batch.made_count < batch.code_count:
            revive_job(_leave_job(batch_id, at), at=at)


def _check(draft: BatchDraft) -> None:
    name, kind = draft.name.strip(), draft.kind
    uses = draft.uses_per_code
    is_backwards = draft.active_from and draft.active_to and draft.active_to <= draft.active_from
    length = len(normalize(draft.pattern))
    is_readable = length >= SHORTEST_CODE and len(draft.pattern.strip()) <= LONGEST_CODE
    for field, problem, holds in (
        ("name", "empty", not name),
        ("name", "too_long", len(name) > LONGEST_NAME),
        ("code_count", "out_of_range", kind is BatchKind.UNIQUE and not 0 < draft.code_count <= MOST_CODES),
        ("uses_per_code", "out_of_range", uses is not None and not 0 < uses < 2**31),
        ("active_to", "before_start", bool(is_backwards)),
        ("pattern", "no_code", kind is BatchKind.GENERIC and not is_readable),
        ("pattern", "not_wanted", kind is BatchKind.IMPORTED and bool(draft.pattern)),
    ):
        if holds:
            raise InvalidBatch(field=field, problem=problem)


def _put(batch: CouponBatch, shown: list[str]) -> int:
    """Add codes to a batch that the caller has locked or just made; returns how many were free."""
    # In the order of the key they fall into few pages of each index.
    rows = sorted((normalize(code), code, batch.id, batch.uses_per_code, 0, False) for code in shown)
    made = insert_missing(CouponCode, CODE, rows)
    batch.made_count += made
    batch.save(update_fields=["made_count"])
    return made


def fill_batch(batch_id: Id, *, report: Callable[[int, int | None], None]) -> None:
    """Draw the codes a batch still lacks, so many a transaction: cut off anywhere, it goes on from there.

    `report` is told how many there are and how many there will be, between two transactions.
    """
    batch = find_batch(batch_id)
    pattern = Pattern(batch.pattern)
    while batch.made_count < batch.code_count:
        codes = draw(pattern, min(A_TURN, batch.code_count - batch.made_count))
        with write_transaction():
            batch = locked(batch_id)
            # Another worker may have taken over meanwhile.
            _put(batch, codes[: batch.code_count - batch.made_count])
        report(batch.made_count, batch.code_count)


def find_batch(batch_id: Id) -> CouponBatch:
    """Return a batch as it is just now; raises UnknownBatch."""
    batch = CouponBatch.objects.filter(id=batch_id).first()
    if batch is None:
        raise UnknownBatch(batch=show_id(batch_id))
    return batch


def locked(batch_id: Id) -> CouponBatch:
    """Return a batch, locked until the transaction ends; raises UnknownBatch."""
    batch = CouponBatch.objects.select_for_update().filter(id=batch_id).first()
    if batch is None:
        raise UnknownBatch(batch=show_id(batch_id))
    return batch


def block_batch(batch_id: Id, *, is_blocked: bool = True, actor: Actor, at: datetime) -> None:
    """Let no code of a batch be used or handed out any more, or again; raises UnknownBatch."""
    with write_transaction():
        batch = locked(batch_id)
        if batch.is_blocked != is_blocked:
            batch.is_blocked = is_blocked
            batch.save(update_fields=["is_blocked"])
            note(batch_id, Act.BLOCKED if is_blocked else Act.OPENED, actor=actor, at=at)


def fill_now(fill: Fill, report: Callable[[int, int | None], None]) -> None:
    """Fill the batch a job names."""
    fill_batch(parse_id(fill.batch), report=report)
