"""Model cards: what each model said last, of whom, by what, or why it says nothing."""

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from dangol.core.access.rights import Right
from dangol.rooms.personalization.selectors import RunView, runs_of
from dangol.web.formats import format_money, format_number
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.insight_words import FIGURES, HELD_OUT, MODELS, OWN_WORDS, ModelWords, refused_in_words, said
from dangol.web.pages.insight import state_of_refresh


class Told(NamedTuple):
    """A run with why it says nothing (a sentence and what to do), if so."""

    run: RunView
    refused: tuple[str, str] | None


class Card(NamedTuple):
    """A model: its words, its latest run with figures and parameters in words, and the runs before."""

    model: str
    words: ModelWords
    latest: Told
    figures: list[tuple[str | Promise, str]]
    parameters: list[tuple[str, str]]
    before: list[Told]


@needs(Right.REPORTS_READ)
def show_models(request: HttpRequest) -> HttpResponse:
    """Show the card of each model that has run."""
    currency = frame_of(request).shop.currency
    cards = [card for name in MODELS if (card := _card(name, currency))]
    context: dict[str, Any] = {
        "cards": cards,
        "report": cards[0].latest.run if cards else None,
    }
    return render(request, "web/insight/models.html", context | state_of_refresh())


def _card(name: str, currency: str) -> Card | None:
    runs = [Told(run, refused_in_words(run.refusal) if run.refusal else None) for run in runs_of(name)]
    if not runs:
        return None
    card = runs[0].run.card
    figures = [(FIGURES[key], _figure(key, card[key], currency)) for key in FIGURES if key in card]
    figures += [
        (OWN_WORDS.get((name, key), HELD_OUT[key]), _with_interval(one))
        for key, one in card.get("figures", {}).items()
        if key in HELD_OUT
    ]
    parameters = [(key, _parameter(value)) for key, value in card.get("parameters", {}).items()]
    return Card(name, MODELS[name], runs[0], figures, parameters, runs[1:])


def _parameter(value: float | int | str) -> str:
    """Return four digits that count; large ones whole."""
    if isinstance(value, str):
        return value
    return format_number(round(value)) if abs(value) >= 10_000 else f"{value:.4g}"


def _with_interval(figure: dict[str, float]) -> str:
    """Return a figure with its 95 % interval and of how many it is."""
    value, low, high = (f"{figure[key]:.3f}" for key in ("value", "low", "high"))
    return f"{value} ({low}–{high}, n={format_number(round(figure['n']))})"


def _figure(key: str, value: Any, currency: str) -> str:
    if key == "value_minor":
        return format_money(value, currency)
    if key == "yearly_rate":
        return f"{value:.0%}"
    if isinstance(value, float):
        return format_number(round(value))
    return said(value)
