"""Notes about a customer: sealed, versioned, one's own to change, and gone with the person."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.erasures import erase_customer
from dangol.core.people.models import Note
from dangol.core.people.notes import (
    LONGEST,
    NotYourNote,
    UnknownNote,
    delete_note,
    edit_note,
    notes_of,
    read_notes,
    write_note,
)
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.refused_values import EmptyValue
from dangol.core.people.sealing import PersonErased
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
KIM, LEE = Actor(ActorKind.STAFF, "kim", "김하늘"), Actor(ActorKind.STAFF, "lee")


@pytest.fixture
def customer() -> Id:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        return resolve_customers("external", ["1"], recorded_at=AT)["1"]


def texts(customer: Id) -> list[str | None]:
    """Return what the notes say."""
    return [one.text for one in notes_of([customer])]


def test_note__written_twice_and_edited__stands_once_as_it_says_now(customer: Id) -> None:
    note = new_id()
    for _time in range(2):
        write_note(customer, note, " 땅콩 알레르기 ", actor=KIM, at=AT)
    edit_note(customer, note, "호두 알레르기", actor=KIM, at=AT + timedelta(days=1))

    (view,) = notes_of([customer])
    assert (view.text, view.number, view.actor_name) == ("호두 알레르기", 2, "김하늘")
    assert (view.written_at, view.edited_at) == (AT, AT + timedelta(days=1))
    stored = b"".join(bytes(one) for one in Note.objects.values_list("text_sealed", flat=True))
    assert "알레르기".encode() not in stored
    assert read_notes([customer])[0]["text"] == "호두 알레르기"


def test_note__of_somebody_else__is_not_theirs_to_change(customer: Id) -> None:
    note = new_id()
    write_note(customer, note, "단골", actor=KIM, at=AT)

    with pytest.raises(NotYourNote):
        edit_note(customer, note, "x", actor=LEE, at=AT)
    with pytest.raises(NotYourNote):
        delete_note(customer, note, actor=LEE)
    assert texts(customer) == ["단골"]
    delete_note(customer, note, actor=KIM)
    assert texts(customer) == []
    with pytest.raises(UnknownNote):
        delete_note(customer, note, actor=KIM)


def test_note__odd__is_refused_or_cut(customer: Id) -> None:
    with pytest.raises(EmptyValue):
        write_note(customer, new_id(), " \n", actor=KIM, at=AT)
    with pytest.raises(UnknownCustomer):
        write_note(random_id(), new_id(), "x", actor=KIM, at=AT)
    write_note(customer, new_id(), "가" * (LONGEST + 1), actor=KIM, at=AT)
    assert texts(customer) == ["가" * LONGEST]


def test_note__person_erased__is_gone_and_none_is_taken(customer: Id) -> None:
    write_note(customer, new_id(), "단골", actor=KIM, at=AT)

    erase_customer(customer, actor=KIM, reason="요청", at=AT)

    assert not Note.objects.exists()
    with pytest.raises(PersonErased):
        write_note(customer, new_id(), "x", actor=KIM, at=AT)
