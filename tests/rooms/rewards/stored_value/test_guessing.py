"""Guessed gift cards: counted for somebody, and apart from coupons where all are counted together."""

import pytest

from dangol.core.access.members.paces import spend
from dangol.rooms.rewards.coupons.guessing import EVERYBODY, GuesserUnknown, TooManyGuesses, guard_guess
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.guessing import OF_ALL, find_guessed_card, guard_cards
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import ref, sold

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HERE = "203.0.113.7"


def test_guess__of_nobody_from_nowhere__is_refused_and_counts_for_nobody_else() -> None:
    (kim,) = open_shop("kim")
    card = sold()

    for _ in range(2):
        with pytest.raises(GuesserUnknown):
            find_guessed_card(ref(card), customer_id=None, address="", at=AT)
        with pytest.raises(GuesserUnknown):
            guard_guess(["NOBODY"], customer_id=None, address="", at=AT)

    assert find_guessed_card(ref(card), customer_id=None, address=HERE, at=AT).id == card.id
    assert find_guessed_card(ref(card), customer_id=kim, address="", at=AT).id == card.id


@pytest.mark.parametrize("is_of_cards", [True, False])
def test_guesses__of_all_together_used_up__shut_cards_or_coupons_alone(is_of_cards: bool) -> None:
    open_shop("kim")
    mine, other = (OF_ALL, EVERYBODY) if is_of_cards else (EVERYBODY, OF_ALL)
    assert (mine.burst, mine.within) == (other.burst, other.within)
    for _ in range(mine.burst):
        spend([(mine, "")], at=AT)

    def guess_card() -> None:
        guard_cards(refs_of(["GC-0"]), customer_id=None, address=HERE, at=AT)

    def guess_coupon() -> None:
        guard_guess(["NOBODY"], customer_id=None, address=HERE, at=AT)

    shut, is_open = (guess_card, guess_coupon) if is_of_cards else (guess_coupon, guess_card)
    with pytest.raises(TooManyGuesses):
        shut()
    is_open()
