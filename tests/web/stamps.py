"""Stamp cards of the story's shop, and what its regular has of them."""

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id
from dangol.domain.redeeming import RewardKind
from dangol.domain.stamps import GiftKind, OnReturn
from dangol.rooms.rewards.catalog.editing import RewardDraft, create_reward
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stamps.editing import ProgramDraft, create_program
from dangol.rooms.rewards.stamps.models import StampProgram
from dangol.rooms.rewards.stamps.services import add_stamps
from tests.web.story import NOW, Story

CLERK = Actor(ActorKind.STAFF, "clerk")


def tell_stamps(story: Story) -> tuple[Id, Id]:
    """Make a card for coffee that gives points, and one for cake whose cups are out; what is there stays.

    The regular has filled one of each, and begun the next of coffee.
    """
    made = dict(StampProgram.objects.values_list("key", "id"))
    if not made:
        coffee = ProgramDraft(
            "커피 카드", 10, GiftKind.POINTS, 500, name_en="Coffee card", about_ko="한 잔에 하나",
            about_en="One for each cup", valid_days=90, on_return=OnReturn.DEBT,
        )  # fmt: skip
        cup = RewardDraft("유리컵", "Glass", price=50)
        glass = create_reward(cup, kind=RewardKind.ITEM, stock_count=0, actor=CLERK, at=NOW)
        cake = ProgramDraft("케이크 카드", 5, GiftKind.REWARD, target_id=glass, name_en="Cake card")
        made["coffee"] = create_program(coffee, key="coffee", actor=CLERK, at=NOW)
        made["cake"] = create_program(cake, key="cake", actor=CLERK, at=NOW)
    for key, count in (("coffee", 13), ("cake", 5)):
        by = By(CLERK, NOW)
        add_stamps(story.regular, made[key], count=count, key=f"story {key}", reason="story", by=by)
    return made["coffee"], made["cake"]
