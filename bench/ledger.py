"""The ledger: earnings in batches, one spend at a time, writers on one hot member, and the proof.

Beside each stands a peer that writes the same rows in another way, in the same run: plain Django
(`bulk_create`) for the batches, and the bare driver with five statements for the single spend.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from django.db.models import Sum

from bench.figures import Figure, at_least, at_most
from dangol.core.events.models import CustomerHead, Event
from dangol.core.events.payloads import encode
from dangol.core.ledger import invariants
from dangol.core.ledger.events import PointsEarned
from dangol.core.ledger.models import Account, Entry, Lot, PointCurrency, Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import Order, apply, earn_points, spend_points
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import Earn
from tests.core.ledger import writers

POINTS = "points"
AT = datetime(2026, 3, 1, tzinfo=UTC)
MEMBERS, EACH, BATCH = 1_000, 20, 5_000
SPENDS, WRITERS, SPENDS_EACH = 300, 8, 200
# The first of a process make its statements and the server's plans, as after every start.
WARM_UP = 5
GOAL_RATIO, GOAL_HOT_MS = 2.0, 50


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    PointCurrency.objects.create(code=POINTS, name="Points")
    people = sorted(random_id() for _ in range(2 * MEMBERS))
    ours = _rate(_earn_set_based, people[:MEMBERS])
    plain = _rate(_earn_by_bulk_create, people[MEMBERS:])
    yield Figure("entries, by apply, 5,000 earnings a batch", ours, "entries/s")
    yield Figure("the same rows by bulk_create, nothing checked", plain, "entries/s")
    yield at_least("apply to bulk_create", ours / plain, "times", GOAL_RATIO)
    yield from _spends(people[0])
    yield from _hot_member(people[1])
    yield _proof()


def _rate(earn: Callable[[Sequence[tuple[Id, int]]], None], members: Sequence[Id]) -> float:
    """Return the entries written a second, over all batches."""
    wanted = [(member, number) for member in members for number in range(EACH)]
    began = time.perf_counter()
    for first in range(0, len(wanted), BATCH):
        earn(wanted[first : first + BATCH])
    return 2 * len(wanted) / (time.perf_counter() - began)


def _earn_set_based(wanted: Sequence[tuple[Id, int]]) -> None:
    with write_transaction():
        apply(
            [Order(member, Earn(f"earn {number}", AT, 10, AT)) for member, number in wanted],
            POINTS,
            recorded_at=AT,
        )


def _earn_by_bulk_create(wanted: Sequence[tuple[Id, int]]) -> None:
    """Write the rows an earning leaves as plain Django would: no idempotency, no lock, no debt."""
    ids = [(member, number, new_id(), new_id(), new_id()) for member, number in wanted]
    payload = encode(
        PointsEarned(currency=POINTS, points=10, reason="", about=None, release_at=AT, expires_at=None)
    )
    kind = {"currency": POINTS, "points": 10}
    with write_transaction():
        Transfer.objects.bulk_create(
            [
                Transfer(customer_id=one, id=transfer, key=f"earn {number}", kind="earn", occurred_at=AT,
                         recorded_at=AT, **kind)
                for one, number, transfer, _, _ in ids
            ]
        )  # fmt: skip
        Entry.objects.bulk_create(
            [
                Entry(customer_id=one, transfer_id=transfer, number=side, currency=POINTS, account=account,
                      points=points, lot_id=lot if side == 2 else None)
                for one, _, transfer, lot, _ in ids
                for side, account, points in ((1, "issued", -10), (2, "available", 10))
            ]
        )  # fmt: skip
        Lot.objects.bulk_create(
            [
                Lot(customer_id=one, id=lot, transfer_id=transfer, left=10, is_pending=False, earned_at=AT,
                    release_at=AT, **kind)
                for one, _, transfer, lot, _ in ids
            ]
        )  # fmt: skip
        Event.objects.bulk_create(
            [
                Event(customer_id=one, id=event, customer_seq=number + 1, name=PointsEarned.event,
                      subject_id=transfer, occurred_at=AT, recorded_at=AT, payload=payload)
                for one, number, transfer, _, event in ids
            ]
        )  # fmt: skip
        _keep_balances(wanted)


def _keep_balances(wanted: Sequence[tuple[Id, int]]) -> None:
    counts: dict[Id, int] = {}
    for member, _ in wanted:
        counts[member] = counts.get(member, 0) + 1
    for side, sign in (("issued", -10), ("available", 10)):
        Account.objects.bulk_create(
            [
                Account(customer_id=member, currency=POINTS, kind=side, balance=sign * count)
                for member, count in counts.items()
            ]
        )
    CustomerHead.objects.bulk_create(
        [CustomerHead(customer_id=member, last_seq=count) for member, count in counts.items()]
    )


def _spends(member: Id) -> Iterator[Figure]:
    """Yield how long one spend takes, and how long five bare statements of the same weight."""
    earn_points(member, points=1_000_000, currency=POINTS, key="rich", at=AT)
    ours = [_seconds(partial(_spend, member, f"spend {number}")) for number in range(SPENDS)]
    bare = [_seconds(partial(_five_statements, member)) for _ in range(SPENDS)]
    yield Figure("one spend, median", statistics.median(ours) * 1_000, "ms")
    yield Figure("one spend, p99", _p99(ours) * 1_000, "ms")
    yield Figure("five bare statements, median", statistics.median(bare) * 1_000, "ms")
    yield Figure(
        "one spend to five bare statements", statistics.median(ours) / statistics.median(bare), "times"
    )


def _spend(member: Id, key: str) -> None:
    spend_points(member, points=1, currency=POINTS, key=key, at=AT + timedelta(days=1))


def _five_statements(member: Id) -> None:
    """Do what a bare ledger does: lock, one transfer, two entries, a balance, and commit."""

    def sent(value: Id) -> Any:
        return value.hex() if connection.vendor == "postgresql" else bytearray(value)

    transfer_id, owner = new_id(), sent(member)
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    entry = (
        "INSERT INTO dg_entry (customer_id, transfer_id, number, currency, account, points)"
        " VALUES (%s, %s, %s, 'bare', %s, %s)"
    )
    with write_transaction(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT balance FROM dg_account WHERE customer_id = %s AND kind = 'available'{lock}",  # noqa: S608
            [owner],
        )
        cursor.execute(
            "INSERT INTO dg_transfer (customer_id, id, currency, kind, points, key, occurred_at, recorded_at,"
            " reason) VALUES (%s, %s, 'bare', 'spend', 1, %s, %s, %s, '')",
            [owner, sent(transfer_id), transfer_id.hex(), AT.replace(tzinfo=None), AT.replace(tzinfo=None)],
        )
        cursor.execute(entry, [owner, sent(transfer_id), 1, "adjusted", -1])
        cursor.execute(entry, [owner, sent(transfer_id), 2, "spent", 1])
        cursor.execute(
            "UPDATE dg_account SET balance = balance + 1 WHERE customer_id = %s AND kind = 'spent'", [owner]
        )


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def spend_timed(told: Path, member: Id) -> None:
    """Spend again and again; write how long each took once warm, in seconds."""
    times = range(WARM_UP + SPENDS_EACH)
    taken = [_seconds(partial(_spend, member, f"{told.name} {number}")) for number in times]
    told.write_text("\n".join(map(str, taken[WARM_UP:])))


def _hot_member(member: Id) -> Iterator[Figure]:
    """Yield how long a spend takes while eight tills serve the same member, and how many are lost."""
    earn_points(member, points=1_000_000, currency=POINTS, key="rich", at=AT)
    before = balances_of([member], POINTS)[member].available
    with TemporaryDirectory(prefix="dangol-ledger-") as folder:
        told = [Path(folder) / str(writer) for writer in range(WRITERS)]
        began = time.perf_counter()
        writers.run_together(spend_timed, [(path, member) for path in told])
        rate = WRITERS * (WARM_UP + SPENDS_EACH) / (time.perf_counter() - began)
        taken = [float(line) for path in told for line in path.read_text().split()]
    yield Figure("8 writers on one member", rate, "spends/s")
    yield Figure("8 writers on one member, median", statistics.median(taken) * 1_000, "ms")
    yield at_most("8 writers on one member, p99", _p99(taken) * 1_000, "ms", GOAL_HOT_MS)
    gone = before - balances_of([member], POINTS)[member].available
    entries = Entry.objects.filter(customer_id=member, account="spent").aggregate(Sum("points"))
    assert gone == entries["points__sum"], "the balance is the sum of its entries"
    yield at_most("8 writers on one member, spends lost", WRITERS * (WARM_UP + SPENDS_EACH) - gone, "", 0)


def _proof() -> Figure:
    """Return how many entries a second the proof looks at. The peers' rows do not pass it."""
    entries = Entry.objects.count()
    taken = _seconds(lambda: list(verify(invariants.checks())))
    return Figure("proof of all invariants", entries / taken, "entries/s", "ten million a minute")
