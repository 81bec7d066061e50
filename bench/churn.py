"""Churn: who of the Complete Journey's households buys nothing in December, beside logistic regression and
rules.

Fitted on what was known to 30 November. With `TELCO_CHURN_CSV`, a path to IBM's public Telco file, the same
kind of classifier is tried on it in five folds; it is not run without it. No database has a part in it.
"""

import os
import time
from collections.abc import Iterator
from datetime import date
from importlib import import_module

import ibis
import numpy as np
import pyarrow as pa
from pyarrow import csv

from bench.figures import Figure
from dangol.insight.churn.evaluation import evaluate_churn
from dangol.insight.churn.model import Settings, Sources, crossed
from dangol.insight.modeling.classification import auc, brier, top_lift

SPLIT, HORIZON_DAYS = date(2017, 12, 1), 30
TELCO = "TELCO_CHURN_CSV"
GOAL_AUC, GOAL_BRIER = 0.845, 0.135


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    sources = Sources(ibis.memtable(import_module("tests.insight.complete_journey").rollup().to_pyarrow()))
    began = time.process_time()
    report = evaluate_churn(sources, split_day=SPLIT, horizon_days=HORIZON_DAYS)
    yield Figure("two models fitted and judged, processor time", time.process_time() - began, "s")
    for row in report.figures.to_pylist():
        name = f"{row['model']} [{row['auc_low']:.3f} to {row['auc_high']:.3f}, n {row['customers']:,}]"
        if row["is_baseline"]:
            yield Figure(name, row["auc"], "AUC")
            continue
        yield Figure(name, row["auc"], "AUC", f"> {row['baseline']}", row["beats_baseline"])
        yield Figure(f"{row['model']}, Brier", row["brier"], "")
        yield Figure(f"{row['model']}, lift of the highest tenth", row["lift"], "×")
    if os.environ.get(TELCO):
        yield from _telco(os.environ[TELCO])
    else:
        print(f"    Telco is not run: {TELCO} names no file.")


def _telco(path: str) -> Iterator[Figure]:
    """Yield the figures of IBM's Telco file: 7,043 customers, five folds."""
    table = csv.read_csv(path)
    label = np.asarray(table["Churn"].to_pylist()) == "Yes"
    values = np.column_stack(
        [
            part
            for name in table.column_names
            if name not in ("customerID", "Churn")
            for part in _numbers(table[name])
        ]
    )
    for kind in ("logistic", "boosting"):
        found = crossed(values, label, Settings(kind=kind))
        area, apart = auc(label, found), brier(label, found, seed=0)
        name = f"Telco, {kind} [{area.low:.3f} to {area.high:.3f}]"
        yield Figure(name, area.value, "AUC", f"≥ {GOAL_AUC}", area.value >= GOAL_AUC)
        yield Figure(f"Telco, {kind}, Brier", apart.value, "", f"≤ {GOAL_BRIER}", apart.value <= GOAL_BRIER)
        yield Figure(f"Telco, {kind}, lift", top_lift(label, found).value, "×")


def _numbers(column: pa.ChunkedArray) -> Iterator[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Yield a column as numbers: words as one flag for each of them, blanks as 0."""
    words = [str(one).strip() for one in column.to_pylist()]
    kinds = sorted(set(words))
    if len(kinds) <= 10:
        yield from (np.array([float(one == kind) for one in words]) for kind in kinds)
    else:
        yield np.array([float(one or 0) for one in words])
