"""Waiting for what must happen: one patience and one way to wait, for all tests."""

import time
from collections.abc import Callable

from django.db import connection

# How long a test waits for what must happen; says nothing of speed. A busy machine is to fail no test.
PATIENCE = 180.0
# How long it waits for one answer where it asks until there is one.
ONE_TRY = 20.0


def wait_for(
    condition: Callable[[], object], why: str = "it did not happen", seconds: float = PATIENCE
) -> None:
    """Return once the condition holds; fails, saying why, when all patience is gone."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, why
        time.sleep(0.05)


def wait_for_waiting(count: int) -> None:
    """Return once so many sessions of this PostgreSQL database wait for a lock."""
    # A transaction sees one and the same pg_stat_activity all along, but locks as they are.
    sql = (
        "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (SELECT l.pid FROM pg_locks l"
        " JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database())"
    )

    def wait() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return bool(cursor.fetchone()[0] >= count)

    wait_for(wait, "nobody waits")
