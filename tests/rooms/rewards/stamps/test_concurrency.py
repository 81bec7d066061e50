"""Many processes stamp, give and undo at once: no stamp is lost, and each full card gives exactly once."""

from collections import Counter

import pytest

from dangol.core.ledger.models import Transfer
from dangol.core.storage.ids import Id
from dangol.domain.stamps import GiftKind
from dangol.rooms.rewards.catalog.editing import change_stock
from dangol.rooms.rewards.catalog.models import Redemption, RewardStock
from dangol.rooms.rewards.stamps.models import StampMove
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stamps.shop import CLERK, broken, mug, points_of, program, shown, stamp
from tests.rooms.rewards.stamps.writers import TRIES, WRITERS, give_often, race, stamp_often, undo_often
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ROUNDS = SIZE.rounds if SIZE.soak else 2


@pytest.fixture
def members() -> list[Id]:
    assert not SIZE.soak or WRITERS * TRIES >= 200
    return open_shop(*(f"m{number}" for number in range(ROUNDS)))


def test_stamp__many_times_at_once__each_full_card_gives_once(members: list[Id]) -> None:
    card = program()

    race(stamp_often, [(card, members)] * WRITERS)

    full, rest = divmod(WRITERS * TRIES, 10)
    for member in members:
        assert Counter(shown(member)) == {("given", 10): full, ("open", rest): 1}
        assert points_of(member) == 500 * full
    assert Transfer.objects.filter(reason="stamps").count() == full * ROUNDS
    assert StampMove.objects.count() == WRITERS * TRIES * ROUNDS
    assert broken() == []


def test_give__one_full_card_many_times__takes_one_piece(members: list[Id]) -> None:
    cup = mug(0)
    card = program(gives=GiftKind.REWARD, target_id=cup)
    for member in members:
        stamp(member, card, 10)
    change_stock(cup, 500, actor=CLERK, at=AT)

    race(give_often, [(card, members)] * WRITERS)

    assert [shown(member) for member in members] == [[("given", 10)]] * ROUNDS
    assert Redemption.objects.count() == ROUNDS
    assert sum(RewardStock.objects.values_list("left", flat=True)) == 500 - ROUNDS
    assert broken() == []


def test_undo__same_stamps_many_times__takes_their_points_once(members: list[Id]) -> None:
    card = program()
    mistakes = [(member, stamp(member, card, 10)) for member in members]

    race(undo_often, [(mistakes,)] * WRITERS)

    assert [points_of(member) for member in members] == [0] * ROUNDS
    assert StampMove.objects.filter(kind="undo").count() == ROUNDS
    assert broken() == []
