"""What is due, taken by several at once: nobody waits while somebody is free, and nobody is left out."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import takewhile

import pytest
from django.db import connection, connections

from dangol.core.events.services import lock_customers
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import earn_points, settle_due
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from tests.core.ledger.shop import POINTS, day, members, open_shop
from tests.sizes import SIZE
from tests.waiting import PATIENCE, wait_for_waiting

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


@pytest.fixture
def beside() -> Iterator[Callable[[], Future[list[int]]]]:
    """Return what settles all that is due, two customers a transaction, on a connection of its own."""

    def settle() -> list[int]:
        try:
            return list(takewhile(bool, iter(lambda: settle_due(as_of=day(40), limit=2), -1)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield lambda: pool.submit(settle)


def holders(count: int) -> list[Id]:
    found = members(count)
    for member in found:
        earn_points(member, points=5, currency=POINTS, key="start", at=day(0), expires_at=day(30))
    return found


def lapsed() -> list[Id]:
    return sorted(Transfer.objects.filter(kind="expire").values_list("customer_id", flat=True))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's writers queue before they begin")
def test_settle_due__somebody_is_at_the_till__the_others_first_then_waits(
    beside: Callable[[], Future[list[int]]],
) -> None:
    held, *others = holders(5)

    with write_transaction():
        lock_customers([held])
        settling = beside()
        wait_for_waiting(1)
        assert lapsed() == sorted(others)

    assert settling.result(PATIENCE) == [2, 2, 1]
    assert lapsed() == sorted([held, *others])


def test_settle_due__by_several_at_once__each_customer_once(
    beside: Callable[[], Future[list[int]]],
) -> None:
    own = holders(SIZE.rounds)

    for settling in [beside() for _ in range(AT_ONCE)]:
        settling.result(PATIENCE)

    assert lapsed() == sorted(own)
    assert all(one.available == 0 for one in balances_of(own, POINTS).values())
