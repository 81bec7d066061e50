"""Sales as a till tells them: by the shop's own numbers, in as few statements as can be."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from dangol.core.commerce.drafts import Outcome
from dangol.core.commerce.models import Order, OrderDiscount, OrderLine, OrderTender, Product
from dangol.core.commerce.tills import Sale, SaleLine, UnknownBuyer, ring_up
from dangol.core.events.models import Event, LakeKey
from dangol.core.ledger import invariants
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import HOUSE
from dangol.core.people.leaving import leave_members
from dangol.core.people.merges import merge_customers
from dangol.core.people.models import Customer, Store
from dangol.core.people.naming import Name
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import find_by_identity
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import StoreRow, set_shop, upsert_stores
from dangol.core.storage.gathering import gathered
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.rooms.rewards.models import Accrual
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from tests.core.commerce.shop import CATALOG, DAY, MORNING, stock
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
REGULAR: Name = ("external", "regular")
THREADS = 8
SQLITE_STATEMENTS = 26


def open_program() -> None:
    """Give a point for 100 won, and gold for 100,000."""
    levels = (LevelDraft("basic", "일반", 0), LevelDraft("gold", "골드", 100_000))
    create_program(
        name="단골", points_currency="P", money_currency="KRW", zone="Asia/Seoul",
        rules=[RuleDraft("기본", 1, 100, multipliers={"gold": (2, 1)})],
        terms=TermsDraft(pending_days=0, expiry=Expiry.ROLLING_DAYS, expiry_count=365),
        tiers_draft=TiersDraft(levels), recorded_at=MORNING,
    )  # fmt: skip


@pytest.fixture
def regular() -> Id:
    """A member who has bought before, in a shop with a program, a catalog and a store."""
    open_program()
    stock()
    with write_transaction():
        upsert_stores([StoreRow("S1", "본점")], recorded_at=MORNING)
        member = resolve_customers(*_named("regular"), recorded_at=MORNING)["regular"]
    tell(sale("first", MORNING))
    tell(sale("second", MORNING + DAY))
    return member


def _named(value: str) -> tuple[str, Sequence[str]]:
    return "external", [value]


def sale(
    number: str, at: datetime, lines: int = 1, buyer: Name | None = REGULAR, won: int = 5_000, **more: Any
) -> Sale:
    """Return a sale of so many lines of the catalog."""
    return Sale(
        buyer, "till", number, at, "KRW",
        [SaleLine(CATALOG[place % 3].number, 1_000, won, 0, won) for place in range(lines)],
        **{"store": "S1"} | more,
    )  # fmt: skip


def tell(*sales: Sale, at: datetime = MORNING + DAY) -> list[Outcome]:
    """Ring them up in one transaction."""
    with write_transaction():
        return ring_up(sales, recorded_at=at)


def broken() -> list[str]:
    return [finding.check.name for finding in verify(invariants.checks()) if not finding.is_kept]


@pytest.mark.parametrize("lines", [1, 10])
def test_ring_up__a_known_member__takes_a_fixed_number_of_statements(regular: Id, lines: int) -> None:
    with CaptureQueriesContext(connection) as captured:
        tell(sale("third", MORNING + 2 * DAY, lines))

    # PostgreSQL: BEGIN; whom and what; the customer's lock; the number; the member; all writes; COMMIT.
    assert len(captured) == (7 if connection.vendor == "postgresql" else SQLITE_STATEMENTS)
    assert OrderLine.objects.filter(customer_id=regular).count() == 2 + lines
    assert balances_of([regular], "P")[regular].available == 50 * (2 + lines)
    assert Accrual.objects.filter(customer_id=regular).count() == 3
    assert broken() == []


def test_ring_up__by_the_id_of_who_was_merged_twice__takes_the_same_statements(regular: Id) -> None:
    gone, between = (resolve("gone"), resolve("between"))
    for kept, absorbed in ((between, gone), (regular, between)):
        merge_customers(kept, absorbed, actor=HOUSE, reason="두 번", at=MORNING + DAY)
    tell(sale("third", MORNING + 2 * DAY, buyer=regular))
    counts, orders = [], []
    for days, buyer in enumerate((regular, gone), start=3):
        with CaptureQueriesContext(connection) as captured:
            orders += tell(sale(f"after {days}", MORNING + days * DAY, buyer=buyer))
        counts.append(len(captured))

    assert {one.customer_id for one in orders} == {regular}
    # Two more for whoever has absorbed somebody, however often: whom, and what those had bought.
    assert counts == ([9, 9] if connection.vendor == "postgresql" else [SQLITE_STATEMENTS + 2] * 2)
    assert balances_of([regular], "P")[regular].available == 50 * 5


def resolve(name: str) -> Id:
    with write_transaction():
        return resolve_customers(*_named(name), recorded_at=MORNING)[name]


def test_ring_up__at_one_and_at_ten_lines__sends_the_same_text(regular: Id) -> None:
    texts = []
    for number, lines in (("third", 1), ("fourth", 10)):
        seen: list[str] = []

        def note(
            execute: Any, sql: str, params: Any, many: bool, context: Any, seen: list[str] = seen
        ) -> Any:
            seen.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            tell(sale(number, MORNING + (2 + lines) * DAY, lines))
        texts.append(seen)

    assert texts[0] == texts[1]


def test_ring_up__what_the_door_writes_besides__is_sent_along(regular: Id) -> None:
    with CaptureQueriesContext(connection) as captured, write_transaction(), gathered():
        (outcome,) = ring_up([sale("third", MORNING + 2 * DAY)], recorded_at=MORNING + 2 * DAY)
        insert_rows(LakeKey, ("customer_id", "lake_key"), [(regular, outcome.id)])

    assert len(captured) == (7 if connection.vendor == "postgresql" else SQLITE_STATEMENTS + 1)
    assert LakeKey.objects.get(customer_id=regular).lake_key == outcome.id


def test_ring_up__discounts_tenders_and_store__are_kept_as_told(regular: Id) -> None:
    (outcome,) = tell(
        sale("third", MORNING + 2 * DAY, 2, discounts=(("coupon", 1_000),), tenders=(("card", 9_000),))
    )

    order = Order.objects.get(customer_id=regular, id=outcome.id)
    assert (order.net_minor, order.discount_minor, order.line_count) == (9_000, 1_000, 2)
    assert order.store_id == Store.objects.get(number="S1").id
    assert OrderDiscount.objects.get(order_id=outcome.id).amount_minor == 1_000
    assert OrderTender.objects.get(order_id=outcome.id).amount_minor == 9_000


def test_ring_up__the_same_again__answers_the_first_and_other_content_is_a_conflict(regular: Id) -> None:
    first = tell(sale("third", MORNING + 2 * DAY))[0]

    again, other = tell(sale("third", MORNING + 2 * DAY), sale("third", MORNING + 2 * DAY, won=6_000))

    assert (again.id, again.repeated, again.conflict) == (first.id, True, False)
    assert (other.id, other.repeated, other.conflict) == (first.id, False, True)
    assert Order.objects.filter(customer_id=regular).count() == 3


@pytest.mark.parametrize("buyer", [("external", "nobody"), random_id()], ids=["name", "id"])
def test_ring_up__an_unknown_buyer__is_refused_and_nothing_is_written(regular: Id, buyer: Name) -> None:
    known = sale("third", MORNING + 2 * DAY)
    unknown = sale("fourth", MORNING + 2 * DAY, buyer=buyer)._replace(
        lines=[SaleLine("NEW", 1_000, 100, 0, 100)], store="S9"
    )

    with pytest.raises(UnknownBuyer) as refusal:
        tell(known, unknown)

    assert refusal.value.data == {"place": 1, "source": "till", "number": "fourth"}
    assert Order.objects.count() == 2
    assert not Product.objects.filter(number="NEW").exists()
    assert not Store.objects.filter(number="S9").exists()


def test_ring_up__a_name_that_can_be_nobodys__is_refused(regular: Id) -> None:
    with pytest.raises(RefusedValue):
        tell(sale("third", MORNING + 2 * DAY, buyer=("email", "not an address")))


def test_ring_up__by_id_and_by_phone__finds_the_member(regular: Id) -> None:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        caller = resolve_customers("phone", ["010-1234-5678"], recorded_at=MORNING)["010-1234-5678"]

    one, other = tell(
        sale("third", MORNING + 2 * DAY, buyer=regular),
        sale("fourth", MORNING + 2 * DAY, buyer=("phone", "+82 10 1234 5678")),
    )

    assert (one.customer_id, other.customer_id) == (regular, caller)


def test_ring_up__products_and_stores_nobody_told_of__are_kept_and_known_ones_stay(regular: Id) -> None:
    new = SaleLine("N1", 1_000, 700, 0, 700, name="새것", category="음료 > 차")
    known = SaleLine("A1", 1_000, 700, 0, 700, name="다른 이름", category="딴 것")

    (outcome,) = tell(sale("third", MORNING + 2 * DAY, store="S2")._replace(lines=[new, known]))

    assert Product.objects.filter(number="N1").values_list("name", "category").get() == ("새것", "음료 > 차")
    assert Product.objects.get(number="A1").name == "아메리카노"
    told = Event.objects.get(customer_id=regular, subject_id=outcome.id, name="order.placed")
    assert '["N1","음료 > 차",1000,700],["A1","음료 > 커피",1000,700]' in told.payload
    assert Order.objects.get(id=outcome.id).store_id == Store.objects.get(number="S2").id


def test_ring_up__a_first_purchase__makes_the_head_and_earns() -> None:
    open_program()
    stock()
    with write_transaction():
        newcomer = resolve_customers(*_named("newcomer"), join=False, recorded_at=MORNING)["newcomer"]

    tell(sale("first", MORNING, 2, buyer=("external", "newcomer")))

    assert balances_of([newcomer], "P")[newcomer].available == 100
    seqs = Event.objects.filter(customer_id=newcomer).order_by("customer_seq")
    assert [event.name for event in seqs] == ["order.placed", "points.earned"]
    assert broken() == []


def test_ring_up__a_guest__earns_nothing_and_is_the_same_guest_again(regular: Id) -> None:
    guest = sale("g1", MORNING + 2 * DAY, buyer=None)

    (first,) = tell(guest)
    (again,) = tell(guest)

    assert Customer.objects.get(customer_id=first.customer_id).kind == "guest"
    assert (again.id, again.customer_id, again.repeated) == (first.id, first.customer_id, True)
    assert not Transfer.objects.filter(customer_id=first.customer_id).exists()


def test_ring_up__many_at_once__are_as_one_by_one(regular: Id) -> None:
    with write_transaction():
        names = [f"m{number}" for number in range(60)]
        resolve_customers("external", names, recorded_at=MORNING)
    sales = [
        sale(f"{name}-{turn}", MORNING + turn * DAY, 1 + turn, buyer=("external", name), won=30_000)
        for turn in range(2, 5)
        for name in (*names, "regular")
    ]

    outcomes = tell(*sales[:61])
    for one in sales[61:122]:
        outcomes += tell(one)
    outcomes += tell(*sales[122:])

    owners = find_by_identity("external", names)
    assert [outcome.customer_id for outcome in outcomes[:60]] == [owners[name] for name in names]
    # 900 + 1,200 points, then gold: twice 1,500.
    balances = balances_of(list(owners.values()), "P")
    assert {balance.available for balance in balances.values()} == {900 + 1_200 + 2 * 1_500}
    assert broken() == []


def test_ring_up__eight_tills_and_one_member__every_order_earns_once(regular: Id) -> None:
    rounds = SIZE.rounds // 5
    gate = threading.Barrier(THREADS)

    def till(thread: int) -> None:
        gate.wait()
        for number in range(rounds):
            at = MORNING + 2 * DAY + timedelta(minutes=number * THREADS + thread)
            tell(sale(f"{thread}-{number}", at, won=100), at=at)
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(till, range(THREADS)))

    orders = THREADS * rounds
    assert Order.objects.filter(customer_id=regular).count() == 2 + orders
    assert balances_of([regular], "P")[regular].available == 100 + orders
    seqs = Event.objects.filter(customer_id=regular).order_by("customer_seq")
    assert [event.customer_seq for event in seqs] == list(range(1, len(seqs) + 1))
    assert broken() == []


def test_ring_up__eight_tills_and_one_number__is_one_order(regular: Id) -> None:
    gate = threading.Barrier(THREADS)

    def till(thread: int) -> Outcome:
        gate.wait()
        (outcome,) = tell(sale("same", MORNING + 2 * DAY))
        connections.close_all()
        return outcome

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(till, range(THREADS)))

    assert len({outcome.id for outcome in outcomes}) == 1
    assert sorted(outcome.repeated for outcome in outcomes) == [False] + [True] * (THREADS - 1)
    assert balances_of([regular], "P")[regular].available == 150


def test_ring_up__while_they_leave__nothing_told_after_that_has_earned(regular: Id) -> None:
    rounds, left_at = SIZE.rounds // 5, MORNING + 2 * DAY
    gate = threading.Barrier(THREADS)

    def till(thread: int) -> None:
        gate.wait()
        for number in range(rounds):
            if thread == 0 and number == rounds // 2:
                with write_transaction():
                    leave_members([regular], source="phone", recorded_at=left_at)
            at = left_at + timedelta(minutes=1 + number * THREADS + thread)
            tell(sale(f"{thread}-{number}", at, won=100), at=at)
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(till, range(THREADS)))

    events = list(Event.objects.filter(customer_id=regular).order_by("customer_seq"))
    left = next(event.customer_seq for event in events if event.name == "customer.left")
    after = {
        event.subject_id for event in events if event.customer_seq > left and event.name == "order.placed"
    }
    zeros = Accrual.objects.filter(customer_id=regular, order_id__in=after)
    assert len(after) >= rounds - rounds // 2
    assert {one.points for one in zeros.filter(number=1)} == {0}
    assert not [one for one in zeros if one.zero not in {"left", "same_points"}]
    assert broken() == []
