"""`dangol messages`: how the outbox stands, and whether mail arrives."""

from typing import Annotated

import typer
from django.utils.translation import get_language, gettext as _
from rich.table import Table

from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.messaging.selectors import OutboxStatus, outbox_status
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.trials import send_trial
from dangol.core.storage.ids import show_id
from dangol.project.clock import now

app = typer.Typer(no_args_is_help=True)


@app.command(help=_("보낼 메시지가 얼마나 밀렸는지, 무엇으로 보내는지 보여 줘요."))
def status(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Show what waits, what failed, and by which way messages leave."""
    output = Output(as_json=as_json, quiet=quiet)
    found, sender = outbox_status(now()), find_sender(EMAIL)
    name = sender.name if sender else ""
    output.show("dangol.messages/1", found._asdict() | {"email": name or None}, _table(found, name))


@app.command("test", help=_("시험 메일을 한 통 보내고, 메일 서버가 받았는지 알려 줘요."))
def try_address(
    address: Annotated[str, typer.Argument(help=_("받을 이메일 주소예요."))],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send a test message, and wait for what the mail server says."""
    output = Output(as_json=as_json, quiet=quiet)
    sent = send_trial(address, language=get_language() or "ko", clock=now)
    told = sent._asdict() | {"message_id": show_id(sent.message_id)}
    output.show("dangol.messages.test/1", told, sent.receipt or sent.sender)
    if sent.sender == "sink":
        output.say(_("견본 가게라서 밖으로 보내지 않고 ‘보낸 메시지’ 화면에 남겼어요."))
    else:
        output.say(_("메일 서버가 받았어요. 받은 편지함에서 확인하세요."))


def _table(found: OutboxStatus, sender: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row(_("이메일을 보내는 길"), sender or _("없음"))
    table.add_row(_("기다리는 메시지"), f"{found.waiting:,}")
    table.add_row(_("다시 보낼 메시지"), f"{found.failed:,}")
    table.add_row(_("하루 사이 보내지 못한 메시지"), f"{found.dead:,}")
    return table
