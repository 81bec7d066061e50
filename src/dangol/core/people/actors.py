"""Who does something to a customer, or looks at one: written down with what was done."""

from enum import StrEnum
from typing import NamedTuple

from dangol.domain.errors import Malformed

LONGEST_REASON = 300


class ActorKind(StrEnum):
    """What somebody is: one of the staff, a program with a key, a member, or the house itself."""

    STAFF = "staff"
    KEY = "key"
    MEMBER = "member"
    SYSTEM = "system"


class Actor(NamedTuple):
    """Somebody, and where they were. `key` is by what the house knows them, `name` what people call them.

    `address` is the network address they came from, `request` the id of the request; empty where there is
    none. `behind` is the sign-in name of whoever answers for a program. No field names a customer.
    """

    kind: ActorKind
    key: str
    name: str = ""
    address: str = ""
    request: str = ""
    behind: str = ""

    @property
    def person(self) -> str:
        """The sign-in name of the person who does it, or whose program does; empty where that is unknown."""
        return self.key if self.kind == ActorKind.STAFF else self.behind


# The house itself, where nobody in particular does it.
HOUSE = Actor(ActorKind.SYSTEM, "dangol", "Dangol")
# Shorter than any column that keeps them, so that what comes from outside is cut and never refused.
LONGEST = {"key": 150, "name": 150, "address": 64, "request": 64}


def fitting(actor: Actor) -> Actor:
    """Return the actor with every part cut to what is kept of it."""
    return actor._replace(**{part: getattr(actor, part)[:longest] for part, longest in LONGEST.items()})


class ReasonMissing(Malformed):
    """What is done here is done for a reason only, and none was given (`field`)."""

    code = "people.reason_missing"


def require_reason(reason: str) -> str:
    """Return a reason as it is kept, without spaces around it; raises ReasonMissing for an empty one."""
    kept = reason.strip()[:LONGEST_REASON]
    if not kept:
        raise ReasonMissing(field="reason")
    return kept


def columns_of(actor: Actor) -> dict[str, str]:
    """Return the actor as the three columns that name one: kind, key and name."""
    who = fitting(actor)
    return {"actor_kind": ActorKind(who.kind).value, "actor": who.key, "actor_name": who.name}
