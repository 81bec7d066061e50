"""Crowds that buy as the models say."""

import numpy as np

from dangol.insight.lifetime.histories import Histories


def simulate(
    customers: int, r: float, alpha: float, a: float, b: float, *, modified: bool, seed: int, weeks: int = 60
) -> Histories:
    """Return histories of customers known for up to `weeks`, who buy by BG/NBD or MBG/NBD, in days."""
    dice = np.random.default_rng(seed)
    age = dice.integers(7, weeks * 7 + 1, customers)
    rate, chance = dice.gamma(r, 1 / alpha, customers) / 7, dice.beta(a, b, customers)
    at, frequency = np.zeros(customers), np.zeros(customers, np.int64)
    recency = np.zeros(customers, np.int64)
    buys = dice.random(customers) > chance if modified else np.ones(customers, bool)
    while buys.any():
        who = np.flatnonzero(buys)
        at[who] += dice.exponential(1 / rate[who])
        buys[who] = at[who] <= age[who]
        came = who[buys[who]]
        day = np.ceil(at[came]).astype(np.int64)
        new = day > recency[came]
        frequency[came] += new
        recency[came] = day
        buys[came] = dice.random(len(came)) > chance[came]
    return Histories(frequency, recency, age)
