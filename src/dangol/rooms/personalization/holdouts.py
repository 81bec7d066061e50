"""How well the model of what customers buy had told the last three months, made before they began."""

from datetime import date, timedelta

import ibis

from dangol.domain.errors import DomainError
from dangol.insight.lifetime.holdout import hold_out
from dangol.insight.refusals import EngineGone
from dangol.rooms.personalization.purchases import rows_here
from dangol.rooms.personalization.reports import Rows
from dangol.rooms.personalization.results import LIFETIME_KIND

HELD_OUT_DAYS = 91


def holdout_reports(days: ibis.Table, *, as_of: date) -> dict[str, Rows]:
    """Return `holdout`, one row of sums, `holdout_weeks` and `holdout_frequencies`, as `hold_out` does.

    `ends_on` of a week is an ISO date. The last 91 days are held out; all are empty where what was before
    them does not make a model. Raises EngineGone.
    """
    try:
        found = hold_out(days, split=as_of - timedelta(days=HELD_OUT_DAYS), as_of=as_of, kind=LIFETIME_KIND)
    except EngineGone:
        raise
    except DomainError:
        return {"holdout": [], "holdout_weeks": [], "holdout_frequencies": []}
    return {
        "holdout": rows_here(found.totals),
        "holdout_weeks": [row | {"ends_on": row["ends_on"].isoformat()} for row in rows_here(found.tracking)],
        "holdout_frequencies": rows_here(found.by_frequency),
    }
