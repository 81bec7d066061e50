"""A night on which the points of all members lapse and their tiers are reviewed: 1,000,000 of them.

`DANGOL_BENCH_MEMBERS` makes it as many as it says. Each has bought once, for enough to be silver or not; half
a year later all their points have lapsed, and whoever was silver is a member again. A process of its own does
that night's work as the worker does, a thousand customers a transaction, on a copy made before; on PostgreSQL
a second one helps it, as there. On another copy they are killed with SIGKILL once half is done, and begun
anew. What both leave (balances, lots, transfers, standings, moves of tiers) has to be the same, but for the
ids that transfers are given.

`python -m bench.expiries ADVANCE` is such a process: it advances the instance of its environment to ADVANCE.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pysqlite3
from django.conf import settings
from django.db import connection, connections

from bench.figures import Figure, at_most
from dangol.cli.main import set_up
from dangol.core.operations.cycles import calm_collector

MEMBERS, AT_ONCE = int(os.environ.get("DANGOL_BENCH_MEMBERS", "1000000")), 5_000
FULL, SECONDS_BETWEEN = 1_000_000, 0.2
HANDS = {"postgresql": 2, "sqlite": 1}
GOAL_SECONDS = {"postgresql": 180, "sqlite": 300}
BOUGHT_AT = datetime(2026, 3, 1, 3, tzinfo=UTC)
LATER = BOUGHT_AT + timedelta(days=180)
# What a night leaves, without the ids it makes.
LEFT = {
    "dg_account": "customer_id, currency, kind, balance",
    "dg_lot": 'customer_id, id, points, "left", expired, reversed, is_pending, expires_at, due_at',
    "dg_transfer": "customer_id, currency, kind, points, occurred_at, recorded_at, reason",
    "dg_membership": "customer_id, level, since, held_until, in_grace, next_review_at, spend_minor",
    "dg_tier_change": "customer_id, at, from_level, to_level, cause, value",
}


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    began = time.perf_counter()
    _gather()
    yield Figure(
        f"{MEMBERS:,} members who bought once, written", MEMBERS / (time.perf_counter() - began), "/s"
    )
    whole, killed = _copy("whole"), _copy("killed")
    os.sync()  # the night does not wait for the disk to have the copies
    seconds = _run(whole)
    rate = MEMBERS / seconds
    name = f"points of {MEMBERS:,} members lapse, tiers reviewed"
    goal = GOAL_SECONDS[connection.vendor]
    yield at_most(name, seconds, "s", goal) if MEMBERS >= FULL else Figure(name, seconds, "s")
    yield Figure("the same", rate, "members/s")
    yield Figure("killed when so many had lapsed", _kill(killed), "members")
    yield Figure("begun anew, the rest", _run(killed), "s")
    yield at_most("checksums that differ", int(_checksum(whole) != _checksum(killed)), "", 0)


def _gather() -> None:
    shop = import_module("tests.rooms.rewards.shop")
    tiers = shop.TiersDraft(shop.LEVELS, window=shop.Window.ROLLING, window_size=60, grace_days=0)
    terms = shop.TermsDraft(pending_days=0, expiry=shop.Expiry.ROLLING_MONTHS, expiry_count=3)
    shop.open_program(tiers, terms=terms)
    dice = random.Random(1)
    telling = shop.Telling("bench", customers=MEMBERS)
    for first in range(0, MEMBERS, AT_ONCE):
        telling.place(
            [
                telling.order(
                    shop.Bought(who, f"{who}", BOUGHT_AT, {shop.BREAD: dice.randrange(100, 40_000)})
                )
                for who in range(first, min(first + AT_ONCE, MEMBERS))
            ],
            recorded_at=BOUGHT_AT,
        )


def _copy(name: str) -> dict[str, str]:
    """Return the environment of a copy of this instance."""
    connections.close_all()
    home = settings.HOME.with_name(f"{settings.HOME.name}-{name}")
    shutil.copytree(settings.HOME, home)
    given = os.environ | {"DANGOL_HOME": str(home)}
    if url := os.environ.get("DATABASE_URL"):
        parts = urlsplit(url)
        own = parts.path.lstrip("/")
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{own}_{name}" TEMPLATE "{own}"')
        given["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{own}_{name}"))
    return given


def _start(given: dict[str, str]) -> list[subprocess.Popen[bytes]]:
    """Start whoever does the night's work: the worker and, on PostgreSQL, its helper."""
    command = [sys.executable, "-m", "bench.expiries", LATER.isoformat()]
    return [subprocess.Popen(command, env=given) for _ in range(HANDS[connection.vendor])]


def _run(given: dict[str, str]) -> float:
    """Return the seconds of a whole night, with the start of its processes."""
    began = time.perf_counter()
    codes = [process.wait() for process in _start(given)]
    assert not any(codes), "the night's work ends well"
    return time.perf_counter() - began


def _kill(given: dict[str, str]) -> int:
    """Kill the night's work once half of the points have lapsed; returns of how many members they had."""
    processes = _start(given)
    while (done := _lapsed(given)) < MEMBERS // 2:
        time.sleep(SECONDS_BETWEEN)
    for process in processes:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it was at work when it was killed"
    return done


def _lapsed(given: dict[str, str]) -> int:
    asked = "SELECT count(*) FROM dg_transfer WHERE kind = 'expire'"
    if connection.vendor == "postgresql":
        with psycopg.connect(given["DATABASE_URL"]) as other:
            found = other.execute(asked).fetchone()
    else:
        file = Path(given["DANGOL_HOME"]) / Path(connection.settings_dict["NAME"]).name
        with closing(pysqlite3.connect(file)) as other:
            found = other.execute(asked).fetchone()
    return int(found[0]) if found else 0


def _checksum(given: dict[str, str]) -> str:
    """Return a checksum of what a night left, in whatever order it lies."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.expiries", "checksum"],
        env=given,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.split()[-1]


def _sum_up() -> str:
    total = 0
    for table, names in LEFT.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {table}")  # noqa: S608 - names of this module
            while rows := cursor.fetchmany(10_000):
                for row in rows:
                    told = f"{table} {row!r}".encode()
                    total += int.from_bytes(hashlib.blake2b(told, digest_size=16).digest())
    return f"{total % 2**128:032x}"


def main(asked: str) -> None:
    """Advance the instance, or print its checksum."""
    set_up({})
    if asked == "checksum":
        print(_sum_up())
    else:
        rewards = import_module("dangol.rooms.rewards.services")
        calm_collector()  # as the worker does
        rewards.advance(as_of=datetime.fromisoformat(asked))


if __name__ == "__main__":
    main(sys.argv[1])
