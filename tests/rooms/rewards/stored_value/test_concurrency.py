"""Many processes at a barrier: no won is spent twice, given back twice, or lost with who was killed."""

import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections

from dangol.rooms.rewards.promotions.models import Sale, SaleState
from dangol.rooms.rewards.promotions.time_outs import release_due
from tests.rooms.rewards.promotions import racing
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value import writers
from tests.rooms.rewards.stored_value.shop import credit, held, on_card, on_credit, prove, ref, sold
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PROCESSES, EACH = SIZE.racers, SIZE.tries
# Each round is of as many attempts as that comes to.
ROUNDS = SIZE.rounds if SIZE.soak else 2


def told_in(path: Path) -> Counter[str]:
    return Counter(path.read_text().split())


def test_pay__many_at_once_of_a_cards_last_money__it_is_paid_out_once(
    tmp_path: Path,
) -> None:
    buyers = open_shop(*(f"b{n}" for n in range(ROUNDS * PROCESSES)))
    found = [sold(10_000) for _ in range(ROUNDS)]
    refs = [ref(card) for card in found]
    told = tmp_path / "told"

    # Each process pays for a customer of its own: it is the card they wait for, and nobody else's lock.
    each = [(refs, buyers[n * ROUNDS : (n + 1) * ROUNDS], EACH) for n in range(PROCESSES)]
    racing.race(writers.pay_each, told, [tuple(one) for one in each])

    # Six thousand of ten are paid once; whoever comes later pays with the four thousand that are left.
    assert told_in(told) == Counter({f"{n}:{minor}": 1 for n in range(ROUNDS) for minor in (6_000, 4_000)})
    assert [on_card(card) for card in found] == [0] * ROUNDS
    prove()


def test_pay__many_at_once_of_sixty_percent_of_the_credit__exactly_one_has_it(tmp_path: Path) -> None:
    members = open_shop(*(f"m{n}" for n in range(ROUNDS)))
    for member in members:
        credit(member, 10_000)
    told = tmp_path / "told"

    racing.race(writers.spend_each, told, [(members, EACH)] * PROCESSES)

    assert told_in(told) == Counter({str(n): 1 for n in range(ROUNDS)})
    assert [on_credit(member) for member in members] == [4_000] * ROUNDS
    prove()


def test_cancel_and_return__by_all_at_once__give_back_once(tmp_path: Path) -> None:
    (kim,) = open_shop("kim")
    card = sold(500_000)
    sales = [held(kim, ("coffee", 6_000, 1), gift_cards=(ref(card),)).id for _ in range(2 * ROUNDS)]
    told = tmp_path / "told"

    racing.race(writers.settle_each, told, [(sales,)] * PROCESSES)

    assert told_in(told) == Counter({"6000": PROCESSES * ROUNDS})
    assert on_card(card) == 500_000
    prove()


def test_refund__by_all_at_once_under_keys_of_their_own__pays_out_once(tmp_path: Path) -> None:
    open_shop("kim")
    found = [sold(10_000) for _ in range(ROUNDS)]
    told = tmp_path / "told"

    racing.race(writers.cash_each, told, [([card.id for card in found], n) for n in range(PROCESSES)])

    assert told_in(told) == Counter({f"{n}:10000": 1 for n in range(ROUNDS)})
    prove()


def test_pay_and_let_go__two_cards_in_either_order__never_waits_in_a_circle(tmp_path: Path) -> None:
    (kim,) = open_shop("kim")
    first, second = sold(20_000), sold(30_000)
    credit(kim, 15_000)

    refs = [ref(first), ref(second)]
    each = [(refs, kim, n, EACH) for n in range(PROCESSES)]
    racing.race(writers.mix_each, tmp_path / "told", [tuple(one) for one in each])

    assert (on_card(first), on_card(second), on_credit(kim)) == (20_000, 30_000, 15_000)
    prove()


def test_killed__while_reserving_and_before_the_commit__loses_no_won(tmp_path: Path) -> None:
    buyers = open_shop(*(f"b{n}" for n in range(PROCESSES)))
    card = sold(50_000)

    gate = racing.make_gate(PROCESSES)
    running = [
        racing.start(writers.die_paying, tmp_path / "told", gate, ref(card), buyer, n)
        for n, buyer in enumerate(buyers)
    ]
    for process in running:
        process.join(timeout=racing.LONGEST_SECONDS)
    connections["default"].close()

    assert [process.exitcode for process in running] == [-signal.SIGKILL] * PROCESSES
    # Of three one was killed in the middle of reserving; the others hold theirs, and no commit came through.
    reserved = PROCESSES - len(range(0, PROCESSES, 3))
    assert Sale.objects.filter(state=SaleState.RESERVED).count() == reserved
    assert on_card(card) == 50_000 - 1_000 * reserved
    prove()
    release_due(as_of=AT + timedelta(hours=1))
    assert on_card(card) == 50_000
    prove()
