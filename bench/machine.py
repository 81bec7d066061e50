"""What this machine can do by itself: without it, no other number can be compared."""

import os
import platform
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pysqlite3

from bench.figures import Figure

SECONDS = 1.0


def describe() -> dict[str, str]:
    """Return what the numbers were measured on and with."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "commit": commit.stdout.strip() or "unknown",
        "python": platform.python_version(),
        "sqlite": pysqlite3.sqlite_version,
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{pages / 1024**3:.0f} GB",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "system": platform.platform(terse=True),
    }


def loop_rate() -> Figure:
    """Return how many rounds of a plain Python loop one core does in a second."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for number in range(10_000):
            done += number & 1
    return Figure(
        "plain loop on one core", done * 2 / (time.perf_counter() - began) / 1e6, "million rounds/s"
    )


def sqlite_commits(folder: Path) -> Figure:
    """Return how many commits a second SQLite makes durable (WAL, synchronous=FULL), one row each."""
    connection = pysqlite3.connect(folder / "commits.sqlite3", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE one (number INTEGER)"
    )
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        connection.execute("INSERT INTO one VALUES (1)")
        done += 1
    rate = done / (time.perf_counter() - began)
    connection.close()
    return Figure("durable SQLite commits", rate, "/s")


def postgres_commits(url: str) -> Figure:
    """Return how many commits a second PostgreSQL makes durable, one row each, from one client."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE one (number integer)")
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            connection.execute("INSERT INTO one VALUES (1)")
            done += 1
        rate = done / (time.perf_counter() - began)
        connection.execute("DROP TABLE one")
    return Figure("durable PostgreSQL commits", rate, "/s")


def figures(folder: Path, url: str | None) -> Iterator[Figure]:
    """Yield this machine's own figures; `url` names a PostgreSQL server, if there is one."""
    yield loop_rate()
    yield sqlite_commits(folder)
    if url:
        yield postgres_commits(url)
