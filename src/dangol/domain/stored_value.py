"""Stored value: money on a gift card, or a member's store credit, in lots with their own price and end.

A `Purse` is one card's or one credit's lots in memory. It is loaded, told what happened in time order, and
answers with `Movement`s that the room writes down and never changes. Amounts are whole minor units. Nothing
here knows a database. docs/algorithms/stored-value.md works it through with numbers.

It is the points ledger's way (`domain.wallet`) with three differences that money makes: it is never owed, so
what is not there is refused; a lot knows what was paid for it, since only that may be paid out again; and
what has lapsed is kept, since for some years it can be claimed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.errors import DomainError, Malformed

MOST_MINOR = 10**12
_LAST = datetime.max.replace(tzinfo=UTC)


class Holding(StrEnum):
    """What holds the money: a card for whoever has its code, or a member's store credit."""

    CARD = "card"
    CREDIT = "credit"


class Kind(StrEnum):
    """What a movement is. The first four put money in, the others take it out or back."""

    SOLD = "sold"
    GIVEN = "given"
    REFUND = "refund"
    BACK = "back"
    PAID = "paid"
    TAKEN = "taken"
    LAPSED = "lapsed"
    REVIVED = "revived"
    CASHED = "cashed"
    FORFEITED = "forfeited"


class NotEnoughValue(DomainError):
    """Less is there (`left`) than is asked for (`asked`), in minor units."""

    code = "stored_value.not_enough"


class InvalidAmount(Malformed):
    """Not an amount of money between 1 and `most` minor units, or one that lapses before it begins."""

    code = "stored_value.invalid_amount"


@dataclass(slots=True)
class Lot:
    """Money put in together. `price_minor` was paid for it: nothing for what was given. `expires_at`
    exclusive.

    `left` may still be spent, `lapsed` may not any more; the rest is gone.
    """

    id: bytes
    minor: int
    left: int
    price_minor: int
    opened_at: datetime
    expires_at: datetime | None = None
    lapsed: int = 0
    is_new: bool = False

    @property
    def burn_order(self) -> tuple[datetime, bool, datetime, bytes]:
        """Soonest to lapse first; of two that lapse together what was given before what was paid for."""
        return self.expires_at or _LAST, self.price_minor > 0, self.opened_at, self.id

    def is_open(self, at: datetime) -> bool:
        """Say whether it may be spent at an instant."""
        return self.expires_at is None or at < self.expires_at


class Part(NamedTuple):
    """How much of a movement goes into a lot, or negative out of it."""

    lot_id: bytes
    minor: int


class Movement(NamedTuple):
    """Money that went in or out at one instant; `paid_out_minor` of it was handed out in cash."""

    id: bytes
    kind: Kind
    at: datetime
    parts: tuple[Part, ...]
    key: str
    paid_out_minor: int = 0

    @property
    def minor(self) -> int:
        """What the balance changes by."""
        return sum(one.minor for one in self.parts)


class Purse:
    """The lots of one card or credit, and what has been done to them since they were loaded."""

    __slots__ = ("_make_id", "lots", "movements")

    def __init__(self, lots: Iterable[Lot], *, make_id: Callable[[], bytes]) -> None:
        self.lots = {lot.id: lot for lot in lots}
        self.movements: list[Movement] = []
        self._make_id = make_id

    @property
    def balance(self) -> int:
        """All that is in its lots."""
        return sum(lot.left for lot in self.lots.values())

    def open_minor(self, at: datetime) -> int:
        """Return what may be spent at an instant."""
        return sum(lot.left for lot in self.lots.values() if lot.is_open(at))

    def in_burn_order(self, at: datetime) -> list[Lot]:
        """Return the lots that may be spent, in the order in which they are."""
        found = [lot for lot in self.lots.values() if lot.left and lot.is_open(at)]
        return sorted(found, key=lambda lot: lot.burn_order)

    def settle(self, upto: datetime) -> None:
        """Let lapse what is due, each lot dated at its own instant: so it makes no difference when."""
        due = [
            (lot.expires_at, lot)
            for lot in self.lots.values()
            if lot.left and lot.expires_at is not None and lot.expires_at <= upto
        ]
        for at, lot in sorted(due, key=lambda one: (one[0], one[1].id)):
            self._lapse(lot, at)

    def put(
        self,
        kind: Kind,
        minor: int,
        at: datetime,
        *,
        key: str,
        price_minor: int = 0,
        expires_at: datetime | None = None,
    ) -> Movement:
        """Put money in as a lot of its own; raises InvalidAmount."""
        is_over = expires_at is not None and expires_at <= at
        if not 0 < minor <= MOST_MINOR or not 0 <= price_minor <= MOST_MINOR or is_over:
            raise InvalidAmount(amount=minor, most=MOST_MINOR)
        self.settle(at)
        lot = Lot(self._make_id(), minor, minor, price_minor, at, expires_at, is_new=True)
        self.lots[lot.id] = lot
        return self._move(kind, at, [Part(lot.id, minor)], key)

    def draw(self, kind: Kind, minor: int, at: datetime, *, key: str) -> Movement:
        """Take money out, soonest to lapse first; all or nothing. Raises InvalidAmount or NotEnoughValue."""
        if not 0 < minor <= MOST_MINOR:
            raise InvalidAmount(amount=minor, most=MOST_MINOR)
        self.settle(at)
        if minor > (there := self.open_minor(at)):
            raise NotEnoughValue(asked=minor, left=there)
        parts, due = [], minor
        for lot in self.in_burn_order(at):
            if taken := min(lot.left, due):
                lot.left -= taken
                due -= taken
                parts.append(Part(lot.id, -taken))
        return self._move(kind, at, parts, key)

    def give_back(self, minor: int, drawn: Sequence[Part], at: datetime, *, key: str) -> Movement:
        """Give money back to the lots it was drawn from, the last first, with their old end.

        `drawn` is what is still out, by lot, as positive amounts. What has lapsed meanwhile lapses again at
        once, and may be claimed like the rest of its lot. Raises InvalidAmount where more is given than was
        drawn.
        """
        if not 0 < minor <= sum(one.minor for one in drawn):
            raise InvalidAmount(amount=minor, most=sum(one.minor for one in drawn))
        self.settle(at)
        parts, due = [], minor
        for one in reversed(drawn):
            if given := min(one.minor, due):
                due -= given
                self.lots[one.lot_id].left += given
                parts.append(Part(one.lot_id, given))
        movement = self._move(Kind.BACK, at, parts, key)
        for part in parts:
            lot = self.lots[part.lot_id]
            if not lot.is_open(at):
                self._lapse(lot, at)
        return movement

    def cash_out(self, lot_ids: Iterable[bytes], at: datetime, *, paid_out_minor: int, key: str) -> Movement:
        """Empty these lots against money in hand, what has lapsed of them included."""
        self.settle(at)
        lots = [self.lots[lot_id] for lot_id in sorted(lot_ids)]
        revived = [Part(lot.id, lot.lapsed) for lot in lots if lot.lapsed]
        for lot in lots:
            lot.left, lot.lapsed = lot.left + lot.lapsed, 0
        if revived:
            self._move(Kind.REVIVED, at, revived, f"{key}:revived")
        parts = [Part(lot.id, -lot.left) for lot in lots if lot.left]
        if not parts:
            raise NotEnoughValue(asked=0, left=0)
        for lot in lots:
            lot.left = 0
        return self._move(Kind.CASHED, at, parts, key, paid_out_minor)

    def let_out(self, back: Movement, at: datetime, *, key: str) -> int:
        """Take what was just given back (`back`) out again: what was paid for it in hand, the rest for
        nothing.

        For whom nobody may spend it any more. Returns what is handed out, rounded up by the lot.
        """
        bought: list[Part] = []
        free: list[Part] = []
        minor = 0
        for lot_id, given in back.parts:
            lot = self.lots[lot_id]
            if part := min(given, lot.left):
                lot.left -= part
                minor += -(-lot.price_minor * part // lot.minor)
                (bought if lot.price_minor else free).append(Part(lot_id, -part))
        if bought:
            self._move(Kind.CASHED, at, bought, f"{key}:cashed", minor)
        if free:
            self._move(Kind.FORFEITED, at, free, f"{key}:forfeited")
        return minor

    def forfeit(self, at: datetime) -> Movement | None:
        """Let all that is left go, as when its person is erased; None where nothing is.

        It is its own key: what comes back later may be let go again.
        """
        self.settle(at)
        parts = [Part(lot.id, -lot.left) for lot in self.lots.values() if lot.left]
        for lot in self.lots.values():
            lot.left = 0
        return self._move(Kind.FORFEITED, at, parts, "") if parts else None

    def _lapse(self, lot: Lot, at: datetime) -> None:
        minor, lot.left = lot.left, 0
        lot.lapsed += minor
        self._move(Kind.LAPSED, at, [Part(lot.id, -minor)], "")

    def _move(
        self, kind: Kind, at: datetime, parts: Sequence[Part], key: str, paid_out_minor: int = 0
    ) -> Movement:
        made = self._make_id()
        # What follows by itself is its own key: a lot may lapse again once something of it came back.
        movement = Movement(made, kind, at, tuple(parts), key or f"own:{made.hex()}", paid_out_minor)
        self.movements.append(movement)
        return movement
