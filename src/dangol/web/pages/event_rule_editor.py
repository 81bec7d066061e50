"""The form an event rule is written in: told back in words with each change, and saved as a draft."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import list_categories
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.event_rules import editing
from dangol.rooms.rewards.event_rules.contents import EventRuleContent, pack
from dangol.rooms.rewards.event_rules.editing import EventRuleView
from dangol.rooms.rewards.event_rules.errors import RuleDraftChanged
from dangol.web.acting import form_of, new_form
from dangol.web.condition_form.controls import draw
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.option_words import KINDS as LEAF_KINDS
from dangol.web.condition_form.parts import GROUP, LEAVES
from dangol.web.condition_form.writing import faults_of
from dangol.web.event_rule_cards import Cards, draw_cards
from dangol.web.event_rule_form import OTHER, State, Written, open_state, read_state, write_content
from dangol.web.event_rule_words import changes_between, tell
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.inputs import Input
from dangol.web.pages.event_rules import find, setting_for
from dangol.web.pages.programs import who
from dangol.web.suggested_event_rules import SUGGESTIONS, begin

MOST_CATEGORIES = 400
SAVING = ("save", "overwrite")


class Shown(NamedTuple):
    """What is drawn: the form, what it says, and what was refused."""

    view: EventRuleView | None
    state: State
    written: Written
    revision: int
    is_saving: bool = False
    refusal: DomainError | None = None


@needs(Right.PROGRAMS_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Write a new rule, from one of the ready-made ones or from nothing."""
    offers, slug = Offers(), request.GET.get("try", "")
    if request.method == "POST":
        return _answer(request, None, begin(slug), offers)
    if not slug:
        return render(request, "web/event_rules/begin.html", {"suggestions": SUGGESTIONS})
    return _open(request, None, begin(slug), offers)


@needs(Right.PROGRAMS_WRITE)
def edit(request: HttpRequest, deed_rule_id: Id) -> HttpResponse:
    """Write a rule's draft; one that is put away is only looked at."""
    view, offers = find(deed_rule_id), Offers()
    if view.archived_at:
        return redirect("web:event-rule", deed_rule_id)
    if request.method == "POST":
        return _answer(request, view, view.content, offers)
    return _open(request, view, view.content, offers)


def _open(
    request: HttpRequest, view: EventRuleView | None, content: EventRuleContent, offers: Offers
) -> HttpResponse:
    zone = frame_of(request).shop.tz
    state = open_state(content, zone, offers)
    written = write_content(state, content, zone, offers, needs_name=False)
    return _show(
        request, offers, Shown(view, state, written, view.draft.revision if view and view.draft else 0)
    )


def _answer(
    request: HttpRequest, view: EventRuleView | None, before: EventRuleContent, offers: Offers
) -> HttpResponse:
    """Do what a button of the form says, and draw it anew; nothing that was typed is lost."""
    zone, state = frame_of(request).shop.tz, read_state(request.POST)
    verb, _colon, rest = request.POST.get("do", "draw").partition(":")
    is_saving = verb in SAVING
    if not is_saving:
        state.act(request.POST.get("do", "draw"))
    revision = _whole(rest if verb == "overwrite" else request.POST.get("revision", ""))
    written = write_content(state, before, zone, offers, needs_name=is_saving)
    shown = Shown(view, state, written, revision, is_saving)
    if not is_saving or written.content is None:
        return _show(request, offers, shown)
    try:
        made = _save(request, view, written.content, revision)
    except DomainError as refusal:
        return _show(request, offers, shown._replace(refusal=refusal))
    return redirect("web:event-rule", made)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _save(request: HttpRequest, view: EventRuleView | None, content: EventRuleContent, revision: int) -> Id:
    by, at = who(request), frame_of(request).at
    if view is None:
        return editing.create_rule(pack(content), made_by=by, at=at, rule_id=form_of(request))
    if view.draft is None and view.version and content == view.version.content:
        return view.id
    editing.write_draft(view.id, pack(content), revision=revision or None, changed_by=by, at=at)
    return view.id


def _show(request: HttpRequest, offers: Offers, shown: Shown) -> HttpResponse:
    state, written, part = shown.state, shown.written, request.headers.get("HX-Target", "")
    cards = draw_cards(state, written.faults if shown.is_saving else {}, offers)
    context: dict[str, Any] = {
        "rule": shown.view, "revision": shown.revision, "cards": cards, "is_part": bool(part),
        "form": request.POST.get("form") or new_form(),
        "root": draw(state.root, offers, faults_of(written.parts, with_blanks=shown.is_saving), state.part),
        "leaves": [(kind, LEAF_KINDS[kind]) for kind in (*LEAVES, GROUP)],
        "categories": list_categories()[:MOST_CATEGORIES],
        "is_event": state.typed.get("trigger", "event") == "event",
        "is_other": state.typed.get("event") == OTHER,
        "summary": _summary(cards, written) if shown.is_saving else [],
        "refusal": explain(shown.refusal) if shown.refusal else None,
        "unread": len(written.faults) + bool(written.parts), "content": written.content,
        "problem": written.problem,
        "told": tell(written.content, setting_for(request, offers)) if written.content else None,
    }  # fmt: skip
    if isinstance(shown.refusal, RuleDraftChanged) and shown.view and written.content:
        context |= _theirs(request, shown.view.id, written.content, offers)
    if request.headers.get("HX-Request"):
        template = {"drawn": "editor.html#drawn", "deed": "editor.html#deed"}.get(part, "preview.html")
        return render(request, f"web/event_rules/{template}", context)
    return render(request, "web/event_rules/editor.html", context, status=422 if shown.is_saving else 200)


def _summary(cards: Cards, written: Written) -> list[Input]:
    """Return what is wrong in the form with the way to it, the condition's parts under one."""
    labels = cards.labels()
    found = [Input(name, labels.get(name, name), "", error=words) for name, words in written.faults.items()]
    if written.parts:
        found.append(Input("drawn", _("조건"), "", error=written.parts[0].words))
    return found


def _theirs(request: HttpRequest, rule_id: Id, mine: EventRuleContent, offers: Offers) -> dict[str, Any]:
    """Return at which revision somebody else's draft is, and what is otherwise in ours."""
    draft = find(rule_id).draft
    if draft is None:
        return {}
    return {
        "theirs": draft.revision,
        "differences": changes_between(draft.content, mine, setting_for(request, offers)),
    }
