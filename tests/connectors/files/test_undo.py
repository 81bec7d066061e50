"""Undoing an import while the shop is open: what was spent, claimed or lost meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from django.db import connections

from dangol.connectors.files import undo
from dangol.connectors.files.columns import Kind
from dangol.connectors.files.errors import (
    AlreadyUndone,
    AmbiguousJob,
    CannotUndo,
    JobRunning,
    NothingToUndo,
    PointsSpent,
    UnknownJob,
)
from dangol.connectors.files.jobs import Request, find_job, folder_of, only_worker, open_job, subjects_of
from dangol.connectors.files.loaders import orders as order_loader
from dangol.connectors.files.loaders.base import Context
from dangol.connectors.files.loaders.orders import OrdersLoader
from dangol.connectors.files.models import ImportBatch, ImportJob
from dangol.connectors.files.staging import Stage
from dangol.connectors.files.written import Written
from dangol.core.commerce.claims import claim_guest_order
from dangol.core.commerce.models import Order, OrderNumber, Product, Return
from dangol.core.ledger.models import Lot
from dangol.core.ledger.services import spend_points
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id, random_id, show_id
from dangol.core.storage.transactions import write_transaction
from tests.connectors.files.shops import NOW, bad_rows, bring_in, open_program, open_shop, write_file

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HEADER = "order,customer,date,sku,amount\n"


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()
    open_program()


def imported(folder: Path, lines: str) -> ImportJob:
    """Import a file of orders; return its job."""
    job = bring_in(folder, Kind.ORDERS, write_file(folder, HEADER + lines)).job
    assert job is not None
    return job


def spend_between(monkeypatch: pytest.MonkeyPatch, who: Id) -> None:
    """Let a till spend points of the first order after all was looked through, before it is reversed."""
    readings: list[int] = []

    def interrupted(job: ImportJob) -> Iterator[list[tuple[Id, Id]]]:
        readings.append(1)
        if len(readings) == 2:
            spend_points(who, points=4, currency="points", key="till", at=NOW)
        yield from subjects_of(job)

    monkeypatch.setattr(undo, "subjects_of", interrupted)


def write_elsewhere() -> None:
    """Commit something on another connection."""

    def write() -> None:
        with write_transaction():
            Product.objects.create(id=random_id(), number=random_id().hex(), updated_at=NOW)
        connections.close_all()

    thread = Thread(target=write)
    thread.start()
    thread.join()


def test_undo__another_writes_between_many_batches__all_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_loader, "BATCH", 1)
    job = imported(tmp_path, "".join(f"{n},c{n:02},2026-03-01,A,1000\n" for n in range(25)))
    assert ImportBatch.objects.count() > 20

    def beside_another(job: ImportJob) -> Iterator[list[tuple[Id, Id]]]:
        for pairs in subjects_of(job):
            write_elsewhere()
            yield pairs

    monkeypatch.setattr(undo, "subjects_of", beside_another)

    assert undo.undo_import(job, at=NOW, home=tmp_path) == (25, 0)


class Killed(BaseException):
    """Ends a process where it stands."""


def killed_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever imports orders die before the next batch after so many."""
    write, left = OrdersLoader.write, [1] * writes

    def dying(self: OrdersLoader, stage: Stage, start: int, end: int, context: Context) -> Written:
        if not left:
            raise Killed
        left.pop()
        return write(self, stage, start, end, context)

    monkeypatch.setattr(OrdersLoader, "write", dying)
    monkeypatch.setattr(order_loader, "BATCH", 1)


def half_imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ImportJob:
    """Import three orders of which the last is not written."""
    with monkeypatch.context() as patch:
        killed_after(2, patch)
        with pytest.raises(Killed):
            imported(folder, "1,a,2026-03-01,A,1000\n2,b,2026-03-01,A,1000\n3,c,2026-03-01,A,1000\n")
    return ImportJob.objects.get()


def test_undo__an_import_killed_half_way__undoes_what_it_made_and_never_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = half_imported(tmp_path, monkeypatch)
    assert (job.state, Order.objects.count()) == ("ready", 2)

    assert undo.undo_import(job, at=NOW, home=tmp_path) == (2, 0)

    assert set(Lot.objects.values_list("left", flat=True)) == {0}
    again = bring_in(tmp_path, Kind.ORDERS, tmp_path / "orders.csv").job
    assert again is not None
    assert again.id != job.id
    with pytest.raises(AlreadyUndone):
        undo.undo_import(job, at=NOW, home=tmp_path)


def test_undo__itself_killed_half_way__the_import_does_not_go_on_and_the_undoing_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = half_imported(tmp_path, monkeypatch)

    def killed(job: ImportJob) -> Iterator[list[tuple[Id, Id]]]:
        yield next(subjects_of(job))
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(undo, "subjects_of", killed)
        with pytest.raises(Killed):
            undo.undo_import(job, at=NOW, home=tmp_path, skips_spent=True)
    again = bring_in(tmp_path, Kind.ORDERS, tmp_path / "orders.csv").job

    assert again is not None
    assert again.id != job.id
    assert undo.undo_import(job, at=NOW, home=tmp_path) == (1, 0)
    assert Return.objects.count() == 2


def test_undo__while_the_import_runs__is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = half_imported(tmp_path, monkeypatch)

    with only_worker(folder_of(tmp_path, job.id)), pytest.raises(JobRunning):
        undo.undo_import(job, at=NOW, home=tmp_path)

    assert not Return.objects.exists()


def test_undo__an_import_that_has_only_begun__has_nothing_to_undo(tmp_path: Path) -> None:
    path = write_file(tmp_path, HEADER)
    job = open_job(Request(Kind.ORDERS, (path,), {}), at=NOW)

    with pytest.raises(NothingToUndo):
        undo.undo_import(job, at=NOW, home=tmp_path)


def test_undo__customers__are_corrected_instead(tmp_path: Path) -> None:
    job = bring_in(tmp_path, Kind.CUSTOMERS, write_file(tmp_path, "customer\na\n")).job
    assert job is not None

    with pytest.raises(CannotUndo):
        undo.undo_import(job, at=NOW, home=tmp_path)


def test_undo__points_spent_after_the_look__refused_with_nothing_reversed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = imported(tmp_path, "1,a,2026-03-01,A,1000\n")
    spend_between(monkeypatch, Order.objects.get().customer_id)

    with pytest.raises(PointsSpent) as refusal:
        undo.undo_import(job, at=NOW, home=tmp_path)

    assert refusal.value.data == {"orders": 1, "points": 4}
    assert not Return.objects.exists()
    assert ImportJob.objects.get().state == "done"


def test_undo__guest_order_claimed_since__comes_back_from_the_member(tmp_path: Path) -> None:
    job = imported(tmp_path, "1,,2026-03-01,A,1000\n2,b,2026-03-02,A,2000\n")
    named = OrderNumber.objects.get(number="1")
    with write_transaction():
        [member] = resolve_customers("external", ["c"], recorded_at=NOW).values()
    claim_guest_order(source=named.source, number="1", customer_id=member, recorded_at=NOW)
    assert Lot.objects.get(customer_id=member).left == 10

    undone = undo.undo_import(job, at=NOW, home=tmp_path)

    assert undone == (2, 0)
    assert Return.objects.get(customer_id=member).order_id == named.order_id
    assert Lot.objects.get(customer_id=member).left == 0


def test_undo__claimed_and_spent__is_refused_and_then_kept(tmp_path: Path) -> None:
    job = imported(tmp_path, "1,,2026-03-01,A,1000\n")
    named = OrderNumber.objects.get()
    with write_transaction():
        [member] = resolve_customers("external", ["c"], recorded_at=NOW).values()
    claim_guest_order(source=named.source, number="1", customer_id=member, recorded_at=NOW)
    spend_points(member, points=10, currency="points", key="till", at=NOW)

    with pytest.raises(PointsSpent):
        undo.undo_import(job, at=NOW, home=tmp_path)

    assert undo.undo_import(job, at=NOW, home=tmp_path, skips_spent=True) == (0, 1)


def test_undo__an_order_that_is_gone__is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = imported(tmp_path, "1,a,2026-03-01,A,1000\n")
    owner = Order.objects.get().customer_id

    def with_one_gone(job: ImportJob) -> Iterator[list[tuple[Id, Id]]]:
        for pairs in subjects_of(job):
            yield [*pairs, (owner, random_id())]

    monkeypatch.setattr(undo, "subjects_of", with_one_gone)

    assert undo.undo_import(job, at=NOW, home=tmp_path) == (1, 1)


@pytest.mark.parametrize("lines", ["1,a,2026-03-01,A,1000\n", "1,a,2026-03-01,A,900\n"])
def test_import__orders_that_were_undone__says_so_and_takes_them_under_another_source(
    tmp_path: Path, lines: str
) -> None:
    undo.undo_import(imported(tmp_path, "1,a,2026-03-01,A,1000\n"), at=NOW, home=tmp_path)
    corrected = write_file(tmp_path, HEADER + lines, "corrected.csv")

    refused = bring_in(tmp_path, Kind.ORDERS, corrected)
    taken = bring_in(tmp_path, Kind.ORDERS, corrected, source="again")

    assert bad_rows(refused) == [(2, "order", "order.undone")]
    assert (refused.bad, refused.counts) == (1, {"undone": 1, "refused": 1})
    assert (taken.bad, taken.counts["orders"]) == (0, 1)


def test_import__an_order_kept_by_the_undoing__is_a_repeat(tmp_path: Path) -> None:
    job = imported(tmp_path, "1,a,2026-03-01,A,1000\n")
    spend_points(Order.objects.get().customer_id, points=4, currency="points", key="till", at=NOW)
    undo.undo_import(job, at=NOW, home=tmp_path, skips_spent=True)

    again = bring_in(tmp_path, Kind.ORDERS, tmp_path / "orders.csv")

    assert (again.bad, again.counts) == (0, {"repeated_orders": 1})


@pytest.mark.parametrize("points", [100, 90])
def test_import__balances_that_were_undone__says_so_and_takes_them_under_another_source(
    tmp_path: Path, points: int
) -> None:
    imported(tmp_path, "1,a,2026-03-01,A,1000\n")
    first = write_file(tmp_path, "customer,lot,points\na,L1,100\n", "first.csv")
    job = bring_in(tmp_path, Kind.BALANCES, first).job
    assert job is not None
    undo.undo_import(job, at=NOW, home=tmp_path)
    corrected = write_file(tmp_path, f"customer,lot,points\na,L1,{points}\n", "corrected.csv")

    refused = bring_in(tmp_path, Kind.BALANCES, corrected)
    taken = bring_in(tmp_path, Kind.BALANCES, corrected, source="again")

    assert bad_rows(refused) == [(2, "points", "lot.undone")]
    assert (refused.bad, refused.counts["undone"]) == (1, 1)
    assert (taken.bad, taken.counts["points"]) == (0, points)


def test_find_job__by_its_beginning__only_where_one_begins_so(tmp_path: Path) -> None:
    first, second = imported(tmp_path, "1,a,2026-03-01,A,1\n"), imported(tmp_path, "2,a,2026-03-01,A,1\n")
    names = show_id(first.id), show_id(second.id)
    shared = names[0][: [a == b for a, b in zip(*names, strict=True)].index(False)]

    assert find_job(names[0][: len(shared) + 1]).id == first.id
    with pytest.raises(AmbiguousJob) as several:
        find_job(shared)
    with pytest.raises(UnknownJob):
        find_job("none")

    assert several.value.data == {"job": shared, "count": 2}
