"""Batches: made at once or by a job, cut off anywhere, blocked; and what cannot be one."""

from typing import Any

import pytest

from dangol.core.storage.ids import Id, new_id
from dangol.core.tasks.models import Job
from dangol.core.tasks.runner import Runner
from dangol.domain.coupon_codes import GuessablePattern, InvalidPattern, is_whole, normalize
from dangol.rooms.rewards.coupons import batches
from dangol.rooms.rewards.coupons.batches import (
    CodeTaken,
    InvalidBatch,
    UnknownBatch,
    block_batch,
    fill_batch,
)
from dangol.rooms.rewards.coupons.models import BatchKind, CouponBatch, CouponCode
from tests.rooms.rewards.coupons.shop import AT, DAY, PATTERN, PROMOTION, SORA, batch, codes_of, generic

pytestmark = pytest.mark.django_db(transaction=True)


class Cut(Exception):
    """Stands for the end of a process between two transactions."""


def test_create_batch__few_unique_codes__are_there_at_once() -> None:
    batch_id = batch(code_count=50, uses_per_code=2)

    kept = CouponBatch.objects.get(id=batch_id)
    codes = codes_of(batch_id)
    assert (kept.promotion_id, kept.kind, kept.pattern, kept.prefix) == (
        PROMOTION,
        "unique",
        PATTERN,
        "SPRING",
    )
    assert (kept.code_count, kept.made_count, len(codes)) == (50, 50, 50)
    assert all(is_whole(code) for code in codes)
    assert set(CouponCode.objects.values_list("uses_limit", flat=True)) == {2}
    assert not Job.objects.exists()


def test_create_batch__many_unique_codes__are_drawn_by_the_worker() -> None:
    batch_id = batch(code_count=1_001)
    assert not codes_of(batch_id)

    while Runner(clock=lambda: AT).run_due():
        pass

    assert len(codes_of(batch_id)) == 1_001
    job = Job.objects.get()
    assert (job.state, job.progress_done, job.progress_total) == ("done", 1_001, 1_001)


def test_fill_batch__cut_off_between_transactions__goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "A_TURN", 400)
    batch_id = batch(code_count=1_001)
    told: list[int] = []

    def report(done: int, total: int | None) -> None:
        told.append(done)
        if len(told) == 1:
            raise Cut

    with pytest.raises(Cut):
        fill_batch(batch_id, report=report)
    assert len(codes_of(batch_id)) == 400
    fill_batch(batch_id, report=report)
    fill_batch(batch_id, report=report)

    assert told == [400, 800, 1_001]
    assert len(codes_of(batch_id)) == CouponBatch.objects.get().made_count == 1_001


def test_fill_batch__some_codes_are_there_already__draws_others(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = codes_of(batch(code_count=2))
    drawn = iter([taken, ["SPRING-FRESH1", "SPRING-FRESH2"]])
    monkeypatch.setattr(batches, "draw", lambda _pattern, count: next(drawn)[:count])

    batch_id = batch(code_count=2)

    assert codes_of(batch_id) == ["SPRING-FRESH1", "SPRING-FRESH2"]


def test_create_batch__generic__is_one_code_for_everybody() -> None:
    generic("봄날 할인", uses_per_code=None)

    kept = CouponCode.objects.get()
    assert (kept.key, kept.shown, kept.uses_limit) == ("봄날할인", "봄날 할인", None)


def test_create_batch__generic_code_read_like_another__is_refused_and_nothing_is_left() -> None:
    generic("SOLO20")

    with pytest.raises(CodeTaken):
        generic("s0l-o2o")

    assert normalize("SOLO20") == normalize("s0l-o2o")
    assert CouponBatch.objects.count() == 1


WRONG: list[tuple[BatchKind, dict[str, Any], str, str]] = [
    (BatchKind.UNIQUE, {"name": " "}, "name", "empty"),
    (BatchKind.UNIQUE, {"name": "n" * 81}, "name", "too_long"),
    (BatchKind.UNIQUE, {"code_count": 0}, "code_count", "out_of_range"),
    (BatchKind.UNIQUE, {"code_count": 1_000_001}, "code_count", "out_of_range"),
    (BatchKind.UNIQUE, {"uses_per_code": 0}, "uses_per_code", "out_of_range"),
    (BatchKind.UNIQUE, {"active_from": AT, "active_to": AT}, "active_to", "before_start"),
    (BatchKind.GENERIC, {"pattern": "-A-B-"}, "pattern", "no_code"),
    (BatchKind.GENERIC, {"pattern": "A" * 65}, "pattern", "no_code"),
    (BatchKind.IMPORTED, {"pattern": "A"}, "pattern", "not_wanted"),
]


@pytest.mark.parametrize(("kind", "given", "field", "problem"), WRONG)
def test_create_batch__that_makes_no_sense__names_the_field(
    kind: BatchKind, given: dict[str, Any], field: str, problem: str
) -> None:
    with pytest.raises(InvalidBatch) as refusal:
        batch(kind, **given)

    assert refusal.value.data == {"field": field, "problem": problem}
    assert not CouponBatch.objects.exists()


@pytest.mark.parametrize(
    ("pattern", "refusal"), [("SPRING-####", GuessablePattern), ("봄" + "#" * 12, InvalidPattern)]
)
def test_create_batch__pattern_of_no_use__is_refused(pattern: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        batch(pattern=pattern)


def test_block_batch__and_open_again__is_kept() -> None:
    batch_id: Id = batch(active_to=AT + DAY)
    block_batch(batch_id, actor=SORA, at=AT)
    assert CouponBatch.objects.get().is_blocked

    block_batch(batch_id, is_blocked=False, actor=SORA, at=AT)

    assert not CouponBatch.objects.get().is_blocked
    with pytest.raises(UnknownBatch):
        block_batch(new_id(), actor=SORA, at=AT)
