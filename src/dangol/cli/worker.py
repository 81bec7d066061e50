"""`dangol worker`: jobs, consumers and the lake, without the rest of the instance."""

from typing import Annotated

import typer
from django.utils.translation import gettext as _

from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.cli.processes import run_worker, work_until_idle


def worker(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help=_("지금 할 일을 모두 하고 끝내요."))
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Do jobs, hand events to consumers and write the lake, until stopped or until nothing is due.

    Exits with 5 where a job or a consumer failed.
    """
    if not until_idle:
        run_worker()
        return
    output = Output(as_json=as_json, quiet=quiet)
    settled = work_until_idle()
    words = _("할 일 {jobs:,}건을 하고, 활동 {events:,}건을 데이터 레이크에 썼어요.")
    output.say(words.format(jobs=settled.jobs, events=settled.events))
    output.show("dangol.worker/1", settled._asdict())
    if settled.failed_jobs:
        output.complain(_("끝내지 못한 할 일이 {count:,}건 있어요.").format(count=settled.failed_jobs))
    if settled.stuck_consumers:
        names = ", ".join(settled.stuck_consumers)
        output.complain(_("활동을 처리하다 멈춘 곳이 있어요: {names}").format(names=names))
    if not settled.is_clean:
        raise typer.Exit(ExitCode.PARTLY_DONE)
