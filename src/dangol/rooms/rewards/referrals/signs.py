"""What is known of two who say they are two people: read, kept as keyed hashes, and handed to the rules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.people.blind_index import hash_values
from dangol.core.people.likeness import likeness_of, mailbox_tokens
from dangol.core.people.merged import merges_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing
from dangol.domain.referrals import Signs
from dangol.rooms.rewards.referrals.models import Referral, ReferralMark

KEPT = timedelta(days=180)
LONGEST_DEVICE = 128
EMAIL, DEVICE, ADDRESS = "email", "device", "address"


class Came(NamedTuple):
    """Where somebody came from, as far as the house was told: a device's own id, a network address."""

    device: str = ""
    address: str = ""


Marks = Mapping[str, frozenset[bytes]]


def marks_of(family: Sequence[Id], came: Came) -> Marks:
    """Return what somebody is known by, as hashes: all their mailboxes, and where they come from now."""
    values = {DEVICE: {came.device} - {""}, ADDRESS: {came.address} - {""}}
    return {EMAIL: mailbox_tokens(family)} | {
        kind: frozenset(hash_values(f"referral-{kind}", found).values()) for kind, found in values.items()
    }


def keep_marks(customer_id: Id, marks: Marks, *, at: datetime) -> None:
    """Keep them for as long as they are compared; what is kept already stays as it is."""
    rows = [(kind, token, customer_id, at) for kind, tokens in marks.items() for token in tokens]
    insert_missing(ReferralMark, ("kind", "token", "customer_id", "at"), sorted(rows))


def forget_marks(*, before: datetime) -> int:
    """Delete what was kept before an instant; returns how many there were."""
    return ReferralMark.objects.filter(at__lt=before).delete()[0]


def read_signs(friend: Sequence[Id], referrer: Sequence[Id], marks: Marks, *, at: datetime) -> Signs:
    """Return what is known of a friend, who comes with these marks, and of who brings them.

    Both are given with all their ids, whoever goes on first.
    """
    theirs = _kept(referrer)
    own = marks_of(referrer, Came())
    friends = Referral.objects.filter(referrer_id__in=referrer)
    earlier = set(friends.values_list("customer_id", flat=True)) - set(friend)
    seen = _kept(earlier)
    like = likeness_of(friend[0], referrer[0])
    return Signs(
        shared_email=bool(marks[EMAIL] & (own[EMAIL] | theirs[EMAIL])),
        shared_device=bool(marks[DEVICE] & theirs[DEVICE]),
        shared_address=bool(marks[ADDRESS] & theirs[ADDRESS]),
        shared_name=like.name,
        shared_birthday=like.birthday,
        once_one=_once_one(friend, referrer),
        seen_email=_is_seen(EMAIL, marks, {*friend, *referrer}),
        seen_device=_is_seen(DEVICE, marks, {*friend, *referrer}),
        from_address=_count_with(marks[ADDRESS], earlier) if seen[ADDRESS] else 0,
        friends_today=friends.filter(told_at__gt=at - timedelta(days=1)).count(),
        friends_this_week=friends.filter(told_at__gt=at - timedelta(days=7)).count(),
    )


def _kept(customer_ids: Iterable[Id]) -> Marks:
    rows = ReferralMark.objects.filter(customer_id__in=set(customer_ids)).values_list("kind", "token")
    found = [(kind, bytes(token)) for kind, token in rows]
    return {
        kind: frozenset(token for one, token in found if one == kind) for kind in (EMAIL, DEVICE, ADDRESS)
    }


def _is_seen(kind: str, marks: Marks, but: set[Id]) -> bool:
    """Say whether anybody else has come with one of these."""
    rows = ReferralMark.objects.filter(kind=kind, token__in=marks[kind])
    return rows.exclude(customer_id__in=but).exists()


def _count_with(tokens: frozenset[bytes], customer_ids: set[Id]) -> int:
    rows = ReferralMark.objects.filter(kind=ADDRESS, token__in=tokens, customer_id__in=customer_ids)
    return rows.values("customer_id").distinct().count()


def _once_one(friend: Sequence[Id], referrer: Sequence[Id]) -> bool:
    pairs = {frozenset((one.customer_id, one.kept_id)) for owner in friend for one in merges_of(owner)}
    return any(frozenset((mine, other)) in pairs for mine in friend for other in referrer)
