"""Visits: days of the shop's on which something was bought, each counted once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from dangol.domain.accrual import Terms
from dangol.domain.calendars import day_of
from dangol.domain.histories import History
from dangol.domain.membership import (
    Act,
    GivenBack,
    Judgement,
    Member,
    Merged,
    Program,
    Purchase,
    in_time_order,
    judge,
)
from dangol.domain.tiers import NOWHERE, Level, Measure, TierRules, Window

SEOUL = ZoneInfo("Asia/Seoul")
TIERS = TierRules(1, (Level("member", 0), Level("silver", 2)), Measure.VISITS, Window.ROLLING, 30, SEOUL)
PROGRAM = Program(b"p", (), ((None, Terms(SEOUL)),), (TIERS,))
MARCH = datetime(2026, 3, 1, tzinfo=SEOUL).astimezone(UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def buy(name: str, at: datetime) -> Purchase:
    return Purchase(name.encode(), at, 100, ())


def live(*acts: Act) -> Judgement:
    return judge(PROGRAM, Member(), in_time_order(acts), upto=None)


def moves(judgement: Judgement) -> list[tuple[int, int, datetime]]:
    return [(move.to_level, move.value, move.at) for move in judgement.moves]


def test_judge__twice_on_one_day__is_one_visit_by_the_shops_midnight() -> None:
    late, after = MARCH + DAY - MINUTE, MARCH + DAY + MINUTE

    assert moves(live(buy("a", MARCH), buy("b", late))) == []
    assert moves(live(buy("a", MARCH), buy("b", late), buy("c", after))) == [(1, 2, after)]


def test_judge__first_purchase_of_a_day_undone__the_other_is_the_visit() -> None:
    second, next_day = MARCH + 5 * MINUTE, MARCH + DAY
    undo = GivenBack(b"u", b"a", MARCH + 6 * MINUTE, 100, (), is_undo=True)

    judged = live(buy("a", MARCH), buy("b", second), undo, buy("c", next_day))

    assert moves(judged) == [(1, 2, next_day)]


def test_judge__goods_brought_back__the_visit_was_one() -> None:
    back = GivenBack(b"r", b"a", MARCH + MINUTE, 100, ())

    assert moves(live(buy("a", MARCH), back, buy("b", MARCH + DAY))) == [(1, 2, MARCH + DAY)]


def test_judge__goods_brought_back_and_others_bought_that_day__is_a_visit() -> None:
    back = GivenBack(b"r", b"a", MARCH + DAY, 100, ())
    again = MARCH + DAY + MINUTE

    assert moves(live(buy("a", MARCH), back, buy("b", again))) == [(1, 2, again)]


def test_judge__merged_with_who_came_on_the_same_day__one_visit_of_one_person() -> None:
    same_day = Merged(MARCH + 2 * MINUTE, {Measure.VISITS: [(MARCH + MINUTE, 1)]}, NOWHERE)
    other_day = same_day._replace(amounts={Measure.VISITS: [(MARCH - DAY, 1)]})

    assert moves(live(buy("a", MARCH), same_day)) == []
    assert moves(live(buy("a", MARCH), other_day)) == [(1, 2, same_day.at)]


instants = st.integers(0, 40).map(lambda hours: MARCH + hours * timedelta(hours=5))


@given(st.lists(instants, max_size=12), st.randoms(use_true_random=False))
def test_history__by_day__counts_days_whatever_the_order(marks: list[datetime], random: object) -> None:
    told = list(marks)
    random.shuffle(told)  # type: ignore[attr-defined] # Hypothesis's own Random
    history = History().by_day(SEOUL)

    for at in told:
        history.add(at, 1)

    for end in marks:
        days = {day_of(at, SEOUL) for at in marks if at <= end}
        assert history.total(None, end, including_end=True) == len(days)
