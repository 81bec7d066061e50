"""Webhook endpoints: who is told of what happens, and how it stands with them."""

from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from dangol.core.access.rights import Right
from dangol.core.events.webhooks import services
from dangol.core.events.webhooks.bodies import known_names
from dangol.core.events.webhooks.errors import EndpointUnknown
from dangol.core.events.webhooks.models import DeliveryState, Signature
from dangol.core.events.webhooks.selectors import (
    EndpointView,
    count_deliveries,
    find_endpoint,
    list_changes,
    list_deliveries,
    list_endpoints,
)
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.errors import DomainError
from dangol.domain.webhooks import EndpointState
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.hook_words import DELIVERY_STATES

A_PAGE = 50
# How far back what never arrived may be sent again, in hours.
REPLAYED = (1, 24, 72, 720)
OVERLAPS = (0, 1, 24, 168)


@needs(Right.WEBHOOKS_READ)
def show_endpoints(request: HttpRequest) -> HttpResponse:
    """Show all endpoints and how it stands with each."""
    return render(request, "web/webhooks/list.html", {"endpoints": list_endpoints()})


def find(endpoint_id: Id) -> EndpointView:
    """Return an endpoint; raises Http404 for one there is not."""
    try:
        return find_endpoint(endpoint_id)
    except EndpointUnknown as error:
        raise Http404 from error


@needs(Right.WEBHOOKS_WRITE)
@never_cache
def make(request: HttpRequest) -> HttpResponse:
    """Ask whom to tell of what; then show the secret, once."""
    asked = request.POST
    given: dict[str, Any] = {
        "url": asked.get("url", ""),
        "description": asked.get("description", ""),
        "events": asked.getlist("events"),
        "signature": asked.get("signature", Signature.HMAC.value),
    }
    if request.method != "POST":
        return _form(request, given)
    try:
        made = services.create_endpoint(**given, at=frame_of(request).at)
    except DomainError as error:
        return _form(request, given, error=error)
    return show_secret(request, made)


def show_secret(request: HttpRequest, made: services.NewSecret) -> HttpResponse:
    """Show a new secret. It is kept sealed, so this answer is the only one that has it."""
    context = {"endpoint": find(made.endpoint_id), "secret": made.secret}
    return render(request, "web/webhooks/secret.html", context)


@needs(Right.WEBHOOKS_WRITE)
def edit(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Change the address, the words or the events of an endpoint."""
    endpoint = find(endpoint_id)
    if request.method != "POST":
        given = {"url": endpoint.url, "description": endpoint.description, "events": endpoint.events}
        return _form(request, given, endpoint=endpoint)
    asked = request.POST
    given = {
        "url": asked.get("url", ""),
        "description": asked.get("description", ""),
        "events": tuple(asked.getlist("events")),
    }
    try:
        services.update_endpoint(
            endpoint_id, url=asked.get("url", ""), description=asked.get("description", ""),
            events=asked.getlist("events"),
        )  # fmt: skip
    except DomainError as error:
        return _form(request, given, endpoint=endpoint, error=error)
    return HttpResponseRedirect(reverse("web:webhook", args=[endpoint_id]))


def _form(
    request: HttpRequest,
    given: Any,
    *,
    endpoint: EndpointView | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    areas = groupby(known_names(), key=lambda name: name.partition(".")[0])
    context = {
        "given": given,
        "endpoint": endpoint,
        "areas": [(area, list(names)) for area, names in areas],
        "kinds": list(Signature),
        "longest": services.LONGEST_DESCRIPTION,
        "sentence": sentence,
        "remedy": remedy,
    }
    return render(request, "web/webhooks/form.html", context, status=422 if error else 200)


@needs(Right.WEBHOOKS_READ)
def show_endpoint(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Show an endpoint: its facts, what it was sent, and what can be done with it."""
    return endpoint_page(request, find(endpoint_id))


def endpoint_page(
    request: HttpRequest, endpoint: EndpointView, *, error: DomainError | None = None, unsure: bool = False
) -> HttpResponse:
    """Show an endpoint with what was refused, if anything was."""
    sentence, remedy = explain(error) if error else ("", "")
    state, name, after = read_filter(request)
    lines = list_deliveries(endpoint.id, state=state, name=name, after=after, limit=A_PAGE + 1)
    context = {
        "endpoint": endpoint,
        "is_disabled": endpoint.state == EndpointState.DISABLED,
        "counts": count_deliveries(endpoint.id),
        "changes": list_changes(endpoint.id, limit=10),
        "lines": lines[:A_PAGE],
        "next_after": lines[A_PAGE - 1].message_id if len(lines) > A_PAGE else None,
        "after": after,
        "state": state,
        "name": name,
        "states": [(key, words) for key, (words, _color, _icon) in DELIVERY_STATES.items()],
        "names": known_names(),
        "replayed": REPLAYED,
        "overlaps": OVERLAPS,
        "again": _whole(request.GET.get("again", "")),
        "unsure": unsure,
        "sentence": sentence,
        "remedy": remedy,
    }
    return render(request, "web/webhooks/endpoint.html", context, status=422 if error or unsure else 200)


def read_filter(request: HttpRequest) -> tuple[str, str, Id | None]:
    """Return which deliveries the address asks for; what makes no sense in it is left out."""
    asked = request.GET
    state, name = asked.get("state", ""), asked.get("name", "")
    try:
        after = parse_id(asked["after"]) if asked.get("after") else None
    except ValueError:
        after = None
    return (
        state if state in DeliveryState.values else "",
        name if name in known_names() else "",
        after,
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
