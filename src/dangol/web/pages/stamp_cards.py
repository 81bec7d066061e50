"""Stamp cards: the programs, made and changed, their figures, and full cards whose reward waits."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.selectors import list_rewards
from dangol.rooms.rewards.coupons.models import CouponBatch
from dangol.rooms.rewards.stamps import editing
from dangol.rooms.rewards.stamps.errors import UnknownStampProgram
from dangol.rooms.rewards.stamps.models import LONGEST_ABOUT, LONGEST_KEY, LONGEST_NAME
from dangol.rooms.rewards.stamps.selectors import (
    ProgramView,
    figures_of,
    find_stamp_program,
    list_programs,
    waiting_cards,
)
from dangol.web.acting import actor_of, form_of, new_form
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.scheme import find_program
from dangol.web.stamp_form import form_of_program, read_form
from dangol.web.stamp_words import GIVES, ON_RETURN

_BATCHES = 100


@needs(Right.REWARDS_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show the programs with their figures, or those that are archived."""
    archived = bool(request.GET.get("archived"))
    programs = list_programs(archived=archived)
    figures = figures_of([one.id for one in programs])
    context = {
        "programs": [(one, figures[one.id]) for one in programs], "archived": archived, "gives": GIVES,
        "has_program": find_program() is not None,
    }  # fmt: skip
    return render(request, "web/stamps/list.html", context)


@needs(Right.REWARDS_READ)
def show(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Show a program: its terms, its figures, and who waits for a reward."""
    return _show(request, _find(program_id))


def _show(request: HttpRequest, program: ProgramView, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    cards = waiting_cards(program.id)
    people = names_of([one.customer_id for one in cards])
    store = visitor_of(request).store_id
    context = {
        "program": program, "figures": figures_of([program.id])[program.id], "gives": GIVES,
        "on_return": ON_RETURN, "sentence": sentence, "remedy": remedy,
        "may_see_members": visitor_of(request).may(Right.MEMBERS_READ),
        # Whoever is bound to a store is told how many wait, and by name only who is theirs.
        "waiting": [(one, people.get(one.customer_id)) for one in cards] if store is None else [],
    }  # fmt: skip
    return render(request, "web/stamps/program.html", context, status=422 if error else 200)


@needs(Right.REWARDS_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Ask what a new card is, and make it; a form sent twice makes one."""
    if find_program() is None:
        return HttpResponseRedirect(reverse("web:stamp-cards"))
    if request.method != "POST":
        given = {"size": "10", "gives": "points", "on_return": "take_back", "carries_over": "1"}
        return _form(request, given, {})
    form = read_form(request.POST)
    if form.wrong:
        return _form(request, form.given, form.wrong)
    try:
        made = editing.create_program(
            form.draft, key=form.given["key"], program_id=form_of(request), actor=actor_of(request),
            at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as error:
        return _form(request, form.given, {}, error=error)
    return HttpResponseRedirect(reverse("web:stamp-card", args=[made]))


@needs(Right.REWARDS_WRITE)
def edit(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Change a program for cards opened from now on; of two who do so at once the later is told."""
    program = _find(program_id)
    if request.method != "POST":
        return _form(request, form_of_program(program), {}, program=program)
    form = read_form(request.POST)
    if form.wrong:
        return _form(request, form.given, form.wrong, program=program)
    seen = request.POST.get("revision", "")
    try:
        editing.change_program(
            program_id, form.draft, expected=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
            actor=actor_of(request), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as error:
        return _form(request, form.given, {}, program=program, error=error)
    return HttpResponseRedirect(reverse("web:stamp-card", args=[program_id]))


def _form(
    request: HttpRequest,
    given: Any,
    wrong: Any,
    *,
    program: ProgramView | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    batches = CouponBatch.objects.filter(is_blocked=False).order_by("-id").values_list("id", "name")
    context = {
        "given": given, "wrong": wrong, "program": program, "gives": GIVES, "on_return": ON_RETURN,
        "batches": [(show_id(key), name) for key, name in batches[:_BATCHES]],
        "rewards": [(show_id(one.id), one) for one in list_rewards()],
        "form": request.POST.get("form") or new_form(), "sentence": sentence, "remedy": remedy,
        "longest_name": LONGEST_NAME, "longest_about": LONGEST_ABOUT, "longest_key": LONGEST_KEY,
    }  # fmt: skip
    return render(request, "web/stamps/form.html", context, status=422 if wrong or error else 200)


@needs(Right.REWARDS_WRITE)
@require_POST
def archive(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Take no stamps any more."""
    return _set_archived(request, program_id, is_archived=True)


@needs(Right.REWARDS_WRITE)
@require_POST
def restore(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Take stamps again."""
    return _set_archived(request, program_id, is_archived=False)


def _set_archived(request: HttpRequest, program_id: Id, *, is_archived: bool) -> HttpResponse:
    at = frame_of(request).at

    def act() -> None:
        editing.archive_program(program_id, is_archived=is_archived, actor=actor_of(request), at=at)

    return _do(request, program_id, act)


def _do(request: HttpRequest, program_id: Id, act: Callable[[], None]) -> HttpResponse:
    program = _find(program_id)
    try:
        act()
    except DomainError as error:
        return _show(request, program, error)
    return HttpResponseRedirect(reverse("web:stamp-card", args=[program_id]))


def _find(program_id: Id) -> ProgramView:
    try:
        return find_stamp_program(program_id)
    except UnknownStampProgram as error:
        raise Http404 from error
