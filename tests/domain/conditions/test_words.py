"""Conditions and decisions in words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dangol.domain.conditions import (
    Happening,
    Labels,
    Said,
    Subject,
    decide,
    describe,
    explain,
    read_condition,
)
from tests.domain.conditions.drawn import CATALOG

AS_OF, SEOUL = datetime(2026, 3, 1, 3, tzinfo=UTC), ZoneInfo("Asia/Seoul")
LABELS = Labels(
    events={"order": "주문"}, properties={"total": "금액"},
    traits={"rewards.tier": "등급", "born": "생일", "points": "포인트"},
    values={"rewards.tier": {"gold": "골드"}}, segments={"vips": "큰손"},
)  # fmt: skip
TREE: dict[str, Any] = {
    "type": "all",
    "of": [
        {"type": "trait", "trait": "rewards.tier", "op": "at_least", "value": "gold"},
        {"type": "did", "event": "order", "times": {"op": "at_least", "n": 2},
         "where": [{"property": "total", "op": "at_least", "value": 50000}],
         "window": {"type": "last", "n": 30, "unit": "days"}},
        {"type": "not", "of": {"type": "member", "segment": "vips"}},
    ],
}  # fmt: skip


def lines(said: Said, depth: int = 0) -> list[str]:
    """Return a tree of sentences as indented lines."""
    return ["  " * depth + said.text, *(line for one in said.lines for line in lines(one, depth + 1))]


def test_describe__in_korean__is_a_tree_with_labels_and_particles() -> None:
    assert lines(describe(read_condition(TREE, CATALOG), "ko", LABELS)) == [
        "모두 맞아야 해요",
        "  등급이 ‘골드’ 이상이에요",
        "  지난 30일 동안 주문이 2번 이상 있었어요, 이런 것만 세요",
        "    금액이 50,000 이상이에요",
        "  여기에 맞지 않아야 해요",
        "    큰손 세그먼트에 들어 있어요",
    ]


def test_describe__in_english__is_a_tree() -> None:
    assert lines(describe(read_condition(TREE, CATALOG), "en")) == [
        "All of these hold",
        "  rewards.tier is “gold” or above",
        "  order happened at least 2 times in the last 30 days, counting only those of which",
        "    total is at least 50,000",
        "  This does not hold",
        "    is in the segment vips",
    ]


def test_explain__who_is_out__names_what_decided_and_the_events() -> None:
    order = Happening("order", AS_OF - timedelta(days=1), {"total": 70_000}, "o1")
    condition = read_condition(TREE, CATALOG)
    decision = decide(condition, Subject({"rewards.tier": "gold"}, [order]), as_of=AS_OF, zone=SEOUL)

    assert lines(explain(condition, decision, "ko", LABELS)) == [
        "조건에 맞지 않아요",
        "  아니에요: 지난 30일 동안 주문이 2번 이상 있었어요, 이런 것만 세요",
        "    금액이 50,000 이상이에요",
        "    1번 있었어요",
        "    주문, 2026년 2월 28일 오후 12:00 (o1)",
    ]
    assert decision.changes_at is None


@pytest.mark.parametrize(
    ("leaf", "korean", "english"),
    [
        ({"trait": "points", "op": "between", "value": [1, 1500.5]},
         "포인트가 1부터 1,500.5까지예요", "points is from 1 to 1,500.5"),
        ({"trait": "city", "op": "not_in", "value": ["서울", "부산"]},
         "city가 ‘서울’, ‘부산’ 가운데 어느 것도 아니에요", "city is none of “서울”, “부산”"),
        ({"trait": "born", "op": "anniversary_within", "value": {"n": 7, "unit": "days"}},
         "생일의 기념일이 오늘부터 7일 안에 있어요", "born has its anniversary in the next 7 days"),
        ({"trait": "born", "op": "before", "value": "2000-02-29"},
         "생일이 2000년 2월 29일 전이에요", "born is before Feb 29, 2000"),
        ({"trait": "points", "op": "less_than", "other": "goal"},
         "포인트가 goal보다 작아요", "points is less than goal"),
        ({"trait": "vip", "op": "equals", "value": True}, "vip가 ‘예’예요", "vip is yes"),
    ],
)  # fmt: skip
def test_describe__a_leaf__is_a_sentence(leaf: dict[str, Any], korean: str, english: str) -> None:
    condition = read_condition({"type": "trait", **leaf}, CATALOG)

    assert describe(condition, "ko", LABELS).text == korean
    assert describe(condition, "en").text == english


def test_decide__until__is_the_end_of_the_window_of_the_event_that_decides() -> None:
    raw = {"type": "did", "event": "order", "times": {"op": "at_least", "n": 2},
           "window": {"type": "last", "n": 7, "unit": "days"}}  # fmt: skip
    orders = [Happening("order", AS_OF - timedelta(days=n), {}, f"o{n}") for n in (6, 3, 1)]

    decision = decide(read_condition(raw, CATALOG), Subject({}, orders), as_of=AS_OF, zone=SEOUL)

    assert (decision.holds, decision.changes_at) == (True, AS_OF + timedelta(days=4))


def test_decide__a_birthday__changes_with_the_day_in_the_shop_s_zone() -> None:
    raw = {"type": "trait", "trait": "born", "op": "anniversary_within", "value": {"n": 1, "unit": "days"}}
    subject = Subject({"born": date(1990, 3, 3)}, ())

    decision = decide(read_condition(raw, CATALOG), subject, as_of=AS_OF, zone=SEOUL)

    assert (decision.holds, decision.changes_at) == (False, datetime(2026, 3, 2, 15, tzinfo=UTC))
