"""Under 14 nobody joins without a guardian; who consented is sealed with the person, and goes with them."""

from datetime import UTC, date, datetime

import pytest

from dangol.core.people.actors import HOUSE
from dangol.core.people.enrolling import Enrollment, enroll
from dangol.core.people.erasures import erase_customer
from dangol.core.people.guardians import (
    GuardianDraft,
    GuardianNeeded,
    guardians_of,
    require_guardian_of,
)
from dangol.core.people.identities import Kind
from dangol.core.people.models import Customer, Guardian
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
# Nine in the evening of 28 February in Seoul is the last of the 13th year; three hours later it is not.
BIRTHDAY = date(2012, 3, 1)
EVENING = datetime(2026, 2, 28, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 2, 28, 15, tzinfo=UTC)
GUARDIAN = GuardianDraft("보호자", "010-1111-2222", "till")


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")


def join(birthday: date | None, guardian: GuardianDraft | None = None, *, at: datetime = EVENING) -> Id:
    with write_transaction():
        new = Enrollment({Kind.PHONE: "010-1234-5678"}, "어린이", birthday, guardian=guardian)
        return enroll(new, recorded_at=at)


@pytest.mark.parametrize(
    ("birthday", "at"), [(BIRTHDAY, MIDNIGHT), (date(1990, 1, 1), EVENING), (None, EVENING)]
)
def test_join__of_age_or_unknown__asks_for_nobody_and_keeps_nobody(
    birthday: date | None, at: datetime
) -> None:
    join(birthday, GUARDIAN, at=at)

    assert not Guardian.objects.exists(), "what is not needed is not kept"


def test_join__under_fourteen_by_the_shop_s_clock__needs_a_guardian_and_makes_nobody() -> None:
    with pytest.raises(GuardianNeeded):
        join(BIRTHDAY)

    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("name", "phone", "field"),
    [
        ("", "010-1111-2222", "guardian_name"),
        ("보호자", " ", "guardian_phone"),
        ("보호자", "12", "guardian_phone"),
    ],
)
def test_guardian__that_cannot_be__is_refused_by_field(name: str, phone: str, field: str) -> None:
    with pytest.raises(RefusedValue) as refusal:
        join(BIRTHDAY, GuardianDraft(name, phone, "till"))

    assert refusal.value.field == field
    assert not Customer.objects.exists()


def test_guardian__who_consented__is_sealed_and_opens() -> None:
    owner = join(BIRTHDAY, GUARDIAN)

    view = guardians_of([owner])[owner]
    assert (view.name, view.phone, view.confirmed_at, view.source) == (
        "보호자",
        "+821011112222",
        EVENING,
        "till",
    )
    row = Guardian.objects.get()
    assert "보호자".encode() not in bytes(row.name_sealed)
    assert b"1111" not in bytes(row.phone_sealed)
    require_guardian_of(owner, BIRTHDAY, at=EVENING)


def test_guardian__of_who_is_erased__is_gone() -> None:
    owner = join(BIRTHDAY, GUARDIAN)

    erase_customer(owner, actor=HOUSE, reason="asked", at=EVENING)

    assert guardians_of([owner]) == {}
    assert not Guardian.objects.exists()


def test_rejoining__under_fourteen_without_a_guardian__is_refused() -> None:
    owner = join(None)

    with pytest.raises(GuardianNeeded):
        require_guardian_of(owner, BIRTHDAY, at=EVENING)
    require_guardian_of(owner, BIRTHDAY, at=MIDNIGHT)
