"""The journal of cards and credit: worked days, and books that tie out whatever happens to a purse."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.calendars import add_months, day_of, start_of_day
from dangol.domain.gift_card_terms import Refund, Terms, end_of, first_claimable, refund_of
from dangol.domain.stored_value import Kind, Lot, Movement, Part, Purse
from dangol.domain.value_journal import (
    Account,
    BookEntry,
    Cash,
    ValueDay,
    ValueFlow,
    What,
    summed_value,
    value_entries,
    value_journal,
)

START = date(2026, 1, 1)
SEOUL = ZoneInfo("Asia/Seoul")


def on(day: int, kind: Kind, minor: int, *, is_bought: bool = True, opened: int | None = None) -> ValueFlow:
    """Money that moved on the so manieth day of the year, put in on another."""
    own = None if opened is None else START + timedelta(days=opened)
    return ValueFlow(START + timedelta(days=day), kind, is_bought, minor, own)


def books(
    flows: Iterable[ValueFlow], cash: dict[int, Cash] | None = None, *, days: int = 0, months: int = 60
) -> list[ValueDay]:
    """Return the journal up to a day of the year, with the same claims on every day."""
    paid = {START + timedelta(days=day): one for day, one in (cash or {}).items()}
    return value_journal(flows, paid, lambda day: months, last=START + timedelta(days=days))


def told(day: ValueDay, *, is_credit: bool = False) -> list[tuple[str, str, int]]:
    """Return a day's entries: debit, credit, amount."""
    return [(one.debit.value, one.credit.value, one.minor) for one in value_entries(day, is_credit=is_credit)]


@pytest.mark.parametrize(
    ("flows", "cash", "entries"),
    [
        pytest.param(
            [on(0, Kind.SOLD, 50_000)], Cash(50_000), [("money", "owed", 50_000)], id="sold at its face"
        ),
        pytest.param(
            [on(0, Kind.SOLD, 50_000)], Cash(45_000),
            [("money", "owed", 45_000), ("discount", "owed", 5_000)], id="sold for less",
        ),
        pytest.param(
            [on(0, Kind.GIVEN, 3_000, is_bought=False)], Cash(), [("cost", "promised", 3_000)], id="given"
        ),
        pytest.param(
            [on(0, Kind.SOLD, 9_000), on(0, Kind.PAID, -4_000), on(0, Kind.BACK, 1_500)], Cash(9_000),
            [("money", "owed", 9_000), ("owed", "sales", 2_500)], id="used, and a part of it came back",
        ),
        pytest.param(
            [on(0, Kind.SOLD, 50_000), on(0, Kind.CASHED, -20_000)], Cash(45_000, 17_000, 0, 2_000),
            [
                ("money", "owed", 45_000), ("discount", "owed", 5_000), ("owed", "money", 17_000),
                ("owed", "discount", 2_000), ("owed", "fees", 1_000),
            ],
            id="handed out: cash, the discount that was none, and what the terms leave",
        ),
        pytest.param(
            [on(0, Kind.SOLD, 50_000), on(0, Kind.CASHED, -50_000)], Cash(50_000, 0, 50_000),
            [("money", "owed", 50_000), ("owed", "credit", 50_000)], id="handed out as store credit",
        ),
        pytest.param(
            [on(0, Kind.GIVEN, 3_000, is_bought=False), on(0, Kind.LAPSED, -1_000, is_bought=False)], Cash(),
            [("cost", "promised", 3_000), ("promised", "cost", 1_000)], id="what was given lapses: no cost",
        ),
    ],
)  # fmt: skip
def test_entries__one_day__are_these(
    flows: list[ValueFlow], cash: Cash, entries: list[tuple[str, str, int]]
) -> None:
    (day,) = books(flows, {0: cash})
    assert told(day) == entries


def test_entries__credit__of_what_came_from_cards_the_cards_books_tell() -> None:
    (day,) = books([on(0, Kind.REFUND, 60_000)], {0: Cash(crossed_minor=50_000)})
    assert told(day, is_credit=True) == [("sales", "owed", 10_000)]


def test_journal__lapsed__is_owed_until_nobody_may_claim_it() -> None:
    # Sold on 1 January, lapsed on the 11th, may be claimed for a month: through 1 February.
    flows = [
        on(0, Kind.SOLD, 50_000), on(10, Kind.LAPSED, -50_000, opened=0),
        on(20, Kind.REVIVED, 20_000, opened=0), on(20, Kind.CASHED, -20_000),
    ]  # fmt: skip
    days = books(flows, {0: Cash(50_000), 20: Cash(paid_out_minor=18_000)}, days=40, months=1)

    by_day = {one.day: one for one in days}
    assert [by_day[START + timedelta(days=one)].claimable_closing for one in (9, 10, 19, 20, 31, 32)] == [
        0, 50_000, 50_000, 30_000, 30_000, 0,
    ]  # fmt: skip
    assert told(by_day[START + timedelta(days=10)]) == [("owed", "claimable", 50_000)]
    assert told(by_day[START + timedelta(days=20)]) == [
        ("owed", "money", 18_000), ("owed", "fees", 2_000), ("claimable", "owed", 20_000),
    ]  # fmt: skip
    assert told(by_day[START + timedelta(days=32)]) == [("claimable", "breakage", 30_000)]


def test_journal__lapsed_when_nobody_may_claim_it__is_revenue_that_day() -> None:
    days = books([on(0, Kind.SOLD, 100), on(32, Kind.LAPSED, -100, opened=0)], days=33, months=1)
    assert [(one.breakage, one.claimable_closing) for one in days[-2:]] == [(100, 0), (0, 0)]


def test_journal__claims_made_longer__takes_the_revenue_back() -> None:
    flows = [on(0, Kind.SOLD, 100), on(10, Kind.LAPSED, -100, opened=0)]
    longer = START + timedelta(days=50)
    days = value_journal(flows, {}, lambda day: 1 if day < longer else 2, last=longer)
    assert [(one.day, one.breakage) for one in days if one.breakage] == [
        (START + timedelta(days=32), 100), (longer, -100),
    ]  # fmt: skip
    assert told(days[-1]) == [("breakage", "claimable", 100)]


def test_journal__nothing_ever_moved__is_empty() -> None:
    assert books([]) == []


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 600))
def test_first_claimable__any_day__is_the_earliest_whose_claims_go_on(day: date, months: int) -> None:
    first = first_claimable(day, months)
    assert add_months(first, months) >= day > add_months(first - timedelta(days=1), months)


class History(NamedTuple):
    """All that was done to a purse: its movements, its lots, and what they cost."""

    purse: Purse
    moves: list[Movement]
    lots: dict[bytes, Lot]
    last: datetime


_STEP = st.tuples(st.integers(0, 7), st.integers(1, 9_000), st.integers(0, 40))
TERMS = Terms(valid_months=1, claim_months=2, withdraw_days=3)


def _step(purse: Purse, what: int, minor: int, at: datetime, drawn: list[Movement], key: str) -> None:
    """Do one thing to a purse that can be done now; else nothing."""
    there = purse.open_minor(at)
    if what in (0, 1):
        end = end_of(at, TERMS.valid_months, SEOUL) if minor % 3 else None
        price = minor if minor % 2 else minor // 2
        kind = Kind.SOLD if what == 0 and price else Kind.GIVEN
        purse.put(kind, minor, at, key=key, price_minor=price if kind is Kind.SOLD else 0, expires_at=end)
    elif what in (2, 3) and there:
        drawn.append(purse.draw(Kind.PAID if what == 2 else Kind.TAKEN, min(minor, there), at, key=key))
        if what == 3:
            drawn.pop()
    elif what == 4 and drawn:
        one = drawn.pop()
        out = [Part(part.lot_id, -part.minor) for part in one.parts]
        back = purse.give_back(min(minor, -one.minor), out, at, key=key)
        if minor % 4 == 0:
            purse.let_out(back, at, key=key)
    elif what == 5 and purse.lots:
        purse.settle(at)
        found = refund_of(list(purse.lots.values()), minor, at, TERMS, SEOUL)
        if isinstance(found, Refund):
            purse.cash_out(found.lot_ids, at, paid_out_minor=found.minor, key=key)
    elif what == 6 and minor % 5 == 0:
        purse.forfeit(at)
    else:
        purse.settle(at)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A purse that is loaded, spent of, given back to, paid out, emptied, and lapses, over some months."""
    ids = count(1)
    purse = Purse((), make_id=lambda: next(ids).to_bytes(16))
    at, drawn = datetime(2026, 1, 1, 9, tzinfo=UTC), list[Movement]()
    for number, (what, minor, later) in enumerate(draw(st.lists(_STEP, min_size=1, max_size=30))):
        at += timedelta(days=later, hours=minor % 24)
        _step(purse, what, minor, at, drawn, f"{number}")
    purse.settle(at + timedelta(days=90))
    return History(purse, list(purse.movements), purse.lots, at + timedelta(days=90))


def _flows(history: History) -> Iterable[ValueFlow]:
    for move in history.moves:
        for part in move.parts:
            lot = history.lots[part.lot_id]
            is_bought = lot.price_minor > 0
            lapses = is_bought and move.kind in (Kind.LAPSED, Kind.REVIVED)
            opened = day_of(lot.opened_at, SEOUL) if lapses else None
            yield ValueFlow(day_of(move.at, SEOUL), move.kind, is_bought, part.minor, opened)


def _cash(history: History) -> dict[date, Cash]:
    found: dict[date, Cash] = defaultdict(Cash)
    for move in history.moves:
        day, lots = day_of(move.at, SEOUL), [(history.lots[one.lot_id], one.minor) for one in move.parts]
        received = lots[0][0].price_minor if move.kind is Kind.SOLD else 0
        discount = (
            sum(-part - -(-lot.price_minor * -part // lot.minor) for lot, part in lots if lot.price_minor)
            if move.kind is Kind.CASHED
            else 0
        )
        own = found[day]
        found[day] = Cash(
            own.received_minor + received, own.paid_out_minor + move.paid_out_minor, 0,
            own.discount_minor + discount,
        )  # fmt: skip
    return found


def _owed(history: History, day: date) -> tuple[int, int, int]:
    """Return what is owed at a day's end by the movements alone: bought, given, and what may be claimed."""
    end = start_of_day(day + timedelta(days=1), SEOUL)
    sums: Counter[str] = Counter()
    for move in history.moves:
        for part in move.parts if move.at < end else ():
            lot = history.lots[part.lot_id]
            sums["bought" if lot.price_minor else "given"] += part.minor
            may = lot.price_minor and end <= end_of(lot.opened_at, TERMS.claim_months, SEOUL)
            if may and move.kind in (Kind.LAPSED, Kind.REVIVED):
                sums["claimable"] -= part.minor
    return sums["bought"], sums["given"], sums["claimable"]


def _accounts(entries: Iterable[BookEntry]) -> Counter[Account]:
    found: Counter[Account] = Counter()
    for one in entries:
        assert one.minor > 0
        found[one.credit] += one.minor
        found[one.debit] -= one.minor
    return found


@given(histories())
def test_journal__whatever_happens__is_what_is_owed_on_every_day(history: History) -> None:
    last = day_of(history.last, SEOUL)
    days = value_journal(_flows(history), _cash(history), lambda day: TERMS.claim_months, last=last)

    accounts: Counter[Account] = Counter()
    for day in days:
        accounts.update(_accounts(value_entries(day, is_credit=False)))
        owed = day.bought.closing, day.given.closing, day.claimable_closing
        assert owed == _owed(history, day.day)
        assert owed == tuple(accounts[one] for one in (Account.OWED, Account.PROMISED, Account.CLAIMABLE))
        assert sum(accounts.values()) == 0
        for side in (day.bought, day.given, day.both):
            out = side.used + side.taken + side.cashed + side.lapsed + side.forfeited
            assert side.closing == side.opening + side.put + side.refunded - out
    if days:
        whole = summed_value(days)
        assert whole.both.opening == 0
        assert whole.both.closing == history.purse.balance
        assert all(one.what is not What.FEE or one.debit is Account.OWED for one in _all_entries(days))


def _all_entries(days: Iterable[ValueDay]) -> Iterable[BookEntry]:
    return (one for day in days for one in value_entries(day, is_credit=False))
