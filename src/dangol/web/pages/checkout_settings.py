"""How the checkout answers: shown in words with what has changed and when, and changed in a form."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dangol.core.access.approvals import list_asked
from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.domain.promotions.second_look import is_looser
from dangol.rooms.rewards.promotions.approving import SETTINGS, SETTINGS_ID, change_or_ask
from dangol.rooms.rewards.promotions.checkout import (
    DEFAULTS,
    CheckoutContent,
    checkout_number,
    list_checkout_versions,
    read_checkout,
)
from dangol.rooms.rewards.promotions.editing import list_promotions
from dangol.rooms.rewards.wallets import list_wallets
from dangol.web.acting import actor_of, form_of, new_form
from dangol.web.checkout_examples import tell_example, tell_figures
from dangol.web.checkout_form import CheckoutForm, form_of_content, read_form
from dangol.web.checkout_words import CHOICES, GROUPS, WAYS, beside_facts, changes_between, facts_of
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.promotion_words import lane_name
from dangol.web.reads.wallets import key_of, name_of
from dangol.web.settings_form import Answer, Asked, mark_of, read_number
from dangol.web.settings_words import Fact, Group, Question, lines_of, typed_answer

_MOST_SHOWN, _MOST_ASKED, LONGEST = 20, 100, 300


class Told(NamedTuple):
    """A group with its questions answered."""

    group: Group
    facts: list[Fact]


@needs(Right.PROGRAMS_READ)
def show(request: HttpRequest) -> HttpResponse:
    """Show how the checkout answers, with what was changed, by whom and when."""
    content, currency = read_checkout(), frame_of(request).shop.currency
    told = [Told(one, facts_of(content, one, currency)) for one in GROUPS]
    versions = list_checkout_versions(limit=_MOST_SHOWN + 1)
    asked = list_asked(SETTINGS, SETTINGS_ID, limit=_MOST_ASKED)
    context = {
        "groups": told, "beside": beside_facts(content), "figures": tell_figures(content, currency),
        "number": versions[0].number if versions else 0, "latest": versions[0] if versions else None,
        "lines": lines_of(versions, DEFAULTS, partial(changes_between, currency=currency), asked),
        "saved": request.GET.get("saved", ""),
        "waiting": [one for one in asked[:1] if one.is_open(frame_of(request).at)],
    }  # fmt: skip
    return render(request, "web/checkout/settings.html", context)


@needs(Right.PROGRAMS_PUBLISH)
def change(request: HttpRequest) -> HttpResponse:
    """Ask how the checkout is to answer, show what that changes, and let it be so when that was seen."""
    content, currency = read_checkout(), frame_of(request).shop.currency
    number = checkout_number()
    if request.method != "POST":
        return _form(request, form_of_content(content, currency), content, number)
    form, seen = read_form(request.POST, content, currency), request.POST.get("version", "")
    is_seen = request.POST.get("seen") == mark_of(form.content)
    if request.POST.get("do") != "save" or form.content is None or not is_seen:
        return _form(request, form, content, number)
    try:
        outcome = change_or_ask(
            form.content, form=form_of(request), actor=actor_of(request), at=frame_of(request).at,
            seen=read_number(seen),
            reason=request.POST.get("reason", "")[:LONGEST],
        )  # fmt: skip
    except DomainError as error:
        return _form(request, form, content, number, error=error)
    saved = "waits" if outcome.approval else "1"
    return HttpResponseRedirect(f"{reverse('web:checkout-settings')}?saved={saved}")


def _form(
    request: HttpRequest,
    form: CheckoutForm,
    content: CheckoutContent,
    number: int,
    *,
    error: DomainError | None = None,
) -> HttpResponse:
    currency = frame_of(request).shop.currency
    sentence, remedy = explain(error) if error else ("", "")
    new = form.content
    context: dict[str, Any] = {
        "form": form, "version": number, "sentence": sentence, "remedy": remedy,
        "sentences": changes_between(content, new, currency) if new else [],
        "figures": tell_figures(new, currency) if new else [], "mark": mark_of(new),
        "loosens": new is not None and is_looser(content.as_second_look(), new.as_second_look()),
        "sent": request.POST.get("form") or new_form(), "reason": request.POST.get("reason", "")[:LONGEST],
        "longest": LONGEST,
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        return render(request, "web/checkout/outcome.html", context)
    categories = {one.content.category for one in list_promotions()} - {""}
    context |= {
        "groups": [(one, [_asked(part, form, currency) for part in one.questions]) for one in GROUPS],
        "lanes": [(lane_name(one.key), one) for one in form.lanes],
        "choices": _with_examples(CHOICES, "lanes", currency), "ways": WAYS.items(),
        "wallets": [(key_of(one) or "", name_of(one)) for one in list_wallets()],
        "categories": sorted(categories), "digits": minor_digits(currency), "currency": currency,
    }  # fmt: skip
    is_bad = bool(form.wrong) or error is not None
    return render(request, "web/checkout/form.html", context, status=422 if is_bad else 200)


def _asked(question: Question, form: CheckoutForm, currency: str) -> Asked:
    name = question.name
    return Asked(
        question, name.replace(".", "-"), form.given[name], form.wrong.get(name, ""),
        _with_examples(question.answers, name, currency),
    )  # fmt: skip


def _with_examples(answers: Mapping[Any, Any], name: str, currency: str) -> list[Answer]:
    return [
        Answer(typed_answer(value), str(words), tell_example(name, value, currency))
        for value, words in answers.items()
    ]
