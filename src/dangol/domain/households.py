"""Households: who may spend whose points, whose points a spending takes, and to whom they go back.

Points stay where they were earned: a pool is nothing but the open points of all who share. What is spent of
it is spent by each of them, the soonest to lapse first whoever has it; so nothing is lost that somebody could
have used, who leaves takes along what is left of what they earned, and a return finds the very lots again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.errors import DomainError
from dangol.domain.points import InsufficientPoints, NothingToReverse
from dangol.domain.splitting import Share, split


class Sharing(StrEnum):
    """Whose points are in the pool: everybody's, or those of who wants it."""

    ALL = "all"
    CHOSEN = "chosen"


class Spender(StrEnum):
    """Who spends of the pool: everybody whose points are in it, or the head alone."""

    EVERYBODY = "everybody"
    HEAD = "head"


class Leaving(StrEnum):
    """What somebody who leaves of their own will takes along: all they have, or what they came with.

    With LEAVES the head has what they gathered while they were in it, and shared.
    """

    KEEPS = "keeps"
    LEAVES = "leaves"


class HouseholdClosed(DomainError):
    """The shop has no households."""

    code = "households.closed"


class NotTheHead(DomainError):
    """Only the head of a household spends of its pool."""

    code = "households.not_the_head"


class NotShared(DomainError):
    """Somebody would spend of a pool who has not put their own points into it."""

    code = "households.not_shared"


class PoolLimit(DomainError):
    """More points of others would be used (`wanted`) than are `left` of a month's `limit`."""

    code = "households.pool_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the shop answers for households.

    At most `most_members` are in one. `most_a_month`: so many points of others one member spends in a month
    of the shop's calendar (None: as many as there are). Who left a household joins one again after
    `rejoin_days`.
    """

    is_open: bool = False
    most_members: int = 6
    sharing: Sharing = Sharing.CHOSEN
    spender: Spender = Spender.EVERYBODY
    most_a_month: int | None = None
    leaving: Leaving = Leaving.KEEPS
    rejoin_days: int = 30


class PooledLot(NamedTuple):
    """Open points of one lot, in the order of which a pool is spent: soonest to lapse first."""

    expires_at: datetime
    earned_at: datetime
    lot_id: bytes
    left: int


class Holding(NamedTuple):
    """The open points of one member, and what they owe."""

    lots: Sequence[PooledLot]
    debt: int = 0

    @property
    def usable(self) -> int:
        """What may be spent of them."""
        return max(sum(lot.left for lot in self.lots) - self.debt, 0)


def require_spender(terms: Terms, *, is_head: bool, shares: bool) -> None:
    """Refuse who may not spend of a pool; raises HouseholdClosed, NotTheHead or NotShared."""
    if not terms.is_open:
        raise HouseholdClosed()
    if terms.spender is Spender.HEAD and not is_head:
        raise NotTheHead()
    if not shares:
        raise NotShared()


def draw(holdings: Mapping[bytes, Holding], points: int) -> dict[bytes, int]:
    """Return how many points each member gives for a spending of so many: the soonest to lapse first.

    What somebody owes is kept back from their latest points. Raises InsufficientPoints.
    """
    assert points > 0, "amounts are validated at the door"
    room = {owner: one.usable for owner, one in holdings.items()}
    if sum(room.values()) < points:
        raise InsufficientPoints(requested=points, available=sum(room.values()))
    given: dict[bytes, int] = {}
    queue = sorted((lot, owner) for owner, one in holdings.items() for lot in one.lots)
    for lot, owner in queue:
        if taken := min(lot.left, room[owner], points):
            given[owner] = given.get(owner, 0) + taken
            room[owner] -= taken
            points -= taken
    assert points == 0, "the lots hold what they add up to"
    return given


def gathered_since(holding: Holding, since: datetime) -> int:
    """Return how many of somebody's usable points are no more than they gathered from an instant on."""
    return min(holding.usable, sum(lot.left for lot in holding.lots if lot.earned_at >= since))


def require_within(terms: Terms, *, used: int, wanted: int) -> None:
    """Refuse more points of others than a month allows, `used` of which are gone; raises PoolLimit."""
    limit = terms.most_a_month
    if limit is not None and used + wanted > limit:
        raise PoolLimit(limit=limit, left=max(limit - used, 0), wanted=wanted)


def give_back(left: Mapping[bytes, int], points: int | None) -> dict[bytes, int]:
    """Return how many points go back to each who gave, by what is `left` of it; None: all of it.

    In proportion, so that nobody is favored; what cannot be split goes by the largest remainder. Raises
    NothingToReverse.
    """
    whole = sum(left.values())
    wanted = whole if points is None else points
    if not 0 < wanted <= whole:
        raise NothingToReverse(requested=wanted, left=whole)
    parts = split(wanted, [Share((owner.hex(), 0), one, one) for owner, one in left.items()])
    return {owner: part for owner, part in zip(left, parts, strict=True) if part}
