"""What the shop says of its money, of which the pages about customers reckon: said, taken back, and kept."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.personalization.assumptions import (
    MOST_MINOR,
    PER_POINTS,
    NotAnAmount,
    Said,
    read_assumptions,
    said_so_far,
    say,
)
from dangol.web.acting import actor_of
from dangol.web.formats import format_money, minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.insight_words import SAID
from dangol.web.program_form import read_money

HISTORY_SHOWN = 50


@needs(Right.REPORTS_READ)
def show_money(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    """Show what was said and by whom; the forms are for those who may say."""
    currency, held = frame_of(request).shop.currency, read_assumptions()
    said = said_so_far()
    worth = held.point_value * PER_POINTS if held.point_value is not None else None
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context: dict[str, Any] = {
        "worth": "" if worth is None else _typed(int(worth), currency),
        "typed": request.POST if refusal else {},
        "history": [
            (one, SAID[one.kind], _shown(one.kind, one.amount, currency)) for one in said[:HISTORY_SHOWN]
        ],
        "more": max(len(said) - HISTORY_SHOWN, 0),
        "currency": currency,
        "per": PER_POINTS,
        "saved": request.GET.get("saved") == "1",
        "sentence": sentence,
        "remedy": remedy,
    }
    return render(request, "web/insight/money.html", context, status=422 if refusal else 200)


def _typed(minor: int, currency: str) -> str:
    """Return an amount as it is typed."""
    digits = minor_digits(currency)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits else str(whole)


def _shown(kind: str, amount: int | None, currency: str) -> str:
    return "" if amount is None else format_money(amount, currency)


@needs(Right.PROGRAMS_WRITE)
@require_POST
def say_money(request: HttpRequest) -> HttpResponse:
    """Keep what was typed from now on; an empty field takes back what was said before."""
    try:
        _say(request)
    except DomainError as refusal:
        return show_money(request, refusal)
    return redirect(f"{reverse('web:insight-money')}?saved=1")


def _say(request: HttpRequest) -> None:
    at, actor, currency = frame_of(request).at, actor_of(request), frame_of(request).shop.currency
    typed = request.POST.get("worth")
    if typed is None:
        raise NotAnAmount(kind=Said.POINT_WORTH.value, most=MOST_MINOR)
    amount = read_money(typed, currency) if typed.strip() else None
    if amount is None and typed.strip():
        raise NotAnAmount(kind=Said.POINT_WORTH.value, most=MOST_MINOR)
    say(Said.POINT_WORTH, amount, actor=actor, at=at)
