"""Bringing databases to this version's tables."""

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor


def pending_migrations(alias: str) -> list[str]:
    """Return the migrations that a database still lacks, as `app.name`."""
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def migrate_databases() -> list[str]:
    """Bring both databases of this space to this version's tables; return what was applied."""
    applied = []
    for alias in connections:
        if pending := pending_migrations(alias):
            applied += pending
            call_command("migrate", database=alias, verbosity=0, interactive=False)
    return list(dict.fromkeys(applied))
