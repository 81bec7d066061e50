"""Spans of days as filters ask for them: the shop's own days, by name or by hand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils.translation import override

from dangol.web.day_spans import Between, Quick, span_of, span_words

SEOUL = ZoneInfo("Asia/Seoul")
TODAY = date(2026, 11, 26)  # a Thursday


def at(day: int, month: int = 11) -> datetime:
    """Return when a day of 2026 begins in Seoul."""
    return datetime(2026, month, day, tzinfo=SEOUL).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "between", "words"),
    [
        ("", None, ""),
        ("joined=today", Between(at(26), at(27)), "오늘"),
        ("joined=week", Between(at(23), at(27)), "이번 주"),
        ("joined=30d", Between(at(28, 10), at(27)), "지난 30일"),
        ("joined=days&joined_from=2026-11-02", Between(at(2), None), "2026년 11월 2일 (월)부터"),
        ("joined=days&joined_to=2026-11-02", Between(None, at(3)), "2026년 11월 2일 (월)까지"),
        (
            "joined=days&joined_from=2026-11-02&joined_to=2026-11-03",
            Between(at(2), at(4)),
            "2026년 11월 2일 – 11월 3일",
        ),
        # The wrong way round is turned; what is no day is left out, and so is a choice nobody offers.
        (
            "joined=days&joined_from=2026-11-03&joined_to=2026-11-02",
            Between(at(2), at(4)),
            "2026년 11월 2일 – 11월 3일",
        ),
        ("joined=days", None, ""),
        ("joined=days&joined_from=soon&joined_to=9999-12-31", None, ""),
        ("joined=year", None, ""),
        ("visited=today", None, ""),
        ("joined_from=2026-11-02", None, ""),
    ],
)
def test_span_of__asked__in_days_of_the_shop(asked: str, between: Between | None, words: str) -> None:
    span = span_of(QueryDict(asked), "joined", today=TODAY, zone=SEOUL)

    assert span.between == between
    with override("ko"):
        assert (span_words(span) if span.between else "") == words


def test_span_of__day_the_clocks_are_set__begins_and_ends_at_midnight() -> None:
    zone = ZoneInfo("America/New_York")
    asked = QueryDict("joined=days&joined_from=2026-11-01&joined_to=2026-11-01")

    span = span_of(asked, "joined", today=TODAY, zone=zone)

    assert span.quick is Quick.DAYS
    assert span.between
    assert span.between.since == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert span.between.until == datetime(2026, 11, 2, 5, tzinfo=UTC)
