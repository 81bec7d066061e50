"""Who is like those in a segment: how it was found, who they are, and a segment of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.refusals import explain
from dangol.core.segments.services import LONGEST_NAME, LONGEST_SLUG, SegmentDraft, create_segment
from dangol.domain.errors import DomainError
from dangol.rooms.personalization.alike import MODEL, score_of
from dangol.rooms.personalization.selectors import AlikeView, RunView, alike_job, latest_run, most_alike
from dangol.rooms.personalization.services import ask_alike
from dangol.web.acting import actor_of
from dangol.web.formats import format_percent
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.insight_words import FEATURES, refused_in_words
from dangol.web.pages.insight import OPEN
from dangol.web.pages.segments import find
from dangol.web.present import seen_by

SHOWN = 20
# Where an AUC may be lower than that, the order says next to nothing.
WEAK_AUC = 0.6


class AlikeLine(NamedTuple):
    """Somebody who is like them, how much, and by what."""

    person: PersonView
    score: str
    because: list[str | Promise]


class Bin(NamedTuple):
    """A tenth of those held out: what was said of them, and how many were in."""

    customers: int
    said: str
    came: str
    between: str


class Weight(NamedTuple):
    """A feature, whether more of it speaks for likeness, and how much against the strongest, in percent."""

    name: str | Promise
    speaks_for: bool
    share: int


@needs(Right.SEGMENTS_READ)
def show(request: HttpRequest, segment: str, refusal: DomainError | None = None) -> HttpResponse:
    """Show the latest search: how good it is, by what, and who is most like those in the segment."""
    view, job = find(segment), alike_job(segment)
    is_open = bool(job and job.state in OPEN)
    if request.headers.get("HX-Target") == "alike-state":
        answer = render(request, "web/segments/alike.html#state", {"segment": view, "job": job})
        if not is_open:
            answer.headers["HX-Refresh"] = "true"
        return answer
    run = latest_run(MODEL, about=segment)
    context: dict[str, Any] = {
        "segment": view,
        "job": job if is_open else None,
        "failed": bool(job and job.state == "dead"),
        "run": run,
        "refusal": explain(refusal) if refusal else None,
    }
    if run and run.refusal:
        context["refused"] = refused_in_words(run.refusal)
    elif run:
        found = most_alike(segment, limit=SHOWN)
        context |= _told(run) | {
            "lines": _lines(request, found),
            # So that those who are shown are in.
            "suggested": max(1, int(found[-1].score * 100)) if found else 1,
        }
    return render(request, "web/segments/alike.html", context, status=409 if refusal else 200)


def _told(run: RunView) -> dict[str, Any]:
    """Return how good a search is and by what, as the page says it."""
    card = run.card
    heaviest = max((abs(one["weight"]) for one in card["weights"]), default=0) or 1
    return {
        "seed_members": card["parameters"]["seed_members"],
        "auc": card["figures"]["auc"],
        "lift": card["figures"]["lift_10"],
        "weak": card["figures"]["auc"]["low"] < WEAK_AUC,
        "beats_baseline": card["beats_baseline"],
        "reckoned_here": run.reckoned_here,
        "bins": [
            Bin(
                one["customers"], _share(one["said"]), _share(one["came"]),
                f"{_share(one['came_low'])}–{_share(one['came_high'])}",
            )
            for one in card["reliability"]
        ],
        "weights": [
            Weight(
                FEATURES.get(one["feature"], one["feature"]),
                one["weight"] > 0,
                round(100 * abs(one["weight"]) / heaviest),
            )
            for one in card["weights"]
        ],
    }  # fmt: skip


def _lines(request: HttpRequest, found: Sequence[AlikeView]) -> list[AlikeLine]:
    people = names_of(seen_by(visitor_of(request), [one.customer_id for one in found]))
    return [
        AlikeLine(
            people[one.customer_id],
            _share(float(one.score)),
            [FEATURES.get(name, name) for name in one.because],
        )
        for one in found
        if one.customer_id in people
    ]


def _share(value: float) -> str:
    return format_percent(round(value * 1_000), 1_000)


@needs(Right.SEGMENTS_WRITE)
@require_POST
def find_them(request: HttpRequest, segment: str) -> HttpResponse:
    """Leave the search for the worker, and go back to where it was asked for."""
    ask_alike(find(segment).slug, at=frame_of(request).at)
    return redirect("web:segment-alike", segment)


@needs(Right.SEGMENTS_WRITE)
@require_POST
def make(request: HttpRequest, segment: str) -> HttpResponse:
    """Save those who are at least so much like them, and are not in, as a segment of its own."""
    view = find(segment)
    text = request.POST.get("percent", "")
    percent = int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= 100 else 0
    if not percent:
        return redirect("web:segment-alike", segment)
    least = {"type": "trait", "trait": score_of(segment), "op": "at_least", "value": percent / 100}
    outside = {"type": "not", "of": {"type": "member", "segment": segment}}
    ending = f"-{percent}"
    draft = SegmentDraft(
        f"like-{segment}"[: LONGEST_SLUG - len(ending)].rstrip("-") + ending,
        _("{name} 닮은 고객 {percent}%").format(name=view.name, percent=percent)[:LONGEST_NAME],
        "",
        {"type": "all", "of": [least, outside]},
    )
    try:
        create_segment(draft, actor=actor_of(request), at=frame_of(request).at)
    except DomainError as refusal:
        return show(request, segment, refusal)
    return redirect("web:segment", draft.slug)
