"""Paying with points, gift cards and store credit: what points are worth, and what of each a cart takes.

A shop says that so many points are worth so many minor units, from how many on they may be used, in which
steps, and which share of what is to be paid they may pay. A step is always worth whole minor units, so that
nothing is rounded and a return gives back exactly what was paid. Cards and credit are money; they pay for
what points have left, goods and delivery alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import gcd, lcm
from typing import NamedTuple

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class TenderRule:
    """`points` are worth `minor` minor units; at least `least_points` a sale, in steps of `step_points`.

    They pay at most `most_share` (basis points) of what is to be paid. `is_discount`: what they pay counts as
    taken off, and earns no points; else it is money like any other. `currency`: of which kind the points are;
    empty: of the first program's.
    """

    points: int
    minor: int
    least_points: int = 0
    step_points: int = 1
    most_share: int = WHOLE
    is_discount: bool = False
    currency: str = ""

    @property
    def step(self) -> int:
        """The fewest points that are worth whole minor units and fit the shop's steps."""
        return lcm(self.step_points, self.points // gcd(self.points, self.minor))

    def worth(self, points: int) -> int:
        """Return what points are worth, in minor units, rounded down."""
        return points * self.minor // self.points


class TenderReason(StrEnum):
    """Why points do not pay."""

    NOT_ACCEPTED = "points_not_accepted"
    NO_MEMBER = "no_member"
    TOO_FEW = "too_few_points"
    NOT_IN_STEPS = "not_in_steps"
    MORE_THAN_HELD = "not_enough_points"
    MORE_THAN_SHARE = "more_than_share"


class TenderRefused(NamedTuple):
    """Why points do not pay: `needed` and `found` are points."""

    reason: TenderReason
    needed: int | None = None
    found: int | None = None


class Paid(NamedTuple):
    """Points that pay, and what they are worth in minor units."""

    points: int
    minor: int


def most_points(rule: TenderRule, *, payable_minor: int, held: int) -> int:
    """Return the most points of those held that may pay for this; 0 where fewer than the least would."""
    most_minor = payable_minor * rule.most_share // WHOLE
    by_money = most_minor * rule.points // rule.minor
    most = min(by_money, max(held, 0)) // rule.step * rule.step
    return most if most >= max(rule.least_points, 1) else 0


def pay(rule: TenderRule, points: int, *, payable_minor: int, held: int) -> Paid | TenderRefused:
    """Return what so many points pay, or why they do not."""
    if points < max(rule.least_points, 1):
        return TenderRefused(TenderReason.TOO_FEW, max(rule.least_points, 1), points)
    if points % rule.step:
        return TenderRefused(TenderReason.NOT_IN_STEPS, rule.step, points)
    if points > held:
        return TenderRefused(TenderReason.MORE_THAN_HELD, points, held)
    most = most_points(rule, payable_minor=payable_minor, held=points)
    if points > most:
        return TenderRefused(TenderReason.MORE_THAN_SHARE, points, most)
    return Paid(points, rule.worth(points))


class StoredReason(StrEnum):
    """Why a gift card or store credit does not pay."""

    NOT_ACCEPTED = "stored_value_not_accepted"
    UNKNOWN_CARD = "unknown_gift_card"
    CARD_TWICE = "gift_card_twice"
    NOT_ACTIVE = "gift_card_not_active"
    BLOCKED = "gift_card_blocked"
    LAPSED = "gift_card_lapsed"
    EMPTY = "gift_card_empty"
    WRONG_CURRENCY = "gift_card_of_other_currency"
    NO_MEMBER = "no_member"
    NO_CREDIT = "no_store_credit"
    MORE_THAN_HELD = "not_enough_store_credit"
    MORE_THAN_SHARE = "more_than_share"
    NOTHING_TO_PAY = "nothing_left_to_pay"


class Offered(NamedTuple):
    """A card or credit that is offered: what it holds, and the most it is to pay (None: all that is due).

    `ref` tells it apart, `refused` why it does not pay whatever it holds. `most_share` (basis points of what
    is to be paid) is the most that it may pay.
    """

    ref: str
    held_minor: int
    wanted_minor: int | None = None
    refused: StoredReason | None = None
    most_share: int = WHOLE


class StoredRefused(NamedTuple):
    """Why one does not pay; `needed` and `found` are minor units."""

    ref: str
    reason: StoredReason
    needed: int | None = None
    found: int | None = None


class StoredPaid(NamedTuple):
    """What one pays, in minor units."""

    ref: str
    minor: int


def pay_stored(
    offers: Sequence[Offered], *, payable_minor: int, due_minor: int
) -> list[StoredPaid | StoredRefused]:
    """Return what each pays of what is still due, in the order offered, or why it does not.

    `payable_minor` is what goods and delivery cost, of which shares are taken; `due_minor` what points have
    left of it. One that is to pay a certain amount pays that or nothing.
    """
    found: list[StoredPaid | StoredRefused] = []
    for offer in offers:
        one = _pay_one(offer, payable_minor * offer.most_share // WHOLE, due_minor)
        if isinstance(one, StoredPaid):
            due_minor -= one.minor
        found.append(one)
    return found


def _pay_one(offer: Offered, most: int, due: int) -> StoredPaid | StoredRefused:
    if offer.refused is not None:
        return StoredRefused(offer.ref, offer.refused)
    if not due:
        return StoredRefused(offer.ref, StoredReason.NOTHING_TO_PAY)
    wanted = offer.wanted_minor
    if wanted is None:
        minor = min(offer.held_minor, most, due)
        return (
            StoredPaid(offer.ref, minor) if minor else StoredRefused(offer.ref, StoredReason.MORE_THAN_SHARE)
        )
    if wanted > offer.held_minor:
        return StoredRefused(offer.ref, StoredReason.MORE_THAN_HELD, wanted, offer.held_minor)
    if wanted > min(most, due):
        return StoredRefused(offer.ref, StoredReason.MORE_THAN_SHARE, wanted, min(most, due))
    return StoredPaid(offer.ref, wanted)
