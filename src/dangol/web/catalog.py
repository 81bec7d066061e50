"""The English catalog: what is to be translated, whether all of it is, and the compiled form.

`python -m dangol.web.catalog` collects every message from the source, brings the .po up to date and
writes the .mo beside it, with Babel and Django's own template reader: no gettext tools are needed.
`--check` writes nothing and fails if a message is not translated or the .mo is not the .po.
"""

import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent
PO = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
# Name of the function → how many strings lead its arguments: (has a context, has a plural).
_SHAPES = {
    "gettext": (False, False), "gettext_lazy": (False, False), "gettext_noop": (False, False),
    "_": (False, False), "ngettext": (False, True), "ngettext_lazy": (False, True),
    "pgettext": (True, False), "pgettext_lazy": (True, False),
    "npgettext": (True, True), "npgettext_lazy": (True, True),
}  # fmt: skip
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"\b({'|'.join(_SHAPES)})\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)")
# A fixed date: a catalog that says when it was written differs at every writing.
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


class Message(NamedTuple):
    """Something to translate, with the plural form and the context where it has them."""

    text: str
    plural: str | None = None
    context: str | None = None


def collect_messages(root: Path = PACKAGE) -> set[Message]:
    """Return every message in the Python files and templates below `root`."""
    messages: set[Message] = set()
    for path in sorted(root.rglob("*.py")):
        messages.update(_in_python(path.read_text(encoding="utf-8")))
    for path in sorted([*root.rglob("*.html"), *root.rglob("templates/**/*.txt")]):
        messages.update(_in_template(path.read_text(encoding="utf-8")))
    return messages


def _message(function: str, strings: list[str]) -> Message:
    has_context, has_plural = _SHAPES[function]
    context = strings.pop(0) if has_context else None
    return Message(strings[0], strings[1] if has_plural else None, context)


def _in_python(source: str) -> Iterator[Message]:
    nodes = list(ast.walk(ast.parse(source)))
    names = _imported_names(nodes)
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        function = names.get(called, called)
        strings = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if function in _SHAPES and len(strings) >= 1 + sum(_SHAPES[function]):
            yield _message(function, strings)


def _imported_names(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Return what the functions of Django's translation are called in this file: `gettext as _`."""
    return {
        alias.asname: alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.asname
    }


def _in_template(source: str) -> Iterator[Message]:
    for function, literals in _CALL.findall(templatize(source)):
        yield _message(function, [ast.literal_eval(one) for one in re.findall(_LITERAL, literals)])


def read_catalog(path: Path = PO) -> Catalog:
    """Return the translations as they stand; an empty catalog if there is no file."""
    if not path.is_file():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def find_untranslated(messages: Iterable[Message], catalog: Catalog) -> list[Message]:
    """Return the messages that have no translation, or in which a placeholder was lost."""
    return sorted(
        (one for one in messages if not _is_translated(one, catalog)),
        key=lambda one: (one.text, one.context or ""),
    )


def _is_translated(message: Message, catalog: Catalog) -> bool:
    found = catalog.get(message.text, context=message.context)
    if found is None or bool(message.plural) != found.pluralizable:
        return False
    strings = found.string if isinstance(found.string, tuple | list) else (found.string,)
    given = [one or "" for one in strings]
    wanted = _placeholders(message.text)
    kept = [_placeholders(one) for one in given]
    # A form for one may say "a" for the number; the last form must say all of it, and none may invent any.
    return all(given) and all(one <= wanted for one in kept) and kept[-1] == wanted


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w*", text))


def merge_messages(messages: Iterable[Message], earlier: Catalog) -> Catalog:
    """Return a catalog of exactly these messages, with the translations they had."""
    merged = Catalog(
        locale="en",
        project="dangol",
        version="1",
        header_comment="# English for the Korean of the source, rewritten by `python -m dangol.web.catalog`.",
        creation_date=_WRITTEN,
        revision_date=_WRITTEN,
        fuzzy=False,
    )
    for message in sorted(messages, key=lambda one: (one.text, one.context or "")):
        found = earlier.get(message.text, context=message.context)
        known = found.string if found is not None and found.pluralizable == bool(message.plural) else None
        text = (message.text, message.plural) if message.plural else message.text
        flags = ("python-format",) if "%(" in message.text else ()
        merged.add(text, known, context=message.context, flags=flags)
    return merged


def compile_catalog(catalog: Catalog) -> bytes:
    """Return the catalog as a .mo file's bytes; the same catalog gives the same bytes."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def render_catalog(catalog: Catalog) -> bytes:
    """Return the catalog as a .po file's bytes, without places in the source: those change daily."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, no_location=True, width=110, sort_output=True)
    return buffer.getvalue()


def main(arguments: list[str]) -> int:
    """Write or check the catalog; returns the exit code."""
    messages = collect_messages()
    catalog = read_catalog()
    if "--check" not in arguments:
        catalog = merge_messages(messages, catalog)
        PO.parent.mkdir(parents=True, exist_ok=True)
        PO.write_bytes(render_catalog(catalog))
        MO.write_bytes(compile_catalog(read_catalog()))
    missing = find_untranslated(messages, catalog)
    for message in missing:
        sys.stderr.write(f"not translated: {message.text!r}\n")
    stale = not MO.is_file() or MO.read_bytes() != compile_catalog(read_catalog())
    if stale:
        sys.stderr.write("django.mo is not django.po; run python -m dangol.web.catalog\n")
    return int(bool(missing) or stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
