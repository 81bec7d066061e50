"""The demo, from its command to its pages: every figure is computed a second time without our code.

As many households are brought in as the size of the run says, with all their baskets.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.instances import Answer, Instance, fresh_instance
from tests.connectors.sample.tie_out import Expected
from tests.sizes import SIZE

SHOWN = 12
LONGEST = 1_800.0


class Demo(NamedTuple):
    """A demo that has been made: its instance, what the command said, and what it shows."""

    instance: Instance
    made: Answer
    shows: dict[str, Any]
    expected: Expected


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with fresh_instance(tmp_path_factory.mktemp("demo")) as instance:
        some = ("--households", str(SIZE.households))
        made = instance.run("demo", "--no-serve", "--json", *some, seconds=LONGEST)
        assert made.code == 0, made.words
        shows = json.loads(_figures(instance))
        expected = Expected(weeks=shows["weeks"], as_of=datetime.now(UTC), households=set(shows["members"]))
        yield Demo(instance, made, shows, expected)


def _figures(instance: Instance) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.demo_figures", str(SHOWN)],
        env=instance.environment(),
        cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_demo__every_household__baskets_spend_and_points_tie_out(demo: Demo) -> None:
    shown = {household: tuple(figures) for household, figures in demo.shows["members"].items()}

    assert len(shown) == SIZE.households
    assert shown == demo.expected.members()


def test_demo__points_by_rule_and_tiers__tie_out(demo: Demo) -> None:
    totals = demo.expected.totals()

    assert demo.shows["rules"] == {"": totals["base"], "PRODUCE": totals["produce"]}
    levels = Counter(demo.shows["tiers"])
    named = {"member": levels[0], "silver": levels[1], "gold": levels[2]}
    assert {tier: count for tier, count in named.items() if count} == demo.expected.tiers()


def test_demo__demographics__all_that_the_sample_has(demo: Demo) -> None:
    assert demo.shows["described"] == demo.expected.described()


def test_demo__member_pages__show_the_same_figures(demo: Demo) -> None:
    wanted = demo.expected.members()

    for household, text in demo.shows["pages"].items():
        orders, cents, available, pending, _ = wanted[household]
        assert f"${cents / 100:,.2f}" in text, household
        assert f"{available:,} pts" in text, household
        assert not pending or f"{pending:,} pts" in text, household
        assert f" {orders:,} " in text, household


def test_demo__pages_about_all_customers__are_of_the_same_households(demo: Demo) -> None:
    pages, buyers = demo.shows["insight"], sum(orders > 0 for orders, *_ in demo.expected.members().values())

    assert f" {buyers:,} customers who ever bought" in pages[""]
    for address, text in pages.items():
        assert "Not made yet" not in text, address
    for words in ("RFM", "MBG/NBD"):
        assert words in pages["/models"], words


def test_demo__ledger__verifies(demo: Demo) -> None:
    verified = demo.instance.run("ledger", "verify", "--json", seconds=LONGEST)

    assert verified.code == 0, verified.words


def test_demo__made_again__does_not_import_again(demo: Demo) -> None:
    again = demo.instance.run("demo", "--no-serve", "--json", "--households", "3", seconds=LONGEST)

    assert again.code == 0, again.words
    assert json.loads(_figures(demo.instance))["members"] == demo.shows["members"]
    assert "lines" not in again.out
    assert "--households 3" in again.words


def test_demo__shop_of_ones_own__is_refused_and_nothing_changes(tmp_path: Path) -> None:
    with fresh_instance(tmp_path) as own:
        own.run("init", "--name", "모퉁이 빵집", "--zone", "Asia/Seoul", "--currency", "KRW")
        before = {path.name for path in own.home.iterdir()}

        refused = own.run("demo", "--no-serve", "--json")

        assert refused.code == 4
        assert refused.data["error"]["code"] == "sample.not_the_demo"
        assert str(own.home) in refused.words
        assert "--home" in refused.words
        assert {path.name for path in own.home.iterdir()} == before
        assert "모퉁이 빵집 · Asia/Seoul · KRW" in own.run("doctor").out
