"""What is done with a webhook endpoint: a new secret, on and off, an example, sending again, deleting."""

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.events.webhooks import services
from dangol.core.events.webhooks.bodies import EXAMPLE
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.webhooks import OVERLAPS, REPLAYED, endpoint_page, find, show_secret


def _do(request: HttpRequest, endpoint_id: Id, act: Callable[[], str]) -> HttpResponse:
    """Carry out one act and go where it says; show the endpoint again with what was refused."""
    endpoint = find(endpoint_id)
    try:
        return HttpResponseRedirect(act())
    except DomainError as error:
        return endpoint_page(request, endpoint, error=error)


def _address(endpoint_id: Id) -> str:
    return reverse("web:webhook", args=[endpoint_id])


def _chosen(text: str, offered: tuple[int, ...], usual: int) -> int:
    """Return the number of hours chosen; the usual one for what is not offered."""
    return next((one for one in offered if str(one) == text), usual)


@needs(Right.WEBHOOKS_WRITE)
@require_POST
@never_cache
def rotate(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Give an endpoint a new secret, and show it once; the old one signs beside it for a while."""
    endpoint = find(endpoint_id)
    hours = _chosen(request.POST.get("overlap", ""), OVERLAPS, 24)
    try:
        made = services.rotate_secret(endpoint_id, at=frame_of(request).at, overlap=timedelta(hours=hours))
    except DomainError as error:
        return endpoint_page(request, endpoint, error=error)
    return show_secret(request, made)


@needs(Right.WEBHOOKS_WRITE)
@require_POST
def disable(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Send nothing to an endpoint until it is enabled again."""

    def act() -> str:
        services.disable_endpoint(endpoint_id, at=frame_of(request).at)
        return _address(endpoint_id)

    return _do(request, endpoint_id, act)


@needs(Right.WEBHOOKS_WRITE)
@require_POST
def enable(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Send to an endpoint again."""

    def act() -> str:
        services.enable_endpoint(endpoint_id, at=frame_of(request).at)
        return _address(endpoint_id)

    return _do(request, endpoint_id, act)


@needs(Right.WEBHOOKS_WRITE)
@require_POST
def send_example(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Send a made-up event, and show what comes of it."""

    def act() -> str:
        name = request.POST.get("name", "") or EXAMPLE
        message = services.send_example(endpoint_id, name=name, at=frame_of(request).at)
        return reverse("web:delivery", args=[endpoint_id, message])

    return _do(request, endpoint_id, act)


@needs(Right.WEBHOOKS_WRITE)
@require_POST
def replay_failed(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Send again all that never arrived in the last hours."""

    def act() -> str:
        at = frame_of(request).at
        hours = _chosen(request.POST.get("hours", ""), REPLAYED, 24)
        count = services.replay_failed(endpoint_id, since=at - timedelta(hours=hours), at=at)
        return f"{_address(endpoint_id)}?again={count}"

    return _do(request, endpoint_id, act)


@needs(Right.WEBHOOKS_WRITE)
@require_POST
def replay_one(request: HttpRequest, endpoint_id: Id, message_id: Id) -> HttpResponse:
    """Send one message again."""

    def act() -> str:
        services.replay_one(endpoint_id, message_id, at=frame_of(request).at)
        return reverse("web:delivery", args=[endpoint_id, message_id])

    return _do(request, endpoint_id, act)


@needs(Right.WEBHOOKS_WRITE)
@require_POST
def delete(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Delete an endpoint, if whoever asks says that they are sure: it cannot be undone."""
    endpoint = find(endpoint_id)
    if request.POST.get("sure") != "1":
        return endpoint_page(request, endpoint, unsure=True)
    services.delete_endpoint(endpoint_id)
    return HttpResponseRedirect(reverse("web:webhooks"))
