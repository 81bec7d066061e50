"""Customers: found by an identity or made, with a constant number of statements."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.people.events import CustomerJoined
from dangol.core.people.models import Customer, Identity, PersonKey
from dangol.core.people.refused_values import PlaceholderValue
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import (
    NoShop,
    ShopView,
    count_by_kind,
    find_by_identity,
    ids_after,
    list_members,
    names_of,
)
from dangol.core.people.services import join_members, make_guests, resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
EARLIER = datetime(2025, 5, 5, tzinfo=UTC)


def resolve(kind: str, values: list[str], at: datetime, **how: Any) -> dict[str, Id]:
    with write_transaction():
        return resolve_customers(kind, values, recorded_at=at, **how)


def test_resolve_customers__unknown_and_known__made_once(at: datetime) -> None:
    first = resolve("external", ["1519", "17"], at)

    second = resolve("external", [" 1519", "17", "2000"], at)

    assert second[" 1519"] == first["1519"]
    assert second["17"] == first["17"]
    assert len({*first.values(), *second.values()}) == 3
    assert count_by_kind() == {"guest": 0, "customer": 0, "member": 3}


def test_resolve_customers__new_member__joined_at_the_given_instant(at: datetime) -> None:
    people = resolve("external", ["1519", "17"], at, joined_at={"1519": EARLIER})

    event = Event.objects.get(customer_id=people["1519"])
    assert decode(event.name, event.payload) == CustomerJoined(via="external")
    assert (event.occurred_at, event.recorded_at) == (EARLIER, at)
    assert Customer.objects.get(customer_id=people["1519"]).joined_at == EARLIER
    assert Customer.objects.get(customer_id=people["17"]).joined_at == at


def test_resolve_customers__without_joining__customers_only(at: datetime) -> None:
    resolve("anonymous", ["visitor"], at, join=False)

    assert count_by_kind()["customer"] == 1
    assert not Event.objects.exists()


def test_resolve_customers__values_of_one_form__one_customer(at: datetime, korean_shop: ShopView) -> None:
    mails = resolve("email", ["Ha@Example.com", "ha@example.com", "HA@EXAMPLE.COM"], at)
    phones = resolve("phone", ["010-2345-6789", "+82 10 2345 6789"], at)

    assert len(set(mails.values())) == len(set(phones.values())) == 1
    assert find_customers("6789") == [phones["010-2345-6789"]]


def test_resolve_customers__one_bad_value__nothing_is_made(at: datetime) -> None:
    with pytest.raises(PlaceholderValue):
        resolve("external", ["1519", "null"], at)

    assert not Customer.objects.exists()


def test_resolve_customers__phone_before_there_is_a_shop__says_so(at: datetime) -> None:
    with pytest.raises(NoShop):
        resolve("phone", ["010-2345-6789"], at)


def test_resolve_customers__rolled_back__leaves_orphan_keys_and_nobody(at: datetime) -> None:
    def fail() -> None:
        with write_transaction():
            resolve_customers("external", ["1519"], recorded_at=at)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()

    assert not Customer.objects.exists()
    assert not Identity.objects.exists()
    assert PersonKey.objects.count() == 1
    assert names_of(resolve("external", ["1519"], at).values())


def test_resolve_customers__one_or_hundreds__same_number_of_statements(at: datetime) -> None:
    resolve("external", ["first"], at)

    def statements(values: list[str]) -> tuple[int, int]:
        with (
            CaptureQueriesContext(connections["default"]) as main,
            CaptureQueriesContext(connections["keys"]) as keys,
        ):
            resolve("external", values, at)
        return len(main), len(keys)

    few = statements([f"few{number}" for number in range(2)])
    assert statements([f"many{number}" for number in range(500)]) == few
    assert statements([f"many{number}" for number in range(500)]) < few


def test_make_guests__without_identity__need_no_key(at: datetime) -> None:
    with write_transaction():
        guests = make_guests(3, recorded_at=at)

    assert len(set(guests)) == 3
    assert count_by_kind()["guest"] == 3
    assert not PersonKey.objects.exists()
    assert {view.label for view in names_of(guests).values()} == {f"{guest.hex()[:8]}" for guest in guests}


def test_join_members__guest_and_member__only_the_guest_joins(at: datetime) -> None:
    member = resolve("external", ["1519"], at)["1519"]
    with write_transaction():
        [guest] = make_guests(1, recorded_at=at)
        joined = join_members([guest, member], recorded_at=at, joined_at={guest: EARLIER})

    assert joined == 1
    assert Event.objects.filter(customer_id=guest, name="customer.joined").count() == 1
    assert [row.customer_id for row in list_members()] == [member, guest]


def test_list_members__page_by_page__everyone_once(at: datetime) -> None:
    people = resolve(
        "external", [str(number) for number in range(1, 8)], at,
        joined_at={"1": EARLIER, "2": EARLIER},
    )  # fmt: skip

    pages, last = [], None
    while page := list_members(before=last, limit=3):
        pages.append([row.customer_id for row in page])
        last = (page[-1].joined_at, page[-1].customer_id)

    seen = [one for page in pages for one in page]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(seen) == sorted(people.values())
    assert set(seen[-2:]) == {people["1"], people["2"]}


def test_ids_after__walked__all_in_order(at: datetime) -> None:
    people = resolve("external", [str(number) for number in range(1, 6)], at)

    first = ids_after(None, limit=3)
    rest = ids_after(first[-1], limit=3)

    assert [*first, *rest] == sorted(people.values())


def test_find_by_identity__unknown__left_out_and_not_made(at: datetime) -> None:
    people = resolve("external", ["1519"], at)

    assert find_by_identity("external", ["1519", "17"]) == people
    assert Customer.objects.count() == 1
