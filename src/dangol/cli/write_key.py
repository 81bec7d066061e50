"""`dangol write-key`: a key that sites, apps and servers send events with."""

from typing import Annotated

import typer
from django.utils.translation import gettext as _

from dangol.cli.actors import at_terminal
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.access.key_drafts import KeyDraft, issue_key
from dangol.core.access.rights import Right
from dangol.core.storage.spaces import LIVE
from dangol.project.clock import now

SERVER = (Right.EVENTS_WRITE, Right.ORDERS_WRITE, Right.MEMBERS_WRITE)


def write_key(
    name: Annotated[str, typer.Argument(help=_("무엇이 보내는지: web, app, server."))],
    space: Annotated[str, typer.Option(help=_("어느 공간에 보낼지: live나 시험 공간의 이름."))] = LIVE,
    server: Annotated[
        bool,
        typer.Option("--server", help=_("주문과 개인정보까지 보내요. 밖에 보이지 않는 서버에서만 쓰세요.")),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a write key and show it, once."""
    output = Output(as_json=as_json, quiet=quiet)
    draft = KeyDraft(name, space, SERVER if server else (Right.EVENTS_WRITE,), None)
    made = issue_key(draft, held=frozenset(Right), by=at_terminal().key, at=now())
    told = {"key": made.secret, "name": made.view.name, "space": made.view.space}
    output.show("dangol.write_key/1", told, made.secret)
    output.say(_("지금만 보여 드려요. 비밀번호처럼 두고, 잃어버리면 새로 만드세요."))
