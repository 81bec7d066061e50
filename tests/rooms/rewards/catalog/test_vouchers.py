"""Vouchers that lapse: until when one waits, what comes back then, and what a worker that is late changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.core.events.models import Event
from dangol.core.ledger.models import Lot
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.redeeming import LimitReached, RedemptionOver, RedemptionState, lapses_at
from dangol.project.checks import all_checks
from dangol.rooms.rewards.catalog import selectors
from dangol.rooms.rewards.catalog.editing import RewardDraft, change_reward
from dangol.rooms.rewards.catalog.errors import VoucherLapsed
from dangol.rooms.rewards.catalog.models import Redemption, RedemptionMove
from dangol.rooms.rewards.catalog.services import By, cancel_redemption, hand_over, lapse_some
from tests.rooms.rewards.catalog.shop import BY, CLERK, NOW, POINTS, member_with, open_shop, redeem, reward

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NEW_YORK = ZoneInfo("America/New_York")
# Redeemed on 30 January 2024 in New York, with ten days: the last of them is 9 February.
END = datetime(2024, 2, 10, tzinfo=NEW_YORK).astimezone(UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def points_of(member: Id) -> int:
    return balances_of([member], POINTS)[member].available


def broken() -> list[str]:
    return [one.check.name for one in verify(all_checks()) if not one.is_kept]


@pytest.mark.parametrize(
    ("days", "zone", "at", "end"),
    [
        (0, "Asia/Seoul", "2026-03-01T14:59+00:00", "2026-03-01T15:00+00:00"),
        (0, "Asia/Seoul", "2026-03-01T15:00+00:00", "2026-03-02T15:00+00:00"),
        (30, "Asia/Seoul", "2026-03-01T03:00+00:00", "2026-03-31T15:00+00:00"),
        # Clocks go forward on 8 March: the last day is whole all the same.
        (7, "America/New_York", "2026-03-01T17:00+00:00", "2026-03-09T04:00+00:00"),
    ],
)
def test_lapses_at__days_after_its_day__last_one_whole_in_the_zone(
    days: int, zone: str, at: str, end: str
) -> None:
    found = lapses_at(days, datetime.fromisoformat(at), ZoneInfo(zone))

    assert found == datetime.fromisoformat(end)


@given(st.integers(0, 800), st.integers(0, 15 * 365 * 24 * 60))
def test_lapses_at__any_day__is_the_midnight_after_the_last(days: int, minutes: int) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    for zone in (ZoneInfo("Asia/Seoul"), NEW_YORK):
        end = lapses_at(days, at, zone)
        assert end is not None
        last = day_of(at, zone) + timedelta(days=days)
        assert (day_of(end - SECOND, zone), end) == (last, start_of_day(day_of(end, zone), zone))
        assert lapses_at(None, at, zone) is None


def test_hand_over__on_the_last_day_and_after_it__also_where_no_worker_has_come() -> None:
    member, mug = member_with(200), reward(5, voucher_days=10)
    first, second = redeem(member, mug, "1"), redeem(member, mug, "2")
    assert selectors.find_redemption(member, first).lapses_at == END

    hand_over(member, first, by=By(CLERK, END - SECOND))

    with pytest.raises(VoucherLapsed):
        hand_over(member, second, by=By(CLERK, END))
    assert selectors.open_vouchers(member, at=END) == []
    assert [one.id for one in selectors.open_vouchers(member, at=END - SECOND)] == [second]


@pytest.mark.parametrize(("gives_back", "points"), [(True, 100), (False, 40)])
def test_lapse__not_picked_up__goes_back_to_stock_and_its_points_if_promised(
    gives_back: bool, points: int
) -> None:
    member, mug = member_with(100), reward(1, voucher_days=10, gives_back=gives_back)
    before = list(Lot.objects.values_list("id", "left", "expires_at"))
    made = redeem(member, mug)
    assert lapse_some(as_of=END - SECOND) == 0

    assert (lapse_some(as_of=END + timedelta(days=3)), lapse_some(as_of=END + timedelta(days=3))) == (1, 0)

    found = selectors.find_redemption(member, made)
    assert (found.state, found.changed_at) == (RedemptionState.LAPSED, END)
    assert (points_of(member), selectors.find_reward(mug).left) == (points, 1)
    assert (list(Lot.objects.values_list("id", "left", "expires_at")) == before) == gives_back
    told = Event.objects.filter(customer_id=member, name="reward.lapsed").get()
    assert (told.subject_id, told.occurred_at) == (made, END)
    assert list(RedemptionMove.objects.values_list("state", "at")) == [("issued", NOW), ("lapsed", END)]
    with pytest.raises(RedemptionOver):
        cancel_redemption(member, made, by=BY)
    assert broken() == []


def test_lapse__what_was_handed_over_canceled_or_has_no_end__stays() -> None:
    member, mug, cup = member_with(300), reward(9, voucher_days=10), reward()
    handed, canceled, endless = redeem(member, mug, "1"), redeem(member, mug, "2"), redeem(member, cup, "3")
    hand_over(member, handed, by=BY)
    cancel_redemption(member, canceled, by=BY)

    assert lapse_some(as_of=END + timedelta(days=400)) == 0

    states = [selectors.find_redemption(member, one).state.value for one in (handed, canceled, endless)]
    assert states == ["handed_over", "canceled", "issued"]


def test_lapse__terms_changed_since__what_was_promised_holds() -> None:
    member, mug = member_with(200), reward(5, voucher_days=10, gives_back=True)
    made = redeem(member, mug, "1")
    change_reward(mug, RewardDraft("컵", price=60, voucher_days=1), expected=1, actor=CLERK, at=NOW)
    later = redeem(member, mug, "2")

    while lapse_some(as_of=END, limit=1):
        pass

    assert points_of(member) == 140
    assert [selectors.find_redemption(member, one).state.value for one in (made, later)] == ["lapsed"] * 2
    assert broken() == []


@pytest.mark.parametrize("gives_back", [True, False])
def test_limit__what_lapsed__counts_only_where_its_points_stayed_spent(gives_back: bool) -> None:
    member = member_with(200)
    mug = reward(voucher_days=0, gives_back=gives_back, limit_count=1)
    redeem(member, mug, "1")
    later = By(CLERK, NOW + timedelta(days=2))
    lapse_some(as_of=later.at)

    (offer,) = selectors.offers_for(member, at=later.at)

    assert (offer.obstacle is None) == gives_back
    if gives_back:
        redeem(member, mug, "2", by=later)
    else:
        with pytest.raises(LimitReached):
            redeem(member, mug, "2", by=later)


def test_count_waiting__vouchers__how_many_and_when_the_first_lapses() -> None:
    member, mug, cup = member_with(300), reward(voucher_days=10), reward()
    assert selectors.count_waiting(member, at=NOW) == (0, None)

    redeem(member, mug, "1")
    redeem(member, cup, "2")

    assert selectors.count_waiting(member, at=NOW) == (2, END)
    assert selectors.count_waiting(member, at=END) == (1, None)


@pytest.mark.parametrize("change", [{"lapses_at": None}, {"lapses_at": END + SECOND}, {"transfer_id": None}])
def test_verify__lapsed_too_soon_or_points_kept__is_found(change: dict[str, object]) -> None:
    member = member_with(100)
    redeem(member, reward(voucher_days=10, gives_back=True))
    lapse_some(as_of=END)
    assert broken() == []

    Redemption.objects.update(**change)

    assert "redemption.lapsed" in broken()
