"""What the nightly run says of all customers, as pages show it: a request reckons nothing but shares."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.storage.ids import Id
from dangol.rooms.personalization.selectors import ReportView, find_report, results_of
from dangol.web.formats import DASH, format_money, format_number, format_percent, minor_digits
from dangol.web.insight_words import RFM_SEGMENTS, SegmentWords

SCORES = (1, 2, 3, 4, 5)
HEATS = 8


class Cell(NamedTuple):
    """A cell of the RFM map; `revenue` is its share of all that was bought."""

    r: int
    f: int
    segment: str
    words: SegmentWords
    customers: int
    share: str
    revenue: str


class SegmentRow(NamedTuple):
    """An RFM segment: how many of all, with an interval of 95 %, and what they bought."""

    segment: str
    words: SegmentWords
    customers: int
    share: str
    between: str
    amount_minor: int
    revenue: str
    mean_minor: int


class RfmMap(NamedTuple):
    """The map's rows, the most frequent first, and its segments in the order of words."""

    report: ReportView
    rows: list[tuple[int, list[Cell]]]
    segments: list[SegmentRow]
    customers: int


class GridCell(NamedTuple):
    """A cell of the cohort grid: what it says, of how many, how dark it is, and whether its month is over."""

    text: str
    retained: int
    heat: int
    is_complete: bool


class CohortRow(NamedTuple):
    """A cohort: its month, how many they are, and a cell for each age."""

    cohort: date
    customers: int
    cells: list[GridCell]


class RepeatRow(NamedTuple):
    """How many of those who bought on one day more did so on an n-th."""

    nth: int
    customers: int
    of: int
    share: str
    between: str


class SecondRow(NamedTuple):
    """The share of customers who had come again by so many days after their first purchase, of 95 %."""

    day: int
    share: str
    between: str


class ValueRow(NamedTuple):
    """What a segment, or everybody, is worth within a year."""

    words: SegmentWords | None
    customers: int
    value_minor: int
    low_minor: int
    high_minor: int
    mean_minor: int
    mean_low_minor: int
    mean_high_minor: int
    share: str
    purchases: str
    alive: str


def read_map() -> RfmMap | None:
    """Return the RFM map; None before the first run and where nobody has bought."""
    cells, shares = find_report("rfm_map"), find_report("rfm_segments")
    if cells is None or shares is None or not shares.rows:
        return None
    everybody = sum(row["customers"] for row in cells.rows)
    amount = sum(row["amount_minor"] for row in cells.rows)
    found = {(row["r"], row["f"]): _cell(row, everybody, amount) for row in cells.rows}
    rows = [(f, [found[r, f] for r in SCORES]) for f in reversed(SCORES)]
    order = list(RFM_SEGMENTS)
    told = sorted(shares.rows, key=lambda row: order.index(row["segment"]))
    return RfmMap(cells, rows, [_segment(row, amount) for row in told], everybody)


def _cell(row: dict[str, Any], everybody: int, amount: int) -> Cell:
    return Cell(
        row["r"], row["f"], row["segment"], RFM_SEGMENTS[row["segment"]], row["customers"],
        format_percent(row["customers"], everybody), _part(row["amount_minor"], amount),
    )  # fmt: skip


def _segment(row: dict[str, Any], amount: int) -> SegmentRow:
    return SegmentRow(
        row["segment"], RFM_SEGMENTS[row["segment"]], row["customers"], _percent(row["share"]), _between(row),
        row["amount_minor"], _part(row["amount_minor"], amount), row["mean_minor"],
    )  # fmt: skip


def _part(minor: int, of: int) -> str:
    """Return a share of what was bought; a dash where more came back than was bought."""
    return format_percent(minor, of) if of > 0 and minor >= 0 else DASH


def _percent(share: float) -> str:
    return format_percent(round(share * 1_000), 1_000)


def _between(row: dict[str, Any]) -> str:
    return f"{_percent(row['share_low'])} {DASH} {_percent(row['share_high'])}"


def read_cohorts(report: ReportView, currency: str, *, revenue: bool) -> list[CohortRow]:
    """Return the grid: shares of who came again from the month after on, or what each has spent so far."""
    by_cohort: dict[str, list[dict[str, Any]]] = {}
    for row in report.rows:
        by_cohort.setdefault(row["cohort"], []).append(row)
    measure = "each_minor" if revenue else "share"
    shown = [row for row in report.rows if revenue or row["age"]]
    darkest = max((row[measure] for row in shown), default=0)

    def cell(row: dict[str, Any]) -> GridCell:
        text = format_money(row["each_minor"], currency) if revenue else _percent(row["share"])
        heat = round(HEATS * max(row[measure], 0) / darkest) if darkest > 0 else 0
        return GridCell(text, row["retained"], heat, row["is_complete"])

    return [
        CohortRow(
            date.fromisoformat(cohort), rows[0]["customers"],
            [cell(row) for row in rows if revenue or row["age"]],
        )
        for cohort, rows in by_cohort.items()
    ]  # fmt: skip


def average_shares(report: ReportView) -> list[tuple[str, int]]:
    """Return by age, from 1 on, the share of all cohorts who came again in a month that is over, and of whom.

    An age that no cohort has left behind has a dash.
    """
    oldest = max((row["age"] for row in report.rows), default=0)
    found = []
    for age in range(1, oldest + 1):
        rows = [row for row in report.rows if row["age"] == age and row["is_complete"]]
        of = sum(row["customers"] for row in rows)
        found.append((format_percent(sum(row["retained"] for row in rows), of), of))
    return found


def read_repeats() -> list[RepeatRow]:
    """Return how many bought on an n-th day; empty before the first run and where nobody came again."""
    report = find_report("repeats")
    return [
        RepeatRow(row["nth"], row["customers"], row["of"], _percent(row["share"]), _between(row))
        for row in (report.rows if report else [])
    ]


def read_second_days() -> list[SecondRow]:
    """Return which share of customers had come again by some days; empty where it cannot be told."""
    report = find_report("second_days")
    return [
        SecondRow(row["day"], _percent(row["share"]), _between(row))
        for row in (report.rows if report else [])
    ]


def read_gaps() -> list[tuple[str, int]]:
    """Return after how many days at the latest which part of the next purchases came."""
    report = find_report("gap_days")
    return [(format_percent(round(row["quantile"] * 100), 100).replace(".0%", "%"), row["days"])
            for row in (report.rows if report else [])]  # fmt: skip


def read_values() -> tuple[ValueRow, list[ValueRow]] | None:
    """Return what everybody and each RFM segment is worth; None where the models do not say."""
    report = find_report("value_by_segment")
    if report is None or not report.rows:
        return None
    names = ("customers", "value_minor", "value_low_minor", "value_high_minor", "purchases", "alive")
    whole = {name: sum(row[name] for row in report.rows) for name in names}
    order = list(RFM_SEGMENTS)
    rows = sorted(report.rows, key=lambda row: order.index(row["segment"]))
    total = whole["value_minor"]
    return _value(whole, total, None), [_value(row, total, RFM_SEGMENTS[row["segment"]]) for row in rows]


def _value(row: dict[str, Any], total: int, words: SegmentWords | None) -> ValueRow:
    count = row["customers"]
    value, low, high = row["value_minor"], row["value_low_minor"], row["value_high_minor"]
    mean, mean_low, mean_high = ((minor + count // 2) // count for minor in (value, low, high))
    return ValueRow(
        words, count, value, low, high, mean, mean_low, mean_high, _part(value, total),
        _tenths(row["purchases"] / count), _percent(row["alive"] / count),
    )  # fmt: skip


def _tenths(value: float) -> str:
    whole, tenth = divmod(round(value * 10), 10)
    return f"{format_number(whole)}.{tenth}"


def read_member_results(customer_id: Id, currency: str, *, zone: ZoneInfo) -> dict[str, Any] | None:
    """Return what the models say of a member; None where none does."""
    told = results_of(customer_id, zone=zone)
    if not told:
        return None
    found: dict[str, Any] = {}
    if (segment := told.get("rfm.segment")) and segment.value in RFM_SEGMENTS:
        found["segment"] = (RFM_SEGMENTS[str(segment.value)], segment)
    if value := told.get("lifetime.value_12m"):
        assert isinstance(value.value, Decimal)
        found["value"] = (format_money(int(value.value.scaleb(minor_digits(currency))), currency), value)
    if visits := told.get("lifetime.purchases_12m"):
        found["visits"] = (_tenths(float(visits.value)), visits)  # type: ignore[arg-type] # told as numbers
    if alive := told.get("lifetime.alive"):
        found["alive"] = (_percent(float(alive.value)), alive)  # type: ignore[arg-type] # told as numbers
    if risk := told.get("churn.risk"):
        found["risk"] = (_percent(float(risk.value)), risk)  # type: ignore[arg-type] # told as numbers
    return found
