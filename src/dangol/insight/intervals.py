"""Intervals of shares and sums, for tables: how far a figure of few may be from the truth.

Wilson's interval: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, Journal of
the American Statistical Association 22 (1927); it stays within 0 and 1 and is right for few, too.
"""

import ibis

from dangol.domain.statistics import Z


def wilson(hits: ibis.Value, of: ibis.Value) -> dict[str, ibis.Value]:
    """Return `share`, `share_low` and `share_high` (float64) of `hits` among `of`; null of none."""
    known = of > 0
    n = ibis.ifelse(known, of, 1).cast("float64")
    share = hits.cast("float64") / n
    shrunk = 1 + Z * Z / n
    center = (share + Z * Z / (2 * n)) / shrunk
    half = (share * (1 - share) / n + Z * Z / (4 * n * n)).sqrt() * Z / shrunk
    # At the ends the root leaves a trace of rounding.
    low, high = ibis.ifelse(hits == 0, 0.0, center - half), ibis.ifelse(hits == of, 1.0, center + half)
    return {
        name: ibis.ifelse(known, value, ibis.null("float64"))
        for name, value in (("share", share), ("share_low", low), ("share_high", high))
    }
