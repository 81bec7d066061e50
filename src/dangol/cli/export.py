"""`dangol export`: members, orders, the ledger and the timeline as files that an import takes back."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils.translation import gettext as _

from dangol.cli.actors import at_terminal
from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption, tell_passphrase
from dangol.connectors.files.errors import BadOption
from dangol.connectors.files.exports.base import Table
from dangol.connectors.files.exports.events import Events
from dangol.connectors.files.exports.ledger import Balances, Ledger
from dangol.connectors.files.exports.locked import make_passphrase
from dangol.connectors.files.exports.members import Consents, Members, Tier, point_currencies
from dangol.connectors.files.exports.orders import Orders
from dangol.connectors.files.exports.writing import (
    Form,
    check_target,
    write_file,
    write_locked,
    write_stream,
)
from dangol.core.access.log import PERSONAL, Access, AccessDraft, record_access
from dangol.core.people.selectors import count_by_kind, shop
from dangol.core.storage.ids import Id
from dangol.core.storage.snapshots import read_snapshot
from dangol.project.clock import now
from dangol.rooms.rewards.selectors import list_programs, standings_of

STDOUT = Path("-")

app = typer.Typer(no_args_is_help=True)

FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help=_("쓸 파일: .csv나 .parquet, 잠근 것은 .zip. -는 CSV를 화면으로 내보내요.")
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", help=_("--unmasked의 까닭. 열람 기록에 남아요."))]
EncryptOption = Annotated[
    bool,
    typer.Option("--encrypt", help=_("암호로 잠근 ZIP(AES-256)으로 써요. 암호는 한 번만 보여 줘요.")),
]
BomOption = Annotated[
    bool, typer.Option("--bom", help=_("스프레드시트가 한글을 알아보게 CSV 맨 앞에 표시(BOM)를 넣어요."))
]


@app.command(help=_("회원과 그 포인트, 등급을 내보내요. 이름과 연락처는 가려요."))
def members(
    file: FileArgument,
    unmasked: Annotated[
        bool, typer.Option("--unmasked", help=_("이름, 연락처, 생일, 카드 번호를 가리지 않아요."))
    ] = False,
    consents: Annotated[
        bool, typer.Option("--consents", help=_("회원 대신 수신 동의와 철회의 기록을 내보내요."))
    ] = False,
    encrypt: EncryptOption = False,
    reason: ReasonOption = "",
    bom: BomOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Export the members, or what they agreed to."""
    locked = encrypt or (unmasked and not consents and settings.ENCRYPT_EXPORTS)
    output = _output(file, bom=bom, as_json=as_json, quiet=quiet, locked=locked)
    if consents:
        _export("consents", Consents(), file, output, bom=bom, locked=locked)
        return
    table = Members(tiers_of=_tiers_of, zone=shop().tz, unmasked=unmasked)
    if unmasked:
        _note_download(table.count(), PERSONAL, reason)
        output.say(_("이름과 연락처가 가려지지 않은 채 담겨요. 파일을 다루는 데 조심하세요."))
        if not locked:
            output.say(_("암호로 잠그려면 --encrypt를 붙이세요."))
    else:
        output.say(_("이름과 연락처를 가렸어요. 다른 가게로 옮기려면 --unmasked를 붙이세요."))
    _export("members", table, file, output, bom=bom, locked=locked)


@app.command(help=_("주문과 반품을 줄마다 내보내요. 반품은 수량과 금액이 음수예요."))
def orders(
    file: FileArgument,
    source: Annotated[
        str, typer.Option("--source", help=_("이 출처의 주문만 내보내요. 번호는 출처마다 따로예요."))
    ] = "",
    bom: BomOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Export the lines of orders and returns."""
    output = _output(file, bom=bom, as_json=as_json, quiet=quiet)
    table = Orders(source=source)
    known = table.sources()
    if source and source not in known:
        raise BadOption(option="--source", value=source, known=", ".join(known))
    if not source and len(known) > 1:
        words = _("출처가 여럿이에요({sources}). 다시 가져올 파일이면 --source로 하나씩 내보내세요.")
        output.say(words.format(sources=", ".join(known)))
    _export("orders", table, file, output, bom=bom)


@app.command(help=_("원장을 기입마다 내보내요."))
def ledger(
    file: FileArgument,
    balances: Annotated[
        bool, typer.Option("--balances", help=_("기입 대신, 남은 포인트를 적립분마다 내보내요."))
    ] = False,
    points: Annotated[
        str,
        typer.Option(
            "--points", help=_("--balances로 내보낼 포인트 종류의 코드예요. 하나뿐이면 필요 없어요.")
        ),
    ] = "",
    bom: BomOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Export every entry of the ledger, or the points left."""
    output = _output(file, bom=bom, as_json=as_json, quiet=quiet)
    if not balances:
        _export("ledger", Ledger(), file, output, bom=bom)
        return
    table = Balances(currency=_points_currency(points), zone=shop().tz)
    _export("balances", table, file, output, bom=bom)
    if owing := table.owing():
        words = _("{count:,}명은 포인트를 빚지고 있어요. 빚은 이 파일에 담기지 않아요.")
        output.say(words.format(count=owing))


@app.command(help=_("활동을 일어난 순서대로 내보내요. 고객은 누구인지 모를 열쇠로 적어요."))
def events(
    file: FileArgument,
    unmasked: Annotated[
        bool, typer.Option("--unmasked", help=_("열쇠 대신 가게의 고객 번호를 적어요."))
    ] = False,
    encrypt: EncryptOption = False,
    reason: ReasonOption = "",
    bom: BomOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Export the timeline."""
    locked = encrypt or (unmasked and settings.ENCRYPT_EXPORTS)
    output = _output(file, bom=bom, as_json=as_json, quiet=quiet, locked=locked)
    if unmasked:
        _note_download(sum(count_by_kind().values()), ("external_id",), reason)
    _export("events", Events.up_to_now(unmasked=unmasked), file, output, bom=bom, locked=locked)


def _note_download(people: int, seen: Sequence[str], reason: str) -> None:
    """Write down in the access log, before anything is read, that whole data is taken along, and why."""
    draft = AccessDraft(Access.DOWNLOAD, at_terminal(), reason, seen=seen, people=people)
    record_access([draft], at=now())


def _output(file: Path, *, bom: bool, as_json: bool, quiet: bool, locked: bool = False) -> Output:
    """Refuse what cannot be written before anything is read."""
    if file == STDOUT and as_json:
        raise typer.BadParameter(_("--json과 -는 둘 다 표준 출력에 써요. 파일 이름을 주세요."))
    if locked or file != STDOUT:
        check_target(file, bom=bom, locked=locked)
    return Output(as_json=as_json, quiet=quiet)


def _export(kind: str, table: Table, file: Path, output: Output, *, bom: bool, locked: bool = False) -> None:
    began = monotonic()
    passphrase = make_passphrase() if locked else ""
    view = shop()
    form = Form(view.tz, int(get_currency_precision(view.currency)), bom=bom)
    with _output_errors(output), read_snapshot(), output.track(_("내보내는 중"), table.count()) as tell:
        if file == STDOUT:
            write_stream(table, sys.stdout.buffer, form, tell=tell)
            return
        if locked:
            name = f"{kind}.csv"
            rows = write_locked(table, file, form, name=name, passphrase=passphrase, tell=tell)
        else:
            rows = write_file(table, file, form, tell=tell)
    seconds = monotonic() - began
    words = _("{rows:,}줄을 {file}에 썼어요 ({seconds:.1f}초).")
    output.show(
        "dangol.export/1",
        {"kind": kind, "file": file, "rows": rows, "seconds": round(seconds, 3)}
        | ({"passphrase": passphrase} if passphrase else {}),
        None if output.quiet else words.format(rows=rows, file=file, seconds=seconds),
    )
    tell_passphrase(passphrase, output)


@contextmanager
def _output_errors(output: Output) -> Iterator[None]:
    """Leave quietly when nobody reads on (`| head`), and in words when the disk takes no more."""
    try:
        yield
    except BrokenPipeError:
        # What is still held for it must not be tried again as Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.FAILED) from None
    except OSError as error:
        output.complain(_("파일을 쓰지 못했어요: {error}").format(error=error))
        raise typer.Exit(ExitCode.FAILED) from error


def _tiers_of(customer_ids: Sequence[Id]) -> Mapping[Id, Tier]:
    """Return where members stand now in the shop's first program: a room knows it, and no connector."""
    if not list_programs():
        return {}
    found = standings_of(customer_ids, as_of=now())
    return {owner: Tier(one.tier.key, one.since, one.held_until) for owner, one in found.items()}


def _points_currency(wanted: str) -> str:
    """Return the kind of points that is meant; an empty one where there is none at all."""
    known = point_currencies()
    if wanted in known:
        return wanted
    if wanted or len(known) > 1:
        raise BadOption(option="--points", value=wanted, known=", ".join(known))
    return known[0] if known else ""
