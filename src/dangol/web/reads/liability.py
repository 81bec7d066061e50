"""What the shop owes in points, as the page shows it: the night's sums, and what they are worth now."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.domain.deferral import recognized, worth
from dangol.rooms.personalization.selectors import ReportView
from dangol.web.formats import DASH, format_percent

MONTHS_SHOWN = 12
# From which age in months on, up to which (exclusive), and what it is called.
AGES: Sequence[tuple[int, int, str | Promise]] = (
    (0, 3, _("석 달 안")),
    (3, 6, _("석 달부터 여섯 달")),
    (6, 12, _("여섯 달부터 한 해")),
    (12, 24, _("한 해부터 두 해")),
    (24, 10_000, _("두 해 넘게")),
)
_FIGURES = ("breakage", "breakage_low", "breakage_high")
_COUNTED = ("lots", "issued", "returned", "spent", "expired", "outstanding")


class Expected(NamedTuple):
    """How many points are expected never to be spent, at 95 %, and how many to be; of those outstanding."""

    never: int
    never_low: int
    never_high: int
    to_come: int
    share: str
    between: str


class AgeRow(NamedTuple):
    """Points outstanding of an age; `expected` and `owed_minor` are None where nothing can be said."""

    words: str | Promise
    lots: int
    outstanding: int
    share: str
    expected: Expected | None
    owed_minor: int | None


class ExpiringRow(NamedTuple):
    """Points that lapse in a month (None: with `later`, after the last shown; else never)."""

    month: date | None
    later: bool
    points: int
    worth_minor: int | None


class Accounts(NamedTuple):
    """The view of IFRS 15 in minor units: all that is there, what of it is deferred, and breakage as revenue.

    `deferred_low_minor` and `deferred_high_minor` are its interval. `breakage_minor` is that of all points
    ever issued; `recognized_minor` of it is revenue so far, `to_come_minor` is not yet.
    """

    gross_minor: int
    never_minor: int
    deferred_minor: int
    deferred_low_minor: int
    deferred_high_minor: int
    breakage_minor: int
    recognized_minor: int
    to_come_minor: int


class LiabilityPage(NamedTuple):
    """What the page shows. `worth_minor` is None until the shop says what a point is worth."""

    outstanding: int
    pending: int
    debt: int
    lots: int
    worth_minor: int | None
    expected: Expected | None
    accounts: Accounts | None
    ages: list[AgeRow]
    expiring: list[ExpiringRow]
    curve: list[tuple[int, str, str]]
    refusal: Mapping[str, Any] | None


def read_liability(report: ReportView, value: Fraction | None) -> LiabilityPage | None:
    """Return what a report says, with what a point is worth (None: not said); None where none was given."""
    (row,) = report.rows
    totals = row["totals"]
    if not totals["lots"]:
        return None
    months = with_ages(row["months"], report.as_of)
    return LiabilityPage(
        totals["outstanding"],
        totals["pending"],
        totals["debt"],
        totals["lots"],
        worth(totals["outstanding"], value) if value is not None else None,
        _expected(totals),
        _accounts(months, totals, value),
        _ages(months, value),
        _expiring(row["expiring"], report.as_of, value),
        _curve(row["curve"]),
        row["refusal"],
    )


def with_ages(months: Sequence[Mapping[str, Any]], as_of: date) -> list[dict[str, Any]]:
    """Return the rows of months of issue with `month` as a date, and `age_months` at that day."""
    found = []
    for one in months:
        month = date.fromisoformat(one["month"])
        age = (as_of.year - month.year) * 12 + as_of.month - month.month
        found.append({**one, "month": month, "age_months": age})
    return found


def _expected(row: Mapping[str, Any]) -> Expected | None:
    if row.get("breakage") is None:
        return None
    never, low, high = (row[name] for name in _FIGURES)
    held = row["outstanding"]
    between = f"{format_percent(low, held)} {DASH} {format_percent(high, held)}" if held > 0 else ""
    return Expected(never, low, high, held - never, format_percent(never, held), between)


def _ages(months: Sequence[Mapping[str, Any]], value: Fraction | None) -> list[AgeRow]:
    """Return the rows of ages of which points are left, each bound the sum of its months' own."""
    held = sum(row["outstanding"] for row in months)
    found = []
    for least, most, words in AGES:
        some = [row for row in months if least <= row["age_months"] < most]
        sums = {name: sum(row[name] for row in some) for name in _COUNTED}
        if not sums["outstanding"]:
            continue
        is_known = all(row["breakage"] is not None for row in some)
        expected = _expected(sums | {name: sum(row[name] for row in some) for name in _FIGURES if is_known})
        owed = worth(expected.to_come, value) if expected and value is not None else None
        share = format_percent(sums["outstanding"], held)
        found.append(AgeRow(words, sums["lots"], sums["outstanding"], share, expected, owed))
    return found


def _expiring(rows: Sequence[Mapping[str, Any]], as_of: date, value: Fraction | None) -> list[ExpiringRow]:
    """Return the next twelve months in which points lapse, all after together, and those that never do."""
    sums: dict[tuple[bool, date | None], int] = {}
    last = as_of.year * 12 + as_of.month - 1 + MONTHS_SHOWN
    for one in rows:
        month = date.fromisoformat(one["month"]) if one["month"] else None
        later = month is not None and month.year * 12 + month.month - 1 >= last
        place = (later, None if later else month)
        sums[place] = sums.get(place, 0) + one["points"]
    order = sorted(sums, key=lambda place: (place[1] is None, not place[0], place[1] or date.max))
    return [
        ExpiringRow(month, later, points, worth(points, value) if value is not None else None)
        for later, month in order
        if (points := sums[later, month])
    ]


def _accounts(
    months: Sequence[Mapping[str, Any]], totals: Mapping[str, Any], value: Fraction | None
) -> Accounts | None:
    """Return the view of IFRS 15; None until the shop has said what a point is worth, and enough is known."""
    if value is None or totals.get("breakage") is None:
        return None
    held, never = totals["outstanding"], totals["breakage"]
    breakage = so_far = 0
    for row in months:
        lost = row["expired"] + row["breakage"]
        allocated = worth(lost, value)
        breakage += allocated
        so_far += recognized(
            allocated_minor=allocated,
            spent=row["spent"],
            expected_spent=row["issued"] - row["returned"] - lost,
        )
    return Accounts(
        worth(held, value), worth(never, value), worth(held - never, value),
        worth(held - totals["breakage_high"], value), worth(held - totals["breakage_low"], value),
        breakage, so_far, breakage - so_far,
    )  # fmt: skip


def _curve(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """Return the share unspent by age in months, by the chain ladder and by the second model."""
    return [(row["age_months"], _percent(row["unspent"]), _percent(row["unspent_sbg"])) for row in rows]


def _percent(share: float | None) -> str:
    return DASH if share is None else format_percent(round(share * 1_000), 1_000)
