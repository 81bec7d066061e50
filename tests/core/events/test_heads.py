"""Customers' locks are remembered for as long as they are held, and no longer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Event
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch, touch_customers
from dangol.core.people.events import CustomerJoined
from dangol.core.people.keystore import KEY_STORE
from dangol.core.storage.gathering import gathered
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.plans import planning
from dangol.core.storage.transactions import write_transaction
from tests.sizes import SIZE
from tests.waiting import PATIENCE, wait_for_waiting

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
THREADS = 8


class Stop(Exception):
    """Ends a block."""


def joined(*customer_ids: Id) -> None:
    record_batch([Draft(owner, CustomerJoined(via="phone"), AT) for owner in customer_ids], recorded_at=AT)


def numbers(owner: Id) -> list[int]:
    return list(
        Event.objects.filter(customer_id=owner)
        .order_by("customer_seq")
        .values_list("customer_seq", flat=True)
    )


def test_lock_customers__again_in_one_transaction__asks_only_for_those_not_yet_locked() -> None:
    one, other = sorted((random_id(), random_id()))
    with write_transaction():
        joined(one, other)

    with write_transaction():
        first = lock_customers([one])
        with CaptureQueriesContext(connection) as captured:
            assert lock_customers([one]) == first
            assert len(captured) == 0
            both = lock_customers([other, one])
            assert len(captured) == 1

    assert {owner: seq for owner, (seq, _) in both.items()} == {one: 1, other: 1}


def test_lock_customers__after_events_and_touches__stands_where_they_left_the_customer() -> None:
    owner = random_id()

    with write_transaction():
        joined(owner, owner)
        touch_customers([owner])
        known = lock_customers([owner])
        joined(owner)
    with write_transaction():
        found = lock_customers([owner])

    assert known[owner][0] == 2
    assert found[owner][0] == 3
    assert (found[owner][1] or b"") > (known[owner][1] or b"")
    assert numbers(owner) == [1, 2, 3]


@pytest.mark.parametrize("is_gathered", [False, True])
@pytest.mark.parametrize("is_locked_before", [False, True])
def test_lock_customers__back_to_a_savepoint__forgets_what_was_undone(
    is_locked_before: bool, is_gathered: bool
) -> None:
    owner = random_id()
    with write_transaction():
        joined(owner)

    with write_transaction():
        if is_locked_before:
            lock_customers([owner])
        with suppress(Stop), transaction.atomic():
            if is_gathered:
                with gathered():
                    joined(owner, owner)
            else:
                joined(owner, owner)
            raise Stop
        with transaction.atomic():
            joined(owner)
        joined(owner)

    assert numbers(owner) == [1, 2, 3]


def test_lock_customers__the_transaction_was_rolled_back__the_next_one_looks_again() -> None:
    owner = random_id()
    with write_transaction():
        joined(owner)

    with suppress(Stop), write_transaction():
        joined(owner, owner)
        raise Stop
    with write_transaction():
        joined(owner)

    assert numbers(owner) == [1, 2]


def test_lock_customers__moved_inside_a_transaction_of_the_key_store__stands_where_it_was_left() -> None:
    owner = random_id()

    with write_transaction():
        joined(owner)
        with write_transaction(KEY_STORE):
            joined(owner)
        joined(owner)

    assert numbers(owner) == [1, 2, 3]


def test_lock_customers__after_a_plan_in_the_same_transaction__stands_where_the_plan_left_the_customer() -> (
    None
):
    owner = random_id()
    with planning() as plan:
        joined(owner, owner)

    with write_transaction():
        plan.carry_out()
        joined(owner)

    assert numbers(owner) == [1, 2, 3]


def test_record_batch__eight_threads_on_one_customer__numbers_have_no_gap_and_no_twin() -> None:
    owner, rounds = random_id(), SIZE.rounds // 5
    gate = threading.Barrier(THREADS)

    def till(thread: int) -> None:
        gate.wait()
        for number in range(rounds):
            with suppress(Stop), write_transaction(), gathered():
                joined(owner)
                joined(owner)
                if (number + thread) % 4 == 0:
                    raise Stop
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(till, range(THREADS)))

    failed = sum((number + thread) % 4 == 0 for thread in range(THREADS) for number in range(rounds))
    assert numbers(owner) == list(range(1, 2 * (THREADS * rounds - failed) + 1))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's writers queue before they begin")
def test_lock_customers__several_wait_for_one__have_it_in_the_order_they_came() -> None:
    owner = random_id()
    with write_transaction():
        joined(owner)
    order = list[int]()

    def take(number: int) -> None:
        try:
            with write_transaction():
                lock_customers([owner])
                order.append(number)
                touch_customers([owner])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        with write_transaction():
            lock_customers([owner])
            taking = []
            for number in range(THREADS):
                taking.append(pool.submit(take, number))
                wait_for_waiting(number + 1)
        for one in taking:
            one.result(PATIENCE)

    assert order == list(range(THREADS))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's writers queue before they begin")
def test_lock_customers__many_one_after_the_other__queues_for_one() -> None:
    owners = sorted(random_id() for _ in range(20))
    with write_transaction():
        joined(*owners)

    with write_transaction():
        for owner in owners:
            lock_customers([owner])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            assert cursor.fetchone() == (1,)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's writers queue before they begin")
def test_lock_customers__one_of_several_again_while_another_waits_for_it__does_not_queue_behind() -> None:
    owners = sorted(random_id() for _ in range(2))
    with write_transaction():
        joined(*owners)

    def take() -> None:
        try:
            with write_transaction():
                lock_customers(owners[:1])
        finally:
            connections.close_all()

    with planning() as plan:
        touch_customers(owners)
    with ThreadPoolExecutor(1) as pool:
        with write_transaction():
            plan.carry_out()
            taking = pool.submit(take)
            wait_for_waiting(1)
            places = lock_customers(owners[:1])
        taking.result(PATIENCE)

    assert [seq for seq, _ in places.values()] == [1]
