"""The same models by the lifetimes package, in a process of its own: `python -m …lifetime.peer plain`.

It warns of what its own libraries have given up, which here would be an error.
"""

import json
import subprocess
import sys
from importlib import import_module
from typing import Any

import numpy as np

from dangol.insight.lifetime.histories import Floats, Histories, Whole
from tests.insight.lifetime.cdnow import cdnow

WEEKS = 39
KINDS = {"plain": "BetaGeoFitter", "modified": "ModifiedBetaGeoFitter", "pareto": "ParetoNBDFitter"}


def ask(kind: str) -> list[list[float]]:
    """Return what `main` prints, of a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.insight.lifetime.peer", kind]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    told: list[list[float]] = json.loads(done.stdout)
    return told


def main(kind: str) -> None:
    """Fit the model to CDNOW, in weeks; print its parameters and what it says of each customer, as JSON."""
    histories, _held_out, spend = cdnow()
    told = _spend_of(histories.frequency, spend) if kind == "spend" else _coming_of(kind, histories)
    print(json.dumps([np.asarray(one).ravel().tolist() for one in told]))


def _coming_of(kind: str, histories: Histories) -> tuple[Any, ...]:
    seen = (histories.frequency, histories.last, histories.known_for)
    model: Any = getattr(import_module("lifetimes"), KINDS[kind])().fit(*seen)
    return (
        model.params_,
        model.conditional_probability_alive(*seen),
        model.conditional_expected_number_of_purchases_up_to_time(WEEKS, *seen),
    )


def _spend_of(frequency: Whole, spend: Floats) -> tuple[Any, ...]:
    again = frequency > 0
    model: Any = import_module("lifetimes").GammaGammaFitter().fit(frequency[again], spend[again])
    return model.params_, model.conditional_expected_average_profit(frequency, spend)


if __name__ == "__main__":
    main(sys.argv[1])
