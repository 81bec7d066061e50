"""The other kinds of files: people, products, balances, tiers, consents, returns; and undoing them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.errors import (
    AlreadyUndone,
    BadOption,
    ColumnMissing,
    ColumnTwice,
    ColumnUnknown,
    PointsSpent,
)
from dangol.connectors.files.jobs import Request
from dangol.connectors.files.models import ImportBatch, ImportJob
from dangol.connectors.files.services import dry_run, new_folder, preview
from dangol.connectors.files.undo import undo_import
from dangol.core.commerce.models import Order, Product, Return
from dangol.core.events.models import Event
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.ledger.services import spend_points
from dangol.core.people import selectors
from dangol.rooms.rewards.models import Membership
from tests.connectors.files.shops import (
    NOW,
    bad_rows,
    bring_in,
    open_program,
    open_shop,
    write_file,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ORDERS = "order,customer,date,sku,amount\n1,a,2026-03-01,A,1000\n2,b,2026-03-02,A,2000\n"


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


def test_customers__korean_headers__people_with_traits(tmp_path: Path) -> None:
    text = (
        "회원번호,성명,휴대폰,이메일,생년월일,가입일,피부타입\n"
        "7,김하늘,010-1234-5678,a@b.kr,1990-05-06,2024-01-02,건성\n8,이별,+821099998888,,,,\n9,박달,12,,,,\n"
    )

    report = bring_in(
        tmp_path,
        Kind.CUSTOMERS,
        write_file(tmp_path, text.encode("cp949")),
        chosen={"trait.skin": "피부타입"},
    )

    owner = selectors.find_by_identity("external", ["7"])["7"]
    profile = selectors.profiles_of([owner], unmasked=True)[owner]
    assert bad_rows(report) == [(4, "phone", "value.not_a_phone")]
    assert report.counts == {"customers": 2}
    assert (profile.person.name, profile.person.phone, profile.birthday) == (
        "김하늘",
        "010-1234-5678",
        "1990-05-06",
    )
    assert profile.person.joined_at == datetime(2024, 1, 1, 15, tzinfo=UTC)
    assert profile.traits == {"skin": "건성"}
    assert list(selectors.find_by_identity("phone", ["010-9999-8888"])) == ["010-9999-8888"]


def test_customers__refused_by_a_service__value_in_the_errors_file_only(tmp_path: Path) -> None:
    bring_in(
        tmp_path, Kind.CUSTOMERS, write_file(tmp_path, "회원번호,휴대폰\n7,010-1234-5678\n", "first.csv")
    )
    text = "회원번호,이메일,휴대폰\n8,someone@shop.kr,010-1234-5678\n"

    report = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, text, "second.csv"))

    assert report.errors is not None
    assert bad_rows(report) == [(2, "phone", "people.identity_taken")]
    assert "010-1234-5678" in report.errors.read_text("utf-8-sig")
    kept = ImportBatch.objects.values_list("refusals", flat=True)
    refused = [0, 2, "phone", "people.identity_taken", {"kind": "phone"}]
    assert sorted(map(json.loads, kept)) == [[], [refused]]


def test_customers__refused_by_a_service__nobody_is_made(tmp_path: Path) -> None:
    bring_in(
        tmp_path, Kind.CUSTOMERS, write_file(tmp_path, "회원번호,휴대폰\n7,010-1234-5678\n", "first.csv")
    )
    text = (
        "회원번호,이메일,휴대폰,가입일\n8,eight@shop.kr,010-1234-5678,2024-01-02\n"
        "9,nine@shop.kr,010-1111-2222,2024-01-03\n10,ten@shop.kr,010-1234-5678,\n"
    )

    report = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, text, "second.csv"))

    assert report.counts == {"customers": 1, "refused": 2}
    assert set(selectors.find_by_identity("external", ["7", "8", "9"])) == {"7", "9"}
    assert set(selectors.find_by_identity("email", ["nine@shop.kr", "ten@shop.kr"])) == {"nine@shop.kr"}
    assert selectors.count_by_kind() == {"guest": 0, "customer": 0, "member": 2}
    joined = Event.objects.filter(name="customer.joined").order_by("occurred_at")
    assert [event.occurred_at for event in joined] == [datetime(2024, 1, 2, 15, tzinfo=UTC), NOW]


def test_products__category_columns__one_path(tmp_path: Path) -> None:
    text = (
        "상품코드,상품명,대분류,중분류,소분류,브랜드\nA,라떼,음료,,커피,하우스\n"
        "A,카페라떼,음료,,커피,하우스\n"
    )

    bring_in(tmp_path, Kind.PRODUCTS, write_file(tmp_path, text))

    product = Product.objects.get()
    assert (product.name, product.category) == ("카페라떼", "음료 > 커피")


def test_balances__lots_of_an_earlier_program__on_the_ledger_once(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS), cut_over="2026-06-01")
    text = (
        "회원번호,포인트,적립일,소멸일\na,1500,2025-07-01,2026-12-31\n"
        "a,1500,2025-07-01,2026-12-31\nb,10점,,\nz,5,,\nb,5,2024-01-01,2026-05-31\n"
    )
    path = write_file(tmp_path, text, "balances.csv")

    report = bring_in(tmp_path, Kind.BALANCES, path)
    again = bring_in(tmp_path, Kind.BALANCES, write_file(tmp_path, text + "\n", "again.csv"))

    assert bad_rows(report) == [(5, "customer", "customer.unknown"), (6, "expires_on", "lot.already_expired")]
    assert report.counts == {"lots": 3, "points": 3010}
    assert again.counts == {"repeated": 3}
    assert set(Lot.objects.values_list("points", "expires_at")) == {
        (1500, datetime(2026, 12, 31, 15, tzinfo=UTC)),
        (10, None),
    }


def test_tiers__given_from_a_file__unknown_tier_refused(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS))
    text = "회원번호,등급\na,gold\nb,diamond\na,member\n"

    report = bring_in(tmp_path, Kind.TIERS, write_file(tmp_path, text, "tiers.csv"))

    assert bad_rows(report) == [(3, "tier", "rewards.unknown_tier"), (4, "customer", "row.repeated")]
    assert report.counts == {"tiers": 1, "refused": 1}
    assert sorted(Membership.objects.values_list("level", flat=True))[-1] == 1


def test_tiers__one_person_by_number_and_by_email__second_row_refused(tmp_path: Path) -> None:
    people = "회원번호,이메일\na,a@shop.kr\nb,\n"
    bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, people, "people.csv"))
    text = "회원번호,이메일,등급\na,,gold\n,a@shop.kr,member\nb,,member\n"

    report = bring_in(tmp_path, Kind.TIERS, write_file(tmp_path, text, "tiers.csv"))

    owner = selectors.find_by_identity("external", ["a"])["a"]
    assert bad_rows(report) == [(3, "email", "row.repeated")]
    assert report.counts == {"tiers": 2, "refused": 1}
    assert Membership.objects.get(customer_id=owner).level == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source", "s" * 41),
        ("delimiter", ";;"),
        ("delimiter", '"'),
        ("encoding", "utf-9"),
        ("encoding", "base64"),
        ("encoding", "x" * 5_000),
    ],
)
def test_options__that_cannot_stand__refused_before_there_is_a_job(
    name: str, value: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {name: value}

    with pytest.raises(BadOption) as refusal:
        bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS), **options)

    assert refusal.value.data["option"] == f"--{name}"
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize(
    ("kind", "option", "given"),
    [
        (Kind.ORDERS, "--points", {"points_currency": "points"}),
        (Kind.CUSTOMERS, "--points", {"points_currency": "points"}),
        (Kind.CUSTOMERS, "--cut-over", {"cut_over": "2026-03-01"}),
        (Kind.BALANCES, "--cut-over", {"cut_over": "2026-03-01"}),
    ],
)
def test_options__that_mean_nothing_for_a_kind__are_refused_and_not_ignored(
    kind: Kind, option: str, given: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(BadOption) as refusal:
        bring_in(tmp_path, kind, write_file(tmp_path, ORDERS), **given)

    assert refusal.value.data["option"] == option


@pytest.mark.parametrize("source", ["", "  "])
def test_options__no_source__refused_by_name(tmp_path: Path, source: str) -> None:
    with pytest.raises(BadOption) as refusal:
        bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS), source=source)

    assert refusal.value.data["option"] == "--source"


def test_options__source_of_forty_letters__taken(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS), source="단" * 40)

    assert set(Order.objects.values_list("source", flat=True)) == {"단" * 40}


def test_consents__words_of_two_languages__recorded_once(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS))
    text = (
        "회원번호,채널,동의여부,동의일시\na,문자,동의,2026-01-01 10:00\na,email,N,2026-01-02\n"
        "b,팩스,Y,2026-01-01\nb,sms,글쎄,2026-01-01\n"
    )
    path = write_file(tmp_path, text, "consents.csv")

    report = bring_in(tmp_path, Kind.CONSENTS, path)

    owner = selectors.find_by_identity("external", ["a"])["a"]
    states = {
        (state.channel, state.purpose): state.granted for state in selectors.consents_of([owner])[owner]
    }
    assert states == {("sms", "marketing"): True, ("email", "marketing"): False}
    assert [code for _, _, code in bad_rows(report)] == ["value.not_a_channel", "value.not_allowed"]


def test_returns__own_file__linked_and_counted(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS))
    text = (
        "반품번호,원주문번호,회원번호,반품일,상품코드,수량,환불금액\n"
        "R1,1,a,2026-03-05,A,1,1000\nR2,,b,2026-03-05,Q,1,50\n"
    )

    report = bring_in(tmp_path, Kind.RETURNS, write_file(tmp_path, text, "returns.csv"))

    assert report.counts == {"returns": 2, "lines": 2, "unlinked_returns": 1}
    assert Return.objects.get(number="R1").order_id == Order.objects.get(number="1").id


def test_columns__missing__named_with_the_nearest_header(tmp_path: Path) -> None:
    path = write_file(tmp_path, "order,customer,dates,sku,amount\n")

    with pytest.raises(ColumnMissing) as refusal:
        bring_in(tmp_path, Kind.ORDERS, path)

    assert (refusal.value.data["column"], refusal.value.data["nearest"]) == ("placed_at", "dates")
    assert not ImportJob.objects.exists()


def test_columns__twice_or_unknown__refused(tmp_path: Path) -> None:
    twice = write_file(tmp_path, "order,customer,date,sku,amount,Amount\n")

    with pytest.raises(ColumnTwice):
        bring_in(tmp_path, Kind.ORDERS, twice)
    with pytest.raises(ColumnUnknown):
        bring_in(tmp_path, Kind.ORDERS, twice, chosen={"amount": "금액"})
    with pytest.raises(ColumnUnknown):
        bring_in(tmp_path, Kind.ORDERS, twice, chosen={"amuont": "amount"})


def test_columns__mapped_by_hand__wins_over_the_guess(tmp_path: Path) -> None:
    path = write_file(tmp_path, "order,customer,date,sku,amount,값\n1,a,2026-03-01,A,999,5\n")

    bring_in(tmp_path, Kind.ORDERS, path, chosen={"amount": "값"})

    assert Order.objects.get().net_minor == 5


def test_header_only__an_import_of_nothing(tmp_path: Path) -> None:
    report = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, "order,customer,date,sku,amount\n"))

    assert (report.rows, report.good, report.errors) == (0, 0, None)


def test_dry_run__totals_and_errors__nothing_written(tmp_path: Path) -> None:
    path = write_file(tmp_path, ORDERS + "3,c,soon,A,5\n")
    request = Request(Kind.ORDERS, (path,), {})

    report = dry_run(request, at=NOW, folder=new_folder(tmp_path))

    assert (report.rows, report.bad, report.totals["orders"], report.totals["net_minor"]) == (3, 1, 2, 3000)
    assert bad_rows(report) == [(4, "placed_at", "time.unreadable")]
    assert not Order.objects.exists()
    assert not ImportJob.objects.exists()
    assert not any(selectors.count_by_kind().values())


def test_dry_run__nothing_wrong__leaves_no_folder(tmp_path: Path) -> None:
    request = Request(Kind.ORDERS, (write_file(tmp_path, ORDERS),), {})

    report = dry_run(request, at=NOW, folder=new_folder(tmp_path))

    assert (report.bad, report.errors) == (0, None)
    assert list((tmp_path / "imports").iterdir()) == []


def test_preview__first_rows_as_understood(tmp_path: Path) -> None:
    rows = "".join(f"{number},a,2026-03-01,A,{number}\n" for number in range(1, 50))
    path = write_file(tmp_path, "order,customer,date,sku,amount\n" + rows)

    shown = preview(Request(Kind.ORDERS, (path,), {}), at=NOW)

    assert len(shown.rows) == 20
    assert dict(zip(shown.columns, shown.rows[0], strict=True)) == {
        "line": 2, "order": "1", "customer": "a", "placed_at": "2026-03-01 00:00:00+09:00", "product": "A",
        "amount": "1",
    }  # fmt: skip
    assert shown.mappings == [
        {"order": "order", "customer": "customer", "placed_at": "date", "product": "sku", "amount": "amount"}
    ]


def test_preview__cents_and_another_zone__money_and_instants_of_the_shop(tmp_path: Path) -> None:
    open_shop(currency="USD", zone="America/New_York", region="US")
    text = "order,customer,date,sku,amount,quantity\n1,a,2026-07-01T12:00Z,A,12.5,1.250\n2,a,oops,A,,2\n"

    shown = preview(Request(Kind.ORDERS, (write_file(tmp_path, text),), {}), at=NOW)

    at, amount, quantity = map(shown.columns.index, ("placed_at", "amount", "quantity"))
    read = [(row[at], row[amount], row[quantity]) for row in shown.rows]
    assert read == [("2026-07-01 08:00:00-04:00", "12.50", "1.25"), (None, None, "2")]


def test_undo__orders__come_back_with_their_points(tmp_path: Path) -> None:
    report = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS))
    assert report.job is not None

    undone = undo_import(report.job, at=NOW, home=tmp_path)

    assert undone == (2, 0)
    assert Return.objects.count() == 2
    assert sum(Lot.objects.values_list("left", flat=True)) == 0
    assert ImportJob.objects.get().state == "undone"
    with pytest.raises(AlreadyUndone):
        undo_import(report.job, at=NOW, home=tmp_path)


def test_undo__points_spent__refused_then_the_rest(tmp_path: Path) -> None:
    report = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS))
    assert report.job is not None
    owner = selectors.find_by_identity("external", ["b"])["b"]
    spend_points(owner, points=5, currency="points", key="s", at=NOW)

    with pytest.raises(PointsSpent) as refusal:
        undo_import(report.job, at=NOW, home=tmp_path)

    assert refusal.value.data == {"orders": 1, "points": 5}
    assert not Return.objects.exists()
    assert undo_import(report.job, at=NOW, home=tmp_path, skips_spent=True) == (1, 1)
    assert Transfer.objects.filter(kind__in=["claw_back", "void"]).count() == 1


def test_undo__balances_and_consents__taken_back(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS), cut_over="2026-06-01")
    balances = bring_in(tmp_path, Kind.BALANCES, write_file(tmp_path, "회원번호,포인트\na,100\n", "b.csv"))
    consents = bring_in(
        tmp_path,
        Kind.CONSENTS,
        write_file(tmp_path, "회원번호,채널,동의여부,동의일시\na,sms,Y,2026-01-01\n", "c.csv"),
    )
    assert balances.job is not None
    assert consents.job is not None

    assert undo_import(balances.job, at=NOW, home=tmp_path) == (1, 0)
    assert undo_import(consents.job, at=NOW, home=tmp_path) == (1, 0)

    owner = selectors.find_by_identity("external", ["a"])["a"]
    assert sum(Lot.objects.values_list("left", flat=True)) == 0
    assert [state.granted for state in selectors.consents_of([owner])[owner]] == [False]


def test_job__written_down__files_mapping_and_counts(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, ORDERS))

    job = ImportJob.objects.get()

    assert (job.state, job.row_count, job.item_count, job.done_count) == ("done", 2, 2, 2)
    assert json.loads(job.files)[0]["name"] == "orders.csv"
    assert json.loads(job.mapping)[0]["placed_at"] == "date"
    assert job.finished_at == NOW
