"""Rewards of the story's shop, and what its regular took of them."""

from datetime import timedelta

from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import earn_points
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id
from dangol.domain.redeeming import Period, RewardKind
from dangol.rooms.rewards.catalog.editing import RewardDraft, create_reward, import_codes
from dangol.rooms.rewards.catalog.models import Redemption, Reward
from dangol.rooms.rewards.catalog.services import By, Payment, redeem_reward
from tests.web.story import CURRENCY, NOW, Story

CLERK = Actor(ActorKind.STAFF, "clerk")
CUP = RewardDraft(
    "머그컵", "Mug", "하나씩 드려요", "One each", 50, {"gold": 40}, 2, Period.MONTH,
    NOW - timedelta(days=10), NOW + timedelta(days=40),
)  # fmt: skip
CARD = RewardDraft("영화표", "Cinema ticket", price=30)


def tell_rewards(story: Story) -> tuple[Id, Id, Id, Id]:
    """Make a cup and a pool of tickets, of each of which the regular takes one; what is there stays.

    Returns both rewards, and the two redemptions.
    """
    made = dict(Reward.objects.values_list("name_ko", "id"))
    if not made:
        made["머그컵"] = create_reward(CUP, kind=RewardKind.ITEM, stock_count=9, actor=CLERK, at=NOW)
        made["영화표"] = create_reward(CARD, kind=RewardKind.CODE, actor=CLERK, at=NOW)
        import_codes(made["영화표"], ["FILM-1", "FILM-2"], actor=CLERK, at=NOW)
    cup, card = made["머그컵"], made["영화표"]
    give_points(story, 200)
    return cup, card, take(story, cup), take(story, card)


def give_points(story: Story, wanted: int) -> None:
    """Let the regular have so many points at least."""
    if balances_of([story.regular], CURRENCY)[story.regular].available < wanted:
        earn_points(story.regular, points=wanted, currency=CURRENCY, key=f"give {wanted}", at=NOW)


def take(story: Story, reward_id: Id) -> Id:
    """Let the regular take a reward, unless they have."""
    taken = Redemption.objects.filter(customer_id=story.regular, reward_id=reward_id).first()
    if taken is not None:
        return taken.id
    by = By(CLERK, NOW - timedelta(hours=1))
    return redeem_reward(story.regular, reward_id, key=reward_id.hex(), payment=Payment(10**9), by=by)
