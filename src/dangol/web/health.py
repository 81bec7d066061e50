"""The three addresses for machines: alive, ready, and the meters. They need no shop, session or sign-in.

They are answered before everything else, so that neither a host name nor a database stands in their way.
"""

import hmac
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

from dangol.core.metrics import read_counters, read_gauges
from dangol.core.operations.health import is_ready
from dangol.project.clock import now


def answer_livez(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing is read, so that a broken database does not get it killed."""
    return _plain("ok", 200)


def answer_readyz(request: HttpRequest) -> HttpResponse:
    """Say whether requests may be sent here, and nothing more."""
    return _plain("ok", 200) if is_ready(now()) else _plain("unready", 503)


def answer_metrics(request: HttpRequest) -> HttpResponse:
    """Show the meters to this machine, or to whoever has the token; to everybody else there is nothing."""
    if not _may_read(request):
        return _plain("not found", 404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Readings())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Readings:
    """Everything that is metered, now. Where the database does not answer, what was counted is still told."""

    def collect(self) -> list[Metric]:
        found = list(read_counters())
        try:
            found += list(read_gauges(now()))
        except DatabaseError:
            return found
        return found


def _may_read(request: HttpRequest) -> bool:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if wanted:
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), wanted.encode())
    # What a proxy on this machine passes on comes from this machine too, but is somebody else's.
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _plain(words: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(
        f"{words}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers
    )


ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/livez": answer_livez,
    "/readyz": answer_readyz,
    "/metrics": answer_metrics,
}


class HealthMiddleware:
    """Answers the machines' addresses, and hands everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path_info)
        if answer and request.method in ("GET", "HEAD"):
            return answer(request)
        return self._get_response(request)
