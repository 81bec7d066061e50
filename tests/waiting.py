"""Waiting until another session of the database waits for a lock."""

import time

from django.db import connection

LONGEST_SECONDS = 60.0


def wait_for_waiting(count: int) -> None:
    """Return once so many sessions of this PostgreSQL database wait for a lock."""
    deadline = time.monotonic() + LONGEST_SECONDS
    # A transaction sees one and the same pg_stat_activity all along, but locks as they are.
    sql = (
        "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (SELECT l.pid FROM pg_locks l"
        " JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database())"
    )
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone()[0] >= count:
                return
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)
