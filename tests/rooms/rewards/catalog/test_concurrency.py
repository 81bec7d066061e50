"""Many processes redeem at once: the last piece, the last code and the last points go to exactly one."""

from collections import Counter
from pathlib import Path

import pytest

from dangol.core.ledger import invariants
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id
from dangol.domain.redeeming import RewardKind
from dangol.project.checks import all_checks
from dangol.rooms.rewards.catalog.editing import import_codes
from dangol.rooms.rewards.catalog.models import Redemption, RewardCode, RewardStock
from dangol.rooms.rewards.catalog.selectors import find_redemption
from dangol.rooms.rewards.coupons.models import CouponCode
from tests.rooms.rewards.catalog.shop import CLERK, NOW, member_with, open_shop, redeem, reward
from tests.rooms.rewards.catalog.writers import TRIES, WRITERS, race, race_for_coupons
from tests.rooms.rewards.coupons.shop import batch
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ROUNDS = SIZE.rounds if SIZE.soak else 3


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def one_winner_each(told: list[tuple[int, str]], refusal: str) -> None:
    assert not SIZE.soak or WRITERS * TRIES >= 200
    assert len(told) == ROUNDS * WRITERS * TRIES
    assert Counter(told) == {
        (number, how): times
        for number in range(ROUNDS)
        for how, times in (("won", 1), (refusal, WRITERS * TRIES - 1))
    }
    assert Redemption.objects.count() == ROUNDS
    assert [one.check.name for one in verify(invariants.checks()) if not one.is_kept] == []


def by_many(rewards: list[Id]) -> list[list[list[tuple[Id, Id]]]]:
    """Return rounds in which many members want the same reward."""
    crowd = [[member_with(60 * ROUNDS, f"{w} {t}") for t in range(TRIES)] for w in range(WRITERS)]
    return [[[(member, one) for member in members] for members in crowd] for one in rewards]


def test_redeem__last_piece_wanted_by_many__exactly_one_has_it(tmp_path: Path) -> None:
    rounds = by_many([reward(1) for _ in range(ROUNDS)])

    told = race(rounds, tmp_path)

    one_winner_each(told, "rewards.sold_out")
    assert set(RewardStock.objects.values_list("left", flat=True)) == {0}


def test_redeem__last_code_wanted_by_many__exactly_one_has_it(tmp_path: Path) -> None:
    cards = [reward(kind=RewardKind.CODE) for _ in range(ROUNDS)]
    for card in cards:
        import_codes(card, ["ONLY"], actor=CLERK, at=NOW)

    told = race(by_many(cards), tmp_path)

    one_winner_each(told, "rewards.sold_out")
    assert not RewardCode.objects.filter(redemption_id=None).exists()


def test_redeem__last_coupon_wanted_by_many__exactly_one_has_it(tmp_path: Path) -> None:
    batches = [batch(code_count=1) for _ in range(ROUNDS)]
    offers = [reward(kind=RewardKind.COUPON, batch_id=one) for one in batches]

    told = race(by_many(offers), tmp_path)

    one_winner_each(told, "rewards.sold_out")
    assert CouponCode.objects.exclude(customer_id=None).count() == ROUNDS


def test_coupon__used_and_taken_back_at_once__exactly_one_of_them_happens(tmp_path: Path) -> None:
    offer = reward(kind=RewardKind.COUPON, batch_id=batch(code_count=ROUNDS))
    members = [member_with(100, f"m{number}") for number in range(ROUNDS)]
    taken = [(one, redeem(one, offer)) for one in members]

    told = Counter(race_for_coupons(taken, tmp_path))

    for number, (member, made) in enumerate(taken):
        found = find_redemption(member, made)
        used, canceled = told[number, "used"], told[number, "canceled"]
        # Half try to use it in a sale of their own, half to take it back.
        assert used + canceled == 1
        assert (found.is_used, found.state.value == "canceled") == (used == 1, canceled == 1)
        assert balances_of([member], "P")[member].available == (100 if canceled else 40)
    assert [one.check.name for one in verify(all_checks()) if not one.is_kept] == []


def test_redeem__sixty_points_of_a_hundred_many_times__exactly_one_is_paid(tmp_path: Path) -> None:
    mug = reward()
    rounds = [
        [[(member, mug)] * TRIES] * WRITERS
        for member in (member_with(100, f"m{number}") for number in range(ROUNDS))
    ]

    told = race(rounds, tmp_path)

    one_winner_each(told, "points.insufficient")


def test_redeem__once_a_member_wanted_many_times__exactly_one_is_had(tmp_path: Path) -> None:
    cups = [reward(limit_count=1) for _ in range(ROUNDS)]
    member = member_with(60 * ROUNDS * WRITERS)

    told = race([[[(member, cup)] * TRIES] * WRITERS for cup in cups], tmp_path)

    one_winner_each(told, "rewards.limit_reached")
