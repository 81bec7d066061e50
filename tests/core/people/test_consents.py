"""Consent: facts added once each; the latest counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.people.consents import ConsentDraft, ConsentKeyReused, ConsentOutcome, record_consents
from dangol.core.people.events import ConsentGranted, ConsentWithdrawn
from dangol.core.people.models import Consent
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.refused_values import NotAChannel, NotAPurpose, TooLong
from dangol.core.people.selectors import consent_history, consents_of
from dangol.core.people.services import make_guests
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HOUR = timedelta(hours=1)


@pytest.fixture
def member(at: datetime) -> Id:
    with write_transaction():
        return make_guests(1, recorded_at=at)[0]


def yes(member: Id, at: datetime, **other: Any) -> ConsentDraft:
    return ConsentDraft(member, "sms", "marketing", True, at, "till", "2026-01")._replace(**other)


def record(drafts: list[ConsentDraft], at: datetime) -> list[ConsentOutcome]:
    with write_transaction():
        return record_consents(drafts, recorded_at=at)


def test_record_consents__granted_then_withdrawn__both_kept_the_later_holds(member: Id, at: datetime) -> None:
    no = yes(member, at + HOUR)._replace(granted=False)

    # The later fact is learned first.
    record([no], at + 2 * HOUR)
    record([yes(member, at), yes(member, at, channel="email")], at + 3 * HOUR)

    states = consents_of([member])[member]
    assert [(state.channel, state.granted) for state in states] == [("email", True), ("sms", False)]
    assert [state.granted for state in consent_history(member) if state.channel == "sms"] == [True, False]
    events = list(Event.objects.order_by("customer_seq"))
    payloads = [decode(event.name, event.payload) for event in events]
    told = {"channel": "sms", "purpose": "marketing", "source": "till", "wording": "2026-01"}
    assert payloads[:2] == [ConsentWithdrawn(**told), ConsentGranted(**told)]
    assert [event.occurred_at for event in events] == [at + HOUR, at, at]
    assert events[0].subject_id == Consent.objects.get(granted=False).id


def test_record_consents__yes_and_no_at_one_instant__no_holds(member: Id, at: datetime) -> None:
    record([yes(member, at)._replace(granted=False), yes(member, at)], at)

    assert not consents_of([member])[member][0].granted


def test_record_consents__same_fact_again__no_second_fact(member: Id, at: datetime) -> None:
    [first] = record([yes(member, at)], at)

    again = record([yes(member, at), yes(member, at)], at + HOUR)

    assert [(one.id, one.repeated) for one in again] == [(first.id, True)] * 2
    assert Consent.objects.count() == Event.objects.count() == 1


def test_record_consents__key_reused_for_another_fact__refused(member: Id, at: datetime) -> None:
    [_, refused] = record([yes(member, at, key="k"), yes(member, at + HOUR, key="k")], at)

    assert isinstance(refused.refusal, ConsentKeyReused)
    assert Consent.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"channel": "pigeon"}, NotAChannel),
        ({"purpose": "Any Thing"}, NotAPurpose),
        ({"wording": "x" * 65}, TooLong),
        ({"customer_id": random_id()}, UnknownCustomer),
    ],
)
def test_record_consents__malformed__refused_and_the_others_stored(
    wrong: dict[str, Any], refusal: type[DomainError], member: Id, at: datetime
) -> None:
    bad, good = record([yes(member, at)._replace(**wrong), yes(member, at)], at)

    assert isinstance(bad.refusal, refusal)
    assert good.refusal is None
    assert Consent.objects.count() == 1


def test_consent__of_nobody__refused_by_the_database(at: datetime) -> None:
    fact = {
        "channel": "sms",
        "purpose": "marketing",
        "granted": True,
        "source": "",
        "wording": "",
        "key": "k",
    }

    with pytest.raises(IntegrityError):
        Consent.objects.create(customer_id=random_id(), id=new_id(), at=at, recorded_at=at, **fact)


@pytest.mark.parametrize("act", ["update", "delete"])
def test_consent__changed_by_hand__refused_by_the_database(act: str, member: Id, at: datetime) -> None:
    record([yes(member, at)], at)
    facts = Consent.objects.filter(customer_id=member)

    with pytest.raises(IntegrityError, match="append-only"):
        facts.update(granted=False) if act == "update" else facts._raw_delete("default")
