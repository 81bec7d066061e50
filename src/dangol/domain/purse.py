"""A purse: lots in time, which open, lapse, and slide by themselves.

A `Purse` is one customer's points of one currency, in memory; the `Wallet` (wallet.py), which carries out
commands, is one. What follows from time alone is noted as movements, dated at its own instant.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush

from dangol.domain.idling import Done
from dangol.domain.points import OWN_KEYS, Account, Entry, Kind, Lot, Movement, Open, Opening

# A database takes plain strings faster than members of an enumeration, and a year has a million of them.
_AVAILABLE, _PENDING, _DEBT = Account.AVAILABLE.value, Account.PENDING.value, Account.DEBT.value
_EXPIRED = Account.EXPIRED.value
_POST, _EXPIRE, _SETTLE = Kind.POST.value, Kind.EXPIRE.value, Kind.SETTLE.value
_REVIVE = Kind.REVIVE.value


class Purse:
    """One customer's points of one currency, and what has been done to them since they were loaded."""

    __slots__ = (
        "_agenda", "_make_id", "debt", "done", "is_late", "known_to", "lots", "movements", "opened",
        "owed_since", "slid", "touched",
    )  # fmt: skip

    def __init__(self, lots: Iterable[Lot], *, debt: int, make_id: Callable[[], bytes]) -> None:
        self.lots = {lot.id: lot for lot in lots}
        # What is owed, and since when the last of it, where that is known.
        self.debt = debt
        self.owed_since: datetime | None = None
        self.movements: list[Movement] = []
        self.touched: set[bytes] = set()
        # Activities, with what they were of; the lots whose end they have moved; up to when all is known;
        # and whether one has come late, so that all ends have to be told anew from all activities.
        self.done: list[tuple[Done, bytes]] = []
        self.slid: set[bytes] = set()
        self.known_to: datetime | None = None
        # What opens sooner than time alone would have it.
        self.opened: list[Opening] = []
        self.is_late = False
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

    @property
    def pending(self) -> int:
        """Points in lots that are not open yet."""
        return sum(lot.left for lot in self.lots.values() if lot.is_pending)

    def settle(self, upto: datetime) -> None:
        """Open the lots whose wait is over and lapse those whose time is up, in time order.

        Opening comes before lapsing at the same instant. What is due is dated at its own instant, not
        at `upto`, so that it makes no difference how often this is called.
        """
        agenda = self._agenda
        while agenda and agenda[0][0] <= upto:
            instant, lapses, lot_id = heappop(agenda)
            lot = self.lots[lot_id]
            if not lot.left:  # taken back while it waited, or spent: nothing opens, nothing lapses
                continue
            # Its opening or its end has moved since this was noted.
            if (lot.idle or lot.awaits) and self._next_of(lot)[:2] != (instant, lapses):
                continue
            if lapses:
                self._expire(lot, instant)
            else:
                self._post(lot)

    def touch(self, kind: str, at: datetime, subject_id: bytes) -> None:
        """Note an activity, after everything that was due before it: it moves the ends of lots that slide."""
        self.settle(at)
        self.is_late = self.is_late or (self.known_to is not None and at < self.known_to)
        self.done.append((Done(kind, at), subject_id))
        for lot in self.lots.values():
            if lot.left and lot.idle and kind in lot.idle.kinds:
                self.slide(lot, max(lot.expires_at, lot.idle.lapses_at(at)))

    def slide(self, lot: Lot, end: datetime) -> None:
        """Let what is left of a lot that slides lapse at another instant."""
        if end != lot.expires_at:
            lot.expires_at = end
            self.slid.add(lot.id)
            heappush(self._agenda, self._next_of(lot))

    def open_early(self, command: Open) -> int:
        """Open what waited for what has come; returns how many points that are, at once or from the floor on.

        Points that a merge has brought here do not open before they were known to be here.
        """
        self.settle(command.at)
        before = len(self.opened)
        for lot in self.lots.values():
            if lot.is_pending and lot.left and lot.awaits in command.met and lot.root in command.roots:
                self._hasten(lot, command)
        opened = self.opened[before:]
        points = sum(self.lots[one.lot_id].left for one in opened)
        for opening in opened:
            if opening.release_at <= command.told_at:
                self.settle(opening.release_at)
        return points

    def _hasten(self, lot: Lot, command: Open) -> None:
        """Let a lot open with what it waited for; no later than it would have anyway."""
        release_at = max(command.at, lot.earned_at, command.floor or command.at)
        if lot.root_id:
            release_at = max(release_at, command.told_at)
        if release_at >= lot.release_at:
            return
        self.opened.append(
            Opening(lot.id, lot.root, lot.awaits, lot.release_at, release_at, command.subject_id)
        )
        lot.release_at = release_at
        self.touched.add(lot.id)
        # By inactivity nothing lapses before it opens: that day has moved.
        self.is_late = self.is_late or lot.idle is not None
        heappush(self._agenda, self._next_of(lot))

    def revive(self, lot: Lot, end: datetime, lapses: Sequence[tuple[bytes, datetime, int]]) -> None:
        """Take lapses of a lot back (transfer, instant, points): it was to lapse at a later `end`."""
        lot.expires_at = end
        self.slid.add(lot.id)
        for expire_id, at, points in lapses:
            if revived := min(points, lot.expired):
                lot.expired -= revived
                lot.left += revived
                entries = [Entry(_EXPIRED, -revived, lot.id), Entry(_AVAILABLE, revived, lot.id)]
                self._derive(_REVIVE, at, revived, entries, lot, reverses_id=expire_id)
                self._settle_debt(lot, at)
        heappush(self._agenda, self._next_of(lot))

    def _derive(
        self,
        kind: str,
        at: datetime,
        points: int,
        entries: list[Entry],
        lot: Lot,
        *,
        reverses_id: bytes | None = None,
    ) -> None:
        """Note what follows by itself. A lot opens once, under its own id; the others are their own key."""
        movement_id = self._make_id()
        key = OWN_KEYS + (lot.id if kind == _POST else movement_id).hex()
        self.movements.append(Movement(movement_id, kind, key, at, points, entries, "", lot.id, reverses_id))
        self.touched.add(lot.id)

    def _new_lot(
        self,
        lot_id: bytes,
        origin_id: bytes,
        at: datetime,
        points: int,
        *,
        release_at: datetime,
        expires_at: datetime,
    ) -> Lot:
        lot = Lot(
            lot_id, origin_id, points, points, at, release_at, expires_at, release_at > at, is_new=True
        )  # fmt: skip
        self.lots[lot_id] = lot
        self.touched.add(lot_id)
        heappush(self._agenda, self._next_of(lot))
        return lot

    def _post(self, lot: Lot) -> None:
        lot.is_pending = False
        heappush(self._agenda, self._next_of(lot))
        entries = [Entry(_PENDING, -lot.left, lot.id), Entry(_AVAILABLE, lot.left, lot.id)]
        self._derive(_POST, lot.release_at, lot.left, entries, lot)
        # It may be known late that it has opened: nothing is paid before it is owed.
        self._settle_debt(lot, max(lot.release_at, self.owed_since or lot.release_at))

    def _owe(self, points: int, at: datetime) -> None:
        self.debt += points
        self.owed_since = max(at, self.owed_since or at)

    def _settle_debt(self, lot: Lot, at: datetime) -> None:
        if points := min(self.debt, lot.left):
            lot.left -= points
            self.debt -= points
            self._derive(_SETTLE, at, points, [Entry(_AVAILABLE, -points, lot.id), Entry(_DEBT, points)], lot)

    def _expire(self, lot: Lot, at: datetime) -> None:
        points, lot.left = lot.left, 0
        lot.expired += points
        entries = [Entry(_AVAILABLE, -points, lot.id), Entry(_EXPIRED, points, lot.id)]
        self._derive(_EXPIRE, at, points, entries, lot)
