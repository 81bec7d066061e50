"""`dangol init`: a new instance, a test space, or an older instance brought up to this version."""

from typing import Annotated

import typer
from django.conf import settings
from django.utils.translation import get_language, gettext as _

from dangol.cli.home import command, require_shop
from dangol.cli.instance import NewInstance, ShopFacts, make_instance, require_room
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.cli.spaces import fill_space, make_test_key
from dangol.core.operations.migrating import migrate_databases
from dangol.core.people.selectors import shop
from dangol.core.people.shops import ELSEWHERE
from dangol.core.storage.spaces import LIVE, check_space_name, in_space, list_spaces

IN_KOREA = {"zone": "Asia/Seoul", "currency": "KRW", "region": "KR", "language": "ko"}
HERE = IN_KOREA if get_language() == "ko" else ELSEWHERE
COMMAND_LINE = "dangol init"


def init(
    name: Annotated[str, typer.Option(help=_("가게 이름이에요."))] = _("우리 가게"),
    zone: Annotated[str, typer.Option(help=_("가게의 시간대(IANA 이름)예요."))] = HERE["zone"],
    currency: Annotated[str, typer.Option(help=_("통화(ISO 4217)예요."))] = HERE["currency"],
    region: Annotated[str, typer.Option(help=_("나라(ISO 3166). 전화번호를 읽는 데 써요."))] = HERE["region"],
    language: Annotated[str, typer.Option(help=_("화면의 언어: ko 또는 en."))] = HERE["language"],
    owner: Annotated[str, typer.Option(help=_("주인이 들어올 때 쓰는 이름이에요."))] = "owner",
    space: Annotated[
        str | None, typer.Option(help=_("있는 가게에 이 이름의 시험 공간을 더 만들고 키를 보여 줘요."))
    ] = None,
    upgrade: Annotated[bool, typer.Option("--upgrade", help=_("있는 가게의 표를 이 판에 맞춰요."))] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a shop in an empty home, a test space of it (`--space`), or its newest tables (`--upgrade`)."""
    output = Output(as_json=as_json, quiet=quiet)
    if upgrade:
        _upgrade(output)
        return
    if space is not None:
        _make_space(space, output)
        return
    facts = ShopFacts(name, zone, currency, region, language)
    require_room(facts)
    output.say(_("{home}에 가게를 만드는 중이에요…").format(home=settings.HOME))
    show_instance(make_instance(facts, owner=owner), output)
    output.say(_("다음: `{command}`").format(command=command("serve")))


def show_instance(made: NewInstance, output: Output) -> None:
    """Show how to sign in, and the key to the test space. This is the only time they are seen."""
    form = _(
        "이름 {owner}\n비밀번호 {password}\n시험 키 {test_key}\n(비밀번호와 키는 지금 한 번만 보여 드려요.)"
    )
    output.show("dangol.init/1", made._asdict(), form.format_map(made._asdict()))


def _make_space(name: str, output: Output) -> None:
    """Make a test space unless it is there, and a key to it in any case."""
    require_shop()
    fill_space(check_space_name(name), shop())
    key = make_test_key(name, created_by=COMMAND_LINE)
    told = {"home": settings.HOME, "space": name, "test_key": key}
    output.show("dangol.space/1", told, _("시험 공간 {space}\n시험 키 {test_key}").format_map(told))


def _upgrade(output: Output) -> None:
    require_shop()
    applied: list[str] = []
    for space in [LIVE, *list_spaces()]:
        with in_space(space):
            applied += migrate_databases()
    names = list(dict.fromkeys(applied))
    words = _("적용했어요: {names}").format(names=", ".join(names)) if names else _("이미 최신이에요.")
    output.show("dangol.upgrade/1", {"home": settings.HOME, "applied": names}, words)
