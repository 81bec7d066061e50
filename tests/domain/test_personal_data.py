"""What is personal by its name or by its looks."""

import time

import pytest

from dangol.domain.personal_data import is_personal_name, looks_personal


@pytest.mark.parametrize(
    "name",
    ["email", "Email", "billing_email", "phone", "customerPhone", "전화번호", "name", "first_name",
     "birthday", "ip",
     "shippingAddress", "lat", "longitude", "advertisingId", "idfa", "card-number", "고객 이름"],
)  # fmt: skip
def test_is_personal_name__of_personal_data__is_one(name: str) -> None:
    assert is_personal_name(name)


@pytest.mark.parametrize(
    "name",
    ["shipping", "price", "plan", "product_id", "platform", "tier", "color", "상품", "is_member", "flat"],
)
def test_is_personal_name__of_things__is_none(name: str) -> None:
    assert not is_personal_name(name)


@pytest.mark.parametrize(
    "text",
    ["write to kim@example.com", "010-1234-5678", "01012345678", "+82 10-1234-5678", "02-123-4567",
     "+1 (212) 555-0101", "900101-1234567", "9001011234567", "4111 1111 1111 1111", "5500005555555559"],
)  # fmt: skip
def test_looks_personal__of_a_person__does(text: str) -> None:
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text",
    ["", "americano", "19.99", "2026-11-26T09:30:00Z", "SKU-00012345", "4111 1111 1111 1112",
     "999999-1234567",
     "@home", "100000000", "v1.2.3.4", "507f191e810c19729de860ea"],
)  # fmt: skip
def test_looks_personal__of_a_thing__does_not(text: str) -> None:
    assert not looks_personal(text)


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000 + " @", "1" * 200_000, "+1" * 100_000, "a@" + "a" * 200_000, "(0" * 100_000 + "1234567"],
)
def test_looks_personal__of_a_long_text__takes_no_longer_than_its_length(text: str) -> None:
    began = time.process_time()

    assert not looks_personal(text)
    assert looks_personal(f"{text} kim@example.com")
    assert time.process_time() - began < 5  # from each sign of it: minutes
