"""What the shop owes in points, and how much of it will never be asked for, by the ledger's own entries.

In points only: what one is worth is the shop's to say, and holds at once wherever it is shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from dangol.core.ledger.flows import EXPIRED, ISSUED, RETURNED, SPENT, Flow, lot_flows
from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.selectors import outstanding
from dangol.core.people.selectors import ShopView
from dangol.domain.calendars import end_of_month, start_of_day
from dangol.domain.errors import DomainError
from dangol.insight.liability import KINDS, IssueMonths, expected_breakage
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.rooms.personalization.models import LIABILITY
from dangol.rooms.personalization.reports import Rows

# Points that never lapse are followed for so long: what is left of them then counts as never spent.
LONGEST_LIFE = 120
# Of fewer times that points were spent, what share will be cannot be told.
FEWEST_SPENT = 30
_FIGURES = ("breakage", "breakage_low", "breakage_high")


def liability_reports(shop: ShopView, *, as_of: date) -> dict[str, Rows]:
    """Return a report of one row for each kind of points, by its name, as of the end of a day of the shop's.

    `months` has a row for each month of issue: `month`, `lots`, `issued`, `returned`, `spent`,
    `expired`, `outstanding`, `breakage` with `breakage_low` and `breakage_high` (null where too little is
    known: then `refusal` says why). `expiring` has `month` (null: never) and `points`. `totals` has
    `outstanding`, `pending` of them, `debt` (now) and the same three of breakage. `curve` is the library's.
    """
    before = start_of_day(as_of + timedelta(days=1), shop.tz)
    codes = PointCurrency.objects.order_by("code").values_list("code", flat=True)
    return {
        f"{LIABILITY}{code}": [_report(lot_flows(code, before=before, zone=shop.tz), code, as_of=as_of)]
        for code in codes
    }


def _report(flows: Sequence[Flow], currency: str, *, as_of: date) -> dict[str, Any]:
    months = _months(flows)
    held = sum(flow.points for flow in flows)
    report: dict[str, Any] = {
        "months": months,
        "expiring": _expiring(flows),
        "totals": {
            "outstanding": held,
            "pending": sum(flow.points for flow in flows if flow.pending),
            "debt": outstanding(currency).debt,
            "lots": sum(flow.entries for flow in flows if flow.what == ISSUED),
        },
        "curve": [],
        "refusal": None,
    }
    if not flows:
        return report
    try:
        _require_spent(flows, as_of)
        expected = expected_breakage(_issued(flows, as_of), as_of=as_of, months=_longest_life(flows))
    except DomainError as refusal:
        report["refusal"] = {"code": refusal.code, "facts": refusal.data}
        return report
    by_month = {row["month"].isoformat(): row for row in expected.by_month.to_pylist()}
    for row in months:
        row |= {name: by_month[row["month"]][name] for name in _FIGURES}
    report["totals"] |= {name: expected.totals[name] for name in _FIGURES}
    report["curve"] = expected.curve.to_pylist()
    return report


def _require_spent(flows: Iterable[Flow], as_of: date) -> None:
    """Raise NotEnoughData where hardly anything was spent in months that are over.

    Else all would be told never to be spent, by months in which it could not be.
    """
    over = as_of.year * 12 + as_of.month - (as_of != end_of_month(as_of))
    found = sum(
        flow.entries for flow in flows if flow.what == SPENT and flow.points < 0 and flow.moved < over
    )
    if found < FEWEST_SPENT:
        raise NotEnoughData(what="points spent", found=found, needed=FEWEST_SPENT)


def _day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _months(flows: Iterable[Flow]) -> list[dict[str, Any]]:
    """Return what became of each month's points, the oldest first; months without any are left out."""
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for flow in flows:
        own = sums[flow.born]
        own[flow.what] += flow.points
        own["outstanding"] += flow.points
        own["lots"] += flow.entries if flow.what == ISSUED else 0
    return [
        {
            "month": _day(month).isoformat(),
            "lots": own["lots"],
            "issued": own[ISSUED],
            **{what: -own[what] for what in (RETURNED, SPENT, EXPIRED)},
            "outstanding": own["outstanding"],
            **dict.fromkeys(_FIGURES),
        }
        for month, own in sorted(sums.items())
    ]


def _expiring(flows: Iterable[Flow]) -> list[dict[str, Any]]:
    """Return the points outstanding by the month in which they lapse, the soonest first, then the others."""
    sums: dict[int | None, int] = defaultdict(int)
    for flow in flows:
        sums[flow.expires] += flow.points
    order = sorted(sums, key=lambda month: (month is None, month or 0))
    return [
        {"month": _day(one).isoformat() if one else None, "points": sums[one]} for one in order if sums[one]
    ]


def _issued(flows: Sequence[Flow], as_of: date) -> IssueMonths:
    start = min(flow.born for flow in flows)
    width = as_of.year * 12 + as_of.month - start
    issued = np.zeros(width, np.int64)
    moved = {kind: np.zeros((width, width), np.int64) for kind in KINDS}
    lots = sum(flow.entries for flow in flows if flow.what == ISSUED)
    for flow in flows:
        place = flow.born - start
        if flow.what == ISSUED:
            issued[place] += flow.points
        elif flow.what in moved:
            # Something may come to light that is dated before the points it took.
            moved[flow.what][place, max(flow.moved - flow.born, 0)] -= flow.points
    return IssueMonths(start, lots, issued, moved)


def _longest_life(flows: Iterable[Flow]) -> int:
    """Return for how many months points may still be spent after that in which they were issued."""
    lives = [LONGEST_LIFE if one.expires is None else one.expires - one.born for one in flows]
    return min(max(lives), LONGEST_LIFE)
