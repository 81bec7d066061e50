"""How a database would read: by which indexes, and whether it would sort."""

from collections.abc import Callable

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

SORTING = ("Sort", "Aggregate", "TEMP B-TREE")


def plan_of(read: Callable[[], object], of: str) -> str:
    """Return the plan of the first statement that `read` makes about a table.

    PostgreSQL is kept from reading or sorting the whole of a table because it is small: what it sorts all the
    same, it has no index for.
    """
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        read()
    sql = next(one["sql"] for one in asked if of in one["sql"])
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"{'EXPLAIN QUERY PLAN' if connection.vendor == 'sqlite' else 'EXPLAIN'} {sql}")
        return str(cursor.fetchall())


def sorts(plan: str) -> bool:
    """Say whether what is read would be sorted or gathered first, however little of it is asked for."""
    return any(word in plan for word in SORTING)
