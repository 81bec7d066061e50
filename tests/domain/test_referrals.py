"""The rules of referrals: what earns one, when it is due, how many caps let through, what is suspicious."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.referrals import (
    WEIGHTS,
    Caps,
    EarnedBy,
    Progress,
    Purchase,
    Side,
    Signs,
    Stage,
    Terms,
    Verdict,
    WhenReturned,
    Why,
    canonical_email,
    cap_reached,
    progress_of,
    sides_due,
    sides_kept,
    state_of,
    suspicion_of,
)
from tests.sizes import SIZE

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2026, 11, 27, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def terms(**fields: Any) -> Terms:
    given_: dict[str, Any] = {
        "earned_by": EarnedBy.ORDER, "nth": 3, "least_minor": 10_000, "within_days": 30, "wait_days": 14,
        "on_return": WhenReturned.TAKE_BACK, "only_new": True, "zone": SEOUL,
    } | fields  # fmt: skip
    return Terms(**given_)


def bought(*amounts: int) -> list[Purchase]:
    return [Purchase(bytes([at]), NOON + at * DAY, amount) for at, amount in enumerate(amounts)]


def progress(purchases: list[Purchase], **fields: Any) -> Progress:
    return progress_of(terms(**fields), joined_at=NOON, told_at=NOON, purchases=purchases)


@pytest.mark.parametrize(
    ("purchases", "count", "order"),
    [
        (bought(12_000, 9_999), 1, None),
        (bought(12_000, 12_000, 12_000), 3, 2),
        (bought(0, 12_000, 12_000), 2, None),
        (bought(6_000, 12_000, 12_000), 2, None),
        (bought(0, 12_000, 12_000, 12_000), 3, 3),
    ],
)
def test_progress__as_worked_on_the_page(purchases: list[Purchase], count: int, order: int | None) -> None:
    found = progress(purchases)

    assert (found.orders, found.deadline) == (count, datetime(2026, 12, 27, 15, tzinfo=UTC))
    assert found.order_id == (None if order is None else bytes([order]))


def test_progress__free_orders__never_count() -> None:
    assert progress(bought(0, 0, 0), least_minor=0, nth=1).earned_at is None


@pytest.mark.parametrize(
    ("placed_at", "counts"),
    [
        # Earlier on the day of joining, but not the day before; on the last day, but not after it.
        (datetime(2026, 11, 26, 15, tzinfo=UTC), True),
        (datetime(2026, 11, 26, 14, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 27, 14, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 27, 15, tzinfo=UTC), False),
    ],
)
def test_progress__edges_of_days__are_the_shops_midnights(placed_at: datetime, counts: bool) -> None:
    assert (progress([Purchase(b"1", placed_at, 10_000)], nth=1).earned_at == placed_at) is counts


def test_due__after_whole_days_or_at_once() -> None:
    purchases = bought(12_000)

    assert progress(purchases, nth=1).due_at == datetime(2026, 12, 11, 15, tzinfo=UTC)
    assert progress(purchases, nth=1, wait_days=0).due_at == NOON
    assert progress([], earned_by=EarnedBy.JOINING, wait_days=0).due_at == NOON


EARNED = Progress(1, NOON + 30 * DAY, NOON, NOON + 14 * DAY, b"1")
NOT_YET = Progress(0, NOON + 30 * DAY)


@pytest.mark.parametrize(
    ("found", "days", "more", "state"),
    [
        (NOT_YET, 0, {}, Stage.WAITING),
        (NOT_YET, 30, {}, Stage.LAPSED),
        (EARNED, 13, {}, Stage.EARNED),
        (EARNED, 14, {}, Stage.GIVEN),
        (EARNED, 14, {"verdict": Verdict.OPEN}, Stage.REVIEW),
        (EARNED, 14, {"verdict": Verdict.APPROVED}, Stage.GIVEN),
        (EARNED, 14, {"verdict": Verdict.REFUSED}, Stage.REFUSED),
        (EARNED, 14, {"why": Why.SAME_PERSON, "verdict": Verdict.OPEN}, Stage.VOID),
        # Given once, it stays given while another order counts in the place of the one that came back.
        (EARNED._replace(due_at=NOON + 20 * DAY), 15, {"was_given": True}, Stage.GIVEN),
        (NOT_YET, 15, {"was_given": True}, Stage.WAITING),
        (NOT_YET, 31, {"was_given": True}, Stage.LAPSED),
        (EARNED, 15, {"was_given": True, "why": Why.NOT_NEW}, Stage.VOID),
        (EARNED, 15, {"was_given": True, "why": Why.LEFT}, Stage.GIVEN),
        # Who leaves and then brings back what earned it, keeps nothing for it.
        (NOT_YET, 15, {"was_given": True, "why": Why.LEFT}, Stage.VOID),
        (NOT_YET, 15, {"was_given": True, "why": Why.ERASED}, Stage.VOID),
    ],
)
def test_state__of_all_that_is_so(found: Progress, days: int, more: dict[str, Any], state: Stage) -> None:
    known: dict[str, Any] = {"verdict": Verdict.CLEAR, "why": None, "was_given": False} | more

    assert state_of(terms(), found, at=NOON + days * DAY, **known) is state


@pytest.mark.parametrize("found", [NOT_YET, EARNED])
@pytest.mark.parametrize("why", [None, *Why])
def test_state__kept_once_given__stays_given(found: Progress, why: Why | None) -> None:
    kept = terms(on_return=WhenReturned.KEEP)

    state = state_of(kept, found, verdict=Verdict.CLEAR, why=why, was_given=True, at=NOON + 40 * DAY)

    assert state is Stage.GIVEN
    assert sides_kept(kept, why=why, is_early=False) == set(Side)


@pytest.mark.parametrize("why", [None, *Why])
def test_kept__taken_back_once_returned__only_what_came_with_joining_by_who_has_gone(why: Why | None) -> None:
    has_gone = why in (Why.LEFT, Why.ERASED)

    assert sides_kept(terms(), why=why, is_early=True) == ({Side.FRIEND} if has_gone else set())
    assert sides_kept(terms(), why=why, is_early=False) == set()


def test_sides__early_friend__has_theirs_unless_it_is_looked_at_or_none() -> None:
    early = {state for state in Stage if sides_due(state, is_early=True) == {Side.FRIEND}}

    assert early == {Stage.WAITING, Stage.EARNED, Stage.LAPSED}
    assert sides_due(Stage.GIVEN, is_early=False) == set(Side)
    assert not any(sides_due(state, is_early=False) for state in Stage if state is not Stage.GIVEN)


def let_through(caps: Caps, days: list[date]) -> list[date]:
    """Give one after the other what the caps let through."""
    counted: list[date] = []
    for day in days:
        if not cap_reached(caps, day, counted):
            counted.append(day)
    return counted


def test_caps__as_worked_on_the_page__in_both_orders() -> None:
    days = [date(2026, 1, day) for day in (1, 2, 3)] + [date(2026, 2, day) for day in (1, 2)]

    assert [one.month for one in let_through(Caps(2, 3), days)] == [1, 1, 2]
    assert [one.month for one in let_through(Caps(2, 3), days[::-1])] == [2, 2, 1]


@settings(max_examples=SIZE.examples)
@given(
    caps=st.builds(Caps, *[st.none() | st.integers(1, 6)] * 3),
    days=st.lists(st.dates(date(2025, 11, 1), date(2027, 2, 28)), max_size=25),
    shuffle=st.randoms(use_true_random=False),
)
def test_caps__any_order__give_as_many_and_never_more_than_there_is_room_for(
    caps: Caps, days: list[date], shuffle: Any
) -> None:
    other = list(days)
    shuffle.shuffle(other)

    given_ = let_through(caps, days)

    assert len(given_) == len(let_through(caps, other))
    for one in given_:
        in_year = [day for day in given_ if day.year == one.year]
        in_month = [day for day in in_year if day.month == one.month]
        for cap, used in ((caps.month, in_month), (caps.year, in_year), (caps.ever, given_)):
            assert cap is None or len(used) <= cap


@settings(max_examples=SIZE.examples)
@given(
    amounts=st.lists(st.integers(0, 30_000), max_size=12),
    nth=st.integers(1, 4),
    shuffle=st.randoms(use_true_random=False),
)
def test_progress__any_order_of_orders__comes_to_the_same(amounts: list[int], nth: int, shuffle: Any) -> None:
    purchases = bought(*amounts)
    other = list(purchases)
    shuffle.shuffle(other)

    found = progress(purchases, nth=nth)

    assert found == progress(other, nth=nth)
    worth = [one for one in purchases if one.net_minor >= 10_000]
    assert found.orders == len(worth)
    assert found.order_id == (worth[nth - 1].id if len(worth) >= nth else None)


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("Min.Ji+shop@googlemail.com", "minji@gmail.com"),
        ("min.ji@naver.com", "min.ji@naver.com"),
        ("MIN.JI+x+y@naver.com", "min.ji@naver.com"),
    ],
)
def test_canonical_email__spellings__of_one_mailbox(address: str, canonical: str) -> None:
    assert canonical_email(address) == canonical
    assert canonical_email(canonical) == canonical


@pytest.mark.parametrize(
    ("signs", "score", "is_looked_at", "is_refused"),
    [
        ({}, 0, False, False),
        ({"shared_name": True, "shared_address": True}, 40, False, False),
        ({"shared_address": True, "from_address": 3}, 50, True, False),
        ({"shared_name": True, "shared_birthday": True}, 60, True, False),
        ({"shared_birthday": True}, 0, False, False),
        ({"friends_today": 4, "friends_this_week": 14, "from_address": 2}, 0, False, False),
        ({"friends_today": 5}, 50, True, False),
        ({"friends_this_week": 15}, 50, True, False),
        ({"shared_email": True}, 100, True, True),
        ({"shared_device": True}, 100, True, True),
        # However many hints: a person decides.
        ({"once_one": True, "seen_email": True, "seen_device": True}, 180, True, False),
    ],
)
def test_suspicion__signs__are_weighed(
    signs: dict[str, Any], score: int, is_looked_at: bool, is_refused: bool
) -> None:
    found = suspicion_of(Signs(**signs))

    assert (found.score, found.is_looked_at, found.is_refused) == (score, is_looked_at, is_refused)
    assert list(found.reasons) == sorted(found.reasons, key=list(WEIGHTS).index)
