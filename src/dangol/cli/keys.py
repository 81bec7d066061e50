"""`dangol keys`: what wraps the people's data keys, and changing it."""

from pathlib import Path

import typer
from django.conf import settings
from django.utils.translation import gettext as _
from rich.table import Table

from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.people.rotation import KeysStatus, keys_status, rewrap_keys
from dangol.core.storage.master_keys import hold_key_file, new_master_key_line

app = typer.Typer(no_args_is_help=True)


@app.command(help=_("마스터 키마다 몇 개의 키를 감싸고 있는지 보여 줘요."))
def status(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Show how many data keys each master key wraps."""
    output = Output(as_json=as_json, quiet=quiet)
    found = keys_status()
    output.show("dangol.keys/1", found._asdict() | {"waiting": found.waiting}, _table(found))
    if found.missing:
        output.complain(
            _("링에 없는 마스터 키가 있어요. 그 줄을 다시 넣고 `dangol keys rotate`를 실행하세요.")
        )
        raise typer.Exit(ExitCode.FAILED)
    if found.waiting:
        output.say(_("바꾸던 일이 남았어요: `dangol keys rotate`"))


@app.command(help=_("새 마스터 키를 더하고 모든 키를 그것으로 다시 감싸요. 멈췄으면 이어서 해요."))
def rotate(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Add a master key and wrap every data key under it; or finish a rotation that was cut off.

    Where the environment holds the master keys, the line to add is shown instead, and the next run wraps.
    """
    output = Output(as_json=as_json, quiet=quiet)
    path: Path | None = settings.MASTER_KEYS_FILE
    if path is None:
        _ask_for_a_line(output)
        after = _rewrap(output)
    else:
        # Held to the end: whoever rotates at the same time waits, and then sees what this one has done.
        with hold_key_file(path) as append:
            if not keys_status().waiting:
                append(new_master_key_line())
            after = _rewrap(output)
    output.show("dangol.keys/1", after._asdict() | {"waiting": after.waiting}, _table(after))
    output.say(_("옛 줄은 그때의 키 저장소 백업이 모두 사라진 뒤에 지우세요."))


def _ask_for_a_line(output: Output) -> None:
    """Show the line to add to the environment, and end there, unless a rotation waits to be finished."""
    if keys_status().waiting:
        return
    output.say(_("이 줄을 DANGOL_MASTER_KEYS의 끝에 더하고 모두 다시 시작하세요."))
    output.say(_("그다음 `dangol keys rotate`를 또 실행하세요."))
    line = new_master_key_line()
    output.show("dangol.keys.line/1", {"line": line}, line)
    raise typer.Exit(ExitCode.PARTLY_DONE)


def _rewrap(output: Output) -> KeysStatus:
    done = 0
    with output.track(_("키 다시 감싸기"), keys_status().waiting) as tell:

        def on_batch(count: int) -> None:
            nonlocal done
            done += count
            tell(done)

        rewrap_keys(on_batch=on_batch)
    return keys_status()


def _table(found: KeysStatus) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(_("마스터 키"))
    table.add_column(_("감싼 키"), justify="right")
    table.add_column("")
    for name, count in found.wrapped.items():
        table.add_row(name, f"{count:,}", _("지금 쓰는 키") if name == found.newest else "")
    for name, count in found.missing.items():
        table.add_row(name, f"{count:,}", _("링에 없음"))
    if found.destroyed:
        table.add_row(_("없앤 키"), f"{found.destroyed:,}", "")
    return table
