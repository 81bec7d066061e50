"""Incidents: the clock of 72 hours, who is to be told, and that nothing written is ever changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection

from dangol.core.duties import errors
from dangol.core.duties.incidents import (
    Facts,
    IncidentView,
    Step,
    add_step,
    find_incident,
    list_incidents,
    record_incident,
)
from dangol.core.duties.models import IncidentStep
from dangol.core.duties.selectors import read_duties
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 2, 3, tzinfo=UTC)
KIM = Actor(ActorKind.STAFF, "kim", "Kim")
FACTS = Facts(
    AT - timedelta(hours=1), "A laptop was lost.", "names", 12, False, False, "Be careful.", "Locked.", "Shop"
)


def record(**changes: Any) -> Id:
    incident_id = new_id()
    record_incident(FACTS._replace(**changes), form=incident_id, actor=KIM, at=AT)
    return incident_id


def stands(incident_id: Id) -> IncidentView:
    found = find_incident(incident_id)
    assert found is not None
    return found


def do(incident_id: Id, act: Step, *, facts: Facts | None = None, seen: int = 0) -> None:
    number = seen or stands(incident_id).number
    add_step(incident_id, act, seen=number, facts=facts, actor=KIM, at=AT + timedelta(hours=1))


@pytest.mark.parametrize(
    ("changes", "must_report"),
    [({}, False), ({"people": 1_000}, True), ({"people": None}, True), ({"is_attack": True}, True)],
)
def test_incident__told_and_reported_as_it_must_be__can_be_closed(
    changes: dict[str, Any], must_report: bool
) -> None:
    incident = record(**changes)
    assert stands(incident).must_report is must_report
    assert stands(incident).due_at == FACTS.known_at + timedelta(hours=72)
    with pytest.raises(errors.IncidentUntold):
        do(incident, Step.CLOSED)
    do(incident, Step.TOLD)
    if must_report:
        with pytest.raises(errors.IncidentUntold):
            do(incident, Step.CLOSED)
        do(incident, Step.REPORTED)

    do(incident, Step.CLOSED)

    assert stands(incident).closed_at is not None
    with pytest.raises(errors.IncidentClosed):
        do(incident, Step.CHANGED, facts=FACTS)


def test_facts__known_better__are_a_further_step_and_the_first_stay() -> None:
    incident = record(people=None)

    do(incident, Step.CHANGED, facts=FACTS._replace(people=3))

    view = stands(incident)
    assert (view.facts.people, view.number) == (3, 2)
    assert [step.facts.people for step in view.steps] == [None, 3]
    assert [one.id for one in list_incidents()] == [incident]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"known_at": AT + timedelta(seconds=1)}, "known_at"),
        ({"known_at": AT - timedelta(days=3_651)}, "known_at"),
        ({"people": -1}, "people"),
        ({"people": 1_000_000_001}, "people"),
        ({"what": " "}, "what"),
        ({"contact": "x" * 501}, "contact"),
    ],
)
def test_facts__that_cannot_be__are_refused_by_field_and_nothing_kept(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(errors.IncidentFactUnfit) as refusal:
        record(**changes)

    assert refusal.value.data["field"] == field
    assert not IncidentStep.objects.exists()


def test_step__to_what_somebody_changed_meanwhile__is_refused() -> None:
    incident = record()
    do(incident, Step.CHANGED, facts=FACTS._replace(people=2_000))

    with pytest.raises(errors.IncidentMoved):
        do(incident, Step.TOLD, seen=1)
    with pytest.raises(errors.NoSuchIncident):
        add_step(random_id(), Step.TOLD, seen=1, actor=KIM, at=AT)


def test_step__by_four_at_once__one_is_written() -> None:
    incident = record()

    def tell(_number: int) -> bool:
        try:
            do(incident, Step.TOLD, seen=1)
        except errors.IncidentMoved:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tell, range(4))) == 1
    assert IncidentStep.objects.count() == 2


def test_steps__changed_by_sql__the_database_refuses() -> None:
    record()

    for sql in ("UPDATE dg_duty_incident_step SET people = 0", "DELETE FROM dg_duty_incident_step"):
        with pytest.raises(DatabaseError), write_transaction(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.parametrize(("hours", "overdue"), [(70, 0), (71, 1)])
def test_duties__nobody_told__waits_and_is_overdue_after_72_hours(hours: int, overdue: int) -> None:
    incident = record()

    [line] = read_duties(as_of=AT + timedelta(hours=hours), zone=ZoneInfo("Asia/Seoul"))

    assert (line.kind, line.waiting, line.overdue) == ("incidents", 1, overdue)
    do(incident, Step.TOLD)
    assert read_duties(as_of=AT, zone=ZoneInfo("Asia/Seoul")) == []
