"""All traits conditions can ask about, by who provides them, and which told ones are the models' own."""

from dangol.core.segments.catalog import Provider
from dangol.core.segments.own_traits import CONSENTS, CUSTOMER_TRAITS, DECLARED_TRAITS
from dangol.core.segments.traits import TOLD
from dangol.core.segments.uses import Uses
from dangol.domain.promotions.catalog import PREFIXES
from dangol.rooms.rewards.event_rules.segment_uses import rules_asking
from dangol.rooms.rewards.gates import tiers_asking
from dangol.rooms.rewards.promotions.segment_uses import promotions_asking
from dangol.rooms.rewards.referrals.traits import REFERRAL_TRAITS
from dangol.rooms.rewards.traits import PROGRAM_TRAITS

PROVIDERS: list[Provider] = [
    CUSTOMER_TRAITS,
    PROGRAM_TRAITS,
    REFERRAL_TRAITS,
    CONSENTS,
    DECLARED_TRAITS,
    TOLD,
]

# What besides segments asks who is in one: such a segment is not archived.
USES: tuple[Uses, ...] = (promotions_asking, rules_asking, tiers_asking)

# What the models of personalization tell of everybody, and promotions of a cart: no program or app may tell a
# name that begins so.
REPORTED = ("rfm", "lifetime", "churn", "affinity", "lookalike", *sorted(PREFIXES))

# Of these, `<prefix>.<slug>` is about a segment (hyphens are underscores): it goes when that is archived.
OF_SEGMENTS = ("lookalike",)
