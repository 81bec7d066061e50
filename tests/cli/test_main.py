"""The command line's frame: global words anywhere, exit codes, and words kept apart from data."""

import json
from collections.abc import Sequence

import pytest
import typer

from dangol.cli.main import COMMANDS, language, run, take_globals


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


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_run__refused_with_json__tells_the_code_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--zone", "Mars/One", "--json"]) == 4

    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["code"] == "value.not_a_zone"
    assert "Asia/Seoul" in said.err
