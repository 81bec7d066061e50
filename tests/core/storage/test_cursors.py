"""What PostgreSQL keeps a plan of: what an order sends, and not what a batch does."""

import pytest
from django.db import connection

from dangol.core.events.models import CustomerHead
from dangol.core.storage.ids import random_id
from dangol.core.storage.rows import select_matching

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite plans by its statistics alone"),
]
HEAD = ("customer_id", "last_seq")


def kept_plans() -> int:
    """Return of how many statements about the heads this connection keeps a plan."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%dg_event_customer_head%"],
        )
        (count,) = cursor.fetchone()
    return int(count)


@pytest.mark.parametrize(("rows", "plans"), [(1, 1), (10, 1), (20, 1), (21, 0), (200, 0), (1_000, 0)])
def test_plan__of_an_orders_rows__is_kept_and_of_a_batch_is_made_anew(rows: int, plans: int) -> None:
    connection.close()
    for _ in range(8):
        assert select_matching(CustomerHead, HEAD, HEAD[:1], [(random_id(),) for _ in range(rows)]) == []

    assert kept_plans() == plans
