"""Whoever guesses codes is told nothing and held up: by member, by address, and all together."""

from datetime import timedelta

import pytest

from dangol.core.metrics import read_counters
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.domain.promotions.rules import Coupon
from dangol.rooms.rewards.coupons.guessing import (
    EVERYBODY,
    MOST_CODES,
    TooManyCodes,
    TooManyGuesses,
    guard_guess,
)
from dangol.rooms.rewards.coupons.holding import bind_code, block_code
from dangol.rooms.rewards.coupons.services import take
from tests.rooms.rewards.coupons.shop import AT, DAY, PROMOTION, SORA, batch, codes_of
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HERE, THERE = "203.0.113.5", "198.51.100.7"
MINUTE = timedelta(minutes=1)


def guess(who: Id | None, address: str = HERE, code: str = "NOBODY") -> tuple[Coupon, ...]:
    return guard_guess([code], customer_id=who, address=address, at=AT)


def test_guess__unknown_used_blocked_of_another_or_not_yet__is_one_answer() -> None:
    used, blocked, held = codes_of(batch())
    later = codes_of(batch(active_from=AT + DAY))[0]
    take([used], customer_id=random_id(), sale_id=new_id(), at=AT)
    block_code(blocked, actor=SORA, at=AT)
    bind_code(held, random_id(), actor=SORA, at=AT)
    asked = ["NOBODY", used.lower(), blocked, held, later]

    assert guard_guess(asked, customer_id=random_id(), address=HERE, at=AT) == tuple(map(Coupon, asked))


def test_guess__right__is_told_whole_and_counts_for_nothing() -> None:
    code = codes_of(batch(uses_per_code=None))[0]
    me = random_id()

    for _ in range(10):
        assert guess(me, code=code) == (Coupon(code, PROMOTION),)
    assert guard_guess([], customer_id=me, address=HERE, at=AT) == ()


def misses() -> float:
    """Return how many wrong codes this process has counted."""
    samples = [one for family in read_counters() for one in family.samples]
    return sum(one.value for one in samples if one.name == "coupon_miss_total")


def test_guess__wrong_right_and_refused__only_the_wrong_is_a_miss_for_who_watches() -> None:
    code, me, before = codes_of(batch(uses_per_code=None))[0], random_id(), misses()

    guess(me, code=code)
    for _ in range(5):
        guess(me)
    with pytest.raises(TooManyGuesses):
        guess(me)

    assert misses() == before + 5


def test_guess__five_wrong_by_a_member__closes_from_every_address() -> None:
    me = random_id()
    for number in range(5):
        guess(me, f"203.0.113.{number}")

    with pytest.raises(TooManyGuesses) as refusal:
        guess(me, THERE)

    assert refusal.value.data == {"seconds": 60}
    assert guess(random_id(), THERE) == (Coupon("NOBODY"),)
    assert guard_guess(["NOBODY"], customer_id=me, address=THERE, at=AT + MINUTE)


def test_guess__five_wrong_from_an_address__closes_for_everybody_there() -> None:
    for _ in range(5):
        guess(random_id())

    for who in (random_id(), None):
        with pytest.raises(TooManyGuesses):
            guess(who)


def test_guess__a_right_one_in_between__undoes_no_wrong_one() -> None:
    code = codes_of(batch(uses_per_code=None))[0]
    me = random_id()
    for _ in range(4):
        guess(me)
        guess(me, code=code)
    guess(me)

    with pytest.raises(TooManyGuesses):
        guess(me, code=code)


def test_guess__twenty_at_once__five_come_through() -> None:
    me = random_id()

    refused = together([lambda: guess(me)] * 20)

    assert len(refused) == 15


def test_guess__all_together_too_many__closes_for_all_and_opens_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dangol.rooms.rewards.coupons.guessing.EVERYBODY", EVERYBODY._replace(burst=3))
    for number in range(3):
        guess(random_id(), f"203.0.113.{number}")

    with pytest.raises(TooManyGuesses) as refusal:
        guess(random_id(), THERE)

    assert 0 < refusal.value.data["seconds"] <= 1_200
    assert guard_guess(["NOBODY"], customer_id=random_id(), address=THERE, at=AT + 20 * MINUTE)


def test_guess__more_codes_than_a_sale_has__is_refused() -> None:
    with pytest.raises(TooManyCodes):
        guard_guess(["NOBODY"] * (MOST_CODES + 1), customer_id=None, address=HERE, at=AT)
