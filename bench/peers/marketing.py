"""PyMC-Marketing fits BG/NBD by MAP; with flat priors that is the maximum of the likelihood.

Arguments: a CSV file with frequency, recency and T, and how often to fit. Prints its processor seconds, the
least, and r, alpha, a, b.
"""

import json
import sys
import time

import pandas as pd
from pymc_extras.prior import Prior
from pymc_marketing.clv import BetaGeoModel

NAMES = ("r", "alpha", "a", "b")


def main(path: str, tries: int) -> None:
    """Fit and tell."""
    data = pd.read_csv(path)
    data.insert(0, "customer_id", range(len(data)))
    taken = []
    for _ in range(tries):
        began = time.process_time()
        model = BetaGeoModel(data=data, model_config={name: Prior("HalfFlat") for name in NAMES})
        model.fit(method="map", progressbar=False)
        taken.append(time.process_time() - began)
    found = model.idata.posterior
    print(json.dumps([min(taken), [float(found[name].mean()) for name in NAMES]]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
