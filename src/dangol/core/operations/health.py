"""Whether this process may be sent requests: named checks, each within a second.

The public is told ok or unready, and nothing else; `dangol doctor` and signed-in staff see the checks.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pysqlite3
from django.conf import settings
from django.db import Error as DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from dangol.core.people.keystore import KEY_STORE
from dangol.core.storage.sqlite.base import OLDEST_SAFE_VERSION
from dangol.core.tasks.models import Heartbeat

DRAINING = "DANGOL_DRAINING"
SEQUENCER_SILENT = timedelta(seconds=10)
# Either is enough: a tenth of a big disk is more than anyone needs.
SHARE_NEEDED, BYTES_NEEDED = 0.10, 1024**3


class HealthCheck(NamedTuple):
    """What one check found. `told` is for those who run the instance, never for the public."""

    name: str
    is_good: bool
    told: str = ""


class _Applied:
    """Remembers that no migration is missing: it stays so for as long as this code runs."""

    is_known = False


def check_health(as_of: datetime) -> list[HealthCheck]:
    """Return every check in the order in which things depend on one another.

    After a database that does not answer nothing more is asked of it.
    """
    found = [_check_draining(), _check_disk()]
    for check in _OF_DATABASE:
        found += _run(check, as_of)
        if not found[-1].is_good:
            break
    return found


def is_ready(as_of: datetime) -> bool:
    """Say whether every check is good."""
    return all(one.is_good for one in check_health(as_of))


def _run(check: Callable[[datetime], Iterator[HealthCheck]], as_of: datetime) -> list[HealthCheck]:
    name = check.__name__.removeprefix("_check_")
    try:
        return list(check(as_of)) or [HealthCheck(name, True)]
    except DatabaseError as error:
        connection.close_if_unusable_or_obsolete()
        return [HealthCheck(name, False, type(error).__name__)]


def _check_draining() -> HealthCheck:
    """A process that was told to stop finishes what it has, and takes nothing new."""
    mark = os.environ.get(DRAINING)
    return HealthCheck("stopping", not (mark and Path(mark).exists()))


def _check_disk() -> HealthCheck:
    try:
        usage = shutil.disk_usage(settings.HOME)
    except OSError as error:
        return HealthCheck("disk", False, str(error.strerror))
    enough = usage.free >= BYTES_NEEDED or usage.free >= usage.total * SHARE_NEEDED
    return HealthCheck("disk", enough, f"{usage.free / usage.total:.0%}")


def _check_database(as_of: datetime) -> Iterator[HealthCheck]:
    """Ask for a row, within the second a server is given to answer."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('statement_timeout', '1000', false)")
        try:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("RESET statement_timeout")
    version = pysqlite3.sqlite_version_info
    safe = connection.vendor != "sqlite" or version >= OLDEST_SAFE_VERSION
    yield HealthCheck("database", safe, f"{connection.display_name}")


def _check_migrations(as_of: datetime) -> Iterator[HealthCheck]:
    """Look for migrations this code has and the database has not."""
    if _Applied.is_known:
        return
    missing: list[str] = []
    for alias in connections:
        if alias == KEY_STORE and settings.READ_ONLY:
            continue
        executor = MigrationExecutor(connections[alias])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        missing += [f"{one.app_label}.{one.name}" for one, _backwards in plan]
    _Applied.is_known = not missing
    yield HealthCheck("migrations", not missing, ", ".join(missing))


def _check_sequencer(as_of: datetime) -> Iterator[HealthCheck]:
    """On PostgreSQL nothing reaches a consumer without the sequencer."""
    if connection.vendor != "postgresql" or settings.READ_ONLY:
        return
    beat = Heartbeat.objects.filter(name="sequencer").values_list("beat_at", flat=True).first()
    if beat is None:
        yield HealthCheck("sequencer", False, "never started")
        return
    age = as_of - beat
    yield HealthCheck("sequencer", age <= SEQUENCER_SILENT, f"{age.total_seconds():.0f} s")


_OF_DATABASE = (_check_database, _check_migrations, _check_sequencer)
