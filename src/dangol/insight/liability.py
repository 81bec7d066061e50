"""What points outstanding will cost: how many will never be spent, and the revenue deferred for the others.

Points issued in a month are followed month by month: what is left of them unspent is a triangle, and the
chain ladder tells what will be left in the end: the breakage. A second model (sBG on points) stands beside
it. Deferred revenue is by IFRS 15, B39 to B47: breakage is recognized in proportion to what is spent.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import ibis
import numpy as np
import pyarrow as pa

from dangol.domain.calendars import add_months, end_of_month
from dangol.domain.deferral import worth
from dangol.domain.statistics import Z
from dangol.insight.chain_ladder import Ladder, chain_ladder
from dangol.insight.kinds import whole_sum
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.lifetime.refusals import NoMaximum, NotEnoughData
from dangol.insight.lifetime.shifted_beta_geometric import fit_shifted_beta_geometric
from dangol.insight.refusals import LotsOverdrawn, ValuesMissing
from dangol.insight.rollup import require_columns

KINDS = ("spent", "expired", "returned")
FEWEST_LOTS, FEWEST_MONTHS = 100, 4


@dataclass(frozen=True, eq=False)
class Liability:
    """Points outstanding and what is expected of them, as Ibis tables; points and money are int64.

    `by_month`, of each month of issue: `month` (date), `age_months`, `issued`, `returned`, `spent`,
    `expired`, `outstanding`, `breakage` of these with `breakage_low` and `breakage_high` (95 %),
    `deferred_minor`. `totals`, one row: `outstanding`, `breakage`, `breakage_low`, `breakage_high`,
    `deferred_minor`, `deferred_low_minor`, `deferred_high_minor`, `lots`. `curve`: `age_months`, `unspent`
    (the share of points left unspent after so many months) and `unspent_sbg`, by the second model (float64,
    null where it fits no values).
    """

    by_month: ibis.Table
    totals: ibis.Table
    curve: ibis.Table


@dataclass(frozen=True, eq=False)
class IssueMonths:
    """Points by month of issue, from the month `start` (twelve times the year, and the months of it before).

    `issued`, shape (months,), ends with the month of the day looked at; `moved` has by each of `KINDS` what
    left them at which age in months, shape (months, months). `lots` is how many lots these are.
    """

    start: int
    lots: int
    issued: Whole
    moved: dict[str, Whole]


class Breakage(NamedTuple):
    """What is expected of points outstanding, in points: `Liability` without what has to do with money."""

    by_month: pa.Table
    totals: dict[str, int]
    curve: pa.Table


def points_liability(
    lots: ibis.Table, movements: ibis.Table, *, as_of: date, point_value: Fraction, months: int | None = None
) -> Liability:
    """Return what points outstanding at the end of `as_of` are expected to come to.

    `lots`: `lot`, `issued_on` (date), `points` (int64). `movements`: `lot`, `on` (date), `kind` (`spent`,
    `expired`, or `returned`: taken back with the purchase that earned them), `points` (int64 above 0; a
    purchase by points that was undone is `spent` below 0). `point_value` is what a point is worth by itself,
    in minor units. Points live for `months` at most: where no month of issue is known for as long, sBG tells
    what is spent after. Without it nothing more is expected to be spent of points older than any known.

    Raises ColumnsMissing, ValuesMissing, LotsOverdrawn, NotEnoughData or, with `months`, NoMaximum.
    """
    require_columns(lots, ("lot", "issued_on", "points"), name="lots")
    require_columns(movements, ("lot", "on", "kind", "points"), name="movements")
    broken = expected_breakage(_sums(lots, movements, as_of), as_of=as_of, months=months)
    return _valued(broken, point_value)


def expected_breakage(found: IssueMonths, *, as_of: date, months: int | None = None) -> Breakage:
    """Return how many of the points outstanding at the end of `as_of` are expected never to be spent.

    As `points_liability`, for whoever has the sums by month already: a ledger adds them up where they lie.
    Raises NotEnoughData or, with `months`, NoMaximum.
    """
    if found.lots < FEWEST_LOTS:
        raise NotEnoughData(what="lots", found=found.lots, needed=FEWEST_LOTS)
    if len(found.issued) < FEWEST_MONTHS:
        raise NotEnoughData(what="months of points", found=len(found.issued), needed=FEWEST_MONTHS)
    triangle = _triangle(found, as_of)
    ladder = chain_ladder(triangle)
    curve = np.cumprod(ladder.factors)
    there = np.concatenate([[1.0], curve]) * float(found.issued.sum())
    known = len(curve)
    further = max(months or 0, known)
    surviving = _second_model(there, further, is_needed=further > known)
    tail = float(surviving[further] / surviving[known]) if further > known else 1.0
    by_month, totals = _told(found, ladder, tail)
    shares = {
        "age_months": np.arange(known + 1),
        "unspent": there / there[0],
        "unspent_sbg": pa.array(surviving[: known + 1], pa.float64(), from_pandas=True),
    }
    return Breakage(by_month, totals, pa.table(shares))


def _valued(broken: Breakage, value: Fraction) -> Liability:
    """Return what is expected with what it is worth."""
    by_month, totals = broken.by_month, broken.totals
    left = zip(by_month["outstanding"].to_pylist(), by_month["breakage"].to_pylist(), strict=True)
    deferred = [worth(outstanding - breakage, value) for outstanding, breakage in left]
    held = totals["outstanding"]
    money = {
        "deferred_minor": sum(deferred),
        "deferred_low_minor": worth(held - totals["breakage_high"], value),
        "deferred_high_minor": worth(held - totals["breakage_low"], value),
    }
    points = {name: figure for name, figure in totals.items() if name != "lots"}
    row = {**points, **money, "lots": totals["lots"]}
    return Liability(
        ibis.memtable(by_month.append_column("deferred_minor", pa.array(deferred, pa.int64()))),
        ibis.memtable(pa.table({name: pa.array([figure], pa.int64()) for name, figure in row.items()})),
        ibis.memtable(broken.curve),
    )


def _second_model(there: Floats, months: int, *, is_needed: bool) -> Floats:
    """Return the share unspent after each month by sBG on points, nan where it fits no values and need not.

    Raises NoMaximum or NotEnoughData where it has to tell what no month has shown yet.
    """
    try:
        return fit_shifted_beta_geometric(there.tolist()).model.surviving(months)
    except (NoMaximum, NotEnoughData):
        if is_needed:
            raise
        return np.full(months + 1, np.nan)


def _sums(lots: ibis.Table, movements: ibis.Table, as_of: date) -> IssueMonths:
    """Return the sums of all that happened up to a day, looked at first."""
    issued = lots.filter(lots.issued_on <= ibis.date(as_of))
    moved = movements.filter(movements.on <= ibis.date(as_of))
    _require_sound(issued, moved)
    born = _month(issued.issued_on)
    cohorts = (
        issued.group_by(born=born).agg(points=whole_sum(issued.points), lots=issued.count()).to_pyarrow()
    )
    # Sums of each lot first: a lot has one month of issue, and many movements.
    joined = moved.join(issued.select("lot", "issued_on"), "lot")
    placed = joined.select(
        "kind", "points", born=_month(joined.issued_on), age=_month(joined.on) - _month(joined.issued_on)
    )
    cells = placed.group_by("kind", "born", "age").agg(points=whole_sum(placed.points)).to_pyarrow()
    many = int(cohorts["lots"].to_numpy().sum()) if cohorts.num_rows else 0
    if not many:
        raise NotEnoughData(what="lots", found=0, needed=FEWEST_LOTS)
    first = cohorts["born"].to_numpy().astype(np.int64)
    start, width = int(first.min()), as_of.year * 12 + as_of.month - int(first.min())
    points = np.zeros(width, np.int64)
    points[first - start] = cohorts["points"].to_numpy().astype(np.int64)
    tables = {kind: np.zeros((width, width), np.int64) for kind in KINDS}
    for row in cells.to_pylist():
        tables[row["kind"]][row["born"] - start, row["age"]] = row["points"]
    return IssueMonths(start, many, points, tables)


def _month(day: ibis.Value) -> ibis.Value:
    """Return the number of a month: twelve times the year, and the months of it before."""
    return (day.year().cast("int64") * 12 + day.month() - 1).cast("int64")


def _require_sound(lots: ibis.Table, movements: ibis.Table) -> None:
    """Raise where a lot has no points, a movement no lot or an unknown kind, or too much was taken."""
    poor = lots.lot.isnull() | lots.points.isnull() | (lots.points <= 0)
    counts = lots.agg(poor=poor.sum(), all=lots.lot.count(), different=lots.lot.nunique())
    (facts,) = counts.to_pyarrow().to_pylist()
    if rows := int(facts["poor"] or 0) + facts["all"] - facts["different"]:
        raise ValuesMissing(table="lots", rows=rows)
    both = movements.left_join(lots.select("lot", "issued_on", held=lots.points), "lot")
    has_points = (both.points > 0) | (both.kind == "spent")
    is_sound = both.kind.isin(KINDS) & has_points & (both.on >= both.issued_on)
    if rows := int(both.filter(~is_sound.fill_null(False)).count().to_pyarrow().as_py()):
        raise ValuesMissing(table="movements", rows=rows)
    taken = both.group_by("lot").agg(taken=whole_sum(both.points), held=both.held.max())
    over = taken.filter((taken.taken > taken.held) | (taken.taken < 0))
    if count := int(over.count().to_pyarrow().as_py()):
        raise LotsOverdrawn(lots=count)


def _triangle(found: IssueMonths, as_of: date) -> Floats:
    """Return what was left unspent of each month's points, at issue and after each month that is over."""
    width = len(found.issued)
    net = found.issued - found.moved["returned"].sum(axis=1)
    left = net[:, None] - np.cumsum(found.moved["spent"], axis=1)
    # Of the last month of issue no month is over but where the day is its last.
    over = width - (as_of != end_of_month(as_of))
    triangle = np.full((width, over + 1), np.nan)
    triangle[:, 0] = net
    for place in range(width):
        ages = max(over - place, 0)
        triangle[place, 1 : ages + 1] = left[place, :ages]
    return triangle


def _told(found: IssueMonths, ladder: Ladder, tail: float) -> tuple[pa.Table, dict[str, int]]:
    """Return the table by month of issue, and the sums."""
    spent, expired, returned = (found.moved[kind].sum(axis=1) for kind in KINDS)
    outstanding = found.issued - spent - expired - returned
    # What is never spent has partly expired already; none of it can be more than what is there.
    kept = np.clip(ladder.ultimate * tail - expired, 0, outstanding)
    half = Z * ladder.errors * tail
    low, high = (np.clip(kept + side * half, 0, outstanding) for side in (-1, 1))
    sure = np.where(outstanding > 0, kept, 0)
    months = [add_months(date(found.start // 12, found.start % 12 + 1, 1), n) for n in range(len(spent))]
    whole = np.rint(sure).astype(np.int64)
    rows = pa.table(
        {
            "month": pa.array(months, pa.date32()),
            "age_months": np.arange(len(spent))[::-1],
            "issued": found.issued,
            "returned": returned,
            "spent": spent,
            "expired": expired,
            "outstanding": outstanding,
            "breakage": whole,
            "breakage_low": np.rint(low).astype(np.int64),
            "breakage_high": np.rint(high).astype(np.int64),
        }
    )
    held, lost, off = int(outstanding.sum()), int(whole.sum()), Z * ladder.total_error * tail
    least, most = (int(np.clip(round(lost + side * off), 0, held)) for side in (-1, 1))
    return rows, {
        "outstanding": held,
        "breakage": lost,
        "breakage_low": least,
        "breakage_high": most,
        "lots": found.lots,
    }
