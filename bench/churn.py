"""Churn: who of the Complete Journey's households buys nothing in December, beside logistic regression,
LightGBM and rules.

Fitted on what was known to 30 November; LightGBM, in an environment of its own, on the same features of the
same days. The same kind of classifier is tried in five folds on IBM's public Telco file (`bench.telco` says
where from); it is not run where that is not at hand. No database has a part in it.
"""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import numpy as np
import pyarrow as pa
from pyarrow import csv

from bench.figures import Figure
from bench.peers import ask, environment_of
from bench.telco import PACKAGE, PATH, find_telco
from dangol.insight.churn.evaluation import Report, evaluate_churn
from dangol.insight.churn.features import Known, stayed_away
from dangol.insight.churn.model import FOLDS, Settings, Sources, crossed
from dangol.insight.lifetime.histories import Floats
from dangol.insight.modeling.classification import (
    Flags,
    auc,
    auc_difference,
    brier,
    folds_of,
    top_lift,
)

SPLIT, HORIZON_DAYS = date(2017, 12, 1), 30
GOAL_AUC, GOAL_BRIER = 0.845, 0.135
PEER = ("lightgbm==4.6.0", "scikit-learn==1.7.2")


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
    yield from _beside_lightgbm(sources, report)
    with TemporaryDirectory(prefix="dangol-telco-") as folder:
        if file := find_telco(Path(folder)):
            yield from _telco(file)
        else:
            print(f"    Telco is not run: {PATH} names no file, and {PACKAGE} cannot be had.")


def _beside_lightgbm(sources: Sources, report: Report) -> Iterator[Figure]:
    """Yield what LightGBM makes of the days that the report's model has learned from."""
    chosen, before = report.model.settings, SPLIT - timedelta(days=1)
    asked, label = _seen(sources, before)
    past = [
        _seen(sources, before - timedelta(days=back * HORIZON_DAYS))
        for back in range(1, chosen.snapshots + 1)
    ]
    names = report.model.names
    values = np.vstack([_columns(known, names) for known, _ in past])
    theirs = _lightgbm(values, np.concatenate([own for _, own in past]), _columns(asked, names))
    found, apart = auc(label, theirs), auc_difference(label, report.model.probabilities(asked), theirs)
    yield Figure(f"lightgbm [{found.low:.3f} to {found.high:.3f}, n {len(label):,}]", found.value, "AUC")
    yield Figure(f"boosting above lightgbm [{apart.low:+.3f} to {apart.high:+.3f}]", apart.value, "AUC")
    yield Figure("lightgbm, Brier", brier(label, theirs, seed=0).value, "")
    yield Figure("lightgbm, lift of the highest tenth", top_lift(label, theirs).value, "×")


def _seen(sources: Sources, day: date) -> tuple[Known, Flags]:
    """Return what was known at the end of a day, and who stayed away in the horizon after it."""
    known = sources.known(day, Settings().active_days)
    until = day + timedelta(days=HORIZON_DAYS)
    return known, stayed_away(sources.customer_days, known, until=until)


def _columns(known: Known, names: tuple[str, ...]) -> Floats:
    return np.column_stack([known.column(name) for name in names])


def _lightgbm(values: Floats, label: Flags, asked: Floats) -> Floats:
    """Return the probabilities that LightGBM gives, having learned from rows of `values`."""
    with TemporaryDirectory(prefix="dangol-bench-") as folder:
        file = Path(folder) / "rows.npz"
        np.savez(file, values=values, label=label, asked=asked)
        _, found = ask(environment_of(*PEER), "boosting.py", file, Settings().seed)
    return np.asarray(found, np.float64)


def _lightgbm_crossed(values: Floats, label: Flags) -> Floats:
    """Return of each the probability by a model that has not seen them, in the folds of ours."""
    fold, found = folds_of(len(label), FOLDS, seed=Settings().seed), np.empty(len(label))
    for each in range(FOLDS):
        out = fold == each
        found[out] = _lightgbm(values[~out], label[~out], values[out])
    return found


def _telco(path: Path) -> Iterator[Figure]:
    """Yield the figures of IBM's Telco file: 7,043 customers, five folds."""
    table = csv.read_csv(path)
    left = next(name for name in table.column_names if name.lower() == "churn")
    label = np.asarray(table[left].to_pylist()) == "Yes"
    values = np.column_stack(
        [
            part
            for name in table.column_names
            if name not in ("customerID", left)
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
    theirs = _lightgbm_crossed(values, label)
    area = auc(label, theirs)
    yield Figure(f"Telco, lightgbm [{area.low:.3f} to {area.high:.3f}]", area.value, "AUC")
    yield Figure("Telco, lightgbm, Brier", brier(label, theirs, seed=0).value, "")


def _numbers(column: pa.ChunkedArray) -> Iterator[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Yield a column as numbers: words as one flag for each of them, blanks as 0."""
    words = ["" if one is None else str(one).strip() for one in column.to_pylist()]
    kinds = sorted(set(words))
    if len(kinds) <= 10:
        yield from (np.array([float(one == kind) for one in words]) for kind in kinds)
    else:
        yield np.array([float(one or 0) for one in words])
