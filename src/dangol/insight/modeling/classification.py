"""How good probabilities are: in their order (AUC, lift), and as numbers (Brier, reliability)."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import rankdata

from dangol.domain.statistics import Figure, Z, wilson
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.insight.modeling.figures import mean_of

Flags = NDArray[np.bool_]
# Of fewer on either side an AUC says more about chance.
FEWEST_OF_EACH = 30
BINS = 10


def require_both(label: Flags, *, yes: str, no: str, needed: int = FEWEST_OF_EACH) -> None:
    """Raise NotEnoughData where too few have the label, or too few have not; `yes` and `no` name them."""
    hits = int(label.sum())
    for what, found in ((yes, hits), (no, len(label) - hits)):
        if found < needed:
            raise NotEnoughData(what=what, found=found, needed=needed)


def auc(label: Flags, score: Floats) -> Figure:
    """Return the chance that one with the label scores above one without (equal: a half), with its interval.

    The interval is DeLong's: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), by ranks as Sun and Xu,
    IEEE Signal Processing Letters 21 (2014); on the scale of log-odds, so that it stays within 0 and 1.
    """
    high, low = _placements(label, score)
    area = float(high.mean())
    spread = float(np.sqrt(high.var(ddof=1) / len(high) + low.var(ddof=1) / len(low)))
    if not 0 < area < 1 or not spread:
        return Figure(area, area, area, len(label))
    logit, half = np.log(area / (1 - area)), Z * spread / (area * (1 - area))
    ends = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    return Figure(area, float(ends[0]), float(ends[1]), len(label))


def auc_difference(label: Flags, one: Floats, other: Floats) -> Figure:
    """Return by how much the AUC of `one` is above that of `other` on the same customers, by DeLong."""
    (high, low), (high_too, low_too) = _placements(label, one), _placements(label, other)
    above, below = high - high_too, low - low_too
    spread = float(np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)))
    middle = float(above.mean())
    return Figure(middle, middle - Z * spread, middle + Z * spread, len(label))


def _placements(label: Flags, score: Floats) -> tuple[Floats, Floats]:
    """Return for each with the label the share of the others below it, and for each other the share above."""
    ranks = rankdata(score)
    yes, no = int(label.sum()), int((~label).sum())
    high = (ranks[label] - rankdata(score[label])) / no
    low = 1 - (ranks[~label] - rankdata(score[~label])) / yes
    return np.asarray(high, np.float64), np.asarray(low, np.float64)


def brier(label: Flags, probability: Floats, *, seed: int) -> Figure:
    """Return the mean square of probability less outcome: Brier, Monthly Weather Review 78 (1950)."""
    return mean_of(np.asarray((probability - label) ** 2, np.float64), seed=seed)


def top_lift(label: Flags, score: Floats, *, share: float = 0.1) -> Figure:
    """Return how many times as many with the label there are among the highest `share` as among all.

    Equal scores are divided by their place: hand rows over by customer. Of the highest Wilson's interval.
    """
    number = max(1, int(len(label) * share))
    top = np.argsort(-score, kind="stable")[:number]
    found, everywhere = wilson(int(label[top].sum()), number), label.mean()
    return Figure(
        float(found.value / everywhere), float(found.low / everywhere), float(found.high / everywhere), number
    )


def reliability(label: Flags, probability: Floats, *, bins: int = BINS) -> pa.Table:
    """Return what was said beside what came, in `bins` of equally many customers.

    `bin` (int64, from 1), `customers` (int64), `said` (float64, the mean probability), `came` (float64, the
    share with the label) with `came_low` and `came_high` (95 %, Wilson).
    """
    order = np.argsort(probability, kind="stable")
    rows = []
    for number, part in enumerate(np.array_split(order, min(bins, len(order))), start=1):
        share = wilson(int(label[part].sum()), len(part))
        rows.append(
            {
                "bin": number, "customers": len(part), "said": float(probability[part].mean()),
                "came": share.value, "came_low": share.low, "came_high": share.high,
            }
        )  # fmt: skip
    return pa.Table.from_pylist(rows)


def folds_of(customers: int, folds: int, *, seed: int) -> Whole:
    """Return the fold of each customer, drawn by seed, all folds equally large up to one."""
    return np.random.default_rng(seed).permutation(np.arange(customers) % folds)
