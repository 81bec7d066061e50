"""Insert another instance's rows into this one's empty tables, with nothing decided: a child of import_year.

`python -m bench.bare_rows SOURCE` reads the tables of the instance SOURCE (a SQLite file, or a URL) into
arrays as the driver takes them, and then inserts them, in transactions of as many rows as the import
writes. It prints rows and seconds, of the inserting alone, as JSON.
"""

import gc
import json
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import psycopg
import pysqlite3

from dangol.cli.main import set_up

# Parents before children; everything an import of orders leaves behind.
TABLES = (
    "dg_product", "dg_order_number", "dg_order", "dg_order_line", "dg_event_customer_head", "dg_event",
    "dg_account", "dg_transfer", "dg_entry", "dg_lot", "dg_membership", "dg_tier_change", "dg_accrual",
    "dg_accrual_part",
)  # fmt: skip
ROWS_A_TRANSACTION = 100_000


def read_sqlite(path: str, table: str) -> list[tuple[Any, ...]]:
    """Return a table's rows as the SQLite driver takes them fastest."""
    with pysqlite3.connect(path) as source:
        return [
            tuple(bytearray(value) if isinstance(value, bytes) else value for value in row)
            for row in source.execute(f"SELECT * FROM {table}")  # noqa: S608 - one of TABLES
        ]


def insert_sqlite(cursor: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows by one prepared statement."""
    marks = ", ".join("?" * len(rows[0]))
    cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - one of TABLES


def read_postgres(url: str, table: str) -> list[tuple[Any, ...]]:
    """Return a table's rows as text, the form in which COPY takes them."""
    with (
        psycopg.connect(url) as source,
        source.cursor() as cursor,
        cursor.copy(f"COPY {table} TO STDOUT") as copy,
    ):
        return list(copy.rows())


def insert_postgres(cursor: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows by COPY."""
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def chunks(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Cut the rows into transactions."""
    for start in range(0, len(rows), ROWS_A_TRANSACTION):
        yield rows[start : start + ROWS_A_TRANSACTION]


def main(source: str) -> None:
    """Read, insert, tell."""
    set_up({})
    import_module("dangol.cli.instance").migrate_databases()
    connection = import_module("django.db").connection
    transaction = import_module("django.db").transaction
    sqlite = connection.vendor == "sqlite"
    gc.disable()
    connection.ensure_connection()
    total, seconds = 0, 0.0
    for table in TABLES:
        rows = (read_sqlite if sqlite else read_postgres)(source, table)
        total += len(rows)
        for chunk in chunks(rows):
            began = time.perf_counter()
            with transaction.atomic(), connection.cursor() as cursor:
                (insert_sqlite if sqlite else insert_postgres)(cursor.cursor, table, chunk)
            seconds += time.perf_counter() - began
    print(json.dumps({"rows": total, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1])
