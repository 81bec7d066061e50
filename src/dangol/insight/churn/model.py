"""The churn model: a classifier of past days, calibrated on the newest of them."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

import ibis
import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from dangol.insight.churn.features import ACTIVE_DAYS, Known, known_at, stayed_away, with_alive_where_it_fits
from dangol.insight.lifetime.histories import Floats
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.cards import version_of
from dangol.insight.modeling.classification import Flags, folds_of, require_both
from dangol.insight.modeling.refusals import require_range

Kind = Literal["boosting", "logistic"]
REASONS, FOLDS = 3, 5
_SURE = 1e-6


@dataclass(frozen=True)
class Settings:
    """How a churn model is fitted: `snapshots` past days, who counts as active, and the seed of its draws."""

    kind: Kind = "boosting"
    snapshots: int = 4
    active_days: int = ACTIVE_DAYS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Sources:
    """The tables features are made of, as `known_at` takes them."""

    customer_days: ibis.Table
    categories: ibis.Table | None = None
    signals: ibis.Table | None = None

    def known(self, as_of: date, active_days: int) -> Known:
        """Return what is known at the end of a day, with the probability of being alive."""
        return with_alive_where_it_fits(
            known_at(
                self.customer_days, as_of=as_of, active_days=active_days, categories=self.categories,
                signals=self.signals,
            )
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class ChurnModel:
    """A fitted model. `usual` is the median of each feature, which reasons are told against."""

    names: tuple[str, ...]
    horizon_days: int
    settings: Settings
    as_of: date
    customers: int
    stayed_away: int
    version: str
    usual: Floats
    estimator: Any = field(repr=False)
    calibration: tuple[float, float] = (1.0, 0.0)

    def probabilities(self, known: Known) -> Floats:
        """Return how likely each customer buys nothing within the horizon, shape (customers,)."""
        return self._of(_aligned(known, self.names))

    def _of(self, values: Floats) -> Floats:
        slope, offset = self.calibration
        logits = slope * _logits(self.estimator.predict_proba(values)[:, 1]) + offset
        return np.asarray(np.round(1 / (1 + np.exp(-logits)), 9), np.float64)

    def scores(self, known: Known, *, reasons: int = REASONS) -> pa.Table:
        """Return `customer`, `probability` (float64), `model_version` (string), `as_of` (date32) and
        `because`.

        `because` lists up to `reasons` of `feature` (string), `value` and `push` (float64): by how much the
        log-odds of staying away are higher than they would be if this alone were as it usually is.
        """
        values = _aligned(known, self.names)
        found = self._of(values)
        push = np.empty_like(values)
        for place in range(len(self.names)):
            as_usual = values.copy()
            as_usual[:, place] = self.usual[place]
            push[:, place] = np.round(_logits(found) - _logits(self._of(as_usual)), 6)
        most = np.argsort(-push, axis=1, kind="stable")[:, :reasons]
        because = [
            [
                {
                    "feature": self.names[place],
                    "value": float(values[row, place]),
                    "push": float(push[row, place]),
                }
                for place in places
                if push[row, place] > 0
            ]
            for row, places in enumerate(most)
        ]
        kind = pa.list_(pa.struct({"feature": pa.string(), "value": pa.float64(), "push": pa.float64()}))
        return pa.table(
            {
                "customer": known.customers,
                "probability": found,
                "model_version": [self.version] * len(found),
                "as_of": pa.array([known.as_of] * len(found), pa.date32()),
                "because": pa.array(because, kind),
            }
        )


def fit_churn(
    sources: Sources, *, as_of: date, horizon_days: int, settings: Settings | None = None
) -> ChurnModel:
    """Return a model of who buys nothing within `horizon_days`, from what is known at the end of `as_of`.

    It looks back to `as_of` less one horizon, less two and so on, each with what was known then and what
    came in the horizon after it. The classifier learns from the older ones and is calibrated on the newest
    (Platt: Advances in Large Margin Classifiers, 1999); where there is only one, on folds of its customers.
    Raises BrokenTable, OutOfRange or NotEnoughData.
    """
    chosen = settings or Settings()
    require_range("horizon_days", horizon_days, 1, 3_650)
    require_range("snapshots", chosen.snapshots, 1, 100)
    past = _past(sources, as_of, horizon_days, chosen)
    names = tuple(name for name in past[0][0].names if all(name in known.names for known, _ in past))
    values = [_aligned(known, names) for known, _ in past]
    labels = [label for _, label in past]
    everything, label = np.vstack(values), np.concatenate(labels)
    require_both(label, yes="who stayed away", no="who came")
    newest, newest_label = values[0], labels[0]
    can_hold_out = len(past) > 1 and all(0 < part.sum() < len(part) for part in (newest_label, _rest(labels)))
    if can_hold_out:
        estimator = _estimator(chosen).fit(np.vstack(values[1:]), _rest(labels))
        raw = estimator.predict_proba(newest)[:, 1]
        calibration = _calibrated(raw, newest_label)
    else:
        estimator = _estimator(chosen).fit(everything, label)
        calibration = _calibrated(crossed(everything, label, chosen), label)
    parameters = {
        "model": "churn",
        "horizon_days": horizon_days,
        "as_of": as_of,
        **vars(chosen),
        "names": names,
    }
    return ChurnModel(
        names, horizon_days, chosen, as_of, len(label), int(label.sum()),
        version_of(parameters, everything, label), np.median(everything, axis=0), estimator, calibration,
    )  # fmt: skip


def _past(sources: Sources, as_of: date, horizon_days: int, chosen: Settings) -> list[tuple[Known, Flags]]:
    """Return what was known on past days and what came of it, newest first; at least the first."""
    days = sources.customer_days.filter(sources.customer_days.day <= ibis.date(as_of))
    first = days.agg(first=days.day.min()).to_pyarrow()["first"][0].as_py()
    known_for = 0 if first is None else (as_of - first).days
    # A day counts from which on there is a horizon to come, and before which there was one.
    number = min(chosen.snapshots, known_for // horizon_days - 1)
    if number < 1:
        raise NotEnoughData(what="days of purchases", found=known_for, needed=2 * horizon_days)
    past = []
    for back in range(1, number + 1):
        day = as_of - timedelta(days=back * horizon_days)
        known = sources.known(day, chosen.active_days)
        until = day + timedelta(days=horizon_days)
        past.append((known, stayed_away(sources.customer_days, known, until=until)))
    return past


def _rest(labels: list[Flags]) -> Flags:
    return np.concatenate(labels[1:])


def _estimator(chosen: Settings) -> Any:
    if chosen.kind == "logistic":
        return make_pipeline(
            FunctionTransformer(_tamed), StandardScaler(), LogisticRegression(C=0.1, max_iter=1_000)
        )
    return HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=1.0,
        early_stopping=False, random_state=chosen.seed,
    )  # fmt: skip


def _tamed(values: Floats) -> Floats:
    """Return values with their long tails drawn in."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), np.float64)


def _logits(probability: Floats) -> Floats:
    inside = np.clip(probability, _SURE, 1 - _SURE)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)


def _calibrated(raw: Floats, label: Flags) -> tuple[float, float]:
    """Return slope and offset on the log-odds that fit what came."""
    line = LogisticRegression(C=1e6, max_iter=1_000).fit(_logits(raw)[:, None], label)
    return float(line.coef_[0, 0]), float(line.intercept_[0])


def crossed(values: Floats, label: Flags, chosen: Settings) -> Floats:
    """Return of each the probability by a model that has not seen them."""
    fold, found = folds_of(len(label), FOLDS, seed=chosen.seed), np.empty(len(label))
    for each in range(FOLDS):
        out = fold == each
        found[out] = _estimator(chosen).fit(values[~out], label[~out]).predict_proba(values[out])[:, 1]
    return found


def _aligned(known: Known, names: tuple[str, ...]) -> Floats:
    """Return the features a model was fitted on; one that is not known by now is 0."""
    gone = np.zeros(len(known.customers))
    return np.column_stack([known.column(name) if name in known.names else gone for name in names])
