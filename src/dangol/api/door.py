"""The door: every request to the API comes through here, and every refusal leaves as a problem.

It stands before the middleware of the pages, which programs need none of: no session, no cookie, no page.
A request is named, its key opened, its space entered and its time set; only then an operation sees it.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation
from ninja.errors import HttpError, ValidationError

from dangol.api import limits
from dangol.api.caller import Caller, secret_of
from dangol.api.faults import read_faults
from dangol.api.problems import problem_of
from dangol.api.refused import (
    BodyTooLarge,
    Failed,
    InvalidRequest,
    NoSuchAddress,
    NotAnInstant,
    NotJson,
    NotNow,
    ReadOnly,
    WrongMethod,
)
from dangol.core.access.keys import open_key
from dangol.core.events.settling import keep_up, pass_time
from dangol.core.people.selectors import find_shop
from dangol.core.storage.faults import RETRY_AFTER, classify
from dangol.core.storage.ids import new_id, show_id
from dangol.core.storage.spaces import LIVE
from dangol.core.tasks.clock import ClockOfTheShop
from dangol.domain.calendars import EARLIEST, LATEST
from dangol.domain.errors import DomainError
from dangol.project.clock import now, space_at_its_time

logger = logging.getLogger(__name__)
PREFIX = "/api/"
CLOCK = "Dangol-Clock"
SAFE = ("GET", "HEAD")
_URLS = "dangol.api.urls"
# The one address that needs no key: the description of the others.
OPEN = "openapi"
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
Respond = Callable[[HttpRequest], HttpResponseBase]


class ApiDoor:
    """Answers what is asked of the API, and leaves everything else to the pages."""

    def __init__(self, get_response: Respond) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        return answer(request)


def answer(request: HttpRequest) -> HttpResponseBase:
    """Answer a request to the API, whatever happens."""
    request_id = str(request.META.get("dangol.request_id") or show_id(new_id()))
    language = translation.get_language_from_request(request)
    with translation.override("ko" if language.startswith("ko") else "en"):
        response = _answered(request, request_id)
    for name, value in {**_HEADERS, "X-Request-Id": request_id}.items():
        response.headers.setdefault(name, value)
    return response


def _answered(request: HttpRequest, request_id: str) -> HttpResponseBase:
    try:
        match = request.resolver_match = _resolve(request)
        if match.url_name == OPEN:
            return _called(request, match)
        return _admit(request, match, request_id)
    except ValidationError as error:
        return problem_of(InvalidRequest(), request_id=request_id, faults=read_faults(error.errors))
    except DomainError as refusal:
        return problem_of(refusal, request_id=request_id)
    except Exception as error:
        if fault := classify(error):
            return problem_of(NotNow(again_in=RETRY_AFTER[fault], why=str(fault)), request_id=request_id)
        logger.exception("request %s failed", request_id)
        return problem_of(Failed(), request_id=request_id)


def _resolve(request: HttpRequest) -> ResolverMatch:
    try:
        return resolve(request.path_info, _URLS)
    except Resolver404:
        raise NoSuchAddress() from None


def _admit(request: HttpRequest, match: ResolverMatch, request_id: str) -> HttpResponseBase:
    """Open the key, enter its space at its time, and let the operation answer."""
    key = limits.guard_guesses(request, lambda: open_key(secret_of(request), at=datetime.now(UTC)))
    left = limits.take_turn(key.id)
    _check_body(request)
    _check_query(request)
    if settings.READ_ONLY and request.method not in SAFE:
        raise ReadOnly(why=settings.READ_ONLY)
    with space_at_its_time(key.space):
        if key.space == LIVE:
            if CLOCK in request.headers:
                raise ClockOfTheShop()
        else:
            _bring_up_to_date(request)
        request.META["dangol.caller"] = Caller(key, request_id, now())
        response = _called(request, match)
        if key.space != LIVE and request.method not in SAFE:
            _settle()
    for name, value in left.headers.items():
        response.headers.setdefault(name, value)
    return response


def _called(request: HttpRequest, match: ResolverMatch) -> HttpResponseBase:
    try:
        response = match.func(request, *match.args, **match.kwargs)
    except Http404:
        raise NoSuchAddress() from None
    except RequestDataTooBig:
        raise BodyTooLarge(most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None
    except HttpError as error:
        if error.status_code == 400:  # the framework's own word for a body it cannot parse
            raise NotJson() from None
        raise
    if isinstance(response, HttpResponseNotAllowed):
        raise WrongMethod(method=request.method, allowed=", ".join(_allowed(response)))
    return cast(HttpResponse, response)


def _allowed(response: HttpResponse) -> Iterable[str]:
    return sorted(name.strip() for name in response.headers.get("Allow", "").split(",") if name.strip())


def _check_body(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if not length.isdigit() or int(length) > most:
        raise BodyTooLarge(most=most)


def _check_query(request: HttpRequest) -> None:
    """Refuse the sign NUL in the texts of a query, as `Given` does for those of a body."""
    faults = [
        {"type": "nul_in_text", "loc": ("query", name.replace("\0", "?"))}
        for name, texts in request.GET.lists()
        if any("\0" in text for text in [name, *texts])
    ]
    if faults:
        raise ValidationError(faults)


def _bring_up_to_date(request: HttpRequest) -> None:
    """Move a test space's clock where the request says so, and do what is due there by now."""
    shop = find_shop()
    if shop is None or (wanted := request.headers.get(CLOCK)) is None:
        return
    # Also where the clock is there already: whoever moved it may still be about what is due.
    pass_time(read_instant(CLOCK, wanted), now=now(), zone=shop.tz)


def _settle() -> None:
    """Do what the request has left for a worker: a test space has none of its own."""
    keep_up(clock=now)


def read_instant(name: str, text: str) -> datetime:
    """Return the instant a header means, in UTC; raises NotAnInstant."""
    try:
        at = datetime.fromisoformat(text)
        if at.utcoffset() is None or not EARLIEST <= at < LATEST:
            raise ValueError
        return at.astimezone(UTC)
    except ValueError:
        raise NotAnInstant(header=name) from None
