"""Lifetime value: how long the models take to fit, beside the lifetimes package in a process of its own.

PyMC-Marketing fits CDNOW by MAP in an environment of its own (790 MB).

CDNOW, and a crowd of a million that buys as BG/NBD says. Processor seconds, of one thread; no database has a
part in it. The peer fits the same crowd of 100,000, and one known for up to 39 weeks.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import Figure, at_least, at_most
from bench.peers import ask, environment_of
from dangol.insight.lifetime.beta_geometric import BetaGeometric, fit_beta_geometric, refit_beta_geometric
from dangol.insight.lifetime.gamma_gamma import fit_gamma_gamma
from dangol.insight.lifetime.histories import Floats, Histories
from dangol.insight.lifetime.pareto import fit_pareto_nbd

CUSTOMERS, SOME, TRIES, REFITS = 1_000_000, 100_000, 20, 200
GOAL_CDNOW_MS, GOAL_FIT_S, GOAL_SCORE_S, GOAL_RATIO, GOAL_REFITS_S = 10, 0.5, 0.5, 20, 5
GOAL_PARETO_MS = 50
# Three digits.
GOAL_APART = 500
MARKETING = "pymc-marketing==0.19.2"
SHAPE = (0.243, 4.414, 0.793, 2.426)
# Weeks for which customers are known at most: of three years, and of one cohort, as CDNOW's are.
WEEKS, COHORT_WEEKS, GOAL_COHORT = 156, 39, 100
PEER = "from bench.lifetime_value import fit_by_peer; fit_by_peer({weeks})"


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    histories, _held_out, spend = import_module("tests.insight.lifetime.cdnow").cdnow()
    cdnow_s = _seconds(lambda: fit_beta_geometric(histories), TRIES)
    yield at_most("BG/NBD, CDNOW, processor time", cdnow_s * 1e3, "ms", GOAL_CDNOW_MS)
    modified_s = _seconds(lambda: fit_beta_geometric(histories, modified=True), TRIES)
    yield Figure("MBG/NBD, CDNOW", modified_s * 1e3, "ms")
    pareto_s = _seconds(lambda: fit_pareto_nbd(histories), TRIES)
    yield at_most("Pareto/NBD, CDNOW", pareto_s * 1e3, "ms", GOAL_PARETO_MS)
    spend_s = _seconds(lambda: fit_gamma_gamma(histories.frequency, spend), TRIES)
    yield Figure("Gamma-Gamma, CDNOW", spend_s * 1e3, "ms")
    crowd = crowd_of(CUSTOMERS)
    fit = fit_beta_geometric(crowd)
    yield at_most(
        f"BG/NBD, {CUSTOMERS:,} customers, 1 to 156 weeks",
        _seconds(lambda: fit_beta_geometric(crowd), 3), "s", GOAL_FIT_S,
    )  # fmt: skip
    yield at_most(
        "scoring them: purchases of a year, and alive",
        _seconds(lambda: score_of(fit.model, crowd), 3), "s", GOAL_SCORE_S,
    )  # fmt: skip
    some = crowd_of(SOME)
    own_s = _seconds(lambda: fit_beta_geometric(some), 5)
    yield Figure(f"BG/NBD, {SOME:,} customers", own_s * 1e3, "ms")
    model = fit_beta_geometric(some).model
    refits_s = _seconds(lambda: refit_beta_geometric(model, some, times=REFITS, seed=1), 1)
    yield at_most(f"{REFITS} refits of them, customers drawn anew", refits_s, "s", GOAL_REFITS_S)
    yield from _beside_lifetimes(some, WEEKS, GOAL_RATIO)
    yield from _beside_lifetimes(crowd_of(SOME, COHORT_WEEKS), COHORT_WEEKS, GOAL_COHORT)
    yield from _beside_marketing(histories, cdnow_s)


def _beside_lifetimes(crowd: Histories, weeks: int, goal: float) -> Iterator[Figure]:
    """Yield how much longer lifetimes takes for a crowd, and how far its log-likelihood is from ours."""
    own_s = _seconds(lambda: fit_beta_geometric(crowd), 5)
    command = [sys.executable, "-W", "ignore", "-c", PEER.format(weeks=weeks)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True)
    theirs_s, height = json.loads(done.stdout)
    yield at_least(f"lifetimes : ours, {SOME:,} of up to {weeks} weeks", theirs_s / own_s, "×", goal)
    away = abs(height - fit_beta_geometric(crowd).log_likelihood) / abs(height)
    yield at_most("the two log-likelihoods apart, of the whole", away, "", 1e-6)


def _beside_marketing(histories: Histories, own_s: float) -> Iterator[Figure]:
    """Yield how much longer PyMC-Marketing takes for CDNOW, and how far its estimates are from ours."""
    python = environment_of(MARKETING)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cdnow.csv"
        columns = histories.frequency, histories.recency / 7, histories.age / 7
        rows = "\n".join(",".join(map(repr, map(float, row))) for row in zip(*columns, strict=True))
        file.write_text(f"frequency,recency,T\n{rows}\n")
        theirs_s, theirs = ask(python, "marketing.py", file, 3)
    model = fit_beta_geometric(histories).model
    ours = model.r, model.alpha, model.a, model.b
    yield Figure("PyMC-Marketing's MAP : ours, CDNOW", theirs_s / own_s, "×")
    apart = max(abs(one / other - 1) for one, other in zip(theirs, ours, strict=True))
    yield at_most("its estimates from ours, the farthest", apart * 1e6, "millionths", GOAL_APART)


def score_of(model: BetaGeometric, crowd: Histories) -> tuple[Floats, Floats]:
    """Return purchases of a year and probabilities alive of each different history, as `scoring` does."""
    rows = crowd.compressed()
    return model.expected(rows, 364), model.alive(rows)


def crowd_of(customers: int, weeks: int = WEEKS) -> Any:
    """Return histories that buy by BG/NBD, of customers known for up to so many weeks."""
    simulate = import_module("tests.insight.lifetime.crowds").simulate
    return simulate(customers, *SHAPE, modified=False, seed=20_260_101, weeks=weeks)


def fit_by_peer(weeks: int) -> None:
    """Fit the same by the lifetimes package; print its processor seconds and the log-likelihood, as JSON."""
    crowd = crowd_of(SOME, weeks)
    peer = import_module("lifetimes").BetaGeoFitter()
    began = time.process_time()
    peer.fit(crowd.frequency, crowd.last, crowd.known_for)
    seconds = time.process_time() - began
    likelihood = import_module("dangol.insight.lifetime.beta_geometric").likelihood_of(crowd, modified=False)
    print(json.dumps([seconds, likelihood(peer.params_.to_numpy())[0]]))


def _seconds(act: Callable[[], object], tries: int) -> float:
    """Return the least processor seconds of several tries, after one that is not counted."""
    act()
    taken = []
    for _ in range(tries):
        began = time.process_time()
        act()
        taken.append(time.process_time() - began)
    return min(taken)
