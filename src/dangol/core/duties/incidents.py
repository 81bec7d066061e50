"""Leaks of personal data: what is known, by when those concerned must be told, and that they were.

Act §34, decree §39–40: people are told within 72 hours of when the shop knew (that a leak is possible is
enough); the authority, too, where 1,000 or more are concerned, sensitive data, or somebody broke in. Nothing
that was written is changed: what is known better is a further step with all the facts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from dangol.core.duties.errors import (
    IncidentClosed,
    IncidentFactUnfit,
    IncidentMoved,
    IncidentUntold,
    NoSuchIncident,
)
from dangol.core.duties.models import IncidentStep
from dangol.core.people.actors import Actor, columns_of
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import write_transaction
from dangol.domain.duties import is_reported, tell_by

LONGEST_TEXT, MOST_PEOPLE = 500, 1_000_000_000
LONGEST_BACK = timedelta(days=3_650)
MOST_INCIDENTS = 100


class Step(StrEnum):
    """What was done about an incident."""

    RECORDED = "recorded"
    CHANGED = "changed"
    TOLD = "told"
    REPORTED = "reported"
    CLOSED = "closed"


class Facts(NamedTuple):
    """What is known of a leak: since when, what happened, which data, of how many (None: not known yet).

    `advice` is what people can do, `measures` what the shop does, `contact` whom they can ask.
    """

    known_at: datetime
    what: str
    fields: str
    people: int | None
    is_sensitive: bool
    is_attack: bool
    advice: str
    measures: str
    contact: str


class StepView(NamedTuple):
    """A step: what was done, when and by whom, with the facts as they were known then."""

    number: int
    at: datetime
    act: str
    actor: str
    actor_name: str
    facts: Facts


class IncidentView(NamedTuple):
    """An incident as it stands; `number` is its last step, `steps` all of them, the first one first."""

    id: Id
    number: int
    facts: Facts
    steps: list[StepView]
    told_at: datetime | None
    reported_at: datetime | None
    closed_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """When people, and where it is to be reported the authority, must have been told."""
        return tell_by(self.facts.known_at)

    @property
    def must_report(self) -> bool:
        """Whether the authority is to be told."""
        known = self.facts
        return is_reported(people=known.people, is_sensitive=known.is_sensitive, is_attack=known.is_attack)

    @property
    def waits(self) -> bool:
        """Whether somebody has still to be told."""
        return self.closed_at is None and (
            self.told_at is None or (self.must_report and self.reported_at is None)
        )


def record_incident(facts: Facts, *, form: Id, actor: Actor, at: datetime) -> None:
    """Write an incident down, under the name of its form: sent twice it is one. Raises IncidentFactUnfit."""
    with write_transaction():
        _insert(form, 1, Step.RECORDED, _fit(facts, at), actor, at)


def add_step(
    incident_id: Id, act: Step, *, seen: int, facts: Facts | None = None, actor: Actor, at: datetime
) -> None:
    """Add what was done, or with `facts` what is known better, to the incident as of its step `seen`.

    Raises IncidentFactUnfit, NoSuchIncident, IncidentClosed, IncidentMoved where somebody added a step
    meanwhile, and IncidentUntold for closing one of which somebody has still to be told.
    """
    with write_transaction():
        now = find_incident(incident_id)
        if now is None:
            raise NoSuchIncident(incident=show_id(incident_id))
        if now.closed_at is not None:
            raise IncidentClosed(closed_at=now.closed_at.isoformat())
        if now.number != seen:
            raise IncidentMoved(name=now.steps[-1].actor_name or now.steps[-1].actor)
        if act is Step.CLOSED and now.waits:
            raise IncidentUntold(report=now.told_at is not None)
        known = _fit(facts, at) if facts else now.facts
        if not _insert(incident_id, seen + 1, act, known, actor, at):
            raise IncidentMoved(name="")


def _fit(facts: Facts, at: datetime) -> Facts:
    """Return the facts as they are kept; raises IncidentFactUnfit for the first that cannot be."""
    if not at - LONGEST_BACK <= facts.known_at <= at:
        raise IncidentFactUnfit(field="known_at")
    if facts.people is not None and not 0 <= facts.people <= MOST_PEOPLE:
        raise IncidentFactUnfit(field="people")
    texts = {
        name: getattr(facts, name).strip() for name in ("what", "fields", "advice", "measures", "contact")
    }
    for name, text in texts.items():
        if not text or len(text) > LONGEST_TEXT:
            raise IncidentFactUnfit(field=name)
    return facts._replace(**texts)


def _insert(incident_id: Id, number: int, act: Step, facts: Facts, actor: Actor, at: datetime) -> int:
    row: dict[str, Any] = {
        "incident_id": incident_id, "number": number, "at": at, "act": act.value, **columns_of(actor),
        **facts._asdict(),
    }  # fmt: skip
    return insert_missing(IncidentStep, tuple(row), [tuple(row.values())])


def find_incident(incident_id: Id) -> IncidentView | None:
    """Return an incident as it stands; None where there is none of this id."""
    steps = list(IncidentStep.objects.filter(incident_id=incident_id).order_by("number"))
    return _view(incident_id, steps) if steps else None


def list_incidents() -> list[IncidentView]:
    """Return the incidents, the latest written down first; 100 at most."""
    first = IncidentStep.objects.filter(number=1).order_by("-incident_id").values("incident_id")
    steps: dict[Id, list[IncidentStep]] = {}
    for step in IncidentStep.objects.filter(incident_id__in=first[:MOST_INCIDENTS]).order_by(
        "-incident_id", "number"
    ):
        steps.setdefault(step.incident_id, []).append(step)
    return [_view(one, rows) for one, rows in steps.items()]


def _view(incident_id: Id, rows: Sequence[IncidentStep]) -> IncidentView:
    steps = [
        StepView(
            row.number, row.at, row.act, row.actor, row.actor_name,
            Facts(*(getattr(row, name) for name in Facts._fields)),
        )
        for row in rows
    ]  # fmt: skip
    done = {step.act: step.at for step in reversed(steps)}
    last = steps[-1]
    return IncidentView(
        incident_id, last.number, last.facts, steps,
        done.get(Step.TOLD), done.get(Step.REPORTED), done.get(Step.CLOSED),
    )  # fmt: skip
