"""Readiness: each thing that must be there is missed when it is not, and the public hears one word."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pysqlite3
import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from dangol.core.operations import health
from dangol.core.tasks.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
POSTGRES = connection.vendor == "postgresql"


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture(autouse=True)
def beating(monkeypatch: pytest.MonkeyPatch) -> None:
    Heartbeat.objects.create(name="sequencer", pid=1, beat_at=AT)
    monkeypatch.setattr("dangol.web.health.now", lambda: AT)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 0, 5 * 10**11))


def bad(at: datetime = AT) -> list[str]:
    return [one.name for one in health.check_health(at) if not one.is_good]


def test_readyz__all_well__is_ok_without_shop_session_or_host(client: Client) -> None:
    assert bad() == []
    answer = client.get("/readyz", headers={"host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "Set-Cookie" not in answer.headers
    assert answer["Cache-Control"] == "no-store"


def test_readyz__told_to_stop__is_unready_while_livez_is_ok(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "stopping"
    monkeypatch.setenv(health.DRAINING, str(mark))
    assert bad() == []
    mark.touch()

    answer = client.get("/readyz")

    assert bad() == ["stopping"]
    assert (answer.status_code, answer.content) == (503, b"unready\n")
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("usage", "named"),
    [
        (Usage(10**12, 0, 2 * 1024**3), []),  # two gigabytes of a terabyte are enough
        (Usage(10**9, 0, 2 * 10**8), []),  # so is a fifth of a gigabyte
        (Usage(10**11, 0, 10**9), ["disk"]),
    ],
)
def test_readyz__room_on_the_disk__a_tenth_or_a_gigabyte(
    usage: Usage, named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    assert bad() == named


def test_readyz__database_does_not_answer__says_nothing_of_it_and_livez_stays(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> None:
        raise OperationalError("password authentication failed for user kim")

    monkeypatch.setattr(connection, "cursor", refuse)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"unready\n")
    assert client.get("/livez").content == b"ok\n"


def test_readyz__migration_missing__is_unready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._Applied, "is_known", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'dg_operations' AND name = '0003_segments_proof'"
        )
    try:
        found = health.check_health(AT)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('dg_operations', '0003_segments_proof', CURRENT_TIMESTAMP)"
            )

    assert [(one.name, one.told) for one in found if not one.is_good] == [
        ("migrations", "dg_operations.0003_segments_proof")
    ]
    assert bad() == []


@pytest.mark.skipif(POSTGRES, reason="SQLite's own version")
def test_readyz__sqlite_that_corrupts__is_unready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pysqlite3, "sqlite_version_info", (3, 40, 1))

    assert bad() == ["database"]


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no sequencer")
def test_readyz__sequencer_silent__is_unready_after_ten_seconds() -> None:
    assert bad(AT + timedelta(seconds=10)) == []
    assert bad(AT + timedelta(seconds=11)) == ["sequencer"]


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", {"REMOTE_ADDR": "127.0.0.1"}, 200),
        ("", {"REMOTE_ADDR": "::1"}, 200),
        ("", {"REMOTE_ADDR": "203.0.113.7"}, 404),
        ("", {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"}, 404),
        ("", {"REMOTE_ADDR": ""}, 404),
        ("t" * 40, {"REMOTE_ADDR": "127.0.0.1"}, 404),
        ("t" * 40, {"REMOTE_ADDR": "203.0.113.7", "HTTP_AUTHORIZATION": f"Bearer {'t' * 40}"}, 200),
        ("t" * 40, {"REMOTE_ADDR": "203.0.113.7", "HTTP_AUTHORIZATION": f"Basic {'t' * 40}"}, 404),
        ("t" * 40, {"REMOTE_ADDR": "203.0.113.7", "HTTP_AUTHORIZATION": "Bearer tö"}, 404),
    ],
)
def test_metrics__only_this_machine_or_the_token__see_them(
    token: str, given: dict[str, str], status: int, settings: Settings
) -> None:
    settings.METRICS_TOKEN = token

    assert Client().get("/metrics", **given).status_code == status  # type: ignore[arg-type] # WSGI's own


def test_livez__asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get("/livez").status_code == 200
    assert client.post("/livez").status_code != 200
