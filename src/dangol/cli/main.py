"""The `dangol` command: finds the instance's home, then the command, then runs it.

Commands are imported only after the language and the settings are known, and only the one that runs:
what they say is translated as it is read, and their models need Django.
"""

import gc
import hashlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NamedTuple

import django
import typer
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.utils.functional import Promise
from django.utils.translation import activate, gettext, gettext_lazy as _
from rich.console import Console

from dangol.cli.broken_database import name_error
from dangol.cli.exits import ExitCode
from dangol.cli.home import command, require_shop
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError, Malformed, NotFound

LANGUAGES = ("ko", "en")
# Known to the library that keeps the meters.
METERS = "PROMETHEUS_MULTIPROC_DIR"
OURS = Path(__file__).parents[1]


class Command(NamedTuple):
    """Where a command's function or Typer app stands, what its help says, and what it needs."""

    place: str
    help: Promise
    needs_shop: bool = True


COMMANDS: Mapping[str, Command] = {
    "demo": Command("dangol.cli.demo:demo", _("실제 가게의 한 해를 견본으로 열어 봐요."), needs_shop=False),
    "init": Command("dangol.cli.init:init", _("가게의 홈을 새로 만들어요."), needs_shop=False),
    "serve": Command(
        "dangol.cli.serve:serve", _("가게를 열어요: 웹, 일꾼, 일정을 한꺼번에 돌려요."), needs_shop=False
    ),
    "worker": Command("dangol.cli.worker:worker", _("할 일을 하고 활동을 처리해요.")),
    "import": Command("dangol.cli.import_:app", _("어느 가게의 파일이든 가져오고, 되돌려요.")),
    "export": Command("dangol.cli.export:app", _("회원, 주문, 원장, 활동을 CSV나 Parquet 파일로 내보내요.")),
    "ledger": Command("dangol.cli.ledger:app", _("포인트 원장이 맞는지 증명해요.")),
    "listen": Command("dangol.cli.listen:listen", _("일어나는 일을 개발 중인 프로그램에 웹훅으로 전해요.")),
    "trigger": Command("dangol.cli.trigger:trigger", _("지어낸 활동 하나를 시험 웹훅으로 보내요.")),
    "segments": Command("dangol.cli.segments:app", _("세그먼트에 있어야 할 사람이 있는지 증명해요.")),
    "people": Command("dangol.cli.people:app", _("한 사람을 합치고, 지우고, 내보내고, 보존해요.")),
    "access-log": Command("dangol.cli.access_log:app", _("누가 누구를 보았는지 보여 주고 증명해요.")),
    "keys": Command("dangol.cli.keys:app", _("사람들의 키를 감싼 마스터 키를 보고 바꿔요.")),
    "write-key": Command(
        "dangol.cli.write_key:write_key", _("웹사이트, 앱, 서버가 활동을 보낼 키를 만들어요.")
    ),
    "messages": Command("dangol.cli.messages:app", _("보낼 메시지를 보고, 메일이 닿는지 시험해요.")),
    "clock": Command("dangol.cli.clock:app", _("시험 공간의 시계를 보고 앞으로 옮겨요.")),
    "backup": Command("dangol.cli.backup:app", _("데이터와 키를 따로 백업하고, 되돌릴 수 있는지 확인해요.")),
    "restore": Command("dangol.cli.restore:restore", _("백업을 되돌려요."), needs_shop=False),
    "staff": Command("dangol.cli.staff:app", _("일하는 사람을 보고, 잃어버린 계정을 되찾아요.")),
    "doctor": Command("dangol.cli.doctor:doctor", _("잘못된 곳과 고칠 명령을 알려 줘요."), needs_shop=False),
}


def take_globals(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Split off `--home` and `--lang`, which may stand before or after the command."""
    taken: dict[str, str] = {}
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if argument == "--":
            rest += [argument, *waiting]
        elif name not in ("--home", "--lang"):
            rest.append(argument)
        elif (found := value if equals else next(waiting, "")) and not found.startswith("-"):
            taken[name] = found
        else:
            raise typer.BadParameter(f"{name} needs a value")
    if taken.get("--lang", "ko") not in LANGUAGES:
        raise typer.BadParameter("--lang is ko or en")
    return taken, rest


def language() -> str:
    """Return the language to speak: `DANGOL_LANG`, else Korean where the system speaks it, else English."""
    chosen = os.environ.get("DANGOL_LANG", "")
    if chosen in LANGUAGES:
        return chosen
    spoken = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ko" if next(filter(None, spoken), "").startswith("ko") else "en"


def set_up(chosen: Mapping[str, str]) -> None:
    """Make Django ready for the home and the language the command line names."""
    if "--home" in chosen:
        os.environ["DANGOL_HOME"] = str(Path(chosen["--home"]).expanduser().resolve())
    if "--lang" in chosen:
        os.environ["DANGOL_LANG"] = chosen["--lang"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.project.settings")
    if not apps.ready:
        django.setup()
    activate(language())


def _share_counters(chosen: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Let the processes of an instance count together: in the memory files of one folder of this machine.

    Decided before Django starts, since the instruments are made as its apps are imported.
    """
    counts = arguments[:1] in (["serve"], ["demo"], ["worker"]) and "--help" not in arguments
    if not counts or METERS in os.environ:
        return
    home = chosen.get("--home") or os.environ.get("DANGOL_HOME") or "default"
    name = hashlib.sha256(str(Path(home).expanduser().resolve()).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"dangol-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # Anybody may make a folder there: one that is not ours is not written to.
    ours = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
    os.environ[METERS] = str(folder) if ours else tempfile.mkdtemp(prefix="dangol-")


def build_app(names: Sequence[str]) -> typer.Typer:
    """Return the application with these commands."""
    app = typer.Typer(
        name="dangol",
        help=gettext("단골을 만들고 지키는 가게의 시스템이에요."),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    # The two options have been taken out of the arguments before this is called: here they are only told of.
    @app.callback()
    def root(
        home: Annotated[Path | None, typer.Option(help=gettext("인스턴스의 홈 폴더예요."))] = None,
        lang: Annotated[str | None, typer.Option(help=gettext("말할 언어: ko 또는 en."))] = None,
        version_: Annotated[bool, typer.Option("--version", help=gettext("버전을 보여 줘요."))] = False,
    ) -> None:
        pass

    for name in names:
        module, _colon, attribute = COMMANDS[name].place.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, help=str(COMMANDS[name].help))
        else:
            app.command(name, help=str(COMMANDS[name].help))(found)
    return app


def _say(sentence: str, remedy: str) -> None:
    words = Console(stderr=True, highlight=False, soft_wrap=True)
    words.print(sentence, style="bold", markup=False)
    if remedy:
        words.print(f"→ {remedy}", markup=False)


def _write_error(told: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps({"error": told}, ensure_ascii=False, default=str) + "\n")


def refuse(error: DomainError, *, as_json: bool) -> int:
    """Say why not, and what to do next; return the exit code."""
    sentence, remedy = explain(error)
    if as_json:
        _write_error({"code": error.code, "data": error.data, "sentence": sentence, "remedy": remedy})
    _say(sentence, remedy)
    if isinstance(error, Malformed):
        return ExitCode.USAGE
    return ExitCode.NOT_FOUND if isinstance(error, NotFound) else ExitCode.REFUSED


def fail(error: Exception, *, as_json: bool) -> int:
    """Say that something broke, where, and what to do next; return the exit code.

    What the error itself says is kept back, for a terminal's text ends in logs and in mails: a database
    quotes the row it could not write, with the people in it. The kind, the database's own name for it and
    the place hold nobody's data.
    """
    frames = traceback.extract_tb(error.__traceback__)
    # The last of our own lines says more than one inside a library.
    at = next((one for one in reversed(frames) if Path(one.filename).is_relative_to(OURS)), frames[-1])
    facts = {"kind": type(error).__name__, "place": f"{Path(at.filename).name}:{at.lineno}"}
    if isinstance(error, DatabaseError):
        code, remedy = "database.failed", command("doctor")
        facts["kind"] = name_error(error)
        sentence = gettext("데이터베이스가 하던 일을 마치지 못했어요({kind}, {place}).")
    else:
        code, remedy = "command.failed", gettext("자세히 보려면 DANGOL_DEBUG=1로 다시 실행하세요.")
        sentence = gettext("예상하지 못한 일로 멈췄어요({kind}, {place}).")
        if isinstance(error, OSError) and error.strerror:
            facts["kind"] = error.strerror
    sentence = sentence.format_map(facts)
    if as_json:
        _write_error({"code": code, "data": facts, "sentence": sentence, "remedy": remedy})
    _say(sentence, remedy)
    return ExitCode.FAILED


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; return its exit code."""
    try:
        chosen, rest = take_globals(arguments)
        if rest == ["--version"]:
            sys.stdout.write(f"dangol {version('dangol')}\n")
            return ExitCode.OK
        _share_counters(chosen, rest)
        set_up(chosen)
    except (typer.BadParameter, ImproperlyConfigured) as problem:
        sys.stderr.write(f"dangol: {problem}\n")
        return ExitCode.USAGE
    try:
        return _run_command(rest)
    except DomainError as refusal:
        return refuse(refusal, as_json="--json" in rest)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:
        if settings.DEBUG:
            raise
        return fail(error, as_json="--json" in rest)


def _run_command(arguments: Sequence[str]) -> int:
    wanted = next((word for word in arguments if not word.startswith("-")), "")
    if wanted in COMMANDS and COMMANDS[wanted].needs_shop and "--help" not in arguments:
        require_shop()
    app = build_app([wanted] if wanted in COMMANDS else list(COMMANDS))
    # What has been loaded stays: only what the command makes is looked through for cycles.
    gc.freeze()
    gc.enable()
    try:
        app(args=arguments, prog_name="dangol")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else ExitCode.OK
    return ExitCode.OK


def main() -> None:
    """Run the command line this process was started with."""
    # A sixth of a start's time goes into looking for garbage among what is just being loaded.
    gc.disable()
    sys.exit(run(sys.argv[1:]))
