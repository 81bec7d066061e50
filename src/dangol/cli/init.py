"""`dangol init`: a new instance, or an older one brought up to this version."""

from typing import Annotated

import typer
from django.conf import settings
from django.utils.translation import get_language, gettext as _

from dangol.cli.home import command, require_shop
from dangol.cli.instance import (
    NewInstance,
    ShopFacts,
    make_instance,
    migrate_databases,
    require_room,
)
from dangol.cli.output import JsonOption, Output, QuietOption

IN_KOREA = ("Asia/Seoul", "KRW", "KR", "ko")
ELSEWHERE = ("UTC", "USD", "US", "en")
ZONE, CURRENCY, REGION, LANGUAGE = IN_KOREA if get_language() == "ko" else ELSEWHERE


def init(
    name: Annotated[str, typer.Option(help=_("가게 이름이에요."))] = _("우리 가게"),
    zone: Annotated[str, typer.Option(help=_("가게의 시간대(IANA 이름)예요."))] = ZONE,
    currency: Annotated[str, typer.Option(help=_("통화(ISO 4217)예요."))] = CURRENCY,
    region: Annotated[str, typer.Option(help=_("나라(ISO 3166). 전화번호를 읽는 데 써요."))] = REGION,
    language: Annotated[str, typer.Option(help=_("화면의 언어: ko 또는 en."))] = LANGUAGE,
    owner: Annotated[str, typer.Option(help=_("주인이 들어올 때 쓰는 이름이에요."))] = "owner",
    upgrade: Annotated[bool, typer.Option("--upgrade", help=_("있는 가게의 표를 이 판에 맞춰요."))] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a shop in an empty home, or with `--upgrade` bring its tables to this version."""
    output = Output(as_json=as_json, quiet=quiet)
    if upgrade:
        _upgrade(output)
        return
    facts = ShopFacts(name, zone, currency, region, language)
    require_room(facts)
    output.say(_("{home}에 가게를 만드는 중이에요…").format(home=settings.HOME))
    show_instance(make_instance(facts, owner=owner), output)
    output.say(_("다음: `{command}`").format(command=command("serve")))


def show_instance(made: NewInstance, output: Output) -> None:
    """Show how to sign in. This is the only time the password is seen."""
    form = _("이름 {owner}\n비밀번호 {password}\n(비밀번호는 지금 한 번만 보여 드려요.)")
    output.show("dangol.init/1", made._asdict(), form.format(owner=made.owner, password=made.password))


def _upgrade(output: Output) -> None:
    require_shop()
    applied = migrate_databases()
    words = _("적용했어요: {names}").format(names=", ".join(applied)) if applied else _("이미 최신이에요.")
    output.show("dangol.upgrade/1", {"home": settings.HOME, "applied": applied}, words)
