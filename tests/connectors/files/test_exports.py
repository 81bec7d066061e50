"""Exports: what stands in the files is what stands in the shop, in either format, and can be taken back."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.connectors.files.exports.base import Table
from dangol.connectors.files.exports.events import Events
from dangol.connectors.files.exports.ledger import Balances, Ledger
from dangol.connectors.files.exports.members import Consents, Members, Tier
from dangol.connectors.files.exports.orders import Orders
from dangol.connectors.files.exports.writing import Form, write_file, write_stream
from dangol.connectors.files.guard import guarded, unguarded
from dangol.core.events.models import Event, LakeKey
from dangol.core.ledger.models import Account, Entry, Lot
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import spend_points
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.services import make_guests, resolve_customers
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from tests.connectors.files.shops import open_shop
from tests.core.commerce.shop import DAY, MORNING, back, bring_back, order, place, stock

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SEOUL = ZoneInfo("Asia/Seoul")
FORM = Form(SEOUL, 0)
LEARNED = MORNING + 30 * DAY
FORMULA = '=HYPERLINK("http://x")'


class History(NamedTuple):
    """Who is in the shop of these tests."""

    sky: Id
    formula: Id
    phone_only: Id
    guest: Id


def nobody_stands_anywhere(customer_ids: Sequence[Id]) -> Mapping[Id, Tier]:
    return {}


@pytest.fixture
def history() -> History:
    """Three members and a guest, their orders and returns, over a program that pays 1 %."""
    open_shop()
    create_program(
        name="단골", points_currency="P", money_currency="KRW", zone="Asia/Seoul",
        rules=(RuleDraft("1%", 1, 100),),
        terms=TermsDraft(pending_days=0, expiry=Expiry.END_OF_MONTH, expiry_count=2),
        tiers_draft=TiersDraft((LevelDraft("member", "회원", 0),), Measure.SPEND, Window.LIFETIME, 0),
        recorded_at=MORNING - DAY,
    )  # fmt: skip
    shelf = stock()
    with write_transaction():
        since = {"1001": MORNING - DAY, "-7": MORNING}
        named = resolve_customers("external", ["1001", "-7"], recorded_at=MORNING, joined_at=since)
        [phone_only] = resolve_customers("phone", ["01011112222"], recorded_at=MORNING).values()
        [guest] = make_guests(1, recorded_at=MORNING)
        stores = upsert_stores([StoreRow("강남", "강남점")], recorded_at=MORNING)
        sky, formula = named["1001"], named["-7"]
        refused = set_people(
            [
                PersonRow(
                    sky, "김하늘", "haneul@example.com", "010-1234-5678", "9900123", date(1990, 3, 14), "ko",
                    stores["강남"], {"family": 3, "haunt": "=강남"},
                ),
                PersonRow(formula, FORMULA, traits={"vip": True}),
            ],
            recorded_at=MORNING,
        )  # fmt: skip
        assert not any(refused)
        agreed = ConsentDraft(sky, "kakao", "marketing", True, MORNING, "till", "v1")
        record_consents([agreed], recorded_at=MORNING)
    place(
        order(shelf, sky, "S-1", MORNING, ("A1", 2, 9_000), ("B1", 1, 18_000),
              store_id=stores["강남"], store="강남", discounts=(("쿠폰", 1_000),),
              tenders=(("card", 20_000), ("cash", 6_000))),
        order(shelf, formula, "=S-2", MORNING + DAY, ("L1", 3, 15_000), channel="web", earns=False),
        order(shelf, phone_only, "S-3", MORNING + 2 * DAY, ("A1", 1, 4_500)),
        order(shelf, guest, "S-4", MORNING + 2 * DAY, ("A1", 1, 4_500), is_guest=True),
        at=LEARNED,
    )  # fmt: skip
    bring_back(
        back(shelf, sky, "R-1", MORNING + 3 * DAY, ("A1", 1, 4_500), order_number="S-1"),
        back(shelf, formula, "R-2", MORNING + 3 * DAY, ("B1", 1, 18_000)),
        at=LEARNED,
    )
    return History(sky, formula, phone_only, guest)


def silent(done: int) -> None:
    """Tell nobody how far it is."""


def as_csv(table: Table, form: Form = FORM) -> list[dict[str, str]]:
    """Return the rows of the table as a CSV reader finds them."""
    stream = io.BytesIO()
    write_stream(table, stream, form, tell=silent)
    return list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))


def as_parquet(table: Table, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the table as a Parquet reader finds them."""
    path = folder / "table.parquet"
    write_file(table, path, FORM, tell=silent)
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def members(*, unmasked: bool = True) -> Members:
    return Members(tiers_of=nobody_stands_anywhere, zone=SEOUL, unmasked=unmasked)


TABLES: Mapping[str, Callable[[], Table]] = {
    "members": members,
    "consents": Consents,
    "orders": Orders,
    "ledger": Ledger,
    "balances": lambda: Balances(currency="P", zone=SEOUL),
    "events": Events.up_to_now,
}


def test_orders__sales_returns_and_guests__stand_line_by_line(history: History) -> None:
    rows = as_csv(Orders())

    found = {(row["order"], row["return"], row["product"]): row for row in rows}
    assert len(found) == len(rows) == 7
    sold = found["S-1", "", "A1"]
    assert sold == {
        "order": "S-1", "return": "", "customer": "1001", "placed_at": "2026-03-02T09:30:00+09:00",
        "product": "A1", "name": "아메리카노", "category": "음료 > 커피", "quantity": "2", "amount": "9000",
        "list_amount": "9000", "discount": "0", "store": "강남", "channel": "store", "currency": "KRW",
        "order_discounts": "쿠폰=1000", "tenders": "card=20000; cash=6000", "earns": "true", "source": "till",
    }  # fmt: skip
    returned = found["S-1", "R-1", "A1"]
    assert (returned["customer"], returned["quantity"], returned["amount"]) == ("1001", "-1", "-4500")
    assert found["", "R-2", "B1"]["customer"] == "'-7"
    assert found["'=S-2", "", "L1"]["earns"] == "false"
    assert found["S-3", "", "A1"]["customer"] == show_id(history.phone_only)
    assert found["S-4", "", "A1"]["customer"] == ""


def test_orders__one_source__leaves_the_others_out(history: History) -> None:
    assert Orders().sources() == ["till"]
    assert Orders(source="till").count() == len(as_csv(Orders(source="till"))) == 7
    assert Orders(source="web").count() == len(as_csv(Orders(source="web"))) == 0


def test_members__unmasked__tell_all_and_stand_still_as_formulas_never(history: History) -> None:
    rows = {row["customer"]: row for row in as_csv(members())}

    assert rows["1001"] == {
        "customer": "1001", "phone": "010-1234-5678", "email": "haneul@example.com", "card": "9900123",
        "name": "김하늘", "birthday": "1990-03-14", "joined_at": "2026-03-01T09:30:00+09:00",
        "language": "ko", "trait.family": "3", "trait.haunt": "'=강남", "trait.vip": "", "home_store": "강남",
        "tier": "", "tier_since": "", "tier_until": "", "points": "215",
    }  # fmt: skip
    assert rows["'-7"]["name"] == f"'{FORMULA}"
    assert rows["'-7"]["trait.vip"] == "true"
    assert rows[show_id(history.phone_only)]["phone"] == "010-1111-2222"
    assert len(rows) == 3


def test_members__masked__hold_no_personal_value(history: History) -> None:
    text = str(as_csv(members(unmasked=False)))

    assert "1001" in text
    assert "김*늘" in text
    assert not [
        one for one in ("김하늘", "haneul@", "1234-5678", "9900123", "03-14", "1111-2222") if one in text
    ]


def test_members__tiers__come_from_above_with_their_last_day(history: History) -> None:
    until = datetime(2027, 3, 1, tzinfo=SEOUL)
    tier = Tier("gold", MORNING, until.astimezone(UTC))

    rows = as_csv(Members(tiers_of=lambda ids: {history.sky: tier}, zone=SEOUL))

    [row] = [row for row in rows if row["customer"] == "1001"]
    shown = (row["tier"], row["tier_since"], row["tier_until"])
    assert shown == ("gold", "2026-03-02T09:30:00+09:00", "2027-02-28")


def test_consents__a_fact__stands_as_an_import_takes_it(history: History) -> None:
    assert as_csv(Consents()) == [
        {
            "customer": "1001", "channel": "kakao", "purpose": "marketing", "granted": "true",
            "at": "2026-03-02T09:30:00+09:00", "wording": "v1", "source": "till",
        }
    ]  # fmt: skip


def test_ledger__every_entry__is_there_and_transfers_sum_to_zero(history: History) -> None:
    rows = as_csv(Ledger())

    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row["transfer"]] += int(row["points"])
    assert len(rows) == Entry.objects.count() > 0
    assert set(sums.values()) == {0}
    by_account: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        by_account[row["customer"], row["account"]] += int(row["points"])
    kept_sums = Account.objects.filter(customer_id=history.sky).values_list("kind", "balance")
    assert {kind: points for (owner, kind), points in by_account.items() if owner == "1001"} == dict(
        kept_sums
    )
    assert {row["expires_at"] for row in rows if row["lot"]} == {"2026-06-01T00:00:00+09:00"}


def test_balances__lots__are_the_points_members_have(history: History) -> None:
    with write_transaction():
        spend_points(history.sky, points=15, currency="P", key="s", at=LEARNED)

    table = Balances(currency="P", zone=SEOUL)
    rows = as_csv(table)

    left: dict[str, int] = defaultdict(int)
    for row in rows:
        left[row["customer"]] += int(row["points"])
    owned = balances_of([history.sky, history.phone_only], "P")
    assert left == {
        "1001": owned[history.sky].available, show_id(history.phone_only): owned[history.phone_only].available
    }  # fmt: skip
    assert {row["expires_on"] for row in rows} == {"2026-05-31"}
    assert len(rows) == Lot.objects.filter(left__gt=0).count()
    assert table.owing() == 0


def test_events__as_in_the_lake__name_nobody(history: History) -> None:
    rows = as_csv(Events.up_to_now())

    keys = {show_id(key): owner for owner, key in LakeKey.objects.values_list("customer_id", "lake_key")}
    told = Event.objects.order_by("position")
    assert [(keys[row["lake_key"]], row["name"], row["payload"]) for row in rows] == [
        (event.customer_id, event.name, event.payload) for event in told
    ]
    assert len(rows) > 8
    assert "1001" not in {cell for row in rows for cell in row.values()}


def test_events__unmasked__name_the_shops_customers(history: History) -> None:
    rows = as_csv(Events.up_to_now(unmasked=True))

    assert {"1001", "'-7", show_id(history.phone_only), ""} == {row["customer"] for row in rows}


@pytest.mark.parametrize("kind", TABLES)
def test_table__csv_and_parquet__say_the_same(history: History, kind: str, tmp_path: Path) -> None:
    as_text = as_csv(TABLES[kind]())
    typed = as_parquet(TABLES[kind](), tmp_path)

    assert len(typed) == len(as_text) == TABLES[kind]().count()
    for row, text in zip(typed, as_text, strict=True):
        assert {name: said(value) for name, value in row.items()} == text


def said(value: Any) -> str:
    """Return a Parquet value as CSV has it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}".rstrip("0").rstrip(".") if value.as_tuple().exponent == -3 else f"{value:f}"
        case datetime():
            return value.astimezone(SEOUL).isoformat()
        case str():
            return guarded(unguarded(value))
        case _:
            return str(value)


@pytest.mark.parametrize("kind", TABLES)
def test_table__empty_instance__is_a_header(kind: str, tmp_path: Path) -> None:
    open_shop()
    table = TABLES[kind]()
    stream = io.BytesIO()

    assert write_stream(table, stream, FORM, tell=silent) == 0
    assert stream.getvalue().decode().split("\r\n") == [",".join(one.name for one in table.fields), ""]
    assert as_parquet(TABLES[kind](), tmp_path) == []
    assert pq.read_schema(tmp_path / "table.parquet").names == [one.name for one in table.fields]


@pytest.mark.parametrize("kind", TABLES)
def test_table__written_twice__is_the_same_to_the_byte(history: History, kind: str, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write_file(TABLES[kind](), tmp_path / name, FORM, tell=silent)

    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("kind", TABLES)
def test_table__any_number_of_rows__takes_the_same_statements(history: History, kind: str) -> None:
    table = TABLES[kind]()
    with CaptureQueriesContext(connection) as few:
        as_csv(table)
    shelf = stock()
    with write_transaction():
        named = resolve_customers("external", [f"m{one}" for one in range(40)], recorded_at=MORNING)
    place(
        *(order(shelf, owner, f"N-{name}", MORNING, ("A1", 1, 4_500)) for name, owner in named.items()),
        at=LEARNED,
    )

    table = TABLES[kind]()
    with CaptureQueriesContext(connection) as many:
        as_csv(table)

    assert len(many) == len(few)
