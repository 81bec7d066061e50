"""Order files: what goes in, what is held back, what comes again."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db.models import Sum

from dangol.connectors.files.columns import Kind
from dangol.core.commerce.models import (
    Order,
    OrderDiscount,
    OrderLine,
    OrderTender,
    Product,
    Return,
    ReturnLine,
)
from dangol.core.ledger.models import Transfer
from dangol.core.people.models import Customer
from tests.connectors.files.shops import bad_rows, bring_in, open_program, open_shop, write_file

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

HEADER = "주문번호,회원번호,판매일시,상품코드,수량,판매금액\n"


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def test_orders__good_file__stored_with_points(tmp_path: Path) -> None:
    open_program()
    path = write_file(
        tmp_path,
        HEADER
        + '1,김,2026-03-01 10:00,A,2,"3,000"\n1,김,2026-03-01 10:00,B,0.5,₩1500\n'
        + "2,이,2026-03-02 09:30,A,1,1500\n",
    )

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert (report.rows, report.good, report.bad) == (3, 3, 0)
    assert report.counts == {"orders": 2, "lines": 3}
    order = Order.objects.get(number="1")
    assert (order.net_minor, order.placed_at) == (4500, datetime(2026, 3, 1, 1, 0, tzinfo=UTC))
    assert set(OrderLine.objects.values_list("quantity_milli", flat=True)) == {2000, 500, 1000}
    assert Transfer.objects.filter(kind="earn").aggregate(points=Sum("points")) == {"points": 60}


def test_orders__one_bad_line__whole_order_held_back_and_the_others_in(tmp_path: Path) -> None:
    path = write_file(
        tmp_path, HEADER + "1,a,2026-03-01,A,1,100\n1,a,2026-03-01,B,1,oops\n2,b,2026-03-01,A,1,100\n"
    )

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert (report.rows, report.good, report.bad) == (3, 1, 2)
    assert bad_rows(report) == [(2, "order", "order.held_back"), (3, "amount", "amount.unreadable")]
    assert list(Order.objects.values_list("number", flat=True)) == ["2"]


def test_orders__mended_and_imported_again__only_what_was_missing_goes_in(tmp_path: Path) -> None:
    lines = "2,b,2026-03-01,A,1,100\n"
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, HEADER + "1,a,2026-03-01,A,1,oops\n" + lines))

    report = bring_in(
        tmp_path, Kind.ORDERS, write_file(tmp_path, HEADER + "1,a,2026-03-01,A,1,100\n" + lines)
    )

    assert report.counts == {"orders": 1, "lines": 1, "repeated_orders": 1}
    assert Order.objects.count() == 2


def test_orders__same_file_again__answers_with_the_first_report(tmp_path: Path) -> None:
    path = write_file(tmp_path, HEADER + "1,a,2026-03-01,A,1,100\n")
    first = bring_in(tmp_path, Kind.ORDERS, path)

    again = bring_in(tmp_path, Kind.ORDERS, path)

    assert again.is_repeat
    assert (again.rows, again.counts) == (first.rows, first.counts)
    assert Order.objects.count() == 1


def test_orders__number_taken_by_other_content__refused_with_its_lines(tmp_path: Path) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, HEADER + "1,a,2026-03-01,A,1,100\n"))

    report = bring_in(
        tmp_path,
        Kind.ORDERS,
        write_file(tmp_path, HEADER + "1,a,2026-03-01,A,1,100\n1,a,2026-03-01,B,1,50\n"),
    )

    assert bad_rows(report) == [(2, "order", "order.number_taken"), (3, "order", "order.number_taken")]
    assert (report.rows, report.good) == (2, 0)
    assert OrderLine.objects.count() == 1


def test_orders__catalog_changed_since__still_the_same_order(tmp_path: Path) -> None:
    text = HEADER + "1,a,2026-03-01,A,1,100\n"
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, text))
    bring_in(
        tmp_path,
        Kind.PRODUCTS,
        write_file(tmp_path, "상품코드,상품명,대분류,중분류\nA,라떼,음료,커피\n", "p.csv"),
    )

    report = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, text + "\n"))

    assert report.counts == {"repeated_orders": 1}
    assert Product.objects.get(number="A").category == "음료 > 커피"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("1,a,2026-03-01,A,1,1.5", "amount", "amount.too_precise"),
        ("1,a,2026-03-01,A,1,$100", "amount", "currency.not_the_shops"),
        ("1,a,2026-03-01,A,1,99999999999999999999", "amount", "amount.too_large"),
        ("1,a,2026-03-01,A,1,=1+1", "amount", "amount.unreadable"),
        ("1,a,2026-03-01,A,1,-5", "amount", "amount.negative"),
        ("1,a,2026-03-01,A,1,", "amount", "value.missing"),
        ("1,a,2026-03-01,A,1.0005,5", "quantity", "amount.too_precise"),
        ("1,a,2026-02-30,A,1,5", "placed_at", "time.unreadable"),
        ("1,a,03/01/2026,A,1,5", "placed_at", "time.unreadable"),
        ("1,a,45352,A,1,5", "placed_at", "time.spreadsheet_serial"),
        ("1,a,45352.75,A,1,5", "placed_at", "time.spreadsheet_serial"),
        ("1,a,2027-01-01,A,1,5", "placed_at", "time.in_future"),
        ("1,a,1026-01-01,A,1,5", "placed_at", "time.too_early"),
        (",a,2026-03-01,A,1,5", "order", "value.missing"),
        ("1,a,2026-03-01,,1,5", "product", "value.missing"),
        (f"{'9' * 41},a,2026-03-01,A,1,5", "order", "value.too_long"),
        ("1,a,2026-03-01,A,1", "", "row.too_few_cells"),
        ("1,a,2026-03-01,A,1,5,6", "", "row.too_many_cells"),
        ('1,"a"b,2026-03-01,A,1,5', "", "row.malformed"),
        ("1,a\0,2026-03-01,A,1,5", "", "row.nul_character"),
    ],
)
def test_orders__bad_row__named_with_line_column_and_code(
    tmp_path: Path, row: str, column: str, code: str
) -> None:
    path = write_file(tmp_path, HEADER + "9,z,2026-03-01,A,1,100\n" + row + "\n8,z,2026-03-01,A,1,100\n")

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert bad_rows(report) == [(3, column, code)]
    assert (report.rows, report.good) == (3, 2)
    assert Order.objects.count() == 2


def test_orders__other_currency__refused(tmp_path: Path) -> None:
    path = write_file(
        tmp_path,
        "order,customer,date,sku,amount,currency\n1,a,2026-03-01,A,100,USD\n2,a,2026-03-01,A,100,krw\n",
    )

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert bad_rows(report) == [(2, "currency", "currency.not_the_shops")]


def test_orders__two_customers_in_one_order__refused(tmp_path: Path) -> None:
    path = write_file(tmp_path, HEADER + "1,a,2026-03-01,A,1,100\n1,b,2026-03-01,B,1,100\n")

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert [code for _, _, code in bad_rows(report)] == ["order.several_customers"] * 2


def test_orders__no_customer__guest_orders_that_earn_nothing(tmp_path: Path) -> None:
    open_program()
    path = write_file(tmp_path, HEADER + "1,,2026-03-01,A,1,1000\n2,,2026-03-01,A,1,1000\n")

    report = bring_in(tmp_path, Kind.ORDERS, path)
    again = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, path.read_text() + "3,,2026-03-01,A,1,10\n"))

    assert report.counts["guests"] == 2
    assert again.counts == {"guests": 1, "orders": 1, "lines": 1, "repeated_orders": 2}
    assert set(Customer.objects.values_list("kind", flat=True)) == {"guest"}
    assert not Transfer.objects.exists()


def test_orders__negative_quantity__return_linked_by_number_or_latest_sale_or_kept(tmp_path: Path) -> None:
    rows = (
        "1,a,2026-03-01,A,2,200", "2,a,2026-03-02,A,2,200", "1,a,2026-03-05,A,-1,-100",
        "R9,a,2026-03-06,A,-1,100", "R8,a,2026-03-06,Z,-1,-70",
    )  # fmt: skip
    report = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, HEADER + "\n".join(rows)))

    orders = dict(Order.objects.values_list("number", "id"))
    linked = dict(Return.objects.values_list("number", "order_id"))
    assert report.counts == {"orders": 2, "returns": 3, "lines": 5, "unlinked_returns": 1}
    assert linked == {
        "1#20260304150000": orders["1"],
        "R9#20260305150000": orders["2"],
        "R8#20260305150000": None,
    }
    assert set(ReturnLine.objects.values_list("net_minor", flat=True)) == {100, 70}


def test_orders__before_the_cut_over__history_that_earns_nothing(tmp_path: Path) -> None:
    open_program()
    path = write_file(tmp_path, HEADER + "1,a,2026-02-28,A,1,1000\n2,a,2026-03-01,A,1,1000\n")

    bring_in(tmp_path, Kind.ORDERS, path, cut_over="2026-03-01")

    assert dict(Order.objects.values_list("number", "earns")) == {"1": False, "2": True}
    assert list(Transfer.objects.values_list("points", flat=True)) == [10]


def test_orders__several_files__one_job_sorted_together(tmp_path: Path) -> None:
    late = write_file(tmp_path, HEADER + "2,a,2026-03-02,A,1,200\n1,a,2026-03-01,B,1,50\n", "late.csv")
    early = write_file(tmp_path, "sku;amount;order;customer;date\nA;100;1;a;2026-03-01\n", "early.csv")

    report = bring_in(tmp_path, Kind.ORDERS, late, early)

    assert report.counts == {"orders": 2, "lines": 3}
    assert Order.objects.get(number="1").net_minor == 150


def test_orders__float_parquet__only_values_near_a_minor_unit(tmp_path: Path) -> None:
    open_shop(currency="USD", zone="America/New_York", region="US")
    table = pa.table(
        {
            "basket_id": [1, 2, 3, 4],
            "household_id": [7.0, 7.0, 8.0, float("nan")],
            "product_id": pa.array(["A", "B", "A", "A"]).dictionary_encode(),
            "sales_value": [0.1 + 0.2, 1.005, float("nan"), 2.5],
            "quantity": pa.array([1, 2, 3, 89638], pa.int32()),
            "transaction_timestamp": pa.array([datetime(2026, 3, 1, 5, tzinfo=UTC)] * 4, pa.timestamp("us")),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")

    report = bring_in(tmp_path, Kind.ORDERS, tmp_path / "t.parquet", zone="UTC")

    assert bad_rows(report) == [(2, "amount", "amount.not_exact"), (3, "amount", "value.missing")]
    assert dict(Order.objects.values_list("number", "net_minor")) == {"1": 30, "4": 250}
    assert report.counts["guests"] == 1


def test_orders__refused_amounts_with_cents__are_told_as_the_file_has_them(tmp_path: Path) -> None:
    open_shop(currency="USD", zone="America/New_York", region="US")
    lines = ("order,customer,date,sku,quantity,amount", "1,a,2026-03-01,A,1,-10.5", "2,a,2026-03-01,A,1,7")
    rows = "\n".join(lines)
    (tmp_path / "t.csv").write_text(rows)

    report = bring_in(tmp_path, Kind.ORDERS, tmp_path / "t.csv")

    assert report.errors is not None
    with report.errors.open(encoding="utf-8-sig", newline="") as file:
        told = [(row["code"], row["value"]) for row in csv.DictReader(file)]
    # A minus at the beginning would be a formula to a spreadsheet.
    assert told == [("amount.negative", "'-10.50")]


def test_orders__decimal_parquet__read_exactly(tmp_path: Path) -> None:
    open_shop(currency="USD", zone="America/New_York", region="US")
    amounts = pa.array(["12.50", "90071992547409.93"]).cast(pa.decimal128(20, 2))
    table = pa.table(
        {
            "order": ["1", "2"],
            "customer": ["a", "a"],
            "sku": ["A", "A"],
            "amount": amounts,
            "date": pa.array([datetime(2026, 3, 1, 5, tzinfo=UTC)] * 2),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")

    report = bring_in(tmp_path, Kind.ORDERS, tmp_path / "t.parquet")

    assert bad_rows(report) == [(2, "amount", "amount.too_large")]
    assert Order.objects.get().net_minor == 1250


def test_orders__discounts_and_tenders_of_the_whole_order__kept_by_name(tmp_path: Path) -> None:
    path = write_file(
        tmp_path,
        HEADER.strip()
        + ",order_discounts,tenders\n"
        + "1,a,2026-03-01,A,1,3000,직원=500,card=2000; 현금=500\n"
        + "1,a,2026-03-01,B,1,1000,직원=500,card=2000; 현금=500\n"
        + "2,a,2026-03-01,A,1,3000,,\n"
        + "3,a,2026-03-01,A,1,3000,직원,card=0.5\n",
    )

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert bad_rows(report) == [
        (5, "order_discounts", "amount.list_unreadable"),
        (5, "tenders", "amount.list_unreadable"),
    ]
    assert dict(Order.objects.values_list("number", "net_minor")) == {"1": 3500, "2": 3000}
    assert list(OrderDiscount.objects.values_list("kind", "amount_minor")) == [("직원", 500)]
    tenders = OrderTender.objects.order_by("number").values_list("kind", "amount_minor")
    assert list(tenders) == [("card", 2000), ("현금", 500)]


def test_orders__more_off_than_they_cost__refused(tmp_path: Path) -> None:
    path = write_file(
        tmp_path,
        HEADER.strip()
        + ",order_discounts,tenders\n"
        + "1,a,2026-03-01,A,1,3000,직원=3000; 쿠폰=1001,\n"
        + "1,a,2026-03-01,B,1,1000,직원=3000; 쿠폰=1001,\n"
        + "2,a,2026-03-01,A,1,3000,직원=3000,\n"
        + "3,a,2026-03-01,A,1,3000,,card=999999999999999\n"
        + "4,a,2026-03-01,A,1,3000,직원=999999999999999,\n",
    )

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert bad_rows(report) == [
        (2, "order_discounts", "amount.sums_disagree"),
        (3, "order_discounts", "amount.sums_disagree"),
        (5, "tenders", "amount.too_large"),
        (6, "order_discounts", "amount.sums_disagree"),
        (6, "order_discounts", "amount.too_large"),
    ]
    assert dict(Order.objects.values_list("number", "net_minor")) == {"2": 0}


def test_orders__discounts_in_cents__compared_to_the_cent(tmp_path: Path) -> None:
    open_shop(currency="USD", zone="America/New_York", region="US")
    path = write_file(
        tmp_path,
        HEADER.strip()
        + ",order_discounts\n"
        + "1,a,2026-03-01,A,1,10.00,staff=9.5; coupon=0.5\n"
        + "2,a,2026-03-01,A,1,10.00,staff=9.5; coupon=0.51\n",
    )

    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert bad_rows(report) == [(3, "order_discounts", "amount.sums_disagree")]
    assert dict(Order.objects.values_list("number", "net_minor")) == {"1": 0}
