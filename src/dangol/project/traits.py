"""All traits conditions can ask about, by who provides them."""

from dangol.core.segments.catalog import Provider
from dangol.core.segments.own_traits import CONSENTS, CUSTOMER_TRAITS, DECLARED_TRAITS
from dangol.core.segments.traits import TOLD
from dangol.rooms.rewards.traits import PROGRAM_TRAITS

PROVIDERS: list[Provider] = [CUSTOMER_TRAITS, PROGRAM_TRAITS, CONSENTS, DECLARED_TRAITS, TOLD]
