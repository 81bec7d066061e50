"""Looking codes up for whoever may be guessing: wrong ones are counted, and nothing is told of why."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dangol.core.access.attempts import Subject, begin_attempt, end_attempt
from dangol.core.access.members.paces import Limit, TooOften, require_room, spend
from dangol.core.access.staff_errors import TooManyAttempts
from dangol.core.metrics import COUPON_MISSES
from dangol.core.storage.ids import Id, show_id
from dangol.domain.errors import Malformed
from dangol.domain.promotions.rules import Coupon
from dangol.rooms.rewards.coupons.services import look_up

MOST_CODES = 5
# Wrong guesses of all members together: an honest day has some, a thousand machines that guess have more.
EVERYBODY = Limit("coupon-guess", 300, timedelta(hours=1))


class TooManyGuesses(TooOften):
    """Too many codes were wrong of late, by this member, from this address or in all; wait `seconds`."""

    code = "coupons.too_many_guesses"


class GuesserUnknown(Malformed):
    """A shopper wrote a code, and neither who they are nor their address (`field`) was told."""

    code = "coupons.guesser_unknown"


class TooManyCodes(Malformed):
    """More codes at once than `most`: guesses are counted one request at a time."""

    code = "coupons.too_many_codes"


def guard_guess(
    codes: Sequence[str], *, customer_id: Id | None, address: str, at: datetime, sale_id: Id | None = None
) -> tuple[Coupon, ...]:
    """Do as `look_up` where a member, or anybody on the web, writes the codes; a till's staff need it not.

    A code that is unknown, used up, blocked, somebody else's or not valid yet is answered as an unknown one,
    as it was given, and makes the request a wrong guess. Of these five within a quarter of an hour close the
    door to that member, and to that address, for a minute, each further one for twice as long, an hour at
    most (`domain/lockouts`); right ones in between make none of them undone. Of all together 300 an hour are
    let through. Raises TooManyGuesses then, which the API answers with 429, TooManyCodes above five, and
    GuesserUnknown without a member and an address: such guesses would count for nobody.

    Must not be called inside a transaction: a guess stays counted whatever becomes of the sale.
    """
    if len(codes) > MOST_CODES:
        raise TooManyCodes(most=MOST_CODES)
    if not codes:
        return ()
    found: tuple[Coupon, ...] = ()

    def is_right() -> bool:
        nonlocal found
        found = look_up(codes, customer_id=customer_id, sale_id=sale_id)
        return all(_is_right(coupon, at) for coupon in found)

    count_guess(is_right, customer_id=customer_id, address=address, at=at)
    return hide_wrong(codes, found, at=at)


def count_guess(
    is_right: Callable[[], bool],
    *,
    customer_id: Id | None,
    address: str,
    at: datetime,
    everybody: Limit | None = None,
) -> None:
    """Count a guess as wrong unless it `is_right`, as `guard_guess` does; raises TooManyGuesses or
    GuesserUnknown.

    Gift cards are guessed at the same door, and so counted with coupons of the same person or address;
    `everybody` is how many of one kind are let through of all together.
    """
    subjects, of_all = _subjects(customer_id, address), everybody or EVERYBODY
    if not subjects:
        raise GuesserUnknown(field="address")
    try:
        require_room(of_all, "", at=at)
        # Counted as wrong until it is known to be right: a hundred at the same instant count as a hundred.
        begin_attempt(subjects, at=at)
        if is_right():
            end_attempt(subjects)
        else:
            COUPON_MISSES.inc()
            spend([(of_all, "")], at=at)
    except TooManyAttempts as refusal:
        raise TooManyGuesses(seconds=60 * refusal.data["minutes"]) from refusal
    except TooOften as refusal:
        raise TooManyGuesses(**refusal.data) from refusal


def hide_wrong(codes: Sequence[str], found: Sequence[Coupon], *, at: datetime) -> tuple[Coupon, ...]:
    """Return what may be told to somebody who may be guessing: of a code they cannot use, nothing at all."""
    told = zip(codes, found, strict=True)
    return tuple(coupon if _is_right(coupon, at) else Coupon(code) for code, coupon in told)


def _subjects(customer_id: Id | None, address: str) -> dict[Subject, str]:
    subjects = {Subject.COUPON_ADDRESS: address} if address else {}
    return subjects | ({Subject.COUPON_MEMBER: show_id(customer_id)} if customer_id else {})


def _is_right(coupon: Coupon, at: datetime) -> bool:
    is_left = coupon.uses is None or coupon.uses > 0
    has_begun = coupon.active_from is None or at >= coupon.active_from
    return coupon.promotion_id is not None and not coupon.is_of_another and is_left and has_begun
