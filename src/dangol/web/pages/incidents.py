"""Leaks of personal data: written down, told in time, and what was known when."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from dangol.core.access.rights import Right
from dangol.core.duties.incidents import (
    LONGEST_TEXT,
    MOST_PEOPLE,
    Facts,
    IncidentView,
    Step,
    add_step,
    find_incident,
    list_incidents,
    record_incident,
)
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, form_of, new_form
from dangol.web.frame import frame_of
from dangol.web.guard import needs

TEXTS = ("what", "fields", "advice", "measures", "contact")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@needs(Right.INCIDENTS_WRITE)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show the incidents, the latest first, with the clock of those of which somebody has to be told."""
    return render(request, "web/duties/incidents.html", {"incidents": list_incidents()})


@needs(Right.INCIDENTS_WRITE)
def record(request: HttpRequest) -> HttpResponse:
    """Ask what is known of a leak, and write it down."""
    frame = frame_of(request)
    if request.method != "POST":
        known = frame.at.astimezone(frame.shop.tz)
        return _form(request, {"known_at": known.strftime("%Y-%m-%dT%H:%M"), "contact": frame.shop.name})
    try:
        record_incident(_facts(request), form=form_of(request), actor=actor_of(request), at=frame.at)
    except DomainError as refusal:
        return _form(request, request.POST, refusal)
    return redirect("web:incident", form_of(request))


@needs(Right.INCIDENTS_WRITE)
def show(request: HttpRequest, incident_id: Id) -> HttpResponse:
    """Show an incident, its clock, the notice to be sent and its history; take the next step."""
    incident = find_incident(incident_id)
    if incident is None:
        raise Http404
    act = request.POST.get("act", "")
    if request.method != "POST" or act not in set(Step) - {Step.RECORDED}:
        return _show(request, incident)
    seen, is_change = request.POST.get("seen", ""), act == Step.CHANGED
    try:
        add_step(
            incident_id, Step(act), seen=int(seen) if seen.isascii() and seen.isdigit() else 0,
            facts=_facts(request) if is_change else None, actor=actor_of(request), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        return _show(request, incident, refusal)
    return redirect("web:incident", incident_id)


def _facts(request: HttpRequest) -> Facts:
    """Return what the form says; what makes no sense in it becomes what the rules refuse."""
    asked, zone = request.POST, frame_of(request).shop.tz
    try:
        typed_at = datetime.fromisoformat(asked.get("known_at", "")).replace(tzinfo=zone)
        known_at = typed_at.astimezone(UTC) if 2000 <= typed_at.year <= 9000 else LONG_AGO
    except ValueError:
        known_at = LONG_AGO
    typed = asked.get("people", "").replace(",", "").strip()
    people = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 12 else -1
    texts = {name: asked.get(name, "")[: LONGEST_TEXT + 1].replace("\0", "") for name in TEXTS}
    return Facts(
        known_at=known_at, people=people if typed else None, is_sensitive="is_sensitive" in asked,
        is_attack="is_attack" in asked, **texts,
    )  # fmt: skip


def _form(request: HttpRequest, given: Mapping[str, Any], refusal: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context = {
        "given": given, "sentence": sentence, "remedy": remedy, "longest": LONGEST_TEXT, "most": MOST_PEOPLE,
        "wrong": refusal.data.get("field", "") if refusal else "",
        "form": request.POST.get("form") or new_form(),
    }  # fmt: skip
    return render(request, "web/duties/incident_new.html", context, status=422 if refusal else 200)


def _show(request: HttpRequest, incident: IncidentView, refusal: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    frame, known = frame_of(request), incident.facts
    given = request.POST if refusal else {
        **known._asdict(), "known_at": known.known_at.astimezone(frame.shop.tz).strftime("%Y-%m-%dT%H:%M"),
        "people": "" if known.people is None else known.people,
    }  # fmt: skip
    context = {
        "incident": incident, "given": given, "sentence": sentence, "remedy": remedy, "longest": LONGEST_TEXT,
        "wrong": refusal.data.get("field", "") if refusal else "", "is_late": incident.due_at <= frame.at,
        "notice": _notice(request, incident),
    }  # fmt: skip
    return render(request, "web/duties/incident.html", context, status=422 if refusal else 200)


def _notice(request: HttpRequest, incident: IncidentView) -> str:
    """Return the notice to those concerned (act §34①), in the reader's language."""
    context = {"facts": incident.facts, "shop_name": frame_of(request).shop.name}
    return render_to_string("web/duties/notice.txt", context, request).strip()
