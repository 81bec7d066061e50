"""Stamp cards: stamps are laid on a card until it is full, and what comes back is taken off from the last.

A member's cards of one program are a row, oldest first: full ones, and at most one open one at its end. All
stamps are alike, but each is known by the move that brought it: a return takes the very ones units earned.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.errors import DomainError

MOST_SIZE, MOST_AT_ONCE, MOST_VALID_DAYS = 100, 1_000, 3_650


class CardState(StrEnum):
    """Where a card stands. A full one waits for what it gives; a void one has lost all its stamps."""

    OPEN = "open"
    FULL = "full"
    GIVEN = "given"
    EXPIRED = "expired"
    VOID = "void"


class OnReturn(StrEnum):
    """What becomes of a card whose reward was given, when stamps on it come back.

    `take_back`: the reward is taken back while it is unused, and the card is open again; a used one is kept.
    `keep`: the card and its reward stay. `debt`: they stay, and as many of the next stamps pay for it.
    """

    TAKE_BACK = "take_back"
    KEEP = "keep"
    DEBT = "debt"


class GiftKind(StrEnum):
    """What a full card gives."""

    POINTS = "points"
    COUPON = "coupon"
    REWARD = "reward"


LIVE = (CardState.OPEN, CardState.FULL, CardState.GIVEN)


class NotSoManyStamps(DomainError):
    """More stamps were to be taken off than lie on the open card (`left`)."""

    code = "stamps.not_so_many"


class Terms(NamedTuple):
    """How a program's cards are made and filled.

    A card takes `size` stamps and lasts `valid_days` days after the day it was opened on, that last one
    included (None: for good). Without `carries_over` what an entry has above a full card lapses.
    """

    size: int
    carries_over: bool
    valid_days: int | None
    zone: ZoneInfo


@dataclass(slots=True)
class Card:
    """A card; `held` are its stamps by the entry that gave them. `expires_at` is exclusive."""

    id: bytes
    size: int
    opened_at: datetime
    expires_at: datetime | None = None
    state: CardState = CardState.OPEN
    held: dict[bytes, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many stamps lie on it."""
        return sum(self.held.values())


class Added(NamedTuple):
    """What became of stamps: laid on cards, paid for debt, lapsed above a full card; and what is full now."""

    laid: int
    paid: int
    lapsed: int
    filled: tuple[Card, ...]


class Taken(NamedTuple):
    """What became of stamps that came back.

    So many went `off` cards, `unpaid` had paid for debt that is owed again, `owed` are debt now and
    `forgiven` nobody asks for, since the card that held them was given away. `revoked` are the cards whose
    reward is to be taken back.
    """

    off: int
    unpaid: int
    owed: int
    forgiven: int
    revoked: tuple[Card, ...]


def expiry_of(terms: Terms, at: datetime) -> datetime | None:
    """Return when a card opened at an instant is over: the midnight after its last day; None: never."""
    if terms.valid_days is None:
        return None
    return start_of_day(day_of(at, terms.zone) + timedelta(days=terms.valid_days + 1), terms.zone)


def due_back(*, earned: int, back_before: int, back_now: int, still_there: int) -> int:
    """Return how many of an entry's stamps have to go: as few as leave no more than its units still earn.

    `still_there` are on cards or have paid for debt. Of three stamps of which one has lapsed, the first that
    comes back is the lapsed one:

    >>> due_back(earned=3, back_before=0, back_now=1, still_there=2)
    0
    >>> due_back(earned=3, back_before=1, back_now=2, still_there=2)
    2
    """
    return max(0, still_there - max(0, earned - back_before - back_now))


class Sheet:
    """A member's live cards of one program, oldest first, and the stamps they owe; worked on in place."""

    def __init__(self, cards: Iterable[Card] = (), debt: int = 0) -> None:
        self.cards = sorted(cards, key=lambda one: (one.opened_at, one.id))
        self.debt = debt

    @property
    def open_card(self) -> Card | None:
        """The card that takes the next stamp, if there is one."""
        return next((one for one in self.cards if one.state is CardState.OPEN), None)

    def held_of(self, entry: bytes) -> int:
        """How many stamps of an entry lie on live cards."""
        return sum(one.held.get(entry, 0) for one in self._live())

    def _live(self) -> list[Card]:
        return [one for one in self.cards if one.state in LIVE]

    def expire(self, at: datetime) -> list[Card]:
        """Let open cards go whose time is over, with their stamps; a full card has no end. Returns them."""
        gone = [
            one
            for one in self.cards
            if one.state is CardState.OPEN and one.expires_at is not None and one.expires_at <= at
        ]
        for card in gone:
            card.state = CardState.EXPIRED
        return gone

    def add(
        self, entry: bytes, count: int, *, terms: Terms, at: datetime, new_id: Callable[[], bytes]
    ) -> Added:
        """Lay stamps down: they pay for debt, then fill the open card, then as many more as it takes."""
        paid = min(count, self.debt)
        self.debt -= paid
        rest, filled = count - paid, []
        while rest:
            card = self.open_card
            if card is None:
                card = Card(new_id(), terms.size, at, expiry_of(terms, at))
                self.cards.append(card)
            part = min(rest, card.size - card.count)
            card.held[entry] = card.held.get(entry, 0) + part
            rest -= part
            if card.count == card.size:
                card.state = CardState.FULL
                filled.append(card)
                if not terms.carries_over:
                    break
        return Added(count - paid - rest, paid, rest, tuple(filled))

    def strike(self, count: int) -> None:
        """Take the latest stamps off the open card; raises NotSoManyStamps and changes nothing."""
        card = self.open_card
        left = card.count if card else 0
        if card is None or count > left:
            raise NotSoManyStamps(left=left)
        for entry in sorted(card.held, reverse=True):
            part = min(count, card.held[entry])
            count -= part
            card.held[entry] -= part
        _settle(card)

    def take(
        self,
        entry: bytes,
        count: int,
        *,
        by: bytes,
        paid: int = 0,
        on_return: OnReturn,
        revocable: Collection[bytes] = (),
    ) -> Taken:
        """Take back stamps of an entry, of which `paid` had gone into debt; `by` is what takes them.

        The others move up, so that it is the last cards that lack something: first the open one, then full
        ones not given, and then what `on_return` says of those that are given. `revocable` are cards whose
        reward is unused.
        """
        live = self._live()
        held = self.held_of(entry)
        off = min(count, held)
        unpaid = min(count - off, paid)
        losses, revoked, short = _losses(live, off, on_return, revocable)
        owed = short if on_return is OnReturn.DEBT else 0
        self.debt += unpaid + owed
        pool = _pool(live, entry, held - off)
        if short:
            pool.append((by, short))
        _deal(live, pool, losses)
        return Taken(off, unpaid, owed, short - owed, tuple(revoked))

    def join(self) -> list[Card]:
        """Make one of several open cards, as after a merge: the first is filled, and lasts as long as any.

        Returns the cards that are full now.
        """
        filled = []
        while len(opened := [one for one in self.cards if one.state is CardState.OPEN]) > 1:
            first, last = opened[0], opened[-1]
            ends = [one.expires_at for one in (first, last)]
            first.expires_at = None if None in ends else max(end for end in ends if end)
            _move(last, first, first.size - first.count)
            if first.count == first.size:
                first.state = CardState.FULL
                filled.append(first)
        return filled

    def part(self, entries: Collection[bytes], *, new_id: bytes) -> Card | None:
        """Take what these entries have on the open card away, on to a card of its own; None: nothing."""
        card = self.open_card
        theirs = {one: count for one, count in (card.held if card else {}).items() if one in entries}
        if card is None or not theirs:
            return None
        for entry in theirs:
            del card.held[entry]
        _settle(card)
        return Card(new_id, card.size, card.opened_at, card.expires_at, CardState.OPEN, theirs)


def _losses(
    live: Sequence[Card], need: int, on_return: OnReturn, revocable: Collection[bytes]
) -> tuple[dict[bytes, int], list[Card], int]:
    """Return how many stamps each card lacks, which of them were given, and how many nobody can spare."""
    losses: dict[bytes, int] = {}
    revoked: list[Card] = []
    for card in reversed(live):
        if not need:
            break
        if card.state is CardState.GIVEN:
            if on_return is not OnReturn.TAKE_BACK or card.id not in revocable:
                continue
            revoked.append(card)
        losses[card.id] = min(need, card.count)
        need -= losses[card.id]
    return losses, revoked, need


def _pool(live: Sequence[Card], entry: bytes, keep: int) -> list[tuple[bytes, int]]:
    """Return all stamps in order, of the entry only the first `keep`."""
    pool = []
    for card in live:
        for one, count in sorted(card.held.items()):
            part = count
            if one == entry:
                part = min(count, keep)
                keep -= part
            pool.append((one, part))
    return pool


def _deal(live: Sequence[Card], pool: Sequence[tuple[bytes, int]], losses: dict[bytes, int]) -> None:
    """Lay stamps on the cards again in their order; each gets what it had, less what it loses."""
    rest = [(entry, count) for entry, count in reversed(pool) if count]
    for card in live:
        room = card.count - losses.get(card.id, 0)
        card.held = {}
        while room:
            entry, count = rest.pop()
            part = min(room, count)
            card.held[entry] = card.held.get(entry, 0) + part
            room -= part
            if count > part:
                rest.append((entry, count - part))
        if card.id in losses:
            _settle(card)
    assert not rest, "as many were taken as cards have lost"


def _move(giver: Card, taker: Card, room: int) -> None:
    for entry in sorted(giver.held):
        part = min(room, giver.held[entry])
        room -= part
        giver.held[entry] -= part
        if part:
            taker.held[entry] = taker.held.get(entry, 0) + part
    _settle(giver)


def _settle(card: Card) -> None:
    """Let a card that has lost stamps be open, or void where it has none left."""
    card.held = {entry: count for entry, count in card.held.items() if count}
    card.state = CardState.OPEN if card.held else CardState.VOID
