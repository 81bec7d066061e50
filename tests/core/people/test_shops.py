"""The shop and its stores."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from dangol.core.people.models import Shop, Store
from dangol.core.people.refused_values import (
    EmptyValue,
    NotALanguage,
    NotAZone,
    RefusedValue,
    UnknownCode,
)
from dangol.core.people.selectors import (
    NoShop,
    ShopView,
    find_shop,
    find_stores,
    list_stores,
    shop,
    stores_by_id,
)
from dangol.core.people.shops import StoreRow, set_shop, upsert_stores
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True)


def test_shop__before_and_after_it_is_set__there_is_one() -> None:
    assert find_shop() is None
    with pytest.raises(NoShop):
        shop()

    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    set_shop(name="Corner shop", zone="America/New_York", currency="USD", region="US", language="en")

    assert shop() == ShopView("Corner shop", "America/New_York", "USD", "US", "en", None)
    assert shop().tz.key == "America/New_York"
    assert Shop.objects.count() == 1


@pytest.mark.parametrize("currency", ["XAF", "XCD", "XOF", "XPF"])
def test_set_shop__currency_of_several_countries__is_money(currency: str) -> None:
    assert set_shop(name="가게", zone="UTC", currency=currency, region="SN").currency == currency


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        ("name", " ", EmptyValue),
        ("zone", "Seoul", NotAZone),
        ("zone", "../etc/passwd", NotAZone),
        ("currency", "KRX", UnknownCode),
        ("currency", "XTS", UnknownCode),
        ("currency", "XAU", UnknownCode),
        ("region", "KO", UnknownCode),
        ("language", "Korean", NotALanguage),
    ],
)
def test_set_shop__odd_field__refused_by_name(field: str, value: str, refusal: type[RefusedValue]) -> None:
    facts: dict[str, Any] = {"name": "가게", "zone": "Asia/Seoul", "currency": "KRW", "region": "KR"} | {
        field: value
    }

    with pytest.raises(refusal) as refused:
        set_shop(**facts)

    assert refused.value.field == field
    assert find_shop() is None


def test_shop__a_second_row__refused_by_the_database(korean_shop: ShopView) -> None:
    with pytest.raises(IntegrityError):
        Shop.objects.create(id=2, **korean_shop._asdict())


def test_upsert_stores__new_changed_and_unchanged__by_number(at: datetime) -> None:
    with write_transaction():
        first = upsert_stores([StoreRow("1", "성수점"), StoreRow("2", "을지로점")], recorded_at=at)
    later = at + timedelta(days=1)

    with write_transaction():
        again = upsert_stores(
            [StoreRow("2", "을지로점"), StoreRow("1", "성수 본점", zone="Asia/Seoul"), StoreRow("3")],
            recorded_at=later,
        )

    assert {number: again[number] for number in first} == first
    assert [(one.number, one.name, one.zone) for one in list_stores()] == [
        ("1", "성수 본점", "Asia/Seoul"), ("2", "을지로점", ""), ("3", "", ""),
    ]  # fmt: skip
    assert dict(Store.objects.values_list("number", "updated_at")) == {"1": later, "2": at, "3": later}
    assert find_stores(["3", "4"]) == {"3": again["3"]}
    assert stores_by_id([again["1"]])[again["1"]].name == "성수 본점"


def test_upsert_stores__unknown_zone__refused(at: datetime) -> None:
    with pytest.raises(NotAZone), write_transaction():
        upsert_stores([StoreRow("1", zone="Mars/Olympus")], recorded_at=at)

    assert not Store.objects.exists()
