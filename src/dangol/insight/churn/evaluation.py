"""How good a churn model is on days it has not seen, beside logistic regression and rules of one feature."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from dangol.domain.statistics import Figure
from dangol.insight.churn.features import ALIVE, LATENESS, Known, stayed_away
from dangol.insight.churn.model import ChurnModel, Settings, Sources, fit_churn
from dangol.insight.lifetime.histories import Floats
from dangol.insight.modeling.cards import Card
from dangol.insight.modeling.classification import (
    Flags,
    auc,
    auc_difference,
    brier,
    reliability,
    require_both,
    top_lift,
)

RULES = {"rule_lateness": LATENESS, "rule_recency": "recency_days", "rule_alive": ALIVE}


@dataclass(frozen=True, eq=False)
class Report:
    """What an evaluation found.

    `figures` has a row a model: `model`, `is_baseline` (bool), `customers` and `stayed_away` (int64);
    `auc`, `brier` (null of rules, which give no probability) and `lift` (of the highest tenth), each with
    `_low` and `_high`; `over_baseline` with `_low` and `_high`, by how much its AUC is above the best
    rule's, and `beats_baseline`. `reliability` is of the model itself. `card` is its model card.
    """

    model: ChurnModel
    figures: pa.Table
    reliability: pa.Table
    card: Card


def evaluate_churn(
    sources: Sources, *, split_day: date, horizon_days: int, settings: Settings | None = None
) -> Report:
    """Return how well models fitted before `split_day` foretell who buys nothing in the horizon from it on.

    Raises as `fit_churn`, and NotEnoughData where too few stayed away, or came.
    """
    chosen = settings or Settings()
    before = split_day - timedelta(days=1)
    known = sources.known(before, chosen.active_days)
    until = before + timedelta(days=horizon_days)
    label = stayed_away(sources.customer_days, known, until=until)
    require_both(label, yes="who stayed away", no="who came")
    model = fit_churn(sources, as_of=before, horizon_days=horizon_days, settings=chosen)
    found: dict[str, Floats] = {chosen.kind: model.probabilities(known)}
    if chosen.kind != "logistic":
        plain = fit_churn(
            sources, as_of=before, horizon_days=horizon_days, settings=replace(chosen, kind="logistic")
        )
        found["logistic"] = plain.probabilities(known)
    rows = _rows(label, found, _rules(known), chosen.seed)
    figures = pa.Table.from_pylist(rows)
    curve = reliability(label, found[chosen.kind])
    return Report(model, figures, curve, _card(model, rows))


def _rules(known: Known) -> dict[str, Floats]:
    """Return how much each rule speaks for staying away: who is likely alive does not."""
    return {name: known.column(feature) * (-1 if feature == ALIVE else 1) for name, feature in RULES.items()}


def _rows(
    label: Flags, found: dict[str, Floats], rules: dict[str, Floats], seed: int
) -> list[dict[str, Any]]:
    """Return the rows of the figures."""
    best = max(rules, key=lambda name: auc(label, rules[name]).value)
    rows: list[dict[str, Any]] = []
    for name, score in (found | rules).items():
        is_rule = name in rules
        figures: dict[str, Figure | None] = {
            "auc": auc(label, score),
            "brier": None if is_rule else brier(label, score, seed=seed),
            "lift": top_lift(label, score),
            "over_baseline": None if is_rule else auc_difference(label, score, rules[best]),
        }
        row: dict[str, Any] = {"model": name, "is_baseline": is_rule, "customers": len(label)}
        row["stayed_away"] = int(label.sum())
        for what, figure in figures.items():
            row |= dict(
                zip(
                    (what, f"{what}_low", f"{what}_high"),
                    (figure.value, figure.low, figure.high) if figure else (None, None, None),
                    strict=True,
                )
            )
        row["baseline"] = None if is_rule else best
        row["beats_baseline"] = None if is_rule else row["over_baseline_low"] > 0
        rows.append(row)
    return rows


def _card(model: ChurnModel, rows: list[dict[str, Any]]) -> Card:
    """Return the model card."""
    own = rows[0]
    return Card(
        model=f"churn_{model.settings.kind}",
        predicts="no_purchase_within_horizon",
        version=model.version,
        as_of=model.as_of,
        customers=model.customers,
        features=model.names,
        parameters={"horizon_days": model.horizon_days, **vars(model.settings)},
        baseline=own["baseline"],
        beats_baseline=own["beats_baseline"],
        figures={
            name: Figure(own[name], own[f"{name}_low"], own[f"{name}_high"], own["customers"])
            for name in ("auc", "brier", "lift", "over_baseline")
        },
        limits=_limits(model),
    )


def _limits(model: ChurnModel) -> tuple[str, ...]:
    limits = ["foretells_and_does_not_explain", "customers_counted_once_a_snapshot"]
    # Only where no lifetime model could be fitted everybody is alive for certain.
    if model.usual[model.names.index(ALIVE)] == 1:
        limits.append("no_lifetime_model")
    return tuple(limits)
