"""Taste, as far as a machine can hold it: short functions, short files, plain names, nothing left undone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house_rules import ROOT, SOURCE, python_files

LINES_PER_FUNCTION = 60
LINES_PER_FILE = 400
VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
UNDONE = re.compile(rf"\b({'|'.join(('TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'))})\b")
INDENTED_IMPORT = re.compile(r"(?:^[ \t]+|[:;][ \t]*)(?:import|from)\b", re.MULTILINE)
# A ratchet: what is too long today, and how long. An entry may be lowered or taken out, never added.
TOO_LONG: dict[str, int] = {}
# Rules a line may set aside without saying why: SQL that is put together from our own names, and
# imports that must wait for the settings.
SELF_EXPLAINING = {"S608", "E402"}

FILES = [
    path
    for folder in ("src/dangol", "src/dangol_client", "tests", "bench", "docs")
    for path in python_files(ROOT / folder)
]
PUBLIC = [path for path in FILES if path.is_relative_to(SOURCE.parent)]


def shown(path: Path) -> str:
    """Return a file's name as people say it."""
    return str(path.relative_to(ROOT))


def long_parts(name: str, text: str) -> Iterator[tuple[str, int]]:
    """Yield the file and its functions that are longer than they may be, with their lengths."""
    if (length := len(text.splitlines())) > LINES_PER_FILE:
        yield name, length
    for node in ast.walk(ast.parse(text)) if length > LINES_PER_FUNCTION else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            if (length := node.end_lineno - node.lineno + 1) > LINES_PER_FUNCTION:
                yield f"{name}::{node.name}", length


def hidden_imports(tree: ast.AST) -> Iterator[int]:
    """Yield the lines of imports inside functions: a cycle being dodged."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno


def untold(tree: ast.Module) -> Iterator[str]:
    """Yield the module, the public classes and the public functions without a docstring."""
    if tree.body and ast.get_docstring(tree) is None:
        yield "the module"
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_") and ast.get_docstring(node) is None:
            yield node.name


def silent_exceptions(text: str) -> Iterator[str]:
    """Yield the rules that a line sets aside without a reason after ` - `."""
    for number, line in enumerate(text.splitlines() if "# noqa" in text or "# type" in text else (), start=1):
        if found := re.search(r"# (noqa|type: ignore)(?:: ?|\[)?([A-Z0-9a-z, -]*?)\]?( - .+)?$", line):
            rules = {rule.strip() for rule in found[2].split(",")}
            if not found[3] and not rules <= SELF_EXPLAINING:
                yield f"line {number}: {found[0]}"


def test_lengths__of_files_and_functions__only_shrink() -> None:
    found = dict(part for path in FILES for part in long_parts(shown(path), path.read_text()))

    assert found == TOO_LONG


def doubled_parts(text: str) -> Iterator[str]:
    """Find lines of a template that say four messages or more which another says in the same order."""
    seen: set[tuple[str, ...]] = set()
    for line in text.splitlines():
        said = tuple(re.findall(r'{% translate "([^"]+)"', line))
        if len(said) >= 4 and said in seen:
            yield said[0]
        seen.add(said)


def untidy(path: Path) -> Iterator[str]:
    """Yield what is untidy in a file: its name, what it imports in passing, and what is left undone."""
    text = path.read_text()
    if path.stem in VAGUE_NAMES:
        yield f"its name says nothing: {path.stem}"
    # Most files have no line that might be one, and need not be parsed.
    if INDENTED_IMPORT.search(text):
        yield from (f"line {line}: an import inside a function" for line in hidden_imports(ast.parse(text)))
    yield from (
        f"line {n}: left undone" for n, line in enumerate(text.splitlines(), 1) if UNDONE.search(line)
    )
    if path in PUBLIC:
        yield from silent_exceptions(text)


def test_files__names_imports_and_leftovers__are_tidy() -> None:
    assert len(FILES) > 1_000

    assert {shown(path): faults for path in FILES if (faults := [*untidy(path)])} == {}


def test_public_names__in_the_product__say_what_they_promise() -> None:
    read = ((path, ast.parse(path.read_text())) for path in PUBLIC)

    assert {shown(path): names for path, tree in read if (names := [*untold(tree)])} == {}


def test_templates__parts_of_one__none_is_there_twice() -> None:
    found = {shown(path): [*doubled_parts(path.read_text())] for path in (ROOT / "src").rglob("*.html")}

    assert not {path: parts for path, parts in found.items() if parts}


def test_tidy_rules__planted_faults__are_each_found() -> None:
    body = "\n".join(["def long():", *["    pass"] * LINES_PER_FUNCTION])
    text = f"{body}\ndef dodge():\n    import os\nrun()  # noqa: F401\nrun()  # noqa: F401 - says why\n"
    tree = ast.parse(text)

    assert list(long_parts("it", text)) == [("it::long", LINES_PER_FUNCTION + 1)]
    assert list(long_parts("it", "\n" * (LINES_PER_FILE + 1))) == [("it", LINES_PER_FILE + 1)]
    assert list(hidden_imports(tree)) == [LINES_PER_FUNCTION + 3]
    assert all(
        INDENTED_IMPORT.search(one) for one in (text, "def f(): import os", "x = 1; from os import path")
    )
    assert not INDENTED_IMPORT.search("import os\nfrom os import path\n")
    assert list(untold(tree)) == ["the module", "long", "dodge"]
    assert [fault.split(":")[0] for fault in silent_exceptions(text)] == [f"line {LINES_PER_FUNCTION + 4}"]
    line = "".join(f'{{% translate "{word}" %}}' for word in ("a", "b", "c", "d"))
    assert list(doubled_parts(f"{line}\n<p>\n<dl>{line}</dl>")) == ["a"]
    assert UNDONE.search("# TO" + "DO: later")
