"""Points: the words of the ledger, and what can be asked of it.

Accounts (all of them belong to the customer, so that a transfer touches one customer):

    available  what may be spent              issued    the shop's promise, negative when points exist
    pending    earned, not yet usable         spent     what has been redeemed
    debt       spent, then taken back         expired   what has lapsed
    clearing   on the way between members     adjusted  what was given or taken by hand
                                              waived    spent, then taken back, and let go

A `Wallet` (wallet.py) carries out commands and answers with movements: balanced sets of entries.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.errors import DomainError
from dangol.domain.idling import Idle

NEVER = datetime.max.replace(tzinfo=UTC)
# So that a thousand million of the largest transfers still add up in 64 bits.
MOST_POINTS = 1_000_000_000
LONGEST_KEY = 120
# Transfers that time alone brings about have keys of their own, which nobody may give.
OWN_KEYS = "lot:"


class Account(StrEnum):
    """Where points can be."""

    AVAILABLE = "available"
    PENDING = "pending"
    DEBT = "debt"
    CLEARING = "clearing"
    ISSUED = "issued"
    SPENT = "spent"
    EXPIRED = "expired"
    ADJUSTED = "adjusted"
    WAIVED = "waived"


class Kind(StrEnum):
    """What a transfer is."""

    EARN = "earn"
    POST = "post"
    VOID = "void"
    SPEND = "spend"
    EXPIRE = "expire"
    REVIVE = "revive"
    CLAW_BACK = "claw_back"
    RESTORE = "restore"
    SETTLE = "settle"
    ADJUST = "adjust"
    GIFT_OUT = "gift_out"
    GIFT_IN = "gift_in"
    MERGE_OUT = "merge_out"
    MERGE_IN = "merge_in"
    FORFEIT = "forfeit"


class Shortfall(StrEnum):
    """What a reversal does where the points to take back are already spent: owe them, or let them go."""

    DEBT = "debt"
    FLOOR = "floor"


class InsufficientPoints(DomainError):
    """More points were asked for than may be spent."""

    code = "points.insufficient"


class NothingToReverse(DomainError):
    """A reversal asks for more than is left of its original."""

    code = "points.reversal_too_large"


class InvalidPoints(DomainError):
    """An amount that is no positive whole number of points, or too large, or dates in the wrong order."""

    code = "points.invalid"


class NothingToMove(DomainError):
    """A wallet that was to be emptied is empty."""

    code = "points.nothing_to_move"


class InvalidKey(DomainError):
    """An idempotency key that is empty, too long, or of the ledger's own kind."""

    code = "points.invalid_key"


@dataclass(slots=True)
class Lot:
    """Points earned together, which therefore open and lapse together. `expires_at` is exclusive.

    `left` is what may still be spent (or will be, once open), `expired` what lapsed and has not been
    taken back, `reversed` what has been taken back of it, wherever it was found. `root_id` is the lot these
    points were first in, where a merge has brought them here. With `idle` each activity moves `expires_at`.
    What a waiting lot `awaits` opens it before `release_at`; empty: time alone does.
    """

    id: bytes
    origin_id: bytes
    points: int
    left: int
    earned_at: datetime
    release_at: datetime
    expires_at: datetime = NEVER
    is_pending: bool = False
    expired: int = 0
    reversed: int = 0
    is_new: bool = False
    root_id: bytes | None = None
    idle: Idle | None = None
    awaits: str = ""

    @property
    def root(self) -> bytes:
        """The lot its points were first in, however often merges have moved them."""
        return self.root_id or self.id

    @property
    def burn_order(self) -> tuple[datetime, datetime, bytes]:
        """Soonest expiry first: that costs the customer least. Lots that never expire go last."""
        return self.expires_at, self.earned_at, self.id

    @property
    def floor(self) -> datetime:
        """Before when points that slide do not lapse: who waits has the day on which they open."""
        return self.release_at if self.idle is None else self.idle.day_after(self.release_at)

    def is_open(self, at: datetime) -> bool:
        """Say whether its points may be spent at an instant."""
        return not self.is_pending and self.release_at <= at < self.expires_at


class Entry(NamedTuple):
    """One side of a transfer: points into (or, negative, out of) an `Account`, with the lot they are of."""

    account: str
    points: int
    lot_id: bytes | None = None


class Movement(NamedTuple):
    """A transfer to be written: balanced entries that happened at one instant, of one `Kind`."""

    id: bytes
    kind: str
    key: str
    at: datetime
    points: int
    entries: list[Entry]
    reason: str = ""
    subject_id: bytes | None = None
    reverses_id: bytes | None = None


class Earn(NamedTuple):
    """Points for something. They open at `release_at` (not before `at`) and lapse at `expires_at`, exclusive.

    `lot_id` is given where the caller has to name the lot before it exists. With `idle` they lapse so long
    after the last activity: earning them is one, and `expires_at` is when they lapse without another.
    What they `await` may open them sooner (`Open`).
    """

    key: str
    at: datetime
    points: int
    release_at: datetime
    expires_at: datetime = NEVER
    reason: str = ""
    subject_id: bytes | None = None
    lot_id: bytes | None = None
    idle: Idle | None = None
    awaits: str = ""


class Open(NamedTuple):
    """What lots waited for has come, at `at`, and became known at `told_at`: they open, of those that wait.

    They are the lots that began as `roots` and await something that is `met`; none opens before `floor`.
    It moves no points itself and has no key: told twice, there is nothing left to open. `subject_id` is
    what has come so far.
    """

    roots: frozenset[bytes]
    met: frozenset[str]
    at: datetime
    told_at: datetime
    floor: datetime | None
    subject_id: bytes


class Opening(NamedTuple):
    """A lot that opens sooner than time alone would have opened it, and by what."""

    lot_id: bytes
    root_id: bytes
    awaited: str
    was_at: datetime
    release_at: datetime
    subject_id: bytes


class Touch(NamedTuple):
    """An activity that moves no points, of `subject_id`: what lapses without one lapses later."""

    kind: str
    at: datetime
    subject_id: bytes


class Spend(NamedTuple):
    """Points for a benefit; all or nothing."""

    key: str
    at: datetime
    points: int
    reason: str = ""
    subject_id: bytes | None = None


class Adjust(NamedTuple):
    """Points given (positive) or taken (negative) by hand, with the reason in words."""

    key: str
    at: datetime
    points: int
    reason: str
    expires_at: datetime = NEVER
    subject_id: bytes | None = None


class Above(NamedTuple):
    """What is above `kept` points of what these lots were made with and has not been reversed."""

    lot_ids: tuple[bytes, ...]
    kept: int


class ClawBack(NamedTuple):
    """Take back points of one lot, in part or in whole, to the account they came from (`source`).

    With `above` not all of the points, but only as many as there are above it.
    """

    key: str
    at: datetime
    points: int
    lot_id: bytes
    shortfall: Shortfall = Shortfall.DEBT
    reason: str = ""
    subject_id: bytes | None = None
    source: str = Account.ISSUED.value
    above: Above | None = None


class Trim(NamedTuple):
    """Take back of one lot what has brought its wallet above `most_held`: open and waiting points, less debt.

    It follows the lot's earning at once, so that nothing of the lot is spent.
    """

    key: str
    at: datetime
    lot_id: bytes
    most_held: int
    reason: str = ""
    subject_id: bytes | None = None


class Draw(NamedTuple):
    """Points a spend took from a lot and has not yet given back."""

    lot_id: bytes
    points: int


class Restore(NamedTuple):
    """Give back points of one spend to the lots they came from, with their old expiry.

    `source` is the account the points went to.
    """

    key: str
    at: datetime
    points: int
    spend_id: bytes
    draws: tuple[Draw, ...]
    reason: str = ""
    subject_id: bytes | None = None
    source: str = Account.SPENT.value


class GiftOut(NamedTuple):
    """Points on their way to another member, who is `subject_id`."""

    key: str
    at: datetime
    points: int
    reason: str = ""
    subject_id: bytes | None = None


class GiftIn(NamedTuple):
    """Points from another member, a part for each expiry, which they keep. `subject_id` is the gift sent."""

    key: str
    at: datetime
    parts: tuple[tuple[int, datetime], ...]
    reason: str = ""
    subject_id: bytes | None = None

    @property
    def points(self) -> int:
        """All parts together."""
        return sum(points for points, _ in self.parts)


class MergeOut(NamedTuple):
    """All points, waiting ones and debt too, on their way to `subject_id`, who is the same person.

    With `roots`, only what is left of the lots that began as these, and of the debt at most `debt`.
    """

    key: str
    at: datetime
    reason: str = ""
    subject_id: bytes | None = None
    roots: frozenset[bytes] | None = None
    debt: int | None = None


class Carried(NamedTuple):
    """Points of one lot on their way between two customers of a merge: they lapse as they would have."""

    points: int
    earned_at: datetime
    release_at: datetime
    expires_at: datetime
    root_id: bytes
    idle: Idle | None = None
    awaits: str = ""


class MergeIn(NamedTuple):
    """Points and debt that a merge, or its undoing, has brought. `subject_id` is what sent it."""

    key: str
    at: datetime
    parts: tuple[Carried, ...]
    debt: int = 0
    reason: str = ""
    subject_id: bytes | None = None

    @property
    def points(self) -> int:
        """What the transfer moves: the points, or the debt where that is more."""
        return max(sum(part.points for part in self.parts), self.debt)


class Forfeit(NamedTuple):
    """All points taken back and all debt let go, as of somebody who has ceased to be a customer."""

    key: str
    at: datetime
    reason: str = ""
    subject_id: bytes | None = None


Command = Earn | Spend | Adjust | ClawBack | Trim | Restore | GiftOut | GiftIn | MergeOut | MergeIn | Forfeit
