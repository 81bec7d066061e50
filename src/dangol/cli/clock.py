"""`dangol clock`: what time it is in a test space, and moving it forward."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from django.utils.translation import gettext as _

from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.events.settling import pass_time
from dangol.core.people.selectors import shop
from dangol.core.storage.spaces import TEST
from dangol.domain.errors import Malformed
from dangol.project.clock import now, space_at_its_time

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOST = timedelta(days=36_525)

app = typer.Typer(help=_("시험 공간의 시계를 보고 앞으로 옮겨요."), no_args_is_help=True)
SpaceOption = Annotated[str, typer.Option(help=_("시험 공간의 이름이에요."))]


class NotASpan(Malformed):
    """This is no span of time (`given`): write 90m, 12h, 30d or 2w, at most a hundred years."""

    code = "clock.not_a_span"


@app.command()
def show(space: SpaceOption = TEST, as_json: JsonOption = False) -> None:
    """Show what time it is in a test space."""
    with space_at_its_time(space):
        _show(space, now(), Output(as_json=as_json))


@app.command()
def advance(
    span: Annotated[str, typer.Argument(help=_("얼마나: 90m, 12h, 30d, 2w."))],
    space: SpaceOption = TEST,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Move a test space's clock forward, and do all that falls due on the way."""
    length = read_span(span)
    with space_at_its_time(space):
        at = now() + length
        pass_time(at, now=now(), zone=shop().tz)
        _show(space, at, Output(as_json=as_json, quiet=quiet))


def read_span(text: str) -> timedelta:
    """Return the span that `90m`, `12h`, `30d` or `2w` means; raises NotASpan."""
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not (number.isascii() and number.isdigit()) or len(number) > 8:
        raise NotASpan(given=text)
    span = timedelta(**{UNITS[unit]: int(number)})
    if not timedelta(0) < span <= MOST:
        raise NotASpan(given=text)
    return span


def _show(space: str, at: datetime, output: Output) -> None:
    told = {"space": space, "now": at.isoformat()}
    output.show("dangol.clock/1", told, _("시험 공간 {space}: 지금은 {now}").format_map(told))
