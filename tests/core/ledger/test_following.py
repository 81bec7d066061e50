"""Points follow their person: merged, parted, erased; exactly once, whole, and never living longer."""

import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.db import connection

from dangol.core.events.models import Cursor
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.selectors import Balance, lots_of, outstanding
from dangol.core.ledger.services import (
    gift_points,
    reverse_transfer,
    settle_due,
)
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers, undo_merge
from tests.core.ledger import writers
from tests.core.ledger.following import BY_HAND, balance, broken, earn, follow, open_lots, people, spend
from tests.core.ledger.shop import POINTS, day, open_shop
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_merge__points_waiting_and_open__arrive_with_their_days() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(kept, 10, "k", lapses=50)
    earn(absorbed, 100, "a1", lapses=30)
    earn(absorbed, 40, "a2", opens=20, lapses=60)
    earn(absorbed, 7, "a3", lapses=2)
    spend(absorbed, 33, "s")

    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()

    assert balance(kept) == Balance(10 + 74, 40, 0)
    assert balance(absorbed) == Balance()
    assert open_lots(kept) == [(10, 0, 50, False), (40, 20, 60, True), (74, 0, 30, False)]
    assert [one.earned_at for one in lots_of(kept, POINTS)] == [day(0)] * 3
    settle_due(as_of=day(31))
    assert balance(kept) == Balance(50, 0, 0)
    assert broken() == set()


@pytest.mark.parametrize(
    ("own", "spent_back", "after"),
    [
        (0, 30, Balance(-30, 0, 30)),
        (100, 30, Balance(70, 0, 0)),
        (20, 30, Balance(-10, 0, 10)),
    ],
)
def test_merge__absorbed_owes_points__the_debt_comes_along_and_is_paid(
    own: int, spent_back: int, after: Balance
) -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earned = earn(absorbed, spent_back, "a")
    spend(absorbed, spent_back, "s")
    reverse_transfer(absorbed, transfer_id=earned, points=None, key="r", at=day(2))
    if own:
        earn(kept, own, "k")

    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()

    assert balance(kept) == after
    assert balance(absorbed) == Balance()
    assert broken() == set()


def test_merge__the_kept_one_owes__what_arrives_pays_it() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earned = earn(kept, 30, "k")
    spend(kept, 30, "s")
    reverse_transfer(kept, transfer_id=earned, points=None, key="r", at=day(2))
    earn(absorbed, 100, "a")

    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()

    assert balance(kept) == Balance(70, 0, 0)
    assert broken() == set()


def test_merge__what_comes_late_to_the_absorbed_one__is_sent_after() -> None:
    open_shop()
    kept, absorbed, giver = people("K", "A", "G")
    first = earn(absorbed, 50, "a")
    spent = spend(absorbed, 20, "s")
    earn(giver, 5, "g")
    gift_points(giver, receiver_id=absorbed, points=5, currency=POINTS, key="gift", at=day(4))
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()
    assert balance(kept) == Balance(35, 0, 0)

    earn(absorbed, 11, "late", at=6)  # rung up by a till that had looked just before
    follow()
    assert balance(kept) == Balance(46, 0, 0)
    reverse_transfer(absorbed, transfer_id=spent, points=None, key="r1", at=day(7))
    follow()
    assert balance(kept) == Balance(66, 0, 0)
    reverse_transfer(absorbed, transfer_id=first, points=None, key="r2", at=day(8))
    follow()

    assert balance(kept) == Balance(16, 0, 0)
    assert balance(absorbed) == Balance()
    assert broken() == set()


def test_undo__what_is_left_goes_back_and_what_was_spent_stays_spent() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(kept, 10, "k", lapses=10)
    earn(absorbed, 100, "a1", lapses=30)
    earn(absorbed, 40, "a2", opens=20, lapses=60)
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()
    spend(kept, 25, "s", at=6)  # the kept one's ten, which lapse first, and fifteen of the others
    earn(kept, 3, "k2", at=7)

    undo_merge(absorbed, at=day(8), **BY_HAND)
    follow()

    assert balance(kept) == Balance(3, 0, 0)
    assert balance(absorbed) == Balance(85, 40, 0)
    assert open_lots(absorbed) == [(40, 20, 60, True), (85, 0, 30, False)]
    assert broken() == set()


def test_undo__before_the_worker_came_by__nothing_has_moved() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(absorbed, 100, "a1")
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    undo_merge(absorbed, at=day(6), **BY_HAND)

    follow()

    assert (balance(kept), balance(absorbed)) == (Balance(), Balance(100, 0, 0))
    assert not Transfer.objects.filter(kind="merge_out").exists()


def test_undo__a_debt_that_came_along_and_is_still_owed__goes_back() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earned = earn(absorbed, 30, "a")
    spend(absorbed, 30, "s")
    reverse_transfer(absorbed, transfer_id=earned, points=None, key="r", at=day(2))
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()
    earn(kept, 12, "k", at=6)
    assert balance(kept) == Balance(-18, 0, 18)

    undo_merge(absorbed, at=day(8), **BY_HAND)
    follow()

    assert (balance(kept), balance(absorbed)) == (Balance(), Balance(-18, 0, 18))
    assert broken() == set()


def test_undo__one_after_the_other_of_a_chain__each_gets_back_their_own() -> None:
    open_shop()
    first, second, third = people("1", "2", "3")
    for who, points in ((first, 1), (second, 20), (third, 300)):
        earn(who, points, "e")
    merge_customers(second, first, at=day(1), **BY_HAND)
    follow()
    merge_customers(third, second, at=day(2), **BY_HAND)
    follow()
    assert balance(third) == Balance(321, 0, 0)

    undo_merge(second, at=day(3), **BY_HAND)
    undo_merge(first, at=day(3), **BY_HAND)
    follow()

    assert [balance(one).available for one in (first, second, third)] == [1, 20, 300]
    merge_customers(first, second, at=day(4), **BY_HAND)
    follow()
    undo_merge(second, at=day(5), **BY_HAND)
    follow()
    assert [balance(one).available for one in (first, second, third)] == [1, 20, 300]
    assert broken() == set()


def test_follow__the_whole_timeline_again__moves_nothing_twice() -> None:
    open_shop()
    kept, absorbed, erased = people("K", "A", "E")
    earn(absorbed, 100, "a")
    earn(erased, 9, "e")
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    erase_customer(erased, at=day(5), **BY_HAND)
    follow()
    before = Transfer.objects.count()

    Cursor.objects.update(position=0)
    follow()

    assert Transfer.objects.count() == before
    assert balance(kept) == Balance(100, 0, 0)


def test_erase__points_and_debt__are_nobodys_and_the_shop_owes_no_more() -> None:
    open_shop()
    rich, owing, other = people("R", "O", "X")
    earn(rich, 50, "r1")
    earn(rich, 8, "r2", opens=20)
    earned = earn(owing, 30, "o")
    spend(owing, 30, "s")
    reverse_transfer(owing, transfer_id=earned, points=None, key="r", at=day(2))
    earn(other, 5, "x")
    assert outstanding(POINTS) == Balance(25, 8, 30)

    erase_customer(rich, at=day(5), **BY_HAND)
    erase_customer(owing, at=day(5), **BY_HAND)
    follow()

    assert outstanding(POINTS) == Balance(5, 0, 0)
    earn(rich, 4, "late", at=6)
    follow()
    assert outstanding(POINTS) == Balance(5, 0, 0)
    assert broken() == set()


def kill_at(statement: int) -> Callable[..., Any]:
    """Return a wrapper that kills this very process, as `kill -9` would, at its n-th writing statement."""
    seen = count(1)

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith("SELECT") and next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(sql, params, many, context)

    return execute


def follow_until_killed(statement: int) -> None:
    """Do what a worker does, and be killed in the middle of it."""
    with connection.execute_wrapper(kill_at(statement)):
        follow()


def test_merge__worker_killed_at_every_statement__points_arrive_once() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(absorbed, 100, "a1")
    earn(absorbed, 40, "a2", opens=20)
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    kills = 0
    for statement in range(1, 60):
        process = writers.start(follow_until_killed, statement)
        process.join(PATIENCE)
        assert process.exitcode in (0, -signal.SIGKILL)
        assert balance(kept).available + balance(absorbed).available in (0, 100)
        kills += process.exitcode == -signal.SIGKILL
        if process.exitcode == 0:
            break

    follow()
    assert kills > 5
    assert balance(kept) == Balance(100, 40, 0)
    assert Transfer.objects.filter(kind__in=["merge_out", "merge_in"]).count() == 2
    assert broken() == set()
