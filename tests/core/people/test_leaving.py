"""Leaving: nobody may write to them any more, and nothing of theirs is lost."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Event
from dangol.core.people.absences import absences_of, away_since, end_absences
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.leaving import leave_members, note_absences
from dangol.core.people.models import Absence as AbsenceRow, Customer
from dangol.core.people.selectors import CUSTOMER, MEMBER, consents_of, names_of
from dangol.core.people.services import join_members, make_guests, resolve_customers
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.absences import Absence

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def members(count: int, at: datetime) -> list[Id]:
    with write_transaction():
        made = resolve_customers("external", [f"M-{one}" for one in range(count)], recorded_at=at)
        record_consents(
            [
                ConsentDraft(owner, channel, "marketing", granted, at, "till", "v2")
                for owner in made.values()
                for channel, granted in (("email", True), ("sms", True), ("call", False))
            ],
            recorded_at=at,
        )
    return list(made.values())


def leave(*customer_ids: Id, at: datetime) -> int:
    with write_transaction():
        return leave_members(customer_ids, source="phone", recorded_at=at)


def test_leave__a_member__is_a_customer_nobody_may_write_to(at: datetime) -> None:
    [leaver, stayer] = members(2, at)

    assert leave(leaver, at=at + timedelta(days=1)) == 1

    people = names_of([leaver, stayer])
    assert (people[leaver].kind, people[leaver].joined_at) == (CUSTOMER, None)
    assert people[stayer].kind == MEMBER
    states = consents_of([leaver, stayer])
    assert [(one.channel, one.granted, one.source) for one in states[leaver]] == [
        ("call", False, "till"), ("email", False, "phone"), ("sms", False, "phone"),
    ]  # fmt: skip
    assert [one.granted for one in states[stayer]] == [False, True, True]
    told = list(
        Event.objects.filter(customer_id=leaver).order_by("customer_seq").values_list("name", flat=True)
    )
    assert told[-3:] == ["consent.withdrawn", "consent.withdrawn", "customer.left"]


def test_leave__twice_or_never_a_member__changes_nothing(at: datetime) -> None:
    [leaver] = members(1, at)
    with write_transaction():
        [guest] = make_guests(1, recorded_at=at)

    assert leave(leaver, leaver, guest, new_id(), at=at) == 1
    before = Event.objects.count()
    assert leave(leaver, guest, at=at) == 0

    assert Event.objects.count() == before
    assert Customer.objects.get(customer_id=guest).kind == "guest"


def test_leave__any_number__constant_statements(at: datetime) -> None:
    everyone = members(21, at)
    counts = []
    for some in (everyone[:2], everyone[2:]):
        with CaptureQueriesContext(connection) as sent:
            leave(*some, at=at)
        counts.append(len(sent))

    assert counts[0] == counts[1]


def test_leave__then_join_again__is_a_member_since_then(at: datetime) -> None:
    [leaver] = members(1, at)
    leave(leaver, at=at)
    later = at + timedelta(days=3)

    with write_transaction():
        assert join_members([leaver], recorded_at=later) == 1

    person = names_of([leaver])[leaver]
    assert (person.kind, person.joined_at) == (MEMBER, later)
    assert not any(one.granted for one in consents_of([leaver])[leaver])


def join(owner: Id, at: datetime, since: datetime | None = None) -> None:
    with write_transaction():
        join_members([owner], recorded_at=at, joined_at={owner: since} if since else None)


def test_leave__and_back__is_an_absence_from_then_to_then(at: datetime) -> None:
    [leaver, stayer] = members(2, at)
    gone, back = at + timedelta(days=1), at + timedelta(days=3)

    leave(leaver, at=gone)
    assert away_since([leaver, stayer]) == {leaver: gone}
    join(leaver, back)
    leave(leaver, at=back + timedelta(days=1))

    assert absences_of([leaver, stayer]) == {
        leaver: (Absence(gone, back), Absence(back + timedelta(days=1), None))
    }


@pytest.mark.parametrize(("since", "back"), [(-400, 5), (0, 5), (1, 5), (2, 2), (5, 5)])
def test_join_again__since_a_day_that_was_told__is_back_then_but_not_before_leaving(
    at: datetime, since: int, back: int
) -> None:
    [leaver] = members(1, at)
    leave(leaver, at=at + timedelta(days=1))

    join(leaver, at + timedelta(days=5), at + timedelta(days=since))

    gone = at + timedelta(days=1)
    assert absences_of([leaver]) == {leaver: (Absence(gone, at + timedelta(days=back)),)}


def test_leave__back_and_left_again_at_one_instant__is_away(at: datetime) -> None:
    [leaver] = members(1, at)
    for _ in range(2):
        leave(leaver, at=at)
        join(leaver, at)
    leave(leaver, at=at)

    assert away_since([leaver]) == {leaver: at}


def test_end_absences__of_who_never_left__changes_nothing(at: datetime) -> None:
    [stayer] = members(1, at)
    with write_transaction():
        end_absences({stayer: at}, recorded_at=at)

    assert absences_of([stayer]) == {}


def test_note_absences__left_before_they_were_kept__away_from_now_on_and_only_once(at: datetime) -> None:
    [leaver, returned, stayer] = members(3, at)
    leave(leaver, returned, at=at)
    join(returned, at)
    AbsenceRow.objects.all().delete()
    later = at + timedelta(days=9)

    assert note_absences(at=later) == 1
    assert note_absences(at=later + timedelta(days=1)) == 0

    assert absences_of([leaver, returned, stayer]) == {leaver: (Absence(later, None),)}
