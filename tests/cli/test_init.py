"""`dangol init`: a shop is made once, with nothing left open and nothing overwritten."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.instances import Instance, fresh_instance, made_instance
from tests.sizes import drawn


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with fresh_instance(tmp_path) as fresh:
        yield fresh


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Instance]:
    """Give a home in which `dangol init` has made a shop."""
    with made_instance(tmp_path) as one:
        yield one


def test_init__empty_home__makes_a_shop_its_owner_can_enter(instance: Instance) -> None:
    made = instance.run("init", "--name", "모퉁이 빵집", "--json")

    assert made.code == 0
    assert made.data["schema"] == "dangol.init/1"
    assert made.data["owner"] == "owner"
    assert len(made.data["password"]) >= 20
    assert f"dangol serve --home {instance.home}`" in made.words
    secret = [path for path in instance.home.iterdir() if path.stat().st_mode & 0o077]
    assert not secret
    assert instance.home.stat().st_mode & 0o077 == 0
    checked = instance.run("doctor", "--json")
    found = {one["check"]: one for one in checked.data["findings"]}
    assert checked.code == 0
    assert found["shop"]["sentence"] == "모퉁이 빵집 · Asia/Seoul · KRW"


@pytest.mark.parametrize(
    ("currency", "paid", "points", "tier"),
    drawn(
        [
            ("KRW", "300000", 3_000, "silver"),
            ("USD", "499.99", 499, "member"),
            ("KWD", "2000.500", 2_000, "gold"),
        ],
        one_in=3,
    ),
)
def test_init__then_an_import_of_orders__has_points_and_tiers(
    instance: Instance, tmp_path: Path, currency: str, paid: str, points: int, tier: str
) -> None:
    today = datetime.now(UTC).date().isoformat()
    orders = tmp_path / "orders.csv"
    orders.write_text(f"customer,order_id,ordered_at,product_id,quantity,amount\nC1,O1,{today},P1,1,{paid}\n")
    instance.run("init", "--currency", currency)

    taken = instance.run("import", "orders", str(orders), "--json")

    assert taken.code == 0
    told = tmp_path / "members.csv"
    assert instance.run("export", "members", str(told)).code == 0
    (member,) = csv.DictReader(told.read_text(encoding="utf-8-sig").splitlines())
    assert (member["points"], member["tier"]) == (str(points), tier)
    assert instance.run("ledger", "verify").code == 0


def test_init__home_with_a_shop__refuses_and_changes_nothing(made: Instance) -> None:
    before = {path.name: path.read_bytes() for path in made.home.glob("*.key*")}
    assert before

    again = made.run("init", "--name", "딴 가게", "--json")

    assert again.code == 4
    assert again.data["error"]["code"] == "home.has_a_shop"
    assert "--upgrade" in again.words
    assert {path.name: path.read_bytes() for path in made.home.glob("*.key*")} == before
    assert "우리 가게" in made.run("doctor").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--zone", "Mars/One"], "value.not_a_zone"),
        (["--currency", "BEANS"], "value.unknown_code"),
        (["--currency", "XAU"], "value.unknown_code"),
        (["--region", "한국"], "value.unknown_code"),
    ],
)
def test_init__unknown_fact__refuses_before_making_anything(
    instance: Instance, words: list[str], code: str
) -> None:
    refused = instance.run("init", *words, "--json")

    assert refused.code == 4
    assert refused.data["error"]["code"] == code
    assert len(refused.words.splitlines()) == 2
    assert not instance.home.exists()


def test_init__home_that_cannot_be_a_folder__is_refused_by_name(instance: Instance) -> None:
    home = Path("/dev/null/shop")

    refused = instance._replace(home=home).run("init", "--json")

    assert refused.code == 4
    assert refused.data["error"]["code"] == "home.unusable"
    assert str(home) in refused.words
    assert "--home" in refused.words


@pytest.mark.parametrize("name", ["master.keys", "secret.key"])
def test_init__shop_that_lost_a_key__makes_no_other_one(made: Instance, name: str) -> None:
    (made.home / name).unlink()

    again = made.run("init", "--json")

    assert again.code == 4
    assert again.data["error"]["code"] == "home.has_a_shop"
    assert not (made.home / name).exists()


def test_init__cut_off_after_the_keys__keeps_them_and_goes_on(instance: Instance) -> None:
    instance.home.mkdir(mode=0o700)
    key = instance.home / "secret.key"
    key.write_text("k" * 64)
    key.chmod(0o600)

    made = instance.run("init", "--json")

    assert made.code == 0
    assert key.read_text() == "k" * 64


def test_upgrade__no_shop__says_so(instance: Instance) -> None:
    assert instance.run("init", "--upgrade").code == 3


def test_upgrade__nothing_to_apply__says_so(made: Instance) -> None:
    upgraded = made.run("init", "--upgrade", "--json")

    assert upgraded.code == 0
    assert upgraded.data["applied"] == []
