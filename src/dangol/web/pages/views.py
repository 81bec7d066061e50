"""Saved views of the list of members: saved under a name, renamed, deleted."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.acting import form_of, new_form
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.member_filter import filter_words, read_filter, sort_name, write_filter
from dangol.web.people_search import carries_search
from dangol.web.saved_views import (
    LONGEST_NAME,
    UnknownView,
    ViewDraft,
    ViewLine,
    delete_view,
    list_views,
    rename_view,
    save_view,
)
from dangol.web.scheme import TierView, find_program, tiers_of


@needs(Right.MEMBERS_READ)
@carries_search("web:members")
def show_views(request: HttpRequest) -> HttpResponse:
    """Show the saved views, and save the filter in the address as one."""
    return _save(request) if request.method == "POST" else _show(request)


def _show(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    visitor = visitor_of(request)
    tiers = tiers_of(find_program())
    found = read_filter(request, tiers)
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context: dict[str, Any] = {
        "filter": write_filter(found),
        "told": _told(request, tiers, write_filter(found)),
        "searched": bool(found.query.text),
        "views": [
            (one, _told(request, tiers, one.filter), _may_change(one, request))
            for one in list_views(visitor.staff)
        ],
        "me": visitor.staff,
        "form": request.POST.get("form") or new_form(),
        "name": request.POST.get("name", "") if refusal else "",
        "longest": LONGEST_NAME,
        "sentence": sentence,
        "remedy": remedy,
    }
    return render(request, "web/views.html", context, status=422 if refusal else 200)


def _told(request: HttpRequest, tiers: list[TierView], kept: str) -> list[str]:
    """Return what a kept filter means today; a tier that is gone has left it."""
    found = read_filter(request, tiers, QueryDict(kept))
    return [*filter_words(found), sort_name(found.query.sort)]


def _may_change(view: ViewLine, request: HttpRequest) -> bool:
    visitor = visitor_of(request)
    return view.staff_id == visitor.staff or (view.is_shared and visitor.may(Right.SETTINGS_WRITE))


def _save(request: HttpRequest) -> HttpResponse:
    kept = write_filter(read_filter(request, tiers_of(find_program())))
    asked = request.POST
    draft = ViewDraft(form_of(request), asked.get("name", "")[:200], kept, asked.get("shared") == "1")
    try:
        save_view(draft, staff_id=visitor_of(request).staff, at=frame_of(request).at)
    except DomainError as refusal:
        return _show(request, refusal)
    return HttpResponseRedirect(f"{reverse('web:members')}?{kept}")


@needs(Right.MEMBERS_READ)
@require_POST
def change_view(request: HttpRequest, view_id: Id) -> HttpResponse:
    """Rename a view, or delete it."""
    visitor, asked = visitor_of(request), request.POST
    manages = visitor.may(Right.SETTINGS_WRITE)
    try:
        if asked.get("choice") == "delete":
            delete_view(view_id, staff_id=visitor.staff, manages=manages)
        else:
            rename_view(view_id, asked.get("name", "")[:200], staff_id=visitor.staff, manages=manages)
    except UnknownView:
        raise Http404 from None
    except DomainError as refusal:
        return _show(request, refusal)
    return HttpResponseRedirect(reverse("web:views"))
