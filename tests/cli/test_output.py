"""Data on stdout, words on stderr, progress by the clock."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dangol.cli.output import Output

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def test_show__as_json__is_data_alone(capsys: pytest.CaptureFixture[str]) -> None:
    told = Output(as_json=True)

    told.say("잠시만요")
    told.show("dangol.bell/1", {"at": AT, "path": Path("/a"), "name": "종"}, "종이 울렸어요")

    said = capsys.readouterr()
    expected = {"schema": "dangol.bell/1", "at": AT.isoformat(), "path": "/a", "name": "종"}
    assert json.loads(said.out) == expected
    assert said.err == "잠시만요\n"


def test_show__as_words__prints_marks_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Output().show("dangol.bell/1", {}, "[bold] 종")

    assert capsys.readouterr().out == "[bold] 종\n"


def test_output__quiet__says_only_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    told = Output(quiet=True)

    told.say("잠시만요")
    with told.track("줄", 10) as tracker:
        tracker(10)
    told.complain("안 돼요")

    assert capsys.readouterr().err == "안 돼요\n"


def test_track__no_terminal__one_line_in_ten_seconds_and_one_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter([0.0, 4.0, 11.0, 12.0, 20.0])

    with Output(clock=lambda: next(seconds)).track("줄", 1_000) as tracker:
        for done in (200, 550, 600, 1_000):
            tracker(done)

    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" · ")[0] for line in lines] == ["줄: 550 / 1,000", "줄: 1,000 / 1,000"]
    assert "50" in lines[0].split(" · ")[1]
