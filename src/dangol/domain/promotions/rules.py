"""A promotion: when it holds, of which lines, what it gives, and how it gets along with others.

A promotion is never edited: a change is a new version. What is left of its limits and its budget is no part
of it: whoever asks knows, and says so in the `Context`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.conditions import Condition, Subject
from dangol.domain.promotions.benefits import Benefit, Items


class Discounted(StrEnum):
    """Whether lines with a reduced price count: all, not those marked, or not those any promotion reduced."""

    TAKE = "take"
    SKIP_MARKED = "skip_marked"
    SKIP_ANY = "skip_any"


class Target(NamedTuple):
    """Which units: of the lines in `include` (None: all) and not in `exclude`.

    Of these at most `most_units` an order are reduced, the dearest ones or, where `cheapest_first`, the
    cheapest; all of them count. Where money comes off goods, lines that may not be reduced are not meant.
    """

    include: Items | None = None
    exclude: Items | None = None
    discounted: Discounted = Discounted.TAKE
    most_units: int | None = None
    cheapest_first: bool = False


ANY_LINE = Target()


class Minimum(NamedTuple):
    """What has to be in the cart, money and units: of all lines or, where `of_target`, of those targeted."""

    minor: int = 0
    units: int = 0
    of_target: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A discount or points rule set in one version.

    `active_to` is exclusive. `currency`: of the money it names; empty where it names none. `cap_minor`: the
    most it takes off one cart. In its lane it comes in the order of `priority`, the lowest first. Of one
    `exclusive_group` one promotion applies; `category` is what the shop's stacking matrix names.
    """

    id: bytes
    version: int
    name: str
    benefits: tuple[Benefit, ...]
    condition: Condition | None = None
    target: Target = ANY_LINE
    minimum: Minimum = Minimum()  # noqa: RUF009 - a tuple cannot change
    currency: str = ""
    cap_minor: int | None = None
    active_from: datetime | None = None
    active_to: datetime | None = None
    needs_code: bool = False
    lane: str = "main"
    priority: int = 0
    exclusive_group: str = ""
    category: str = ""


class Remaining(NamedTuple):
    """What is left of limits before this cart; None: without a limit. `units`: that may still be reduced."""

    uses: int | None = None
    customer_uses: int | None = None
    period_uses: int | None = None
    units: int | None = None
    budget_minor: int | None = None


NO_LIMIT = Remaining()


class Coupon(NamedTuple):
    """A code that was given, with what is known of it. `promotion_id` None: nobody knows the code.

    `is_of_another`: it is bound to somebody else. `uses`: how often the code may still be used.
    """

    code: str
    promotion_id: bytes | None = None
    is_of_another: bool = False
    active_from: datetime | None = None
    active_to: datetime | None = None
    uses: int | None = None


NOBODY = Subject({}, ())


@dataclass(frozen=True, slots=True)
class Context:
    """What evaluation is told besides the cart: when, where, who, which codes, and what is left of limits.

    `customer` has traits by name (see `catalog`), happenings and segments; `only`: these promotions alone.
    """

    as_of: datetime
    zone: ZoneInfo
    customer: Subject = NOBODY
    coupons: tuple[Coupon, ...] = ()
    remaining: Mapping[bytes, Remaining] = field(default_factory=dict)
    channel: str = ""
    store: str = ""
    only: frozenset[bytes] | None = None
