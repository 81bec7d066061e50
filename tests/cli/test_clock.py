"""`dangol clock` and `dangol init --space`: time passes in a test space and nowhere else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dangol.cli.clock import NotASpan, read_span
from tests.cli.instances import Instance, made_instance


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Instance]:
    with made_instance(tmp_path) as instance:
        yield instance


def test_clock__advanced__stands_there_and_is_not_set_back(shop: Instance) -> None:
    began = datetime.now(UTC)

    moved = shop.run("clock", "advance", "30d", "--json")
    ended = datetime.now(UTC)
    shown = shop.run("clock", "show", "--json")

    at = datetime.fromisoformat(moved.data["now"])
    assert began <= at - timedelta(days=30) <= ended
    assert shown.data == {"schema": "dangol.clock/1", "space": "test", "now": moved.data["now"]}
    assert shop.run("clock", "advance", "0d").code == 2
    assert shop.run("ledger", "verify").code == 0


def test_init__further_space__has_its_own_clock_and_a_key_each_time(shop: Instance) -> None:
    first, second = (shop.run("init", "--space", "ci2", "--json") for _ in range(2))
    shop.run("clock", "advance", "1w", "--space", "ci2")

    keys = {first.data["test_key"], second.data["test_key"]}
    assert len(keys) == 2
    assert all(key.startswith("dg_test_") for key in keys)
    there, here = (shop.run("clock", "show", *words, "--json") for words in (("--space", "ci2"), ()))
    assert datetime.fromisoformat(there.data["now"]) - datetime.fromisoformat(here.data["now"]) > timedelta(
        days=6
    )
    assert shop.run("clock", "show", "--space", "nowhere").code == 3
    assert shop.run("init", "--space", "Not One").code == 2
    assert shop.run("init", "--upgrade", "--json").data["applied"] == []


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_read_span__number_and_unit__is_a_span(text: str, span: timedelta) -> None:
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", "d", "30", "0d", "-1d", "1.5d", "٣d", "1y", "999999999w", "1000000d"])
def test_read_span__anything_else__is_refused(text: str) -> None:
    with pytest.raises(NotASpan):
        read_span(text)
