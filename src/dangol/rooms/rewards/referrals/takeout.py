"""What referrals hold about one person: their code, how they came, whom they brought, what they got."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.referrals.models import Referral, ReferralCode, ReferralGift


def read_codes(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return the codes they share."""
    return rows_of(ReferralCode, ("customer_id", "shown", "made_at"), customer_ids, order_by=("made_at",))


def read_own(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return by whom they came: who that is stays that person's own."""
    names = (
        "customer_id", "id", "program_id", "joined_at", "told_at", "state", "verdict", "signs", "why",
        "count", "deadline", "earned_at", "due_at", "order_id", "given_at",
    )  # fmt: skip
    return rows_of(Referral, names, customer_ids, order_by=("told_at", "id"))


def read_friends(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return how the friends stand that they brought, without saying who those are."""
    names = ("id", "program_id", "told_at", "state", "given_at")
    rows = Referral.objects.filter(referrer_id__in=customer_ids).order_by("told_at", "id")
    return [{"customer_id": row.pop("referrer_id"), **row} for row in rows.values("referrer_id", *names)]


def read_gifts(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return what they got for referrals, or did not, and why."""
    names = (
        "customer_id", "id", "referral_id", "side", "state", "kind", "amount", "target_id", "decided_at",
        "given_at", "ref", "trouble",
    )  # fmt: skip
    return rows_of(ReferralGift, names, customer_ids, order_by=("decided_at", "id"))


CODES = Section("referral_codes", read_codes)
REFERRED = Section("referred_by_a_friend", read_own)
FRIENDS = Section("referred_friends", read_friends)
GIFTS = Section("referral_gifts", read_gifts)
