"""`dangol restore`: backups into an empty home, and the proof that everything in it holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _, ngettext

from dangol.cli.exits import ExitCode
from dangol.cli.home import SecretKeyLost, command, has_secret_key, table_names
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.ledger.verify import verify
from dangol.core.operations.backups import DATA, KEYS, newest_backup
from dangol.core.operations.migrating import pending_migrations
from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import ledger_checks, note_proof
from dangol.core.operations.restores import (
    Source,
    open_backup,
    put_back,
    replay_consumers,
    require_empty,
    run_consumers,
)
from dangol.core.people.keystore import KEY_STORE
from dangol.core.people.lost_keys import count_lost_keys
from dangol.core.people.models import Customer, PersonKey
from dangol.core.storage.master_keys import key_ring
from dangol.project.clock import now


def restore(
    source: Annotated[
        Path | None, typer.Option("--from", help=_("데이터 백업이나 그것을 모은 폴더예요."))
    ] = None,
    keys: Annotated[Path | None, typer.Option("--keys", help=_("키 백업이나 그것을 모은 폴더예요."))] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help=_("홈에 있는 것을 비켜 두고 그 자리에 되돌려요."))
    ] = False,
    prove: Annotated[bool, typer.Option("--prove", hidden=True)] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Restore the data, the key store, or both; everything is checked before anything is touched.

    Afterward the ledger is proved and every consumer reads on. Without its key store the shop can only be
    looked at. Exits with 1 where something does not hold.
    """
    output = Output(as_json=as_json, quiet=quiet)
    if source is None and keys is None:
        raise typer.BadParameter(_("되돌릴 백업을 적으세요."), param_hint="--from")
    if not has_secret_key():
        raise SecretKeyLost(home=str(settings.HOME))
    sources = _open(source, keys, output)
    require_empty(sources, replaces=replace, at=now())
    put_back(sources, at=now())
    told, broken = _prove(output, replays=prove)
    output.show("dangol.restore/1", {"home": settings.HOME, **told})
    if broken:
        output.complain(_("되돌렸지만 맞지 않는 것이 있어요: {names}").format(names=", ".join(broken)))
        raise typer.Exit(ExitCode.FAILED)
    output.say(_("되돌렸어요. 다음: `{command}`").format(command=command("serve")))


def _open(source: Path | None, keys: Path | None, output: Output) -> list[Source]:
    wanted = [(folder, kind) for folder, kind in ((source, DATA), (keys, KEYS)) if folder is not None]
    if keys is not None:
        key_ring()  # without its master keys a key store opens nothing
    opened = []
    for folder, kind in wanted:
        found = newest_backup(folder.expanduser().resolve(), kind)
        output.say(_("확인하는 중: {folder}").format(folder=found))
        opened.append(open_backup(found, kind))
    return opened


def _prove(output: Output, *, replays: bool) -> tuple[dict[str, Any], list[str]]:
    """Return what was found in what is there now, and the names of what does not hold."""
    missing = [name for alias in _whole_databases() for name in pending_migrations(alias)]
    if missing:
        remedy = _("이 판에 맞추세요: `{command}`").format(command=command("init --upgrade"))
        output.complain(remedy)
        return {"pending_migrations": missing}, ["migrations"]
    told: dict[str, Any] = {"pending_migrations": []}
    broken = _prove_ledger(output)
    has_keys = KEY_STORE in _whole_databases()
    told |= {"ledger_is_kept": not broken, "is_read_only": not has_keys}
    if not has_keys:
        output.complain(_("키 저장소는 되돌리지 않았어요. 이름과 연락처를 열 수 없고, 보기 전용으로 열려요."))
        output.complain(f"→ `{command('restore --keys DIR')}`")
        return told, broken
    if lost := count_lost_keys():
        words = ngettext(
            "고객 %(count)d명의 키가 없어서 그 개인정보를 열 수 없어요.",
            "고객 %(count)d명의 키가 없어서 그 개인정보를 열 수 없어요.",
            lost,
        )
        output.complain(words % {"count": lost})
    told["people_without_key"] = lost
    stuck = _prove_consumers(output, told, replays=replays)
    if replays:
        broken += _prove_ledger(output)
    return told, [*broken, *stuck]


def _prove_ledger(output: Output) -> list[str]:
    findings = list(verify(ledger_checks()))
    broken = [one.check.name for one in findings if not one.is_kept]
    note_proof(ProofName.LEDGER, at=now(), broken=len(broken), told=", ".join(broken))
    if not broken:
        output.say(_("원장이 맞아요: 불변 조건 {count}가지를 모두 지켜요.").format(count=len(findings)))
    return broken


def _prove_consumers(output: Output, told: dict[str, Any], *, replays: bool) -> list[str]:
    states = replay_consumers(clock=now) if replays else run_consumers(clock=now)
    told["consumers"] = [one._asdict() for one in states]
    for one in states:
        output.say(f"{one.name}: {one.position:,} / {one.head:,}")
    return [one.name for one in states if one.error or one.position != one.head]


def _whole_databases() -> Sequence[str]:
    """Return the databases that are there: the key store may be missing."""
    if Customer.objects.exists() and not _has_key_tables():
        return [alias for alias in connections if alias != KEY_STORE]
    return list(connections)


def _has_key_tables() -> bool:
    return PersonKey._meta.db_table in table_names(KEY_STORE)
