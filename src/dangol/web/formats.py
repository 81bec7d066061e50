"""How figures, instants and words are written on a page, in Korean and in English.

Every function writes in the active language and, for instants, in the active time zone (the shop's,
set by `dangol.web.frame`). The minus sign is U+2212, so that it is as wide as a digit and is
read aloud as "minus".
"""

from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache

from babel.numbers import get_currency_precision, get_currency_symbol
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, pgettext

from dangol.domain.korean import with_particle

MINUS, DASH = "−", "–"
# 만, 억, 조 against thousand, million, billion: each language counts in its own steps.
_KOREAN_UNITS = ((10**12, "조"), (10**8, "억"), (10**4, "만"))
_ENGLISH_UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))
_WEEKDAYS = {
    "ko": ("월", "화", "수", "목", "금", "토", "일"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def language() -> str:
    """Return the language pages are written in now: `ko` or `en`."""
    return "en" if (get_language() or "ko").startswith("en") else "ko"


def with_josa(word: str, josa: str) -> str:
    """Return a word with its Korean particle; in English the word alone."""
    return with_particle(word, josa) if language() == "ko" else word


def format_number(value: int) -> str:
    """Return a whole number with thousands apart: `12,450`, `−3,000`."""
    return f"{MINUS if value < 0 else ''}{abs(value):,}"


def format_signed(value: int) -> str:
    """Return a number that always shows its sign, but for zero."""
    return f"+{value:,}" if value > 0 else format_number(value)


@cache
def _symbol(currency: str) -> str:
    return get_currency_symbol(currency, locale="en_US")


@cache
def minor_digits(currency: str) -> int:
    """Return how many decimals the currency has (ISO 4217): 2 for USD, 0 for KRW."""
    return get_currency_precision(currency)


def _amount(minor: int, currency: str, *, drop_zeros: bool) -> str:
    digits = minor_digits(currency)
    whole, part = divmod(abs(minor), 10**digits)
    if not digits or (drop_zeros and not part):
        return f"{whole:,}"
    return f"{whole:,}.{part:0{digits}d}"


def format_money(minor: int, currency: str) -> str:
    """Return an amount of minor units as tables show it: `₩12,450`, `$82.00`, `−$3.05`."""
    sign = MINUS if minor < 0 else ""
    return f"{sign}{_symbol(currency)}{_amount(minor, currency, drop_zeros=False)}"


def format_money_in_words(minor: int, currency: str) -> str:
    """Return an amount as a sentence shows it: `12,450원` for won in Korean, `$82` for a round sum."""
    sign = MINUS if minor < 0 else ""
    amount = _amount(minor, currency, drop_zeros=True)
    if currency == "KRW" and language() == "ko":
        return f"{sign}{amount}원"
    return f"{sign}{_symbol(currency)}{amount}"


def format_points(points: int) -> str:
    """Return points with their unit: `12,450P`, in English `12,450 pts`."""
    return _with_unit(format_number(points), points)


def format_points_change(points: int) -> str:
    """Return a movement of points, always with its sign: `+490P`, `−3,000P`."""
    return _with_unit(format_signed(points), points)


def _with_unit(shown: str, points: int) -> str:
    if language() == "ko":
        return f"{shown}P"
    return f"{shown} pt" if abs(points) == 1 else f"{shown} pts"


def format_tick(value: int) -> str:
    """Return a number in one unit, exactly: `1.5만`, `1,500만`, `1.5억`; in English `15K`, `12.5M`.

    For the round numbers of an axis: no two of them may read the same.
    """
    for size, unit in _KOREAN_UNITS if language() == "ko" else _ENGLISH_UNITS:
        if value >= size:
            whole, rest = divmod(value, size)
            part = f"{rest:0{len(str(size)) - 1}d}".rstrip("0")
            return f"{whole:,}.{part}{unit}" if part else f"{whole:,}{unit}"
    return format_number(value)


def format_compact(value: int) -> str:
    """Return a large number in few characters: `1.5만`, `3,820만`, `1억 2,000만`; in English `38.2M`.

    Digits beyond the shown ones are cut, never rounded up: a headline must not promise what is not there.
    """
    sign, rest = (MINUS if value < 0 else ""), abs(value)
    return sign + (_compact_korean(rest) if language() == "ko" else _compact_english(rest))


def _compact_korean(value: int) -> str:
    if value < 10**4:
        return f"{value:,}"
    if value < 10**5:
        whole, thousand = divmod(value // 10**3, 10)
        return f"{whole}.{thousand}만" if thousand else f"{whole}만"
    parts = []
    for size, unit in _KOREAN_UNITS:
        count, value = divmod(value, size)
        if count:
            parts.append(f"{count:,}{unit}")
        if len(parts) == 2:
            break
    return " ".join(parts)


def _compact_english(value: int) -> str:
    for size, unit in _ENGLISH_UNITS:
        if value >= size:
            whole, tenth = divmod(value * 10 // size, 10)
            return f"{whole:,}.{tenth}{unit}" if tenth and whole < 1_000 else f"{whole:,}{unit}"
    return str(value)


def format_percent(part: int, whole: int) -> str:
    """Return a share with one decimal, rounded half up: `64.8%`; a dash where there is no whole."""
    if whole == 0:
        return DASH
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def format_share(share: Fraction | None) -> str:
    """Return a share with one decimal: `64.8%`; a dash where there is none."""
    return DASH if share is None else format_percent(share.numerator, share.denominator)


def format_times(times: Fraction | None) -> str:
    """Return how many times one is the other, to a tenth, rounded half up: `2.5`; a dash where nothing is."""
    if times is None:
        return DASH
    tenths = (times * 10 + Fraction(1, 2)).__floor__()
    return f"{format_number(tenths // 10)}.{tenths % 10}"


def format_local(at: datetime) -> datetime:
    """Return the instant on the wall clock of the active zone."""
    return timezone.localtime(at)


def _day(value: date) -> date:
    return format_local(value).date() if isinstance(value, datetime) else value


def format_date(value: date) -> str:
    """Return a day in full: `2026년 11월 22일 (일)`, `Nov 22, 2026 (Sun)`."""
    day = _day(value)
    weekday = _WEEKDAYS[language()][day.weekday()]
    if language() == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일 ({weekday})"
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year} ({weekday})"


def format_month(value: date) -> str:
    """Return a month with its year: `2026년 10월`, `Oct 2026`."""
    return (
        f"{value.year}년 {value.month}월"
        if language() == "ko"
        else f"{_MONTHS[value.month - 1]} {value.year}"
    )


def format_day(value: date, *, today: date | None = None) -> str:
    """Return a day in a sentence: `11월 22일`, `Nov 22`; with its year where that is not today's."""
    day = _day(value)
    year = day.year if today is not None and _day(today).year != day.year else None
    if language() == "ko":
        return f"{year}년 {day.month}월 {day.day}일" if year else f"{day.month}월 {day.day}일"
    month = _MONTHS[day.month - 1]
    return f"{month} {day.day}, {year}" if year else f"{month} {day.day}"


def format_day_short(value: date) -> str:
    """Return a day for a column or an axis: `11. 22.`, `Nov 22`."""
    day = _day(value)
    return f"{day.month}. {day.day}." if language() == "ko" else f"{_MONTHS[day.month - 1]} {day.day}"


def format_time(at: datetime) -> str:
    """Return the time of day: `오후 1:24`, `1:24 PM`."""
    local = format_local(at)
    hour, late = local.hour % 12 or 12, local.hour >= 12
    if language() == "ko":
        return f"{'오후' if late else '오전'} {hour}:{local.minute:02d}"
    return f"{hour}:{local.minute:02d} {'PM' if late else 'AM'}"


def format_instant(at: datetime) -> str:
    """Return day and time: `2026년 11월 22일 (일) 오후 1:24`, `Nov 22, 2026 (Sun) 1:24 PM`."""
    return f"{format_date(at)} {format_time(at)}"


def format_range(first: date, last: date) -> str:
    """Return a span of days, both included: `2026년 10월 24일 – 11월 22일`, `Oct 24 – Nov 22, 2026`."""
    first, last = _day(first), _day(last)
    if language() == "ko":
        return f"{first.year}년 {format_day(first)} {DASH} {format_day(last, today=first)}"
    return f"{format_day(first, today=last)} {DASH} {format_day(last)}, {last.year}"


def format_relative(at: datetime, *, now: datetime) -> str:
    """Return how long ago: `방금`, `3분 전`, `5시간 전`, `어제`, `4일 전`, from a week on the day."""
    days = (_day(now) - _day(at)).days
    elapsed = now - at
    if elapsed < timedelta(minutes=1):
        return gettext("방금")
    if elapsed < timedelta(hours=1):
        minutes = elapsed // timedelta(minutes=1)
        return ngettext("%(count)d분 전", "%(count)d분 전", minutes) % {"count": minutes}
    if days == 0:
        hours = elapsed // timedelta(hours=1)
        return ngettext("%(count)d시간 전", "%(count)d시간 전", hours) % {"count": hours}
    if days == 1:
        return gettext("어제")
    if days < 7:
        return ngettext("%(count)d일 전", "%(count)d일 전", days) % {"count": days}
    return format_day(at, today=_day(now))


def format_days_left(until: datetime, *, now: datetime) -> str:
    """Return how many days are left to an exclusive end: `오늘까지`, `내일까지`, `8일 남았어요`."""
    # The end itself is not included, so the last usable instant decides the day.
    days = (_day(until - timedelta(microseconds=1)) - _day(now)).days
    if days <= 0:
        return gettext("오늘까지예요")
    if days == 1:
        return gettext("내일까지예요")
    return ngettext("%(count)d일 남았어요", "%(count)d일 남았어요", days) % {"count": days}


def format_last_day(until: datetime) -> date:
    """Return the last day on which something with an exclusive end can be used."""
    return _day(until - timedelta(microseconds=1))


def format_quantity(milli: int) -> str:
    """Return a quantity of thousandths without needless zeros: `2`, `0.75`."""
    whole, part = divmod(abs(milli), 1000)
    shown = f"{whole:,}" if not part else f"{whole:,}.{part:03d}".rstrip("0")
    return f"{MINUS}{shown}" if milli < 0 else shown


def format_point_change(tenths: int) -> str:
    """Return a difference of two shares, in tenths of a percentage point: `2.1%p`, `2.1 pp`."""
    shown = f"{abs(tenths) // 10}.{abs(tenths) % 10}"
    return pgettext("percentage points", "%(value)s%%p") % {"value": shown}
