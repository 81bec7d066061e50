"""Searches for people: their forms are sent, and answered by an address that holds what was typed sealed.

So a result has an address still: it is gone back to, reloaded, turned over and taken along as a file, with
and without JavaScript. What somebody typed into an address themselves, or a telephone system opens, is sealed
at once. What does not open is a search for nothing.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from dangol.web.guard import visitor_of
from dangol.web.sealed_search import (
    SEARCH,
    PeopleSearch,
    is_sealed,
    is_search,
    mark_search,
    open_text,
    seal_text,
)

View = TypeVar("View", bound=Callable[..., Any])
_LONGEST_KEPT = 200


def searches_people(*, field: str = SEARCH, keeps: Sequence[str] = ()) -> Callable[[View], View]:
    """Let a page find people: a form sent to it with `field` is a search, whose fields `keeps` go along."""

    def declared(view: View) -> View:
        @wraps(view)
        def searched(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if is_search(request, searched):
                return _answer_form(request, field, keeps)
            if request.method in ("GET", "HEAD") and (led := _lead_on(request, field, request.path)):
                return led
            return view(request, *args, **kwargs)

        mark_search(searched, PeopleSearch(field, takes_form=True))
        return searched  # type: ignore[return-value] # it takes and gives what the view does

    return declared


def carries_search(back: str, *, field: str = SEARCH) -> Callable[[View], View]:
    """Let a view beside such a page, its file or what is done to those found, read what was searched for.

    A search that does not open leads to the page named `back`: nothing is done to all instead of to some.
    """

    def declared(view: View) -> View:
        @wraps(view)
        def carried(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return _lead_on(request, field, reverse(back)) or view(request, *args, **kwargs)

        mark_search(carried, PeopleSearch(field, takes_form=False))
        return carried  # type: ignore[return-value] # it takes and gives what the view does

    return declared


def read_sought(request: HttpRequest, *, field: str = SEARCH) -> str:
    """Return what the one who asks has typed to find somebody; nothing where there is none of theirs."""
    return open_text(request.GET.get(field, ""), viewer=visitor_of(request).staff) or ""


def _answer_form(request: HttpRequest, field: str, keeps: Sequence[str]) -> HttpResponse:
    asked, kept = request.POST, QueryDict(mutable=True)
    given = {field: _seal(request, asked[field])} | {one: asked.get(one, "")[:_LONGEST_KEPT] for one in keeps}
    kept.update({name: value for name, value in given.items() if value})
    return _lead(request.path, kept)


def _lead_on(request: HttpRequest, field: str, back: str) -> HttpResponse | None:
    """Lead to where the address holds nothing plain, and nothing that does not open; None where it is so."""
    shown = request.GET.get(field, "")
    if not shown.strip() or open_text(shown, viewer=visitor_of(request).staff) is not None:
        return None
    kept = request.GET.copy()
    if is_sealed(shown):
        del kept[field]
        return _lead(back, kept)
    kept[field] = _seal(request, shown)
    return _lead(request.path if request.method in ("GET", "HEAD") else back, kept)


def _seal(request: HttpRequest, text: str) -> str:
    return seal_text(text, viewer=visitor_of(request).staff)


def _lead(path: str, kept: QueryDict) -> HttpResponse:
    address = f"{path}?{kept.urlencode()}" if kept else path
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
