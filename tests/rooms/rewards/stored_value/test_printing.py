"""Codes of a batch shown again: never those of cards that are somebody's."""

import pytest

from dangol.core.people.actors import ReasonMissing
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.stored_value import cards
from dangol.rooms.rewards.stored_value.cards import BatchDraft
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.models import GiftCardAct
from dangol.rooms.rewards.stored_value.printing import codes_of, count_free
from tests.rooms.rewards.promotions.shop import open_shop
from tests.rooms.rewards.stored_value.shop import BY, held

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def ids_of(batch: Id) -> list[Id]:
    return [one.id for one in codes_of(batch, reason="인쇄", by=BY)]


def test_codes__of_cards_for_sale__are_those_not_sold_yet() -> None:
    open_shop("kim")
    batch = cards.make_batch(BatchDraft("설", 5_000, "KRW", 3), by=BY)
    first, second, third = ids_of(batch)

    cards.activate(second, key="sold", by=BY)

    assert ids_of(batch) == [first, third]
    assert [one.id for one in codes_of(batch, reason="인쇄", by=BY, after=first, limit=1)] == [third]
    assert (count_free(batch), count_free(batch, up_to=first)) == (2, 1)
    with pytest.raises(ReasonMissing):
        codes_of(batch, reason=" ", by=BY)
    assert GiftCardAct.objects.filter(act="shown", card_id=second).count() == 1


def test_codes__of_given_cards__are_those_nobody_holds_or_has_used() -> None:
    (kim,) = open_shop("kim")
    draft = BatchDraft("사은", 5_000, "KRW", 5, is_given=True, reason="개업")
    batch = cards.make_batch(draft, by=BY)
    mine, spent, loaded, shut, free = codes_of(batch, reason="인쇄", by=BY)
    cards.claim(refs_of([mine.code])[0], kim, by=BY)
    held(None, ("coffee", 2_000, 1), gift_cards=refs_of([spent.code]))
    cards.top_up(loaded.id, 5_000, key="more", by=BY)
    cards.block(shut.id, is_blocked=True, reason="분실", by=BY)

    assert ids_of(batch) == [free.id]
