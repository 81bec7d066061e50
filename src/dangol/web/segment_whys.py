"""Why somebody is in a segment or not, in words: each part that decided, what was seen, and which events."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse

from dangol.core.commerce.events import OrderPlaced
from dangol.core.events.payloads import decode
from dangol.core.events.selectors import find_told
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.conditions import Condition, Decision, Labels, Named, Said, explain
from dangol.web.condition_words import tongue
from dangol.web.event_words import event_name


class WhyEvent(NamedTuple):
    """An event that decided: what it was, when, and its page if it has one."""

    name: str
    at: datetime
    link: str


class WhyLine(NamedTuple):
    """A part that decided: whether it holds, what it says and what was seen."""

    holds: bool
    said: Said
    events: list[WhyEvent]


class Why(NamedTuple):
    """The answer, its reasons, and until when it holds by itself (None: for good)."""

    holds: bool
    lines: list[WhyLine]
    changes_at: datetime | None


def tell_why(condition: Condition, decision: Decision, labels: Labels) -> Why:
    """Return a decision in words."""
    # The events are told apart, each with its page.
    silent = replace(decision, reasons=tuple(replace(one, events=()) for one in decision.reasons))
    said = explain(condition, silent, tongue(), labels)
    links = links_of(parse_id(event.id) for one in decision.reasons for event in one.events)
    lines = [
        WhyLine(reason.holds, line, [_event(one, links) for one in reason.events])
        for reason, line in zip(decision.reasons, said.lines, strict=True)
    ]
    return Why(decision.holds, lines, decision.changes_at)


def _event(one: Named, links: dict[Id, WhyEvent]) -> WhyEvent:
    known = links.get(parse_id(one.id))
    return WhyEvent(event_name(one.event), one.at, known.link if known else "")


def links_of(event_ids: Iterable[Id]) -> dict[Id, WhyEvent]:
    """Return these events by their ids, those there are."""
    found = {}
    for event_id, told in find_told(event_ids).items():
        payload, link = decode(told.name, told.payload), ""
        if isinstance(payload, OrderPlaced):
            link = reverse("web:order", args=[payload.source, payload.number])
        found[event_id] = WhyEvent(event_name(payload.known_as), told.occurred_at, link)
    return found
