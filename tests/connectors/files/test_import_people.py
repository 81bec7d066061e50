"""Files of customers: whom they bring back, and whom they may not tell of."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.connectors.files.columns import Kind
from dangol.core.messaging.contents import AddressChanged
from dangol.core.messaging.models import Message
from dangol.core.messaging.sealed_contents import Opened, open_contents
from dangol.core.people import selectors
from dangol.core.people.held import last_by_others
from dangol.core.people.identities import Kind as Identity
from dangol.core.people.leaving import leave_members
from dangol.core.storage.spaces import in_space
from dangol.core.storage.transactions import write_transaction
from tests.connectors.files.shops import bad_rows, bring_in, open_program, open_shop, write_file
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


@pytest.mark.parametrize(
    ("told", "kind"),
    [("", "customer"), ("2024-01-02", "customer"), ("2026-03-05", "member")],
)
def test_customers__who_left__only_a_later_day_of_joining_brings_them_back(
    tmp_path: Path, told: str, kind: str
) -> None:
    text = "회원번호,성명,가입일\n7,김하늘,2024-01-02\n"
    bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, text, "first.csv"))
    owner = selectors.find_by_identity("external", ["7"])["7"]
    with write_transaction():
        leave_members([owner], source="phone", recorded_at=datetime(2026, 3, 1, tzinfo=UTC))

    text = f"회원번호,성명,가입일\n7,김바다,{told}\n8,이별,\n"
    report = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, text, "second.csv"))

    assert report.counts == {"customers": 2}
    [other] = selectors.find_by_identity("external", ["8"]).values()
    people = selectors.names_of([owner, other], unmasked=True)
    assert sorted((one.name, one.kind) for one in people.values()) == [("김바다", kind), ("이별", "member")]


def test_customers__birthday_below_fourteen__row_refused_by_its_birthday_with_the_remedy(
    tmp_path: Path,
) -> None:
    text = "회원번호,성명,생년월일\n7,김하늘,2020-05-06\n8,이별,1990-05-06\n9,박달,\n"

    report = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, text))

    assert bad_rows(report) == [(2, "birthday", "people.guardian_needed")]
    assert report.counts == {"customers": 2, "refused": 1}
    assert selectors.find_by_identity("external", ["7", "8", "9"]).keys() == {"8", "9"}
    assert report.errors
    told = report.errors.read_text("utf-8-sig")
    assert "법정대리인이 동의해야" in told
    assert "생일을 비우고" in told


MAILS = "회원번호,이메일\n7,haneul@example.com\n8,byeol@example.com\n9,\n"
OTHERS = "회원번호,이메일\n7,thief@example.com\n8,Byeol@example.com\n9,dal@example.com\n10,new@example.com\n"
LATER = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)


def told() -> list[Opened]:
    rows = Message.objects.order_by("id")
    sealed = [(one.customer_id, one.id, one.template, bytes(one.sealed or b"")) for one in rows]
    return [one for one in open_contents(sealed) if isinstance(one, Opened)]


def test_customers__with_another_email__old_address_is_told_and_no_other(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, MAILS, "first.csv"))
    assert told() == []

    bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, OTHERS, "second.csv"), at=LATER)

    assert told() == [Opened("haneul@example.com", AddressChanged(shop="단골"))]


def test_customers__with_another_email_in_a_test_space__nobody_is_told(tmp_path: Path) -> None:
    with fresh_space("mails") as space, in_space(space):
        bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, MAILS, "first.csv"))
        bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, OTHERS, "second.csv"), at=LATER)
        assert selectors.find_by_identity("email", ["thief@example.com"])
        assert told() == []


def test_customers__with_other_emails__told_in_so_many_statements_however_many(tmp_path: Path) -> None:
    counts = []
    for number in (2, 40):
        first, second = (
            "회원번호,이메일\n"
            + "".join(f"{number}-{n},{n}@{place}{number}.example\n" for n in range(number))
            for place in ("old", "new")
        )
        bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, first, f"first-{number}.csv"))
        with CaptureQueriesContext(connection) as queries:
            path = write_file(tmp_path, second, f"second-{number}.csv")
            bring_in(tmp_path, Kind.CUSTOMERS, path, at=LATER)
        counts.append(len(queries))

    assert len(told()) == 42
    assert counts[0] == counts[1]


def test_customers__with_another_email__it_counts_as_put_there_by_others(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, MAILS, "first.csv"))
    members = selectors.find_by_identity("external", ["7", "8", "9"])
    assert {last_by_others(one, Identity.EMAIL) for one in members.values()} == {None}

    bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, OTHERS, "second.csv"), at=LATER)

    lasts = {number: last_by_others(owner, Identity.EMAIL) for number, owner in members.items()}
    assert lasts == {"7": LATER, "8": None, "9": LATER}
