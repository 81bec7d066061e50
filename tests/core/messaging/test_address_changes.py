"""The address codes went to before is told when they go elsewhere, in the transaction of the change."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.messaging.address_changes import telling_old_address
from dangol.core.messaging.contents import AddressChanged, write
from dangol.core.messaging.models import Message
from dangol.core.messaging.sealed_contents import Opened, open_contents
from dangol.core.people.data_keys import PersonKeyMissing
from dangol.core.people.held import BY_STAFF, add_identity
from dangol.core.people.models import PersonKey
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import find_by_identity
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 2, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def member() -> Id:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        [member] = resolve_customers("external", ["A-1"], recorded_at=AT).values()
    return member


def put(member: Id, *, email: str = "", phone: str = "") -> None:
    with write_transaction(), telling_old_address(member, at=AT):
        row = PersonRow(member, email=email or None, phone=phone or None)
        assert set_people([row], recorded_at=AT) == [None]


def told() -> list[Opened]:
    rows = Message.objects.order_by("id")
    opened = open_contents(
        [(one.customer_id, one.id, one.template, bytes(one.sealed or b"")) for one in rows]
    )
    return [one for one in opened if isinstance(one, Opened)]


def test_old_address__another_put_in_its_place__is_told_and_the_new_one_is_not_named(member: Id) -> None:
    put(member, email="first@example.com")
    assert told() == []

    put(member, email="second@example.com")

    assert told() == [Opened("first@example.com", AddressChanged(shop="골목 가게"))]
    written = write(AddressChanged(shop="골목 가게"), "ko")
    assert "second@" not in written.text + written.subject
    assert "골목 가게" in written.subject


def test_old_address__a_further_one_to_which_codes_go__is_told(member: Id) -> None:
    put(member, email="first@example.com")

    with write_transaction(), telling_old_address(member, at=AT):
        add_identity(member, "email", "second@example.com", source=BY_STAFF, recorded_at=AT + MINUTE)

    assert [one.to for one in told()] == ["first@example.com"]


def test_old_address__something_else_changed_or_the_same_said_again__is_told_nothing(member: Id) -> None:
    put(member, email="first@example.com")
    put(member, email="First@Example.com", phone="010-2345-6789")
    put(member, phone="010-9999-0000")

    assert told() == []


def test_old_address__the_change_is_taken_back__is_told_nothing(member: Id) -> None:
    put(member, email="first@example.com")

    def break_off() -> None:
        with write_transaction():
            put(member, email="second@example.com")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()

    assert told() == []


def test_old_address__key_lost__change_is_refused_and_nobody_is_told(member: Id) -> None:
    put(member, email="first@example.com")
    PersonKey.objects.filter(customer_id=member).delete()

    with write_transaction(), telling_old_address(member, at=AT):
        [refusal] = set_people([PersonRow(member, email="second@example.com")], recorded_at=AT)

    assert isinstance(refusal, PersonKeyMissing)
    assert told() == []
    assert not PersonKey.objects.filter(customer_id=member).exists(), "no key but the lost one opens anything"
    assert find_by_identity("email", ["first@example.com"]) == {"first@example.com": member}
