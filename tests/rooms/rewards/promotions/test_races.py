"""Limits, budgets and points under many at once: never one too many, and nothing twice."""

from collections import Counter
from pathlib import Path

import pytest

from dangol.core.commerce.models import Order, Return
from dangol.core.ledger.selectors import balances_of
from dangol.rooms.rewards.promotions import limits
from dangol.rooms.rewards.promotions.models import Redemption
from dangol.rooms.rewards.promotions.sales import reserve
from tests.rooms.rewards.promotions import racing
from tests.rooms.rewards.promotions.shop import AT, CURRENCY, asked, cart, give, offer, open_shop, percent
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PROCESSES, EACH = SIZE.racers, SIZE.tries
# Each round is of as many attempts as that comes to.
ROUNDS = SIZE.rounds if SIZE.soak else 3
TENDER = {"points": 1, "minor": 1}


def one_use_a_round() -> None:
    """Publish for each round a promotion that is there once."""
    for number in range(ROUNDS):
        offer(
            percent(10), name=f"{number}", limits={"uses": 1},
            target={"include": {"products": [f"round-{number}"]}},
        )  # fmt: skip


def test_reserve__many_at_once_of_one_use__exactly_one_has_it_each_round(tmp_path: Path) -> None:
    customers = open_shop(*(f"c{n}" for n in range(PROCESSES * EACH)))
    one_use_a_round()
    told = tmp_path / "told"

    shares = [customers[n::PROCESSES] for n in range(PROCESSES)]
    racing.race(racing.sell_each, told, [(share, ROUNDS) for share in shares])

    found = Counter(told.read_text().split())
    assert found == Counter(
        {f"{n}:{off}": count for n in range(ROUNDS) for off, count in ((1_000, 1), (0, PROCESSES * EACH - 1))}
    )
    assert Redemption.objects.count() == ROUNDS


def test_reserve__budget_at_once_by_all__is_given_to_the_last_won_and_not_beyond(tmp_path: Path) -> None:
    customers = open_shop(*(f"c{n}" for n in range(2 * PROCESSES)))
    promotion = offer(percent(10), limits={"budget_minor": 4_500})
    told = tmp_path / "told"

    racing.race(racing.sell_each, told, [(customers[n::PROCESSES], 1) for n in range(PROCESSES)])

    given = [int(line.split(":")[1]) for line in told.read_text().split()]
    assert sorted(given, reverse=True)[:5] == [1_000] * 4 + [500]
    assert sum(given) == 4_500
    assert limits.left_of([promotion])[promotion].minor == 0


def test_reserve__sixty_of_a_hundred_points_at_once__exactly_one_is_paid_each_round(tmp_path: Path) -> None:
    members = open_shop(*(f"m{n}" for n in range(ROUNDS)), tender=TENDER)
    for member in members:
        give(member, 100)
    told = tmp_path / "paid"

    racing.race(racing.pay_each, told, [(members, EACH)] * PROCESSES)

    assert Counter(told.read_text().split()) == Counter(one.hex() for one in members)
    assert {one.available for one in balances_of(members, CURRENCY).values()} == {40}


def test_commit_and_return__told_by_all_at_once__happen_once_and_answer_alike(tmp_path: Path) -> None:
    (kim,) = open_shop("kim")
    sales = [reserve(asked(cart(("coffee", 5_000, 2)), kim), at=AT).id for _ in range(ROUNDS)]
    told = tmp_path / "told"

    racing.race(racing.commit_each, told, [(sales,)] * PROCESSES)

    answers = Counter(told.read_text().split())
    assert set(answers.values()) == {PROCESSES}
    assert Order.objects.count() == Return.objects.count() == len(answers) == ROUNDS


def test_cancel__by_all_at_once__gives_back_once(tmp_path: Path) -> None:
    (kim,) = open_shop("kim", tender=TENDER)
    give(kim, 1_000)
    promotion = offer(percent(10), limits={"uses": 100})
    found = [reserve(asked(cart(("coffee", 5_000, 1)), kim, pay_points=100), at=AT).id for _ in range(ROUNDS)]

    racing.race(racing.cancel_each, tmp_path / "told", [(found,)] * PROCESSES)

    assert limits.left_of([promotion])[promotion].uses == 100
    assert balances_of([kim], CURRENCY)[kim].available == 1_000
