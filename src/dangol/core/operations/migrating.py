"""Bringing databases to this version's tables."""

import time
from collections.abc import Callable

from django.core.management import call_command
from django.db import Error as DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext_lazy as _

from dangol.core.metrics import TX_RETRIES
from dangol.core.refusals import Words, register
from dangol.core.storage.faults import Fault, classify
from dangol.domain.errors import DomainError

MIGRATION_TRIES = 10


class MigrationWaits(DomainError):
    """Migrations (`names`) could not get their locks: others hold the tables and do not let go."""

    code = "home.migration_waits"
    retryable = True


register(
    {
        MigrationWaits.code: Words(
            _("다른 일이 표를 놓지 않아 아직 적용하지 못했어요: {names}"),
            _("오래 걸리는 일(가져오기, 긴 조회)이 끝난 뒤 `dangol init --upgrade`를 다시 실행하세요."),
        ),
    }
)


def pending_migrations(alias: str) -> list[str]:
    """Return the migrations that a database still lacks, as `app.name`."""
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def migrate_databases(*, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """Bring both databases of this space to this version's tables; return what was applied.

    On PostgreSQL no step waits for a lock longer than 2 s, since everyone else would queue behind it: it
    gives up and tries again after a `pause`, up to 10 times. Each migration is a transaction of its own, so
    what was applied stays. Raises MigrationWaits where others never let go.
    """
    applied = []
    for alias in connections:
        pending = pending_migrations(alias)
        if not pending:
            continue
        applied += pending
        if connections[alias].vendor == "postgresql":
            with connections[alias].cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
        _migrate(alias, pause)
    return list(dict.fromkeys(applied))


def _migrate(alias: str, pause: Callable[[float], None]) -> None:
    for attempt in range(1, MIGRATION_TRIES + 1):
        try:
            call_command("migrate", database=alias, verbosity=0, interactive=False)
            return
        except DatabaseError as error:
            if classify(error) is not Fault.BUSY:
                raise
            if attempt == MIGRATION_TRIES:
                raise MigrationWaits(names=", ".join(pending_migrations(alias))) from None
            TX_RETRIES.labels("migration").inc()
            pause(min(0.5 * 2**attempt, 15.0))
