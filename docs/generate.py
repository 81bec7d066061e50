"""Write docs/reference from what the code itself declares: `make docs`. With `--check`, only compare."""

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory
from typing import Any, get_args, get_type_hints

import msgspec

import dangol

DOCS = Path(__file__).resolve().parent
REFERENCE = DOCS / "reference"
OPTION_HEAD = ("word", "", "default", "meaning")
NOTE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->"


def prepare(home: str) -> None:
    """Set Django up in English in an empty home, and import every module, so that all is declared."""
    os.environ.update({"DANGOL_HOME": home, "DANGOL_LANG": "en"})
    for name in settings_table():
        if name not in ("DANGOL_HOME", "DANGOL_LANG"):
            os.environ.pop(name, None)
    import_module("dangol.cli.main").set_up({})
    for module in walk_packages(dangol.__path__, "dangol."):
        if not module.name.endswith(("__main__", ".wsgi", ".rsgi")) and ".migrations" not in module.name:
            import_module(module.name)


def settings_table() -> dict[str, dict[str, str]]:
    """Return what docs/settings.toml says of each environment variable."""
    return tomllib.loads((DOCS / "settings.toml").read_text())


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def said(thing: object) -> str:
    """Return the whole docstring in one paragraph."""
    return " ".join((getattr(thing, "__doc__", None) or "").split())


def show_type(kind: Any) -> str:
    """Return a type as its readers know it: `int | None`, `list[SoldLine]`."""
    text = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
    return f"`{re.sub(r'[a-z_.]+[.](?=[A-Za-z])', '', text).replace('NoneType', 'None')}`"


def fields(payload: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the names and types of what a payload carries, and of what its lists hold (`lines[].points`)."""
    hints = get_type_hints(payload)
    for name in payload.__struct_fields__:
        yield f"`{prefix}{name}`", show_type(hints[name])
        for part in get_args(hints[name]):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                yield from fields(part, f"{prefix}{name}[].")


def settings_page() -> str:
    """Return the page of environment variables."""
    rows = [(f"`{name}`", one["default"], one["meaning"]) for name, one in settings_table().items()]
    intro = "What differs between instances comes from the environment or from files in the instance's home."
    return f"# Settings\n\n{intro}\n\n{table(('variable', 'without it', 'meaning'), rows)}\n"


def _options(command: Any) -> Iterator[tuple[str, str, str, str]]:
    for param in command.params:
        if param.name == "help" or getattr(param, "hidden", False):
            continue
        is_option = param.param_type_name == "option"
        names = ", ".join([*param.opts, *param.secondary_opts]) if is_option else param.name.upper()
        default = (
            "" if param.default in (None, False, "") or callable(param.default) else f"`{param.default}`"
        )
        needed = "required" if param.required else ""
        yield f"`{names}`", needed, default, getattr(param, "help", None) or ""


def _words(command: Any) -> tuple[str, list[tuple[str, str, str, str]]]:
    """Return what makes commands alike: their words; a group of commands is like no other."""
    return (command.name if hasattr(command, "commands") else ""), list(_options(command))


def _commands(command: Any, path: str) -> Iterator[str]:
    """Yield a section for each command; neighbors that take the same words share one table."""
    options = list(_options(command))
    heading = f"## `{path}`\n\n{command.help or ''}"
    yield f"{heading}\n\n{table(OPTION_HEAD, options)}" if options else heading
    for alike, group in groupby(getattr(command, "commands", {}).values(), _words):
        inner = list(group)
        if len(inner) == 1:
            yield from _commands(inner[0], f"{path} {inner[0].name}")
        else:
            lines = "\n".join(f"- `{path} {one.name}`: {one.help}" for one in inner)
            names = " · ".join(str(one.name) for one in inner)
            yield f"## `{path}` {names}\n\n{lines}\n\n{table(OPTION_HEAD, alike[1])}"


def commands_page() -> str:
    """Return the page of the command line."""
    main, exits = import_module("dangol.cli.main"), import_module("dangol.cli.exits")
    app = import_module("typer.main").get_command(main.build_app(list(main.COMMANDS)))
    codes = [(f"`{code.value}`", code.name.lower().replace("_", " ")) for code in exits.ExitCode]
    intro = (
        "Data goes to stdout, words and progress to stderr. `--home` and `--lang` may stand before or after"
        " a command; `--json` gives the data as one JSON object that names its schema."
    )
    parts = ["# Commands", intro, table(("exit code", "meaning"), codes), *_commands(app, "dangol")]
    return "\n\n".join(parts) + "\n"


def events_page() -> str:
    """Return the page of events and what they carry."""
    payloads = import_module("dangol.core.events.payloads").PAYLOADS
    parts = [
        "# Events",
        "What happened, as the timeline, the lake and consumers know it. Beside its payload each event has an"
        " id, the customer's id and number in the customer's order, the id of its subject, and two instants:"
        " when it happened and when it was recorded. No payload holds personal data. Ids are 16 bytes, base64"
        " in JSON; amounts are integers in the minor unit of their currency.",
    ]
    for name, payload in sorted(payloads.items()):
        rows = list(fields(payload))
        place = payload.__module__.removeprefix("dangol.")
        told = f"## `{name}`\n\n{said(payload)} (`{place}`)"
        parts.append(f"{told}\n\n{table(('field', 'type'), rows)}" if rows else told)
    return "\n\n".join(parts) + "\n"


def errors_page() -> str:
    """Return the page of error codes."""
    errors = import_module("dangol.domain.errors")
    words = import_module("dangol.core.refusals").words_by_code()
    assert words.keys() <= errors.ERRORS.keys(), f"words for no code: {words.keys() - errors.ERRORS.keys()}"
    rows = []
    for code, error in sorted(errors.ERRORS.items()):
        told = words.get(code)
        exit_code = 4
        if issubclass(error, errors.NotFound | errors.Malformed):
            exit_code = 3 if issubclass(error, errors.NotFound) else 2
        sentence, remedy = (told.sentence, told.remedy) if told else ("", "")
        rows.append((f"`{code}`", said(error), sentence, remedy, "yes" if error.retryable else "", exit_code))
    head = ("code", "meaning", "sentence", "what to do", "retry", "exit")
    intro = "What a rule says no to. A code keeps its meaning; its sentence follows the reader's language."
    return f"# Error codes\n\n{intro}\n\n{table(head, rows)}\n"


def files_page() -> str:
    """Return the page of files that can be imported: their columns, and the headers they are known by."""
    columns = import_module("dangol.connectors.files.columns")
    parts = [
        "# Files to import",
        "CSV or Parquet. A column is found by any of its headers, whatever their case, spaces and"
        " underscores; `--map` says it by hand. Of the columns that name a customer one is enough.",
    ]
    for kind, known in columns.COLUMNS.items():
        rows = [
            (f"`{one.name}`", one.type.value, "yes" if one.required else "", ", ".join(one.synonyms))
            for one in known
        ]
        parts.append(f"## `{kind}`\n\n{table(('column', 'holds', 'required', 'headers'), rows)}")
    return "\n\n".join(parts) + "\n"


def rooms_page() -> str:
    """Return the page of rooms and floors: what each is for and which tables it keeps."""
    rows = []
    for config in import_module("django.apps").apps.get_app_configs():
        if config.name.startswith("dangol."):
            tables = ", ".join(f"`{model._meta.db_table}`" for model in config.get_models())
            rows.append((f"`{config.name.removeprefix('dangol.')}`", said(type(config)), tables))
    return f"# Rooms and floors\n\nLower ones first.\n\n{table(('app', 'what it is for', 'tables'), rows)}\n"


def actions_page() -> str:
    """Return the page of actions: what each does, what it is asked with and what it answers."""
    actions = import_module("dangol.project.actions").ACTIONS
    parts = [
        "# Actions",
        "What may be done to or for a customer, through the catalog: once for each key, with a dry run. Ids"
        " are text; instants are ISO 8601 with an offset.",
    ]
    for action in sorted(actions, key=lambda action: action.name):
        asked = table(("field", "type"), list(fields(action.payload)))
        answered = table(("answer", "type"), list(fields(action.result)))
        parts.append(
            f"## `{action.name}`\n\n{said(action.payload)}\n\n{asked}\n\n{said(action.result)}\n\n{answered}"
        )
    return "\n\n".join(parts) + "\n"


def work_page() -> str:
    """Return the page of what runs by itself: consumers of events, tasks and their schedules."""
    consumers = import_module("dangol.project.consumers")
    registry = import_module("dangol.core.tasks.registry")._registry
    listens = [
        (f"`{one.name}`", how, ", ".join(f"`{name}`" for name in sorted(one.events)) or "all")
        for how, group in (("inline", consumers.INLINE), ("by cursor", consumers.BY_CURSOR))
        for one in group
    ]
    tasks = [
        (f"`{name}`", str(registry.schedules.get(name, "when enqueued")), said(task.handler))
        for name, task in sorted(registry.tasks.items())
    ]
    parts = [
        "# What runs by itself",
        "## Consumers\n\nAn inline consumer runs in the transaction that records the event; the others follow"
        f" by a cursor.\n\n{table(('consumer', 'runs', 'events'), listens)}",
        f"## Tasks\n\n{table(('task', 'when', 'what it does'), tasks)}",
    ]
    return "\n\n".join(parts) + "\n"


def api_page() -> str:
    """Return the page of the HTTP API: each operation, what it does, and the right a key needs for it."""
    document = msgspec.json.decode(openapi())
    rows = [
        (f"`{method.upper()} {address}`", f"`{one['x-right']}`", " ".join(one.get("description", "").split()))
        for address, operations in document["paths"].items()
        for method, one in operations.items()
    ]
    intro = (
        "Every operation at `/api/v1`, with the scope its key needs. [openapi.json](openapi.json) has every"
        " field, and a running instance serves it at `/api/v1/openapi.json`. [How to begin](../start/api.md)."
    )
    return f"# HTTP API\n\n{intro}\n\n{table(('operation', 'scope', 'what it does'), rows)}\n"


def openapi() -> str:
    """Return the OpenAPI document."""
    found: bytes = import_module("dangol.api.urls").openapi()
    return f"{found.decode()}\n"


def condition_schema() -> str:
    """Return the JSON Schema of conditions."""
    schema = import_module("dangol.domain.conditions").json_schema()
    return f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"


def metrics_page() -> str:
    """Return the page of the meters: what each tells, and when it is time to act."""
    declared = import_module("dangol.core.metrics").declared_metrics()
    rows = [
        (f"`{name}`", told.kind, ", ".join(f"`{label}`" for label in told.labels), told.meaning, told.alert)
        for name, told in sorted(declared.items())
    ]
    intro = (
        "What `/metrics` shows, in Prometheus' text form. Counters begin at nothing when a process starts;"
        " those of all processes on a machine are added up. No label holds anything of a person."
        " [What to watch, and what to do](../operate/monitoring.md)."
    )
    head = ("metric", "kind", "labels", "meaning", "act when")
    return f"# Metrics\n\n{intro}\n\n{table(head, rows)}\n"


def _by_operation() -> list[tuple[str, ...]]:
    """Return each operation of the API with the scope it needs, and the roles that have that right."""
    rights = import_module("dangol.core.access.rights")
    document = msgspec.json.decode(openapi())
    return [
        (
            f"`{method.upper()} {address}`", f"`{one['x-right']}`",
            *("✓" if one["x-right"] in rights.RIGHTS[role] else "" for role in rights.Role),
        )
        for address, operations in document["paths"].items()
        for method, one in operations.items()
    ]  # fmt: skip


def roles_page() -> str:
    """Return the page of who may do what: rights by role, and each address with the right it needs."""
    rights, guard = import_module("dangol.core.access.rights"), import_module("dangol.web.guard")
    roles = list(rights.Role)
    head = [f"`{role.value}`" for role in roles]
    by_right = [
        (f"`{right.value}`", *("✓" if right in rights.RIGHTS[role] else "" for role in roles))
        for right in rights.Right
    ]
    doors = {
        guard.Door.ALL: "everybody", guard.Door.MEMBER: "the member whose link it is",
        guard.Door.KEY: "an API key, by its scopes", guard.Door.STAFF: "all staff",
        guard.Door.SETUP: "all staff, before a second factor is set up",
    }  # fmt: skip
    by_route = []
    for route in sorted(guard.routes()):
        access = route.access
        assert access is not None, f"{route.path} opens to nobody: declare what it needs"
        needed = f"`{access.right.value}`" if access.right else doors[access.door]
        may = ("✓" if not access.right or access.right in rights.RIGHTS[role] else "" for role in roles)
        by_route.append((f"`{route.path}`", needed, *may))
    parts = [
        "# Roles",
        "Who may do what. A member of staff has one role; each page names the one right it needs, and a page"
        " that names none opens to nobody. A test tries every address below as every role."
        " A `store` role may be bound to one store, and then another store's members are not found.",
        f"## Rights by role\n\n{table(('right', *head), by_right)}",
        f"## Addresses\n\n{table(('address', 'opens to', *head), by_route)}",
        "## The API\n\nA key has scopes, which are rights, and an operation needs one of them.\n\n"
        f"{table(('operation', 'scope', *head), _by_operation())}",
    ]
    return "\n\n".join(parts) + "\n"


def retention_page() -> str:
    """Return the page of how long each class of records is kept."""
    classes = import_module("dangol.core.people.retention").record_classes()
    rows = [
        (
            f"`{one.name}`",
            one.label,
            f"{one.kept.days} days" if one.kept else "",
            "yes" if one.remove and one.kept else "",
            one.ground,
        )
        for one in classes
    ]
    intro = (
        "`people.retain` removes each night what is over; `dangol people retention` shows how much that was."
        " A legal hold (`dangol people hold`) comes before all of it. Dangol gives the controls; whether they"
        " are enough for your shop is for a lawyer to say."
    )
    head = ("class", "what", "kept", "removed by the table", "ground")
    return f"# Retention\n\n{intro}\n\n{table(head, rows)}\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "events.md": events_page,
    "errors.md": errors_page,
    "files.md": files_page,
    "rooms.md": rooms_page,
    "actions.md": actions_page,
    "work.md": work_page,
    "api.md": api_page,
    "metrics.md": metrics_page,
    "roles.md": roles_page,
    "retention.md": retention_page,
}
FILES: Mapping[str, Callable[[], str]] = {
    "openapi.json": openapi,
    "condition.schema.json": condition_schema,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` name those that differ; return the exit code."""
    with TemporaryDirectory(prefix="dangol-docs-") as home:
        prepare(home)
        pages = {REFERENCE / name: f"{NOTE}\n\n{make()}" for name, make in PAGES.items()}
        pages |= {REFERENCE / name: make() for name, make in FILES.items()}
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is stale: run `make docs`.")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(pages[path])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
