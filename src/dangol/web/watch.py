"""Every request's name, its line in the log, and its place among the meters."""

import re
import time
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dangol.core.metrics import HTTP_REQUESTS, HTTP_SECONDS
from dangol.core.storage.ids import new_id
from dangol.web.health import ANSWERS

log = structlog.get_logger("dangol.web")
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def request_id_of(request: HttpRequest) -> str:
    """Return the request's name: the one it came with, or the one it was given here."""
    return str(request.META.get("dangol.request_id", ""))


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address, never the address: that may hold someone's id, or be their key."""
    match = request.resolver_match
    if match is None and request.path_info.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
        return "static"
    if match is None:
        # A door before all views names its own.
        return request.path_info if request.path_info in ANSWERS else request.META.get("dangol.route", "none")
    return match.view_name or match.route


class WatchMiddleware:
    """Names the request, and tells afterward how it went."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        # A name of another form is not repeated: it would be anyone's text in our log.
        name = given if _GIVEN.fullmatch(given) else new_id().hex()
        request.META["dangol.request_id"] = name
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = self._get_response(request)
            seconds = time.perf_counter() - began
            response.headers["X-Request-Id"] = name
            _tell(request, response.status_code, seconds)
        return response


def _tell(request: HttpRequest, code: int, seconds: float) -> None:
    route = route_of(request)
    if route in ANSWERS and code < HTTPStatus.BAD_REQUEST:
        return
    HTTP_REQUESTS.labels(route, str(code)).inc()
    HTTP_SECONDS.labels(route).observe(seconds)
    method = request.method if request.method in _METHODS else "other"
    log.info("request", route=route, method=method, code=code, ms=round(seconds * 1000, 1))
