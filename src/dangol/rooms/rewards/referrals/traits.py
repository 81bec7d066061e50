"""What referrals tell conditions of a member: friends they brought, and whether they were brought."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from dangol.core.people.merged import absorbed_by
from dangol.core.segments.catalog import Provider, TraitSpec
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Kind, TraitType, Value
from dangol.domain.referrals import Stage
from dangol.rooms.rewards.referrals.models import Referral

FRIENDS, COUNT, REFERRED = "referrals.friends", "referrals.count", "referrals.was_referred"
_SPECS = [
    TraitSpec(FRIENDS, TraitType(Kind.NUMBER), _("추천으로 온 친구")),
    TraitSpec(COUNT, TraitType(Kind.NUMBER), _("조건을 채운 친구")),
    TraitSpec(REFERRED, TraitType(Kind.FLAG), _("친구의 추천으로 왔어요")),
]
# What was none, or might be, counts for nobody.
_NONE = (Stage.REVIEW.value, Stage.REFUSED.value, Stage.VOID.value)


def _read(
    customer_ids: Sequence[Id], names: frozenset[str], as_of: datetime
) -> Mapping[Id, Mapping[str, Value]]:
    """Return the traits of these people, under all their ids; two statements and that for merges."""
    absorbed = absorbed_by(customer_ids)
    person_of = {one: person for person in customer_ids for one in (person, *absorbed.get(person, ()))}
    rows = Referral.objects.exclude(state__in=_NONE)
    brought = rows.filter(referrer_id__in=list(person_of)).values_list("referrer_id", "state")
    friends: Counter[Id] = Counter()
    given: Counter[Id] = Counter()
    for referrer_id, state in brought:
        friends[person_of[referrer_id]] += 1
        given[person_of[referrer_id]] += state == Stage.GIVEN.value
    came = rows.filter(customer_id__in=list(person_of)).values_list("customer_id", flat=True)
    referred = {person_of[one] for one in came}
    return {
        person: {FRIENDS: friends[person], COUNT: given[person], REFERRED: person in referred}
        for person in customer_ids
    }


REFERRAL_TRAITS = Provider("referrals", lambda: _SPECS, _read)
