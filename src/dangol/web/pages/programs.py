"""The program in words, its versions, and the way to its draft."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.contents import ProgramContent, load_content
from dangol.rooms.rewards.differences import find_differences
from dangol.rooms.rewards.drafts import DraftView, UnknownDraft, diff_draft, find_draft
from dangol.rooms.rewards.kept import current_programs
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
from dangol.rooms.rewards.wallets import LONGEST_NAME, rename_wallet
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.program_words import describe, tell_differences
from dangol.web.reads.wallets import kind_of
from dangol.web.scheme import find_program

RECENT = 5
# What of an address names a program; without it the shop's first is meant.
FIELD = "program"


def require_program(request: HttpRequest | None = None) -> Running:
    """Return the program the address names, else the shop's first; raises Http404 where there is none."""
    running = find_program() if request is None else _find_named(request)
    if running is None:
        raise Http404
    return running


def _find_named(request: HttpRequest) -> Running | None:
    named = request.GET.get(FIELD, "")
    if not named:
        return find_program()
    return next((one for one in current_programs() if show_id(one.id) == named), None)


def program_query(program_id: Id) -> str:
    """Return what leads to a page about a program, behind its address: nothing for the shop's first."""
    first = find_program()
    return "" if first is None or first.id == program_id else f"?{FIELD}={show_id(program_id)}"


def to_program(route: str, running: Running, *args: object) -> HttpResponseRedirect:
    """Send to a page about a program."""
    return HttpResponseRedirect(reverse(route, args=args) + program_query(running.id))


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
    running = _find_named(request)
    about = {"refusal": told, "of_program": program_query(running.id) if running else ""}
    return render(request, template, about | context, status=409 if refusal else 200)


def live_content(running: Running, versions: list[VersionView], at: datetime) -> ProgramContent:
    """Return the content that holds now: before the first of the publications that have not begun."""
    ahead = [version for version in versions if version.active_from > at]
    return ahead[-1].before if ahead else load_content(running, at=at)


@needs(Right.PROGRAMS_READ)
def show_programs(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    """Show the program in words, what is drafted and scheduled, its versions and simulations."""
    at, programs = frame_of(request).at, current_programs()
    if not programs:
        return answer(request, "web/programs.html", {"running": None})
    running = require_program(request)
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
        "programs": [(one.row.name, program_query(one.id), one.id == running.id) for one in programs],
        "kind": kind_of(running.row.points_currency),
        "longest_name": LONGEST_NAME,
    }
    return answer(request, "web/programs.html", context, refusal)


@needs(Right.PROGRAMS_READ)
def show_version(request: HttpRequest, number: int, refusal: DomainError | None = None) -> HttpResponse:
    """Show a publication: who, when, from when, and what it changed."""
    running = require_program(request)
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
    at, running = frame_of(request).at, require_program(request)
    try:
        made = undo_version(running.id, number, at=at, recorded_at=at, published_by=who(request))
    except DomainError as refusal:
        return show_version(request, number, refusal)
    return to_program("web:program-version", running, made)


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def rename_points(request: HttpRequest) -> HttpResponse:
    """Call the points of a program otherwise."""
    running = require_program(request)
    try:
        rename_wallet(
            running.row.points_currency, request.POST.get("name", ""), actor=actor_of(request),
            at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        page = show_programs(request, refusal)
        # What was typed is wrong, not what stands.
        page.status_code = 422
        return page
    return to_program("web:programs", running)
