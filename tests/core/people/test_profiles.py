"""What is known about people: stored sealed, found by hashes, refused row by row."""

from datetime import date, datetime
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Event
from dangol.core.people.data_keys import destroy_key
from dangol.core.people.models import Identity, SearchToken
from dangol.core.people.profiles import IdentityTaken, PersonRow, UnknownCustomer, set_people
from dangol.core.people.refused_values import (
    DayOutOfRange,
    NotALanguage,
    NotAnEmail,
    NotATrait,
    PlaceholderValue,
)
from dangol.core.people.sealing import PersonErased
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import ShopView, names_of, profiles_of
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.usefixtures("korean_shop"),
]


@pytest.fixture
def people(korean_shop: ShopView, at: datetime) -> list[Id]:
    with write_transaction():
        found = resolve_customers("external", ["1519", "17", "2000"], recorded_at=at)
    return list(found.values())


def store(rows: list[PersonRow], at: datetime) -> list[DomainError | None]:
    with write_transaction():
        return set_people(rows, recorded_at=at)


def updates(customer_id: Id) -> list[list[str]]:
    events = Event.objects.filter(customer_id=customer_id, name="customer.updated")
    return [msgspec.json.decode(event.payload)["fields"] for event in events.order_by("customer_seq")]


def test_set_people__everything_known__comes_back_whole_or_masked(people: list[Id], at: datetime) -> None:
    member = people[0]
    store_id = random_id()
    row = PersonRow(
        member, name=" 김하늘 ", email="Haneul@Example.com", phone="010-2345-6789", card="8801 2345 6789",
        birthday=date(1990, 3, 14), language="ko", home_store_id=store_id, traits={"age_band": "30-39"},
    )  # fmt: skip

    assert store([row], at) == [None]

    whole = profiles_of([member], unmasked=True)[member]
    assert whole.person[2:8] == ("김하늘", "김하늘", "Haneul@example.com", "010-2345-6789", "1519", at)
    assert (whole.card, whole.birthday, whole.language) == ("880123456789", "1990-03-14", "ko")
    assert (whole.home_store_id, whole.traits) == (store_id, {"age_band": "30-39"})
    masked = profiles_of([member])[member]
    assert masked.person[2:7] == ("김*늘", "김*늘", "Ha***@example.com", "010-2345-**89", "1519")
    assert (masked.card, masked.birthday) == ("********6789", "1990-**-**")
    assert names_of([member])[member] == masked.person
    assert updates(member) == [
        ["birthday", "card", "email", "home_store_id", "language", "name", "phone", "traits"]
    ]


def test_set_people__the_same_again__changes_and_records_nothing(people: list[Id], at: datetime) -> None:
    row = PersonRow(people[0], name="김하늘", email="a@example.com", traits={"age_band": "30-39"})
    store([row], at)
    stored = list(Identity.objects.order_by("value_hash").values_list())

    assert store([row, row], at) == [None, None]

    assert updates(people[0]) == [["email", "name", "traits"]]
    assert list(Identity.objects.order_by("value_hash").values_list()) == stored


def test_set_people__new_name_and_phone__the_old_ones_find_nobody(people: list[Id], at: datetime) -> None:
    store([PersonRow(people[0], name="김하늘", phone="010-2345-6789", email="old@example.com")], at)

    store([PersonRow(people[0], name="이바다", phone="010-9876-5432", email="new@example.com")], at)

    gone = ("김", "6789", "010-2345-6789", "old@example.com")
    assert [find_customers(text) for text in gone] == [[], [], [], []]
    now = ("이바", "5432", "010 9876 5432", "NEW@example.com")
    assert [find_customers(text) for text in now] == [[people[0]]] * 4
    assert updates(people[0])[1:] == [["email", "name", "phone"]]


def test_set_people__freed_e_mail__may_be_taken_by_another(people: list[Id], at: datetime) -> None:
    store([PersonRow(people[0], email="one@example.com")], at)
    store([PersonRow(people[0], email="two@example.com")], at)

    assert store([PersonRow(people[1], email="one@example.com")], at) == [None]

    assert find_customers("one@example.com") == [people[1]]


def test_set_people__somebody_elses_e_mail__whole_row_refused(people: list[Id], at: datetime) -> None:
    store([PersonRow(people[0], email="one@example.com")], at)

    [refusal, fine] = store(
        [
            PersonRow(people[1], name="이바다", phone="010-2345-6789", email="ONE@example.com"),
            PersonRow(people[2], name="박산", phone="010-2345-6789"),
        ],
        at,
    )

    assert isinstance(refusal, IdentityTaken)
    assert refusal.data == {"kind": "email"}
    assert names_of([people[1]], unmasked=True)[people[1]].name is None
    assert fine is None
    assert find_customers("010-2345-6789") == [people[2]]
    assert not updates(people[1])


def test_set_people__two_rows_want_one_e_mail__the_first_has_it(people: list[Id], at: datetime) -> None:
    rows = [PersonRow(one, email="one@example.com") for one in people[:2]]

    first, second = store(rows, at)

    assert first is None
    assert isinstance(second, IdentityTaken)
    assert find_customers("one@example.com") == [people[0]]


def test_set_people__two_rows_about_one_person__later_field_wins(people: list[Id], at: datetime) -> None:
    rows = [
        PersonRow(people[0], name="김하늘", email="one@example.com", traits={"a": 1, "b": "x"}),
        PersonRow(people[0], email="two@example.com", traits={"b": "y"}),
    ]

    assert store(rows, at) == [None, None]

    profile = profiles_of([people[0]], unmasked=True)[people[0]]
    assert (profile.person.name, profile.person.email) == ("김하늘", "two@example.com")
    assert profile.traits == {"a": 1, "b": "y"}
    assert find_customers("one@example.com") == []
    assert len(updates(people[0])) == 1


def test_set_people__trait_of_zero__kept_and_a_word_for_nothing_left_out(
    people: list[Id], at: datetime
) -> None:
    store([PersonRow(people[0], traits={"kids_count": "0", "income": "unknown", "age_band": "65+"})], at)

    assert profiles_of(people[:1])[people[0]].traits == {"kids_count": "0", "age_band": "65+"}


def test_set_people__traits__merged_by_key_and_taken_away_by_none(people: list[Id], at: datetime) -> None:
    store([PersonRow(people[0], traits={"age_band": "30-39", "household_size": 3, "owns_home": True})], at)

    store([PersonRow(people[0], traits={"age_band": "40-49", "owns_home": None})], at)

    assert profiles_of(people[:1])[people[0]].traits == {"age_band": "40-49", "household_size": 3}


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"name": "null"}, PlaceholderValue, "name"),
        ({"email": "nobody"}, NotAnEmail, "email"),
        ({"birthday": date(2099, 1, 1)}, DayOutOfRange, "birthday"),
        ({"birthday": date(1899, 12, 31)}, DayOutOfRange, "birthday"),
        ({"language": "Korean"}, NotALanguage, "language"),
        ({"traits": {"Age Band": "x"}}, NotATrait, "traits"),
        ({"traits": {"income": 1.5}}, NotATrait, "income"),
    ],
)
def test_set_people__a_value_that_is_none__refuses_its_row_only(
    fields: dict[str, Any], refusal: type[DomainError], field: str, people: list[Id], at: datetime
) -> None:
    rows = [PersonRow(people[0], **fields), PersonRow(people[1], name="이바다")]

    refused, fine = store(rows, at)

    assert isinstance(refused, refusal)
    assert refused.data["field"] == field
    assert fine is None


def test_set_people__nobody_and_the_erased__refused(people: list[Id], at: datetime) -> None:
    destroy_key(people[0], at=at)

    unknown, erased = store([PersonRow(random_id(), name="없음"), PersonRow(people[0], name="박떠남")], at)

    assert isinstance(unknown, UnknownCustomer)
    assert isinstance(erased, PersonErased)
    assert names_of(people)[people[0]].erased
    assert not SearchToken.objects.exists()


def test_set_people__one_or_hundreds__same_number_of_statements(people: list[Id], at: datetime) -> None:
    with write_transaction():
        crowd = list(resolve_customers("external", [f"c{n}" for n in range(300)], recorded_at=at).values())

    def statements(rows: list[PersonRow]) -> int:
        with CaptureQueriesContext(connection) as main:
            assert store(rows, at) == [None] * len(rows)
        return len(main)

    few = [PersonRow(one, name="김하늘", phone=f"010-2345-{n:04d}") for n, one in enumerate(people[:2])]
    many = [PersonRow(one, name="이바다", phone=f"010-3456-{n:04d}") for n, one in enumerate(crowd)]
    assert statements(many) == statements(few)
