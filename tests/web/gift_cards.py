"""Gift cards of the story's shop, and what its regular has of credit and cards."""

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.cards import BatchDraft, CardDraft, block, claim, make_batch, sell_card
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.credit import give_credit
from dangol.rooms.rewards.stored_value.models import GiftCard, GiftCardBatch
from tests.web.story import CURRENCY, NOW, Story

BY = By(Actor(ActorKind.STAFF, "clerk", "Clerk"), NOW)


def tell_gift_cards(story: Story) -> tuple[Id, Id, Id]:
    """Sell a card the regular holds and one that is blocked, and make a batch, once; returns all three."""
    if known := GiftCardBatch.objects.values_list("id", flat=True).first():
        held_id, shut_id = (
            GiftCard.objects.filter(batch_id=None).order_by("id").values_list("id", flat=True)[:2]
        )
        return held_id, shut_id, known
    held = sell_card(CardDraft(5_000, CURRENCY), by=BY)
    claim(refs_of([held.code])[0], story.regular, by=BY)
    shut = sell_card(CardDraft(2_500, CURRENCY, is_given=True, reason="event"), by=BY)
    block(shut.id, is_blocked=True, reason="lost", by=BY)
    give_credit(story.regular, 1_250, CURRENCY, key="story", reason="sorry", by=BY)
    return held.id, shut.id, make_batch(BatchDraft("설상품권", 2_000, CURRENCY, 3), by=BY)
