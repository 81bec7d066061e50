"""`dangol access-log`: who saw whom, and the proof that nobody has changed the record of it."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from django.conf import settings
from django.utils.translation import gettext as _
from msgspec import to_builtins
from rich.table import Table

from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.cli.people import find_customer
from dangol.core.access.chain import ChainHead, chain_entries, export_chain, read_head, verify_chain
from dangol.core.access.log import EntryQuery, EntryView, list_entries
from dangol.core.duties.heads import LONGEST_DOCUMENT, file_heads, read_checkpoint, sign_head
from dangol.core.operations.proofs import prove_access_log
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import show_id
from dangol.project.clock import now

app = typer.Typer(no_args_is_help=True)
MOST = 1_000


@app.callback()
def access_log() -> None:
    """Show and prove the access log."""


@app.command("list", help=_("누가 누구의 무엇을 언제 어디서 왜 보았는지, 새것부터 보여 줘요."))
def list_(
    customer: Annotated[str, typer.Option("--customer", help=_("이 고객에 관한 것만."))] = "",
    actor: Annotated[str, typer.Option("--actor", help=_("이 사람이나 키가 한 것만."))] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help=_("보여 줄 줄의 수."))] = 50,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show entries, latest first."""
    output = Output(as_json=as_json, quiet=quiet)
    query = EntryQuery(subject_id=find_customer(customer) if customer else None, actor=actor)
    entries = [_told(one) for one in list_entries(query, limit=limit)]
    names = ("at", "actor", "address", "action", "subject_id", "people", "seen", "reason")
    table = Table(*names, box=None)
    for entry in entries:
        table.add_row(*(_cell(entry[name]) for name in names))
    output.show("dangol.access_log/1", {"entries": entries}, table)


def _told(entry: EntryView) -> dict[str, Any]:
    subject = show_id(entry.subject_id) if entry.subject_id else None
    return entry._asdict() | {"id": show_id(entry.id), "subject_id": subject}


def _cell(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")


@app.command(help=_("사슬의 머리를 보여 줘요. 다른 곳에 적어 두면, 나중에 통째로 고쳐 쓴 것도 드러나요."))
def head(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Chain what is left, and show the head."""
    output = Output(as_json=as_json, quiet=quiet)
    while chain_entries():
        pass
    found = read_head()
    told = {"number": found.number, "digest": found.digest.hex(), "head": found.text}
    output.show("dangol.access_log.head/1", told, found.text)


@app.command(help=_("기록을 모두 다시 계산해서, 바뀌거나 빠지거나 끼어든 곳을 찾아요."))
def verify(
    anchor: Annotated[str, typer.Option("--head", help=_("전에 적어 둔 머리(번호:해시)와 견주어요."))] = "",
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", help=_("보관해 둔 확인점 파일과 견주어요."))
    ] = None,
    key: Annotated[str, typer.Option("--key", help=_("비밀 키를 바꾸기 전의 공개 키."))] = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Prove the chain; exits with 1 and says where if it is not what was written."""
    output = Output(as_json=as_json, quiet=quiet)
    # A head that was mistyped proves nothing about the log: only the plain check is noted.
    known = _read_file(checkpoint, key) if checkpoint else _read_head(anchor)
    verdict = verify_chain(as_of=now(), anchor=known) if known else prove_access_log(at=now())
    faults = [
        {"what": one.what, "number": one.number, "entry": show_id(one.entry_id) if one.entry_id else None}
        for one in verdict.faults
    ]
    told = {
        "is_sound": not faults, "checked": verdict.checked, "waiting": verdict.waiting,
        "begins_after": verdict.first, "head": verdict.head.text, "faults": faults,
    }  # fmt: skip
    table = Table("what", "number", "entry", box=None)
    for one in faults:
        table.add_row(str(one["what"]), str(one["number"]), str(one["entry"] or ""))
    if faults:
        output.show("dangol.access_log.verify/1", told, table)
        words = _("열람 기록이 적힌 그대로가 아니에요: {count}곳. 데이터베이스를 그대로 보존하세요.")
        output.complain(words.format(count=len(faults)))
        raise typer.Exit(ExitCode.FAILED)
    output.show("dangol.access_log.verify/1", told)
    if known and known.number < verdict.first:
        words = _(
            "그 머리는 보존 기간이 지나 지운 기록에 관한 것이라 견줄 것이 없어요({number}건부터 남았어요)."
        )
        output.complain(words.format(number=verdict.first + 1))
        raise typer.Exit(ExitCode.FAILED)
    output.say(_("열람 기록 {checked:,}건이 적힌 그대로예요.").format(checked=verdict.checked))


def _read_file(path: Path, key: str) -> ChainHead:
    try:
        with path.open("rb") as file:
            document = file.read(LONGEST_DOCUMENT + 1)
    except OSError as error:
        words = _("{path}을(를) 읽을 수 없어요: {reason}")
        raise typer.BadParameter(words.format(path=path, reason=error.strerror)) from None
    return read_checkpoint(document.strip(), known_key=key).chain_head


@app.command(help=_("머리에 서명해서 남기고, 정해 둔 곳(폴더, 메일)으로 보내요. 날마다 저절로도 해요."))
def checkpoint(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Sign the head now, keep it, and send it where the settings say."""
    output = Output(as_json=as_json, quiet=quiet)
    made = sign_head(at=now(), language=shop().language)
    files = (
        [str(path) for path in file_heads(settings.CHECKPOINT_FOLDER)] if settings.CHECKPOINT_FOLDER else []
    )
    told = {"checkpoint": to_builtins(made), "files": files, "mailed": len(settings.CHECKPOINT_MAIL)}
    output.show("dangol.access_log.checkpoint/1", told, msgspec.json.encode(made).decode())
    if not files and not settings.CHECKPOINT_MAIL:
        output.complain(_("보낼 곳이 없어요. DANGOL_CHECKPOINT_FOLDER나 DANGOL_CHECKPOINT_MAIL을 정하세요."))


def _read_head(text: str) -> ChainHead | None:
    if not text:
        return None
    number, _colon, digest = text.partition(":")
    try:
        head_ = ChainHead(int(number), bytes.fromhex(digest))
    except ValueError:
        head_ = ChainHead(-1, b"")
    if head_.number < 0 or len(head_.digest) != 32:
        raise typer.BadParameter(_("머리는 번호:해시 꼴이에요."))
    return head_


@app.command(help=_("사슬을 모두 JSON 줄로 내보내요: 다른 곳에 두거나 다른 프로그램으로 다시 계산하게."))
def export() -> None:
    """Write every link and its entry as a line of JSON."""
    for line in export_chain():
        sys.stdout.buffer.write(line + b"\n")
