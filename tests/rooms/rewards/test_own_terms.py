"""Rules with terms of their own, and tiers whose points last longer: lots, returns, corrections, whys."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.core.ledger.models import Account, Lot, PointCurrency, Transfer
from dangol.core.ledger.services import spend_points
from dangol.domain.accrual import Expiry
from dangol.rooms.rewards.checking import InvalidRule
from dangol.rooms.rewards.models import Accrual, AccrualPortion
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from dangol.rooms.rewards.verify import checks
from dangol.rooms.rewards.whys import accruals_of, whys_of
from tests.rooms.rewards.shop import BREAD, ICE, OPENED, Bought, Brought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True)
ZONE = ZoneInfo("America/New_York")
MARCH = datetime(2025, 3, 1, 17, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = MARCH + 19 * DAY
TIERS = TiersDraft(
    [LevelDraft("member", "m", 0), LevelDraft("silver", "s", 10_000, extra_months=6)], window_size=30
)
BASE = RuleDraft("Base", 1, 100)
ICES = RuleDraft("Ices", 1, 50, category=ICE, pending_days=0, expiry=Expiry.ROLLING_DAYS, expiry_count=10)


def midnight(month: int, day: int) -> datetime:
    """Return the first instant of a day of 2025 in the shop."""
    return datetime(2025, month, day, tzinfo=ZONE).astimezone(UTC)


def open_shop(terms: TermsDraft | None = None) -> Telling:
    """Open the program of the page docs/algorithms/earning.md."""
    open_program(TIERS, rules=[BASE, ICES], terms=terms or TermsDraft(14, Expiry.ROLLING_MONTHS, 6))
    return Telling("t", customers=1)


def lots() -> list[tuple[int, datetime, datetime | None]]:
    """Return what is left of each lot, when it opens and lapses; those of one instant by their points."""
    return [
        (lot.left, lot.release_at, lot.expires_at)
        for lot in Lot.objects.order_by("earned_at", "points", "id")
        if lot.left
    ]


def test_purchase__rule_with_own_terms__a_lot_of_its_own_that_names_rule_and_version() -> None:
    telling = open_shop()

    telling.tell([Bought(0, "a", MARCH, {ICE: 2_000, BREAD: 3_000})], recorded_at=MARCH)

    assert lots() == [
        (40, MARCH, midnight(3, 12)),
        (50, midnight(3, 15), midnight(9, 2)),
    ]
    rest, ices = AccrualPortion.objects.order_by("number")
    (judged,) = Accrual.objects.all()
    assert (judged.points, judged.lot_id, rest.rule_id, rest.points) == (90, rest.lot_id, None, 50)
    assert (ices.rule_version, ices.points) == (1, 40)
    (why,) = accruals_of([(judged.customer_id, judged.order_id)])
    assert [(one.rule and one.rule[2], one.points, one.lot.expires_at) for one in why.portions] == [
        (None, 50, midnight(9, 2)),
        ("Ices", 40, midnight(3, 12)),
    ]
    moved = set(Transfer.objects.filter(kind="earn").values_list("id", flat=True))
    assert moved == {rest.transfer_id, ices.transfer_id}
    assert set(whys_of(judged.customer_id, moved)) == moved


def test_purchase__all_under_the_programs_terms__one_lot_and_no_portion() -> None:
    telling = open_shop()

    telling.tell([Bought(0, "a", MARCH, {BREAD: 3_000})], recorded_at=MARCH)

    assert lots() == [(30, midnight(3, 15), midnight(9, 2))]
    assert not AccrualPortion.objects.exists()


def test_purchase__in_a_tier_whose_points_last_longer__its_months_more_for_every_rule() -> None:
    telling = open_shop()
    telling.tell([Bought(0, "a", MARCH, {BREAD: 12_000})], recorded_at=MARCH)

    telling.tell([Bought(0, "b", MARCH + DAY, {ICE: 1_000})], recorded_at=MARCH + DAY)

    assert [one[::2] for one in lots()] == [
        (120, midnight(9, 2)),  # bought as a member
        (10, datetime(2026, 3, 3, tzinfo=ZONE)),
        (20, midnight(9, 13)),  # 12 March and six months
    ]


def test_spend__lots_of_one_order__soonest_to_lapse_first() -> None:
    telling = open_shop(TermsDraft(0, Expiry.ROLLING_MONTHS, 6))
    telling.tell([Bought(0, "a", MARCH, {ICE: 2_000})], recorded_at=MARCH)

    spend_points(telling.customer_ids[0], points=45, currency="P", key="s", at=MARCH + DAY)

    assert lots() == [(15, MARCH, midnight(9, 2))]


def test_return__goods_of_one_rule__each_portion_gives_what_its_rules_earned() -> None:
    telling = open_shop()
    telling.tell([Bought(0, "a", MARCH, {ICE: 2_000, BREAD: 3_000})], recorded_at=MARCH)

    telling.tell([Brought(0, "r", MARCH + DAY, {ICE: 500}, "a")], recorded_at=MARCH + DAY)

    assert [one[0] for one in lots()] == [30, 45]
    back = accruals_of([(telling.customer_ids[0], Accrual.objects.all()[0].order_id)])[-1]
    assert [(one.rule and one.rule[2], one.points) for one in back.portions] == [(None, -5), ("Ices", -10)]
    assert (back.points, back.is_return) == (-15, True)


def test_late_order__lifts_a_tier__points_move_to_lots_that_last_as_long_as_they_should() -> None:
    telling = open_shop()
    telling.tell([Bought(0, "known", MARCH + 5 * DAY, {BREAD: 4_000})], recorded_at=MARCH + 5 * DAY)

    telling.tell([Bought(0, "late", MARCH, {BREAD: 12_000})], recorded_at=NOW)

    assert [one[::2] for one in lots()] == [
        (120, midnight(9, 2)),
        (40, datetime(2026, 3, 7, tzinfo=ZONE)),
    ]
    correction = accruals_of([(telling.customer_ids[0], Accrual.objects.get(number=2).order_id)])[-1]
    assert (correction.points, correction.zero, correction.transfer_id) == (0, "same_points", None)
    assert [one.points for one in correction.portions] == [-40, 40]


@pytest.mark.parametrize("shortfall", ["debt", "floor"])
def test_late_order__points_were_spent__none_are_let_go_and_none_won(shortfall: str) -> None:
    telling = open_shop(TermsDraft(0, Expiry.ROLLING_MONTHS, 6))
    PointCurrency.objects.update(shortfall=shortfall)
    telling.tell([Bought(0, "known", MARCH + 5 * DAY, {BREAD: 4_000})], recorded_at=MARCH + 5 * DAY)
    spend_points(telling.customer_ids[0], points=40, currency="P", key="s", at=MARCH + 6 * DAY)

    telling.tell([Bought(0, "late", MARCH, {BREAD: 12_000})], recorded_at=NOW)

    balances = {one.kind: one.balance for one in Account.objects.all() if one.balance}
    assert balances == {"available": 120, "issued": -160, "spent": 40}
    assert all(not check.look().offenders for check in checks())


@pytest.mark.parametrize(
    ("rule", "extra_months", "field"),
    [
        (ICES._replace(expiry_count=0), 0, "expiry_count"),
        (ICES._replace(expiry_count=4_000), 0, "expiry_count"),
        (ICES._replace(pending_days=-1), 0, "pending_days"),
        (ICES, -1, "levels.silver.extra_months"),
        (ICES, 121, "levels.silver.extra_months"),
    ],
)
def test_create_program__own_terms_that_make_no_sense__refused_at_the_field(
    rule: RuleDraft, extra_months: int, field: str
) -> None:
    tiers = TIERS._replace(levels=[TIERS.levels[0], TIERS.levels[1]._replace(extra_months=extra_months)])

    with pytest.raises(InvalidRule) as refusal:
        create_program(
            name="P", points_currency="P", money_currency="USD", zone=str(ZONE), rules=[rule],
            terms=TermsDraft(), tiers_draft=tiers, recorded_at=OPENED,
        )  # fmt: skip

    assert refusal.value.data["field"] == field
