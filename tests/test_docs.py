"""Documentation keeps up with the code: what exists is in the reference, and what is told of exists."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from dangol.cli.main import COMMANDS
from docs.generate import REFERENCE, settings_table
from tests.house_rules import ROOT, SOURCE, python_files

VARIABLE = re.compile(r"DANGOL_[A-Z_]+|DATABASE_URL")
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *SOURCE.rglob("*.md")]
    if ".venv" not in path.parts
)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def strings(path: Path) -> Iterator[str]:
    """Yield the string constants of a Python file that is about settings."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)) if VARIABLE.search(text) else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def shown(path: Path) -> str:
    """Return a page's name as people say it."""
    return str(path.relative_to(ROOT))


def test_reference__generated_anew__is_what_is_committed() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr


def test_settings__read_anywhere__are_each_told_of() -> None:
    read = {text for path in python_files() for text in strings(path) if VARIABLE.fullmatch(text)}
    told = settings_table().keys()

    assert read <= told
    assert {name.removesuffix("_FILE") for name in told - read} <= read


@pytest.mark.parametrize(
    ("page", "pattern"),
    [
        ("commands.md", r"## `dangol ([\w-]+)`"),
        ("rooms.md", r"^\| `([\w.]+)`"),
        ("errors.md", r"^\| `([\w.]+)`"),
    ],
)
def test_reference_page__of_what_exists__holds_it_all(page: str, pattern: str) -> None:
    named = set(re.findall(pattern, (REFERENCE / page).read_text(), re.MULTILINE))
    exist = {"commands.md": lambda: set(COMMANDS), "rooms.md": _rooms, "errors.md": _all_codes}[page]()

    assert exist
    assert exist <= named


def _rooms() -> set[str]:
    rooms = {config.name.removeprefix("dangol.") for config in apps.get_app_configs()}
    return {name for name in rooms if (SOURCE / name.replace(".", "/")).is_dir()}


def _all_codes() -> set[str]:
    return {text for path in python_files() for text in _codes(path)}


def _codes(path: Path) -> Iterator[str]:
    """Yield the codes that the classes of a file declare, read from the text alone."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)) if re.search(r"^ +code = ", text, re.MULTILINE) else ():
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if not isinstance(line, ast.Assign) or ast.unparse(line.targets[0]) != "code":
                    continue
                if isinstance(line.value, ast.Constant):
                    yield str(line.value.value)


def test_error_words__for_every_code__say_what_and_what_next() -> None:
    rows = [
        line.split(" | ")
        for line in (REFERENCE / "errors.md").read_text().splitlines()
        if line.startswith("| `")
    ]

    assert rows
    assert not [row[0] for row in rows if not row[2].strip()]


def wrong_on(path: Path) -> list[str]:
    """Return the links and commands on a page that lead nowhere."""
    text = path.read_text()
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    make = re.findall(r"`make ([a-z]+)", text) + re.findall(r"^make ([a-z]+)", text, re.MULTILINE)
    dangol = re.findall(r"(?:`|^)dangol ([a-z-]+)", text, re.MULTILINE)

    lost = [link for link in links if not (path.parent / link).exists()]
    return [*lost, *set(make) - TARGETS, *set(dangol) - COMMANDS.keys()]


def test_pages__links_and_commands__lead_somewhere() -> None:
    assert len(PAGES) > 50

    assert {shown(path): wrong for path in PAGES if (wrong := wrong_on(path))} == {}
