"""What the shop says of its money, of which the pages about customers reckon: said, taken back, and kept."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.commerce.categories import top_categories
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.personalization.assumptions import (
    COSTS,
    LONGEST_SCOPE,
    PER_POINTS,
    SHARES,
    WHOLE_MARGIN,
    Said,
    read_assumptions,
    refused,
    said_so_far,
    say,
)
from dangol.rooms.personalization.services import ask_refresh
from dangol.web.acting import actor_of
from dangol.web.formats import format_money, minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.insight_words import SAID
from dangol.web.program_fields import read_money

HISTORY_SHOWN, COSTS_SHOWN = 50, 120


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
        "margin": "" if held.margin is None else _percent(int(held.margin * WHOLE_MARGIN)).removesuffix("%"),
        "categories": _categories(),
        "margins": [(name, _percent(int(share * WHOLE_MARGIN))) for name, share in held.margins.items()],
        "spent_share": ""
        if held.spent_share is None
        else _percent(int(held.spent_share * WHOLE_MARGIN)).removesuffix("%"),
        "costs": [(one, SAID[one.kind]) for one in reversed(held.costs)][:COSTS_SHOWN],
        "kinds": [(kind.value, SAID[kind.value]) for kind in COSTS],
        "this_month": f"{frame_of(request).today:%Y-%m}",
        "longest": LONGEST_SCOPE,
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
    if amount is None:
        return ""
    return _percent(amount) if kind in SHARES else format_money(amount, currency)


def _percent(hundredths: int) -> str:
    """Return hundredths of a percent as a share: `25%`, `12.5%`."""
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".") + "%"


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
    """Say what the one of the forms holds that was sent."""
    frame, actor, form = frame_of(request), actor_of(request), request.POST
    if shares := [kind for kind in SHARES if kind.value in form]:
        share = _read(shares[0], form[shares[0].value], read_percent)
        scope = _category(form.get("category", "")) if shares[0] is Said.MARGIN else ""
        say(shares[0], share, actor=actor, at=frame.at, scope=scope)
        ask_refresh(at=frame.at)
    elif "amount" in form:
        kind = _read(Said.ACQUISITION, form.get("kind", ""), lambda typed: _COSTS.get(typed))
        month = _read(Said.ACQUISITION, form.get("month", ""), read_month)
        if kind is None or month is None:
            raise refused(Said.ACQUISITION)
        amount = _read(kind, form["amount"], lambda typed: read_money(typed, frame.shop.currency))
        say(kind, amount, actor=actor, at=frame.at, month=month, scope=form.get("scope", ""))
    else:
        worth = form.get("worth")
        if worth is None:
            raise refused(Said.POINT_WORTH)
        amount = _read(Said.POINT_WORTH, worth, lambda typed: read_money(typed, frame.shop.currency))
        say(Said.POINT_WORTH, amount, actor=actor, at=frame.at)
        # What is owed stands in the tables of the night: nobody has to think of making them anew.
        ask_refresh(at=frame.at)


def _category(typed: str) -> str:
    """Return a category of which a margin can be said; empty: of everything else. Raises NotAShare."""
    if typed and typed not in _categories():
        raise refused(Said.MARGIN)
    return typed


def _categories() -> list[str]:
    """Return the widest categories, and those of which something was said before."""
    said = read_assumptions().margins
    return sorted({*said, *(one for one in top_categories() if len(one) <= LONGEST_SCOPE)})


_COSTS = {kind.value: kind for kind in COSTS}
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
T = TypeVar("T")


def _read(kind: Said, typed: str, read: Callable[[str], T | None]) -> T | None:
    """Return what was typed; None for nothing. Raises NotAnAmount, or NotAShare, for what cannot be read."""
    if not typed.strip():
        return None
    found = read(typed.strip())
    if found is None:
        raise refused(kind)
    return found


def read_percent(typed: str) -> int | None:
    """Return a share in hundredths of a percent: 1250 of `12.5` or `12.5%`; None where it is none."""
    bare = typed.removesuffix("%").strip()
    return int(Decimal(bare) * 100) if _PERCENT.fullmatch(bare) else None


def read_month(typed: str) -> date | None:
    """Return the first day of a month such as `2026-11`; None where it is none."""
    found = _MONTH.fullmatch(typed)
    return date(int(found[1]), int(found[2]), 1) if found else None
