"""Codes under many at once, and under kill -9: never one use too many, never half a batch."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from dangol.core.storage.ids import new_id, random_id
from dangol.domain.coupon_codes import is_whole
from dangol.rooms.rewards.coupons.batches import fill_batch, find_batch
from dangol.rooms.rewards.coupons.models import CouponCode, CouponIssue, CouponUse
from tests.rooms.rewards.coupons import racing
from tests.rooms.rewards.coupons.shop import batch, codes_of
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES, EACH = SIZE.racers, SIZE.tries
# Each round is of as many attempts as that comes to.
ROUNDS = SIZE.rounds if SIZE.soak else 3

# Filled by transactions of a thousand or more, of which some come before and some after the kill.
CODES = 100_000 if SIZE.soak else 30_000


def test_take__many_at_once_of_one_use__exactly_one_wins_each_round(tmp_path: Path) -> None:
    codes = codes_of(batch(code_count=ROUNDS))
    told = tmp_path / "won"

    racing.race(racing.take_each, told, [(codes, EACH)] * PROCESSES)

    assert Counter(told.read_text().split()) == Counter(codes)
    assert set(CouponCode.objects.values_list("used_count", flat=True)) == {1}
    assert CouponUse.objects.count() == len(codes)


def test_take__one_sale_sent_by_all_at_once__takes_one_use_and_answers_alike(tmp_path: Path) -> None:
    codes = codes_of(batch(code_count=ROUNDS, uses_per_code=5))
    told = tmp_path / "answers"

    rounds = [(code, random_id(), new_id()) for code in codes]
    racing.race(racing.take_by_one_sale, told, [(rounds,)] * PROCESSES)

    assert Counter(told.read_text().split()) == {"taken": ROUNDS * PROCESSES}
    assert set(CouponCode.objects.values_list("used_count", flat=True)) == {1}


def test_take__two_codes_both_ways_round__none_waits_for_ever_and_none_is_lost(tmp_path: Path) -> None:
    uses = 6 * PROCESSES + 4
    codes = codes_of(batch(code_count=2, uses_per_code=uses))
    told = tmp_path / "taken"

    ways = [codes, codes[::-1]] * (PROCESSES // 2)
    racing.race(racing.take_both, told, [(way, 10) for way in ways])

    assert len(told.read_bytes()) == 2 * uses
    assert set(CouponCode.objects.values_list("used_count", flat=True)) == {uses}


def test_issue__many_at_once__each_code_to_one(tmp_path: Path) -> None:
    count = 20 * PROCESSES
    batch_id = batch(code_count=count)
    told = tmp_path / "issued"

    racing.race(racing.issue_all, told, [(batch_id,)] * PROCESSES)

    assert Counter(told.read_text().split()) == Counter(codes_of(batch_id))
    assert CouponIssue.objects.count() == count


def test_fill_batch__killed_at_any_instant__goes_on_and_is_whole(tmp_path: Path) -> None:
    batch_id = batch(code_count=CODES)
    told = tmp_path / "committed"

    for cycle in range(SIZE.kill_cycles):
        process = racing.start(racing.fill, batch_id, told)
        racing.wait_for_codes(batch_id, 10_000 * (cycle % 9 + 1))
        time.sleep(random.uniform(0, 0.2))
        process.kill()
        process.join()
        made = find_batch(batch_id).made_count
        assert CouponCode.objects.filter(batch_id=batch_id).count() == made
        noted = told.read_text().split() if told.exists() else []
        assert made >= int(noted[-1] if noted else 0)
    fill_batch(batch_id, report=lambda done, total: None)

    codes = codes_of(batch_id)
    assert len(codes) == find_batch(batch_id).made_count == CODES
    assert all(is_whole(code) for code in codes)
