"""`dangol backup`: the data, the keys apart from it, and the proof that both can be restored."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils.translation import gettext as _

from dangol.cli.exits import ExitCode
from dangol.cli.home import command
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.cli.rehearsal import rehearse
from dangol.core.operations.backups import (
    DATA,
    KEYS,
    MOST_KEY_DAYS,
    Backup,
    back_up_data,
    back_up_keys,
    newest_backup,
)
from dangol.core.operations.manifest import NotABackup
from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import find_proofs, note_proof
from dangol.project.clock import now

app = typer.Typer(invoke_without_command=True)
ToOption = Annotated[Path, typer.Option("--to", help=_("백업을 모으는 폴더예요. 되도록 다른 기기에 두세요."))]


@app.callback()
def backup(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option("--to", help=_("데이터 백업을 모으는 폴더예요."))] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Back up the main database and the lake, while the shop goes on."""
    if context.invoked_subcommand:
        return
    if to is None:
        raise typer.BadParameter(_("백업을 모을 폴더를 적으세요."), param_hint="--to")
    output = Output(as_json=as_json, quiet=quiet)
    made = back_up_data(to.expanduser().resolve(), at=now())
    output.show("dangol.backup/1", _told(made), str(made.folder))
    output.say(_("데이터를 백업했어요: {size:,.1f}MB").format(size=made.size / 1024**2))
    output.say(_("키 저장소는 따로 백업하세요: `{command}`").format(command=command("backup keys --to DIR")))


@app.command(help=_("키 저장소를 따로 백업하고, 오래된 것을 지워요."))
def keys(
    to: ToOption,
    keep_days: Annotated[
        int, typer.Option(min=1, max=MOST_KEY_DAYS, help=_("이 날수보다 오래된 키 백업을 지워요."))
    ] = MOST_KEY_DAYS,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Back up the key store, and delete its backups that are older than an erased person's key may live."""
    output = Output(as_json=as_json, quiet=quiet)
    made, deleted = back_up_keys(to.expanduser().resolve(), at=now(), keep_days=keep_days)
    told = _told(made) | {"deleted": [str(folder) for folder in deleted]}
    output.show("dangol.backup/1", told, str(made.folder))
    output.say(_("키 저장소를 백업했어요. 오래된 것 {count}개를 지웠어요.").format(count=len(deleted)))
    output.say(_("마스터 키(master.keys)와 secret.key는 백업에 없어요. 금고 같은 다른 곳에 두세요."))


@app.command("test", help=_("백업을 임시 홈에 되돌려 보고, 원장과 소비자를 확인해요."))
def rehearse_restore(
    source: Annotated[
        Path | None,
        typer.Option("--from", help=_("데이터 백업이나 그것을 모은 폴더. 처음 값은 마지막 백업.")),
    ] = None,
    keys_source: Annotated[
        Path | None, typer.Option("--keys", help=_("키 백업이나 그것을 모은 폴더. 처음 값은 마지막 백업."))
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Restore the last backups into a scratch home and prove them; exits with 1 if they do not hold."""
    output = Output(as_json=as_json, quiet=quiet)
    data = newest_backup(_or_last(source, ProofName.BACKUP), DATA)
    kept = newest_backup(_or_last(keys_source, ProofName.KEY_BACKUP), KEYS)
    at = now()
    result = rehearse(data, kept)
    note_proof(ProofName.RESTORE_TEST, at=at, broken=0 if result.is_good else 1, told=result.told)
    output.show("dangol.backup.test/1", {"is_good": result.is_good, "restored": result.data})
    if not result.is_good:
        output.complain(_("되돌린 백업이 맞지 않아요."))
        output.complain(result.told)
        raise typer.Exit(ExitCode.FAILED)
    output.say(_("백업을 되돌려 봤어요: 원장이 맞고, 소비자가 모두 움직여요."))


def _or_last(given: Path | None, name: ProofName) -> Path:
    if given is not None:
        return given.expanduser().resolve()
    last = find_proofs().get(name)
    if last is None or not last.told:
        raise NotABackup(folder="–", kind=name.value)
    return Path(last.told)


def _told(made: Backup) -> dict[str, object]:
    manifest = made.manifest
    return {
        "folder": made.folder, "kind": manifest.kind, "made_at": manifest.made_at, "bytes": made.size,
        "position": manifest.position, "engine": f"{manifest.engine} {manifest.engine_version}",
    }  # fmt: skip
