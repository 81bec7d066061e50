"""Points that lapse by inactivity: by hand, and as a law over any order of activities."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.idling import Done, Idle, lapse_of, read_idle
from dangol.domain.points import Earn, Lot, Spend
from dangol.domain.wallet import Wallet

SEOUL = ZoneInfo("Asia/Seoul")
IDLE = Idle(6, ("purchase", "redemption"), SEOUL)
DAY = timedelta(days=1)


def noon(month: int, day: int, year: int = 2026) -> datetime:
    """Return noon in Seoul."""
    return datetime(year, month, day, 12, tzinfo=SEOUL).astimezone(UTC)


def midnight(month: int, day: int, year: int = 2026) -> datetime:
    """Return the first instant of a day in Seoul."""
    return datetime(year, month, day, tzinfo=SEOUL).astimezone(UTC)


def bought(month: int, day: int, undone_at: datetime | None = None) -> Done:
    """Return a purchase at noon."""
    return Done("purchase", noon(month, day), undone_at)


@pytest.mark.parametrize(
    ("done", "lapses_at"),
    [
        ([], midnight(7, 11)),  # earned on 10 January: 10 July counts in full
        ([bought(3, 5)], midnight(9, 6)),
        ([bought(3, 5), bought(8, 31)], midnight(3, 1, 2027)),  # the 28th is February's last
        ([bought(7, 10)], midnight(1, 11, 2027)),  # on the last day
        ([bought(7, 11)], midnight(7, 11)),  # a day too late
        ([bought(3, 5), bought(12, 1)], midnight(9, 6)),
        ([bought(12, 1), bought(3, 5)], midnight(9, 6)),  # told the other way round
        ([Done("earning", noon(3, 5))], midnight(7, 11)),  # no kind that counts
        ([bought(1, 9)], midnight(7, 11)),  # before they were earned
        ([bought(3, 5, undone_at=noon(3, 6))], midnight(7, 11)),  # as if it had never been
        ([bought(3, 5, undone_at=noon(3, 4))], midnight(7, 11)),  # by a clock that is a day behind
        ([bought(3, 5, undone_at=noon(8, 1))], noon(8, 1)),  # there until it was undone, and no longer
        ([bought(3, 5, undone_at=noon(8, 1)), bought(7, 30)], noon(8, 1)),
        ([bought(3, 5, undone_at=noon(8, 1)), bought(7, 5)], midnight(1, 6, 2027)),
    ],
)
def test_lapse_of__activities__by_hand(done: Sequence[Done], lapses_at: datetime) -> None:
    assert lapse_of(IDLE, noon(1, 10), midnight(1, 11), done) == lapses_at


def test_lapse_of__still_waiting__not_before_the_day_they_open_is_over() -> None:
    assert lapse_of(Idle(1, ("purchase",), SEOUL), noon(1, 10), midnight(3, 2), []) == midnight(3, 2)


def test_idle__written__is_read_as_the_same() -> None:
    assert read_idle(str(IDLE)) == IDLE


instants = st.integers(0, 800).map(lambda half_days: noon(1, 10) + half_days * DAY / 2)


@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["purchase", "redemption", "earning"]), instants, st.none() | instants),
        max_size=8,
    ),
    random=st.randoms(use_true_random=False),
)
def test_lapse_of__any_activities__never_sooner_than_without_them_nor_by_the_order_told(
    acts: list[tuple[str, datetime, datetime | None]], random: object
) -> None:
    done = [Done(kind, at, max(at, undone) if undone else None) for kind, at, undone in acts]
    shuffled = list(done)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis's own Random

    end = lapse_of(IDLE, noon(1, 10), midnight(1, 11), done)

    assert end == lapse_of(IDLE, noon(1, 10), midnight(1, 11), shuffled)
    assert end >= lapse_of(IDLE, noon(1, 10), midnight(1, 11), [])
    held = [one for one in done if one.undone_at is None]
    assert end >= lapse_of(IDLE, noon(1, 10), midnight(1, 11), held)


def earn(at: datetime, points: int = 100) -> Earn:
    return Earn(f"e{at}", at, points, at, IDLE.lapses_at(at), idle=IDLE)


@given(marks=st.lists(st.tuples(instants, st.sampled_from(["buy", "use", "earn"])), min_size=1, max_size=10))
def test_wallet__told_in_time_order__lapses_when_all_activities_say(
    marks: list[tuple[datetime, str]],
) -> None:
    numbers = count(1)
    wallet = Wallet([], debt=0, make_id=lambda: next(numbers).to_bytes(16))
    done: list[Done] = []
    lots: list[Lot] = []
    for number, (at, what) in enumerate(sorted(marks)):
        wallet.settle(at)
        if what == "earn":
            wallet.apply(earn(at, 10)._replace(key=f"{number}"))
            lots = list(wallet.lots.values())
            done.append(Done("earning", at))
        elif what == "buy":
            wallet.touch("purchase", at, b"%d" % number)
            done.append(Done("purchase", at))
        elif wallet.available:
            wallet.apply(Spend(f"s{number}", at, 1))
            done.append(Done("redemption", at))

    wallet.settle(noon(1, 1, 2040))

    lapses = {one.subject_id: one.at for one in wallet.movements if one.kind == "expire"}
    for lot in lots:
        if lot.id in lapses:
            assert lapses[lot.id] == lapse_of(IDLE, lot.earned_at, lot.floor, done)
        else:
            assert lot.left == 0
