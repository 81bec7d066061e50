"""Likeness to a seed segment: a logistic model of seed against others, judged on seed members it has not
seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.linear_model import LogisticRegression

from dangol.domain.statistics import Figure
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.lookalike.protected import protected_by
from dangol.insight.modeling.cards import Card, version_of
from dangol.insight.modeling.classification import (
    Flags,
    auc,
    auc_difference,
    brier,
    folds_of,
    reliability,
    require_both,
    top_lift,
)
from dangol.insight.modeling.refusals import BrokenTable, require_range
from dangol.insight.modeling.tables import IDS, NUMBERS, require

_EXCLUDED = pa.schema([(name, pa.string()) for name in ("feature", "reason", "ground")])
FEWEST_SEED, FOLDS, TOP, REASONS = 50, 5, (0.1, 0.2, 0.3), 3
# A feature that tells a protected one with this AUC, or better, stands for it.
PROXY_AUC, BASELINE = 0.75, "best_single_feature"


@dataclass(frozen=True, eq=False)
class Lookalikes:
    """What was found.

    `scores` has a row for each prospect, most alike first: `customer`, `rank` (int64), `probability`
    (float64, of being a seed member), `model_version` (string), `as_of` (date32) and `because`: the up to
    three features that speak most for it, against the mean of all. `weights`: `feature`, `weight` (float64,
    of the feature at mean 0 and spread 1). `excluded`: `feature`, `reason` ("protected", "proxy" or
    "constant") and `ground`, the protected thing. `reliability` is as `classification.reliability` tells, and
    `figures` are `auc`, `brier`, `over_baseline`, `lift_10`, `lift_20` and `lift_30`: both of who was held
    out.
    """

    scores: pa.Table
    weights: pa.Table
    excluded: pa.Table
    reliability: pa.Table
    figures: Mapping[str, Figure]
    card: Card


def find_lookalikes(
    features: ibis.Table, seed_members: ibis.Table, *, as_of: date, seed: int = 0,
    protected: Sequence[str] = (),
) -> Lookalikes:  # fmt: skip
    """Return how alike each customer who is not of the seed is to those who are.

    `features` has a row a customer: `customer`, and numbers without gaps, as of the end of `as_of`.
    `seed_members` has `customer`. Features whose names tell of age, gender, health and the like (and those
    of `protected`) are never used; nor are those that tell one of them with an AUC of .75 or more: they
    stand for it. Probabilities are by folds, each calibrated on what it has not seen; the figures are of
    those. Raises BrokenTable, or NotEnoughData under 50 seed members or others.
    """
    names, everything, label, customers = _read(features, seed_members)
    require_both(label, yes="seed members", no="prospects", needed=FEWEST_SEED)
    used, excluded = _chosen(names, everything, protected)
    if not used:
        raise BrokenTable(table="features", column="*", fault="no feature is left that may be used")
    values = everything[:, [names.index(name) for name in used]]
    middle, spread = values.mean(axis=0), values.std(axis=0)
    values = (values - middle) / spread
    held_out = _held_out(values, label, seed)
    slope, offset = _calibration(held_out, label)
    probability = np.asarray(1 / (1 + np.exp(-(slope * held_out + offset))), np.float64)
    whole_model = _fitted(values, label)
    raw = whole_model.decision_function(values)
    final = np.round(1 / (1 + np.exp(-(slope * raw + offset))), 9)
    parameters = {"model": "lookalike", "as_of": as_of, "seed": seed, "features": used}
    version = version_of(parameters, values, label)
    figures = _figures(label, probability, values, seed)
    weights = whole_model.coef_[0]
    order = np.argsort(-np.abs(weights), kind="stable")
    return Lookalikes(
        _scores(customers, label, final, version, as_of).append_column(
            "because", _because(values * weights, final, label, used)
        ),
        pa.table({"feature": [used[one] for one in order], "weight": np.round(weights[order], 6)}),
        pa.Table.from_pylist(excluded, _EXCLUDED),
        reliability(label, probability),
        figures,
        Card(
            "lookalike_logistic", "likeness_to_seed", version, as_of, len(label), tuple(used),
            {"seed": seed, "folds": FOLDS, "seed_members": int(label.sum())}, BASELINE,
            figures["over_baseline"].low > 0, figures, ("likeness_is_not_response", "names_tell_protected"),
        ),
    )  # fmt: skip


def _read(features: ibis.Table, seed_members: ibis.Table) -> tuple[list[str], Floats, Flags, pa.Array]:
    """Return names, values (customers, names), who is of the seed, and the customers, in their order."""
    names = [name for name in features.columns if name != "customer"]
    require(features, "features", {"customer": IDS} | dict.fromkeys(names, NUMBERS))
    require(seed_members, "seed_members", {"customer": IDS})
    rows = features.order_by("customer").to_pyarrow()
    customers = rows["customer"].combine_chunks()
    if len(pc.unique(customers)) < len(customers):
        raise BrokenTable(table="features", column="customer", fault="somebody stands in it twice")
    members = seed_members.select("customer").distinct().to_pyarrow()["customer"]
    if members.type != customers.type:
        raise BrokenTable(
            table="seed_members", column="customer", fault="it is of another kind than in features"
        )
    label = np.asarray(pc.is_in(customers, value_set=members.combine_chunks()), np.bool_)
    values = [np.asarray(rows[name].cast(pa.float64()).to_numpy(), np.float64) for name in names]
    for name, column in zip(names, values, strict=True):
        if not np.isfinite(column).all():
            raise BrokenTable(table="features", column=name, fault="it holds values that are no numbers")
    return names, np.column_stack(values) if values else np.empty((len(customers), 0)), label, customers


def _chosen(
    names: list[str], values: Floats, protected: Sequence[str]
) -> tuple[list[str], list[dict[str, str | None]]]:
    """Return the features that may be used, and those that may not, with the reason."""
    grounds = {name: "given" if name in protected else protected_by(name) for name in names}
    forbidden = [name for name in names if grounds[name]]
    used: list[str] = []
    excluded: list[dict[str, str | None]] = [
        {"feature": name, "reason": "protected", "ground": grounds[name]} for name in forbidden
    ]
    for place, name in enumerate(names):
        if grounds[name]:
            continue
        if not np.ptp(values[:, place]):
            excluded.append({"feature": name, "reason": "constant", "ground": None})
        elif stood_for := next((one for one in forbidden if _tells(values, place, names.index(one))), None):
            excluded.append({"feature": name, "reason": "proxy", "ground": stood_for})
        else:
            used.append(name)
    return used, excluded


def _tells(values: Floats, place: int, forbidden: int) -> bool:
    """Return whether a feature tells whether a forbidden one is above its middle, either way."""
    column = values[:, forbidden]
    above = column > np.median(column)
    if not above.any():
        above = column == column.max()
    if above.all() or not above.any():
        return False
    area = auc(above, values[:, place]).value
    return max(area, 1 - area) >= PROXY_AUC


def _fitted(values: Floats, label: Flags) -> LogisticRegression:
    return LogisticRegression(C=0.1, max_iter=1_000).fit(values, label)


def _held_out(values: Floats, label: Flags, seed: int) -> Floats:
    """Return of each the log-odds by a model that has not seen them."""
    require_range("seed", seed, 0, 2**32 - 1)
    found, fold = np.empty(len(label)), np.empty(len(label), np.int64)
    # Each fold has its share of the seed.
    for side in (label, ~label):
        fold[side] = folds_of(int(side.sum()), FOLDS, seed=seed)
    for each in range(FOLDS):
        out = fold == each
        found[out] = _fitted(values[~out], label[~out]).decision_function(values[out])
    return found


def _calibration(log_odds: Floats, label: Flags) -> tuple[float, float]:
    line = LogisticRegression(C=1e6, max_iter=1_000).fit(log_odds[:, None], label)
    return float(line.coef_[0, 0]), float(line.intercept_[0])


def _figures(label: Flags, probability: Floats, values: Floats, seed: int) -> dict[str, Figure]:
    """Return how well seed members held out are found, beside the best single feature (which has seen
    them).
    """
    singles = [values[:, place] for place in range(values.shape[1])]
    singles += [-one for one in singles]
    best = max(singles, key=lambda one: auc(label, one).value)
    lifts = {f"lift_{round(share * 100)}": top_lift(label, probability, share=share) for share in TOP}
    return {
        "auc": auc(label, probability),
        "brier": brier(label, probability, seed=seed),
        "baseline_auc": auc(label, best),
        "over_baseline": auc_difference(label, probability, best),
    } | lifts


def _scores(customers: pa.Array, label: Flags, probability: Floats, version: str, as_of: date) -> pa.Table:
    """Return the prospects, most alike first, equal ones by customer."""
    order = _ordered(label, probability)
    return pa.table(
        {
            "customer": customers.take(pa.array(order)),
            "rank": np.arange(1, len(order) + 1),
            "probability": probability[order],
            "model_version": [version] * len(order),
            "as_of": pa.array([as_of] * len(order), pa.date32()),
        }
    )


def _ordered(label: Flags, probability: Floats) -> Whole:
    """Return the places of the prospects, most alike first, equal ones by customer."""
    prospects = np.flatnonzero(~label)
    return np.asarray(prospects[np.argsort(-probability[prospects], kind="stable")], np.int64)


def _because(speaks: Floats, probability: Floats, label: Flags, used: list[str]) -> pa.Array:
    """Return of each prospect, in their order, the features that speak most for likeness."""
    rows = np.round(speaks[_ordered(label, probability)], 9)
    most = np.argsort(-rows, axis=1, kind="stable")[:, :REASONS]
    told = [
        [used[one] for one in places if row[one] > 0] for row, places in zip(rows, most.tolist(), strict=True)
    ]
    return pa.array(told, pa.list_(pa.string()))
