"""Points: how they are earned, wait, open, are spent, lapse, and are taken back.

A `Wallet` is one customer's points of one currency, in memory. It is loaded from open lots, told what
happened in time order, and answers with `Movement`s: balanced sets of entries that the ledger writes
down. Nothing here knows a database; the same code serves one till and a year of history.

Accounts (all of them belong to the customer, so that a transfer touches one customer):

    available  what may be spent          issued    the shop's promise, negative when points exist
    pending    earned, not yet usable     spent     what has been redeemed
    debt       spent, then taken back     expired   what has lapsed
    clearing   on the way between members adjusted  what was given or taken by hand
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from dangol.domain.errors import DomainError

NEVER = datetime.max.replace(tzinfo=UTC)


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


class Kind(StrEnum):
    """What a transfer is."""

    EARN = "earn"
    POST = "post"
    VOID = "void"
    SPEND = "spend"
    EXPIRE = "expire"
    CLAW_BACK = "claw_back"
    RESTORE = "restore"
    SETTLE = "settle"
    ADJUST = "adjust"
    GIFT_OUT = "gift_out"
    GIFT_IN = "gift_in"


class Shortfall(StrEnum):
    """What a reversal does where the points to take back are already spent."""

    DEBT = "debt"
    FLOOR = "floor"


class InsufficientPoints(DomainError):
    """More points were asked for than may be spent."""

    code = "points.insufficient"


class NothingToReverse(DomainError):
    """A reversal asks for more than is left of its original."""

    code = "points.reversal_too_large"


class InvalidPoints(DomainError):
    """An amount that is no positive whole number of points, or dates in the wrong order."""

    code = "points.invalid"


@dataclass(slots=True)
class Lot:
    """Points earned together, which therefore open and expire together. Expiry is exclusive."""

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

    @property
    def burn_order(self) -> tuple[datetime, datetime, bytes]:
        """Soonest expiry first: that costs the customer least. Lots that never expire go last."""
        return self.expires_at, self.earned_at, self.id


class Entry(NamedTuple):
    """One side of a transfer: points into (or, negative, out of) an account, with the lot they are of."""

    account: Account
    points: int
    lot_id: bytes | None = None


class Movement(NamedTuple):
    """A transfer to be written: balanced entries that happened at one instant for one reason."""

    id: bytes
    kind: Kind
    key: str
    at: datetime
    points: int
    entries: list[Entry]
    reason: str = ""
    subject_id: bytes | None = None
    reverses_id: bytes | None = None


class Earn(NamedTuple):
    """Points for something. They open at `release_at` (not before `at`) and lapse at `expires_at`, exclusive.

    `lot_id` is given where the caller has to name the lot before it exists.
    """

    key: str
    at: datetime
    points: int
    release_at: datetime
    expires_at: datetime = NEVER
    reason: str = ""
    subject_id: bytes | None = None
    lot_id: bytes | None = None


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


class ClawBack(NamedTuple):
    """Take back points of one earning, in part or in whole."""

    key: str
    at: datetime
    points: int
    lot_id: bytes
    shortfall: Shortfall = Shortfall.DEBT
    reason: str = ""
    subject_id: bytes | None = None


class Draw(NamedTuple):
    """Points a spend took from a lot and has not yet given back."""

    lot_id: bytes
    points: int


class Restore(NamedTuple):
    """Give back points of one spend to the lots they came from, with their old expiry."""

    key: str
    at: datetime
    points: int
    spend_id: bytes
    draws: tuple[Draw, ...]
    reason: str = ""
    subject_id: bytes | None = None


class GiftOut(NamedTuple):
    """Points on their way to another member."""

    key: str
    at: datetime
    points: int
    subject_id: bytes | None = None


class GiftIn(NamedTuple):
    """Points from another member: one part for each lot they came from, which keeps its expiry."""

    key: str
    at: datetime
    parts: tuple[tuple[int, datetime], ...]
    subject_id: bytes | None = None


Command = Earn | Spend | Adjust | ClawBack | Restore | GiftOut | GiftIn


class Wallet:
    """One customer's points of one currency, and what has been done to them since they were loaded."""

    __slots__ = ("_agenda", "_make_id", "debt", "lots", "movements", "touched")

    def __init__(self, lots: Iterable[Lot], *, debt: int, make_id: Callable[[], bytes]) -> None:
        self.lots = {lot.id: lot for lot in lots}
        self.debt = debt
        self.movements: list[Movement] = []
        self.touched: set[bytes] = set()
        self._make_id = make_id
        # What is due when: (instant, whether it lapses, lot). Opening sorts before lapsing.
        self._agenda = [self._next_of(lot) for lot in self.lots.values()]
        heapify(self._agenda)

    @staticmethod
    def _next_of(lot: Lot) -> tuple[datetime, bool, bytes]:
        if lot.is_pending:
            return lot.release_at, False, lot.id
        return lot.expires_at, True, lot.id

    @property
    def available(self) -> int:
        """Points in open lots less the debt: what a member sees as their balance."""
        return sum(lot.left for lot in self.lots.values() if not lot.is_pending) - self.debt

    def settle(self, upto: datetime) -> None:
        """Open the lots whose wait is over and lapse those whose time is up, in time order.

        Opening comes before lapsing at the same instant. What is due is dated at its own instant, not
        at `upto`, so that it makes no difference how often this is called.
        """
        agenda = self._agenda
        while agenda and agenda[0][0] <= upto:
            instant, lapses, lot_id = heappop(agenda)
            lot = self.lots[lot_id]
            if not lapses:
                self._post(lot)
            elif lot.left:
                self._expire(lot, instant)

    def apply(self, command: Command) -> Movement:
        """Do what the command says, after everything that was due before it; returns its movement.

        Raises InvalidPoints, InsufficientPoints or NothingToReverse, and then has done only what was due.
        """
        if not isinstance(command, GiftIn) and (
            command.points == 0 or (command.points < 0 and not isinstance(command, Adjust))
        ):
            raise InvalidPoints(points=command.points)
        self.settle(command.at)
        match command:
            case Earn():
                return self._earn(command)
            case Spend():
                entries = self._take(command.points, command.at)
                entries.append(Entry(Account.SPENT, command.points))
                return self._move(Kind.SPEND, command, entries)
            case Adjust():
                return self._adjust(command)
            case ClawBack():
                return self._claw_back(command)
            case Restore():
                return self._restore(command)
            case GiftOut():
                entries = self._take(command.points, command.at)
                entries.append(Entry(Account.CLEARING, command.points))
                return self._move(Kind.GIFT_OUT, command, entries)
            case GiftIn():
                return self._gift_in(command)

    def _move(
        self,
        kind: Kind,
        command: Command,
        entries: list[Entry],
        *,
        movement_id: bytes | None = None,
        reverses_id: bytes | None = None,
    ) -> Movement:
        points = sum(entry.points for entry in entries if entry.points > 0)
        assert sum(entry.points for entry in entries) == 0, "every transfer balances"
        movement = Movement(
            movement_id or self._make_id(), kind, command.key, command.at, points, entries,
            getattr(command, "reason", ""), command.subject_id, reverses_id,
        )  # fmt: skip
        self.movements.append(movement)
        return movement

    def _derive(self, kind: Kind, key: str, at: datetime, entries: list[Entry], lot: Lot) -> None:
        points = sum(entry.points for entry in entries if entry.points > 0)
        self.movements.append(
            Movement(self._make_id(), kind, key, at, points, entries, reverses_id=None, subject_id=lot.id)
        )
        self.touched.add(lot.id)

    def _new_lot(
        self,
        origin_id: bytes,
        at: datetime,
        points: int,
        release_at: datetime,
        expires_at: datetime,
        lot_id: bytes | None = None,
    ) -> Lot:
        if expires_at <= release_at:
            raise InvalidPoints(points=points, expires_at=expires_at, release_at=release_at)
        lot = Lot(
            self._make_id(), origin_id, points, points, at, release_at, expires_at,
            is_pending=release_at > at, is_new=True,
        )  # fmt: skip
        self.lots[lot.id] = lot
        self.touched.add(lot.id)
        heappush(self._agenda, self._next_of(lot))
        return lot

    def _earn(self, command: Earn) -> Movement:
        movement_id = self._make_id()
        release_at = max(command.release_at, command.at)
        lot = self._new_lot(
            movement_id, command.at, command.points, release_at, command.expires_at, command.lot_id
        )
        into = Account.PENDING if lot.is_pending else Account.AVAILABLE
        movement = self._move(
            Kind.EARN,
            command,
            [Entry(Account.ISSUED, -lot.points), Entry(into, lot.points, lot.id)],
            movement_id=movement_id,
        )
        if not lot.is_pending:
            self._settle_debt(lot, command.at)
        return movement

    def _post(self, lot: Lot) -> None:
        lot.is_pending = False
        self.touched.add(lot.id)
        heappush(self._agenda, self._next_of(lot))
        if lot.left:
            self._derive(
                Kind.POST,
                f"post:{lot.id.hex()}",
                lot.release_at,
                [
                    Entry(Account.PENDING, -lot.left, lot.id),
                    Entry(Account.AVAILABLE, lot.left, lot.id),
                ],
                lot,
            )
            self._settle_debt(lot, lot.release_at)

    def _settle_debt(self, lot: Lot, at: datetime) -> None:
        if points := min(self.debt, lot.left):
            lot.left -= points
            self.debt -= points
            self._derive(
                Kind.SETTLE,
                f"settle:{lot.id.hex()}:{lot.left}",
                at,
                [Entry(Account.AVAILABLE, -points, lot.id), Entry(Account.DEBT, points)],
                lot,
            )

    def _expire(self, lot: Lot, at: datetime) -> None:
        points, lot.left = lot.left, 0
        self._derive(
            Kind.EXPIRE,
            f"expire:{lot.id.hex()}:{lot.expired}",
            at,
            [Entry(Account.AVAILABLE, -points, lot.id), Entry(Account.EXPIRED, points, lot.id)],
            lot,
        )
        lot.expired += points

    def _take(self, points: int, at: datetime) -> list[Entry]:
        """Take points from open lots, soonest expiry first; all or nothing."""
        usable = [
            lot for lot in self.lots.values() if lot.left and not lot.is_pending and at < lot.expires_at
        ]
        available = sum(lot.left for lot in usable) - self.debt
        if available < points:
            raise InsufficientPoints(requested=points, available=max(available, 0))
        entries, due = self._draw(usable, points)
        assert due == 0, "the lots hold what they add up to"
        return entries

    def _draw(self, lots: Iterable[Lot], points: int) -> tuple[list[Entry], int]:
        """Draw up to `points` from `lots` in burn order; returns the entries and what could not be had."""
        entries: list[Entry] = []
        for lot in sorted(lots, key=lambda lot: lot.burn_order):
            if taken := min(lot.left, points):
                lot.left -= taken
                points -= taken
                self.touched.add(lot.id)
                entries.append(Entry(Account.AVAILABLE, -taken, lot.id))
        return entries, points

    def _adjust(self, command: Adjust) -> Movement:
        if command.points < 0:
            entries = self._take(-command.points, command.at)
            entries.append(Entry(Account.ADJUSTED, -command.points))
            return self._move(Kind.ADJUST, command, entries)
        movement_id = self._make_id()
        lot = self._new_lot(movement_id, command.at, command.points, command.at, command.expires_at)
        movement = self._move(
            Kind.ADJUST,
            command,
            [Entry(Account.ADJUSTED, -lot.points), Entry(Account.AVAILABLE, lot.points, lot.id)],
            movement_id=movement_id,
        )
        self._settle_debt(lot, command.at)
        return movement

    def _claw_back(self, command: ClawBack) -> Movement:
        """Take points back where they are: waiting, still in their lot, lapsed, else from other lots."""
        lot, due = self.lots[command.lot_id], command.points
        if due > lot.points - lot.reversed:
            raise NothingToReverse(requested=due, left=lot.points - lot.reversed)
        self.touched.add(lot.id)
        entries: list[Entry] = []
        if own := min(lot.left, due):
            account = Account.PENDING if lot.is_pending else Account.AVAILABLE
            entries.append(Entry(account, -own, lot.id))
            lot.left -= own
            due -= own
        if lapsed := min(lot.expired, due):
            entries.append(Entry(Account.EXPIRED, -lapsed, lot.id))
            lot.expired -= lapsed
            due -= lapsed
        if due:
            open_lots = [one for one in self.lots.values() if not one.is_pending]
            drawn, due = self._draw(open_lots, due)
            entries.extend(drawn)
        if due and command.shortfall is Shortfall.DEBT:
            entries.append(Entry(Account.DEBT, -due))
            self.debt += due
        lot.reversed += command.points
        taken = -sum(entry.points for entry in entries)
        if not entries:  # nothing left to take and nothing owed: the refusal to take is itself on record
            entries.append(Entry(Account.AVAILABLE, 0, lot.id))
        entries.append(Entry(Account.ISSUED, taken))
        kind = Kind.VOID if entries[0].account is Account.PENDING else Kind.CLAW_BACK
        return self._move(kind, command, entries, reverses_id=lot.origin_id)

    def _restore(self, command: Restore) -> Movement:
        if command.points > sum(draw.points for draw in command.draws):
            raise NothingToReverse(requested=command.points, left=sum(draw.points for draw in command.draws))
        due = command.points
        entries = [Entry(Account.SPENT, -due)]
        for draw in reversed(command.draws):
            if given := min(draw.points, due):
                due -= given
                lot = self.lots[draw.lot_id]
                lot.left += given
                self.touched.add(lot.id)
                entries.append(Entry(Account.AVAILABLE, given, lot.id))
        movement = self._move(Kind.RESTORE, command, entries, reverses_id=command.spend_id)
        for lot in [self.lots[entry.lot_id] for entry in entries[1:] if entry.lot_id]:
            if lot.expires_at <= command.at:
                self._expire(lot, command.at)
            else:
                self._settle_debt(lot, command.at)
        return movement

    def _gift_in(self, command: GiftIn) -> Movement:
        movement_id = self._make_id()
        lots = [
            self._new_lot(movement_id, command.at, points, command.at, expires_at)
            for points, expires_at in command.parts
        ]
        total = sum(lot.points for lot in lots)
        entries = [Entry(Account.CLEARING, -total)]
        entries += [Entry(Account.AVAILABLE, lot.points, lot.id) for lot in lots]
        movement = self._move(Kind.GIFT_IN, command, entries, movement_id=movement_id)
        for lot in lots:
            self._settle_debt(lot, command.at)
        return movement
