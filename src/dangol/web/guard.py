"""Who may open what. Every view says what it needs, and one that says nothing opens to nobody.

A view of ours is declared where it stands, `@needs(Right.MEMBERS_READ)`; one of a library where it gets its
address. An operation of the API is declared by the same decorator: its path is `by_key`, for which this guard
lets it pass, and the API compares what it needs with the scopes of the key.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import wraps
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from dangol.core.access.rights import Right
from dangol.core.access.selectors import Visitor, find_visitor
from dangol.core.access.sessions import SEEN_EVERY, Outcome, end_sessions, is_over, see_session
from dangol.core.storage.ids import parse_id
from dangol.web.closed import MemberClosed
from dangol.web.frame import frame_of
from dangol.web.pages.errors import closed, no_right, only_sent, refuse
from dangol.web.refused import READ_ONLY
from dangol.web.sealed_search import address_of
from dangol.web.seen import NotKept

View = TypeVar("View", bound=Callable[..., Any])
SESSION = "dangol.session"
_VISITOR, _ATTRIBUTE = "dangol.visitor", "access"

log = structlog.get_logger()


class Door(StrEnum):
    """Whom a view is for."""

    ALL = "all"
    MEMBER = "member"
    KEY = "key"
    STAFF = "staff"
    # Staff who have yet to set up a second factor come this far.
    SETUP = "setup"


class Access(NamedTuple):
    """What a view needs; a right only where it is for staff."""

    door: Door
    right: Right | None = None


def declare(view: View, access: Access) -> View:
    """Return the view with what it needs declared; the one given stays as it is."""

    @wraps(view)
    def declared(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    setattr(declared, _ATTRIBUTE, access)
    return declared  # type: ignore[return-value] # it takes and gives what the view does


def needs(right: Right) -> Callable[[View], View]:
    """Open a view, or an operation of the API, to those whose role or key has this right."""
    return lambda view: declare(view, Access(Door.STAFF, right))


def open_to_all(view: View) -> View:
    """Open a view to everybody: the way in, and what leads there."""
    return declare(view, Access(Door.ALL))


def signed_in_only(view: View) -> View:
    """Open a view to whoever is signed in, whatever their role."""
    return declare(view, Access(Door.STAFF))


def before_second_factor(view: View) -> View:
    """Open a view to whoever is signed in, even before they have set up the second factor they must have."""
    return declare(view, Access(Door.SETUP))


def member_page(view: View) -> View:
    """Open a view to members, who show by their own means who they are; staff sessions are not read."""
    return declare(view, Access(Door.MEMBER))


def by_key(view: View) -> View:
    """Leave a view to the API, which asks for a key and checks its scopes itself."""
    return declare(view, Access(Door.KEY))


def declare_patterns(patterns: Iterable[Any], declared: Callable[[Any], Any]) -> None:
    """Declare every view below these patterns: `declare_patterns(api.urls[0], by_key)`."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            declare_patterns(pattern.url_patterns, declared)
        else:
            pattern.callback = declared(pattern.callback)


def access_of(view: Callable[..., Any]) -> Access | None:
    """Return what a view needs; None for one that does not say."""
    access = getattr(view, _ATTRIBUTE, None)
    return access if isinstance(access, Access) else None


class Route(NamedTuple):
    """An address of ours, its name, and what its view needs."""

    path: str
    name: str
    access: Access | None


def routes(resolver: URLResolver | None = None, prefix: str = "/", space: str = "") -> Iterator[Route]:
    """Yield every address the instance answers to, as the URL resolver has them."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern, path, inner)
        elif isinstance(pattern, URLPattern):
            yield Route(path, f"{space}{pattern.name}", access_of(pattern.callback))


def find_visitor_of(request: HttpRequest) -> Visitor | None:
    """Return who is signed in; None on pages for which nobody was looked up."""
    visitor = request.META.get(_VISITOR)
    return visitor if isinstance(visitor, Visitor) else None


def visitor_of(request: HttpRequest) -> Visitor:
    """Return who is signed in, for views that only they open."""
    visitor = find_visitor_of(request)
    assert visitor is not None, "the guard lets nobody else in"
    return visitor


def may_open(visitor: Visitor, access: Access | None) -> bool:
    """Say whether someone signed in may open a view."""
    return access is not None and (access.right is None or visitor.may(access.right))


def is_page(request: HttpRequest) -> bool:
    """Say whether an address is one of staff's or members' pages, which a browser shows."""
    match = request.resolver_match
    access = access_of(match.func) if match else None
    return access is not None and access.door is not Door.KEY


class GuardMiddleware:
    """Looks up who asks and lets them in or not, before any view is run."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self._get_response(request)
        if isinstance(answer, HttpResponseNotAllowed) and request.method == "GET" and is_page(request):
            return only_sent(request, answer["Allow"])
        if is_page(request):
            # Else who goes back is shown the part of a page that was fetched last from the same address.
            patch_vary_headers(answer, ["HX-Request"])
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Answer for those who may not; return None for those who may."""
        access = access_of(view)
        if access is None:
            match = request.resolver_match
            log.error("guard.undeclared", route=match.route if match else "")
            return no_right(request, None)
        if access.door in (Door.MEMBER, Door.KEY):
            return None
        visitor = _look_up(request)
        request.META[_VISITOR] = visitor
        if access.door is Door.ALL:
            return None
        if visitor is None:
            return _lead_to_sign_in(request)
        if settings.MFA_REQUIRED and not visitor.has_factor and access.door is not Door.SETUP:
            return _redirect(request, reverse("web:second-factor"))
        return None if may_open(visitor, access) else no_right(request, access.right, visitor)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a member to whom nothing can be done, and for what cannot be written down now."""
        if isinstance(error, NotKept):
            return refuse(request, READ_ONLY)
        return closed(error.closing) if isinstance(error, MemberClosed) else None


def _look_up(request: HttpRequest) -> Visitor | None:
    """Return who is signed in; a session that is over, or not ours, is thrown away."""
    if not request.user.is_authenticated:
        return None
    at, shown = frame_of(request).at, request.session.get(SESSION, "")
    visitor = find_visitor(parse_id(shown), request.user.pk) if shown else None
    if visitor and is_over(opened_at=visitor.opened_at, seen_at=visitor.seen_at, at=at):
        end_sessions([visitor.session_id], Outcome.EXPIRED, at=at)
        visitor = None
    if visitor is None:
        logout(request)
    elif at - visitor.seen_at >= SEEN_EVERY:
        see_session(visitor.session_id, at=at)
    return visitor


def _lead_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to signing in and back: to the page, or where a page asked in the background, to that page."""
    if request.headers.get("HX-Request"):
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = here._replace(scheme="", netloc="", fragment="").geturl()
        return HttpResponseClientRedirect(redirect_to_login(back or "/")["Location"])
    if request.method not in ("GET", "HEAD"):
        return HttpResponseRedirect(reverse("account_login"))
    return redirect_to_login(address_of(request))


def _redirect(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)
