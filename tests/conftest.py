"""What all tests share: where the browser is, and a report of the run for `python -m tests`."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pysqlite3
import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.db.models.signals import post_migrate
from django.utils import translation
from hypothesis import settings

from dangol.core.people.data_keys import forget_cached_keys
from tests.flushing import filled_emptied  # noqa: F401 - a fixture
from tests.reports import NO_BROWSER

# Laws are about what comes out. How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case of bytes by their number: written out they may tell the time, and workers must agree."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def no_rights_of_django() -> None:
    """Make no rows of Django's own rights: nothing asks for them, and each migration would."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture(autouse=True)
def fresh_keys() -> None:
    """Forget remembered keys: each test finds an empty key store."""
    forget_cached_keys()


@pytest.fixture(autouse=True)
def korean() -> Iterator[None]:
    """Speak the source language at the start of each test, whatever the one before has chosen."""
    with translation.override("ko"):
        yield


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the browser: `DANGOL_CHROMIUM`, else a Chromium on the PATH.

    Where there is none the test is skipped, in words; with `DANGOL_TEST_BROWSER=required` it fails.
    """
    given = os.environ.get("DANGOL_CHROMIUM")
    found = given or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    message = f"{NO_BROWSER}: install Chromium, or name one in DANGOL_CHROMIUM."
    if os.environ.get("DANGOL_TEST_BROWSER") == "required":
        pytest.fail(message)
    pytest.skip(message)


def _database() -> str:
    """Return the name and version of the database the tests ran on, asked of the database itself."""
    if os.environ["DANGOL_TEST_DATABASE"] == "sqlite":
        return f"SQLite {pysqlite3.sqlite_version}"
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row is not None
    return f"PostgreSQL {str(row[0]).split()[0]}"


def _skips(reports: Iterable[Any]) -> dict[str, str]:
    return {report.nodeid: str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what ran, and on what, to the file `DANGOL_TEST_REPORT`."""
    path = os.environ.get("DANGOL_TEST_REPORT")
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if not path or terminal is None or hasattr(session.config, "workerinput"):
        return
    passed = terminal.stats.get("passed", [])
    told = {
        "database": _database(),
        "passed": len(passed),
        "on_database": sum("django_db" in report.keywords for report in passed),
        "skipped": _skips(terminal.stats.get("skipped", [])),
    }
    Path(path).write_text(json.dumps(told))
