"""How the shop answers for gift cards and store credit: shown in words with its history, and changed."""

from functools import partial
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dangol.core.access.approvals import list_asked
from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.stored_value.settings import (
    DEFAULTS,
    StoredValueContent,
    list_settings_versions,
    read_settings,
    settings_number,
)
from dangol.rooms.rewards.stored_value.settings_asks import KIND, SETTINGS_ID, change_or_ask, is_looser
from dangol.web.acting import actor_of, form_of, new_form
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.settings_form import Answer, Asked, mark_of, read_number
from dangol.web.settings_words import Fact, Group, Question, lines_of, typed_answer
from dangol.web.stored_value_examples import tell_choice, tell_figures
from dangol.web.stored_value_settings_form import SettingsForm, form_of_content, read_form
from dangol.web.stored_value_settings_words import GROUPS, changes_between, facts_of

_MOST_SHOWN, _MOST_ASKED, LONGEST = 20, 100, 300


class Told(NamedTuple):
    """A group with its questions answered."""

    group: Group
    facts: list[Fact]


@needs(Right.PROGRAMS_READ)
def show(request: HttpRequest) -> HttpResponse:
    """Show how the shop answers for cards and credit, with what was changed, by whom and when."""
    content, currency = read_settings(), frame_of(request).shop.currency
    versions = list_settings_versions(limit=_MOST_SHOWN + 1)
    asked = list_asked(KIND, SETTINGS_ID, limit=_MOST_ASKED)
    context = {
        "groups": [Told(one, facts_of(content, one, currency)) for one in GROUPS],
        "figures": _figures(request, content), "number": versions[0].number if versions else 0,
        "latest": versions[0] if versions else None,
        "lines": lines_of(versions, DEFAULTS, partial(changes_between, currency=currency), asked),
        "saved": request.GET.get("saved") == "1",
        "waiting": [one for one in asked[:1] if one.is_open(frame_of(request).at)],
    }  # fmt: skip
    return render(request, "web/stored_value/settings.html", context)


def _figures(request: HttpRequest, content: StoredValueContent) -> list[str]:
    frame = frame_of(request)
    return tell_figures(content, frame.shop.currency, at=frame.at, zone=frame.shop.tz)


@needs(Right.PROGRAMS_PUBLISH)
def change(request: HttpRequest) -> HttpResponse:
    """Ask how the shop is to answer, show what that changes, and let it be so when that was seen."""
    content, currency = read_settings(), frame_of(request).shop.currency
    number = settings_number()
    if request.method != "POST":
        return _form(request, form_of_content(content, currency), content, number)
    form = read_form(request.POST, currency)
    is_seen = request.POST.get("seen") == mark_of(form.content)
    if request.POST.get("do") != "save" or form.content is None or not is_seen:
        return _form(request, form, content, number)
    try:
        outcome = change_or_ask(
            form.content, form=form_of(request), actor=actor_of(request), at=frame_of(request).at,
            seen=read_number(request.POST.get("version", "")),
            reason=request.POST.get("reason", "")[:LONGEST],
        )  # fmt: skip
    except DomainError as error:
        return _form(request, form, content, number, error=error)
    saved = "waits" if outcome.approval else "1"
    return HttpResponseRedirect(f"{reverse('web:stored-value-settings')}?saved={saved}")


def _form(
    request: HttpRequest,
    form: SettingsForm,
    content: StoredValueContent,
    number: int,
    *,
    error: DomainError | None = None,
) -> HttpResponse:
    currency, new = frame_of(request).shop.currency, form.content
    sentence, remedy = explain(error) if error else ("", "")
    context: dict[str, Any] = {
        "form": form, "version": number, "sentence": sentence, "remedy": remedy,
        "sentences": changes_between(content, new, currency) if new else [],
        "figures": _figures(request, new) if new else [], "mark": mark_of(new),
        "loosens": new is not None and is_looser(content, new), "longest": LONGEST,
        "sent": request.POST.get("form") or new_form(), "reason": request.POST.get("reason", "")[:LONGEST],
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        return render(request, "web/stored_value/outcome.html", context)
    context |= {
        "groups": [(one, [_asked(part, form, currency) for part in one.questions]) for one in GROUPS],
        "digits": minor_digits(currency),
        "currency": currency,
    }
    is_bad = bool(form.wrong) or error is not None
    return render(request, "web/stored_value/form.html", context, status=422 if is_bad else 200)


def _asked(question: Question, form: SettingsForm, currency: str) -> Asked:
    name = question.name
    answers = [
        Answer(typed_answer(value), str(words), tell_choice(name, value=value, currency=currency))
        for value, words in question.answers.items()
    ]
    return Asked(question, name.replace("_", "-"), form.given[name], form.wrong.get(name, ""), answers)
