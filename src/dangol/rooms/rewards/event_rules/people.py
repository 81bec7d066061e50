"""What event rules have to know of people: who is a member, and for whom a condition holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER
from dangol.core.segments.selectors import segments_of
from dangol.core.segments.subjects import load_subjects
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.calendars import day_of
from dangol.domain.conditions import Condition, Subject, Value, evaluate, needs
from dangol.domain.event_rules import Doer


def members_among(customer_ids: Iterable[Id]) -> frozenset[Id]:
    """Return those of these who are members; one statement."""
    keys = [(one,) for one in sorted(set(customer_ids))]
    rows = select_matching(Customer, ("customer_id", "kind"), ("customer_id",), keys)
    return frozenset(owner for owner, kind in rows if kind == MEMBER)


def read_subjects(
    customer_ids: Iterable[Id],
    conditions: Sequence[Condition],
    *,
    first: datetime,
    as_of: datetime,
    zone: ZoneInfo,
) -> Mapping[Id, Subject]:
    """Return what these conditions have to know of people, asked about instants from `first` to `as_of`.

    Who is nobody any more is left out. A constant number of statements; none where nobody is asked about.
    """
    owners = sorted(set(customer_ids))
    if not owners or not conditions:
        return {}
    wants = needs(*conditions)
    known = load_subjects(owners, wants, as_of=as_of, zone=zone, first=first)
    if not wants.segments:
        return known.subjects
    inside = segments_of(owners)
    return {
        one: subject.among(frozenset(slug for slug, _, _ in inside[one]))
        for one, subject in known.subjects.items()
    }


def read_doers(
    customer_ids: Iterable[Id], condition: Condition | None, *, as_of: datetime, zone: ZoneInfo
) -> dict[Id, Doer]:
    """Return how people stand at an instant to a rule with this condition."""
    owners = set(customer_ids)
    members = members_among(owners)
    conditions = [condition] if condition else []
    subjects = read_subjects(members, conditions, first=as_of, as_of=as_of, zone=zone)
    return {one: Doer(one in members, _fits(subjects.get(one), condition, as_of, zone)) for one in owners}


def read_doer(
    customer_id: Id, conditions: Sequence[Condition | None], *, as_of: datetime, zone: ZoneInfo
) -> list[Doer]:
    """Return how somebody stands at an instant to rules with these conditions, in this order.

    A constant number of statements, however many rules there are.
    """
    members = members_among([customer_id])
    asked = [one for one in conditions if one is not None]
    subject = read_subjects(members, asked, first=as_of, as_of=as_of, zone=zone).get(customer_id)
    return [Doer(customer_id in members, _fits(subject, one, as_of, zone)) for one in conditions]


def _fits(subject: Subject | None, condition: Condition | None, at: datetime, zone: ZoneInfo) -> bool:
    if condition is None:
        return True
    return subject is not None and evaluate(condition, subject, as_of=at, zone=zone)


def day_in(value: Value | None, zone: ZoneInfo) -> date | None:
    """Return the day that a trait names, None: none."""
    if isinstance(value, datetime):
        return day_of(value, zone)
    return value if isinstance(value, date) else None
