"""The draft of the program's next version: written in a form, compared in sentences, published, discarded."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import list_categories
from dangol.domain.errors import DomainError
from dangol.rooms.rewards import drafts
from dangol.rooms.rewards.checking import LIMITS, InvalidRule, Problem
from dangol.rooms.rewards.contents import (
    Changes,
    ProgramContent,
    TermsContent,
    find_changes,
    find_problems,
)
from dangol.rooms.rewards.differences import find_differences
from dangol.rooms.rewards.drafts import DraftView
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.publishing import StartsInThePast
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.programs import (
    answer,
    draft_or_none,
    require_program,
    show_programs,
    to_program,
    who,
)
from dangol.web.program_fields import Setting
from dangol.web.program_form import (
    add_blank_rule,
    drop_rule,
    make_form,
    read_content,
    write_fields,
)
from dangol.web.program_words import describe, problem_in_words, tell_differences

# As many categories as a page can offer to choose from; any other can be typed.
MOST_CATEGORIES = 400


class Written(NamedTuple):
    """What the form says: as a content, as it was typed, and what is wrong with it."""

    content: ProgramContent
    fields: dict[str, str]
    unread: list[Problem]
    problems: list[Problem]


def _setting(running: Running) -> Setting:
    return Setting(running.row.money_currency, running.rules.terms[-1][1].zone)


def _require_draft(running: Running, at: datetime) -> DraftView:
    draft = draft_or_none(running, at)
    if draft is None:
        raise Http404
    return draft


@needs(Right.PROGRAMS_WRITE)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin a draft, or go on with the one there is."""
    running = require_program(request)
    with suppress(drafts.DraftExists):
        drafts.start_draft(running.id, begun_by=who(request), at=frame_of(request).at)
    return to_program("web:program-draft", running)


@needs(Right.PROGRAMS_WRITE)
@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    running = require_program(request)
    try:
        drafts.discard_draft(running.id)
    except drafts.UnknownDraft as refusal:
        return show_programs(request, refusal)
    return to_program("web:programs", running)


@needs(Right.PROGRAMS_WRITE)
def edit(request: HttpRequest) -> HttpResponse:
    """Show the draft's form; keep what is typed, add or take out a rule, or show how it would read."""
    at, running = frame_of(request).at, require_program(request)
    draft = draft_or_none(running, at)
    if draft is None:
        return to_program("web:programs", running)
    if request.method != "POST":
        written = _as_kept(draft, running, at)
        return _show(request, running, draft, written)
    written = _read(request, running, draft, at)
    do, _, key = request.POST.get("do", "save").partition(":")
    if do == "preview" or written.unread:
        return _show(request, running, draft, written, is_refused=do != "preview")
    content = written.content
    if do == "add":
        content = add_blank_rule(content, running.row.money_currency)
    elif do == "drop":
        content = drop_rule(content, key)
    return _keep(request, running, draft, written._replace(content=content), is_done=do == "diff")


def _as_kept(draft: DraftView, running: Running, at: datetime) -> Written:
    problems = drafts.check_draft(draft, at=at)
    return Written(draft.content, write_fields(draft.content, _setting(running)), [], problems)


def _read(request: HttpRequest, running: Running, draft: DraftView, at: datetime) -> Written:
    typed = {name: value[:300] for name, value in request.POST.items() if isinstance(value, str)}
    content, unread = read_content(typed, request.POST.getlist("rule"), draft.content, _setting(running))
    problems = [*unread, *find_problems(content, draft.published, at=at)]
    return Written(content, write_fields(content, _setting(running)) | typed, unread, problems)


def _keep(
    request: HttpRequest, running: Running, draft: DraftView, written: Written, *, is_done: bool
) -> HttpResponse:
    try:
        drafts.change_draft(
            running.id, written.content, revision=_seen(request),
            changed_by=who(request), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        return _show(request, running, draft, written, refusal=refusal)
    return to_program(
        "web:program-diff" if is_done and not written.problems else "web:program-draft", running
    )


def _seen(request: HttpRequest) -> int:
    """Return the revision the form was made of; 0, which there never is, for what is none."""
    found = re.fullmatch("[0-9]{1,8}", request.POST.get("revision", ""))
    return int(found[0]) if found else 0


def _show(
    request: HttpRequest,
    running: Running,
    draft: DraftView,
    written: Written,
    *,
    is_refused: bool = False,
    refusal: DomainError | None = None,
) -> HttpResponse:
    content, currency = written.content, running.row.money_currency
    categories = list_categories()
    context: dict[str, Any] = {
        "running": running,
        "draft": draft,
        "form": make_form(content, written.fields, written.problems, _setting(running)),
        "cards": describe(content, currency),
        "sentences": _sentences(draft.published, content, currency),
        "unknown": _unknown_categories(content, categories),
        "categories": [one for one in categories if one.count(" > ") < 2][:MOST_CATEGORIES],
    }
    if request.headers.get("HX-Request"):
        return answer(request, "web/program_draft.html#preview", context)
    response = answer(request, "web/program_draft.html", context, refusal)
    if is_refused:
        response.status_code = 422
    return response


def _sentences(before: ProgramContent, after: ProgramContent, currency: str) -> list[Any]:
    return tell_differences(find_differences(before, after), after, currency)


def _unknown_categories(content: ProgramContent, known: Sequence[str]) -> list[str]:
    """Return the categories of rules that no product is in: most often a slip of the pen."""
    paths = set(known)
    return [rule.category for rule in content.rules if rule.category and rule.category not in paths]


@needs(Right.PROGRAMS_READ)
def show_diff(request: HttpRequest) -> HttpResponse:
    """Show what the draft would change, sentence by sentence, and publish it from an instant on."""
    at, running = frame_of(request).at, require_program(request)
    draft = _require_draft(running, at)
    return _answer_diff(request, running, draft)


def _answer_diff(
    request: HttpRequest,
    running: Running,
    draft: DraftView,
    *,
    refusal: DomainError | None = None,
    problem: str = "",
) -> HttpResponse:
    changes = find_changes(draft.published, draft.content)
    context = {
        "draft": draft,
        "sentences": _sentences(draft.published, draft.content, running.row.money_currency),
        "problems": drafts.check_draft(draft, at=frame_of(request).at),
        "means": _means(changes, draft),
        "zone": _setting(running).zone,
        "later": request.POST.get("later", ""),
        "is_later": request.POST.get("when") == "later",
        "problem": problem_in_words(problem) if problem else "",
        "currency": running.row.money_currency,
    }
    response = answer(request, "web/program_diff.html", context, refusal)
    if problem:
        response.status_code = 422
    return response


class Means(NamedTuple):
    """What a publication means for those who are in the program already."""

    rules: bool
    terms: bool
    tiers: bool
    counted: bool


def _means(changes: Changes, draft: DraftView) -> Means:
    was, will_be = draft.published.terms, draft.content.terms
    before, after = draft.published.tiers, draft.content.tiers
    limits = _limits(will_be)
    return Means(
        rules=bool(changes.added or changes.changed or changes.ended) or limits != _limits(was),
        terms=msgspec.structs.replace(was, **limits) != will_be,
        tiers=changes.tiers,
        counted=(before.measures, before.join) != (after.measures, after.join),
    )


def _limits(terms: TermsContent) -> dict[str, int | None]:
    return {name: getattr(terms, name) for name in LIMITS}


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft from now, or from a later instant of the shop, on."""
    at, running = frame_of(request).at, require_program(request)
    draft = _require_draft(running, at)
    begins = at
    if request.POST.get("when") == "later":
        read = _read_local(request.POST.get("later", ""), running)
        if read is None:
            return _answer_diff(request, running, draft, problem="not_a_day")
        begins = read
    try:
        number = drafts.publish_draft(
            running.id, revision=_seen(request), at=begins,
            recorded_at=at, published_by=who(request),
        )  # fmt: skip
    except StartsInThePast:
        return _answer_diff(request, running, draft, problem="in_the_past")
    except InvalidRule as refusal:
        return _answer_diff(request, running, draft, problem=str(refusal.data["problem"]))
    except DomainError as refusal:
        return _answer_diff(request, running, draft, refusal=refusal)
    return to_program("web:program-version", running, number)


def _read_local(text: str, running: Running) -> datetime | None:
    """Return the instant a clock of the program's zone shows; None for what is none."""
    try:
        wall = datetime.fromisoformat(text)
        if wall.tzinfo is not None:
            return None
        return wall.replace(tzinfo=_setting(running).zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
