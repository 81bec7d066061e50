"""Old files that name somebody who was erased bring nobody back."""

from pathlib import Path

import pytest

from dangol.connectors.files.columns import Kind
from dangol.core.commerce.models import Order
from dangol.core.people import selectors
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.erasures import erase_customer
from tests.connectors.files.shops import NOW, bad_rows, bring_in, open_program, open_shop, write_file

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ORDERS = "order,customer,date,sku,amount\n1,a,2026-03-01,A,1000\n2,b,2026-03-02,A,2000\n"


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


def erase(value: str) -> None:
    owner = selectors.find_by_identity("external", [value])[value]
    erase_customer(owner, actor=Actor(ActorKind.STAFF, "agent"), reason="wish", at=NOW)


def test_customers__an_old_file_names_somebody_erased__refused_and_nobody_comes_back(tmp_path: Path) -> None:
    text = "회원번호,성명,휴대폰,이메일\n7,김하늘,010-1234-5678,a@b.kr\n8,이별,010-2222-3333,\n"
    bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, text, "first.csv"))
    erase("7")

    again = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, text + "10,새이,,\n", "again.csv"))
    other = "회원번호,휴대폰\n9,010-1234-5678\n"
    new_number = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, other, "other.csv"))

    erased = "people.identity_erased"
    assert {(2, "phone", erased), (2, "email", erased)} <= set(bad_rows(again))
    assert {line for line, _, _ in bad_rows(again)} == {2}
    assert again.counts == {"customers": 2}
    assert bad_rows(new_number) == [(2, "phone", erased)]
    assert not selectors.find_by_identity("phone", ["010-1234-5678"])
    assert selectors.count_by_kind() == {"guest": 0, "customer": 0, "member": 2}


def test_orders__an_old_file_names_somebody_erased__refused_and_nobody_comes_back(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS, "first.csv"))
    erase("a")

    again = bring_in(
        tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS + "3,b,2026-03-03,A,5\n", "again.csv")
    )

    assert bad_rows(again) == [(2, "customer", "people.identity_erased")]
    assert again.counts["repeated_orders"] == 1
    assert not selectors.find_by_identity("external", ["a"])
    assert Order.objects.count() == 3
