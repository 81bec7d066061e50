"""`dangol export`: on real homes, with real processes, and back in by `dangol import`."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import pyzipper

from tests.cli.instances import Instance, copied_instance, fresh_instance
from tests.waiting import PATIENCE

# A shop with a program that pays 1 % at once; its points lapse at the end of the 24th month.
OPEN_SHOP = """
from datetime import UTC, datetime
from dangol.cli.instance import ShopFacts, make_instance
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
make_instance(ShopFacts("가게", "Asia/Seoul", "KRW", "KR", "ko"), owner="owner", has_own_program=True)
create_program(
    name="단골", points_currency="P", money_currency="KRW", zone="Asia/Seoul",
    rules=(RuleDraft("1%", 1, 100),), terms=TermsDraft(expiry=Expiry.END_OF_MONTH, expiry_count=24),
    tiers_draft=TiersDraft((LevelDraft("member", "회원", 0), LevelDraft("gold", "골드", 30_000)),
                           Measure.SPEND, Window.LIFETIME, 0),
    recorded_at=datetime(2020, 1, 1, tzinfo=UTC),
)
"""
TODAY = datetime.now(UTC)
CUSTOMERS = """고객번호,이름,이메일,휴대폰,생일,가입일,trait.size,trait.note
1001,김하늘,haneul@example.com,010-1234-5678,1990-03-14,2025-01-02 09:00,3,'=1+2
-7,'=SUM(A1),,,,2025-02-03,,
,이바다,bada@example.com,010-2222-3333,,2025-03-04,2,바다
"""
ORDERS = """order,return,customer,phone,placed_at,product,name,category,quantity,amount,discount,store
A-1,,1001,,{0},A1,아메리카노,음료 > 커피,2,9000,1000,강남
A-1,,1001,,{0},B1,원두,원두,0.5,18000,0,강남
A-2,,-7,,{1},'+82,더하기,,3,15000,0,
A-3,,,010-2222-3333,{1},A1,,,1,4500,0,강남
A-4,,,,{2},A1,,,1,4500,0,
A-5,,1001,,{2},A1,,,2,9000,0,
A-1,R-1,1001,,{3},A1,,,-1,-4500,,
,R-2,1001,,{3},A1,,,-1,-4500,,
,R-3,-7,,{3},B1,,,-1,-18000,,
"""


def days_ago(*days: int) -> list[str]:
    return [f"{TODAY - timedelta(days=one):%Y-%m-%d %H:%M:%S}" for one in days]


def bring_in(instance: Instance, kind: str, path: Path, *options: str) -> None:
    answer = instance.run("import", kind, str(path), "--json", "--quiet", *options)
    assert answer.code == 0, answer
    assert answer.data["bad"] == 0


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A shop in which nothing has happened, to be copied."""
    with fresh_instance(tmp_path_factory.mktemp("blank")) as instance:
        instance.run_python(OPEN_SHOP)
        yield instance


@pytest.fixture(scope="module")
def shop(blank: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A shop with members, a guest, orders and returns. All these tests only read it."""
    folder = tmp_path_factory.mktemp("shop")
    with copied_instance(blank, folder) as instance:
        for kind, text in (("customers", CUSTOMERS), ("orders", ORDERS.format(*days_ago(60, 50, 40, 30)))):
            (folder / f"{kind}.csv").write_text(text)
            bring_in(instance, kind, folder / f"{kind}.csv")
        yield instance


def take_out(instance: Instance, folder: Path) -> list[Path]:
    """Export members, orders and balances; returns the files."""
    folder.mkdir()
    files = [folder / "members.csv", folder / "orders.parquet", folder / "balances.csv"]
    for file, words in zip(
        files,
        (("members", "--unmasked", "--reason", "moving"), ("orders",), ("ledger", "--balances")),
        strict=True,
    ):
        answer = instance.run("export", words[0], str(file), *words[1:], "--json", "--quiet")
        assert (answer.code, answer.words) == (0, "")
        assert answer.data["rows"] > 0
    return files


def content(path: Path, *, without: str = "") -> list[tuple[str, ...]]:
    """Return the rows of a file in no order, `without` a column: ids are drawn anew in every shop."""
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        rows = list(csv.DictReader(io.StringIO(path.read_text(), newline="")))
    return sorted(tuple(f"{name}={value}" for name, value in row.items() if name != without) for row in rows)


def test_export__taken_into_a_blank_shop__is_the_same_shop(
    blank: Instance, shop: Instance, tmp_path: Path
) -> None:
    members, orders, balances = take_out(shop, tmp_path / "first")
    tomorrow = f"{TODAY + timedelta(days=2):%Y-%m-%d}"

    with ExitStack() as stack:
        (tmp_path / "new").mkdir()
        other = stack.enter_context(copied_instance(blank, tmp_path / "new"))
        bring_in(other, "customers", members)
        bring_in(other, "orders", orders, "--cut-over", tomorrow)
        bring_in(other, "balances", balances)
        again = take_out(other, tmp_path / "second")

    assert content(again[0]) == content(members)
    assert content(again[1], without="earns") == content(orders, without="earns")
    assert content(again[2], without="lot") == content(balances, without="lot")
    assert len(content(members)) == 3
    assert len(content(orders)) == 9


def test_export__to_the_screen__is_csv_and_nothing_else(shop: Instance) -> None:
    answer = shop.run("export", "ledger", "-", "--quiet")

    rows = list(csv.DictReader(io.StringIO(answer.out, newline="")))
    assert (answer.code, answer.words) == (0, "")
    assert sum(int(row["points"]) for row in rows) == 0
    assert {row["customer"] for row in rows} >= {"1001", "'-7"}


def test_export__members_masked__says_so(shop: Instance) -> None:
    answer = shop.run("export", "members", "-", "--bom")

    assert answer.code == 0
    assert answer.out.startswith("\ufeffcustomer,")
    assert "김*늘" in answer.out
    assert "김하늘" not in answer.out
    assert "--unmasked" in answer.words


def test_export__locked__opens_by_the_passphrase_told_once(shop: Instance, tmp_path: Path) -> None:
    file, whole = tmp_path / "members.zip", ("--unmasked", "--reason", "moving")
    answer = shop.run("export", "members", str(file), *whole, "--encrypt", "--quiet")

    assert (answer.code, answer.out) == (0, "")
    passphrase = answer.words.strip().removeprefix("암호: ")
    assert file.stat().st_mode & 0o777 == 0o600
    for part in ("김하늘", "haneul@example.com", passphrase):
        assert part.encode() not in file.read_bytes()
    with pyzipper.AESZipFile(file) as archive:
        assert archive.namelist() == ["members.csv"]
        with pytest.raises(RuntimeError, match="encrypted"):
            archive.read("members.csv")
        archive.setpassword(passphrase.encode())
        assert "김하늘" in archive.read("members.csv").decode()
    kept = shop.run("access-log", "list", "--json").out
    assert passphrase not in kept

    told = shop.run("export", "events", str(tmp_path / "events.zip"), "--encrypt", "--json")
    assert len(told.data["passphrase"]) == 29
    assert told.data["passphrase"] not in told.words


@pytest.mark.parametrize(
    "words",
    [
        ("export", "members", "{folder}/m.csv", "--unmasked", "--reason", "moving"),
        ("export", "members", "-", "--unmasked", "--reason", "moving"),
        ("export", "events", "{folder}/e.parquet", "--unmasked", "--reason", "moving"),
        ("people", "export", "external:1001", "{folder}/p.json", "--reason", "asked"),
    ],
)
def test_export__always_locked__nothing_whole_leaves_open(
    shop: Instance, tmp_path: Path, words: tuple[str, ...]
) -> None:
    filled = [word.format(folder=tmp_path) for word in words]

    refused = shop.run(*filled, DANGOL_ENCRYPT_EXPORTS="1")

    assert (refused.code, refused.out) == (2, "")
    assert ".zip" in refused.words
    assert list(tmp_path.iterdir()) == []
    if filled[2] != "-":
        locked = [word.replace(Path(word).suffix, ".zip") if "/" in word else word for word in filled]
        told = shop.run(*locked, "--json", DANGOL_ENCRYPT_EXPORTS="1")
        assert (told.code, len(told.data["passphrase"])) == (0, 29)
        [made] = tmp_path.iterdir()
        assert "김하늘".encode() not in made.read_bytes()


def test_export__nobody_reads_on__ends_quietly(shop: Instance) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "dangol", "export", "orders", "-", "--quiet"],
            env=shop.environment(), stdout=nobody, stderr=subprocess.PIPE, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip

    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("orders", "{folder}/x.xlsx"), 2, "csv"),
        (("orders", "{folder}/x.parquet", "--bom"), 2, "--bom"),
        (("orders", "{folder}/nowhere/x.csv"), 3, "nowhere"),
        (("orders", "{folder}/x.csv", "--source", "till"), 2, "--source"),
        (("ledger", "{folder}/x.csv", "--balances", "--points", "Q"), 2, "--points"),
        (("members", "-", "--json"), 2, "--json"),
        (("members",), 2, "FILE"),
        (("everything", "{folder}/x.csv"), 2, "everything"),
    ],
)
def test_export__what_cannot_be__is_refused_before_anything_is_written(
    shop: Instance, tmp_path: Path, words: tuple[str, ...], code: int, named: str
) -> None:
    there = sorted(tmp_path.iterdir())

    answer = shop.run("export", *(word.format(folder=tmp_path) for word in words))

    assert answer.code == code
    assert named in answer.words
    assert "dangol import" not in answer.words
    assert sorted(tmp_path.iterdir()) == there


def test_export__folder_that_takes_no_file__says_why(shop: Instance, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()

    answer = shop.run("export", "events", str(tmp_path / "x.csv"))

    assert answer.code == 1
    assert "x.csv" in answer.words
    assert list((tmp_path / "x.csv").iterdir()) == []
