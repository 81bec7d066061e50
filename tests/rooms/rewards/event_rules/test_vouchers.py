"""Points for redeeming: what became of the reward decides whether they stay."""

import pytest

from dangol.core.ledger.services import earn_points
from dangol.domain.redeeming import RewardKind
from dangol.rooms.rewards.catalog.editing import RewardDraft, create_reward
from dangol.rooms.rewards.catalog.services import By, Payment, give_reward, lapse_some, redeem_reward
from dangol.rooms.rewards.event_rules.models import EventRuleAward
from tests.rooms.rewards.event_rules.shop import AT, DAY, broken, let_by, open_shop, points_of, rule
from tests.rooms.rewards.promotions.shop import CURRENCY
from tests.rooms.rewards.referrals.shop import CLERK

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.mark.parametrize("is_given", [False, True])
@pytest.mark.parametrize(("gives_back", "kept"), [(True, 0), (False, 50)])
def test_take_back__voucher_not_picked_up__only_where_it_counts_as_not_redeemed(
    is_given: bool, gives_back: bool, kept: int
) -> None:
    (minji,) = open_shop("minji")
    rule(name="교환", event="reward.redeemed", points=50)
    earn_points(minji, points=100, currency=CURRENCY, key="s", at=AT, expires_at=None)
    draft = RewardDraft("컵", price=100, voucher_days=0, gives_back=gives_back)
    cup = create_reward(draft, kind=RewardKind.ITEM, stock_count=None, actor=CLERK, at=AT)
    if is_given:
        give_reward(minji, cup, key="1", by=By(CLERK, AT))
    else:
        redeem_reward(minji, cup, key="1", payment=Payment(10**9), by=By(CLERK, AT))
    let_by()
    assert points_of(minji) == 50

    assert lapse_some(as_of=AT + DAY) == 1
    let_by()

    assert points_of(minji) == kept
    assert EventRuleAward.objects.filter(taken_back_at=None).exists() == bool(kept)
    assert broken() == []
