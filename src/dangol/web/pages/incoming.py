"""The event debugger: what sites and apps send, as it comes in, what it was taken for and what it caused."""

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.keys import list_keys
from dangol.core.access.rights import Right
from dangol.core.behavior.events import BehaviorTracked, TraitsTold
from dangol.core.behavior.proposals import refuse_proposal
from dangol.core.behavior.selectors import (
    ANY_PROBLEM,
    Caused,
    UnknownEntry,
    caused_by,
    find_entry,
    first_problems,
    list_entries,
    list_sources,
    open_proposals,
)
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import names_of
from dangol.core.storage.ids import Id, parse_id
from dangol.web.acting import actor_of
from dangol.web.behavior_words import CALLS
from dangol.web.event_words import event_name
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.problem_words import problem_words

A_PAGE = 50
# Keeps the lines of what was kept as far in as they are.
NO_BREAK = "\u00a0"


@needs(Right.EVENTS_READ)
def show_incoming(request: HttpRequest) -> HttpResponse:
    """Show what came in, the newest first; the part that a page asks for by itself is the list alone."""
    asked = request.GET
    source, kind, problem = (
        asked.get(name, "").replace("\0", "")[:64] for name in ("source", "kind", "problem")
    )
    before = _read_id(asked.get("after", ""))
    found = list_entries(source=source, kind=kind, problem=problem, before=before, limit=A_PAGE + 1)
    lines = found[:A_PAGE]
    now = resolve_merged({one.person_id for one in lines if one.person_id})
    people, problems = names_of(now.values()), first_problems(lines)
    context = {
        "lines": [
            (one, people.get(now[one.person_id]) if one.person_id else None, problems.get(one.id))
            for one in lines
        ],
        "chosen": {"source": source, "kind": kind, "problem": problem},
        "is_filtered": bool(source or kind or problem), "after": before,
        "next_after": lines[-1].id if len(found) > A_PAGE else None,
        "is_live": before is None,
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        return render(request, "web/incoming/list.html#tail", context)
    context |= _around(request, problem)
    return render(request, "web/incoming/list.html", context)


def _around(request: HttpRequest, problem: str) -> dict[str, object]:
    """Return what stands around the list: filters, who may be one person, and how to send a first event."""
    proposals = open_proposals()
    people = names_of({one for pair in proposals for one in (pair.customer_id, pair.other_id)})
    at = frame_of(request).at
    keys = [key for key in list_keys() if Right.EVENTS_WRITE in key.scopes and not key.is_over(at)]
    return {
        "sources": list_sources(),
        "kinds": [(kind, words) for kind, (words, _icon) in CALLS.items()],
        "any_problem": ANY_PROBLEM,
        "proposals": [(one, people.get(one.customer_id), people.get(one.other_id)) for one in proposals],
        "keys": keys,
        "snippets": _snippets(request, keys[0].name if keys else "WRITE_KEY"),
    }


def _snippets(request: HttpRequest, name: str) -> list[tuple[str, str, str]]:
    """Return how to send a first event: an id, with what, and the lines; a key stands by its name."""
    host = request.build_absolute_uri("/").rstrip("/")
    body = '{"anonymousId":"browser-1","event":"Button Clicked","properties":{"button":"buy"}}'
    curl = f"curl {host}/v1/track -u '{name}:' -H 'Content-Type: application/json' -d '{body}'"
    python = (
        "from segment.analytics.client import Client\n"
        f'client = Client("{name}", host="{host}")\n'
        'client.track(anonymous_id="browser-1", event="Button Clicked", properties={"button": "buy"})\n'
        "client.flush()"
    )
    node = (
        "import { Analytics } from '@segment/analytics-node'\n"
        f"const analytics = new Analytics({{ writeKey: '{name}', host: '{host}', path: '/v1/batch' }})\n"
        "analytics.track({ anonymousId: 'browser-1', event: 'Button Clicked' })\n"
        "await analytics.closeAndFlush()"
    )
    return [("curl", "curl", curl), ("python", "Python", python), ("node", "Node.js", node)]


@needs(Right.EVENTS_READ)
def show_entry(request: HttpRequest, entry_id: Id) -> HttpResponse:
    """Show one event: whom it was taken for, what it caused, what was taken out, and its problems."""
    try:
        entry, details = find_entry(entry_id)
    except UnknownEntry as error:
        raise Http404 from error
    caused = caused_by(entry, details)
    person = resolve_merged([entry.person_id])[entry.person_id] if entry.person_id else None
    values = _own_values(caused) if person else details.values
    context = {
        "entry": entry,
        "details": details,
        "person_id": person,
        "person": names_of([person]).get(person) if person else None,
        "problems": [problem_words(one) for one in details.problems],
        "notes": [problem_words(one) for one in details.notes],
        "caused": [
            (event_name(one.name), one)
            for one in caused
            if one.name not in ("behavior.tracked", "traits.told")
        ],
        "values": msgspec.json.format(msgspec.json.encode(values or {}), indent=2)
        .decode()
        .replace("  ", 2 * NO_BREAK),
    }
    return render(request, "web/incoming/entry.html", context)


def _own_values(caused: list[Caused]) -> dict[str, object] | None:
    """Return what was kept of the event itself: it stands on the timeline."""
    for one in caused:
        if isinstance(one.payload, BehaviorTracked):
            return {"properties": one.payload.properties, "context": one.payload.context}
        if isinstance(one.payload, TraitsTold):
            return {"traits": one.payload.traits}
    return None


@needs(Right.MEMBERS_MERGE)
@require_POST
def refuse(request: HttpRequest) -> HttpResponse:
    """Say that two who were proposed as one person are two."""
    first, second = (_read_id(request.POST.get(name, "")) for name in ("customer", "other"))
    if first is None or second is None:
        raise Http404
    refuse_proposal(first, second, actor=actor_of(request), at=frame_of(request).at)
    return HttpResponseRedirect(reverse("web:incoming"))


def _read_id(text: str) -> Id | None:
    try:
        return parse_id(text)
    except ValueError:
        return None
