"""A daily journal of what is owed on gift cards and in store credit, and its entries for the books.

What was paid for and what was given for nothing stand apart: of the first money was received. What lapses of
it is still owed while it may be claimed, at its face; once nobody may claim it any more it is revenue
(breakage), and what a claim leaves to the shop is a fee. What was given and lapses is a cost that was none.
docs/algorithms/liability.md works it through with numbers.

The books of a day tie out, on each side and with what may be claimed: opening + what went in - what went out
= closing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from dangol.domain.calendars import next_day
from dangol.domain.gift_card_terms import first_claimable
from dangol.domain.stored_value import Kind


class ValueFlow(NamedTuple):
    """What money did on a day: `minor` is what the balance changed by.

    `opened` is the day it was put in, where money that was paid for (`is_bought`) lapsed or was revived.
    """

    day: date
    kind: Kind
    is_bought: bool
    minor: int
    opened: date | None = None


class Cash(NamedTuple):
    """What was paid for on a day, and handed out: in cash, and as store credit (for cards: `crossed_minor`).

    In the books of the credit `crossed_minor` is what came from cards. `discount_minor` of what was handed
    out is what had been let off when it was sold.
    """

    received_minor: int = 0
    paid_out_minor: int = 0
    crossed_minor: int = 0
    discount_minor: int = 0


class Books(NamedTuple):
    """A day's sums of what was paid for, or of what was given. All but the first two and the last go out."""

    opening: int = 0
    put: int = 0
    refunded: int = 0
    used: int = 0
    taken: int = 0
    cashed: int = 0
    lapsed: int = 0
    forfeited: int = 0
    closing: int = 0


class ValueDay(NamedTuple):
    """A day of the journal, in minor units. What was lapsed and may be claimed is in neither of the books."""

    day: date
    bought: Books
    given: Books
    cash: Cash = Cash()
    claimable_opening: int = 0
    breakage: int = 0
    claimable_closing: int = 0

    @property
    def both(self) -> Books:
        """What was paid for and what was given together."""
        return Books(*(mine + other for mine, other in zip(self.bought, self.given, strict=True)))


class Account(StrEnum):
    """An account of the books. `CREDIT` is what store credit is owed, as cards' books name it."""

    MONEY = "money"
    OWED = "owed"
    PROMISED = "promised"
    CLAIMABLE = "claimable"
    CREDIT = "credit"
    SALES = "sales"
    COST = "cost"
    DISCOUNT = "discount"
    FEES = "fees"
    BREAKAGE = "breakage"
    OTHER = "other"


class What(StrEnum):
    """What an entry is of."""

    SOLD = "sold"
    LET_OFF = "let_off"
    GIVEN = "given"
    REFUNDED = "refunded"
    USED = "used"
    TAKEN = "taken"
    CASHED = "cashed"
    CROSSED = "crossed"
    LET_OFF_BACK = "let_off_back"
    FEE = "fee"
    LAPSED = "lapsed"
    BREAKAGE = "breakage"
    FORFEITED = "forfeited"


class BookEntry(NamedTuple):
    """One amount above zero, from an account (`credit`) to another (`debit`)."""

    day: date
    debit: Account
    credit: Account
    minor: int
    what: What


_COLUMN = {
    Kind.SOLD: "put", Kind.GIVEN: "put", Kind.REFUND: "refunded", Kind.BACK: "used", Kind.PAID: "used",
    Kind.TAKEN: "taken", Kind.LAPSED: "lapsed", Kind.REVIVED: "lapsed", Kind.CASHED: "cashed",
    Kind.FORFEITED: "forfeited",
}  # fmt: skip
_IN = frozenset(("put", "refunded"))


class _Claims:
    """What has lapsed of what was paid for, by the day it was put in, and what of it may still be claimed."""

    def __init__(self) -> None:
        self._lapsed: dict[date, int] = defaultdict(int)
        self._first, self._claimable = date.min, 0

    def lapse(self, opened: date, minor: int) -> None:
        self._lapsed[opened] += minor
        if opened >= self._first:
            self._claimable += minor

    def claimable(self, first: date) -> int:
        """Return what may be claimed of what was put in on this day or later."""
        days = (first - self._first).days
        if 0 <= days <= len(self._lapsed):
            gone = (self._first + timedelta(days=one) for one in range(days))
            self._claimable -= sum(self._lapsed.get(day, 0) for day in gone)
        else:
            self._claimable = sum(minor for opened, minor in self._lapsed.items() if opened >= first)
        self._first = first
        return self._claimable


def value_journal(
    flows: Iterable[ValueFlow],
    cash: Mapping[date, Cash],
    claim_months_on: Callable[[date], int],
    *,
    last: date,
) -> list[ValueDay]:
    """Return every day from the first on which money moved to `last`, each with its books.

    `claim_months_on`: for how many months from its sale on money may be claimed, as of a day.
    """
    by_day: dict[date, list[ValueFlow]] = defaultdict(list)
    for flow in flows:
        by_day[flow.day].append(flow)
    if not by_day:
        return []
    day, days, claims = min(by_day), list[ValueDay](), _Claims()
    before = ValueDay(day, Books(), Books())
    while day <= last:
        own = by_day.get(day, ())
        for flow in own:
            if flow.opened is not None:
                claims.lapse(flow.opened, -flow.minor)
        bought = _sums(before.bought.closing, own, is_bought=True)
        closing = claims.claimable(first_claimable(day, claim_months_on(day)))
        opening = before.claimable_closing
        before = ValueDay(
            day, bought, _sums(before.given.closing, own, is_bought=False), cash.get(day, Cash()), opening,
            opening + bought.lapsed - closing, closing,
        )  # fmt: skip
        days.append(before)
        day = next_day(day)
    return days


def _sums(opening: int, flows: Iterable[ValueFlow], *, is_bought: bool) -> Books:
    sums: dict[str, int] = defaultdict(int)
    closing = opening
    for flow in flows:
        if flow.is_bought == is_bought:
            column = _COLUMN[flow.kind]
            sums[column] += flow.minor if column in _IN else -flow.minor
            closing += flow.minor
    return Books(opening=opening, closing=closing, **sums)


def summed_value(days: Sequence[ValueDay]) -> ValueDay:
    """Return days that follow one another as one, which has the last one's date; there is at least one."""
    first, last = days[0], days[-1]
    return ValueDay(
        last.day,
        _added([one.bought for one in days]),
        _added([one.given for one in days]),
        Cash(*map(sum, zip(*(one.cash for one in days), strict=True))),
        first.claimable_opening,
        sum(one.breakage for one in days),
        last.claimable_closing,
    )


def _added(books: Sequence[Books]) -> Books:
    sums = Books(*map(sum, zip(*books, strict=True)))
    return sums._replace(opening=books[0].opening, closing=books[-1].closing)


def value_entries(day: ValueDay, *, is_credit: bool) -> Iterator[BookEntry]:
    """Return a day's entries, which change each account as the journal says. `is_credit`: of store credit.

    What cards were paid out as store credit is an entry of the cards' books alone.
    """
    for debit, credit, minor, what in (*_bought(day, is_credit=is_credit), *_given(day.given)):
        if minor:
            # What is taken back is the same entry the other way round.
            sides = (debit, credit) if minor > 0 else (credit, debit)
            yield BookEntry(day.day, *sides, abs(minor), what)


_Line = tuple[Account, Account, int, What]


def _bought(day: ValueDay, *, is_credit: bool) -> Iterator[_Line]:
    books, cash, owed = day.bought, day.cash, Account.OWED
    crossed = 0 if is_credit else cash.crossed_minor
    from_cards = cash.crossed_minor if is_credit else 0
    fees = books.cashed - cash.paid_out_minor - crossed - cash.discount_minor
    yield Account.MONEY, owed, cash.received_minor, What.SOLD
    yield Account.DISCOUNT, owed, books.put - cash.received_minor, What.LET_OFF
    yield Account.SALES, owed, books.refunded - from_cards, What.REFUNDED
    yield owed, Account.SALES, books.used, What.USED
    yield owed, Account.OTHER, books.taken, What.TAKEN
    yield owed, Account.MONEY, cash.paid_out_minor, What.CASHED
    yield owed, Account.CREDIT, crossed, What.CROSSED
    yield owed, Account.DISCOUNT, cash.discount_minor, What.LET_OFF_BACK
    yield owed, Account.FEES, fees, What.FEE
    yield owed, Account.CLAIMABLE, books.lapsed, What.LAPSED
    yield Account.CLAIMABLE, Account.BREAKAGE, day.breakage, What.BREAKAGE
    yield owed, Account.OTHER, books.forfeited, What.FORFEITED


def _given(books: Books) -> Iterator[_Line]:
    promised = Account.PROMISED
    yield Account.COST, promised, books.put, What.GIVEN
    yield Account.SALES, promised, books.refunded, What.REFUNDED
    yield promised, Account.SALES, books.used, What.USED
    yield promised, Account.COST, books.taken, What.TAKEN
    yield promised, Account.COST, books.cashed, What.CASHED
    yield promised, Account.COST, books.lapsed, What.LAPSED
    yield promised, Account.COST, books.forfeited, What.FORFEITED
