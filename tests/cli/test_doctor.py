"""`dangol doctor`: each fault is named with the command that mends it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pysqlite3
import pytest

from dangol.cli import doctor
from dangol.cli.doctor import Level
from dangol.core.duties.models import NoticeSweep
from dangol.core.duties.requests import note_request
from dangol.core.events.models import Cursor, Head
from dangol.core.events.webhooks.models import Endpoint
from dangol.core.events.webhooks.services import create_endpoint, disable_endpoint
from dangol.core.operations.migrating import pending_migrations
from dangol.core.people.actors import HOUSE
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.segments.models import Segment, Watch
from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Heartbeat
from dangol.core.tasks.selectors import expected_processes
from tests.cli.instances import Instance, fresh_instance, made_instance

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with made_instance(tmp_path) as fresh:
        yield fresh


def findings(instance: Instance) -> dict[str, Any]:
    """Return the last finding of each check."""
    return {one["check"]: one for one in instance.run("doctor", "--json").data["findings"]}


def add_customers(instance: Instance, folder: Path) -> None:
    """Bring two customers in."""
    people = folder / "people.csv"
    people.write_text("customer_id,email\nC1,kim@example.com\nC2,lee@example.com\n")
    assert instance.run("import", "customers", str(people)).code == 0


def empty_key_store(instance: Instance, *, tables_stay: bool = False) -> None:
    """Lose the key store, or only what stands in it."""
    url = instance.databases.get("DANGOL_KEYS_URL")
    if url:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(
                "TRUNCATE dg_key_person, dg_key_shared"
                if tables_stay
                else "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
            )
    elif tables_stay:
        with closing(pysqlite3.connect(instance.home / "keys.sqlite3")) as file:
            file.execute("DELETE FROM dg_key_person")
            file.commit()
    else:
        for path in instance.home.glob("keys.sqlite3*"):
            path.unlink()


def test_doctor__no_shop__names_the_commands_that_make_one(tmp_path: Path) -> None:
    with fresh_instance(tmp_path) as nowhere:
        told = nowhere.run("doctor")

    assert told.code == 1
    assert "dangol init" in told.out
    assert not nowhere.home.exists()


def test_doctor__key_file_open_to_others__is_bad(instance: Instance) -> None:
    (instance.home / "master.keys").chmod(0o644)

    told = instance.run("doctor")

    assert told.code == 1
    assert f"chmod 600 {instance.home / 'master.keys'}" in told.out


def test_doctor__master_key_lost__is_to_be_put_back(instance: Instance) -> None:
    (instance.home / "master.keys").unlink()

    found = findings(instance)["keys"]

    assert found["level"] == "bad"
    assert "master.keys" in found["remedy"]
    assert "init" not in found["remedy"]


def test_doctor__secret_key_lost__is_to_be_put_back(instance: Instance) -> None:
    (instance.home / "secret.key").unlink()

    found = findings(instance)["home"]

    assert found["level"] == "bad"
    assert "secret.key" in found["remedy"]
    assert "init" not in found["remedy"]


def test_doctor__key_store_lost__is_to_be_put_back_and_not_made_anew(
    instance: Instance, tmp_path: Path
) -> None:
    add_customers(instance, tmp_path)
    empty_key_store(instance)

    said = [instance.run(*words) for words in (["init", "--upgrade"], ["keys", "status"], ["worker"])]

    assert [one.code for one in said] == [4, 4, 4]
    assert not (instance.home / "keys.sqlite3").exists()
    found = findings(instance)
    assert found["keys"]["level"] == "bad"
    assert "init" not in found["keys"]["remedy"]
    assert "migrations" not in found


def test_doctor__key_store_older_than_the_customers__counts_who_lost_their_key(
    instance: Instance, tmp_path: Path
) -> None:
    empty_key_store(instance)
    assert instance.run("init", "--upgrade").code == 0
    assert findings(instance)["keys"]["level"] == "ok"
    add_customers(instance, tmp_path)
    empty_key_store(instance, tables_stay=True)

    found = findings(instance)["keys"]

    assert found["level"] == "bad"
    assert "2" in found["sentence"]


def test_doctor__master_key_garbled__stops_with_words(instance: Instance) -> None:
    (instance.home / "master.keys").write_text("not a key\n")

    told = instance.run("doctor")

    assert told.code == 2
    assert "name:base64" in told.words


def test_doctor__database_cannot_be_used__names_it_and_the_remedy_without_the_password(
    instance: Instance,
) -> None:
    if instance.databases:
        url = "postgresql://kim:pass-word@127.0.0.1:1/none"
        told = instance._replace(databases={"DATABASE_URL": url}).run("doctor")
        wanted = ["none (127.0.0.1:1)", "DATABASE_URL"]
    else:
        file = instance.home / "dangol.sqlite3"
        file.write_bytes(b"x" * 5_000)
        told = instance.run("doctor")
        wanted = [str(file), "SQLITE_NOTADB"]

    assert told.code == 1
    assert all(word in told.out for word in wanted)
    assert "pass-word" not in told.out + told.words


@pytest.mark.parametrize(
    "url", ["postgresql://kim:pass-word@h/n?bogus=1", "postgresql://kim:pass-word%zz@h/n"]
)
def test_doctor__address_nobody_can_read__is_told_without_the_password(tmp_path: Path, url: str) -> None:
    told = Instance(tmp_path, {"DATABASE_URL": url}).run("doctor")

    assert told.code == 2
    assert "DATABASE_URL" in told.words
    assert "pass-word" not in told.words
    assert "Traceback" not in told.words


def test_doctor__nobody_works__warns_and_names_serve(instance: Instance) -> None:
    found = findings(instance)["worker"]

    assert found["level"] == "warn"
    assert found["remedy"].endswith(f"dangol serve --home {instance.home}")


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_check_duties__late__warns_where_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        [member] = resolve_customers("external", ["A"], recorded_at=AT).values()
    note_request(member, "access", came_on=AT.date(), actor=HOUSE, at=AT, zone=ZoneInfo("Asia/Seoul"))
    NoticeSweep.objects.create(kind="absence", waiting=3, since=AT)
    found = {}
    for days in (5, 12, 31):
        at = AT + timedelta(days=days)
        monkeypatch.setattr(doctor, "now", lambda at=at: at)
        found[days] = [(one.level, one.remedy) for one in doctor.check_duties()]

    assert found == {
        5: [(Level.OK, "")],
        12: [(Level.WARN, "/requests")],
        31: [(Level.WARN, "/requests"), (Level.WARN, "/settings/mail")],
    }


@pytest.mark.django_db(transaction=True)
def test_check_workers__everyone_beats__is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "now", lambda: AT)
    for name in expected_processes():
        Heartbeat.objects.create(name=name, pid=1, beat_at=AT - timedelta(seconds=29))

    assert [one.level for one in doctor.check_workers()] == [Level.OK]


@pytest.mark.django_db(transaction=True)
def test_check_consumers__one_stands_before_an_event__is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "now", lambda: AT)
    Head.objects.create(shard=0, position=50_000)
    Cursor.objects.create(
        consumer="bell", position=7, error="Boom\nKeyError: 'bell'", failed_at=AT - timedelta(hours=1)
    )
    Cursor.objects.create(consumer="slow", position=10)

    found = {one.sentence: one for one in doctor.check_consumers()}

    stuck = next(one for sentence, one in found.items() if "bell" in sentence)
    assert stuck.level is Level.BAD
    assert "KeyError: 'bell'" in stuck.sentence
    assert next(one for sentence, one in found.items() if "slow" in sentence).level is Level.WARN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("minutes", "level"), [(None, Level.OK), (4, Level.OK), (7, Level.WARN), (-9, Level.OK)]
)
def test_check_segments__somebody_is_due__is_told_where_they_wait_for_long(
    monkeypatch: pytest.MonkeyPatch, minutes: int | None, level: Level
) -> None:
    monkeypatch.setattr(doctor, "now", lambda: AT)
    Segment.objects.create(id=new_id(), slug="s", name="S", version=1, created_at=AT, changed_at=AT)
    due_at = None if minutes is None else AT - timedelta(minutes=minutes)
    Watch.objects.create(customer_id=new_id(), due_at=due_at)

    [found] = doctor.check_segments()

    assert found.level is level
    assert ("7" in found.sentence) is (level is Level.WARN)


@pytest.mark.django_db(transaction=True)
def test_check_webhooks__fails_or_was_given_up__is_named_by_its_host_alone() -> None:
    url = "https://hooks.example.net/secret-path"
    _well, failing, off = (create_endpoint(url=url, at=AT).endpoint_id for _ in range(3))
    assert list(doctor.check_webhooks()) == []

    Endpoint.objects.filter(pk=failing).update(state="failing")
    disable_endpoint(off, at=AT)

    found = list(doctor.check_webhooks())
    assert [(one.check, one.level) for one in found] == [("webhooks", Level.WARN)] * 2
    assert found[0].sentence != found[1].sentence
    assert all("hooks.example.net" in one.sentence and "secret" not in one.sentence for one in found)


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_pending_migrations__all_applied__none() -> None:
    assert [pending_migrations(alias) for alias in ("default", "keys")] == [[], []]


@pytest.mark.parametrize(
    ("free", "level"), [(1024**4, Level.OK), (1024**3, Level.WARN), (1024**2, Level.BAD)]
)
def test_check_disk__room_left__is_judged(monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    monkeypatch.setattr("dangol.cli.doctor.shutil.disk_usage", lambda path: type("Usage", (), {"free": free}))

    assert [one.level for one in doctor.check_disk()] == [level]


@pytest.mark.django_db(transaction=True)
def test_check_database__old_sqlite__is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pysqlite3, "sqlite_version_info", (3, 40, 1))
    monkeypatch.setattr(doctor, "OLDEST_POSTGRES", 99)

    (found,) = doctor.check_database()

    assert found.level is Level.BAD
    assert found.remedy
