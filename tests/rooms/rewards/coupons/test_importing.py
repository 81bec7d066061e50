"""Somebody else's codes: read row by row, what is wrong with one is said, a file twice changes nothing."""

import pytest

from dangol.core.storage.ids import new_id
from dangol.rooms.rewards.coupons.batches import InvalidBatch, UnknownBatch
from dangol.rooms.rewards.coupons.importing import MOST_ROWS, NotImported, RowProblem, import_codes
from dangol.rooms.rewards.coupons.models import BatchKind, CouponBatch, CouponCode
from dangol.rooms.rewards.coupons.selectors import find_code
from tests.rooms.rewards.coupons.shop import AT, SORA, batch, codes_of, generic

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = ["쿠폰번호,값", "abc-123,1", "", '"x,y z9"', "ABC 123,2", "!!,3", "A1,4", "WELCOME10,5", "L" * 65]
FILE = "\ufeff" + "\r\n".join(ROWS)


def test_import_codes__a_file_of_all_kinds__takes_the_good_and_names_the_rest() -> None:
    generic("WELCOME10")
    pool = batch(BatchKind.IMPORTED, uses_per_code=2)

    done = import_codes(pool, FILE, actor=SORA, at=AT)

    assert done.added == 2
    assert codes_of(pool) == ["abc-123", "x,y z9"]
    assert done.problems == (
        RowProblem(5, "ABC 123", "twice"),  # type: ignore[arg-type] # compared as text
        RowProblem(6, "!!", "no_code"),  # type: ignore[arg-type]
        RowProblem(7, "A1", "too_short"),  # type: ignore[arg-type]
        RowProblem(8, "WELCOME10", "taken"),  # type: ignore[arg-type]
        RowProblem(9, "L" * 64, "too_long"),  # type: ignore[arg-type]
    )
    kept = CouponBatch.objects.get(id=pool)
    assert (kept.code_count, kept.made_count) == (2, 2)
    assert find_code("ABC123").uses_limit == 2


def test_import_codes__the_same_file_again__adds_nothing() -> None:
    pool = batch(BatchKind.IMPORTED)
    import_codes(pool, "AB-1\nAB-2\n", actor=SORA, at=AT)

    done = import_codes(pool, "AB-1\nAB-2\nAB-3\n", actor=SORA, at=AT)

    assert done.added == 1
    assert [(one.row, one.problem) for one in done.problems] == [(1, "here"), (2, "here")]
    assert CouponCode.objects.count() == CouponBatch.objects.get().made_count == 3


def test_import_codes__more_than_one_turn__adds_all() -> None:
    pool = batch(BatchKind.IMPORTED)

    codes = "\n".join(f"POOL-{number:06d}" for number in range(12_000))
    assert import_codes(pool, codes, actor=SORA, at=AT).added == 12_000


def test_import_codes__where_it_cannot_be__is_refused() -> None:
    with pytest.raises(NotImported):
        import_codes(batch(), "AB-1", actor=SORA, at=AT)
    with pytest.raises(UnknownBatch):
        import_codes(new_id(), "AB-1", actor=SORA, at=AT)


@pytest.mark.parametrize(
    ("text", "problem"), [("A1\n" * (MOST_ROWS + 1), "too_long"), ('"' + "A" * 200_000, "unreadable")]
)
def test_import_codes__no_file_of_codes__is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidBatch) as refusal:
        import_codes(batch(BatchKind.IMPORTED), text, actor=SORA, at=AT)

    assert refusal.value.data == {"field": "csv", "problem": problem}
