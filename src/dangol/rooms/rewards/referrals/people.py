"""Referrals follow their people: looked at anew when two become one or two again, or somebody goes."""

from collections.abc import Iterable
from datetime import datetime

from dangol.core.people.merged import absorbed_by, resolve_merged
from dangol.core.people.models import Merge
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.referrals.models import Referral, ReferralCode, ReferralMark
from dangol.rooms.rewards.referrals.services import settle


def look_anew(customer_ids: Iterable[Id], *, at: datetime, as_friends_only: bool = False) -> None:
    """Judge anew the referrals these people have a part in, under any of their ids; one statement if none."""
    own = set(customer_ids)
    roots = set(resolve_merged(own).values())
    ids = own | roots | {one for found in absorbed_by(roots).values() for one in found}
    mine = Referral.objects.filter(customer_id__in=ids).values_list("id", flat=True)
    found = set(mine)
    if not as_friends_only:
        found |= set(Referral.objects.filter(referrer_id__in=ids).values_list("id", flat=True))
    if found:
        settle(found, at=at)


def part(customer_id: Id, merge_id: Id, *, at: datetime) -> None:
    """Judge anew both of two who were taken for one."""
    kept = Merge.objects.filter(id=merge_id).values_list("kept_id", flat=True)
    look_anew({customer_id, *kept}, at=at)


def forget(customer_id: Id, *, at: datetime) -> None:
    """Let go of what would find somebody who was erased, and of what they were to get."""
    ReferralMark.objects.filter(customer_id=customer_id).delete()
    ReferralCode.objects.filter(customer_id=customer_id).delete()
    look_anew([customer_id], at=at)
