"""`dangol people` and `dangol access-log`: on real homes, with real processes."""

import json
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.instances import Instance, made_instance

CUSTOMERS = "고객번호,이름,휴대폰\nK-1,김하늘,010-1234-5678\nA-1,김하늘,010-8765-4321\nE-1,이바다,\n"
WHY = ("--reason", "본인 요청")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("people")
    with made_instance(folder) as instance:
        (folder / "customers.csv").write_text(CUSTOMERS)
        assert instance.run("import", "customers", str(folder / "customers.csv"), "--quiet").code == 0
        yield instance


def test_merge__previewed_done_and_undone(shop: Instance) -> None:
    names = ("external:K-1", "phone:010-8765-4321")
    told = shop.run("people", "merge", *names, "--dry-run", "--json")
    assert (told.code, told.data["dry_run"]) == (0, True)
    assert told.data["identities"] == {"external": 1, "phone": 1}

    asked = shop.run("people", "merge", *names, "--json", *WHY)
    assert (asked.code, "--yes" in asked.words) == (2, True)
    unreasoned = shop.run("people", "merge", *names, "--yes", "--json")
    assert (unreasoned.code, unreasoned.data["error"]["code"]) == (2, "people.reason_missing")

    done = shop.run("people", "merge", *names, "--yes", "--json", *WHY)
    assert (done.code, done.data["dry_run"]) == (0, False)
    twice = shop.run("people", "merge", *names, "--yes", "--json", *WHY)
    assert (twice.code, twice.data["error"]["code"]) == (2, "people.same_customer")
    undone = shop.run("people", "unmerge", done.data["absorbed"], "--yes", "--json", *WHY)
    assert (undone.code, undone.data["kept"]) == (0, done.data["kept"])


def test_export__to_a_file__whole_private_and_written_down(shop: Instance, tmp_path: Path) -> None:
    for name in ("person.json", "person.zip"):
        answer = shop.run("people", "export", "external:K-1", str(tmp_path / name), "--json", *WHY)
        assert answer.code == 0, answer
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600

    assert json.loads((tmp_path / "person.json").read_text())["profile"][0]["name"] == "김하늘"
    assert "profile.csv" in ZipFile(tmp_path / "person.zip").namelist()
    again = shop.run("people", "export", "external:K-1", str(tmp_path / "person.json"), *WHY)
    assert again.code == 2
    log = shop.run("access-log", "list", "--customer", "external:K-1", "--json")
    actions = [one["action"] for one in log.data["entries"] if one["reason"] == "본인 요청"]
    assert actions.count("takeout") == 2


def test_export_members__unmasked__needs_a_reason_and_is_written_down(shop: Instance, tmp_path: Path) -> None:
    file = str(tmp_path / "members.csv")
    refused = shop.run("export", "members", file, "--unmasked", "--json")
    assert (refused.code, refused.data["error"]["code"]) == (2, "people.reason_missing")
    assert not Path(file).exists()

    assert shop.run("export", "members", file, "--unmasked", "--reason", "이전", "--quiet").code == 0

    [entry] = [
        one for one in shop.run("access-log", "list", "--json").data["entries"] if one["action"] == "download"
    ]
    assert (entry["reason"], entry["people"] >= 2, "name" in entry["seen"]) == ("이전", True, True)


def test_hold_and_erase__held_first_then_gone(shop: Instance) -> None:
    held = shop.run("people", "hold", "external:E-1", "--json", "--reason", "소송", "--until", "2100-01-01")
    [hold] = held.data["holds"]
    assert (held.code, hold["in_force"], hold["released_at"]) == (0, True, None)
    refused = shop.run("people", "erase", held.data["customer"], "--yes", "--json", *WHY)
    assert (refused.code, refused.data["error"]["code"]) == (4, "people.under_hold")
    released = shop.run("people", "hold", "external:E-1", "--release", hold["hold"], "--json", *WHY)
    assert released.data["holds"][0]["in_force"] is False

    erased = shop.run("people", "erase", held.data["customer"], "--yes", "--json", *WHY)

    assert erased.code == 0
    assert erased.data["finished_at"]
    assert shop.run("people", "export", "external:E-1", "x.json", "--json", *WHY).code == 3
    assert shop.run("people", "hold", "external:K-1", "--until", "soon", *WHY).code == 2


def test_access_log__head_verify_and_export__agree(shop: Instance) -> None:
    head = shop.run("access-log", "head", "--json").data["head"]

    verdict = shop.run("access-log", "verify", "--head", head, "--json")

    assert (verdict.code, verdict.data["is_sound"], verdict.data["head"]) == (0, True, head)
    lines = [json.loads(line) for line in shop.run("access-log", "export").out.splitlines()]
    assert f"{lines[-1]['number']}:{lines[-1]['digest']}" == head
    forged = shop.run("access-log", "verify", "--head", f"1:{'0' * 64}", "--json")
    assert (forged.code, forged.data["faults"][0]["what"]) == (1, "rewritten")
    assert shop.run("access-log", "verify", "--head", "nonsense").code == 2


def test_access_log__checkpoint_kept_elsewhere__is_believed_and_a_changed_one_not(
    shop: Instance, tmp_path: Path
) -> None:
    made = shop.run("access-log", "checkpoint", "--json", DANGOL_CHECKPOINT_FOLDER=str(tmp_path))
    file = Path(made.data["files"][0])

    assert shop.run("access-log", "verify", "--checkpoint", str(file)).code == 0
    file.write_text(file.read_text().replace('"count":', '"count":1'))
    assert shop.run("access-log", "verify", "--checkpoint", str(file)).code == 4
    assert shop.run("access-log", "verify", "--checkpoint", str(tmp_path / "nowhere")).code == 2
    assert "DANGOL_CHECKPOINT_FOLDER" in shop.run("access-log", "checkpoint").words


def test_retention__table__is_shown_and_can_be_run(shop: Instance) -> None:
    answer = shop.run("people", "retention", "--run", "--json")

    days = {one["record_class"]: one["days"] for one in answer.data["classes"]}
    assert (days["access_log"], days["people"], days["key_backups"]) == (730, None, 35)
    assert {one["record_class"] for one in answer.data["removed"]} >= {"access_log", "deleted_bytes"}
