"""The command line's frame: global words anywhere, exit codes, and words kept apart from data."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import typer
from django.test import override_settings

from dangol.cli.main import COMMANDS, METERS, language, run, take_globals
from dangol.core.people.models import Store
from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction


@pytest.mark.parametrize(
    ("given", "taken", "rest"),
    [
        (["--home", "a", "init"], {"--home": "a"}, ["init"]),
        (["init", "--home=a", "--json"], {"--home": "a"}, ["init", "--json"]),
        (["--lang", "en", "doctor", "-q"], {"--lang": "en"}, ["doctor", "-q"]),
        (["import", "--", "--home", "x"], {}, ["import", "--", "--home", "x"]),
    ],
)
def test_take_globals__anywhere_before_the_dashes__are_split_off(
    given: Sequence[str], taken: dict[str, str], rest: list[str]
) -> None:
    assert take_globals(given) == (taken, rest)


@pytest.mark.parametrize("given", [["--home"], ["--home", "--json"], ["--lang", "fr"]])
def test_take_globals__no_value_or_a_wrong_one__is_refused(given: Sequence[str]) -> None:
    with pytest.raises(typer.BadParameter):
        take_globals(given)


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"DANGOL_LANG": "en", "LANG": "ko_KR.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_language__of_the_environment__is_spoken(
    monkeypatch: pytest.MonkeyPatch, spoken: dict[str, str], expected: str
) -> None:
    for name in ("DANGOL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in spoken.items():
        monkeypatch.setenv(name, value)

    assert language() == expected


def test_run__version__needs_no_shop(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("dangol ")


@pytest.mark.parametrize("words", [["no-such-command"], ["init", "--no-such-option"], ["--lang", "fr"]])
def test_run__not_understood__is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2

    said = capsys.readouterr()
    assert not said.out
    assert said.err


@pytest.mark.parametrize("name", COMMANDS)
def test_run__help_of_each_command__is_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage: dangol" in capsys.readouterr().out
    assert METERS not in os.environ, "nothing is counted by who only asks"


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_run__refused_with_json__tells_the_code_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--zone", "Mars/One", "--json"]) == 4

    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["code"] == "value.not_a_zone"
    assert "Asia/Seoul" in said.err


def break_commands(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let any command end in this error."""

    def fail(arguments: Sequence[str]) -> int:
        raise error

    monkeypatch.setattr("dangol.cli.main._run_command", fail)


@pytest.mark.django_db(transaction=True)
def test_run__database_error__keeps_the_row_back_and_names_the_next_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write_twice(arguments: Sequence[str]) -> int:
        with write_transaction():
            for _ in range(2):
                Store.objects.create(id=new_id(), number="kim@example.com", updated_at=datetime.now(UTC))
        return 0

    monkeypatch.setattr("dangol.cli.main._run_command", write_twice)

    assert run(["doctor", "--json"]) == 1

    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["data"]["kind"] in (
        "IntegrityError SQLITE_CONSTRAINT",
        "IntegrityError 23505",
    )
    assert "dangol doctor" in said.err
    for text in (said.out, said.err):
        assert "kim@" not in text
        assert "Traceback" not in text
        assert "dg_store" not in text


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ValueError("kim@example.com"), "ValueError"),
        (OSError(28, "No space left on device"), "No space left"),
    ],
)
def test_run__unforeseen_error__says_its_kind_but_not_its_words(
    error: Exception, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    break_commands(monkeypatch, error)

    assert run(["doctor"]) == 1

    said = capsys.readouterr().err
    assert word in said
    assert "DANGOL_DEBUG=1" in said
    assert "kim@" not in said


@override_settings(DEBUG=True)
def test_run__debugging__raises_the_error_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    break_commands(monkeypatch, ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        run(["doctor"])
