"""When the answer about a value turns, beside walking from day to day."""

from bisect import bisect_left
from calendar import isleap
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.domain.calendars import start_of_day
from dangol.domain.conditions import Happening, foresee, next_change, read_condition
from dangol.domain.conditions.deciding import FARTHEST_YEARS
from dangol.domain.conditions.figures import AggregateReading, Figure
from dangol.domain.conditions.kinds import SPANS
from dangol.domain.conditions.moments import Moment
from dangol.domain.conditions.nodes import Op, Span
from dangol.domain.conditions.turns import value_turns
from dangol.domain.conditions.values import Subject
from tests.domain.conditions.drawn import CATALOG

SEOUL = ZoneInfo("Asia/Seoul")
DAYS = [date(1996, 2, 29), date(1990, 2, 28), date(1990, 3, 1), date(1990, 1, 1), date(1990, 12, 31)]
TODAYS = [
    date(2024, 2, 28), date(2024, 2, 29), date(2025, 2, 28), date(2025, 12, 31), date(2026, 1, 1),
    date(2096, 3, 1),
]  # fmt: skip


@pytest.mark.parametrize("n", [1, 2, 7, 28, 364, 365, 366])
@pytest.mark.parametrize("found", DAYS, ids=str)
@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_value_turns__yearly_day__are_those_a_walk_from_day_to_day_finds(
    today: date, found: date, n: int
) -> None:
    moment = Moment(start_of_day(today, SEOUL), SEOUL)

    assert value_turns(found, "anniversary_within", Span(n, "days"), moment) == _walked(found, n, today)


def _walked(found: date, n: int, today: date) -> datetime | None:
    days = [today + timedelta(days=number) for number in range(366 * 9)]
    had = [
        day
        for day in [*days, *(days[-1] + timedelta(days=one) for one in range(1, 367))]
        if _is_had(found, day)
    ]
    coming = [had[bisect_left(had, day)] - day < timedelta(days=n) for day in days]
    if (not coming[0]) not in coming:
        return None
    return start_of_day(days[coming.index(not coming[0])], SEOUL)


def _is_had(found: date, day: date) -> bool:
    if (found.month, found.day) == (2, 29) and not isleap(day.year):
        return (day.month, day.day) == (2, 28)
    return (day.month, day.day) == (found.month, found.day)


@pytest.mark.parametrize(("second", "meet"), [("2020-06-02", True), ("2020-06-03", False)])
def test_next_change__two_yearly_days__meet_within_a_year_or_never(second: str, meet: bool) -> None:
    yearly = [
        {"type": "trait", "trait": name, "op": "anniversary_within", "value": {"n": 2, "unit": "days"}}
        for name in ("born", "joined")
    ]
    condition = read_condition({"type": "all", "of": yearly}, CATALOG | {"joined": CATALOG["born"]})
    subject = Subject(traits={"born": date(2020, 6, 1), "joined": date.fromisoformat(second)}, happenings=[])

    change = next_change(condition, subject, as_of=datetime(2026, 1, 1, tzinfo=UTC), zone=SEOUL)

    assert change == (datetime(2026, 5, 31, 15, tzinfo=UTC) if meet else None)
    assert FARTHEST_YEARS >= 10, "the longest window there is"


@pytest.mark.parametrize("zone", [SEOUL, ZoneInfo("UTC"), ZoneInfo("America/New_York")], ids=str)
@pytest.mark.parametrize(
    "found",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        date.min,
        date.max,
        date(1899, 5, 5),
    ],
    ids=str,
)
@pytest.mark.parametrize("op", sorted(SPANS))
def test_value_turns__the_first_and_the_last_day_there_is__never_but_yearly(
    op: Op, found: date, zone: ZoneInfo
) -> None:
    moment = Moment(datetime(2026, 11, 27, 3, tzinfo=UTC), zone)

    turns = value_turns(found, op, Span(30, "days"), moment)

    is_yearly = op == "anniversary_within" and not isinstance(found, datetime) and found.year < 9000
    assert (turns is not None) == is_yearly


def test_foresee__many_leaves_that_turn_often__asks_each_leaf_only_where_it_may_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = {"type": "aggregate", "event": "order", "measure": "distinct", "property": "sku", "op": "at_least"}
    leaves = [
        {**day, "value": number, "window": {"type": "last", "n": 40 + number, "unit": "days"}}
        for number in range(1, 51)
    ]
    condition = read_condition({"type": "all", "of": leaves}, CATALOG)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    happenings = [
        Happening("order", at - timedelta(hours=number), {"sku": f"s{number}"}, f"e{number}")
        for number in range(200)
    ]
    asked, figure = [], AggregateReading.figure

    def counted(self: AggregateReading, subject: Subject, moment: Moment) -> Figure:
        asked.append(moment)
        return figure(self, subject, moment)

    monkeypatch.setattr(AggregateReading, "figure", counted)

    found = foresee(condition, Subject({}, happenings), as_of=at, zone=SEOUL)

    assert found.holds
    assert found.until is not None
    # Each is asked now, for when it turns, and at that instant.
    assert len(asked) <= 4 * len(leaves)
