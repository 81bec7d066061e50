"""Late orders and returns, step by step: what is posted, what is corrected, what is told."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.ledger.models import Account, Lot, PointCurrency, Transfer
from dangol.core.ledger.services import spend_points
from dangol.core.tasks.registry import Due, find_task
from dangol.domain.accrual import Expiry, Part
from dangol.rooms.rewards.events import TierChanged
from dangol.rooms.rewards.models import Membership, TierChange
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.whys import accruals_of
from tests.rooms.rewards.shop import BREAD, ICE, ROLLING, Bought, Brought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = datetime(2025, 3, 1, 17, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = MARCH + 19 * DAY
LEVELS = [LevelDraft("member", "m", 0), LevelDraft("silver", "s", 10_000)]
HALF_MORE = RuleDraft("Base", 1, 100, multipliers={"silver": (3, 2)})


def open_simple_program() -> None:
    """Open the program of the page docs/algorithms/tiers.md: silver at $100.00 earns half as much again."""
    open_program(
        TiersDraft(LEVELS, window_size=30), rules=[HALF_MORE], terms=TermsDraft(14, Expiry.ROLLING_MONTHS, 6)
    )


def test_late_order__lifts_a_tier__next_order_is_corrected_by_the_difference_at_its_own_day() -> None:
    open_simple_program()
    telling = Telling("t", customers=1)
    telling.tell([Bought(0, "known", MARCH + 5 * DAY, {BREAD: 4_000})], recorded_at=MARCH + 5 * DAY)

    telling.tell([Bought(0, "late", MARCH, {BREAD: 12_000})], recorded_at=NOW)

    transfers = Transfer.objects.filter(kind="earn").order_by("occurred_at", "id")
    assert [(one.points, one.occurred_at, one.recorded_at) for one in transfers] == [
        (120, MARCH, NOW),
        (40, MARCH + 5 * DAY, MARCH + 5 * DAY),
        (20, MARCH + 5 * DAY, NOW),
    ]
    known, more = (lot for lot in Lot.objects.order_by("id") if lot.earned_at > MARCH)
    assert (known.release_at, known.expires_at) == (more.release_at, more.expires_at)
    member = telling.customer_ids[0]
    first, correction = accruals_of([(member, transfers[1].subject_id or b"")])
    assert (first.tier, first.points, correction.tier, correction.points) == ("member", 40, "silver", 20)
    assert correction.is_correction
    assert [one.part.points for one in correction.parts_before] == [40]
    assert [one.part.points for one in correction.parts] == [60]


def test_late_order__tier_was_reached_anyway__the_move_is_superseded_and_not_told_again() -> None:
    open_simple_program()
    telling = Telling("t", customers=1)
    telling.tell(
        [Bought(0, "a", MARCH + DAY, {BREAD: 1_000}), Bought(0, "b", MARCH + 5 * DAY, {BREAD: 11_000})],
        recorded_at=MARCH + 5 * DAY,
    )

    telling.tell([Bought(0, "late", MARCH, {BREAD: 500})], recorded_at=NOW)

    old, new = TierChange.objects.order_by("id")
    assert (old.superseded_at, old.value, new.superseded_at, new.value) == (NOW, 12_000, None, 12_500)
    told = [decode(one.name, one.payload) for one in Event.objects.filter(name="tier.changed")]
    assert [one.value for one in told if isinstance(one, TierChanged)] == [12_000]


def test_late_return__of_an_order_with_a_correction__takes_from_both_lots() -> None:
    open_simple_program()
    telling = Telling("t", customers=1)
    telling.tell([Bought(0, "known", MARCH + 5 * DAY, {BREAD: 4_000})], recorded_at=MARCH + 5 * DAY)
    telling.tell([Bought(0, "late", MARCH, {BREAD: 12_000})], recorded_at=NOW)

    telling.tell([Brought(0, "r", NOW + DAY, {BREAD: 4_000}, "known")], recorded_at=NOW + DAY)

    back = Transfer.objects.filter(reason="return").order_by("key")
    assert sorted(one.points for one in back) == [20, 40]
    assert [one.reversed for one in Lot.objects.order_by("earned_at", "points")] == [0, 20, 40]
    assert Account.objects.get(kind="issued").balance == -120
    (key,) = {
        (one.customer_id, one.subject_id or b"") for one in Transfer.objects.filter(points=40, kind="earn")
    }
    last = accruals_of([key])[-1]
    assert (last.is_return, last.points) == (True, -60)
    assert last.transfer_id in {one.id for one in back}


@pytest.mark.parametrize(("shortfall", "debt"), [("debt", -30), ("floor", 0)])
def test_return__points_already_spent__debt_or_floor_by_the_currencys_policy(
    shortfall: str, debt: int
) -> None:
    open_program(TiersDraft(LEVELS, window_size=30), rules=[HALF_MORE], terms=TermsDraft(0, Expiry.NEVER))
    PointCurrency.objects.update(shortfall=shortfall)
    telling = Telling("t", customers=1)
    telling.tell([Bought(0, "a", MARCH, {BREAD: 4_000})], recorded_at=MARCH)
    spend_points(telling.customer_ids[0], points=40, currency="P", key="s", at=MARCH + DAY)

    telling.tell([Brought(0, "r", MARCH + 2 * DAY, {BREAD: 3_000}, "a")], recorded_at=MARCH + 2 * DAY)

    balances = {one.kind: one.balance for one in Account.objects.all()}
    assert (balances.get("debt", 0), balances["issued"], balances["available"]) == (debt, -10, 0)
    assert telling.outcome.whys()[0][4] == 10


def test_order_discount__spread_over_categories__bases_sum_up_to_what_was_paid() -> None:
    open_program(ROLLING)
    telling = Telling("t", customers=1)

    telling.tell([Bought(0, "a", MARCH, {BREAD: 1_000, ICE: 1_000}, discount=333)], recorded_at=MARCH)

    (why,) = telling.outcome.whys()
    # $3.33 off: 166.5 each; the odd cent goes to the category that comes first.
    parts = [Part(*values) for values in why[-1]]
    assert [(part.base_minor, part.points) for part in parts] == [(1_667, 16), (834, 16)]


def test_return__several_orders_and_an_unknown_one__each_judged_for_itself() -> None:
    open_program(ROLLING)
    telling = Telling("t", customers=1)
    telling.tell(
        [Bought(0, "a", MARCH, {BREAD: 1_000}), Bought(0, "b", MARCH + DAY, {ICE: 1_000})], recorded_at=NOW
    )

    telling.tell(
        [Brought(0, "r", MARCH + 2 * DAY, {BREAD: 500, ICE: 1_000, "NEVER SOLD": 700}, None)], recorded_at=NOW
    )

    assert [(row[2], row[4]) for row in telling.outcome.whys()] == [
        ("order a", 5),
        ("order b", 0),
        ("return r", 0),
    ]
    assert [row[10] for row in telling.outcome.accruals() if row[5]] == ["", "", "unlinked"]
    assert Membership.objects.get().spend_minor == -200


def test_order__other_currency_or_guest__means_nothing_to_the_program() -> None:
    open_program(ROLLING)
    telling = Telling("t", customers=1)
    order = telling.order(Bought(0, "a", MARCH, {BREAD: 1_000}))
    telling.place(
        [order._replace(currency="KRW"), order._replace(number="b", is_guest=True)], recorded_at=NOW
    )

    assert not Membership.objects.exists()
    assert not Transfer.objects.exists()


def test_advance_task__worker_comes_by__points_open_lapse_and_tiers_are_reviewed() -> None:
    open_program(
        TiersDraft(LEVELS, window_size=30), rules=[HALF_MORE], terms=TermsDraft(14, Expiry.ROLLING_DAYS, 20)
    )
    telling = Telling("t", customers=3)
    telling.tell([Bought(who, f"{who}", MARCH, {BREAD: 20_000}) for who in range(3)], recorded_at=MARCH)
    task = find_task("rewards.advance")
    assert task is not None

    reported: list[int] = []
    for day in (10, 14, 21, 30):
        task.handler(Due(at=MARCH + day * DAY), Reporter(reported))

    kinds = [
        one.kind
        for one in Transfer.objects.filter(customer_id=telling.customer_ids[0]).order_by("occurred_at")
    ]
    assert kinds == ["earn", "post", "expire"]
    assert {one.level for one in Membership.objects.all()} == {0}
    assert reported == [3, 3, 3]


class Reporter:
    """What a task tells of how far it has come."""

    job_id = b""
    at = MARCH

    def __init__(self, reported: list[int]) -> None:
        self._reported = reported

    def report(self, done: int, total: int | None = None) -> None:
        """Note it."""
        self._reported.append(done)
