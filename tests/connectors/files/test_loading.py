"""Batches of orders planned beside other writers: as under the lock, whoever comes between."""

from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connections

from dangol.connectors.files import loading
from dangol.connectors.files.columns import Kind
from dangol.connectors.files.errors import CurrencyChanged, JobRunning
from dangol.connectors.files.loaders import orders as order_loader
from dangol.connectors.files.loaders.orders import OrdersLoader
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.partner import Partner
from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.models import Order, OrderLine, ReturnLine
from dangol.core.events.models import Event
from dangol.core.ledger.models import Lot
from dangol.core.ledger.services import earn_points
from dangol.core.people.data_keys import forget_cached_keys
from dangol.core.people.models import Customer
from dangol.core.people.selectors import shop as own_shop
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.plans import Overtaken, Plan
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.models import Accrual, Membership
from tests.connectors.files.shops import NOW, bring_in, open_program, open_shop, write_file
from tests.flushing import empty

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HEADER = "order,customer,date,sku,quantity,amount\n"
# Sales and returns of one product, two products, a guest; several customers.
FILE = HEADER + "".join(
    f"{number},{who},2026-0{month}-0{day} 10:00,{sku},{quantity},{amount}\n"
    for number, who, month, day, sku, quantity, amount in (
        ("1", "a", 1, 1, "A", 2, 2000), ("1", "a", 1, 1, "B", 1, 700), ("2", "a", 2, 1, "A", 1, 1100),
        ("3", "b", 1, 3, "A", 1, 1000), ("1", "a", 3, 1, "A", -1, -1000), ("4", "", 1, 4, "B", 1, 900),
        ("5", "c", 2, 5, "B", 3, 2400), ("", "a", 4, 1, "A", -1, -1100), ("5", "c", 5, 1, "B", -1, -800),
        ("6", "d", 5, 6, "A", 1, 999_000),
    )
)  # fmt: skip


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


def member() -> Id:
    """Make somebody who may claim what a guest bought."""
    with write_transaction():
        return resolve_customers("external", ["m"], recorded_at=NOW)["m"]


def everything() -> list[list[tuple[Any, ...]]]:
    """Return what an import leaves, by natural keys."""
    return [
        sorted(Order.objects.values_list("number", "placed_at", "net_minor", "line_count")),
        sorted(OrderLine.objects.values_list("number", "quantity_milli", "net_minor")),
        sorted(ReturnLine.objects.values_list("number", "order_line", "quantity_milli", "net_minor")),
        sorted(Event.objects.values_list("name", "occurred_at", "customer_seq")),
        sorted(Lot.objects.values_list("points", "left", "reversed", "earned_at")),
        sorted(Accrual.objects.values_list("at", "points", "net_minor", "zero", "number")),
        sorted(Membership.objects.values_list("level", "order_count", "spend_minor")),
        sorted(Customer.objects.values_list("kind", "joined_at"), key=str),
    ]


def start_again() -> None:
    """Empty the shop and open it anew."""
    for alias in ("default", "keys"):
        empty(connections[alias])
    forget_cached_keys()
    open_shop()
    open_program()


def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each plan that was carried out to its end."""
    made: list[int] = []
    carry_out = Plan.carry_out

    def counted(self: Plan) -> None:
        carry_out(self)
        made.append(1)

    monkeypatch.setattr(Plan, "carry_out", counted)
    return made


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_load__planned_or_under_the_lock__leaves_the_same(
    batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_loader, "BATCH", batch)
    monkeypatch.setattr(loading, "LEAST_FOR_TWO", 1_000)
    made = carried_out(monkeypatch)
    (tmp_path / "a").mkdir()
    path = write_file(tmp_path, FILE)
    counts = bring_in(tmp_path / "a", Kind.ORDERS, path).counts
    planned = everything()
    assert made, "some were planned"

    start_again()
    monkeypatch.setattr(OrdersLoader, "can_plan", False)
    (tmp_path / "b").mkdir()
    assert bring_in(tmp_path / "b", Kind.ORDERS, path).counts == counts

    assert everything() == planned


def test_load__sales_and_returns_of_members__need_no_second_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = carried_out(monkeypatch)
    lines = [line for line in FILE.splitlines(keepends=True) if ",," not in line]

    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, "".join(lines)))

    assert made == [1]
    assert ReturnLine.objects.count() == 2


def test_load__a_till_between_plan_and_lock__both_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, HEADER + "0,a,2025-12-01,A,1,500\n"))
    owner = Customer.objects.get().customer_id
    made = carried_out(monkeypatch)

    def earning(*given: Any) -> Any:
        planned = plan(*given)
        till = Thread(target=earn)
        till.start()
        till.join()
        return planned

    def earn() -> None:
        earn_points(owner, points=7, currency="points", key="till", at=NOW)
        connections.close_all()

    plan = loading._Worker.plan
    monkeypatch.setattr(loading._Worker, "plan", earning)

    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, HEADER + "1,a,2026-01-01,A,1,2000\n"))

    assert made == [], "decided again, under the lock"
    assert sorted(Lot.objects.values_list("points", flat=True)) == [5, 7, 20]
    assert sorted(Event.objects.values_list("customer_seq", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_load__the_job_was_carried_on_by_another__writes_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process thought dead writes its batch after all, between our plan and our lock."""
    monkeypatch.setattr(order_loader, "BATCH", 2)
    monkeypatch.setattr(loading, "LEAST_FOR_TWO", 1_000)
    plan, others = loading._Worker.plan, [1]

    def overtaken(self: Any, start: int, end: int) -> Any:
        planned = plan(self, start, end)
        if others:
            others.pop()
            assert self.carry_out(start, end, plan(self, start, end))
        return planned

    monkeypatch.setattr(loading._Worker, "plan", overtaken)

    report = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, FILE))

    assert report.job is not None
    assert report.job.done_count == report.job.item_count
    assert report.counts["orders"] == Order.objects.count() == 6


@pytest.mark.parametrize("meanwhile", ["the order comes", "the order is claimed"])
def test_load__a_return_planned_on_what_is_known_of_its_order__is_decided_again(
    meanwhile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event of the guest who brings back tells that the number is taken now, or the order claimed."""
    plan, acts = loading._Worker.plan, [1]
    order = write_file(tmp_path, HEADER + "9,,2026-01-01,A,1,2000\n", "order.csv")
    owner = member()
    if meanwhile == "the order is claimed":
        bring_in(tmp_path, Kind.ORDERS, order)

    def planned(*given: Any) -> Any:
        found = plan(*given)
        if acts:
            acts.pop()
            if meanwhile == "the order comes":
                bring_in(tmp_path, Kind.ORDERS, order)
            else:
                claim_guest_order(source="file", number="9", customer_id=owner, recorded_at=NOW)
        return found

    monkeypatch.setattr(loading._Worker, "plan", planned)
    path = write_file(tmp_path, HEADER + "9,,2026-02-01,A,-1,-2000\n")
    report = bring_in(tmp_path, Kind.ORDERS, path)

    assert report.counts.get("unlinked_returns", 0) == 0
    line, sold = ReturnLine.objects.get(), OrderLine.objects.get()
    assert (line.customer_id, line.order_id) == (sold.customer_id, sold.order_id)
    assert sum(Lot.objects.values_list("left", flat=True)) == 0


def test_load__undone_by_who_thought_it_dead__stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_loader, "BATCH", 2)
    plan = loading._Worker.plan

    def undone(*given: Any) -> Any:
        ImportJob.objects.update(state=ImportJob.State.UNDONE)
        return plan(*given)

    monkeypatch.setattr(loading._Worker, "plan", undone)

    with pytest.raises(JobRunning):
        bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, FILE))

    assert not Order.objects.exists()


def test_load__overtaken_again_and_again__plans_only_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_loader, "BATCH", 1)
    monkeypatch.setattr(loading, "LEAST_FOR_TWO", 1_000)
    tries: list[int] = []

    def never(self: Plan) -> None:
        tries.append(1)
        raise Overtaken

    monkeypatch.setattr(Plan, "carry_out", never)
    lines = [f"{number},c{number},2026-01-01,A,1,100\n" for number in range(14)]

    report = bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, HEADER + "".join(lines)))

    assert report.counts["orders"] == 14
    assert len(tries) == 6, "two, four left out, two, four left out, two"


@pytest.mark.parametrize("error", [BlockingIOError, AssertionError])
def test_load__no_second_process_can_be_started__goes_on_alone(
    error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_loader, "BATCH", 1)
    monkeypatch.setattr(SpawnProcess, "start", Mock(side_effect=error))

    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, FILE))

    assert Order.objects.count() == 6


def test_load__the_second_process_would_write_elsewhere__goes_on_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The databases of a test are not those that the environment names."""
    monkeypatch.setattr(order_loader, "BATCH", 1)
    begun: list[bool] = []

    class Waiting(Partner):
        def begin(self, place: int) -> None:
            if self._pipe:
                assert self._pipe.poll(60)
            super().begin(place)
            begun.append(self.has_begun)

    monkeypatch.setattr(loading, "Partner", Waiting)

    bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, FILE))

    assert begun
    assert not any(begun)
    assert Order.objects.count() == 6


def test_orders__after_the_currency_was_changed__are_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = OrdersLoader.prepare

    def change(*given: Any) -> None:
        set_shop(**own_shop()._replace(currency="USD")._asdict())
        prepare(*given)

    monkeypatch.setattr(OrdersLoader, "prepare", change)

    with pytest.raises(CurrencyChanged):
        bring_in(tmp_path, Kind.ORDERS, write_file(tmp_path, FILE))

    assert not Order.objects.exists()
