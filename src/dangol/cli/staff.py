"""`dangol staff`: who works here, and a way back in for an owner who lost everything."""

from typing import Annotated

import typer
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from rich.table import Table

from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.cli.serve import LOOPBACK, PORT
from dangol.core.access.selectors import StaffView, find_staff_number, list_staff
from dangol.core.access.services import recover_staff
from dangol.core.access.staff_errors import UnknownStaff
from dangol.project.clock import now

app = typer.Typer(no_args_is_help=True)


@app.command("list", help=_("일하는 사람과 역할을 보여 줘요."))
def list_people(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Show who works here, as what, and whether they can come in."""
    people = list_staff()
    rows = [
        {"name": one.username, "role": one.role.value, "state": _state(one), "second_factor": one.has_factor}
        for one in people
    ]
    table = Table(box=None, pad_edge=False)
    for head in (_("아이디"), _("역할"), _("상태"), _("두 번째 인증")):
        table.add_column(head)
    for row in rows:
        table.add_row(
            str(row["name"]), str(row["role"]), str(row["state"]), "✓" if row["second_factor"] else ""
        )
    Output(as_json=as_json, quiet=quiet).show("dangol.staff/1", {"staff": rows}, table)


def _state(person: StaffView) -> str:
    if person.suspended_at:
        return "suspended"
    return "open" if person.is_open else "waiting"


@app.command(help=_("비밀번호와 두 번째 인증을 지우고, 새로 정하는 링크를 한 번 보여 줘요."))
def recover(
    name: Annotated[str, typer.Argument(help=_("로그인할 때 쓰는 아이디예요."))],
    url: Annotated[str, typer.Option(help=_("가게를 여는 주소예요."))] = f"http://{LOOPBACK}:{PORT}",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take away someone's password and second factors, end their sessions, and print a link to begin anew.

    Whoever may run this reads the databases as well: no further proof is asked for.
    """
    number = find_staff_number(name)
    if number is None:
        raise UnknownStaff(name=name)
    reason = _("dangol staff recover로 되찾았어요")
    link = recover_staff(number, reason=reason, by=None, at=now())
    address = f"{url.rstrip('/')}{reverse('web:welcome', args=[link.secret])}"
    output = Output(as_json=as_json, quiet=quiet)
    output.show(
        "dangol.staff.link/1", {"name": name, "link": address, "expires_at": link.expires_at}, address
    )
    until = date_format(link.expires_at, "Y-m-d H:i")
    output.say(_("{until}(UTC)까지 한 번 열려요. 지금만 보여 드려요.").format(until=until))
