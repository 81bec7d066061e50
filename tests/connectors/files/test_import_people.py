"""Files of customers: whom they bring back, and whom they may not tell of."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dangol.connectors.files.columns import Kind
from dangol.core.people import selectors
from dangol.core.people.leaving import leave_members
from dangol.core.storage.transactions import write_transaction
from tests.connectors.files.shops import bad_rows, bring_in, open_program, open_shop, write_file

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
