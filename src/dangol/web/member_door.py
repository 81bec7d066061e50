"""Who is signed in at the member's pages: a cookie of their own, read here and nowhere else."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from dangol.core.access.members.sessions import (
    VALID_FOR,
    How,
    SessionView,
    end_session,
    find_session,
    open_session,
)
from dangol.core.people.selectors import MEMBER, names_of
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.web.frame import frame_of
from dangol.web.guard import member_page
from dangol.web.sign_in.origins import origin_of

COOKIE, CODE_COOKIE = "dangol_member", "dangol_code"
PATH = "/me"
CODE_KEPT = timedelta(minutes=10)
_SALT, _META = "dangol.web.member-code", "dangol.member"
P = ParamSpec("P")
MemberView = Callable[Concatenate[HttpRequest, SessionView, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def open_to_anyone(view: View[P]) -> View[P]:
    """Open a member's page to whoever comes: the way in, and what leads there. Nothing of it is kept."""

    @member_page
    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return _closed(view(request, *args, **kwargs))

    return opened


def member_required(view: MemberView[P]) -> View[P]:
    """Hand a view the member's session; lead whoever is not signed in to where they can."""

    @member_page
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        token = request.COOKIES.get(COOKIE, "")
        session = find_session(token, at=frame_of(request).at, renew=not settings.READ_ONLY)
        if session is None:
            return _closed(HttpResponseRedirect(reverse("web:me-sign-in")))
        response = view(request, session, *args, **kwargs)
        if session.renewed and COOKIE not in response.cookies:
            _give(response, COOKIE, token, VALID_FOR)
        return _closed(response)

    return guarded


def _closed(response: HttpResponse) -> HttpResponse:
    """Keep a page out of search engines: an address here may hold a link's secret."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def sign_in(request: HttpRequest, response: HttpResponse, customer_id: Id, how: How) -> HttpResponse:
    """Sign the member in with a session that is new; whatever the browser held before is ended."""
    end_session(request.COOKIES.get(COOKIE, ""))
    token = open_session(customer_id, how, at=frame_of(request).at)
    _give(response, COOKIE, token, VALID_FOR)
    response.delete_cookie(CODE_COOKIE, path=PATH)
    return response


def sign_out(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """End this browser's session."""
    end_session(request.COOKIES.get(COOKIE, ""))
    response.delete_cookie(COOKIE, path=PATH)
    return response


def hold_challenge(response: HttpResponse, challenge: Id) -> HttpResponse:
    """Let this browser, and no other, be the one in which the code opens."""
    _give(response, CODE_COOKIE, signing.dumps(show_id(challenge), salt=_SALT), CODE_KEPT)
    return response


def held_challenge(request: HttpRequest) -> Id | None:
    """Return the challenge this browser holds; None where it has asked for nothing of late."""
    given = request.COOKIES.get(CODE_COOKIE, "")
    try:
        return parse_id(signing.loads(given, salt=_SALT, max_age=CODE_KEPT))
    except (signing.BadSignature, ValueError):
        return None


def _give(response: HttpResponse, name: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        name, value, max_age=lasts, path=PATH, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def require_member(owner: Id) -> None:
    """Answer 404 for somebody who is no member any more: there is nothing for them here."""
    person = names_of([owner]).get(owner)
    if person is None or person.kind != MEMBER:
        raise Http404


def address_of(request: HttpRequest) -> str:
    """Return where a request came from, for counting."""
    return origin_of(request).address[:64]


def safe_next(request: HttpRequest, default: str) -> str:
    """Return where to go on, if it is a member's page of ours."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    is_ours = wanted.startswith(f"{PATH}/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else default
