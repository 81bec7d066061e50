"""The program in words, its versions, and the way to its draft."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.contents import ProgramContent, load_content
from dangol.rooms.rewards.differences import find_differences
from dangol.rooms.rewards.drafts import DraftView, UnknownDraft, diff_draft, find_draft
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.publishing import (
    UnknownVersion,
    VersionView,
    find_version,
    latest_number,
    list_versions,
    undo_version,
)
from dangol.rooms.rewards.simulations import list_simulations
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.program_words import describe, tell_differences
from dangol.web.scheme import find_program

RECENT = 5


def require_program() -> Running:
    """Return the shop's program; raises Http404 where it has none."""
    running = find_program()
    if running is None:
        raise Http404
    return running


def draft_or_none(running: Running, at: datetime) -> DraftView | None:
    """Return the program's draft, if there is one."""
    try:
        return find_draft(running.id, at=at)
    except UnknownDraft:
        return None


def who(request: HttpRequest) -> str:
    """Return the name under which a change is kept."""
    return str(request.user.get_username())


def answer(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: DomainError | None = None
) -> HttpResponse:
    """Return a page; where something was refused it says what, and what to do."""
    told = explain(refusal) if refusal else None
    return render(request, template, context | {"refusal": told}, status=409 if refusal else 200)


def live_content(running: Running, versions: list[VersionView], at: datetime) -> ProgramContent:
    """Return the content that holds now: before the first of the publications that have not begun."""
    ahead = [version for version in versions if version.active_from > at]
    return ahead[-1].before if ahead else load_content(running, at=at)


@needs(Right.PROGRAMS_READ)
def show_programs(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    """Show the program in words, what is drafted and scheduled, its versions and simulations."""
    at, running = frame_of(request).at, find_program()
    if running is None:
        return answer(request, "web/programs.html", {"running": None})
    currency, versions = running.row.money_currency, list_versions(running.id)
    draft = draft_or_none(running, at)
    context: dict[str, Any] = {
        "running": running,
        "cards": describe(live_content(running, versions, at), currency),
        "number": latest_number(running.id) - sum(one.active_from > at for one in versions),
        "draft": draft,
        "draft_count": len(diff_draft(draft)) if draft else 0,
        "versions": versions,
        "ahead": [version for version in versions if version.active_from > at],
        "simulations": list_simulations(running.id, limit=RECENT),
    }
    return answer(request, "web/programs.html", context, refusal)


@needs(Right.PROGRAMS_READ)
def show_version(request: HttpRequest, number: int, refusal: DomainError | None = None) -> HttpResponse:
    """Show a publication: who, when, from when, and what it changed."""
    running = require_program()
    try:
        version = find_version(running.id, number)
    except UnknownVersion as unknown:
        raise Http404 from unknown
    currency = running.row.money_currency
    context = {
        "publication": version,
        "sentences": tell_differences(
            find_differences(version.before, version.after), version.after, currency
        ),
        "cards": describe(version.after, currency),
        "is_latest": number == latest_number(running.id),
        "is_ahead": version.active_from > frame_of(request).at,
    }
    return answer(request, "web/program_version.html", context, refusal)


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def undo_publication(request: HttpRequest, number: int) -> HttpResponse:
    """Publish again what held before the last publication."""
    at, running = frame_of(request).at, require_program()
    try:
        made = undo_version(running.id, number, at=at, recorded_at=at, published_by=who(request))
    except DomainError as refusal:
        return show_version(request, number, refusal)
    return redirect("web:program-version", made)
