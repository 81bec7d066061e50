"""Stored value: lots drawn in order, given back with their old end, lapsing, and never below nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count as counting

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.stored_value import InvalidAmount, Kind, NotEnoughValue, Part, Purse
from dangol.domain.tender import Offered, StoredPaid, StoredReason, StoredRefused, pay_stored
from tests.sizes import SIZE

AT = datetime(2026, 11, 27, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def numbered() -> Callable[[], bytes]:
    numbers = counting(1)
    return lambda: b"%04d" % next(numbers)


def purse_of(*lots: tuple[int, int | None]) -> Purse:
    """Return a purse of lots of so much, which lapse after so many days."""
    purse = Purse((), make_id=numbered())
    for place, (minor, days) in enumerate(lots):
        end = None if days is None else AT + days * DAY
        purse.put(Kind.SOLD, minor, AT, key=f"lot{place}", price_minor=minor, expires_at=end)
    return purse


def amounts(parts: tuple[Part, ...]) -> list[int]:
    return [part.minor for part in parts]


def test_draw__over_several_lots__takes_what_lapses_soonest_first() -> None:
    purse = purse_of((5_000, None), (3_000, 30), (2_000, 10))

    paid = purse.draw(Kind.PAID, 4_500, AT, key="sale")

    assert amounts(paid.parts) == [-2_000, -2_500]
    assert paid.minor == -4_500
    assert purse.balance == 5_500


def test_draw__given_and_bought_lapsing_together__takes_what_was_given_first() -> None:
    purse = Purse((), make_id=numbered())
    purse.put(Kind.SOLD, 1_000, AT, key="a", price_minor=1_000, expires_at=AT + DAY)
    free = purse.put(Kind.GIVEN, 1_000, AT, key="b", expires_at=AT + DAY)

    paid = purse.draw(Kind.PAID, 600, AT, key="sale")

    assert paid.parts == (Part(free.parts[0].lot_id, -600),)


def test_draw__more_than_there_is__is_refused_and_changes_nothing() -> None:
    purse = purse_of((1_000, None), (500, 1))

    with pytest.raises(NotEnoughValue) as refused:
        purse.draw(Kind.PAID, 1_001, AT + 2 * DAY, key="sale")

    assert refused.value.data == {"asked": 1_001, "left": 1_000}
    assert purse.balance == 1_000


def test_give_back__part_of_what_was_drawn__fills_the_lot_drawn_last_first() -> None:
    purse = purse_of((2_000, 10), (5_000, None))
    paid = purse.draw(Kind.PAID, 3_000, AT, key="sale")
    drawn = [Part(lot_id, -minor) for lot_id, minor in paid.parts]

    back = purse.give_back(1_500, drawn, AT + DAY, key="back")

    assert amounts(back.parts) == [1_000, 500]
    assert [lot.left for lot in purse.lots.values()] == [500, 5_000]
    with pytest.raises(InvalidAmount):
        purse.give_back(3_001, drawn, AT + DAY, key="more")


def test_give_back__to_a_lot_that_has_lapsed__lapses_again_at_once() -> None:
    purse = purse_of((2_000, 10))
    paid = purse.draw(Kind.PAID, 1_500, AT, key="sale")
    late = AT + 20 * DAY

    purse.give_back(1_500, [Part(paid.parts[0].lot_id, 1_500)], late, key="back")

    (lot,) = purse.lots.values()
    assert (lot.left, lot.lapsed) == (0, 2_000)
    told = [(one.kind, one.minor, one.at) for one in purse.movements[2:]]
    assert told == [
        (Kind.LAPSED, -500, AT + 10 * DAY), (Kind.BACK, 1_500, late), (Kind.LAPSED, -1_500, late),
    ]  # fmt: skip


def test_cash_out__of_what_has_lapsed__revives_it_and_empties_the_lot() -> None:
    purse = purse_of((10_000, 10))
    purse.settle(AT + 10 * DAY)
    (lot,) = purse.lots.values()

    cashed = purse.cash_out([lot.id], AT + 11 * DAY, paid_out_minor=9_000, key="refund")

    assert (cashed.minor, cashed.paid_out_minor, lot.left, lot.lapsed) == (-10_000, 9_000, 0, 0)
    assert [one.kind for one in purse.movements[1:]] == [Kind.LAPSED, Kind.REVIVED, Kind.CASHED]


@pytest.mark.parametrize("minor", [0, -1, 10**12 + 1])
def test_put_and_draw__no_amount_of_money__is_refused(minor: int) -> None:
    purse = purse_of((1_000, None))

    with pytest.raises(InvalidAmount):
        purse.put(Kind.GIVEN, minor, AT, key="put")
    with pytest.raises(InvalidAmount):
        purse.draw(Kind.PAID, minor, AT, key="draw")


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["put", "draw", "back", "settle", "cash"]), st.integers(1, 400), st.integers(0, 9)
    ),
    max_size=40,
)


@settings(max_examples=SIZE.examples, deadline=None)
@given(ACTS)
def test_law__whatever_happens__lots_are_the_sum_of_their_movements(acts: list[tuple[str, int, int]]) -> None:
    purse, at, out = Purse((), make_id=numbered()), AT, list[list[Part]]()
    for place, (act, minor, days) in enumerate(acts):
        at += days * DAY / 3
        key = f"act{place}"
        try:
            if act == "put":
                price = minor if days % 2 else 0
                end = at + days * DAY if days else None
                purse.put(Kind.SOLD, minor, at, key=key, price_minor=price, expires_at=end)
            elif act == "draw":
                paid = purse.draw(Kind.PAID, minor, at, key=key)
                out.append([Part(lot_id, -part) for lot_id, part in paid.parts])
            elif act == "back" and out:
                drawn = out.pop()
                purse.give_back(min(minor, sum(one.minor for one in drawn)), drawn, at, key=key)
            elif act == "settle":
                purse.settle(at)
            elif act == "cash" and purse.lots:
                purse.cash_out(list(purse.lots)[:1], at, paid_out_minor=0, key=key)
        except NotEnoughValue:
            continue
    sums = dict.fromkeys(purse.lots, 0)
    for movement in purse.movements:
        for part in movement.parts:
            sums[part.lot_id] += part.minor
            assert sums[part.lot_id] >= 0
    assert sums == {lot.id: lot.left for lot in purse.lots.values()}
    assert all(0 <= lot.lapsed <= lot.minor - lot.left for lot in purse.lots.values())
    assert len({movement.key for movement in purse.movements}) == len(purse.movements)


def test_pay_stored__cards_then_credit__each_pays_what_the_one_before_has_left() -> None:
    offers = [Offered("a", 3_000), Offered("b", 9_000), Offered("credit", 4_000), Offered("c", 1)]

    found = pay_stored(offers, payable_minor=15_000, due_minor=15_000)

    assert found == [
        StoredPaid("a", 3_000), StoredPaid("b", 9_000), StoredPaid("credit", 3_000),
        StoredRefused("c", StoredReason.NOTHING_TO_PAY),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("offer", "expected"),
    [
        (Offered("x", 500, 600), StoredRefused("x", StoredReason.MORE_THAN_HELD, 600, 500)),
        (
            Offered("x", 9_000, 6_000, None, 5_000),
            StoredRefused("x", StoredReason.MORE_THAN_SHARE, 6_000, 5_000),
        ),
        (Offered("x", 9_000, None, None, 5_000), StoredPaid("x", 5_000)),
        (Offered("x", 9_000, 2_000), StoredPaid("x", 2_000)),
        (Offered("x", 9_000, refused=StoredReason.BLOCKED), StoredRefused("x", StoredReason.BLOCKED)),
    ],
)
def test_pay_stored__one_offer__pays_what_is_asked_or_says_why(
    offer: Offered, expected: StoredPaid | StoredRefused
) -> None:
    assert pay_stored([offer], payable_minor=10_000, due_minor=10_000) == [expected]
