"""Tables of how figures and instants are written."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from hypothesis import given, strategies as st

from dangol.domain.korean import with_particle
from dangol.web import formats
from dangol.web.charts import nice_steps


@pytest.fixture(autouse=True)
def seoul() -> Iterator[None]:
    with timezone.override(ZoneInfo("Asia/Seoul")):
        yield


AT = datetime(2026, 11, 22, 4, 24, tzinfo=UTC)  # 13:24 in Seoul
NOW = datetime(2026, 11, 22, 4, 25, tzinfo=UTC)
Write = Callable[[], str]

CASES: list[tuple[Write, str, str]] = [
    (lambda: formats.format_number(-3000), "−3,000", "−3,000"),
    (lambda: formats.format_money(12450, "KRW"), "₩12,450", "₩12,450"),
    (lambda: formats.format_money(8200, "USD"), "$82.00", "$82.00"),
    (lambda: formats.format_money(-305, "USD"), "−$3.05", "−$3.05"),
    (lambda: formats.format_money(1234, "KWD"), "KWD1.234", "KWD1.234"),
    (lambda: formats.format_money_in_words(12450, "KRW"), "12,450원", "₩12,450"),
    (lambda: formats.format_money_in_words(8200, "USD"), "$82", "$82"),
    (lambda: formats.format_money_in_words(8205, "USD"), "$82.05", "$82.05"),
    (lambda: formats.format_points(12450), "12,450P", "12,450 pts"),
    (lambda: formats.format_points(1), "1P", "1 pt"),
    (lambda: formats.format_points_change(490), "+490P", "+490 pts"),
    (lambda: formats.format_points_change(-3000), "−3,000P", "−3,000 pts"),
    (lambda: formats.format_points_change(0), "0P", "0 pts"),
    (lambda: formats.format_compact(9999), "9,999", "9.9K"),
    (lambda: formats.format_compact(38_200_000), "3,820만", "38.2M"),
    (lambda: formats.format_compact(120_000_000), "1억 2,000만", "120M"),
    (lambda: formats.format_compact(100_000_000), "1억", "100M"),
    (lambda: formats.format_compact(-12_345), "−1.2만", "−12.3K"),
    (lambda: formats.format_compact(10_999), "1만", "10.9K"),
    (lambda: formats.format_compact(123_456), "12만", "123.4K"),
    (lambda: formats.format_tick(0), "0", "0"),
    (lambda: formats.format_tick(7_500), "7,500", "7.5K"),
    (lambda: formats.format_tick(15_000), "1.5만", "15K"),
    (lambda: formats.format_tick(2_500_000), "250만", "2.5M"),
    (lambda: formats.format_tick(150_000_000), "1.5억", "150M"),
    (lambda: formats.format_percent(1, 8), "12.5%", "12.5%"),
    (lambda: formats.format_percent(2, 3), "66.7%", "66.7%"),
    (lambda: formats.format_percent(0, 0), "–", "–"),
    (lambda: formats.format_point_change(-21), "2.1%p", "2.1 pp"),
    (lambda: formats.format_date(AT), "2026년 11월 22일 (일)", "Nov 22, 2026 (Sun)"),
    (lambda: formats.format_day(AT), "11월 22일", "Nov 22"),
    (
        lambda: formats.format_day(date(2025, 3, 1), today=date(2026, 1, 1)),
        "2025년 3월 1일",
        "Mar 1, 2025",
    ),
    (lambda: formats.format_day_short(AT), "11. 22.", "Nov 22"),
    (lambda: formats.format_time(AT), "오후 1:24", "1:24 PM"),
    (lambda: formats.format_time(datetime(2026, 1, 1, 15, 5, tzinfo=UTC)), "오전 12:05", "12:05 AM"),
    (lambda: formats.format_time(datetime(2026, 1, 1, 3, 5, tzinfo=UTC)), "오후 12:05", "12:05 PM"),
    (
        lambda: formats.format_range(date(2026, 10, 24), date(2026, 11, 22)),
        "2026년 10월 24일 – 11월 22일",
        "Oct 24 – Nov 22, 2026",
    ),
    (
        lambda: formats.format_range(date(2025, 12, 24), date(2026, 1, 22)),
        "2025년 12월 24일 – 2026년 1월 22일",
        "Dec 24, 2025 – Jan 22, 2026",
    ),
    (lambda: formats.format_quantity(2000), "2", "2"),
    (lambda: formats.format_quantity(-750), "−0.75", "−0.75"),
]


@pytest.mark.parametrize(("write", "korean", "english"), CASES)
def test_formats__two_languages__as_agreed(write: Write, korean: str, english: str) -> None:
    with translation.override("ko"):
        in_korean = write()
    with translation.override("en"):
        in_english = write()

    assert (in_korean, in_english) == (korean, english)


@pytest.mark.parametrize(
    ("at", "korean", "english"),
    [
        (datetime(2026, 11, 22, 4, 24, 30, tzinfo=UTC), "방금", "just now"),
        (datetime(2026, 11, 22, 4, 22, tzinfo=UTC), "3분 전", "3 min ago"),
        (datetime(2026, 11, 21, 23, 25, tzinfo=UTC), "5시간 전", "5 hours ago"),
        (datetime(2026, 11, 22, 3, 25, tzinfo=UTC), "1시간 전", "1 hour ago"),
        (datetime(2026, 11, 21, 14, 59, tzinfo=UTC), "어제", "yesterday"),
        (datetime(2026, 11, 18, 4, 25, tzinfo=UTC), "4일 전", "4 days ago"),
        (datetime(2026, 11, 1, 4, 25, tzinfo=UTC), "11월 1일", "Nov 1"),
        (datetime(2025, 11, 1, 4, 25, tzinfo=UTC), "2025년 11월 1일", "Nov 1, 2025"),
    ],
)
def test_format_relative__age__in_words(at: datetime, korean: str, english: str) -> None:
    with translation.override("ko"):
        assert formats.format_relative(at, now=NOW) == korean
    with translation.override("en"):
        assert formats.format_relative(at, now=NOW) == english


@pytest.mark.parametrize(
    ("until", "korean"),
    [
        # An end at the shop's midnight means the day before it is the last one.
        (datetime(2026, 11, 22, 15, 0, tzinfo=UTC), "오늘까지예요"),
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), "내일까지예요"),
        (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), "8일 남았어요"),
    ],
)
def test_format_days_left__exclusive_end__counts_to_the_last_day(until: datetime, korean: str) -> None:
    with translation.override("ko"):
        assert formats.format_days_left(until, now=NOW) == korean


@pytest.mark.parametrize(
    ("word", "josa", "joined"),
    [
        ("쿠폰", "을", "쿠폰을"),
        ("포인트", "을", "포인트를"),
        ("VIP", "이", "VIP가"),
        ("1,200P", "가", "1,200P가"),
        ("골드", "이", "골드가"),
        ("실버", "으로", "실버로"),
        ("서울", "으로", "서울로"),
        ("부산", "로", "부산으로"),
        ("회원 3", "은", "회원 3은"),
        ("회원 4", "은", "회원 4는"),
        ("회원 8", "로", "회원 8로"),
        ("ABM", "과", "ABM과"),
        ("Silver", "이", "Silver가"),
        ("SR", "으로", "SR로"),
        ("‘가을 쿠폰’", "을", "‘가을 쿠폰’을"),
        ("골드", "이에요", "골드예요"),
    ],
)
def test_josa__ending__chooses_the_particle(word: str, josa: str, joined: str) -> None:
    assert with_particle(word, josa) == joined


@given(st.integers(min_value=-(10**17), max_value=10**17))
def test_format_compact__any_number__never_promises_more(value: int) -> None:
    with translation.override("en"):
        shown = formats.format_compact(value)

    digits = shown.lstrip("−").rstrip("KMBT").replace(",", "")
    scale = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(shown[-1], 1)
    assert float(digits) * scale <= abs(value) * (1 + 1e-12)


@pytest.mark.parametrize("language", ["ko", "en"])
@given(largest=st.integers(min_value=0, max_value=10**15))
def test_format_tick__any_axis__no_label_twice(language: str, largest: int) -> None:
    with translation.override(language):
        labels = [formats.format_tick(tick) for tick in nice_steps(largest)]

    assert len(set(labels)) == len(labels)
