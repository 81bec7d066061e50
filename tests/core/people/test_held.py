"""The identities of a customer, one by one: added beside others, changed, taken away, proved."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections

from dangol.core.events.models import Event
from dangol.core.people.data_keys import PersonKeyMissing
from dangol.core.people.held import (
    LastIdentity,
    NotTyped,
    UnknownIdentity,
    add_identity,
    change_identity,
    held_by,
    prove_email,
    read_name,
    remove_identity,
)
from dangol.core.people.identities import Kind
from dangol.core.people.models import Identity, PersonKey
from dangol.core.people.profiles import IdentityTaken, UnknownCustomer
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import ShopView, find_by_identity
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from tests.waiting import PATIENCE

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.usefixtures("korean_shop"),
]


@pytest.fixture
def member(korean_shop: ShopView, at: datetime) -> Id:
    with write_transaction():
        return resolve_customers("external", ["1519"], recorded_at=at, source="api")["1519"]


def add(member: Id, kind: str, value: str, at: datetime) -> bool:
    with write_transaction():
        return add_identity(member, kind, value, source="staff", recorded_at=at)


def shown(member: Id) -> list[tuple[str, str | None, str]]:
    return [(one.kind, one.value, one.source) for one in held_by([member])]


def test_add_identity__a_second_phone__both_find_and_are_shown_masked(member: Id, at: datetime) -> None:
    assert add(member, "phone", "010-2345-6789", at)
    assert add(member, "phone", "010 9876 5432", at + timedelta(days=1))
    assert not add(member, "phone", "+82 10-9876-5432", at + timedelta(days=2))

    assert shown(member) == [
        ("external", "1519", "api"),
        ("phone", "010-2345-**89", "staff"),
        ("phone", "010-9876-**32", "staff"),
    ]
    assert find_customers("6789") == find_customers("5432") == [member]
    assert Event.objects.filter(name="customer.updated").count() == 2


def test_change_identity__other_value__the_old_one_is_free(member: Id, at: datetime) -> None:
    add(member, "phone", "010-2345-6789", at)
    [phone] = [one for one in held_by([member]) if one.kind == "phone"]

    with write_transaction():
        assert change_identity(member, read_name(phone.name), "010-1111-2222", source="staff", recorded_at=at)
        with pytest.raises(UnknownIdentity):
            change_identity(member, read_name(phone.name), "010-1111-3333", source="staff", recorded_at=at)

    assert find_customers("6789") == []
    assert find_by_identity("phone", ["010-2345-6789", "010-1111-2222"]) == {"010-1111-2222": member}


def test_add_identity__somebody_else_s__is_refused_and_theirs_stays(member: Id, at: datetime) -> None:
    with write_transaction():
        other = resolve_customers("phone", ["010-2345-6789"], recorded_at=at)["010-2345-6789"]

    with pytest.raises(IdentityTaken) as refusal:
        add(member, "phone", "010-2345-6789", at)

    assert refusal.value.data == {"kind": "phone"}
    assert find_customers("6789") == [other]
    assert shown(member) == [("external", "1519", "api")]


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        ("phone", "12", RefusedValue),
        ("email", "nobody", RefusedValue),
        ("card", "4111 1111 1111 1111", RefusedValue),
        ("anonymous", "browser", NotTyped),
        ("passport", "M123", NotTyped),
        ("phone", "", RefusedValue),
    ],
)
def test_add_identity__odd_value__says_so_and_writes_nothing(
    member: Id, at: datetime, kind: str, value: str, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        add(member, kind, value, at)

    assert Identity.objects.count() == 1


def test_add_identity__nobody__is_refused(member: Id, at: datetime) -> None:
    with pytest.raises(UnknownCustomer):
        add(random_id(), "card", "8801234", at)


@pytest.mark.parametrize("name", ["", "phone", "phone:zz", "odd:00", "phone:00"])
def test_remove_identity__name_of_none__is_refused(member: Id, at: datetime, name: str) -> None:
    with pytest.raises(UnknownIdentity), write_transaction():
        remove_identity(member, read_name(name), recorded_at=at)


def test_remove_identity__the_last__is_said_twice(member: Id, at: datetime) -> None:
    add(member, "card", "8801234", at)
    external, card = (
        read_name(one.name) for one in sorted(held_by([member]), key=lambda one: one.kind == "card")
    )
    with write_transaction():
        remove_identity(member, card, recorded_at=at)
    with pytest.raises(LastIdentity), write_transaction():
        remove_identity(member, external, recorded_at=at)
    assert find_customers("1519") == [member]

    with write_transaction():
        remove_identity(member, external, recorded_at=at, even_last=True)

    assert (find_customers("1519"), find_customers("1234")) == ([], [])


def test_remove_identity__two_at_once__the_last_one_stays(member: Id, at: datetime) -> None:
    add(member, "card", "8801234", at)
    keys = [read_name(one.name) for one in held_by([member])]

    assert sorted(_at_once([_removing(member, key, at) for key in keys])) == ["", "people.last_identity"]

    assert Identity.objects.filter(customer_id=member).count() == 1


def _removing(member: Id, key: tuple[str, bytes], at: datetime) -> Callable[[], None]:
    def act() -> None:
        with write_transaction():
            remove_identity(member, key, recorded_at=at)

    return act


def test_change_identity__two_at_once__one_takes_its_place(member: Id, at: datetime) -> None:
    add(member, "card", "8801234", at)
    key = next(read_name(one.name) for one in held_by([member]) if one.kind == "card")

    def changing(value: str) -> Callable[[], None]:
        def act() -> None:
            with write_transaction():
                change_identity(member, key, value, source="staff", recorded_at=at)

        return act

    told = _at_once([changing("7701111"), changing("7702222")])

    assert sorted(told) == ["", "people.unknown_identity"]
    assert Identity.objects.filter(customer_id=member, kind="card").count() == 1


def _at_once(acts: list[Callable[[], None]]) -> list[str]:
    """Do these at the same time; returns the code by which each was refused, empty for one that was not."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], None]) -> str:
        barrier.wait(PATIENCE)
        try:
            act()
        except DomainError as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_prove_email__code_read__the_address_it_went_to_is_verified(member: Id, at: datetime) -> None:
    add(member, "email", "sample@example.com", at)
    add(member, "email", "later@example.com", at + timedelta(minutes=4))

    with write_transaction():
        prove_email(member, told_until=at + timedelta(minutes=1), at=at + timedelta(minutes=5))

    proved = {one.value: one.verified_at for one in held_by([member]) if one.kind == Kind.EMAIL}
    assert list(proved.values()) == [at + timedelta(minutes=5), None]


def test_add_and_change__key_is_lost__refused_and_no_other_is_made(member: Id, at: datetime) -> None:
    add(member, "phone", "010-2345-6789", at)
    [phone] = [read_name(one.name) for one in held_by([member]) if one.kind == "phone"]
    PersonKey.objects.filter(customer_id=member).delete()

    with pytest.raises(PersonKeyMissing):
        add(member, "email", "haneul@example.com", at)
    with pytest.raises(PersonKeyMissing), write_transaction():
        change_identity(member, phone, "010-9876-5432", source="staff", recorded_at=at)

    assert not PersonKey.objects.filter(customer_id=member).exists()
    assert Identity.objects.filter(customer_id=member).count() == 2
