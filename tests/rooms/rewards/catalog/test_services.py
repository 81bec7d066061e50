"""Redeeming, handing over and taking back: what is spent, what is taken, and what is refused."""

from datetime import timedelta

import pytest

from dangol.core.access.members.confirming import ConfirmationRequired
from dangol.core.events.models import Event
from dangol.core.ledger import invariants
from dangol.core.ledger.models import Lot
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.storage.ids import Id, new_id
from dangol.domain.errors import DomainError
from dangol.domain.points import InsufficientPoints
from dangol.domain.redeeming import (
    LimitReached,
    NotForTier,
    NotOffered,
    Period,
    RedemptionOver,
    RedemptionState,
    RewardKind,
)
from dangol.rooms.rewards.catalog import selectors
from dangol.rooms.rewards.catalog.consumers import CLOSE_VOUCHERS
from dangol.rooms.rewards.catalog.editing import (
    RewardDraft,
    archive_reward,
    change_reward,
    change_stock,
    create_reward,
    import_codes,
)
from dangol.rooms.rewards.catalog.errors import (
    InvalidReward,
    NotSoMuchStock,
    RedemptionKeyReused,
    RewardChanged,
    SoldOut,
    UnknownRedemption,
    UnknownReward,
)
from dangol.rooms.rewards.catalog.models import Redemption, RedemptionMove, RewardChange, RewardCode
from dangol.rooms.rewards.catalog.selectors import Obstacle, Query
from dangol.rooms.rewards.catalog.services import (
    By,
    Payment,
    cancel_redemption,
    hand_over,
    redeem_reward,
    reveal_code,
)
from dangol.rooms.rewards.catalog.takeout import read_redemptions
from dangol.rooms.rewards.services import set_tier
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.catalog.shop import (
    BY,
    CLERK,
    NOW,
    POINTS,
    member_with,
    open_shop,
    redeem,
    reward,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def points_of(member: Id) -> int:
    return balances_of([member], POINTS)[member].available


def left_of(reward_id: Id) -> int | None:
    return selectors.find_reward(reward_id).left


def broken() -> list[str]:
    return [finding.check.name for finding in verify(invariants.checks()) if not finding.is_kept]


def told(member: Id) -> list[str]:
    names = Event.objects.filter(customer_id=member).order_by("customer_seq").values_list("name", flat=True)
    return [name for name in names if name.startswith("reward.")]


def test_redeem__points_and_stock__are_taken_once_and_told() -> None:
    member, mug = member_with(100), reward(3)

    made = redeem(member, mug)
    again = redeem(member, mug)

    assert made == again
    assert points_of(member) == 40
    assert left_of(mug) == 2
    assert told(member) == ["reward.redeemed"]
    [voucher] = selectors.open_vouchers(member, at=NOW)
    assert (voucher.id, voucher.points, voucher.state) == (made, 60, RedemptionState.ISSUED)
    assert broken() == []


def test_redeem__key_of_another_reward__is_refused() -> None:
    member = member_with(200)
    redeem(member, reward(3))

    with pytest.raises(RedemptionKeyReused):
        redeem(member, reward(3))

    assert points_of(member) == 140


@pytest.mark.parametrize(
    ("fields", "points", "refusal"),
    [
        ({}, 59, InsufficientPoints),
        ({"stock": 0}, 100, SoldOut),
        ({"price": None, "tier_prices": {"gold": 10}}, 100, NotForTier),
        ({"active_to": NOW}, 100, NotOffered),
        ({"kind": RewardKind.CODE}, 100, SoldOut),
    ],
)
def test_redeem__refused__leaves_nothing_behind(
    fields: dict[str, object], points: int, refusal: type[DomainError]
) -> None:
    stock = fields.pop("stock", None)
    member = member_with(points)
    mug = reward(stock, **fields)  # type: ignore[arg-type]

    with pytest.raises(refusal):
        redeem(member, mug)

    assert points_of(member) == points
    assert not Redemption.objects.exists()
    assert told(member) == []


def test_redeem__reward_nobody_knows__is_refused() -> None:
    with pytest.raises(UnknownReward):
        redeem(member_with(100), new_id())


def test_redeem__from_the_limit_on__asks_the_member() -> None:
    member, mug = member_with(100), reward(1)

    with pytest.raises(ConfirmationRequired):
        redeem_reward(member, mug, key="k", payment=Payment(60), by=BY)

    assert (points_of(member), left_of(mug)) == (100, 1)


def test_redeem__tier_of_the_member__has_its_price() -> None:
    member, mug = member_with(100), reward(price=90, tier_prices={"gold": 30})
    set_tier(member, tier="gold", at=NOW - timedelta(days=1), recorded_at=NOW)

    redeem(member, mug)

    assert points_of(member) == 70


def test_redeem__limit_of_a_month__counts_what_was_not_canceled_in_the_zone() -> None:
    # A month of New York: NOW is 30 January, 19:00 there.
    member, mug = member_with(600), reward(price=60, limit_count=2, limit_period=Period.MONTH)
    first = redeem(member, mug, "1")
    redeem(member, mug, "2")

    with pytest.raises(LimitReached):
        redeem(member, mug, "3")
    cancel_redemption(member, first, by=BY, reason="변심")
    redeem(member, mug, "3")
    with pytest.raises(LimitReached):
        redeem(member, mug, "4")
    redeem(member, mug, "4", By(CLERK, NOW + timedelta(days=2)))

    assert points_of(member) == 600 - 3 * 60


def test_redeem__limit__counts_both_ids_of_a_person_who_was_merged() -> None:
    kept, absorbed = member_with(100), member_with(100, "2")
    mug = reward(limit_count=1)
    made = redeem(absorbed, mug)
    merge_customers(kept, absorbed, actor=CLERK, reason="한 사람", at=NOW)
    with pytest.raises(LimitReached):
        redeem(kept, mug)

    hand_over(kept, made, by=BY)

    assert [one.state for one in selectors.redemptions_of(kept)] == [RedemptionState.HANDED_OVER]


def test_hand_over__twice__is_refused_and_history_has_who() -> None:
    member, mug = member_with(100), reward(1)
    made = redeem(member, mug)

    hand_over(member, made, by=BY)

    with pytest.raises(RedemptionOver):
        hand_over(member, made, by=BY)
    with pytest.raises(RedemptionOver):
        cancel_redemption(member, made, by=BY)
    moves = RedemptionMove.objects.filter(customer_id=member).order_by("number")
    assert list(moves.values_list("number", "state", "actor", "at")) == [
        (1, "issued", "kim", NOW), (2, "handed_over", "kim", NOW)
    ]  # fmt: skip
    assert told(member) == ["reward.redeemed", "reward.handed_over"]
    assert selectors.open_vouchers(member, at=NOW) == []


def test_hand_over__redemption_of_somebody_else__is_unknown() -> None:
    made = redeem(member_with(100), reward())

    with pytest.raises(UnknownRedemption):
        hand_over(member_with(0, "2"), made, by=BY)


def test_cancel__points__go_back_to_their_lot_with_its_expiry() -> None:
    member, mug = member_with(100), reward(1)
    before = list(Lot.objects.values_list("id", "left", "expires_at"))
    made = redeem(member, mug)

    cancel_redemption(member, made, by=By(CLERK, NOW + timedelta(days=3)), reason="변심")

    assert list(Lot.objects.values_list("id", "left", "expires_at")) == before
    assert left_of(mug) == 1
    assert told(member) == ["reward.redeemed", "reward.canceled"]
    with pytest.raises(RedemptionOver):
        cancel_redemption(member, made, by=BY)
    assert points_of(member) == 100
    assert broken() == []


@pytest.mark.parametrize("reads", [False, True])
def test_cancel__code__goes_back_to_its_pool_unless_it_could_be_read(reads: bool) -> None:
    member, card = member_with(100), reward(kind=RewardKind.CODE)
    assert import_codes(card, ["AAA", "BBB", "AAA", " "], actor=CLERK, at=NOW) == 2
    made = redeem(member, card)
    assert selectors.find_redemption(member, made).code is None
    if reads:
        reveal_code(member, made, at=NOW)
        assert selectors.find_redemption(member, made).code == "AAA"

    cancel_redemption(member, made, by=BY)

    assert left_of(card) == (1 if reads else 2)
    assert points_of(member) == 100


def test_redeem__codes__each_once_and_then_sold_out() -> None:
    member, card = member_with(300), reward(kind=RewardKind.CODE)
    import_codes(card, ["AAA", "BBB"], actor=CLERK, at=NOW)

    made = [redeem(member, card, str(number), reveals=True) for number in range(2)]

    assert {selectors.find_redemption(member, one).code for one in made} == {"AAA", "BBB"}
    with pytest.raises(SoldOut):
        redeem(member, card, "3")
    assert set(RewardCode.objects.values_list("redemption_id", flat=True)) == set(made)


def test_change_reward__price__counts_for_what_comes_after() -> None:
    member, mug = member_with(200), reward()
    first = redeem(member, mug, "1")

    change_reward(mug, RewardDraft("컵", price=100), expected=1, actor=CLERK, at=NOW)
    second = redeem(member, mug, "2")

    assert [selectors.find_redemption(member, one).points for one in (first, second)] == [60, 100]
    cancel_redemption(member, first, by=BY)
    assert points_of(member) == 100
    with pytest.raises(RewardChanged):
        change_reward(mug, RewardDraft("컵", price=1), expected=1, actor=CLERK, at=NOW)
    assert list(RewardChange.objects.order_by("revision").values_list("what", flat=True)) == [
        "made",
        "changed",
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name_ko": " "}, "name_ko"),
        ({"price": None}, "price"),
        ({"price": 0}, "price"),
        ({"tier_prices": {"plutonium": 5}}, "tier_prices"),
        ({"tier_prices": {"gold": -5}}, "price"),
        ({"limit_count": 0}, "limit_count"),
        ({"active_from": NOW, "active_to": NOW}, "active_to"),
        ({"voucher_days": 3_651}, "voucher_days"),
        ({"gives_back": True}, "gives_back"),
        ({"batch_id": new_id()}, "batch"),
        ({"kind": RewardKind.CODE, "voucher_days": 3}, "voucher_days"),
        ({"kind": RewardKind.COUPON}, "batch"),
        ({"kind": RewardKind.COUPON, "batch_id": new_id()}, "batch"),
    ],
)
def test_create_reward__field_that_makes_no_sense__is_named(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidReward) as refused:
        reward(**fields)  # type: ignore[arg-type]

    assert refused.value.data["field"] == field


def test_create_reward__same_form_twice__is_one() -> None:
    form = new_id()
    for _ in range(2):
        create_reward(RewardDraft("컵", price=5), kind=RewardKind.ITEM, reward_id=form, actor=CLERK, at=NOW)

    assert [one.id for one in selectors.list_rewards()] == [form]


def test_change_stock__more_and_less__is_what_is_left() -> None:
    member, mug = member_with(200), reward(3)
    redeem(member, mug)

    change_stock(mug, 300, actor=CLERK, at=NOW)
    assert left_of(mug) == 302
    change_stock(mug, -301, actor=CLERK, at=NOW)
    assert left_of(mug) == 1
    with pytest.raises(NotSoMuchStock):
        change_stock(mug, -2, actor=CLERK, at=NOW)
    redeem(member, mug, "2")
    assert left_of(mug) == 0


def test_archive_reward__open_voucher__is_still_handed_over() -> None:
    member, mug = member_with(200), reward()
    made = redeem(member, mug)

    archive_reward(mug, actor=CLERK, at=NOW)

    with pytest.raises(NotOffered):
        redeem(member, mug, "2")
    hand_over(member, made, by=BY)
    assert selectors.list_rewards() == []
    assert [one.id for one in selectors.list_rewards(archived=True)] == [mug]


def test_offers_for__member__what_it_costs_and_what_is_in_the_way() -> None:
    member = member_with(100)
    cheap, dear, gone = reward(price=50), reward(price=130), reward(0, price=40)
    gold, had = reward(price=None, tier_prices={"gold": 1}), reward(price=10, limit_count=1)
    reward(active_from=NOW + timedelta(days=1))
    redeem(member, had)

    offers = selectors.offers_for(member, at=NOW)

    assert [(one.reward.id, one.price, one.obstacle, one.missing) for one in offers] == [
        (had, 10, Obstacle.LIMIT, 0), (gone, 40, Obstacle.SOLD_OUT, 0), (cheap, 50, None, 0),
        (dear, 130, Obstacle.POINTS, 40), (gold, None, Obstacle.TIER, 0),
    ]  # fmt: skip


def test_list_redemptions__filters__find_what_is_asked_for() -> None:
    member, mug, cup = member_with(200), reward(), reward()
    first, second = redeem(member, mug, "1"), redeem(member, cup, "2", By(CLERK, NOW + timedelta(hours=1)))
    hand_over(member, first, by=BY)

    def found(query: Query) -> list[Id]:
        return [one.id for one in selectors.list_redemptions(query)]

    assert found(Query()) == [second, first]
    assert found(Query(state=RedemptionState.HANDED_OVER)) == [first]
    assert found(Query(reward_id=cup)) == [second]
    assert found(Query(redemption_id=first)) == [first]
    page = selectors.list_redemptions(Query(), limit=1)
    rest = selectors.list_redemptions(Query(), before=(page[0].redeemed_at, page[0].id))
    assert [one.id for one in rest] == [first]


def test_takeout__member__has_what_they_took_and_the_code_they_saw() -> None:
    member, card = member_with(200), reward(kind=RewardKind.CODE)
    import_codes(card, ["AAA", "BBB"], actor=CLERK, at=NOW)
    redeem(member, card, "1", reveals=True)
    redeem(member, card, "2")

    facts = read_redemptions([member])

    assert [(one["reward"], one["points"], one["code"]) for one in facts] == [
        ("머그컵", 60, "AAA"), ("머그컵", 60, None)
    ]  # fmt: skip


def test_erased__open_voucher__goes_back_to_stock_and_no_points_come_back() -> None:
    member, mug = member_with(100), reward(1)
    redeem(member, mug)
    erase_customer(member, actor=CLERK, reason="요청", at=NOW)

    let_worker_by(CLOSE_VOUCHERS)

    assert left_of(mug) == 1
    assert points_of(member) == 40
    assert Redemption.objects.get().state == "canceled"
    assert broken() == []
