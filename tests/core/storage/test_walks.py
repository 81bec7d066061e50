"""Walking through tables, and reading them as they were at one instant."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import CustomerHead
from dangol.core.people.models import Customer, Store
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.snapshots import read_snapshot
from dangol.core.storage.transactions import write_transaction
from dangol.core.storage.walks import read_between, walk
from tests.plans import plan_of, sorts

pytestmark = pytest.mark.django_db(transaction=True)


def fill(count: int) -> list[tuple[Id, int]]:
    """Put so many customers on the timeline; returns them in the order of their ids."""
    rows = sorted((random_id(), number) for number in range(count))
    with write_transaction():
        insert_rows(CustomerHead, ("customer_id", "last_seq"), rows)
    return rows


def walked(size: int, **more: Any) -> list[tuple[Any, ...]]:
    names = ("last_seq", "customer_id")
    batches = list(walk(CustomerHead, names, ("customer_id",), size=size, **more))
    assert all(len(batch) <= size for batch in batches)
    return [(customer_id, seq) for batch in batches for seq, customer_id in batch]


@pytest.mark.parametrize("size", [1, 3, 10, 11, 100])
def test_walk__any_size_of_batch__meets_each_row_once_in_order(size: int) -> None:
    rows = fill(10)

    assert walked(size) == rows
    assert walked(size, where="last_seq < %s OR last_seq > %s", params=[3, 8]) == [
        row for row in rows if row[1] < 3 or row[1] > 8
    ]


def test_walk__empty_table__yields_nothing() -> None:
    assert list(walk(Store, ("number",), ("number",), size=10)) == []


def test_walk__each_batch__is_one_statement_that_begins_behind_the_last() -> None:
    fill(10)

    with CaptureQueriesContext(connection) as statements:
        walked(4)

    assert len(statements) == 3
    assert "OFFSET" not in "".join(one["sql"] for one in statements)


def test_walk__of_those_with_one_value_of_an_index__goes_by_the_key_all_the_same() -> None:
    key = ("customer_id",)

    plan = plan_of(lambda: list(walk(Customer, key, key, size=10, where="kind = 'member'")), "dg_customer")

    assert not sorts(plan)


def test_read_between__a_stretch_of_keys__has_both_ends() -> None:
    rows = fill(10)

    found = read_between(
        CustomerHead, ("customer_id",), ("customer_id",), rows[2][:1], rows[5][:1], order_by=("customer_id",)
    )

    assert found == [row[:1] for row in rows[2:6]]


def test_read_snapshot__written_by_another_meanwhile__is_not_seen() -> None:
    before = fill(3)

    def write_elsewhere() -> None:
        fill(2)
        connection.close()

    with read_snapshot():
        assert walked(10) == before
        with ThreadPoolExecutor(1) as another:
            another.submit(write_elsewhere).result()
        assert walked(10) == before

    assert len(walked(10)) == 5


def test_read_snapshot__broken_off__leaves_a_connection_that_writes() -> None:
    def break_off() -> None:
        with read_snapshot():
            walked(10)
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        break_off()

    rows = fill(1)
    assert walked(10) == rows
