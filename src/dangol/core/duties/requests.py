"""What people ask for by their rights (act §35–37), as a queue with the day by which each is answered.

A request is done when the thing was done: an entry of the access log or an event after the day it came.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from dangol.core.access.log import Access
from dangol.core.access.models import AccessEntry
from dangol.core.duties.errors import (
    NoSuchRequest,
    NotFulfilled,
    RequestDayUnfit,
    RequestKindUnknown,
)
from dangol.core.duties.models import PersonRequest
from dangol.core.events.models import Event
from dangol.core.people.actors import Actor, columns_of, fitting, require_reason
from dangol.core.people.merged import family_of
from dangol.core.people.models import Customer
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.duties import answer_by

LONGEST_BACK = timedelta(days=365)
MOST_OPEN, MOST_OVER = 200, 50


class RequestKind(StrEnum):
    """What somebody may ask for."""

    ACCESS = "access"
    CORRECTION = "correction"
    DELETION = "deletion"
    STOP = "stop"


class Answered(StrEnum):
    """How a request ended."""

    DONE = "done"
    REFUSED = "refused"


# What fulfills a request: an act in the access log, or events of the person.
_ACTS: Mapping[str, str] = {RequestKind.ACCESS: Access.TAKEOUT, RequestKind.DELETION: Access.ERASE}
_EVENTS: Mapping[str, Sequence[str]] = {
    RequestKind.CORRECTION: ("customer.updated",),
    RequestKind.STOP: ("consent.withdrawn", "customer.left"),
}


class RequestView(NamedTuple):
    """A request: whose, what, until when; once it is over, how it ended, by whom and with which words."""

    customer_id: Id
    id: Id
    kind: str
    came_on: date
    due_at: datetime
    noted_at: datetime
    actor: str
    actor_name: str
    ended_at: datetime | None
    outcome: str
    ended_by: str
    ended_name: str
    answer: str
    act_id: Id | None


def note_request(
    customer_id: Id, kind: str, *, came_on: date, actor: Actor, at: datetime, zone: ZoneInfo
) -> Id:
    """Write down that a person has asked for something; returns the request's id.

    Raises RequestKindUnknown, RequestDayUnfit or UnknownCustomer.
    """
    if kind not in set(RequestKind):
        raise RequestKindUnknown(kind=kind[:20])
    today = day_of(at, zone)
    if not today - LONGEST_BACK <= came_on <= today:
        raise RequestDayUnfit(came_on=came_on.isoformat())
    request_id = new_id()
    with write_transaction():
        if not Customer.objects.filter(customer_id=customer_id).exists():
            raise UnknownCustomer(customer_id=show_id(customer_id))
        PersonRequest.objects.create(
            customer_id=customer_id, id=request_id, kind=kind, came_on=came_on,
            due_at=answer_by(came_on, zone), noted_at=at, **columns_of(actor),
        )  # fmt: skip
    return request_id


def answer_request(
    customer_id: Id,
    request_id: Id,
    outcome: Answered,
    *,
    words: str,
    actor: Actor,
    at: datetime,
    zone: ZoneInfo,
) -> None:
    """End a request: done, with what fulfilled it, or refused, with the reason the person was told.

    Raises ReasonMissing; NoSuchRequest where it is not open (any more); NotFulfilled where it is said to be
    done and since the day it came nothing of the kind was.
    """
    kept, who = require_reason(words), fitting(actor)
    with write_transaction():
        mine = PersonRequest.objects.select_for_update().filter(customer_id=customer_id, id=request_id)
        request = mine.filter(ended_at=None).first()
        if request is None:
            raise NoSuchRequest(request=show_id(request_id))
        act_id = find_act(customer_id, request.kind, since=start_of_day(request.came_on, zone))
        if outcome is Answered.DONE and act_id is None:
            raise NotFulfilled(kind=request.kind, came_on=request.came_on.isoformat())
        mine.update(
            ended_at=at, outcome=outcome.value, ended_by=who.key, ended_name=who.name, answer=kept,
            act_id=act_id if outcome is Answered.DONE else None,
        )  # fmt: skip


def find_act(customer_id: Id, kind: str, *, since: datetime) -> Id | None:
    """Return the latest thing done to a person, under any of their ids, that fulfills such a request."""
    ids = family_of(customer_id)
    if kind in _ACTS:
        done = AccessEntry.objects.filter(subject_id__in=ids, action=_ACTS[kind], at__gte=since)
        return done.order_by("-at").values_list("id", flat=True).first()
    events = Event.objects.filter(customer_id__in=ids, name__in=_EVENTS[kind], recorded_at__gte=since)
    return events.order_by("-recorded_at").values_list("id", flat=True).first()


def open_requests(*, store_id: Id | None = None) -> list[RequestView]:
    """Return the requests that wait, the most urgent first, 200 at most; `store_id` keeps to one store's."""
    waiting = _in_store(store_id).filter(ended_at=None)
    return _views(waiting.order_by("due_at", "id")[:MOST_OPEN])


def answered_requests(*, store_id: Id | None = None) -> list[RequestView]:
    """Return the requests that were answered last, 50 at most; `store_id` keeps to one store's."""
    over = _in_store(store_id).exclude(ended_at=None)
    return _views(over.order_by("-ended_at", "-id")[:MOST_OVER])


def _in_store(store_id: Id | None) -> QuerySet[PersonRequest]:
    """Return the requests of those at home in a store or in none; of all where it is None."""
    if store_id is None:
        return PersonRequest.objects.all()
    homes = Customer.objects.filter(Q(home_store_id=store_id) | Q(home_store_id=None))
    return PersonRequest.objects.filter(customer_id__in=homes.values("customer_id"))


def _views(rows: Iterable[PersonRequest]) -> list[RequestView]:
    return [RequestView(*(getattr(row, name) for name in RequestView._fields)) for row in rows]


def _section(customer_ids: Sequence[Id]) -> list[Fact]:
    names = ("id", "kind", "came_on", "due_at", "ended_at", "outcome", "answer")
    return rows_of(PersonRequest, names, customer_ids, order_by=("came_on", "id"))


REQUESTS = Section("requests", _section)
