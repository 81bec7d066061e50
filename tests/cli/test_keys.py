"""`dangol keys`: on real homes, with real processes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dangol.core.storage.master_keys import parse_master_keys
from tests.cli.instances import Instance, made_instance


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Instance]:
    with made_instance(tmp_path) as instance:
        yield instance


def names(shop: Instance) -> list[str]:
    return list(parse_master_keys((shop.home / "master.keys").read_text()))


def test_keys_status__fresh_shop__one_master_key(shop: Instance) -> None:
    answer = shop.run("keys", "status", "--json")

    assert answer.code == 0
    assert answer.data["newest"] == names(shop)[0]
    assert answer.data["waiting"] == 0
    assert answer.words == ""


def test_keys_rotate__key_file__grows_by_a_line_and_stays_private(shop: Instance) -> None:
    [first] = names(shop)

    answer = shop.run("keys", "rotate", "--json")

    assert answer.code == 0
    kept, added = names(shop)
    assert kept == first
    assert answer.data["newest"] == added
    assert (shop.home / "master.keys").stat().st_mode & 0o777 == 0o600
    secret = (shop.home / "master.keys").read_text().split(":")[-1].strip()
    assert secret not in answer.out + answer.words


def test_keys_rotate__several_at_once__no_line_is_lost(shop: Instance) -> None:
    [first] = names(shop)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.run("keys", "rotate", "--json"), range(4)))

    assert [answer.code for answer in answers] == [0] * 4
    kept, *added = names(shop)
    assert kept == first
    assert {answer.data["newest"] for answer in answers} == set(added)
    assert len(added) == 4


def test_keys_rotate__keys_in_the_environment__shows_the_line_to_add(shop: Instance) -> None:
    held = (shop.home / "master.keys").read_text().strip()
    (shop.home / "master.keys").unlink()

    answer = shop.run("keys", "rotate", DANGOL_MASTER_KEYS=held)

    assert answer.code == 5
    [line] = answer.out.split()
    assert len(parse_master_keys(f"{held}\n{line}")) == 2
    assert "DANGOL_MASTER_KEYS" in answer.words
    after = shop.run("keys", "status", "--json", DANGOL_MASTER_KEYS=f"{held};{line}")
    assert after.data["newest"] == line.split(":")[0]


def test_keys_status__no_master_key__names_the_remedy(shop: Instance) -> None:
    (shop.home / "master.keys").unlink()

    answer = shop.run("keys", "status", "--json")

    assert answer.code == 4
    assert answer.data["error"]["code"] == "keys.no_master_key"
    assert "master.keys" in answer.words
    assert "init" not in answer.words
