"""Event rules: which there are and where each stands, what one says, and what became of it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.domain.event_rules import Why
from dangol.rooms.rewards.event_rules import editing, selectors
from dangol.rooms.rewards.event_rules.approving import PUBLICATION, find_causes, publish_or_ask
from dangol.rooms.rewards.event_rules.contents import EventRuleContent, pack
from dangol.rooms.rewards.event_rules.editing import EventRuleView, VersionView
from dangol.rooms.rewards.event_rules.errors import UnknownEventRule
from dangol.rooms.rewards.event_rules.selectors import AwardView, Figures
from dangol.rooms.rewards.event_rules.trials import list_trials
from dangol.rooms.rewards.second_person import Publication
from dangol.web.acting import actor_of
from dangol.web.changed_words import Sentence
from dangol.web.condition_form.offers import Offers
from dangol.web.event_rule_form import problem_of
from dangol.web.event_rule_words import WHYS, changes_between, in_a_line, sum_in_words, tell
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.places import read_place, write_place
from dangol.web.present import seen_by
from dangol.web.promotion_words import STATES, Setting, span_in_short
from dangol.web.publishing import asking, read_sent
from dangol.web.scheme import find_program
from dangol.web.suggested_event_rules import SUGGESTIONS

A_PAGE, RECENT, MOST_TRIALS = 50, 10, 5


class Line(NamedTuple):
    """A rule as the list shows it, with what it has come to."""

    view: EventRuleView
    state: str
    sentence: str
    span: str
    figures: Figures


class AwardLine(NamedTuple):
    """Points a rule gave, with the arithmetic; nobody where the reader may not see the member."""

    award: AwardView
    person: PersonView | None
    sum: str


class VersionLine(NamedTuple):
    """A version, and what it changed of the one before."""

    version: VersionView
    changes: list[Sentence]


class Meter(NamedTuple):
    """How much of a budget is used."""

    is_points: bool
    used: int
    most: int


def find(rule_id: Id) -> EventRuleView:
    """Return a rule; answers 404 for none."""
    try:
        return editing.find_rule(rule_id)
    except UnknownEventRule as unknown:
        raise Http404 from unknown


def setting_for(request: HttpRequest, offers: Offers | None = None) -> Setting:
    """Return what it takes to tell rules to whoever asks."""
    offers = offers or Offers()
    return Setting(frame_of(request).shop.tz, offers.catalog, offers.labels)


def shown_content(view: EventRuleView) -> EventRuleContent:
    """Return what is in force; of one that was never published, what is being written."""
    return view.version.content if view.version else view.content


@needs(Right.PROGRAMS_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show the rules that are not put away, or those that are."""
    is_archived = request.GET.get("state") == "archived"
    views, at, setting = editing.list_rules(archived=is_archived), frame_of(request).at, setting_for(request)
    figures = selectors.figures_of([one.id for one in views])
    lines = [
        Line(
            one, one.state(at), in_a_line(shown_content(one), setting),
            span_in_short(shown_content(one).active_from, shown_content(one).active_to), figures[one.id],
        )
        for one in views
    ]  # fmt: skip
    context = {
        "lines": lines, "states": STATES, "is_archived": is_archived,
        "suggestions": SUGGESTIONS if not is_archived and len(views) < 3 else (),
        "has_program": find_program() is not None,
    }  # fmt: skip
    return render(request, "web/event_rules/list.html", context)


@needs(Right.PROGRAMS_READ)
def show(request: HttpRequest, deed_rule_id: Id, refusal: DomainError | None = None) -> HttpResponse:
    """Show a rule: what it says, what its draft changes, what it has come to, and how it has changed."""
    view, setting = find(deed_rule_id), setting_for(request)
    content, figures = shown_content(view), selectors.figures_of([deed_rule_id])[deed_rule_id]
    draft = view.draft.content if view.draft else None
    awards = selectors.awards_of_rule(deed_rule_id, limit=RECENT + 1)
    context: dict[str, Any] = {
        "rule": view, "content": content, "state": view.state(frame_of(request).at), "states": STATES,
        "told": tell(content, setting), "figures": figures, "meters": _meters(view, content),
        "changes": changes_between(content, draft, setting) if draft and view.version else [],
        "problem": problem_of(draft) if draft else "",
        "is_same": bool(draft and view.version and draft == view.version.content),
        "versions": _version_lines(editing.list_versions(deed_rule_id), setting),
        "awards": award_lines(request, awards[:RECENT]), "has_more": len(awards) > RECENT,
        "whys": [
            (WHYS[Why(why)], times)
            for why, times in sorted(figures.whys.items(), key=lambda one: -one[1])
        ],
        "trials": list_trials(deed_rule_id, limit=MOST_TRIALS), "done": request.GET.get("done", ""),
        "refusal": explain(refusal) if refusal else None, **_asking(request, view),
    }  # fmt: skip
    return render(request, "web/event_rules/rule.html", context, status=409 if refusal else 200)


def _asking(request: HttpRequest, view: EventRuleView) -> dict[str, Any]:
    if view.draft is None:
        return {}
    draft = Publication(view.draft.revision, pack(view.draft.content))
    return {"draft": view.draft, **asking(request, PUBLICATION, view.id, draft, find_causes())}


def _meters(view: EventRuleView, content: EventRuleContent) -> list[Meter]:
    budget = content.budget
    asked = (
        Meter(False, view.used_times, budget.times or 0),
        Meter(True, view.used_points, budget.points or 0),
    )
    return [one for one in asked if one.most]


def _version_lines(versions: Sequence[VersionView], setting: Setting) -> list[VersionLine]:
    befores = [*(one.content for one in versions[1:]), *([None] if versions else [])]
    return [
        VersionLine(version, changes_between(before, version.content, setting) if before else [])
        for version, before in zip(versions, befores, strict=True)
    ]


def award_lines(request: HttpRequest, awards: Sequence[AwardView]) -> list[AwardLine]:
    """Return awards with their members, as far as whoever asks may see them."""
    visitor = visitor_of(request)
    may_see = visitor.may(Right.MEMBERS_READ)
    people = names_of(seen_by(visitor, [one.owner_id for one in awards])) if may_see else {}
    return [
        AwardLine(one, people.get(one.owner_id), sum_in_words(one.fixed, one.number, one.rated, one.points))
        for one in awards
    ]


@needs(Right.PROGRAMS_READ)
def show_awards(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Show what a rule gave to whom, page by page."""
    view, after = find(deed_rule_id), request.GET.get("after", "")
    rows = selectors.awards_of_rule(deed_rule_id, before=read_place(after), limit=A_PAGE + 1)
    shown, rest = rows[:A_PAGE], rows[A_PAGE:]
    context = {
        "rule": view, "awards": award_lines(request, shown), "after": after,
        "next_after": write_place(shown[-1].given_at, shown[-1].transfer_id) if rest else "",
    }  # fmt: skip
    return render(request, "web/event_rules/awards.html", context)


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def publish(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Let the draft that was seen hold from now on, or ask a second person where the shop asks for one."""
    return _publish(request, deed_rule_id, alone=True)


@needs(Right.PROGRAMS_WRITE)
@require_POST
def ask(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Ask somebody else to let the draft that was seen hold."""
    return _publish(request, deed_rule_id, alone=False)


def _publish(request: HttpRequest, rule_id: Id, *, alone: bool) -> HttpResponse:
    find(rule_id)
    sent = read_sent(request)
    try:
        outcome = publish_or_ask(
            rule_id, revision=sent.revision, form=sent.form, actor=actor_of(request), reason=sent.reason,
            at=frame_of(request).at, alone=alone,
        )  # fmt: skip
    except DomainError as refusal:
        return show(request, rule_id, refusal)
    return _done(rule_id, "asked" if outcome.approval else "published")


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def pause(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Let it rest: what happens meanwhile earns nothing, also later."""
    at = frame_of(request).at
    return _do(request, deed_rule_id, "paused", lambda: editing.pause(deed_rule_id, at=at))


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def resume(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Let it go on."""
    at = frame_of(request).at
    return _do(request, deed_rule_id, "resumed", lambda: editing.resume(deed_rule_id, at=at))


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def archive(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Put it away; what it gave stays."""
    at = frame_of(request).at
    return _do(request, deed_rule_id, "archived", lambda: editing.archive(deed_rule_id, at=at))


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def restore(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Take it out again: it rests."""
    at = frame_of(request).at
    return _do(request, deed_rule_id, "restored", lambda: editing.restore(deed_rule_id, at=at))


@needs(Right.PROGRAMS_WRITE)
@require_POST
def discard(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Throw its draft away; what is published stays."""
    return _do(request, deed_rule_id, "discarded", lambda: editing.discard_draft(deed_rule_id))


def _do(request: HttpRequest, rule_id: Id, done: str, act: Callable[[], object]) -> HttpResponse:
    find(rule_id)
    try:
        act()
    except DomainError as refusal:
        return show(request, rule_id, refusal)
    return _done(rule_id, done)


def _done(rule_id: Id, done: str) -> HttpResponse:
    return redirect(f"{reverse('web:event-rule', args=[rule_id])}?done={done}")
