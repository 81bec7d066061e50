"""LightGBM learns who stays away, with as many and as small trees as ours.

Arguments: a file of numpy's with `values`, `label` and `asked`, and the seed. Prints its processor
seconds, and the probability of each that is asked for.
"""

import json
import sys
import time

import numpy as np
from lightgbm import LGBMClassifier


def main(path: str, seed: int) -> None:
    """Fit and tell."""
    given = np.load(path)
    began = time.process_time()
    model = LGBMClassifier(
        n_estimators=120, learning_rate=0.05, num_leaves=8, min_child_samples=40, reg_lambda=1.0,
        random_state=seed, n_jobs=2, verbose=-1,
    )  # fmt: skip
    model.fit(given["values"], given["label"])
    found = model.predict_proba(given["asked"])[:, 1]
    print(json.dumps([time.process_time() - began, found.tolist()]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
