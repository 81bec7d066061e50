"""Each invariant's own fault is found by its name, and a healthy ledger has none."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from dangol.core.ledger import invariants
from dangol.core.ledger.models import Lot, PointCurrency, Transfer
from dangol.core.ledger.services import (
    Order,
    adjust_points,
    apply,
    earn_points,
    gift_points,
    reverse_transfer,
    settle,
    settle_due,
    spend_points,
)
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.idling import Activity, Idle
from dangol.domain.points import Earn, Shortfall, Touch
from tests.core.ledger.faults import tamper, tampering
from tests.core.ledger.shop import POINTS, day, let_worker_by, members, open_shop

pytestmark = pytest.mark.django_db(transaction=True)
STARS = "stars"


class Ledger(NamedTuple):
    """A ledger in which everything has happened: what the faults are planted in."""

    rich: Id
    owing: Id
    spent: Id
    expired: Id
    restored: Id
    gift: Id
    open_lot: Id
    pending_lot: Id


def broken() -> set[str]:
    """Return the names of the invariants that do not hold."""
    return {finding.check.name for finding in verify(invariants.checks()) if not finding.is_kept}


def slide(who: Id) -> None:
    """Let somebody earn points that lapse by inactivity, some of which come back once more is known."""
    idle = Idle(1, (Activity.PURCHASE.value,), ZoneInfo("Asia/Seoul"))
    earn = Earn("slides", day(0), 10, day(0), idle.lapses_at(day(0)), idle=idle)
    for orders in ([Order(who, earn)], [Order(who, Touch(Activity.PURCHASE.value, day(20), new_id()))]):
        with write_transaction():
            apply(orders, POINTS, recorded_at=day(45))
            settle([who], POINTS, as_of=day(45))


@pytest.fixture
def ledger() -> Ledger:
    open_shop()
    PointCurrency.objects.create(code=STARS, name="Stars", shortfall=Shortfall.FLOOR.value)
    rich, owing, friend = members(3)

    def earn(who: Id, points: int, at: int, currency: str = POINTS, **dates: int) -> Id:
        instants = {name: day(number) for name, number in dates.items()}
        result = earn_points(
            who, points=points, currency=currency, key=f"earn {at}", at=day(at),
            release_at=instants.get("opens"), expires_at=instants.get("lapses"),
        )  # fmt: skip
        assert result.transfer_id
        return result.transfer_id

    def spend(who: Id, points: int, at: int, currency: str = POINTS) -> Id:
        result = spend_points(who, points=points, currency=currency, key=f"spend {at}", at=day(at))
        assert result.transfer_id
        return result.transfer_id

    def take_back(who: Id, transfer_id: Id, at: int, points: int | None = None) -> Id:
        result = reverse_transfer(who, transfer_id=transfer_id, points=points, key=f"back {at}", at=day(at))
        assert result.transfer_id
        return result.transfer_id

    earn(rich, 100, 0, lapses=10)
    earn(rich, 500, 1)
    spent = spend(rich, 130, 2)
    spend(rich, 20, 3)
    restored = take_back(rich, spent, 4, points=40)
    settle_due(as_of=day(20))
    earn(rich, 60, 21, opens=40, lapses=90)
    adjust_points(rich, points=9, currency=POINTS, key="kind", at=day(22), reason="kind")
    take_back(owing, earn(owing, 80, 0, opens=5), 1, points=30)
    spend(owing, 50, 6)
    take_back(owing, Transfer.objects.get(customer_id=owing, key="earn 0").id, 7)
    slide(friend)
    earned_stars = earn(owing, 70, 8, STARS)
    spend(owing, 70, 9, STARS)
    take_back(owing, earned_stars, 10)
    send = {"receiver_id": friend, "currency": POINTS}
    gift = gift_points(rich, points=50, key="gift", at=day(23), **send).transfer_id  # type: ignore[arg-type]
    let_worker_by()
    gift_points(rich, points=5, key="gift on its way", at=day(24), **send)  # type: ignore[arg-type]
    assert gift
    lots = Lot.objects.filter(customer_id=rich)
    return Ledger(
        rich, owing, spent, Transfer.objects.get(customer_id=rich, kind="expire").id, restored, gift,
        lots.get(points=500).id, lots.get(is_pending=True).id,
    )  # fmt: skip


def test_verify__everything_has_happened__nothing_is_broken(ledger: Ledger) -> None:
    findings = {finding.check.name: finding.looked.checked for finding in verify(invariants.checks())}

    assert broken() == set()
    assert all(findings.values()), "each check must have had something to look at"
    assert set(findings) == {name for name, _ in FAULTS}
    let_worker_by()
    settle_due(as_of=day(400))
    assert broken() == set()


FAULTS = [
    ("transfer.balances", "UPDATE dg_entry SET points = 9 WHERE transfer_id = :spent AND number = 1"),
    ("transfer.balances", "UPDATE dg_transfer SET points = points + 1 WHERE id = :spent"),
    ("transfer.balances", "DELETE FROM dg_entry WHERE transfer_id = :spent"),
    ("transfer.balances", "UPDATE dg_entry SET currency = 'stars' WHERE transfer_id = :spent"),
    ("entry.transfer", "DELETE FROM dg_transfer WHERE id = :spent"),
    ("key.once", "UPDATE dg_transfer SET key = 'spend 2' WHERE customer_id = :rich AND key = 'spend 3'"),
    ("reversal.within_original", "UPDATE dg_transfer SET points = 131 WHERE id = :restored"),
    ("reversal.within_original", "UPDATE dg_transfer SET reverses_id = :nobody WHERE id = :restored"),
    ("clearing.returns", "DELETE FROM dg_transfer WHERE kind = 'gift_in'"),
    ("clearing.returns", "UPDATE dg_transfer SET points = 49 WHERE kind = 'gift_in'"),
    ("clearing.returns", "UPDATE dg_transfer SET kind = 'spend' WHERE id = :gift"),
    ("clearing.returns", "UPDATE dg_entry SET points = 49 WHERE account = 'clearing' AND points = 50"),
    ("transfer.event", "DELETE FROM dg_event WHERE subject_id = :spent"),
    ("transfer.event", "UPDATE dg_event SET name = 'points.adjusted' WHERE subject_id = :spent"),
    ("transfer.event", "UPDATE dg_event SET subject_id = :spent WHERE subject_id = :expired"),
    ("currency.balances", "UPDATE dg_entry SET points = 9 WHERE transfer_id = :spent AND number = 1"),
    ("currency.balances", "UPDATE dg_entry SET currency = 'moons' WHERE transfer_id = :spent"),
    ("balance.stored", "UPDATE dg_account SET balance = 1 WHERE customer_id = :rich AND kind = 'spent'"),
    ("balance.stored", "DELETE FROM dg_account WHERE customer_id = :owing AND kind = 'debt'"),
    ("available.lots", 'UPDATE dg_lot SET "left" = "left" - 1 WHERE id = :open_lot'),
    ("available.lots", "UPDATE dg_lot SET is_pending = (1 = 0) WHERE id = :pending_lot"),
    ("pending.lots", 'UPDATE dg_lot SET "left" = "left" - 1 WHERE id = :pending_lot'),
    ("lot.lifetime", "UPDATE dg_lot SET root_id = :pending_lot WHERE id = :open_lot"),
    ("lot.lifetime", "UPDATE dg_lot SET root_id = :nobody WHERE id = :open_lot"),
    ("debt.policy", "UPDATE dg_point_currency SET shortfall = 'floor'"),
    ("debt.policy", "UPDATE dg_account SET balance = 1 WHERE kind = 'debt'"),
    ("debt.settled", "UPDATE dg_account SET customer_id = :rich WHERE kind = 'debt' AND currency = 'points'"),
    ("lot.recomputed", "UPDATE dg_lot SET expired = expired + 1 WHERE id = :open_lot"),
    ("lot.recomputed", "UPDATE dg_lot SET reversed = reversed + 1 WHERE id = :open_lot"),
    ("lot.recomputed", 'UPDATE dg_lot SET "left" = "left" + 1 WHERE id = :open_lot'),
    ("lot.origin", "UPDATE dg_lot SET points = points + 1 WHERE id = :open_lot"),
    ("lot.origin", "DELETE FROM dg_lot WHERE id = :open_lot"),
    ("lot.not_overdrawn", 'UPDATE dg_lot SET "left" = -1 WHERE id = :open_lot'),
    ("lot.not_overdrawn", 'UPDATE dg_lot SET "left" = points + 1 WHERE id = :open_lot'),
    ("lot.idle", "UPDATE dg_lot SET idle = '2:purchase:Asia/Seoul' WHERE idle IS NOT NULL"),
    ("lot.idle", "UPDATE dg_point_activity SET kind = 'earning'"),
    ("lot.idle", "UPDATE dg_point_activity SET undone_at = at"),
    ("lot.expiry", "UPDATE dg_transfer SET kind = 'restore' WHERE kind = 'revive'"),
    ("lot.opening", "UPDATE dg_transfer SET kind = 'post', subject_id = :open_lot WHERE id = :expired"),
    ("lot.due", "UPDATE dg_lot SET due_at = NULL WHERE id = :pending_lot"),
    ("lot.due", "UPDATE dg_lot SET due_at = '2027-03-02 00:00:00' WHERE id = :open_lot"),
    ("lot.expiry", "UPDATE dg_lot SET expires_at = '2026-03-02 00:00:00' WHERE id = :open_lot"),
    ("lot.expiry", "UPDATE dg_transfer SET occurred_at = '2026-03-02 00:00:00' WHERE id = :expired"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_verify__one_fault_planted__is_found_by_its_name(ledger: Ledger, name: str, fault: str) -> None:
    with tampering():
        assert broken() == set()

        tamper(fault, nobody=new_id(), **ledger._asdict())

        assert name in broken()
    assert broken() == set()
