"""A wallet: how points wait, open, are spent, lapse, and are taken back.

A `Wallet` is one customer's points of one currency, in memory. It is loaded from open lots, told what
happened in time order, and answers with `Movement`s that the ledger writes down. Nothing here knows a
database; the same code serves one till and a year of history. docs/algorithms/points.md works it
through with numbers.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import heappush

from dangol.domain.idling import Activity
from dangol.domain.points import (
    LONGEST_KEY,
    MOST_POINTS,
    OWN_KEYS,
    Account,
    Adjust,
    ClawBack,
    Command,
    Earn,
    Entry,
    Forfeit,
    GiftIn,
    GiftOut,
    InsufficientPoints,
    InvalidKey,
    InvalidPoints,
    Kind,
    Lot,
    MergeIn,
    MergeOut,
    Movement,
    NothingToMove,
    NothingToReverse,
    Restore,
    Shortfall,
    Spend,
    Trim,
)
from dangol.domain.purse import Purse

# A database takes plain strings faster than members of an enumeration, and a year has a million of them.
_AVAILABLE, _PENDING, _DEBT = Account.AVAILABLE.value, Account.PENDING.value, Account.DEBT.value
_ISSUED, _SPENT, _EXPIRED = Account.ISSUED.value, Account.SPENT.value, Account.EXPIRED.value
_CLEARING, _ADJUSTED, _WAIVED = Account.CLEARING.value, Account.ADJUSTED.value, Account.WAIVED.value
_EARN = Kind.EARN.value


def check_command(command: Command) -> None:
    """Refuse what no wallet can do; raises InvalidKey or InvalidPoints."""
    if not 0 < len(command.key) <= LONGEST_KEY or command.key.startswith(OWN_KEYS):
        raise InvalidKey(key=command.key)
    if isinstance(command, MergeOut | MergeIn | Forfeit | Trim):
        return  # what there is, is what they move
    points = command.points
    if type(points) is not int:
        raise InvalidPoints(points=points)
    if points < 0 and isinstance(command, Adjust):
        points = -points
    if not 0 < points <= MOST_POINTS:
        raise InvalidPoints(points=command.points)


class Wallet(Purse):
    """A purse that carries out commands."""

    __slots__ = ()

    def apply(self, command: Command) -> Movement:
        """Do what the command says, after everything that was due before it; returns its movement.

        Lots it names must have been loaded. Raises InvalidPoints, InvalidKey, InsufficientPoints or
        NothingToReverse or NothingToMove, and then has done only what was due.
        """
        check_command(command)
        self.settle(command.at)
        match command:
            case Earn():
                return self._earn(command)
            case Spend():
                return self._take_out(Kind.SPEND, command, _SPENT, command.points)
            case GiftOut():
                return self._take_out(Kind.GIFT_OUT, command, _CLEARING, command.points)
            case Adjust() if command.points < 0:
                return self._take_out(Kind.ADJUST, command, _ADJUSTED, -command.points)
            case Adjust():
                return self._put_in(Kind.ADJUST, command, _ADJUSTED, [(command.points, command.expires_at)])
            case GiftIn():
                return self._put_in(Kind.GIFT_IN, command, _CLEARING, command.parts)
            case ClawBack() | Trim():
                return self._claw_back(self._too_much(command) if isinstance(command, Trim) else command)
            case Restore():
                return self._restore(command)
            case MergeOut() | MergeIn() | Forfeit():
                return self._follow(command)

    def _move(
        self,
        kind: Kind,
        command: Command,
        entries: list[Entry],
        *,
        movement_id: bytes | None = None,
        reverses_id: bytes | None = None,
    ) -> Movement:
        points = [entry.points for entry in entries]
        assert sum(points) == 0, "every transfer balances"
        movement = Movement(
            movement_id or self._make_id(), kind.value, command.key, command.at,
            sum([one for one in points if one > 0]), entries, command.reason, command.subject_id, reverses_id,
        )  # fmt: skip
        self.movements.append(movement)
        return movement

    def _earn(self, command: Earn) -> Movement:
        _, at, points, release_at, expires_at, reason, subject_id, lot_id, idle, awaits = command
        release_at = max(release_at, at)
        if expires_at <= release_at:
            raise InvalidPoints(points=points, expires_at=expires_at, release_at=release_at)
        movement_id = self._make_id()
        lot = self._new_lot(
            lot_id or self._make_id(), movement_id, at, points, release_at=release_at, expires_at=expires_at
        )
        lot.awaits = awaits
        if idle:
            self.touch(Activity.EARNING.value, at, subject_id or movement_id)
            lot.idle = idle
        into = _PENDING if lot.is_pending else _AVAILABLE
        entries = [Entry(_ISSUED, -points), Entry(into, points, lot.id)]
        movement = Movement(movement_id, _EARN, command.key, at, points, entries, reason, subject_id)
        self.movements.append(movement)
        if not lot.is_pending:
            self._settle_debt(lot, at)
        return movement

    def _put_in(
        self, kind: Kind, command: Adjust | GiftIn, source: str, parts: Sequence[tuple[int, datetime]]
    ) -> Movement:
        """Make a lot of each part, open at once."""
        at = command.at
        for points, expires_at in parts:
            if expires_at <= at:
                raise InvalidPoints(points=points, expires_at=expires_at, release_at=at)
        movement_id = self._make_id()
        lots = [
            self._new_lot(self._make_id(), movement_id, at, points, release_at=at, expires_at=expires_at)
            for points, expires_at in parts
        ]
        entries = [Entry(source, -command.points)]
        entries += [Entry(_AVAILABLE, lot.points, lot.id) for lot in lots]
        movement = self._move(kind, command, entries, movement_id=movement_id)
        for lot in lots:
            self._settle_debt(lot, at)
        return movement

    def _take_out(self, kind: Kind, command: Command, target: str, points: int) -> Movement:
        """Take points from open lots, soonest expiry first; all or nothing."""
        lots = [lot for lot in self.lots.values() if lot.left and lot.is_open(command.at)]
        available = sum(lot.left for lot in lots) - self.debt
        if available < points:
            raise InsufficientPoints(requested=points, available=max(available, 0))
        entries, missing = self._draw(lots, points)
        assert missing == 0, "the lots hold what they add up to"
        entries.append(Entry(target, points))
        movement = self._move(kind, command, entries)
        if kind is Kind.SPEND and any(lot.idle for lot in self.lots.values()):
            self.touch(Activity.REDEMPTION.value, command.at, movement.id)
        return movement

    def _draw(self, lots: Iterable[Lot], points: int) -> tuple[list[Entry], int]:
        """Draw up to `points` from `lots` in burn order; returns the entries and what could not be had."""
        entries: list[Entry] = []
        for lot in sorted(lots, key=lambda lot: lot.burn_order):
            if taken := min(lot.left, points):
                lot.left -= taken
                points -= taken
                self.touched.add(lot.id)
                entries.append(Entry(_AVAILABLE, -taken, lot.id))
        return entries, points

    def _claw_back(self, command: ClawBack) -> Movement:
        """Take points back where they are: waiting, still in their lot, lapsed, else from other lots.

        What is found nowhere was spent: it is owed, or let go, by the policy the command carries.
        """
        lot = self.lots[command.lot_id]
        due = self._due_back(command, lot)
        kind = Kind.VOID if lot.is_pending else Kind.CLAW_BACK
        entries = [Entry(command.source, due)]
        self.touched.add(lot.id)
        lot.reversed += due
        if own := min(lot.left, due):
            entries.append(Entry(_PENDING if lot.is_pending else _AVAILABLE, -own, lot.id))
            lot.left -= own
            due -= own
        if lapsed := min(lot.expired, due):
            entries.append(Entry(_EXPIRED, -lapsed, lot.id))
            lot.expired -= lapsed
            due -= lapsed
        if due:
            open_lots = [one for one in self.lots.values() if one.is_open(command.at)]
            drawn, due = self._draw(open_lots, due)
            entries += drawn
        if due and command.shortfall is Shortfall.FLOOR:
            entries.append(Entry(_WAIVED, -due))
        elif due:
            entries.append(Entry(_DEBT, -due))
            self._owe(due, command.at)
        movement = self._move(kind, command, entries, reverses_id=lot.origin_id)
        self._settle_later(command.at)
        return movement

    def _due_back(self, command: ClawBack, lot: Lot) -> int:
        """Return how many points come back; raises NothingToReverse, or NothingToMove where none is above."""
        due, standing = command.points, lot.points - lot.reversed
        if command.above is None:
            if due > standing:
                raise NothingToReverse(requested=due, left=standing)
            return due
        together = sum([self.lots[one].points - self.lots[one].reversed for one in command.above.lot_ids])
        due = min(due, standing, together - command.above.kept)
        if due <= 0:
            raise NothingToMove()
        return due

    def _too_much(self, command: Trim) -> ClawBack:
        """Return what takes back of the lot what there is too much of; NothingToMove: all fits."""
        key, at, lot_id, most_held, reason, subject_id = command
        held = sum([lot.left for lot in self.lots.values()]) - self.debt
        points = min(held - most_held, self.lots[lot_id].left)
        if points <= 0:
            raise NothingToMove()
        return ClawBack(key, at, points, lot_id, reason=reason, subject_id=subject_id)

    def _settle_later(self, at: datetime) -> None:
        """Pay a debt that has come to light late from the lots that opened since, as they would have then."""
        later = [lot for lot in self.lots.values() if lot.left and not lot.is_pending and self.debt]
        for lot in sorted(later, key=lambda lot: (lot.release_at, lot.id)):
            self._settle_debt(lot, max(lot.release_at, at))

    def _restore(self, command: Restore) -> Movement:
        """Give points back, to the lots drawn last first; what has lapsed meanwhile lapses again at once."""
        drawn = sum(draw.points for draw in command.draws)
        if command.points > drawn:
            raise NothingToReverse(requested=command.points, left=drawn)
        due, at = command.points, command.at
        entries = [Entry(command.source, -due)]
        restored = []
        for draw in reversed(command.draws):
            if given := min(draw.points, due):
                due -= given
                lot = self.lots[draw.lot_id]
                lot.left += given
                self.is_late = self.is_late or lot.idle is not None
                self.touched.add(lot.id)
                restored.append(lot)
                entries.append(Entry(_AVAILABLE, given, lot.id))
        movement = self._move(Kind.RESTORE, command, entries, reverses_id=command.spend_id)
        for lot in restored:
            if lot.expires_at <= at:
                self._expire(lot, at)
            else:
                self._settle_debt(lot, at)
                heappush(self._agenda, self._next_of(lot))
        return movement

    def _clear_out(self, roots: frozenset[bytes] | None, debt: int) -> list[Entry]:
        """Take all that is left out of the lots (that began as `roots`), and `debt` off the debt."""
        entries = []
        for lot in sorted(self.lots.values(), key=lambda lot: lot.burn_order):
            if lot.left and (roots is None or lot.root in roots):
                entries.append(Entry(_PENDING if lot.is_pending else _AVAILABLE, -lot.left, lot.id))
                lot.left = 0
                self.touched.add(lot.id)
        if debt:
            entries.append(Entry(_DEBT, debt))
            self.debt -= debt
        if not entries:
            raise NothingToMove()
        return entries

    def _follow(self, command: MergeOut | MergeIn | Forfeit) -> Movement:
        """Move all there is, with a person who was merged, parted or erased."""
        match command:
            case MergeOut():
                return self._merge_out(command)
            case MergeIn():
                return self._merge_in(command)
            case Forfeit():
                return self._forfeit(command)

    def _merge_out(self, command: MergeOut) -> Movement:
        debt = self.debt if command.debt is None else min(self.debt, command.debt)
        entries = self._clear_out(command.roots, debt)
        if net := -sum([entry.points for entry in entries]):
            entries.append(Entry(_CLEARING, net))
        return self._move(Kind.MERGE_OUT, command, entries)

    def _merge_in(self, command: MergeIn) -> Movement:
        """Make a lot of each part, waiting or open as it was; what is owed on either side is paid at once."""
        movement_id, at = self._make_id(), command.at
        entries = []
        for points, earned_at, release_at, expires_at, root_id, idle, awaits in command.parts:
            lot = self._new_lot(
                self._make_id(), movement_id, at, points, release_at=release_at, expires_at=expires_at
            )
            lot.earned_at, lot.root_id, lot.idle, lot.awaits = earned_at, root_id, idle, awaits
            self.is_late = self.is_late or idle is not None
            entries.append(Entry(_PENDING if lot.is_pending else _AVAILABLE, points, lot.id))
        if command.debt:
            entries.append(Entry(_DEBT, -command.debt))
            self._owe(command.debt, at)
        if net := sum([entry.points for entry in entries]):
            entries.insert(0, Entry(_CLEARING, -net))
        movement = self._move(Kind.MERGE_IN, command, entries, movement_id=movement_id)
        self._settle_later(at)
        return movement

    def _forfeit(self, command: Forfeit) -> Movement:
        owed = self.debt
        entries = self._clear_out(None, owed)
        if points := owed - sum([entry.points for entry in entries]):
            entries.append(Entry(_ISSUED, points))
        if owed:
            entries.append(Entry(_WAIVED, -owed))
        return self._move(Kind.FORFEIT, command, entries)
