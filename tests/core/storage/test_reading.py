"""Reading several tables together gives what reading them one by one gives, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings, strategies as st

from dangol.core.commerce.models import OrderNumber
from dangol.core.events.models import CustomerHead
from dangol.core.ledger.models import Lot
from dangol.core.storage.ids import random_id
from dangol.core.storage.reading import Select, matching, read_together
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import write_transaction
from tests.core.storage.test_rows import INSTANTS, WORDS
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = ("source", "number", "customer_id", "order_id", "content_hash")
LOT = (
    "customer_id", "id", "currency", "transfer_id", "points", "left", "expired", "reversed",
    "is_pending", "earned_at", "release_at", "expires_at", "due_at",
)  # fmt: skip
HEAD = ("customer_id", "last_seq", "last_event_id")


@settings(max_examples=SIZE.examples, deadline=None)
@given(
    words=st.lists(WORDS, min_size=1, max_size=4, unique=True),
    lots=st.lists(
        st.tuples(INSTANTS, INSTANTS | st.none(), st.booleans(), st.integers(1, 2**62)), max_size=4
    ),
)
def test_read_together__any_values__are_those_of_one_by_one(
    words: list[str], lots: list[tuple[datetime, datetime | None, bool, int]]
) -> None:
    owner, source = random_id(), random_id().hex()
    numbers = [(source, word, owner, random_id(), random_id() + b"\0\xff") for word in words]
    rows = [
        (owner, random_id(), "P", random_id(), points, points, 0, 0, pending, at, at, until, until)
        for at, until, pending, points in lots
    ]
    with write_transaction():
        insert_rows(OrderNumber, NUMBER, numbers)
        insert_rows(Lot, LOT, rows)
        insert_rows(CustomerHead, HEAD, [(owner, 3, None)])

    selects = [
        matching(OrderNumber, NUMBER, ("source",), [(source,)], order_by=("number",)),
        matching(
            Lot, LOT, ("customer_id",), [(owner,)], where="t.points >= %s", params=[1], order_by=("id",)
        ),
        matching(CustomerHead, HEAD, ("customer_id",), [(random_id(),)]),
        matching(CustomerHead, HEAD, ("customer_id",), []),
        matching(CustomerHead, HEAD, ("customer_id",), [(owner,)]),
    ]
    found = read_together(*selects)

    def alone(select: Select) -> list[Any]:
        return read_together(select)[0]

    assert found == [alone(select) for select in selects]
    assert [(*row[:4], bytes(row[4])) for row in found[0]] == sorted(numbers, key=lambda row: place(row[1]))
    assert found[1] == sorted(rows, key=lambda row: row[1])
    assert found[2:] == [[], [], [(owner, 3, None)]]


def place(word: str) -> int:
    """Return where the database sorts a word among those that are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dg_order_number WHERE number < %s", [word])
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("size", [1, 150, 400])
def test_read_together__few_or_many__one_statement_or_one_each(size: int) -> None:
    keys = [(random_id(),) for _ in range(size)]
    with write_transaction():
        insert_rows(CustomerHead, HEAD, [(key, 1, None) for (key,) in keys])
    selects = [matching(CustomerHead, HEAD, HEAD[:1], keys) for _ in range(2)]

    with CaptureQueriesContext(connection) as captured:
        one, other = read_together(*selects)

    assert sorted(one) == sorted(other) == sorted((key, 1, None) for (key,) in keys)
    together = connection.vendor == "postgresql" and size == 1
    assert len(captured) == (1 if together else 2) or (connection.vendor == "postgresql" and size == 150)


def test_select_matching__instants_in_a_where__are_read_as_given() -> None:
    owner, at = random_id(), datetime(2026, 3, 1, 12, tzinfo=UTC)
    with write_transaction():
        insert_rows(Lot, LOT, [(owner, random_id(), "P", random_id(), 1, 1, 0, 0, False, at, at, at, None)])

    def earned(since: datetime) -> int:
        sent = connection.ops.adapt_datetimefield_value(since)
        rows = select_matching(
            Lot, ("id",), ("customer_id",), [(owner,)], where="t.earned_at >= %s", params=[sent]
        )
        return len(rows)

    assert (earned(at), earned(at.replace(hour=13))) == (1, 0)
