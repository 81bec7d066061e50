"""How the shop answers for households: shown in words with its history, and changed."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.households.settings import (
    DEFAULTS,
    HouseholdContent,
    change_settings,
    list_settings_versions,
    read_settings,
    settings_number,
)
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.household_form import HouseholdForm, form_of_content, read_form
from dangol.web.household_words import GROUPS, changes_between, facts_of, tell_figures
from dangol.web.settings_form import Answer, Asked, mark_of, read_number
from dangol.web.settings_words import Fact, Group, Question, lines_of, typed_answer

_MOST_SHOWN = 20


class Told(NamedTuple):
    """A group with its questions answered."""

    group: Group
    facts: list[Fact]


@needs(Right.PROGRAMS_READ)
def show(request: HttpRequest) -> HttpResponse:
    """Show how the shop answers for households, with what was changed, by whom and when."""
    content = read_settings()
    versions = list_settings_versions(limit=_MOST_SHOWN + 1)
    context = {
        "groups": [Told(one, facts_of(content, one)) for one in GROUPS],
        "figures": tell_figures(content), "number": versions[0].number if versions else 0,
        "latest": versions[0] if versions else None,
        "lines": lines_of(versions, DEFAULTS, changes_between),
        "saved": request.GET.get("saved") == "1",
    }  # fmt: skip
    return render(request, "web/households/settings.html", context)


@needs(Right.PROGRAMS_PUBLISH)
def change(request: HttpRequest) -> HttpResponse:
    """Ask how the shop is to answer, show what that changes, and let it be so when that was seen."""
    content, number = read_settings(), settings_number()
    if request.method != "POST":
        return _form(request, form_of_content(content), content, number)
    form = read_form(request.POST)
    is_seen = request.POST.get("seen") == mark_of(form.content)
    if request.POST.get("do") != "save" or form.content is None or not is_seen:
        return _form(request, form, content, number)
    try:
        seen = read_number(request.POST.get("version", ""))
        change_settings(form.content, seen=seen, actor=actor_of(request), at=frame_of(request).at)
    except DomainError as error:
        return _form(request, form, content, number, error=error)
    return HttpResponseRedirect(f"{reverse('web:household-settings')}?saved=1")


def _form(
    request: HttpRequest,
    form: HouseholdForm,
    content: HouseholdContent,
    number: int,
    *,
    error: DomainError | None = None,
) -> HttpResponse:
    new = form.content
    sentence, remedy = explain(error) if error else ("", "")
    context: dict[str, Any] = {
        "form": form, "version": number, "sentence": sentence, "remedy": remedy,
        "sentences": changes_between(content, new) if new else [],
        "figures": tell_figures(new) if new else [], "mark": mark_of(new),
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        return render(request, "web/households/outcome.html", context)
    context["groups"] = [(one, [_asked(part, form) for part in one.questions]) for one in GROUPS]
    is_bad = bool(form.wrong) or error is not None
    return render(request, "web/households/form.html", context, status=422 if is_bad else 200)


def _asked(question: Question, form: HouseholdForm) -> Asked:
    name = question.name
    answers = [Answer(typed_answer(value), str(words), "") for value, words in question.answers.items()]
    return Asked(question, name.replace("_", "-"), form.given[name], form.wrong.get(name, ""), answers)
