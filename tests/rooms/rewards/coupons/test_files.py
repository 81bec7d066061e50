"""Files of codes: looked at, and taken in as a whole or not at all."""

import pytest

from dangol.core.storage.ids import new_id
from dangol.rooms.rewards.coupons.batches import InvalidBatch
from dangol.rooms.rewards.coupons.files import (
    KEPT,
    UnknownFile,
    discard_file,
    find_file,
    forget_old_files,
    keep_file,
    take_in,
)
from dangol.rooms.rewards.coupons.importing import NotImported, Problem, import_codes
from dangol.rooms.rewards.coupons.models import BatchKind, CouponCode, CouponFile
from dangol.rooms.rewards.coupons.selectors import find_batch
from tests.rooms.rewards.coupons.shop import AT, SORA, batch, codes_of, generic

pytestmark = pytest.mark.django_db(transaction=True)
CODES = "쿠폰\nMOVIE-001\nMOVIE-002\nmovie 001\nMV\nWELCOME10\n"


def test_keep_file__with_faulty_rows__tells_them_and_writes_no_code() -> None:
    generic()
    batch_id = batch(BatchKind.IMPORTED)

    view = find_file(keep_file(batch_id, "movies.csv", CODES, at=AT))

    assert (view.name, view.checked.fresh, view.checked.first) == (
        "movies.csv",
        2,
        ("MOVIE-001", "MOVIE-002"),
    )
    assert [(one.row, one.problem) for one in view.checked.problems] == [
        (4, Problem.TWICE), (5, Problem.TOO_SHORT), (6, Problem.TAKEN),
    ]  # fmt: skip
    assert codes_of(batch_id) == []


def test_take_in__twice__adds_once_what_was_shown() -> None:
    batch_id = batch(BatchKind.IMPORTED)
    file_id = keep_file(batch_id, "movies.csv", CODES, at=AT)

    shown = find_file(file_id).checked
    done = take_in(file_id, actor=SORA, at=AT)

    assert (done.added, done.problems) == (shown.fresh, shown.problems)
    assert find_batch(batch_id).made_count == CouponCode.objects.count() == 3
    assert not CouponFile.objects.exists()
    with pytest.raises(UnknownFile):
        take_in(file_id, actor=SORA, at=AT)


def test_find_file__codes_added_since__says_so() -> None:
    batch_id = batch(BatchKind.IMPORTED)
    file_id = keep_file(batch_id, "movies.csv", "MOVIE-001\nMOVIE-002\n", at=AT)
    import_codes(batch_id, "MOVIE-002", actor=SORA, at=AT)

    checked = find_file(file_id).checked

    assert (checked.fresh, checked.first) == (1, ("MOVIE-001",))
    assert [(one.row, one.problem) for one in checked.problems] == [(2, Problem.HERE)]


def test_keep_file__what_cannot_be_taken_in__is_refused_and_not_kept() -> None:
    imported = batch(BatchKind.IMPORTED)
    for refusal, batch_id, text in (
        (NotImported, batch(), CODES),
        (InvalidBatch, imported, "x\n" * 100_001),
    ):
        with pytest.raises(refusal):
            keep_file(batch_id, "movies.csv", text, at=AT)
    assert not CouponFile.objects.exists()


def test_forget_old_files__after_a_day__only_those() -> None:
    batch_id = batch(BatchKind.IMPORTED)
    old = keep_file(batch_id, "old.csv", CODES, at=AT)
    new = keep_file(batch_id, "new.csv", CODES, at=AT + KEPT / 2)

    assert forget_old_files(as_of=AT + KEPT) == 1
    with pytest.raises(UnknownFile):
        find_file(old)
    discard_file(new)
    discard_file(new_id())
    assert not CouponFile.objects.exists()
