"""Under 14 nobody joins without a guardian; who consented is sealed with the person, and goes with them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

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
from dangol.core.people.merges import merge_customers
from dangol.core.people.models import Customer, Guardian
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import profiles_of
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

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


def known(count: int) -> list[Id]:
    with write_transaction():
        names = [f"M-{one}" for one in range(count)]
        return list(resolve_customers("external", names, recorded_at=EVENING).values())


def tell(*rows: PersonRow, at: datetime = EVENING) -> list[DomainError | None]:
    with write_transaction():
        return set_people(rows, recorded_at=at)


def birthday_of(owner: Id) -> str | None:
    return profiles_of([owner], unmasked=True)[owner].birthday


def test_birthday__below_fourteen_told_later__needs_a_guardian_and_nothing_is_written() -> None:
    child, grown, other = known(3)

    refusal, *fine = tell(
        PersonRow(child, name="어린이", birthday=BIRTHDAY),
        PersonRow(grown, birthday=date(1990, 1, 1), guardian=GUARDIAN),
        PersonRow(other, name="다른 이"),
    )

    assert isinstance(refusal, GuardianNeeded)
    assert refusal.field == "guardian"
    assert fine == [None, None]
    assert (birthday_of(child), birthday_of(grown)) == (None, "1990-01-01")
    assert profiles_of([child], unmasked=True)[child].person.name is None
    assert not Guardian.objects.exists(), "what is not needed is not kept"


@pytest.mark.parametrize("days", [-2, 0, 1])
def test_birthday__told_later__is_judged_by_the_shop_s_day(days: int) -> None:
    [one] = known(1)
    birthday = BIRTHDAY + timedelta(days=days)

    for at, is_needed in ((EVENING, days >= 0), (MIDNIGHT, days > 0)):
        [refusal] = tell(PersonRow(one, birthday=birthday), at=at)
        assert isinstance(refusal, GuardianNeeded) is is_needed


def test_birthday__with_a_guardian__is_kept_and_asks_no_more() -> None:
    [child] = known(1)

    assert tell(PersonRow(child, birthday=BIRTHDAY, guardian=GUARDIAN)) == [None]
    assert tell(PersonRow(child, birthday=BIRTHDAY - timedelta(days=1) + timedelta(days=300))) == [None]

    assert guardians_of([child])[child][:2] == ("보호자", "+821011112222")
    assert Guardian.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "phone", "field"), [("", "010-1111-2222", "guardian_name"), ("보호자", "12", "guardian_phone")]
)
def test_birthday__guardian_that_cannot_be__is_refused_by_field(name: str, phone: str, field: str) -> None:
    [child] = known(1)

    [refusal] = tell(PersonRow(child, birthday=BIRTHDAY, guardian=GuardianDraft(name, phone, "staff")))

    assert isinstance(refusal, RefusedValue)
    assert refusal.field == field
    assert birthday_of(child) is None


def test_birthdays__two_rows_about_one_child__only_the_row_without_consent_is_refused() -> None:
    [child] = known(1)

    first, second = tell(
        PersonRow(child, birthday=date(1990, 1, 1)), PersonRow(child, birthday=BIRTHDAY), at=EVENING
    )

    assert isinstance(first, GuardianNeeded)
    assert isinstance(second, GuardianNeeded)
    assert birthday_of(child) is None


def test_birthday__of_who_absorbed_a_child__the_child_s_consent_holds() -> None:
    child, kept = known(2)
    tell(PersonRow(child, birthday=BIRTHDAY, guardian=GUARDIAN))
    merge_customers(kept, child, actor=HOUSE, reason="같은 사람", at=EVENING)

    assert tell(PersonRow(kept, birthday=BIRTHDAY)) == [None]
    require_guardian_of(kept, BIRTHDAY, at=EVENING)


def test_birthdays__any_number_of_children__constant_statements() -> None:
    everyone = known(12)
    counts = []
    for some in (everyone[:2], everyone[2:]):
        with CaptureQueriesContext(connection) as sent:
            assert all(tell(*(PersonRow(one, birthday=BIRTHDAY) for one in some)))
        counts.append(len(sent))

    assert counts[0] == counts[1]
