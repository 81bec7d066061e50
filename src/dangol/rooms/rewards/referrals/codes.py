"""Members' codes: made when they ask, found however they are typed, and guarded against being guessed."""

from datetime import datetime, timedelta

from dangol.core.access.attempts import Subject, begin_attempt, end_attempt
from dangol.core.access.members.paces import Limit, TooOften, require_room, spend
from dangol.core.access.staff_errors import TooManyAttempts
from dangol.core.events.services import lock_customers
from dangol.core.people.merged import family_of
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.coupon_codes import Pattern, draw, is_whole, normalize
from dangol.rooms.rewards.referrals.errors import NotAMember, TooManyCodesTried, UnknownReferralCode
from dangol.rooms.rewards.referrals.models import ReferralCode

# Eight characters drawn (40 bits) and a check character. A code is meant to be told, and guessing one gives
# nothing but a stranger as a friend; the look-ups are limited all the same.
PATTERN = Pattern("###-###-##")
EVERYBODY = Limit("referral-guess", 300, timedelta(hours=1))


def code_of(customer_id: Id) -> str | None:
    """Return a member's code, or None where they have not asked for one; of a merged person their first."""
    codes = ReferralCode.objects.filter(customer_id__in=family_of(customer_id)).order_by("made_at", "key")
    return codes.values_list("shown", flat=True).first()


def make_code(customer_id: Id, *, at: datetime) -> str:
    """Return a member's code, which is made with the first call and never changes. Raises NotAMember."""
    with write_transaction():
        family = family_of(customer_id)
        lock_customers(family[:1])
        earlier = code_of(family[0])
        if earlier is not None:
            return earlier
        if not Customer.objects.filter(customer_id=family[0], kind=MEMBER).exists():
            raise NotAMember()
        shown = _unused()
        ReferralCode.objects.create(key=normalize(shown), shown=shown, customer_id=family[0], made_at=at)
    return shown


def _unused() -> str:
    while True:
        (shown,) = draw(PATTERN, 1)
        if not ReferralCode.objects.filter(key=normalize(shown)).exists():
            return shown


def owner_of(code: str) -> Id:
    """Return whose code it is, as they were when it was made, also of a link that ends in one.

    Raises UnknownReferralCode.
    """
    code = code.rpartition("/")[2]
    if not is_whole(code):
        raise UnknownReferralCode()
    found = ReferralCode.objects.filter(key=normalize(code)).values_list("customer_id", flat=True).first()
    if found is None:
        raise UnknownReferralCode()
    return found


def shown_code(code: str) -> str:
    """Return a code as it is shown, however it was typed. Raises UnknownReferralCode."""
    owner = owner_of(code)
    return ReferralCode.objects.values_list("shown", flat=True).get(customer_id=owner)


def guard_code(code: str, *, customer_id: Id | None, address: str, at: datetime) -> None:
    """Look a code up for whoever may be guessing: a member, or anybody on the web; staff need it not.

    Wrong ones are counted as coupons' are (`rewards.coupons.guessing`): five within a quarter of an hour
    close the door to that member and that address for a while; of all together 300 an hour pass.
    Raises UnknownReferralCode or TooManyCodesTried. Must not be called inside a transaction.
    """
    subjects = {Subject.REFERRAL_ADDRESS: address} if address else {}
    subjects |= {Subject.REFERRAL_MEMBER: show_id(customer_id)} if customer_id else {}
    try:
        require_room(EVERYBODY, "", at=at)
        begin_attempt(subjects, at=at)
        try:
            owner_of(code)
        except UnknownReferralCode:
            spend([(EVERYBODY, "")], at=at)
            raise
        end_attempt(subjects)
    except TooManyAttempts as refusal:
        raise TooManyCodesTried(seconds=60 * refusal.data["minutes"]) from refusal
    except TooManyCodesTried:
        raise
    except TooOften as refusal:
        raise TooManyCodesTried(**refusal.data) from refusal
