"""What the ledger tells its readers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.core.ledger.selectors import (
    Balance,
    DayTotal,
    Expiring,
    Total,
    balances_of,
    expiring_by_date,
    lots_of,
    next_expiries,
    outstanding,
    statement,
    totals_by_day,
    totals_by_kind,
)
from dangol.core.ledger.services import earn_points, reverse_transfer, settle_due, spend_points
from dangol.core.storage.ids import Id
from tests.core.ledger.shop import POINTS, day, members, open_shop

pytestmark = pytest.mark.django_db(transaction=True)
SEOUL, KATHMANDU = ZoneInfo("Asia/Seoul"), ZoneInfo("Asia/Kathmandu")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def earn(member: Id, points: int, at: datetime, *, opens: float = 0, lapses: float | None = None) -> Id:
    expires_at = None if lapses is None else at + timedelta(days=lapses)
    result = earn_points(
        member, points=points, currency=POINTS, key=f"earn {at}", at=at,
        release_at=at + timedelta(days=opens), expires_at=expires_at,
    )  # fmt: skip
    assert result.transfer_id
    return result.transfer_id


def spend(member: Id, points: int, at: datetime) -> None:
    spend_points(member, points=points, currency=POINTS, key=f"spend {at}", at=at)


def test_balances__of_many__each_and_all_together() -> None:
    rich, owing, stranger = members(3)
    earn(rich, 100, day(0))
    earn(rich, 50, day(1), opens=30)
    earned = earn(owing, 80, day(0))
    spend(owing, 80, day(1))
    reverse_transfer(owing, transfer_id=earned, points=None, key="back", at=day(2))

    assert balances_of([rich, owing, stranger], POINTS) == {
        rich: Balance(100, 50, 0), owing: Balance(-80, 0, 80), stranger: Balance(),
    }  # fmt: skip
    assert outstanding(POINTS) == Balance(20, 50, 80)
    assert balances_of([], POINTS) == {}


def test_expiries__of_open_and_waiting_points__soonest_first() -> None:
    member, other = members(2)
    earn(member, 100, day(0), lapses=60)
    earn(member, 30, day(1), opens=10, lapses=29)
    earn(member, 20, day(0) + timedelta(seconds=1), lapses=30)
    earn(member, 5, day(2))
    earn(other, 5, day(0))

    assert next_expiries([member, other], POINTS) == {member: Expiring(day(30), 30)}
    soon = expiring_by_date(member, POINTS, before=day(31))
    assert soon == [Expiring(day(30), 30), Expiring(day(30) + timedelta(seconds=1), 20)]
    assert expiring_by_date(member, POINTS)[-1] == Expiring(day(60), 100)
    assert [lot.points for lot in lots_of(member, POINTS)] == [30, 20, 100, 5]


def test_statement__pages_of_any_size__tell_the_same_and_add_up() -> None:
    (member,) = members(1)
    earn(member, 100, day(0), opens=14, lapses=90)
    earned = earn(member, 60, day(1))
    spend(member, 50, day(3))
    reverse_transfer(member, transfer_id=earned, points=40, key="back", at=day(4))
    settle_due(as_of=day(20))
    spend(member, 15, day(21))
    earn(member, 7, day(2))  # told late: it stands where it happened
    settle_due(as_of=day(100))

    whole = statement(member, POINTS)
    paged, before = [], None
    while page := statement(member, POINTS, before=before, limit=2):
        paged += page
        before = page[-1].mark

    assert paged == whole
    assert [(line.kind, line.change, line.pending_change, line.balance) for line in reversed(whole)] == [
        ("earn", 0, 100, 0), ("earn", 60, 0, 60), ("earn", 7, 0, 67), ("spend", -50, 0, 17),
        ("claw_back", -40, 0, -23), ("post", 100, -100, 77), ("settle", 0, 0, 77),
        ("spend", -15, 0, 62), ("expire", -55, 0, 7),
    ]  # fmt: skip
    assert balances_of([member], POINTS)[member] == Balance(7)


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        (SEOUL, [(date(2026, 3, 8), 3), (date(2026, 3, 9), 4)]),
        # The clocks of New York go forward at 7:00 UTC on 8 March 2026: that day has 23 hours.
        (NEW_YORK, [(date(2026, 3, 7), 1), (date(2026, 3, 8), 6)]),
        (KATHMANDU, [(date(2026, 3, 8), 3), (date(2026, 3, 9), 4)]),
    ],
)
def test_totals_by_day__in_the_shops_zone__right_over_clock_changes(
    zone: ZoneInfo, days: list[tuple[date, int]]
) -> None:
    (member,) = members(1)
    for points, at in (
        (1, datetime(2026, 3, 8, 4, 59, 59, 999_999, tzinfo=UTC)),
        (2, datetime(2026, 3, 8, 5, tzinfo=UTC)),
        (4, datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC)),
    ):
        earn(member, points, at)

    found = totals_by_day(POINTS, first=date(2026, 3, 1), last=date(2026, 3, 31), zone=zone)

    assert [(one.day, one.points) for one in found] == days
    assert all(isinstance(one, DayTotal) and one.kind == "earn" for one in found)


def test_totals_by_kind__between_two_instants__the_end_excluded() -> None:
    (member,) = members(1)
    earn(member, 100, day(0), lapses=30)
    earn(member, 50, day(10))
    spend(member, 20, day(20))

    assert totals_by_kind(POINTS) == [Total("earn", 150, 2), Total("spend", 20, 1)]
    assert totals_by_kind(POINTS, since=day(10), until=day(20)) == [Total("earn", 50, 1)]
    assert totals_by_kind("none") == []
