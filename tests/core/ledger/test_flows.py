"""What became of points by the months in which they were issued: every entry in one place."""

from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dangol.core.ledger.flows import Flow, lot_flows
from dangol.core.ledger.models import Lot
from dangol.core.ledger.selectors import outstanding
from dangol.core.ledger.services import (
    adjust_points,
    earn_points,
    gift_points,
    reverse_transfer,
    settle_due,
)
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id
from tests.core.ledger.following import BY_HAND, earn, follow, people, spend
from tests.core.ledger.shop import POINTS, day, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
MARCH = 2026 * 12 + 2
APRIL = MARCH + 1


def by_kind(before: datetime, zone: ZoneInfo = SEOUL) -> dict[str, dict[int, int]]:
    """Return the points of each kind of flow by the month of issue; what comes to nothing is left out."""
    sums: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for flow in lot_flows(POINTS, before=before, zone=zone):
        sums[flow.what][flow.born] += flow.points
    return {what: dict(own) for what, own in sums.items() if any(own.values())}


def held() -> int:
    """Return what all flows leave; and see that the ledger says the same, in lots and in balances."""
    left = sum(flow.points for flow in lot_flows(POINTS, before=day(9_000), zone=SEOUL))
    balance = outstanding(POINTS)
    assert left == sum(Lot.objects.values_list("left", flat=True))
    assert left == balance.available + balance.debt + balance.pending
    return left


def test_lot_flows__earned_spent_lapsed_and_given_back__in_their_months() -> None:
    """One earns 100 on 1 March, of which 30 are spent in April, 10 come back, and the rest lapses in June."""
    open_shop()
    (one,) = people("A")
    earn(one, 100, "a", lapses=100)
    spent = spend(one, 30, "s", at=40)
    reverse_transfer(one, transfer_id=spent, points=10, key="back", at=day(41))
    settle_due(as_of=day(101))

    assert lot_flows(POINTS, before=day(30), zone=SEOUL) == [
        Flow(MARCH, MARCH + 3, MARCH, "issued", False, 100, 1)
    ]
    assert by_kind(day(200)) == {"issued": {MARCH: 100}, "spent": {MARCH: -20}, "expired": {MARCH: -80}}
    spends = [flow for flow in lot_flows(POINTS, before=day(200), zone=SEOUL) if flow.what == "spent"]
    assert {flow.moved for flow in spends} == {APRIL}
    assert held() == 0


def test_lot_flows__waiting_points__open_and_stay_the_same_in_sum() -> None:
    open_shop()
    (one,) = people("A")
    earn(one, 50, "a", opens=40, lapses=100)

    assert [flow.pending for flow in lot_flows(POINTS, before=day(1), zone=SEOUL)] == [True]
    settle_due(as_of=day(41))

    pending = sum(flow.points for flow in lot_flows(POINTS, before=day(50), zone=SEOUL) if flow.pending)
    assert pending == 0
    assert held() == 50


def test_lot_flows__a_purchase_came_back__its_points_were_never_earned() -> None:
    """Of 100 spent ones 100 are owed and paid from the next lot; of lapsed ones nothing lapsed."""
    open_shop()
    owing, lapsed = people("A", "B")
    bought = earn(owing, 100, "a", lapses=90)
    spend(owing, 100, "s", at=2)
    reverse_transfer(owing, transfer_id=bought, points=None, key="back", at=day(3))
    earn(owing, 120, "b", at=40, lapses=90)
    other = earn(lapsed, 40, "c", lapses=10)
    settle_due(as_of=day(11))
    reverse_transfer(lapsed, transfer_id=other, points=None, key="back", at=day(12))

    assert by_kind(day(60)) == {
        "issued": {MARCH: 140, APRIL: 120},
        "spent": {MARCH: -100},
        "returned": {MARCH: -40, APRIL: -100},
    }
    assert held() == 20


def test_lot_flows__by_hand_and_as_a_gift__is_no_spending() -> None:
    open_shop()
    one, other = people("A", "B")
    earn(one, 100, "a", lapses=90)
    taken = adjust_points(one, points=-30, currency=POINTS, key="less", at=day(1), reason="wrong")
    assert taken.transfer_id
    reverse_transfer(one, transfer_id=taken.transfer_id, points=10, key="back", at=day(2))
    adjust_points(other, points=5, currency=POINTS, key="more", at=day(40), reason="sorry")
    gift_points(one, receiver_id=other, points=20, currency=POINTS, key="gift", at=day(40))
    follow()

    found = by_kind(day(60))

    assert found == {"issued": {MARCH: 100, APRIL: 25}, "returned": {MARCH: -40}}
    never = [flow.expires for flow in lot_flows(POINTS, before=day(60), zone=SEOUL) if flow.points == 5]
    assert never == [None]
    assert held() == 85


def test_lot_flows__merged_and_erased__keep_their_month_and_lapse() -> None:
    open_shop()
    kept, absorbed, gone = people("K", "A", "G")
    earn(absorbed, 70, "a", lapses=300)
    spend(absorbed, 20, "s")
    earn(gone, 40, "g", lapses=300)
    merge_customers(kept, absorbed, at=day(40), **BY_HAND)
    erase_customer(gone, at=day(41), **BY_HAND)
    follow()
    spend(kept, 5, "s", at=45)

    assert by_kind(day(60)) == {
        "issued": {MARCH: 70 + 50 + 40},
        "spent": {MARCH: -25},
        "returned": {MARCH: -50},
        "expired": {MARCH: -40},
    }
    assert held() == 45


@pytest.mark.parametrize(
    ("zone", "at", "month"),
    [
        (SEOUL, datetime(2026, 3, 31, 14, 59, tzinfo=UTC), MARCH),
        (SEOUL, datetime(2026, 3, 31, 15, 0, tzinfo=UTC), APRIL),
        (NEW_YORK, datetime(2026, 4, 1, 3, 59, tzinfo=UTC), MARCH),
        (NEW_YORK, datetime(2026, 4, 1, 4, 0, tzinfo=UTC), APRIL),
        (NEW_YORK, datetime(2026, 3, 1, 4, 59, tzinfo=UTC), MARCH - 1),
        (NEW_YORK, datetime(2026, 3, 1, 5, 0, tzinfo=UTC), MARCH),
    ],
)
def test_lot_flows__month__is_the_shop_s_own_by_its_clocks(zone: ZoneInfo, at: datetime, month: int) -> None:
    open_shop()
    (one,) = people("A")
    _earn_at(one, at)

    (flow,) = lot_flows(POINTS, before=day(200), zone=zone)

    assert (flow.born, flow.moved) == (month, month)


def test_lot_flows__lapses_at_the_start_of_a_month__is_there_until_the_month_before() -> None:
    open_shop()
    (one,) = people("A")
    _earn_at(one, day(1), expires_at=datetime(2026, 5, 31, 15, tzinfo=UTC))

    (flow,) = lot_flows(POINTS, before=day(200), zone=SEOUL)

    assert flow.expires == MARCH + 2


def test_lot_flows__nothing_and_another_kind_of_points__is_empty() -> None:
    open_shop()
    (one,) = people("A")
    _earn_at(one, day(1))

    assert lot_flows("other", before=day(200), zone=SEOUL) == []
    assert lot_flows(POINTS, before=day(1), zone=SEOUL) == [], "an instant is exclusive"


def _earn_at(one: Id, at: datetime, *, expires_at: datetime | None = None) -> None:
    earn_points(one, points=10, currency=POINTS, key="a", at=at, expires_at=expires_at)
