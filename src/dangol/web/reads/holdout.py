"""What the model of what customers buy had told, beside what came: in figures and as a chart."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, ngettext

from dangol.rooms.personalization.selectors import find_report
from dangol.web.charts import PHONE_WIDTH, Label, Series, column_chart
from dangol.web.formats import DASH, format_compact, format_day_short, format_number

# So many weeks are drawn, those that were held out and as many before them.
WEEKS_DRAWN = 26
# Who came again so often or more often stands in one row (`insight.lifetime.holdout.MOST`).
MOST = 7


class Week(NamedTuple):
    """A week by its last day: visits that came and that the model had told, and whether it was held out."""

    ends_on: date
    came: int
    told: int
    is_held_out: bool


class Frequency(NamedTuple):
    """Customers who had come again so often: how often they did in the time that was held out, on average."""

    words: str
    customers: int
    came: str
    told: str


class Held(NamedTuple):
    """The report: sums, how far off they are, weeks, frequencies, and the chart, wide and for a phone."""

    customers: int
    came: int
    told: int
    off: str
    weeks: list[Week]
    frequencies: list[Frequency]
    chart: SafeString
    phone_chart: SafeString


def read_holdout() -> Held | None:
    """Return how well the model had told the last three months; None where they were not held out."""
    sums, tracking, told = map(find_report, ("holdout", "holdout_weeks", "holdout_frequencies"))
    if not (sums and tracking and told and sums.rows):
        return None
    (whole,) = sums.rows
    came, expected = whole["actual"], round(whole["expected"])
    weeks = [_week(*pair) for pair in pairwise(tracking.rows)][-WEEKS_DRAWN:]
    draw = partial(
        column_chart,
        [Label(format_day_short(one.ends_on), "" if one.is_held_out else " ") for one in weeks],
        [
            Series(_("온 횟수"), "s1", [one.came for one in weeks]),
            Series(_("내다본 횟수"), "s2", [one.told for one in weeks]),
        ],
        label=_("주마다 다시 온 횟수: 떼어 둔 석 달에 {came}번 왔고 {told}번을 내다봤어요").format(
            came=format_number(came), told=format_number(expected)
        ),
        write=format_number,
        write_tick=format_compact,
    )
    return Held(
        whole["customers"], came, expected, _off(whole["error_share"]), weeks,
        [_frequency(row) for row in told.rows],
        draw(), draw(width=PHONE_WIDTH),
    )  # fmt: skip


def _week(before: Mapping[str, Any], row: Mapping[str, Any]) -> Week:
    came, told = (row[name] - before[name] for name in ("actual", "expected"))
    return Week(date.fromisoformat(row["ends_on"]), came, max(round(told), 0), row["is_held_out"])


def _off(share: float | None) -> str:
    """Return by how much what was told is above (+) or below (−) what came; a dash where nobody came."""
    if share is None:
        return DASH
    tenths = round(abs(share) * 1_000)
    sign = "" if not tenths else "+" if share > 0 else "−"
    return f"{sign}{tenths // 10}.{tenths % 10}%"


def _frequency(row: Mapping[str, Any]) -> Frequency:
    times = row["frequency"]
    words = ngettext("{times}번 더 옴", "{times}번 더 옴", times).format(times=format_number(times))
    if times == MOST:
        words = _("{times}번 이상 더 옴").format(times=times)
    came, told = (f"{row[name]:.2f}" for name in ("actual_mean", "expected_mean"))
    return Frequency(words, row["customers"], came, told)
