"""`dangol demo`: a real retailer's year, moved to now, run through a program, and served."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.cli.processes import work_until_idle
from dangol.cli.sample_shop import (
    import_orders,
    import_people_and_products,
    make_program,
    make_shop,
    open_sample,
    require_demo_home,
)
from dangol.cli.serve import LOOPBACK, MFA, OPTIONAL, PORT, is_loopback, require_free_port, serve
from dangol.connectors.sample.history import record_history
from dangol.core.people.selectors import shop
from dangol.domain.calendars import day_of
from dangol.project.clock import now
from dangol.rooms.personalization.tasks import REFRESH
from dangol.rooms.rewards.services import advance

FINISHED = "sample-finished"


def demo(
    host: Annotated[str, typer.Option(help=_("들을 주소예요."))] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("들을 포트예요."))] = PORT,
    households: Annotated[int | None, typer.Option(min=1, help=_("처음 몇 가구만 가져와요."))] = None,
    serves: Annotated[bool, typer.Option("--serve/--no-serve", help=_("다 가져온 뒤에 열어요."))] = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make the demo shop unless it is there, bring the sample in unless it is in, and serve it."""
    output = Output(as_json=as_json, quiet=quiet)
    require_demo_home()
    if serves:
        require_free_port(host, port, words="demo")
    make_shop(output, now())
    mark = Path(settings.HOME) / FINISHED
    if mark.exists():
        output.say(_("견본은 이미 들어 있어요. 다시 가져오지 않았어요."))
        if households is not None:
            output.say(
                _("--households {count}은(는) 쓰지 않았어요. 그만큼만 보려면 다른 홈에 만드세요.").format(
                    count=households
                )
            )
    else:
        _bring_in(output, households)
        mark.touch()
    advance(as_of=now())
    if serves:
        _skip_second_factor(output, host)
        serve(host=host, port=port, only=None, quiet=quiet)


def _skip_second_factor(output: Output, host: str) -> None:
    """Let the demo be looked round without a second factor, where only this machine reaches it.

    What the environment says of it holds.
    """
    if is_loopback(host) and not os.environ.get(MFA):
        os.environ[MFA] = OPTIONAL
        settings.MFA_REQUIRED = False
        output.say(_("견본은 이 컴퓨터에서만 열려서 두 번째 인증을 묻지 않아요."))


def _refresh_models(at: datetime) -> None:
    """Do at once what the night does, so that the pages about customers have something to show."""
    opened = shop()
    import_string(REFRESH)(opened, as_of=day_of(at, opened.tz) - timedelta(days=1), at=at)


def _bring_in(output: Output, households: int | None) -> None:
    """Bring in everything; what was cut off before goes on where it stopped."""
    at, began = now(), monotonic()
    journey = open_sample(at)
    make_program(at)
    output.say(_("견본을 {weeks}주 앞으로 옮겨서 가져와요.").format(weeks=journey.weeks))
    files = journey.write(Path(settings.HOME) / "sample", households=households)
    import_people_and_products(output, files, at)
    lines = import_orders(output, files, at).good
    record_history(journey, recorded_at=at)
    advance(as_of=at)
    output.say(_("활동을 데이터 레이크에 쓰는 중이에요…"))
    work_until_idle()
    _refresh_models(at)
    seconds = monotonic() - began
    output.show(
        "dangol.demo/1",
        {"lines": lines, "seconds": round(seconds, 1), "shift_weeks": journey.weeks},
        _("구매 {lines:,}줄을 {seconds:,.0f}초에 가져왔어요.").format(lines=lines, seconds=seconds),
    )
