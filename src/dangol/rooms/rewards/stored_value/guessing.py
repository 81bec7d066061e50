"""Looking gift cards up for whoever may be guessing: wrong ones are counted, and nothing is told of why."""

from collections.abc import Sequence
from datetime import datetime

from dangol.core.storage.ids import Id
from dangol.rooms.rewards.coupons.guessing import EVERYBODY, MOST_CODES, TooManyCodes, count_guess
from dangol.rooms.rewards.stored_value.codes import CardRef
from dangol.rooms.rewards.stored_value.errors import UnknownGiftCard
from dangol.rooms.rewards.stored_value.models import CardState, GiftCard
from dangol.rooms.rewards.stored_value.selectors import CardView, find_card_by_code

# Apart from coupons: whoever guesses cards shuts no coupons for all others, nor the other way.
OF_ALL = EVERYBODY._replace(kind="card-guess")


def guard_cards(refs: Sequence[CardRef], *, customer_id: Id | None, address: str, at: datetime) -> None:
    """Count a guess where a member, or anybody on the web, names cards; a till's staff need it not.

    A card that is unknown, shut or not sold yet makes it a wrong one. Five within a quarter of an hour close
    the door, as for coupons, with which they are counted; of all together 300 an hour are let through, apart
    from coupons. Raises TooManyGuesses, TooManyCodes above five, and GuesserUnknown without a member and an
    address.

    Must not be called inside a transaction: a guess stays counted whatever becomes of it.
    """
    if len(refs) > MOST_CODES:
        raise TooManyCodes(most=MOST_CODES)
    if refs:
        count_guess(
            lambda: _are_all_there(refs), customer_id=customer_id, address=address, at=at, everybody=OF_ALL
        )


def find_guessed_card(ref: CardRef, *, customer_id: Id | None, address: str, at: datetime) -> CardView:
    """Return a card that somebody names who may be guessing; raises as `guard_cards`, or UnknownGiftCard.

    One that is shut or not sold yet is answered as one there is not.
    """
    guard_cards([ref], customer_id=customer_id, address=address, at=at)
    found = find_card_by_code(ref, at=at)
    if found.state is not CardState.ACTIVE:
        raise UnknownGiftCard(card=ref.tail)
    return found


def _are_all_there(refs: Sequence[CardRef]) -> bool:
    wanted = {bytes.fromhex(ref.hash) for ref in refs}
    return GiftCard.objects.filter(code_hash__in=wanted, state=CardState.ACTIVE).count() == len(wanted)
