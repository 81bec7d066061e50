"""How far a member is from the next tier, or from losing one, in words."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation
from django.utils.timezone import get_current_timezone

from dangol.rooms.rewards.selectors import StandingView, TierView as LevelView, WayView
from dangol.rooms.rewards.store import NOTHING
from dangol.web.scheme import TierView
from dangol.web.tier_words import describe_progress
from tests.web.story import NOW

TIERS = [
    TierView(0, "basic", "기본", 0),
    TierView(1, "silver", "실버", 20_000),
    TierView(2, "gold", "골드", 60_000),
]


def way(level: int, unit: str, value: int) -> WayView:
    """Return how far it is to the tier above a level by one thing that counts."""
    asked = TIERS[level + 1].threshold if level < 2 else 0
    return WayView(unit, value, asked, max(asked - value, 0), 0)


def standing(level: int, *ways: WayView, join: str = "all") -> StandingView:
    """Return a standing that is reached by these ways."""
    tiers = [LevelView(*tier) for tier in TIERS]
    above = tiers[level + 1] if level < 2 else None
    return StandingView(
        bytes(16), bytes(16), tiers[level], None, None, False, ways[0].unit, ways[0].value, None, above,
        ways[0].missing, 0, None, None, NOTHING, join, ways,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("level", "measure", "value", "title", "percent"),
    [
        (0, "spend", 11_800, "실버까지 $82 남았어요", 59),
        (1, "spend", 59_999, "골드까지 $0.01 남았어요", 99),
        (1, "spend", 60_000, "골드 기준을 채웠어요", 100),
        (2, "spend", 75_000, "가장 높은 등급 골드예요", 100),
        (0, "orders", 19_997, "실버까지 3번 남았어요", 99),
        (0, "visits", 19_997, "실버까지 방문 3번 남았어요", 99),
        (0, "points", 19_000, "실버까지 1,000P 남았어요", 95),
    ],
)
def test_describe_progress__way_to_the_next_tier__in_words(
    level: int, measure: str, value: int, title: str, percent: int
) -> None:
    progress = describe_progress(standing(level, way(level, measure, value)), TIERS, "USD")

    assert progress is not None
    assert (progress.title, [one.percent for one in progress.ways]) == (title, [percent])


@pytest.mark.parametrize(
    ("join", "spent", "orders", "title", "between"),
    [
        ("all", 11_800, 1, "실버까지 $82, 2번 남았어요", ""),
        ("all", 20_000, 1, "실버까지 2번 남았어요", ""),
        ("any", 11_800, 1, "실버까지 $82 또는 2번 남았어요", "또는"),
        ("any", 11_800, 3, "실버 기준을 채웠어요", "또는"),
    ],
)
def test_describe_progress__two_things_count__each_way_and_what_is_lacking(
    join: str, spent: int, orders: int, title: str, between: str
) -> None:
    ways = (way(0, "spend", spent), WayView("orders", orders, 3, max(3 - orders, 0), 0))

    progress = describe_progress(standing(0, *ways, join=join), TIERS, "USD")

    assert progress is not None
    assert (progress.title, progress.between) == (title, between)
    assert [(one.done, one.wanted) for one in progress.ways] == [
        (f"지금까지 ${spent / 100:.2f}", "$200.00"), (f"지금까지 {orders}번", "3번"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("join", "money", "orders", "words"),
    [
        ("all", 5_000, 0, "2026년 12월 31일 (목)까지 $50 더 채우면 실버를 지켜요."),
        ("all", 5_000, 2, "2026년 12월 31일 (목)까지 $50, 2번 더 채우면 실버를 지켜요."),
        ("any", 5_000, 2, "2026년 12월 31일 (목)까지 $50 또는 2번 더 채우면 실버를 지켜요."),
        ("any", 0, 0, "실버를 2026년 12월 31일 (목)까지 지켜요."),
    ],
)
def test_describe_progress__level_held_for_a_while__what_it_takes_to_stay_and_by_when(
    join: str, money: int, orders: int, words: str
) -> None:
    zone = get_current_timezone()
    held = datetime(2027, 1, 1, tzinfo=zone)
    ways = (WayView("spend", 0, 60_000, 60_000, money), WayView("orders", 0, 6, 6, orders))

    progress = describe_progress(standing(1, *ways, join=join)._replace(held_until=held), TIERS, "USD")

    assert progress is not None
    assert progress.keep == words


@pytest.mark.parametrize(
    ("window_from", "window_days", "korean", "english"),
    [
        (NOW - timedelta(days=364), 365, "365일 동안 $118.00", "In 365 days $118.00"),
        (NOW - timedelta(days=10), 0, "11월 12일부터 $118.00", "Since Nov 12 $118.00"),
        (None, 0, "지금까지 $118.00", "So far $118.00"),
    ],
)
def test_describe_progress__what_counts__says_over_what_time(
    window_from: datetime | None, window_days: int, korean: str, english: str
) -> None:
    here = standing(0, way(0, "spend", 11_800))
    here = here._replace(window_from=window_from, window_days=window_days)

    for language, words in (("ko", korean), ("en", english)):
        with translation.override(language):
            progress = describe_progress(here, TIERS, "USD")

        assert progress is not None
        assert [one.done for one in progress.ways] == [words]
