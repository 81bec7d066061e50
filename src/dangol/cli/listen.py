"""`dangol listen`: what happens here, as webhooks, to a program that is being written."""

import json
import sys
from typing import Annotated

import typer
from django.utils.translation import gettext as _, gettext_lazy

from dangol.cli.home import command
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.cli.signals import StopSignals
from dangol.core.events.webhooks.errors import SecretMalformed, UrlMalformed
from dangol.core.events.webhooks.listening import Heard, Listener
from dangol.core.events.webhooks.models import Signature
from dangol.core.events.webhooks.signing import HMAC_PREFIX, SigningKey, checker, new_key, show_key
from dangol.core.events.webhooks.transport import Caller, check_url
from dangol.core.refusals import Words, register
from dangol.core.tasks.selectors import silent_workers
from dangol.domain.errors import Malformed
from dangol.project.clock import now

LOOK_SECONDS = 0.2


class AddressMalformed(Malformed):
    """What `--forward-to` names (`url`) is no address that can be called."""

    code = "listen.address_malformed"


register(
    {
        AddressMalformed.code: Words(
            gettext_lazy("--forward-to로 쓸 수 없는 주소예요: {url}"),
            gettext_lazy("http://localhost:3000/hook처럼 적으세요."),
        )
    }
)


def listen(
    forward_to: Annotated[
        str, typer.Option("--forward-to", metavar="URL", help=_("전할 주소예요. 이 컴퓨터여도 돼요."))
    ],
    events: Annotated[
        str, typer.Option(metavar="NAMES", help=_("이 활동만 전해요: points.earned,order.placed처럼 적어요."))
    ] = "",
    secret: Annotated[
        str, typer.Option(metavar="WHSEC", help=_("새로 만들지 않고 이 비밀(whsec_…)로 서명해요."))
    ] = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send on what happens from now until Ctrl-C, once each; show the secret, then a line for each answer."""
    output = Output(as_json=as_json, quiet=quiet)
    try:
        url = check_url(forward_to, allow_private=True)
    except UrlMalformed as refused:
        raise AddressMalformed(**refused.data) from None
    key = _key(secret)
    names = frozenset(filter(None, (name.strip() for name in events.split(","))))
    listener = Listener(url, names, key, Caller(allow_private=True), now())
    _show(output, {"schema": "dangol.listen/1", "forward_to": url, "secret": show_key(key)}, show_key(key))
    output.say(
        _("{url}(으)로 전하고 있어요. 위의 비밀로 서명해요. 멈추려면 Ctrl-C를 누르세요.").format(url=url)
    )
    if any(one.name == "sequencer" for one in silent_workers(now())):
        output.complain(
            _("시퀀서가 조용해서 아무것도 들리지 않아요: `{command}`").format(command=command("serve"))
        )
    _hear_until_told(listener, output)


def _key(secret: str) -> SigningKey:
    if not secret:
        return new_key(Signature.HMAC)
    found = checker(secret)
    if found.kind is not Signature.HMAC or not secret.startswith(HMAC_PREFIX):
        raise SecretMalformed()
    return SigningKey(found.kind, found.raw)


def _hear_until_told(listener: Listener, output: Output) -> None:
    signals = StopSignals()
    pause = 0.0
    while signals.wait(pause) is None:
        pause = LOOK_SECONDS
        for heard in listener.hear(now()):
            _show(output, _told(heard), _line(heard))
            pause = 0.0
            if signals.wait(0) is not None:
                return


def _told(heard: Heard) -> dict[str, object]:
    reply = heard.reply
    return {
        "id": heard.message, "type": heard.name, "test": heard.is_test, "status": reply.status,
        "failure": str(reply.failure), "duration_ms": reply.duration_ms,
    }  # fmt: skip


def _line(heard: Heard) -> str:
    answered = heard.reply.status or heard.reply.failure
    mark = " (test)" if heard.is_test else ""
    return f"{answered}  {heard.name}{mark}  {heard.message}  {heard.reply.duration_ms:,} ms"


def _show(output: Output, data: dict[str, object], line: str) -> None:
    """Show a line at once, since whoever reads it is waiting: as JSON, one object a line, or in words."""
    if output.as_json:
        sys.stdout.write(f"{json.dumps(data, ensure_ascii=False)}\n")
        sys.stdout.flush()
    else:
        output.data.print(line, markup=False)
