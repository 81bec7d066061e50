"""Migrations run while the old version serves: each one's SQL for PostgreSQL is read by squawk."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections, migrations
from django.db.migrations.loader import MigrationLoader

from dangol.core.operations import migrating
from dangol.core.people.keystore import KEY_STORE
from tests.waiting import PATIENCE

SQUAWK = Path(sys.executable).with_name("squawk")
POSTGRES = connection.vendor == "postgresql"
# Rules that are not about old code or waiting: taste, or held elsewhere (the lock's timeout by the command).
NOT_ABOUT_WAITING = (
    "prefer-robust-stmts", "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-text-field",
    "prefer-identity", "prefer-timestamptz", "require-lock-timeout", "require-statement-timeout",
    "require-timeout-settings", "ban-char-field", "require-table-schema", "transaction-nesting",
)  # fmt: skip
# Exceptions, each with its reason, as (migration, rule). None may be for a table that has rows.
EXCEPTIONS: dict[tuple[str, str], str] = {}
# Migrations that walk rows, each with why there are few of them.
WALKS_FEW = {
    "dg_access.0002_roles": "a row for each of the staff",
    "dg_rewards.0002_program_stamp": "one row",
    "dg_promotions.0001_promotions": "one row",
    "dg_promotions.0004_checkout_versions": "one row",
    "dg_stored_value.0002_settings_versions": "one row",
}
OURS = sorted(
    name
    for name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    if name[0].startswith("dg_")
)


def complaints(sql: str) -> list[str]:
    """Return the rules that squawk finds broken in SQL, in order."""
    excluded = [f"--exclude={','.join(NOT_ABOUT_WAITING)}"]
    told = subprocess.run(
        [str(SQUAWK), "--reporter=json", "--pg-version=15.0", *excluded],
        input=sql, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert told.returncode in (0, 1), told.stderr
    found: list[dict[str, Any]] = json.loads(told.stdout or "[]")
    return [one["rule_name"] for one in found]


def rendered(app: str, name: str) -> str:
    """Return what a migration does on PostgreSQL; the key store's tables are rendered for their database."""
    text = ""
    for alias in connections:
        written = StringIO()
        call_command("sqlmigrate", app, name, database=alias, stdout=written, no_color=True)
        text += written.getvalue()
    return text


@pytest.mark.skipif(not POSTGRES, reason="what PostgreSQL would run")
@pytest.mark.django_db(databases=["default", "keys"])
@pytest.mark.parametrize(("app", "name"), OURS, ids=[".".join(one) for one in OURS])
def test_migration__read_by_squawk__needs_no_downtime(app: str, name: str) -> None:
    sql = rendered(app, name)

    assert "--" in sql
    broken = [rule for rule in complaints(sql) if (f"{app}.{name}", rule) not in EXCEPTIONS]
    assert not broken


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE INDEX i ON dg_order (id);", "require-concurrent-index-creation"),
        ("ALTER TABLE dg_order ADD COLUMN x int NOT NULL;", "adding-required-field"),
        ("ALTER TABLE dg_order ALTER COLUMN x SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE dg_order ALTER COLUMN x TYPE bigint;", "changing-column-type"),
        ("ALTER TABLE dg_order RENAME COLUMN x TO y;", "renaming-column"),
        ("ALTER TABLE dg_order RENAME TO dg_sale;", "renaming-table"),
        ("ALTER TABLE dg_order DROP COLUMN x;", "ban-drop-column"),
        ("DROP TABLE dg_order;", "ban-drop-table"),
        ("ALTER TABLE dg_order ADD CONSTRAINT c CHECK (x > 0);", "constraint-missing-not-valid"),
        (
            "ALTER TABLE dg_order ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES dg_member (id);",
            "adding-foreign-key-constraint",
        ),
        ("ALTER TABLE dg_order ADD CONSTRAINT u UNIQUE (x);", "disallowed-unique-constraint"),
        ("ALTER TABLE dg_order ADD COLUMN x uuid DEFAULT gen_random_uuid();", "adding-field-with-default"),
    ],
)
def test_squawk__planted_fault__is_found(sql: str, rule: str) -> None:
    assert rule in complaints(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE dg_order ADD COLUMN x int NULL;",
        "ALTER TABLE dg_order ADD COLUMN x int NOT NULL DEFAULT 0;",
        "BEGIN; CREATE TABLE dg_new (id uuid PRIMARY KEY, x int); CREATE INDEX i ON dg_new (x); COMMIT;",
        "ALTER TABLE dg_order ADD CONSTRAINT c CHECK (x > 0) NOT VALID;",
    ],
)
def test_squawk__step_that_hurts_nobody__passes(sql: str) -> None:
    assert complaints(sql) == []


def test_exceptions__each_is_still_needed_and_has_a_reason() -> None:
    names = {".".join(one) for one in OURS}

    assert all(reason for reason in EXCEPTIONS.values())
    assert {name for name, _rule in EXCEPTIONS} <= names
    assert OURS


def test_migrations__ours__backfill_nothing_inside() -> None:
    """A migration that walks rows holds its locks for as long as that takes: a task does it instead."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    walking = {
        f"{app}.{name}"
        for app, name in OURS
        for step in loader.disk_migrations[app, name].operations
        if isinstance(step, migrations.RunPython)
    }

    assert walking == WALKS_FEW.keys()


class Locked(Exception):
    """What PostgreSQL says when a lock did not come in time."""

    sqlstate = "55P03"


@pytest.mark.django_db(databases=["default", "keys"])
def test_migrate_databases__lock_does_not_come__tries_again_and_then_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[str] = []
    waited: list[float] = []

    def migrate(_command: str, *, database: str, **_options: object) -> None:
        tries.append(database)
        if len(tries) <= given:
            raise OperationalError from Locked()

    monkeypatch.setattr(migrating, "call_command", migrate)
    monkeypatch.setattr(migrating, "pending_migrations", lambda alias: [f"dg_{alias}.0009_next"])
    given = 2
    assert migrating.migrate_databases(pause=waited.append) == ["dg_default.0009_next", "dg_keys.0009_next"]
    assert tries == ["default", "default", "default", KEY_STORE]
    assert waited == [1.0, 2.0]

    given, tries[:] = 1_000, []
    with pytest.raises(migrating.MigrationWaits):
        migrating.migrate_databases(pause=waited.append)
    assert len(tries) == migrating.MIGRATION_TRIES


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no locks to wait for")
@pytest.mark.django_db(databases=["default", "keys"])
def test_migrate_databases__on_postgresql__waits_two_seconds_for_a_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(migrating, "pending_migrations", lambda _alias: ["dg_default.0009_next"])
    migrating.migrate_databases()

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)
        cursor.execute("RESET lock_timeout")
