"""A database that cannot just now, told from one that is broken; and a turn that does not come."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pysqlite3
import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection

from dangol.core.people.shops import set_shop
from dangol.core.storage.faults import Busy, Fault, classify
from dangol.core.storage.transactions import limit_waits, write_transaction
from tests.waiting import PATIENCE

POSTGRES = connection.vendor == "postgresql"


def chained(outer: type[Exception], cause: BaseException) -> Exception:
    error = outer("it says who")
    error.__cause__ = cause
    return error


def sqlite_error(name: str) -> Exception:
    error = pysqlite3.OperationalError("…")
    error.sqlite_errorname = name
    return chained(OperationalError, error)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (sqlite_error("SQLITE_BUSY"), Fault.BUSY),
        (sqlite_error("SQLITE_BUSY_SNAPSHOT"), Fault.BUSY),
        (sqlite_error("SQLITE_FULL"), Fault.DISK),
        (sqlite_error("SQLITE_IOERR_WRITE"), Fault.DISK),
        (sqlite_error("SQLITE_CANTOPEN"), Fault.DATABASE),
        (sqlite_error("SQLITE_ERROR"), None),
        (chained(OperationalError, psycopg.errors.LockNotAvailable()), Fault.BUSY),
        (chained(OperationalError, psycopg.errors.QueryCanceled()), Fault.BUSY),
        (chained(OperationalError, psycopg.errors.TooManyConnections()), Fault.BUSY),
        (chained(OperationalError, psycopg.errors.DiskFull()), Fault.DISK),
        (chained(OperationalError, psycopg.errors.AdminShutdown()), Fault.DATABASE),
        (chained(OperationalError, psycopg.OperationalError("connection refused")), Fault.DATABASE),
        (chained(InterfaceError, psycopg.InterfaceError("closed")), Fault.DATABASE),
        (chained(IntegrityError, psycopg.errors.UniqueViolation()), None),
        (chained(DataError, psycopg.errors.DivisionByZero()), None),
        (Busy(seconds=2), Fault.BUSY),
        (ZeroDivisionError(), None),
        (None, None),
    ],
)
def test_classify__what_databases_say__is_told_apart(
    error: BaseException | None, fault: Fault | None
) -> None:
    assert classify(error) is fault


# Another process that writes until it is told to stop.
HOLD = """
import fcntl, sys
with open(sys.argv[1], "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("taken", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def limited() -> Iterator[None]:
    limit_waits(0.5)
    yield
    limit_waits(None)


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL's locks have their own limit")
@pytest.mark.django_db(transaction=True)
def test_write_transaction__another_process_writes_on__is_busy_in_time_and_goes_on_after(
    limited: None,
) -> None:
    path = f"{Path(connection.settings_dict['NAME']).resolve()}-writer"
    with write_transaction():  # the file is there
        pass
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
        began = time.monotonic()
        with pytest.raises(Busy), write_transaction():
            pytest.fail("it is not our turn")
        assert time.monotonic() - began > 0.4  # and it has ended, although the other holds on
        limit_waits(PATIENCE)
        letting_go = threading.Timer(0.1, other.stdin.close)
        letting_go.start()
        with write_transaction():  # waited for
            set_shop(name="x", zone="UTC", currency="USD", region="US")
        letting_go.join()
    with write_transaction():
        set_shop(name="y", zone="UTC", currency="USD", region="US")


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL's locks have their own limit")
@pytest.mark.django_db(transaction=True)
def test_write_transaction__turns_that_came_too_late__leave_the_lock_free(limited: None) -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with write_transaction():
            held.set()
            release.wait(PATIENCE)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE)
    for _ in range(3):
        with pytest.raises(Busy), write_transaction():
            pytest.fail("it is not our turn")
    release.set()
    holder.join(PATIENCE)
    assert not holder.is_alive()

    with write_transaction():
        set_shop(name="x", zone="UTC", currency="USD", region="US")
