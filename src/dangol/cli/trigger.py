"""`dangol trigger`: a made-up event as a webhook, to see whether the other side works.

It goes to the endpoints and listeners only. Nothing is recorded: a made-up event on the timeline would move
real points, and stay for good.
"""

from typing import Annotated

import typer
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from dangol.cli.home import command
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.events.webhooks import services
from dangol.core.events.webhooks.bodies import EXAMPLE, known_names
from dangol.core.events.webhooks.consumers import subscribers
from dangol.core.people.selectors import find_by_identity, ids_after, names_of, shop
from dangol.core.refusals import Words, register
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.tasks.selectors import silent_workers
from dangol.domain.errors import DomainError, NotFound
from dangol.project.clock import now

IDENTITIES = ("external", "email", "phone", "card")


class RealShop(DomainError):
    """This is no sample shop, and `endpoints` endpoints would get a made-up event."""

    code = "trigger.real_shop"


class MemberUnknown(NotFound):
    """Nobody is known by what `--member` says."""

    code = "trigger.member_unknown"


register(
    {
        RealShop.code: Words(
            gettext_lazy("실제 가게예요. 지어낸 활동이 엔드포인트 {endpoints}곳으로 나가요."),
            gettext_lazy('받는 쪽이 "test": true를 가려낸다면 --yes를 붙이세요.'),
        ),
        MemberUnknown.code: Words(
            gettext_lazy("--member에 적은 회원이 없어요."),
            gettext_lazy("회원의 식별자나 external:…, email:…, phone:…, card:…로 적으세요."),
        ),
    }
)


def trigger(
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help=_("활동의 이름. 없으면 이름을 모두 보여 줘요."))
    ] = "",
    member: Annotated[
        str, typer.Option(metavar="MEMBER", help=_("누구의 활동으로 할지: 식별자나 external:…, email:… 등."))
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help=_("실제 가게의 엔드포인트에도 보내요."))] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send a made-up event, marked as a test, to the endpoints that want it and to `dangol listen`."""
    output = Output(as_json=as_json, quiet=quiet)
    if not event:
        names = [EXAMPLE, *known_names()]
        output.show("dangol.trigger.names/1", {"names": names}, "\n".join(names))
        return
    is_sample = shop().sample_shift_weeks is not None
    customer_id = _find_member(member) if member else _any_member(is_sample=is_sample)
    reached = [one for one in subscribers() if not one.is_disabled and one.wants(event)]
    if reached and not is_sample and not yes:
        raise RealShop(endpoints=len(reached))
    message_id, endpoints = services.trigger(name=event, customer_id=customer_id, at=now())
    told = {"id": show_id(message_id), "type": event, "endpoints": [show_id(one) for one in endpoints]}
    output.show("dangol.trigger/1", told, show_id(message_id))
    words = ngettext(
        "엔드포인트 %(count)d곳으로 보냈어요. `dangol listen`이 켜져 있으면 거기에도 가요.",
        "엔드포인트 %(count)d곳으로 보냈어요. `dangol listen`이 켜져 있으면 거기에도 가요.",
        len(endpoints),
    )
    output.say(words % {"count": len(endpoints)})
    if endpoints and any(one.name == "worker" for one in silent_workers(now())):
        output.complain(_("일꾼이 조용해서 아직 나가지 않아요: `{command}`").format(command=command("serve")))


def _find_member(text: str) -> Id:
    kind, _colon, value = text.partition(":")
    is_identity = kind in IDENTITIES and value
    found = list(find_by_identity(kind, [value]).values()) if is_identity else _by_id(text)
    if not found:
        raise MemberUnknown()
    return found[0]


def _by_id(text: str) -> list[Id]:
    try:
        return list(names_of([parse_id(text)]))
    except ValueError:
        return []


def _any_member(*, is_sample: bool) -> Id | None:
    """Return somebody of a sample shop, whom the receiver may look up; nobody's real id leaves unasked."""
    return next(iter(ids_after(None, limit=1)), None) if is_sample else None
