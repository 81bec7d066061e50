"""Referrals: the list with what is to be looked at, one with its history, and the programs."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.domain.referrals import Side, Stage
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.coupons.models import CouponBatch
from dangol.rooms.rewards.referrals import programs, selectors, services
from dangol.rooms.rewards.referrals.errors import UnknownReferral, UnknownReferralProgram
from dangol.rooms.rewards.referrals.models import LONGEST_ABOUT, LONGEST_NAME, LONGEST_REASON
from dangol.rooms.rewards.stamps.selectors import list_programs as list_cards
from dangol.web.acting import actor_of, form_of, new_form, require_seen
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.referral_form import BEGUN, form_of_draft, read_form
from dangol.web.referral_words import (
    CAPS,
    EARNED_BY,
    GIFTS,
    KINDS,
    ON_RETURN,
    SIDES,
    STAGES,
    STEPS,
    cause_in_words,
    gift_in_words,
    promise_in_words,
    signs_in_words,
    task_in_words,
    why_of,
)
from dangol.web.scheme import find_program

_SHOWN, _BATCHES = 50, 100
_PARTS = ("gives", "points", "stamps", "batch", "card", "cost")


@needs(Right.REWARDS_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show the program that takes friends and the referrals, those in one state if that is asked."""
    wanted = request.GET.get("state", "")
    states = [Stage(wanted)] if wanted in set(Stage) else []
    before = _before(request.GET.get("after", ""))
    rows = selectors.list_referrals(states=states, before=before, limit=_SHOWN + 1)
    shown, rest = rows[:_SHOWN], rows[_SHOWN:]
    currency = frame_of(request).shop.currency
    program = selectors.current_program()
    context = {
        "program": program, "archived": selectors.list_programs(archived=True),
        "told": _told(program, currency) if program else None,
        "rows": [(one, STAGES[one.state], why_of(one, currency)) for one in shown],
        "people": _people(request, shown), "state": wanted if states else "", "stages": STAGES,
        "to_look_at": selectors.count_to_look_at(), "has_program": find_program() is not None,
        "next": show_id(shown[-1].id) if rest else "",
    }  # fmt: skip
    return render(request, "web/referrals/list.html", context)


def _before(text: str) -> tuple[datetime, Id] | None:
    """Return the last referral of the page before, by its id; None for the first page."""
    try:
        last = selectors.find_referral(parse_id(text)) if text else None
    except (ValueError, UnknownReferral):
        return None
    return (last.told_at, last.id) if last else None


def _people(request: HttpRequest, rows: list[selectors.ReferralView]) -> dict[Id, Any]:
    """Return who both are; nobody is named to whoever is bound to a store."""
    if visitor_of(request).store_id is not None or not visitor_of(request).may(Right.MEMBERS_READ):
        return {}
    return dict(names_of({one for row in rows for one in (row.friend_id, row.referrer_id)}))


def _told(program: selectors.ProgramView, currency: str) -> dict[str, str]:
    """Return a program in words: what a friend has to do, and what both get."""
    draft, names = program.draft, program.target_names
    return {
        "task": task_in_words(draft, currency), "referrer": promise_in_words(draft.referrer, names),
        "friend": promise_in_words(draft.friend, names),
    }  # fmt: skip


@needs(Right.REWARDS_READ)
def show(request: HttpRequest, referral_id: Id) -> HttpResponse:
    """Show one: where it stands and why, what both got, its history, and what is to be decided."""
    return _show(request, _find(request, referral_id))


def _show(
    request: HttpRequest, one: selectors.ReferralView, error: DomainError | None = None
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    visitor = visitor_of(request)
    may_see = visitor.may(Right.COUPONS_WRITE) or visitor.may(Right.MEMBERS_UNMASK)
    people = _people(request, [one])
    context = {
        "one": one, "stage": STAGES[one.state], "why": why_of(one, frame_of(request).shop.currency),
        "signs": signs_in_words(one.signs), "friend": people.get(one.friend_id),
        "referrer": people.get(one.referrer_id), "longest_reason": LONGEST_REASON,
        "gifts": [
            (SIDES[gift.side], gift_in_words(gift), GIFTS[gift.state], gift, CAPS.get(gift.trouble, ""),
             gift.shown_ref(may_see=may_see) if gift.kind == "coupon" else "")
            for gift in one.gifts
        ],
        "steps": [
            (step, STEPS[step.what], SIDES.get(step.side, ""), cause_in_words(step.what, step.cause))
            for step in reversed(selectors.steps_of(one.id))
        ],
        "sentence": sentence, "remedy": remedy, "given": request.POST,
    }  # fmt: skip
    return render(request, "web/referrals/one.html", context, status=422 if error else 200)


@needs(Right.POINTS_ADJUST)
@require_POST
def decide(request: HttpRequest, referral_id: Id) -> HttpResponse:
    """Say of a suspicious referral whether it is one."""
    one = _find(request, referral_id)
    approved, reason = request.POST.get("way") == "approve", request.POST.get("reason", "")
    by = By(actor_of(request), frame_of(request).at)
    try:
        services.decide(referral_id, approved=approved, reason=reason, by=by)
    except DomainError as error:
        return _show(request, one, error)
    return HttpResponseRedirect(reverse("web:referral", args=[referral_id]))


@needs(Right.REWARDS_READ)
def show_program(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Show a program: its terms, and what came of it."""
    return _show_program(request, _find_program(program_id))


def _show_program(
    request: HttpRequest, program: selectors.ProgramView, error: DomainError | None = None
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    currency = frame_of(request).shop.currency
    figures = selectors.figures_of(program.id)
    context = {
        "program": program, "draft": program.draft, "told": _told(program, currency), "currency": currency,
        "figures": figures, "sentence": sentence, "remedy": remedy,
        "stages": [(words, figures.states.get(Stage(key), 0)) for key, words in STAGES.items()],
        "on_return": ON_RETURN[program.draft.on_return],
    }  # fmt: skip
    return render(request, "web/referrals/program.html", context, status=422 if error else 200)


@needs(Right.REWARDS_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Ask what a new program promises, and open it; a form sent twice makes one."""
    currency = frame_of(request).shop.currency
    if request.method != "POST":
        return _form(request, BEGUN, {})
    form = read_form(request.POST, currency)
    if form.wrong:
        return _form(request, form.given, form.wrong)
    try:
        made = programs.create_program(
            form.draft, program_id=form_of(request), actor=actor_of(request), at=frame_of(request).at
        )
    except DomainError as error:
        return _form(request, form.given, {}, error=error)
    return HttpResponseRedirect(reverse("web:referral-program", args=[made]))


@needs(Right.REWARDS_WRITE)
def edit(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Change a program for codes told from now on; of two who do so at once the later is told."""
    program, currency = _find_program(program_id), frame_of(request).shop.currency
    if request.method != "POST":
        return _form(request, form_of_draft(program.draft, currency), {}, program=program)
    form = read_form(request.POST, currency)
    if form.wrong:
        return _form(request, form.given, form.wrong, program=program)
    seen = request.POST.get("revision", "")
    try:
        programs.change_program(
            program_id, form.draft, expected=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
            actor=actor_of(request), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as error:
        return _form(request, form.given, {}, program=program, error=error)
    return HttpResponseRedirect(reverse("web:referral-program", args=[program_id]))


def _form(
    request: HttpRequest,
    given: Any,
    wrong: Any,
    *,
    program: selectors.ProgramView | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    batches = CouponBatch.objects.filter(is_blocked=False).order_by("-id").values_list("id", "name")
    sides = [
        (
            side.value,
            SIDES[side],
            {part: given.get(f"{side.value}_{part}", "") for part in _PARTS},
            {part: wrong.get(f"{side.value}_{part}") for part in _PARTS},
        )
        for side in Side
    ]
    context = {
        "given": given, "wrong": wrong, "program": program, "kinds": KINDS, "on_return": ON_RETURN,
        "earned_by": EARNED_BY, "sides": sides,
        "batches": [(show_id(key), name) for key, name in batches[:_BATCHES]],
        "cards": [(show_id(one.id), one) for one in list_cards()],
        "form": request.POST.get("form") or new_form(), "sentence": sentence, "remedy": remedy,
        "longest_name": LONGEST_NAME, "longest_about": LONGEST_ABOUT,
    }  # fmt: skip
    return render(request, "web/referrals/form.html", context, status=422 if wrong or error else 200)


@needs(Right.REWARDS_WRITE)
@require_POST
def archive(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Take no friends any more."""
    return _set_archived(request, program_id, is_archived=True)


@needs(Right.REWARDS_WRITE)
@require_POST
def restore(request: HttpRequest, program_id: Id) -> HttpResponse:
    """Take friends again."""
    return _set_archived(request, program_id, is_archived=False)


def _set_archived(request: HttpRequest, program_id: Id, *, is_archived: bool) -> HttpResponse:
    program, at = _find_program(program_id), frame_of(request).at
    try:
        programs.archive_program(program_id, is_archived=is_archived, actor=actor_of(request), at=at)
    except DomainError as error:
        return _show_program(request, program, error)
    return HttpResponseRedirect(reverse("web:referral-program", args=[program_id]))


def _find(request: HttpRequest, referral_id: Id) -> selectors.ReferralView:
    """Return a referral; answers 404 for one whose friend is another store's than a visitor is bound to."""
    try:
        found = selectors.find_referral(referral_id)
    except UnknownReferral as error:
        raise Http404 from error
    require_seen(request, found.friend_id)
    return found


def _find_program(program_id: Id) -> selectors.ProgramView:
    try:
        return selectors.find_referral_program(program_id)
    except UnknownReferralProgram as error:
        raise Http404 from error
