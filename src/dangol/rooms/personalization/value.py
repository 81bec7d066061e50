"""What customers brought and are expected to bring, by month and by segment: sums that hold no cost yet.

What they cost is the shop's to say, and holds at once wherever it is shown; so here are the customers who
bear it, by the month in which they came.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.selectors import spent_by_customer
from dangol.core.people.merged import all_merged
from dangol.core.segments.selectors import all_members, segment_slugs
from dangol.insight.value import value_categories, value_cells
from dangol.rooms.personalization.models import EVERYBODY, RFM, SAVED
from dangol.rooms.personalization.purchases import Purchases
from dangol.rooms.personalization.reports import Rows

# Each cell of the table tells of each of them.
MOST_CATEGORIES = 30
_MEMBERS = pa.schema([("customer", pa.binary()), ("segment", pa.string())])
_SPENT = pa.schema([("customer", pa.binary()), ("points", pa.int64())])


def value_reports(purchases: Purchases, scored: Mapping[str, pa.Table], *, as_of: date) -> dict[str, Rows]:
    """Return `value_cells`, as `insight.value.value_cells` does; `cohort` is an ISO date.

    `categories` is how much of `revenue` was in which of the widest categories, of the thirty in which most
    was spent.

    `segment` is `all`, of everybody who bought; `rfm:` and an RFM segment; or `saved:` and a saved segment's
    slug, of which one customer may be in several. Points of all kinds that were spent count.
    """
    days = purchases.days
    buyers = days.select("customer").distinct().to_pyarrow()["customer"].cast(pa.binary())
    parts = [pa.table([buyers, pa.repeat(EVERYBODY, len(buyers))], schema=_MEMBERS)]
    if "rfm" in scored:
        named = pc.binary_join_element_wise(RFM, scored["rfm"]["segment"].cast(pa.string()), "")
        parts.append(pa.table([scored["rfm"]["customer"].cast(pa.binary()), named], schema=_MEMBERS))
    parts.append(pa.Table.from_batches(_saved(), _MEMBERS))
    lifetime = scored.get("lifetime")
    segments = ibis.memtable(pa.concat_tables(parts))
    cells = value_cells(
        days,
        as_of=as_of,
        segments=segments,
        scored=ibis.memtable(lifetime) if lifetime is not None else None,
        spent=_spent(),
    )
    told = value_categories(days, as_of=as_of, segments=segments, categories=purchases.categories)
    spent_on = _by_cell(told.to_pyarrow().to_pylist())
    rows = [
        row | {"categories": spent_on[row["cohort"], row["segment"]], "cohort": row["cohort"].isoformat()}
        for row in cells.to_pyarrow().to_pylist()
    ]
    return {"value_cells": rows}


def _by_cell(rows: Rows) -> dict[tuple[date, str], dict[str, int]]:
    """Return what each cell was spent on, of the categories in which most was spent."""
    whole = Counter[str]()
    for row in rows:
        if row["segment"] == EVERYBODY:
            whole[row["category"]] += row["revenue"]
    kept = {category for category, _ in whole.most_common(MOST_CATEGORIES)}
    found: dict[tuple[date, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row["category"] in kept:
            found[row["cohort"], row["segment"]][row["category"]] = row["revenue"]
    return found


def _saved() -> Iterator[pa.RecordBatch]:
    slugs = {pk: f"{SAVED}{slug}" for pk, slug in segment_slugs().items()}
    for rows in all_members():
        kept = [(customer_id, slugs[segment_id]) for customer_id, segment_id in rows if segment_id in slugs]
        columns = [[row[place] for row in kept] for place in (0, 1)]
        yield pa.record_batch(
            [pa.array(columns[0], pa.binary()), pa.array(columns[1], pa.string())], schema=_MEMBERS
        )


def _spent() -> ibis.Table:
    """Return the points each customer has spent, who was merged as the one they became."""
    now = all_merged()
    batches = [
        pa.record_batch(
            [
                pa.array([now.get(one, one) for one, _ in rows], pa.binary()),
                pa.array([n for _, n in rows], pa.int64()),
            ],
            schema=_SPENT,
        )
        for code in PointCurrency.objects.values_list("code", flat=True)
        for rows in spent_by_customer(code)
    ]
    each = ibis.memtable(pa.Table.from_batches(batches, _SPENT))
    return each.group_by("customer").agg(points=each.points.sum().cast("int64"))
