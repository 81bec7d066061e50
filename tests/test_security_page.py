"""The page of duties: every test it names exists, and every row says how it is shown or that it is open."""

import ast
import re

from tests.house_rules import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
ROW = re.compile(r"^\| (?!row|#|---)(.+?) \|(.*)\|$", re.MULTILINE)


def test_security_page__tests_it_names__exist() -> None:
    missing = []
    for path, name in NAMED.findall(PAGE):
        file = ROOT / path
        functions = (
            {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
            if file.is_file()
            else set()
        )
        if not file.is_file() or (name and name not in functions):
            missing.append(f"{path}::{name}")

    assert len(NAMED.findall(PAGE)) > 50
    assert not missing


def test_security_page__every_row__names_a_test_a_command_or_says_open() -> None:
    rows = ROW.findall(PAGE)

    assert len(rows) > 45
    assert not [name for name, told in rows if not NAMED.search(told) and "*open*" not in told]
